"""The DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md and envelope.md, v1.0.2) around a statement.

What is signed is the pre-authentication encoding of payload type and payload. Beside each signature may stand ``party``, who it is
meant to be, and ``timestamp``, an RFC 3161 token over the signature; verifiers of others pass over both. Nothing in an envelope is
believed because it stands there: keys come from the trust file, and so does the algorithm that each is used with.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from weightguard import json_text
from weightguard.errors import InputError
from weightguard.evidence.names import STATEMENT

MOST_SIGNATURES: Final = 32
_ENVELOPE: Final = {"payload", "payloadType", "signatures"}
_SIGNATURE: Final = {"keyid", "sig", "party", "timestamp"}


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature.

    Attributes:
        keyid: the signer's name for the key; a hint, and empty where there is none.
        party: who it is said to be. timestamp: a TimeStampResp (RFC 3161) in DER.
    """

    keyid: str
    sig: bytes
    party: str | None = None
    timestamp: bytes | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signed, ...] = ()

    def pae(self) -> bytes:
        """The bytes that are signed."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


def to_json(envelope: Envelope) -> bytes:
    """The envelope's file; the same envelope gives the same bytes."""
    value = {
        "payload": _encoded(envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [_entry(one) for one in envelope.signatures],
    }
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _entry(one: Signed) -> dict[str, str]:
    entry = {"keyid": one.keyid, "sig": _encoded(one.sig)}
    if one.party is not None:
        entry["party"] = one.party
    if one.timestamp is not None:
        entry["timestamp"] = _encoded(one.timestamp)
    return entry


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_json(data: bytes) -> Envelope:
    """An envelope from its file.

    Raises:
        InputError: it is none, a key is there twice, or something is in it that nobody reads.
    """
    try:
        value = json_text.whole(data)
        json_text.refuse_halves(data, value)
    except json_text.OddJson as problem:
        raise _odd(str(problem)) from problem
    _members(value, _ENVELOPE, required=_ENVELOPE)
    if not isinstance(value["payloadType"], str) or not isinstance(value["signatures"], list):
        raise _odd("has a payload type or signatures of the wrong kind")
    if len(value["signatures"]) > MOST_SIGNATURES:
        raise _odd(f"has more than {MOST_SIGNATURES} signatures")
    signatures = tuple(_signed(one) for one in value["signatures"])
    return Envelope(_decoded(value["payload"]), value["payloadType"], signatures)


def _signed(value: Any) -> Signed:
    _members(value, _SIGNATURE, required={"sig"})
    for name in ("keyid", "party"):
        if not isinstance(value.get(name, ""), str):
            raise _odd(f"has a {name} that is no text")
    stamp = value.get("timestamp")
    return Signed(
        value.get("keyid", ""),
        _decoded(value["sig"]),
        value.get("party"),
        None if stamp is None else _decoded(stamp),
    )


def _members(value: Any, known: set[str], *, required: Iterable[str]) -> None:
    if not isinstance(value, dict):
        raise _odd("is no JSON object where one has to be")
    missing = sorted(set(required) - value.keys())
    if missing:
        raise _odd(f"lacks {missing[0]!r}")
    strange = sorted(value.keys() - known)
    if strange:
        raise _odd(f"holds {strange[0][:60]!r}, which nobody reads")


def _decoded(text: Any) -> bytes:
    """Base64, standard or safe for URLs, in the one way that it is written."""
    if not isinstance(text, str):
        raise _odd("has a text of base64 that is no text")
    plain = text.translate(_URL_SAFE) if "+" not in text and "/" not in text else text
    try:
        data = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise _odd("has a text of base64 that is none") from problem
    if _encoded(data) != plain:
        raise _odd("has a text of base64 that could be written otherwise")
    return data


_URL_SAFE: Final = str.maketrans("-_", "+/")


def _odd(what: str) -> InputError:
    return InputError(f"the envelope {what}", where=STATEMENT)
