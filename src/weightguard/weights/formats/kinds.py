"""What an object is that holds no weights: text, pictures, sound, video, databases, tables, documents.

Recognised by the marks that the formats' own specifications fix. Nothing here is a format that weights are kept in; what has no
such mark is of no known kind, and is not called harmless.
"""

from __future__ import annotations

import codecs
import re

from weightguard.weights.formats.parcels import strong
from weightguard.weights.model import LARGE, FileVerdict
from weightguard.weights.reader import Exhausted, Source

_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "picture"), (0, b"\xff\xd8\xff", "picture"), (0, b"GIF8", "picture"), (8, b"WEBP", "picture"),
    (0, b"II*\0", "picture"), (0, b"MM\0*", "picture"), (0, b"II+\0", "picture"), (0, b"8BPS", "picture"),
    (0, b"\0\0\0\x0cJXL ", "picture"), (0, b"\xff\x0a", "picture"), (0, b"\0\0\0\x0cjP  ", "picture"), (0, b"qoif", "picture"),
    (128, b"DICM", "picture"), (0, b"v/1\x01", "picture"), (0, b"SIMPLE  =", "picture"), (0, b"gimp xcf", "picture"),
    (0, b"ID3", "sound"), (0, b"OggS", "sound"), (0, b"fLaC", "sound"), (0, b"MThd", "sound"), (0, b".snd", "sound"),
    (0, b"FORM", "sound"), (0, b"MAC ", "sound"), (0, b"wvpk", "sound"), (0, b"#!AMR", "sound"), (0, b"caff", "sound"),
    (0, b"\x1aE\xdf\xa3", "video"), (0, b"FLV\x01", "video"), (0, b"0&\xb2u\x8ef\xcf\x11", "video"),
    (0, b"\0\0\x01\xba", "video"), (0, b"\0\0\x01\xb3", "video"), (0, b"\0\0\0\x01\x67", "video"),
    (0, b"SQLite format 3\0", "database"), (8, b"DUCK", "database"), (4, b"Standard Jet DB", "database"),
    (4, b"Standard ACE DB", "database"), (16, b"\xde\xc0\xef\xbe", "database"), (0, b"PGDMP", "database"),
    (0, b"REDIS0", "database"), (0, b"TAPE", "database"), (0, b"\xfe\x01\0\0", "database"), (12, b"\x62\x31\x05\0", "database"),
    (0, b"PAR1", "table"), (0, b"ORC", "table"), (0, b"Obj\x01", "table"), (0, b"ARROW1\0\0", "table"), (0, b"FEA1", "table"),
    (0, b"CDF\x01", "table"), (0, b"CDF\x02", "table"), (0, b"RDX3\n", "table"), (0, b"$FL2@(#)", "table"), (0, b"GRIB", "table"),
    (0, b"<stata_dta>", "table"), (0, b"BUFR", "table"), (0, b"SEQ\x06", "table"), (0, b"BIFF", "table"),
    (0, b"%PDF-", "document"), (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"), (0, b"{\\rtf", "document"),
    (0, b"%!PS", "document"), (0, b"AT&TFORM", "document"),
)  # fmt: skip
_BOXES_OF_PICTURES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"crx ")
_PACKETS = (0, 188, 376)
"""Where packets of an MPEG transport stream begin."""
_SAMPLE = 4 << 10
_ENCODED = re.compile(rb"begin(?:-base64)? [0-7]{3,4} \S|=ybegin ")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_LONG_LINE = 60
_DIGESTS = frozenset({64, 96, 128})
"""Hexadecimal digits of a digest, longer than a line of code: a list of them encodes nothing else."""
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b")) + b"\x7f"
_MASK = 0xA282EAD8


def recognise(source: Source, key: str) -> FileVerdict | None:
    """Recognise what is no weights; None for what has no mark of its own."""
    head = source.at(0, _SAMPLE)
    kind = _marked(head, source) or _structured(head, source)
    if kind:
        return FileVerdict(None, note=kind)
    if not _is_text(head, source):
        return None
    large = source.size >= LARGE and source.exact
    if (large or strong(key.rpartition(".")[0])) and _encodes(head):
        note = "text that encodes bytes, and is not looked into"
        return FileVerdict(None, examined="opaque" if large else "damaged", note=note)
    return FileVerdict(None)


def _marked(head: bytes, source: Source) -> str | None:
    return next((kind for at, mark, kind in _MARKS if head.startswith(mark, at)), None)


def _structured(head: bytes, source: Source) -> str | None:
    """Kinds that it takes more than one mark to know."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return {b"WAVE": "sound", b"AVI ": "video"}.get(head[8:12], "picture")
    if head[4:8] == b"ftyp":
        return "picture" if head[8:12] in _BOXES_OF_PICTURES else "video"
    if head[4:8] in (b"moov", b"mdat", b"wide") and head[:1] == b"\0":
        return "video"
    if head[:2] == b"BM" and int.from_bytes(head[2:6], "little") == source.size:
        return "picture"
    if all(head[at : at + 1] == b"G" for at in _PACKETS):
        return "video"
    if head[:1] == b"\xff" and head[1:2] in b"\xfb\xf3\xf2\xfa\xf1\xf9" and len(head) > 4:
        return "sound" if _has_rates(head[2]) else None
    return "table" if _is_records(head, source) else None


def _has_rates(written: int) -> bool:
    """Whether a header of MPEG audio names a bit rate and a sampling rate that there are."""
    return written >> 4 not in (0, 15) and written >> 2 & 3 != 3


def _is_records(head: bytes, source: Source) -> bool:
    """TFRecord: a length, its checksum (masked CRC-32C), the record (TensorFlow, "TFRecord and tf.train.Example")."""
    if len(head) < 16 or int.from_bytes(head[:8], "little") + 16 > source.size:
        return False
    checksum = _crc32c(head[:8])
    masked = ((checksum >> 15 | checksum << 17) + _MASK) & 0xFFFFFFFF
    return masked == int.from_bytes(head[8:12], "little")


def _crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def _is_text(head: bytes, source: Source) -> bool:
    """Whether the beginning is text, and of a large object also its middle and its end."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wide = head.decode("utf-16", "ignore").replace("\ufeff", "")
        return sum(sign.isprintable() or sign.isspace() for sign in wide) * 50 > len(wide) * 49
    if not _reads_as_text(head) or 0x80 <= head[0] < 0xC0:
        return False
    if source.size < LARGE or not source.exact:
        return True
    try:
        places = (source.size // 3, source.size * 2 // 3, source.size - _SAMPLE)
        return all(_reads_as_text(source.at(place, _SAMPLE)) for place in places)
    except Exhausted:
        return False


def _encodes(head: bytes) -> bool:
    """Whether a text is bytes written as letters: Base64 (RFC 4648; lines as in RFC 2045), hexadecimal, uuencode (POSIX)."""
    if _ENCODED.match(head):
        return True
    lines = head.splitlines()
    whole = lines[:-1] or lines
    if len({len(line) for line in whole}) != 1 or len(whole[0]) < _LONG_LINE:
        return False
    signs = set(b"".join(lines)) - set(b"=")
    if signs <= _HEX:
        return len(signs) >= 16 and len(whole[0]) not in _DIGESTS
    return signs <= _BASE64 and len(signs) > 48


def _reads_as_text(data: bytes) -> bool:
    if not data:
        return False
    if len(data.translate(None, _CONTROL)) * 1000 < len(data) * 999:
        return False
    # A sample may begin or end inside a character; text of another encoding has few bytes beyond ASCII.
    readable = data.decode("utf-8", "ignore")
    lost = len(data) - len(readable.encode())
    return lost <= 6 or sum(byte > 127 for byte in data) * 4 < len(data)
