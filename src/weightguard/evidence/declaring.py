"""Writes down what a run declares, and copies the files that its attestations name beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weightguard import files, yaml_file
from weightguard.assess.assessment import Options
from weightguard.assess.attestations import MAXIMUM_EVIDENCE, AttestationFile, look
from weightguard.config import Config
from weightguard.controls.catalogue import TABLES, Catalogue, load_catalogue
from weightguard.controls.disclosure import MAXIMUM_BYTES as LARGEST_PUBLISHED
from weightguard.controls.examples import FOLDER as EXAMPLES
from weightguard.errors import ConfigError
from weightguard.evidence.declared import NOT_DECLARED, Declared, Document, Found, Run, Shared, to_json
from weightguard.evidence.names import ATTESTED, DECLARED


def declare(config: Config, catalogue: Catalogue, options: Options) -> Declared:
    """What of a run bore on its verdicts.

    Args:
        config: its paths lead to the files themselves.

    Raises:
        ConfigError: a document that the configuration names cannot be read, or is no text.
    """
    documents = _Documents()
    shown = config.model_dump(mode="json", exclude={*NOT_DECLARED})
    shown["waivers"] = [documents.add("waivers", path) for path in config.waivers]
    shown["attestations"] = [documents.add("attestations", path) for path in config.attestations]
    shown["disclosure"] = {
        name: documents.add("published", path, most=LARGEST_PUBLISHED) if path else None
        for name, path in config.disclosure
    }
    shown["controls"]["directories"] = [documents.folder(path) for path in config.controls.directories]
    run = Run(
        as_of=options.as_of.isoformat() if options.as_of else None,
        target_level=options.target_level,
        what_if=dict(options.what_if),  # type: ignore[arg-type]  # the model checks it
        protocols=tuple(documents.protocol(name) for name in options.protocols),
    )
    shared = load_catalogue() if config.controls.directories else catalogue
    return Declared(
        catalogue=Shared(id=shared.id, version=shared.version, digest=shared.digest),
        own=tuple(sorted(catalogue.own)),
        config=shown,
        run=run,
        documents=tuple(documents.held),
        evidence=tuple(_evidence(config, shown["attestations"])),
    )


def write(folder: Path, config: Config, catalogue: Catalogue, options: Options) -> Path:
    """Writes declared.json into a folder, with the files that attestations name beside it.

    Raises:
        ConfigError: as `declare` says. OSError: it cannot be written.
    """
    declared = declare(config, catalogue, options)
    sources = dict(_files(config))
    for digest in sorted({one.sha256 for one in declared.evidence if one.sha256}):
        _copy(sources[digest], folder / ATTESTED / digest)
    target = folder / DECLARED
    files.write(target, to_json(declared))
    return target


class _Documents:
    """The documents of a configuration, each at a path that keeps its name: reports show it."""

    def __init__(self) -> None:
        self.held: list[Document] = []

    def add(self, kind: str, path: Path, *, inside: str = "", most: int = yaml_file.MAXIMUM_BYTES) -> str:
        place = inside or f"{kind}/{len(self.held)}"
        data = files.read(path, "the document", most=most, error=ConfigError)
        try:
            document = Document(path=f"{place}/{path.name}", text=data.decode())
        except ValueError as problem:
            raise ConfigError(
                "a document cannot be declared, its text or its name is no plain text", where=str(path)
            ) from problem
        self.held.append(document)
        return document.path

    def folder(self, path: Path) -> str:
        """A folder of controls, with their examples."""
        place = f"controls/{len(self.held)}/{path.name}"
        for one in sorted(path.glob("*.yaml")):
            if one.name not in TABLES:
                self.add("controls", one, inside=place)
                beside = path / EXAMPLES / one.name
                if beside.is_file():
                    self.add("controls", beside, inside=f"{place}/{EXAMPLES}")
        return place

    def protocol(self, name: str) -> str:
        own = Path(name)
        return self.add("protocols", own) if own.suffix == ".yaml" and own.is_file() else Path(name).name


def _named(config: Config) -> Iterator[tuple[int, Path, Path]]:
    """Every file that an attestation names: the number of the attestation file, that file, the path written there."""
    for number, path in enumerate(config.attestations):
        document = yaml_file.read(path, error=ConfigError)
        for one in yaml_file.validate(AttestationFile, document, error=ConfigError).attestations:
            yield number, path, one.evidence


def _evidence(config: Config, documents: list[Any]) -> Iterator[Found]:
    seen = set()
    for number, path, evidence in _named(config):
        key = (documents[number], evidence.as_posix())
        if key not in seen:
            seen.add(key)
            found = look(path, evidence)
            yield Found(document=key[0], path=key[1], sha256=found.sha256, problem=found.problem)


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    for _, path, evidence in _named(config):
        digest = look(path, evidence).sha256
        if digest is not None:
            yield digest, path.parent / evidence


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        files.opened(source, "the evidence file", most=MAXIMUM_EVIDENCE, error=ConfigError) as file,
        files.replacing(target) as copy,
    ):
        size = os.fstat(file.fileno()).st_size
        while piece := file.read(min(1 << 20, max(size, 1))):
            copy.write(piece)
