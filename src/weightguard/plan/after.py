"""The attributes of everything that a plan makes or changes, as they will be.

What is known after apply alone is, in this order: followed through the names that the configuration shows; a name that the provider
gives, which follows from others or is made up from the address; not set by the configuration, and so as the provider has it by
default; or waiting: a value that nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

from weightguard.collect.terraform.unread import IDLE
from weightguard.plan.configuration import (
    Configuration,
    Path,
    Reference,
    expression,
    is_set,
    references,
    steps,
)
from weightguard.plan.document import Change, Plan
from weightguard.plan.identities import GIVEN, Identities, is_name, leaf_of
from weightguard.plan.rendered import rendered
from weightguard.plan.surroundings import Surroundings


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN
"""What nobody knows before apply."""
Unknown = Literal[_Unknown.UNKNOWN]

TEXTS: Final = frozenset({
    "assume_role_policy", "condition", "content", "container_definitions", "custom_data", "definition", "delegation_policy",
    "document", "inline_policy", "json", "key_policy", "minified_json", "not_resources", "policy", "policy_data", "policy_json",
    "policy_text",
    "resource_policy", "resources", "template_body", "user_data",
})  # fmt: skip
"""Attributes that hold a text built around names: what it says does not follow from them, unless it is another such text."""
DOCUMENTS: Final = TEXTS - {"content", "custom_data", "user_data", "resources", "not_resources", "condition"}
_LOCAL: Final = ("each", "count", "local", "path", "self", "terraform", "var")
_PREFIXED: Final = frozenset({"member", "members"})
_MANY: Final = frozenset({
    "groups", "identifiers", "identity_ids", "managed_policy_arns", "members", "owners", "policy_arns", "roles", "security_groups",
    "subnet_ids", "users", "virtual_network_subnet_ids", "vpc_security_group_ids",
})  # fmt: skip
"""Attributes that hold a list."""
_BY_ATTRIBUTE: Final = (
    ("arn", ("arn",)), ("member", ("member",)), ("principal_id", ("principal_id", "object_id")), ("bucket", ("bucket", "name")),
    ("user", ("name",)), ("role", ("name",)), ("group", ("name",)), ("name", ("name",)), ("id", ("id",)),
)  # fmt: skip
"""What an attribute by whose name this stands in takes of a thing that is referred to as a whole."""
_DEEPEST: Final = 40


@dataclass(frozen=True, slots=True)
class Waiting:
    """A value that is known after apply alone.

    Attributes:
        path: of the attribute in the resource.
        names: what the configuration says it is made of.
    """

    address: str
    path: Path
    names: tuple[str, ...]

    @property
    def attribute(self) -> str:
        """The path as Terraform writes it: ``rule[0].key``."""
        found = ""
        for one in self.path:
            found += f"[{one}]" if isinstance(one, int) else f".{one}" if found else one
        return found


class After:
    """What a plan leaves, resource by resource."""

    def __init__(self, plan: Plan) -> None:
        self.configuration = Configuration(plan.configuration)
        self.around = Surroundings(plan, self.configuration)
        self._identities = Identities(self.around)
        self._by_name: dict[tuple[str, str, str, str], dict[Any, Change]] = {}
        for change in plan.changes:
            if change.after is not None and change.deferred is None:
                key = (change.module, change.mode, change.type, change.name)
                self._by_name.setdefault(key, {})[change.index] = change
        self._known: dict[tuple[str, Path], Any] = {}
        self._open: set[tuple[str, Path]] = set()

    def values(self, change: Change) -> tuple[dict[str, Any], list[Waiting]]:
        """The attributes of a resource that will be there, unknown ones None, and those that wait."""
        waiting: list[Waiting] = []
        filled = self._filled(change, (), change.after, change.after_unknown, waiting)
        return (filled if isinstance(filled, dict) else {}), waiting

    def _filled(self, change: Change, path: Path, value: Any, unknown: Any, waiting: list[Waiting]) -> Any:
        if unknown is True:
            found = self.attribute(change, path)
            if found is UNKNOWN:
                if self._waits(change, path):
                    waiting.append(Waiting(change.address, path, self._names(change, path)))
                return None
            return found
        if len(path) < _DEEPEST and isinstance(unknown, Mapping):
            return self._object(change, path, value, unknown, waiting)
        if len(path) < _DEEPEST and isinstance(unknown, list) and unknown:
            return self._array(change, path, value, unknown, waiting)
        return value

    def _object(
        self, change: Change, path: Path, value: Any, unknown: Mapping[str, Any], waiting: list[Waiting]
    ) -> dict[str, Any]:
        held = dict(value) if isinstance(value, Mapping) else {}
        for name, inner in unknown.items():
            if inner:
                held[name] = self._filled(change, (*path, name), held.get(name), inner, waiting)
        return held

    def _array(
        self, change: Change, path: Path, value: Any, unknown: list[Any], waiting: list[Waiting]
    ) -> list[Any]:
        items = list(value) if isinstance(value, list) else []
        items += [None] * (len(unknown) - len(items))
        for at, inner in enumerate(unknown):
            if inner:
                items[at] = self._filled(change, (*path, at), items[at], inner, waiting)
        return [one for one in items if one is not None]

    def _waits(self, change: Change, path: Path) -> bool:
        """Whether an unknown value is one that the configuration sets; what it leaves out is as the provider has it by default."""
        block = self._block(change)
        return is_set(block, str(path[0])) if path else False

    def _names(self, change: Change, path: Path) -> tuple[str, ...]:
        written = expression(self._block(change), path)
        return tuple(".".join(map(str, one.pieces)) for one in references(written))

    def _block(self, change: Change) -> Mapping[str, Any] | None:
        return self.configuration.resource(change.module, change.mode, change.type, change.name)

    # One attribute

    def attribute(self, change: Change, path: Path) -> Any:
        """A value that is known after apply alone, as far as it follows from what is known; else `UNKNOWN`."""
        key = (change.address, path)
        if key not in self._known:
            if key in self._open or len(self._open) > 500:
                return UNKNOWN
            self._open.add(key)
            try:
                self._known[key] = self._worked_out(change, path)
            finally:
                self._open.discard(key)
        return self._known[key]

    def _worked_out(self, change: Change, path: Path) -> Any:
        block = self._block(change)
        leaf = leaf_of(path)
        written = expression(block, path)
        if written is not None:
            found = self._from_names(change.module, change.index, leaf, _each(block, references(written)))
            if found is not UNKNOWN:
                return found
            if len(path) > 1 or not is_name(change.type, leaf):
                return UNKNOWN
        elif (
            block is not None
            and is_set(block, str(path[0]))
            and len(path) == 1
            and path[0] not in GIVEN
            and not is_name(change.type, leaf)
        ):
            return UNKNOWN
        if change.mode == "data":
            return self._rendered(change, path)
        if len(path) > 1:
            return self._identities.nested(change, path) or UNKNOWN
        return self._identities.of(change, str(path[0]), lambda name: self._text(change, name)) or UNKNOWN

    def _rendered(self, change: Change, path: Path) -> Any:
        """The text of a policy document that waits, where all of its arguments are known."""
        if change.type != "aws_iam_policy_document" or leaf_of(path) not in ("json", "minified_json"):
            return UNKNOWN
        arguments = {
            name: inner
            for name, inner in (_mapping(change.after_unknown)).items()
            if name not in ("id", "json", "minified_json")
        }
        waiting: list[Waiting] = []
        values = self._filled(change, (), change.after, arguments, waiting)
        return UNKNOWN if waiting else rendered(values) or UNKNOWN

    def _text(self, change: Change, name: str) -> str | None:
        found = self._at(change, (name,))
        return found if isinstance(found, str) and found else None

    def _at(self, change: Change, path: Path) -> Any:
        """An attribute, known or not."""
        if _is_unknown(change.after_unknown, path):
            return self.attribute(change, path)
        return _pick(change.after, path)

    # What follows from names

    def _from_names(self, module: str, index: Any, leaf: str, named: list[Reference]) -> Any:
        """What an attribute is that is made of some names: the one of them that is not known yet, where it is the only one."""
        found = self._through(module, index, leaf, named)
        return UNKNOWN if found is None or found is UNKNOWN else _fitted(leaf, *found)

    def _named(self, module: str, index: Any, leaf: str, name: Reference) -> tuple[str, Any] | Unknown | None:
        """What a name stands for: the attribute and its value; None where it was known all along."""
        if name.head in ("each", "count", "path", "terraform", "self"):
            return None
        if name.head == "local":
            return UNKNOWN
        if name.head == "var":
            return self._variable(module, leaf, name)
        if name.head == "module":
            return self._output(module, index, leaf, name)
        return self._resource(module, index, leaf, name)

    def _variable(self, module: str, leaf: str, name: Reference) -> tuple[str, Any] | Unknown | None:
        """A variable of a module: what its call gives it, seen from where the call stands."""
        way = steps(module)
        if not way or len(name.pieces) < 2:
            return None
        outer = way[-2][1] if len(way) > 1 else ""
        call = self.configuration.call(self.configuration.module(outer), way[-1][0])
        written = _mapping(_mapping(call.get("expressions")).get(str(name.pieces[1])))
        return self._through(outer, None, leaf, references(written))

    def _output(
        self, module: str, index: Any, leaf: str, name: Reference
    ) -> tuple[str, Any] | Unknown | None:
        """An output of a module that is called here."""
        pieces = list(name.pieces[1:])
        inner = f"{module}.module.{pieces[0]}" if module else f"module.{pieces[0]}"
        rest = pieces[1:]
        if rest and (isinstance(rest[0], int) or str(rest[0]).startswith('"')):
            inner += f"[{rest[0]}]" if isinstance(rest[0], int) else f'[{rest[0]}"]'
            rest = rest[1:]
        elif index is not None and not self._has_module(inner):
            inner += f"[{index}]" if isinstance(index, int) else f'["{index}"]'
        output = str(rest[0]) if rest else ""
        outputs = _mapping(self.configuration.module(inner).get("outputs"))
        written = _mapping(_mapping(outputs.get(output)).get("expression"))
        return self._through(inner, None, leaf, references(written)) if written else UNKNOWN

    def _has_module(self, address: str) -> bool:
        return any(key[0] == address or key[0].startswith(f"{address}.") for key in self._by_name)

    def _through(
        self, module: str, index: Any, leaf: str, named: list[Reference]
    ) -> tuple[str, Any] | Unknown | None:
        found = [one for one in (self._named(module, index, leaf, name) for name in named) if one is not None]
        if any(one is UNKNOWN for one in found) or len(found) > 1:
            return UNKNOWN
        return found[0] if found else None

    def _resource(
        self, module: str, index: Any, leaf: str, name: Reference
    ) -> tuple[str, Any] | Unknown | None:
        mode, pieces = ("data", name.pieces[1:]) if name.head == "data" else ("managed", name.pieces)
        if len(pieces) < 2:
            return None
        type_, own = str(pieces[0]), str(pieces[1])
        if type_.partition("_")[0] in IDLE and mode == "managed":
            return self._idle(module, type_, own)
        instances = self._by_name.get((module, mode, type_, own))
        if instances is None:
            return None  # looked up while planning, and so known
        rest = list(pieces[2:])
        at = index
        if rest and (isinstance(rest[0], int) or str(rest[0]).startswith('"')):
            at = rest[0] if isinstance(rest[0], int) else str(rest[0])[1:]
            rest = rest[1:]
        change = instances.get(at, next(iter(instances.values())) if len(instances) == 1 else None)
        if change is None:
            return UNKNOWN
        path = tuple(rest) or self._whole(change, leaf)
        return self._taken(change, path)

    def _idle(self, module: str, type_: str, own: str) -> Unknown | None:
        """Of what lies in the state alone: random suffixes, generated passwords. Nothing follows from one that is not made yet."""
        made = self._by_name.get((module, "managed", type_, own), {}).values()
        return UNKNOWN if any(one.action in ("create", "replace") for one in made) else None

    def _taken(self, change: Change, path: Path) -> tuple[str, Any] | Unknown | None:
        if not path:
            return UNKNOWN
        if not _is_unknown(change.after_unknown, path):
            return None
        found = self.attribute(change, path)
        return UNKNOWN if found is UNKNOWN or found is None else (leaf_of(path), found)

    def _whole(self, change: Change, leaf: str) -> Path:
        """Which attribute is meant where a name stands for a whole resource."""
        for part, wanted in _BY_ATTRIBUTE:
            if part in leaf:
                for name in wanted:
                    if _is_unknown(change.after_unknown, (name,)) or _pick(change.after, (name,)) is not None:
                        return (name,)
        return ("id",)


def _each(block: Mapping[str, Any] | None, named: list[Reference]) -> list[Reference]:
    """Names, those through ``each.value`` as the one that the block runs over: the instance of the same key is meant."""
    over = [
        one
        for one in references(_mapping(_mapping(block).get("for_each_expression")))
        if one.head not in _LOCAL
    ]
    if len(over) != 1:
        return named
    return [
        Reference((*over[0].pieces, *one.pieces[2:]))
        if one.pieces[:2] == ("each", "value") and len(one.pieces) > 2
        else one
        for one in named
    ]


def _fitted(leaf: str, attribute: str, value: Any) -> Any:
    """A value as the attribute that takes it holds it; `UNKNOWN` where it can only be a part of what stands there."""
    if leaf in TEXTS:
        return value if leaf in DOCUMENTS and attribute in DOCUMENTS else UNKNOWN
    if attribute in DOCUMENTS or not isinstance(value, str):
        return UNKNOWN
    if leaf in _PREFIXED and ":" not in value and value.endswith("gserviceaccount.com"):
        value = f"serviceAccount:{value}"
    return [value] if leaf in _MANY else value


def _is_unknown(unknown: Any, path: Path) -> bool:
    for piece in path:
        if unknown is True:
            return True
        if isinstance(unknown, list):
            unknown = (
                unknown[piece]
                if isinstance(piece, int) and piece < len(unknown)
                else next(iter(unknown), None)
            )
            if isinstance(piece, int):
                continue
        unknown = _mapping(unknown).get(str(piece))
    return unknown is True


def _pick(values: Any, path: Path) -> Any:
    for piece in path:
        if isinstance(values, list):
            values = (
                values[piece] if isinstance(piece, int) and piece < len(values) else next(iter(values), None)
            )
            if isinstance(piece, int):
                continue
        values = _mapping(values).get(str(piece))
    return values


def changed(plan: Plan) -> Iterator[Change]:
    """The changes of a plan that leave something otherwise than it was."""
    return (
        one
        for one in plan.changes
        if one.mode == "managed" and one.action not in ("no-op", "read") and one.deferred is None
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
