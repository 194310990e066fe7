"""An audit in a folder, as a scan left it or as a bundle unpacked: which of its files are handed over, and what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weightguard import files
from weightguard.errors import InputError
from weightguard.evidence import archive, declared
from weightguard.evidence.declared import Declared
from weightguard.evidence.names import ATTESTED, DECLARED, LIMITS, REPORT, SNAPSHOT, STATEMENT
from weightguard.snapshot.limits import DEFAULT
from weightguard.snapshot.manifest import read_manifest
from weightguard.snapshot.model import MANIFEST


@dataclass(frozen=True, slots=True)
class Place:
    """Where an audit lies.

    Attributes:
        name: what the user called it.
        folder: the files. packed: they come out of a bundle.
        sealed: the bundle's bytes are as they were packed; False where nothing says so.
    """

    name: Path
    folder: Path
    packed: bool
    sealed: bool = False

    @property
    def statement(self) -> Path:
        """Where the signatures stand, if there are any."""
        return self.folder / STATEMENT


@contextmanager
def opened(path: Path) -> Iterator[Place]:
    """An audit's folder, or a bundle unpacked for as long as it is looked at.

    Raises:
        InputError: it is neither.
    """
    if path.is_dir():
        yield Place(path, path, packed=False)
        return
    with archive.unpacked(path) as (folder, sealed):
        yield Place(path, folder, packed=True, sealed=sealed)


def members(place: Place, said: Declared) -> dict[str, Path]:
    """The files that are handed over, by name, without the statement: what a bundle packs and what a signature covers.

    Raises:
        InputError: one is missing. SnapshotError: there is no snapshot.
    """
    folder = place.folder
    if not (folder / SNAPSHOT).is_dir():
        raise InputError(
            f"the audit has no {SNAPSHOT}/, on which its report rests",
            where=str(place.name),
            fix=f"copy the one snapshot that was judged there, to {SNAPSHOT}/",
        )
    manifest, _ = read_manifest(folder / SNAPSHOT, DEFAULT)
    names = [
        REPORT,
        DECLARED,
        f"{SNAPSHOT}/{MANIFEST}",
        *(f"{SNAPSHOT}/{one.path}" for one in manifest.files),
    ]
    names += [name for name in attested(said) if (folder / name).exists()]
    found = {name: files.below(folder, Path(name), "a file of the audit") for name in names}
    for name, path in found.items():
        if not path.is_file():
            raise InputError(
                f"the audit has no {name}", where=str(place.name), fix="name what `weightguard scan -o` wrote"
            )
    return found


def attested(said: Declared) -> list[str]:
    """The names of the files that attestations name, whether they were handed over or not."""
    return sorted({f"{ATTESTED}/{one.sha256}" for one in said.evidence if one.sha256})


def declaration(place: Place) -> Declared:
    """What the audit declares.

    Raises:
        InputError: it is not there, or is none.
    """
    path = place.folder / DECLARED
    if not path.exists():
        raise InputError(
            f"the audit has no {DECLARED}, so that nobody could judge it again",
            where=str(place.name),
            fix="write it: weightguard assess DIR/snapshot -o DIR, with the options of the scan",
        )
    return declared.read(path)


def present(place: Place) -> set[str]:
    """The names of all files of a bundle; of a folder nothing but what is asked for counts."""
    return {
        path.relative_to(place.folder).as_posix() for path in place.folder.rglob("*") if not path.is_dir()
    }


def digests(found: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 by name.

    Raises:
        InputError: a file cannot be read, or is larger than a bundle takes.
    """
    sums = {}
    for name, path in found.items():
        with files.opened(path, f"the file {name}", most=LIMITS.file_bytes) as file:
            sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums
