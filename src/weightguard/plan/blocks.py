"""Where the blocks of resources stand in the configuration that a plan was made of: for annotations at a line.

A plan names addresses and no lines. Which folder the files of a module lie in follows from the calls that the plan shows; of a
module from elsewhere the call itself is the place. Nothing is parsed: a block begins on a line of its own, as `terraform fmt`
writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import Final
from urllib.parse import quote

from weightguard import files
from weightguard.errors import InputError
from weightguard.plan.configuration import Configuration, steps
from weightguard.plan.document import Change, Plan

_BLOCK: Final = re.compile(
    r'^[ \t]*(?:(resource|data)[ \t]+"([^"\n]+)"|module)[ \t]+"([^"\n]+)"', re.MULTILINE
)
_LOCAL: Final = ("./", "../")
_ABOVE: Final = ".."
_SUFFIXES: Final = (".tf", ".tofu")
_MOST_FILES: Final = 500
_MOST_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, by its address relative to where weightguard runs."""

    uri: str
    number: int


class Blocks:
    """The blocks of the configurations of some plans.

    Args:
        folder: where the configuration of the root module lies; None: beside its plan, else in this folder.
    """

    def __init__(self, plans: Iterable[Plan], folder: Path | None = None) -> None:
        self._changes: dict[str, tuple[Change, Configuration, str]] = {}
        self._files: dict[str, Mapping[tuple[str, str], Line]] = {}
        for plan in plans:
            root = _root(plan.path.parent, folder)
            configuration = Configuration(plan.configuration)
            for change in plan.changes:
                self._changes.setdefault(change.address, (change, configuration, root))

    def first(self, addresses: Iterable[str]) -> Line | None:
        """The line of the first address that has one."""
        return next((line for one in addresses if (line := self._line(one)) is not None), None)

    def _line(self, address: str) -> Line | None:
        if address not in self._changes:
            return None
        change, configuration, folder = self._changes[address]
        module = ""
        for name, instance in steps(change.module):
            source = configuration.call(configuration.module(module), name).get("source")
            inside = normpath(f"{folder}/{source}") if str(source).startswith(_LOCAL) else _ABOVE
            if inside.startswith(_ABOVE):  # from elsewhere, or outside of what weightguard runs in
                return self._in(folder).get(("module", name))
            folder, module = inside, instance
        kind = f"{'data' if change.mode == 'data' else 'resource'} {change.type}"
        return self._in(folder).get((kind, change.name))

    def _in(self, folder: str) -> Mapping[tuple[str, str], Line]:
        """Kind and name of every block in a folder, and where it begins."""
        if folder not in self._files:
            self._files[folder] = dict(_blocks(Path(folder)))
        return self._files[folder]


def _root(beside: Path, folder: Path | None) -> str:
    places = [beside, Path()] if folder is None else [folder]
    found = next((one for one in places if next(_sources(one), None) is not None), places[-1])
    return found.as_posix()


def _blocks(folder: Path) -> Iterator[tuple[tuple[str, str], Line]]:
    for path in sorted(_sources(folder))[:_MOST_FILES]:
        try:
            written = files.read(path, "a configuration", most=_MOST_BYTES).decode("utf-8", "replace")
        except InputError:
            continue  # It cannot be read: nothing in it has a line.
        uri = quote(path.as_posix())
        for found in _BLOCK.finditer(written):
            block, kind, name = found.groups()
            key = (f"{block} {kind}", name) if block else ("module", name)
            yield key, Line(uri, written.count("\n", 0, found.end()) + 1)


def _sources(folder: Path) -> Iterator[Path]:
    """The files of a module; none where the folder is not there or cannot be listed."""
    try:
        yield from (one for one in folder.iterdir() if one.suffix in _SUFFIXES and not one.is_symlink())
    except OSError:
        return
