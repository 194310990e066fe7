"""Compressed and encrypted objects. A compressed head is inflated up to a bound and examined; an encrypted one cannot be.

Sources: RFC 1952, RFC 8878, the xz and bzip2 formats; OpenSSL `enc`, age, GnuPG for encryption marks.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable

import zstandard

from weightguard.weights.model import FileVerdict
from weightguard.weights.reader import Damaged, Exhausted, Held, Source

Inner = Callable[[Source, str], FileVerdict | None]
_PACKED = 320 << 10
_INFLATED = 4 << 20
_GZIP_TELLS = 3 << 30
_ENCRYPTED = ((b"Salted__", "OpenSSL"), (b"age-encryption.org/v1", "age"), (b"-----BEGIN PGP MESSAGE", "PGP"),
              (b"-----BEGIN AGE ENCRYPTED FILE", "age"))  # fmt: skip
_SUFFIXES = (
    ".gz",
    ".gzip",
    ".zst",
    ".zstd",
    ".xz",
    ".bz2",
    ".enc",
    ".age",
    ".gpg",
    ".pgp",
    ".aes",
    ".tgz",
    ".lz4",
    ".7z",
)


def inner_name(key: str) -> str:
    """The name without its wrapping suffixes: ``a/model.safetensors.zst`` gives ``a/model.safetensors``."""
    for _ in range(3):
        suffix = next((suffix for suffix in _SUFFIXES if key.lower().endswith(suffix)), None)
        if suffix is None:
            return key
        key = key[: -len(suffix)] + (".tar" if suffix == ".tgz" else "")
    return key


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Look through one layer of compression; name an encrypted object whose name says weights."""
    head = source.at(0, 32)
    for mark, tool in _ENCRYPTED:
        if head.startswith(mark):
            return FileVerdict(None, note=f"encrypted ({tool})", traits=frozenset({"encrypted"}))
    if head[:6] == b"7z\xbc\xaf\x27\x1c" or head[:6] == b"Rar!\x1a\x07" or head[:4] == b"\x04\x22\x4d\x18":
        return FileVerdict(None, note="packed in a way that is not looked into", traits=frozenset({"opaque"}))
    inflate = _inflater(head)
    if inflate is None or inner is None:
        return None
    return _through(source, key, inner, inflate)


def _through(
    source: Source, key: str, inner: Inner, inflate: Callable[[bytes], tuple[bytes, bool]]
) -> FileVerdict | None:
    packed = source.at(0, min(source.size, _PACKED))
    data, ended = inflate(packed)
    ended = ended and len(packed) == source.size
    if not data:
        return None
    try:
        verdict = inner(Held(data, size=_gzip_size(source, len(data)), complete=ended), inner_name(key))
    except (Damaged, Exhausted):
        return None
    if verdict is None or verdict.format in (None, "pointer"):
        return None
    note = f"{verdict.note}; compressed" if verdict.note else "compressed"
    return FileVerdict(verdict.format, "header", parameters=verdict.parameters, tensors=verdict.tensors,
                       dtypes=verdict.dtypes, note=note, role=verdict.role)  # fmt: skip


def _gzip_size(source: Source, held: int) -> int | None:
    """The length of a gzip stream's content, from its last four bytes; None for another stream or one beyond 4 GiB."""
    if source.at(0, 3) != b"\x1f\x8b\x08" or source.size > _GZIP_TELLS or not source.exact:
        return None
    size = int.from_bytes(source.at(source.size - 4, 4), "little")
    return size if size >= held else None


def _inflater(head: bytes) -> Callable[[bytes], tuple[bytes, bool]] | None:
    if head[:3] == b"\x1f\x8b\x08":
        return _gzip
    if (
        len(head) > 2
        and head[0] == 0x78
        and head[1] in (0x01, 0x5E, 0x9C, 0xDA)
        and not (head[0] * 256 + head[1]) % 31
    ):
        return _zlib
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return _zstd
    if head[:6] == b"\xfd7zXZ\0":
        return _xz
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return _bzip
    return None


def _gzip(packed: bytes) -> tuple[bytes, bool]:
    return _zlib_with(packed, 31)


def _zlib(packed: bytes) -> tuple[bytes, bool]:
    return _zlib_with(packed, 15)


def _zlib_with(packed: bytes, bits: int) -> tuple[bytes, bool]:
    machine = zlib.decompressobj(bits)
    try:
        return machine.decompress(packed, _INFLATED), machine.eof
    except zlib.error:
        return b"", False


def _xz(packed: bytes) -> tuple[bytes, bool]:
    machine = lzma.LZMADecompressor(memlimit=256 << 20)
    try:
        return machine.decompress(packed, _INFLATED), machine.eof
    except lzma.LZMAError:
        return b"", False


def _bzip(packed: bytes) -> tuple[bytes, bool]:
    machine = bz2.BZ2Decompressor()
    try:
        return machine.decompress(packed, _INFLATED), machine.eof
    except OSError:
        return b"", False


def _zstd(packed: bytes) -> tuple[bytes, bool]:
    """Read step by step: a frame that breaks off gives what came before, and nothing says that it broke off."""
    data = bytearray()
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed) as stream:
            while len(data) < _INFLATED:
                piece = stream.read(64 << 10)
                if not piece:
                    break
                data += piece
    except zstandard.ZstdError:
        return bytes(data), False
    return bytes(data), len(data) < _INFLATED
