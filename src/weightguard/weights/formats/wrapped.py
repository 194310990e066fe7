"""Compressed and encrypted objects. A compressed head is inflated up to a bound and examined; an encrypted one cannot be.

Sources: RFC 1952 (members one behind another; the length at the end is modulo 4 GiB and is not used), RFC 8878 (frames, skippable
frames), the xz and bzip2 formats; OpenSSL `enc`, age, RFC 9580 (OpenPGP), LUKS, Ansible Vault and AWS Encryption SDK for
encryption marks.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

from weightguard.weights.formats.parcels import Inner, strong
from weightguard.weights.model import LARGE, FileVerdict
from weightguard.weights.names import ENCRYPTED, extension
from weightguard.weights.reader import Exhausted, Held, Source, Work

_PACKED = 896 << 10
_INFLATED = 16 << 20
_MOST_MEMBERS = 2_000
_MEMORY = 160 << 20
_WINDOW = 1 << 27
_STEP = 256  # a block of three bytes may become 128 KiB
_ENCRYPTED = (
    (b"Salted__", "OpenSSL"), (b"age-encryption.org/v1", "age"), (b"-----BEGIN PGP MESSAGE", "PGP"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "age"), (b"LUKS\xba\xbe", "LUKS"), (b"$ANSIBLE_VAULT;", "Ansible Vault"),
    (b"-----BEGIN CMS-----", "CMS"), (b"-----BEGIN PKCS7-----", "PKCS 7"), (b"gAAAAA", "Fernet"), (b"SQLCipher", "SQLCipher"),
    (b"AES\x02\0", "AES Crypt"), (b"AES\x01\0", "AES Crypt"), (b"AES\x03\0", "AES Crypt"), (b"VimCrypt~", "vim"),
    (b"rclone\0", "rclone"), (b"RCLONE\0\0", "rclone"), (b"MBA\x01", "AWS KMS"),
)  # fmt: skip
_PACKERS = (
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"), (b"\x04\x22\x4d\x18", "LZ4"), (b"\x02\x21\x4c\x18", "LZ4"),
    (b"LZIP", "lzip"), (b"\x1f\x9d", "compress"), (b"\x89LZO\0\r\n\x1a\n", "lzop"), (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"]\0\0", "LZMA"), (b"MSCF\0\0\0\0", "CAB"), (b"!<arch>\n", "ar"), (b"hsqs", "SquashFS"), (b"xar!", "xar"),
    (b"\x60\xea", "ARJ"), (b"zPQ", "ZPAQ"), (b"7kSt", "ZPAQ"), (b"ArC\x01", "FreeArc"), (b"070701", "cpio"), (b"070707", "cpio"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x37\xa4\x30\xec", "zstd"), (b"BLOSC", "Blosc"), (b"QFI\xfb", "QCOW2"), (b"KDMV", "VMDK"),
    (b"\xed\xab\xee\xdb", "RPM"),
)  # fmt: skip
_SUFFIXES = (
    ".gz", ".gzip", ".zst", ".zstd", ".xz", ".bz2", ".enc", ".age", ".gpg", ".pgp", ".aes", ".tgz", ".lz4", ".7z", ".asc",
    ".lzma", ".br", ".txz", ".tbz2", ".tbz", ".tzst",
)  # fmt: skip
_TARS = (".tgz", ".txz", ".tbz2", ".tbz", ".tzst")


class _Machine(Protocol):
    """A decompressor of one stream."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What lies behind the stream's end."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Inflate up to that many bytes."""
        ...


def inner_name(key: str) -> str:
    """The name without its wrapping suffixes: ``a/model.safetensors.zst`` gives ``a/model.safetensors``."""
    for _ in range(3):
        suffix = next((suffix for suffix in _SUFFIXES if key.lower().endswith(suffix)), None)
        if suffix is None:
            return key
        key = key[: -len(suffix)] + (".tar" if suffix in _TARS else "")
    return key


def recognise(source: Source, key: str, inner: Inner | None) -> FileVerdict | None:
    """Look through one layer of compression; say of what cannot be looked into how it is closed."""
    head = source.at(0, 64)
    tool = next((tool for mark, tool in _ENCRYPTED if head.startswith(mark)), None) or _openpgp(head, key)
    if tool:
        return FileVerdict(
            None, note=f"encrypted ({tool})", traits=frozenset({"encrypted"}), examined="sealed"
        )
    through = _through(source, key, inner, head)
    if through is not None:
        return through
    packer = next((name for mark, name in _PACKERS if head.startswith(mark)), None)
    if packer:
        note = f"packed in a way that is not looked into ({packer})"
        return FileVerdict(None, note=note, traits=frozenset({"opaque"}), examined="partial")
    return None


def recognise_sealed(source: Source, key: str) -> FileVerdict | None:
    """An object whose name says that it is sealed, and whose bytes say nothing against it."""
    if extension(key) not in ENCRYPTED:
        return None
    return FileVerdict(
        None, note="encrypted, by its name", traits=frozenset({"encrypted"}), examined="sealed"
    )


def _openpgp(head: bytes, key: str) -> str | None:
    """RFC 9580, section 4.2 and 5: a packet of an encrypted message, as GnuPG writes it.

    Its first byte alone is not telling: the packet's version and algorithm must be ones that there are.
    """
    if len(head) < 8:
        return None
    new, tag = head[0] & 0xC0 == 0xC0, head[0] & 0x3F if head[0] & 0x40 else (head[0] >> 2) & 15
    width = 2 if new and head[1] < 192 else (1, 2, 4, 0)[head[0] & 3] + 1 if head[0] & 0xC0 == 0x80 else 0
    if not width:
        return None
    body = head[width:]
    if tag == 3 and body[0] in (4, 5, 6) and 1 <= body[1] <= 13 and body[2] in (0, 1, 2, 3, 4):
        return "OpenPGP"
    if (
        tag == 1
        and body[0] in (3, 6)
        and body[9:10] in (b"\x01", b"\x02", b"\x10", b"\x12", b"\x19", b"\x1a")
    ):
        return "OpenPGP"
    return None


def _through(source: Source, key: str, inner: Inner | None, head: bytes) -> FileVerdict | None:
    start = _inflater(source, head)
    if start is None:
        return None
    offset, machine = start
    if inner is None:
        return FileVerdict(None, note="packed in more layers than are looked through", examined="partial")
    packed = source.at(offset, min(source.size - offset, _PACKED))
    try:
        data, ended = _inflate(packed, machine, source.work)
    except MemoryError:
        data, ended = b"", False
    if not data:
        return FileVerdict(None) if ended else _not_looked_into()
    ended = ended and source.exact and offset + len(packed) == source.size
    try:
        source.work.look()
        verdict = inner(Held(data, complete=ended, work=source.work), inner_name(key))
    except Exhausted:
        return _unfinished()
    if verdict is None:
        small = ended and len(data) < LARGE
        return FileVerdict(None) if small and strong(inner_name(key)) is None else _unfinished()
    return _of_packed(verdict)


def _not_looked_into() -> FileVerdict:
    note = "packed in a way that is not looked into"
    return FileVerdict(None, note=note, traits=frozenset({"opaque"}), examined="partial")


def _of_packed(verdict: FileVerdict) -> FileVerdict:
    """What is said of an object of which that is said of what is packed in it."""
    if verdict.format in (None, "pointer"):
        return FileVerdict(None, note=verdict.note, examined=verdict.examined)
    note = f"{verdict.note}; compressed" if verdict.note else "compressed"
    return FileVerdict(verdict.format, verdict.confidence, parameters=verdict.parameters, tensors=verdict.tensors,
                       dtypes=verdict.dtypes, note=note, role=verdict.role, examined=verdict.examined)  # fmt: skip


def _unfinished() -> FileVerdict:
    return FileVerdict(None, note="compressed; not looked through to its end", examined="partial")


def _inflate(packed: bytes, start: Callable[[], _Machine], work: Work) -> tuple[bytes, bool]:
    """Streams one behind another, up to the bound; True where what was packed is all in hand."""
    data = bytearray()
    rest = packed
    for _ in range(_MOST_MEMBERS):
        granted = work.inflate(_INFLATED - len(data))
        if not granted:
            return bytes(data), False
        machine = start()
        try:
            piece = machine.decompress(rest, granted)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, zstandard.ZstdError):
            work.inflated += granted
            return bytes(data), not rest.strip(b"\0")
        work.inflated += granted - len(piece)
        data += piece
        if not machine.eof:
            return bytes(data), False
        rest = machine.unused_data.lstrip(b"\0")
        while rest[1:4] == b"\x2a\x4d\x18" and rest[0] & 0xF0 == 0x50 and len(rest) >= 8:
            rest = rest[8 + int.from_bytes(rest[4:8], "little") :]
        if not rest:
            return bytes(data), True
    return bytes(data), False


def _inflater(source: Source, head: bytes) -> tuple[int, Callable[[], _Machine]] | None:
    """Where the first stream begins, and what inflates one."""
    offset = 0
    for _ in range(64):
        if head[1:4] != b"\x2a\x4d\x18" or head[0] & 0xF0 != 0x50 or len(head) < 8:
            break
        offset += 8 + int.from_bytes(head[4:8], "little")
        head = source.at(offset, 64)
    if head[:3] == b"\x1f\x8b\x08":
        return offset, _gzip
    zlibbed = len(head) > 2 and head[0] == 0x78 and head[1] in (0x01, 0x5E, 0x9C, 0xDA)
    if zlibbed and not (head[0] * 256 + head[1]) % 31:
        return offset, _zlib
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return offset, _Zstd
    if head[:6] == b"\xfd7zXZ\0":
        return offset, _xz
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return offset, bz2.BZ2Decompressor
    return None


def _gzip() -> _Machine:
    return _Zlib(31)


def _zlib() -> _Machine:
    return _Zlib(15)


def _xz() -> _Machine:
    return lzma.LZMADecompressor(memlimit=_MEMORY)


class _Zlib:
    """zlib's machine in the shape of the others'; what is left over for want of room is not looked at."""

    def __init__(self, bits: int) -> None:
        self._machine = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._machine.eof

    @property
    def unused_data(self) -> bytes:
        return self._machine.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._machine.decompress(data, max_length)


class _Zstd:
    """One frame, inflated step by step: a frame that breaks off gives what came before."""

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        machine = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(write_size=64 << 10)
        held = bytearray()
        for start in range(0, len(data), _STEP):
            try:
                held += machine.decompress(data[start : start + _STEP])
            except zstandard.ZstdError:
                if not held:
                    raise
                break
            if machine.eof:
                self.eof = True
                self.unused_data = machine.unused_data + data[start + _STEP :]
                break
            if len(held) >= max_length:
                break
        return bytes(held[:max_length])
