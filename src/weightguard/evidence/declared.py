"""declared.json: what of a configuration bore on the verdicts, whole, so that somebody else can judge again.

It holds the configuration without where to collect and whom to tell, what was asked of the run, and the text of every document
that the configuration names (waivers, attestations, controls of one's own, what is published, protocols). Of the files that
attestations name it holds what was found; the files themselves lie beside it, called by their digests. No secret is in it, and no
place on the lab's machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator

from weightguard import files, json_text
from weightguard.assess.assessment import Options
from weightguard.assess.attestations import EvidenceFile
from weightguard.config import Config, resolve
from weightguard.controls.moment import timestamp
from weightguard.controls.schema import ControlId, Strict
from weightguard.errors import InputError
from weightguard.evidence.names import LARGEST_DECLARED

SCHEMA_VERSION: Final = "1.0"
NOT_DECLARED: Final = ("sources", "notify")
"""Parts of a configuration that turn no verdict and may hold what is nobody else's business."""
_KINDS: Final = ("waivers", "attestations", "published", "controls", "protocols")
_LONGEST_PART: Final = 200
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Level = Literal["SL1", "SL2", "SL3", "SL4", "SL5"]


class Document(Strict):
    """A text that the configuration names, at a path below the folder that it is read from again."""

    path: str
    text: str

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        parts = path.split("/")
        if len(parts) < 3 or parts[0] not in _KINDS or not all(map(_is_name, parts)):
            raise ValueError("no path of a declared document")
        return path


def _is_name(part: str) -> bool:
    return part not in ("", ".", "..") and part.isprintable() and len(part.encode()) <= _LONGEST_PART


class Found(Strict):
    """What was found of a file that an attestation names.

    Attributes:
        document: the document that the attestation stands in. path: as written there.
        sha256: the file's digest; null: there is none, for the reason in `problem`.
    """

    document: str
    path: str
    sha256: Digest | None
    problem: str = ""


class Shared(Strict):
    """The catalogue that judged, without the lab's own controls."""

    id: str
    version: str
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class Run(Strict):
    """What was asked of the run itself."""

    as_of: str | None = None
    target_level: Level | None = None
    what_if: dict[ControlId, Literal["pass"]] = Field(default_factory=dict)
    protocols: tuple[str, ...] = ()


class Declared(Strict):
    """declared.json.

    Attributes:
        redacted: names were hidden before this was handed over.
        own: ids of the lab's own controls.
        config: weightguard.yaml without `NOT_DECLARED`; its paths lead to `documents`.
    """

    schema_version: Literal["1.0"] = "1.0"
    redacted: bool = False
    catalogue: Shared
    own: tuple[ControlId, ...] = ()
    config: dict[str, Any]
    run: Run
    documents: tuple[Document, ...] = ()
    evidence: tuple[Found, ...] = ()

    @field_validator("documents")
    @classmethod
    def _each_once(cls, documents: tuple[Document, ...]) -> tuple[Document, ...]:
        paths = [one.path.casefold() for one in documents]
        if len(set(paths)) != len(paths):
            raise ValueError("a document is there twice")
        return documents

    def configuration(self) -> Config:
        """The configuration, its paths still those of the documents.

        Raises:
            InputError: it is none, or names what only its owner may name.
        """
        if any(part in self.config for part in NOT_DECLARED):
            raise _wrong(f"it declares {' or '.join(NOT_DECLARED)}, which bear on no verdict")
        try:
            return Config.model_validate(self.config)
        except ValidationError as problem:
            raise _wrong(_first(problem)) from problem

    def options(self, folder: Path | None = None) -> Options:
        """What was asked of the run.

        Args:
            folder: where the documents were written; None: only what the settings show is needed.
        """
        found = {(one.document, one.path): EvidenceFile(one.sha256, one.problem) for one in self.evidence}
        as_of = timestamp(self.run.as_of) if self.run.as_of else None
        names = tuple(self._protocol(name, folder) for name in self.run.protocols)
        plain = Options(
            as_of=as_of, target_level=self.run.target_level, what_if=self.run.what_if, protocols=names
        )
        if folder is None:
            return plain
        look = _look(found, folder)
        return Options(plain.as_of, plain.target_level, plain.what_if, plain.protocols, look)

    def _protocol(self, name: str, folder: Path | None) -> str:
        if folder is not None and any(one.path == name for one in self.documents):
            return str(folder / name)
        if folder is not None and (not _is_name(name) or "/" in name or name.endswith(".yaml")):
            raise _wrong(f"it names the protocol {name[:80]!r}, which it does not hold")
        return name

    def restored(self, folder: Path) -> tuple[Config, Options]:
        """Configuration and options as the run had them, the documents written below `folder`, an empty one.

        Raises:
            InputError: a path leads to nothing that is declared.
        """
        for one in self.documents:
            target = folder / one.path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(one.text, encoding="utf-8", newline="")
            except (OSError, UnicodeEncodeError) as problem:
                raise _wrong(f"a document cannot be written, {one.path[:80]!r}") from problem
        config = resolve(self.configuration(), folder)
        for directory in config.controls.directories:  # one may have held no control
            directory.mkdir(parents=True, exist_ok=True)
        return config, self.options(folder)


def _look(
    found: Mapping[tuple[str, str], EvidenceFile], folder: Path
) -> Callable[[Path, Path], EvidenceFile]:
    def look(file: Path, evidence: Path) -> EvidenceFile:
        known = found.get((file.relative_to(folder).as_posix(), evidence.as_posix()))
        return known or EvidenceFile(None, "nothing is declared of the evidence file")

    return look


def to_json(declared: Declared) -> bytes:
    """declared.json; the same declaration gives the same bytes."""
    value = declared.model_dump(mode="json")
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def read(path: Path) -> Declared:
    """Reads declared.json.

    Raises:
        InputError: it is not there, or is none.
    """
    return from_json(files.read(path, "declared.json", most=LARGEST_DECLARED))


def from_json(data: bytes) -> Declared:
    """Reads a declaration; raises as `read` does."""
    try:
        value = json_text.whole(data)
        json_text.refuse_halves(data, value)
        return Declared.model_validate(value)
    except json_text.OddJson as problem:
        raise _wrong(f"it {problem}") from problem
    except ValidationError as problem:
        raise _wrong(_first(problem)) from problem


def _first(problem: ValidationError) -> str:
    item = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part)[:60] for part in item["loc"])
    return f"{item['msg'].removeprefix('Value error, ').lower()} at {place or 'its top'}"


def _wrong(what: str) -> InputError:
    return InputError(
        f"what was declared is not what it should be: {what}",
        where="declared.json",
        fix="write it again with weightguard scan or assess -o",
    )
