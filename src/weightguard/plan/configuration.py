"""The configuration that a plan carries: which attributes it sets, and what it refers to there.

A plan shows no expressions, only the names that stand in them: ``aws_kms_key.k.arn`` alone and a text built around it look alike.
What follows from a name is therefore decided by whoever knows what the attribute holds (`weightguard.plan.references`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_PIECE: Final = re.compile(r"""\.?([A-Za-z_][\w-]*)|\[(?:"((?:[^"\\]|\\.)*)"|(\d+)|([^\]]*))\]""")
_DEEPEST: Final = 50

Piece = str | int
Path = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in an expression, taken apart.

    Attributes:
        pieces: names, and indexes that are given: numbers, texts (marked by a leading quote).
    """

    pieces: tuple[Piece, ...]

    @property
    def head(self) -> str:
        """What kind of name it is: ``var``, ``local``, ``each``, ``count``, ``data``, ``module``, or a type of resource."""
        return str(self.pieces[0]) if self.pieces else ""


def pieces_of(written: str) -> tuple[Piece, ...]:
    """``module.a["x"].b[0].c`` -> ``("module", "a", '"x', "b", 0, "c")``."""
    found: list[Piece] = []
    for match in _PIECE.finditer(written):
        name, quoted, number, _ = match.groups()
        if name is not None:
            found.append(name)
        elif number is not None:
            found.append(int(number))
        elif quoted is not None:
            found.append(f'"{quoted}')
    return tuple(found)


def steps(module: str) -> list[tuple[str, str]]:
    """The calls that lead to a module's instance: name, and the address of the instance."""
    found: list[tuple[str, str]] = []
    pieces, at, address = pieces_of(module), 0, ""
    while at + 1 < len(pieces) and pieces[at] == "module":
        name = str(pieces[at + 1])
        address = f"{address}.module.{name}" if address else f"module.{name}"
        at += 2
        if at < len(pieces) and (isinstance(pieces[at], int) or str(pieces[at]).startswith('"')):
            address += f"[{_index(pieces[at])}]"
            at += 1
        found.append((name, address))
    return found


def _index(piece: Piece) -> str:
    return str(piece) if isinstance(piece, int) else f'{piece}"'


class Configuration:
    """What a plan says of its configuration.

    Args:
        document: its member ``configuration``.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.providers = _mapping(document.get("provider_config"))
        self._root = _mapping(document.get("root_module"))
        self._resources: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def module(self, address: str) -> Mapping[str, Any]:
        """The configuration of the module that an instance lies in; empty where the plan does not show it."""
        found = self._root
        for name, _ in steps(address)[:_DEEPEST]:
            found = _mapping(self.call(found, name).get("module"))
        return found

    @staticmethod
    def call(module: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """The call of a module."""
        return _mapping(_mapping(module.get("module_calls")).get(name))

    def resource(self, module: str, mode: str, type_: str, name: str) -> Mapping[str, Any] | None:
        """The block of a resource; None where the plan does not show it."""
        key = "/".join(name for name, _ in steps(module))
        if key not in self._resources:
            written = self.module(module).get("resources")
            self._resources[key] = {
                str(one.get("address")): one
                for one in (written if isinstance(written, list) else ())
                if isinstance(one, Mapping)
            }
        return self._resources[key].get(f"data.{type_}.{name}" if mode == "data" else f"{type_}.{name}")


def expression(block: Mapping[str, Any] | None, path: Path) -> Mapping[str, Any] | None:
    """What a resource's block says of an attribute; None where it does not set it, or not in a way that shows.

    An expression that stands for the whole of a block, or of an attribute, stands for its parts too.
    """
    at: Any = _mapping(block).get("expressions")
    for piece in path:
        if isinstance(piece, int):
            if isinstance(at, list):
                at = at[piece] if piece < len(at) else (at[0] if len(at) == 1 else None)
            continue
        if isinstance(at, list):
            at = at[0] if len(at) == 1 else None
        if not isinstance(at, Mapping):
            return None
        if _is_expression(at):
            return at
        at = at.get(piece)
    return at if isinstance(at, Mapping) and _is_expression(at) else None


def is_set(block: Mapping[str, Any] | None, name: str) -> bool:
    """Whether a resource's block sets an attribute or a nested block at all; so where the plan does not show its configuration."""
    return block is None or name in _mapping(block.get("expressions"))


def references(written: Mapping[str, Any] | None) -> list[Reference]:
    """The names in an expression, each once: those that another one says more exactly are left out."""
    named = [one for one in (written or {}).get("references") or () if isinstance(one, str)]
    pieces = [pieces_of(one) for one in dict.fromkeys(named)]
    return [
        Reference(one)
        for one in pieces
        if one and not any(other != one and other[: len(one)] == one for other in pieces)
    ]


def _is_expression(value: Mapping[str, Any]) -> bool:
    return not value or "references" in value or "constant_value" in value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
