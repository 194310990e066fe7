"""Catalogues of earlier versions, kept by their digest, so that what they judged can be judged again.

Each is one file, ``catalogues/<digest>.json.zst``: the files of the folder ``controls/`` by their paths, as they were. What is
current is not among them before it is released: `scripts/keep_catalogue.py` puts it there.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import zstandard

from weightguard.controls.catalogue import Catalogue, catalogue_directory, load_catalogue
from weightguard.errors import CatalogueError

SUFFIX: Final = ".json.zst"
_LARGEST: Final = 64 << 20


def store() -> Path:
    """Where the kept catalogues lie: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "catalogues"
    return inside if inside.is_dir() else package.parent.parent / "catalogues"


def _file(digest: str) -> Path:
    return store() / f"{digest.removeprefix('sha256:')}{SUFFIX}"


def keep(catalogue: Catalogue, folder: Path) -> Path:
    """Writes a shipped catalogue into a store; the same catalogue gives the same bytes."""
    place = catalogue.directory
    texts = {
        path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(place.rglob("*.yaml"))
    }
    data = json.dumps(texts, sort_keys=True, ensure_ascii=False).encode()
    target = folder / f"{catalogue.digest.removeprefix('sha256:')}{SUFFIX}"
    target.write_bytes(zstandard.ZstdCompressor(level=19).compress(data))
    return target


@contextmanager
def loaded(digest: str, *own: Path, current: Catalogue | None = None) -> Iterator[Catalogue]:
    """The catalogue of a digest, with a laboratory's own controls beside it: the current one, or one that was kept.

    Args:
        digest: of the shared part alone.
        current: the shipped catalogue, where it is loaded already.

    Raises:
        CatalogueError: there is none, or this version of weightguard cannot read it any more.
    """
    current = current or load_catalogue()
    if current.digest == digest:
        yield load_catalogue(*own, directory=catalogue_directory()) if own else current
        return
    with tempfile.TemporaryDirectory(prefix="weightguard-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        for name, text in _texts(digest).items():
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        yield replace(load_catalogue(*own, directory=place), kept_as=digest)


def _texts(digest: str) -> dict[str, str]:
    path = _file(digest)
    if not path.is_file():
        raise CatalogueError(
            "this version of weightguard has no catalogue of that digest",
            where=digest,
            fix="use the version that judged",
        )
    data = zstandard.ZstdDecompressor().decompress(path.read_bytes(), max_output_size=_LARGEST)
    texts: dict[str, str] = json.loads(data)
    return texts
