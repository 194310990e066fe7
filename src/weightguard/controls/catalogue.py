"""The catalogue: every control, the attack vectors, the families and levels, with a version and a digest.

The digest is over what the files say (parsed and normalised), so that a comment or a line break changes
nothing and a changed word does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from weightguard import yaml_file
from weightguard.controls.declared import TierTable
from weightguard.controls.examples import with_examples
from weightguard.controls.mappings import unmapped
from weightguard.controls.schema import CelCheck, Control, Family, Header, LevelText, Vector, VectorTable
from weightguard.errors import CatalogueError
from weightguard.yaml_file import Document

HEADER, VECTORS, TIERS, PROTOCOLS = "catalogue.yaml", "vectors.yaml", "tiers.yaml", "protocols"
TABLES = (HEADER, VECTORS, TIERS)


SHARED = "WG-"
"""How the ids of the shared catalogue begin."""


@dataclass(frozen=True)
class Catalogue:
    """A loaded catalogue.

    Attributes:
        controls: sorted by id.
        documents: the file that each control came from, with its line numbers.
        examples: the document that holds each control's examples, as its root.
        directory: where the shipped part was read from.
        own: ids of a laboratory's own controls.
        kept_as: the digest that the shipped part had when it was kept; models that grew since would give the same files another.
    """

    header: Header
    controls: tuple[Control, ...]
    vectors: tuple[Vector, ...]
    tiers: TierTable
    documents: Mapping[str, Document] = field(repr=False)
    examples: Mapping[str, Document] = field(repr=False)
    directory: Path
    own: frozenset[str] = frozenset()
    kept_as: str | None = None

    @property
    def id(self) -> str:
        """The catalogue's name."""
        return self.header.id

    @property
    def version(self) -> str:
        """The catalogue's version."""
        return self.header.version

    @property
    def families(self) -> tuple[Family, ...]:
        """Families in their printed order."""
        return self.header.families

    @property
    def levels(self) -> tuple[LevelText, ...]:
        """SL1 to SL5."""
        return self.header.levels

    def where(self, control: str, *location: str | int) -> str:
        """``file:line`` of what is at `location` in a control; its examples may have a file of their own."""
        if location[:1] == ("examples",):
            return self.examples[control].where(*location[1:])
        return self.documents[control].where(*location)

    @cached_property
    def by_id(self) -> Mapping[str, Control]:
        """Controls by id."""
        return {control.id: control for control in self.controls}

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over the normalised content."""
        if self.kept_as is not None and not self.own:
            return self.kept_as
        content: dict[str, Any] = {
            "header": self.header.model_dump(mode="json"),
            "vectors": [vector.model_dump(mode="json") for vector in self.vectors],
            "tiers": self.tiers.model_dump(mode="json"),
            "controls": [control.model_dump(mode="json", by_alias=True) for control in self.controls],
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def catalogue_directory() -> Path:
    """Where the shipped catalogue lies: inside the installed package, or at the top of a checkout.

    Raises:
        CatalogueError: neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / "catalogue", package.parent.parent / "controls"):
        if (place / HEADER).is_file():
            return place
    raise CatalogueError(
        "the control catalogue is missing", where=str(package / "catalogue"), fix="reinstall weightguard"
    )


def load_catalogue(*more: Path, directory: Path | None = None) -> Catalogue:
    """Loads the shipped catalogue and any further directories of controls.

    Args:
        more: directories of a laboratory's own controls; their checks are expressions.
        directory: another place than the shipped one for the whole catalogue.

    Raises:
        CatalogueError: a file breaks the schema, an id is given twice, a mapping names what does not exist;
        with file and line.
    """
    place = directory or catalogue_directory()
    return load_files([*_files([place], own=False), *_files(more, own=True)], place)


def load_files(
    files: Iterable[tuple[Path, bool]], place: Path, *, broken: Callable[[CatalogueError], None] | None = None
) -> Catalogue:
    """A catalogue of the given control files.

    Args:
        files: each with whether it is a laboratory's own.
        place: where the families, levels, vectors and tiers are.
        broken: takes each broken control, which is then left out, instead of stopping at the first; mappings
            are not looked at.
    """
    header = yaml_file.validate(Header, _read(place / HEADER), error=CatalogueError)
    vectors = yaml_file.validate(VectorTable, _read(place / VECTORS), error=CatalogueError)
    tiers = yaml_file.validate(TierTable, _read(place / TIERS), error=CatalogueError)
    known = {vector.id for vector in vectors.vectors}
    controls: dict[str, Control] = {}
    owned: set[str] = set()
    documents: dict[str, Document] = {}
    examples: dict[str, Document] = {}
    for path, own in files:
        try:
            document = _read(path)
            control, shown = with_examples(load_control(document), document, path)
            _accept(control, document, documents, own=own)
            if broken is None:
                _refuse_unmapped(control, document, known)
        except CatalogueError as problem:
            if broken is None:
                raise
            broken(problem)
            continue
        controls[control.id] = control
        owned.update({control.id} if own else ())
        documents[control.id], examples[control.id] = document, shown
    ordered = tuple(controls[name] for name in sorted(controls))
    return Catalogue(header, ordered, vectors.vectors, tiers, documents, examples, place, frozenset(owned))


def load_control(document: Document) -> Control:
    """One control from its file, without the examples that have a file of their own.

    Raises:
        CatalogueError: with file and line.
    """
    return yaml_file.validate(Control, document, error=CatalogueError)


def _accept(control: Control, document: Document, documents: Mapping[str, Document], *, own: bool) -> None:
    if control.id in documents:
        raise CatalogueError(
            f"the control {control.id} is defined twice",
            where=document.where("id"),
            fix=f"the other is {documents[control.id].name}",
        )
    if own and control.id.startswith(SHARED):
        raise CatalogueError(
            f"a control of one's own is not named {SHARED}..., as those of the shared catalogue are",
            where=document.where("id"),
            fix=f"choose another beginning, for example LAB-{control.id.removeprefix(SHARED)}",
        )
    if own and control.check is not None and not isinstance(control.check, CelCheck):
        raise CatalogueError(
            "the check of a control of one's own is an expression",
            where=document.where("check"),
            fix="check: {cel: ...}",
        )


def _refuse_unmapped(control: Control, document: Document, vectors: Collection[str]) -> None:
    for location, message in unmapped(control.mappings, vectors):
        raise CatalogueError(f"{control.id}: {message}", where=document.where("mappings", *location))


def _read(path: Path) -> Document:
    return yaml_file.read(path, error=CatalogueError)


def control_files(path: Path) -> list[tuple[Path, bool]]:
    """The control files in a directory, or the one file itself, none of them taken for a laboratory's own.

    Raises:
        CatalogueError: there is no such directory or file.
    """
    return [(path, False)] if path.is_file() else _files([path], own=False)


def _files(directories: Iterable[Path], *, own: bool) -> list[tuple[Path, bool]]:
    found: list[tuple[Path, bool]] = []
    for directory in directories:
        if not directory.is_dir():
            raise CatalogueError("there is no such directory of controls", where=str(directory))
        paths = sorted(path for path in directory.glob("*.yaml") if path.name not in TABLES)
        found.extend((path, own) for path in paths)
    return found
