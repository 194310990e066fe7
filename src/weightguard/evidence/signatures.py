"""Holds signatures against a trust file: which hold, whose they are, and when they were made.

No key of an envelope is believed, there is none in it. A signature counts when a trusted key made it, while that key was good:
now, or at a time that a timestamp of a trusted authority proves. Every signature has to count, and has to be of the party that it
is said to be of; one that does not would vouch for nothing and look as if it did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from weightguard.evidence.envelope import Envelope, Signed
from weightguard.evidence.keys import holds
from weightguard.evidence.timestamps import NoTimestamp, proven
from weightguard.evidence.trust import Role, Trust, TrustedKey


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose signature holds.

    Attributes:
        since: the time at which the signature was there, as a timestamp proves it; None: nothing proves one.
    """

    party: str
    role: Role
    keyid: str
    since: datetime | None = None


@dataclass
class Checked:
    """What came of the signatures of an envelope, in words beside the values.

    Attributes:
        held, problems: a line for each signature.
        stamps, odd_stamps: a line for each timestamp that proves a time, and for each that proves none.
        unread: timestamps that no authority of the trust file could vouch for, since it names none.
    """

    signers: tuple[Signer, ...] = ()
    held: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    odd_stamps: list[str] = field(default_factory=list)
    unread: int = 0


def checked(envelope: Envelope, trust: Trust, now: datetime) -> Checked:
    """Every signature of an envelope.

    Args:
        now: when keys have to be good where no time is proven.
    """
    result = Checked()
    if not envelope.signatures:
        result.problems.append("nobody has signed this")
    data, found = envelope.pae(), list[Signer]()
    for number, signed in enumerate(envelope.signatures, start=1):
        keys = _made_by(signed, data, trust)
        if not keys:
            result.problems.append(f"signature {number} is of no trusted key, or of something else")
            continue
        first = keys[0]
        moment = _moment(number, signed, trust, result)
        problem = _problem(signed, keys, moment, now)
        if first.keyid in {one.keyid for one in found}:
            problem = "it is there twice"
        if problem:
            result.problems.append(f"signature {number}, by {first.party}: {problem}")
        else:
            found.append(Signer(first.party, first.role, first.keyid, moment))
            when = f", there since {moment.isoformat()}" if moment else ""
            result.held.append(f"{first.party} ({first.role}), key {first.keyid[:16]}{when}")
    result.signers = tuple(found)
    return result


def _made_by(signed: Signed, data: bytes, trust: Trust) -> list[TrustedKey]:
    """The trusted key that made a signature, once for each time for which it is trusted; it is the one that the signature names,
    if it names any.
    """
    named = [one for one in trust.keys if signed.keyid in ("", one.keyid)]
    return [one for one in named if holds(one.key, signed.sig, data)]


def _moment(number: int, signed: Signed, trust: Trust, result: Checked) -> datetime | None:
    """When a signature was there, as a timestamp proves it."""
    if signed.timestamp is None:
        return None
    if not trust.authorities:
        result.unread += 1
        return None
    try:
        authority, moment = proven(signed.timestamp, signed.sig, trust.authorities)
    except NoTimestamp as problem:
        result.odd_stamps.append(f"the timestamp of signature {number} proves nothing: {problem}")
        return None
    result.stamps.append(f"signature {number} was there at {moment.isoformat()}, says {authority}")
    return moment


def _problem(signed: Signed, keys: list[TrustedKey], moment: datetime | None, now: datetime) -> str | None:
    if signed.party is not None and signed.party != keys[0].party:
        return f"it is said to be of {signed.party[:80]!r}, whose key this is not"
    if any(one.validity.covers(moment or now) for one in keys):
        return None
    good = ", or ".join(one.validity.words() for one in keys)
    when = f"the signature is of {moment.isoformat()}" if moment else "nothing proves when it signed"
    return f"the key is good {good}, and {when}"
