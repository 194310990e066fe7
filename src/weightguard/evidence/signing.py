"""`sign` and `bundle`: vouch for an audit, and pack it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from weightguard import files
from weightguard.assess.serialise import MAXIMUM_BYTES as LARGEST_REPORT
from weightguard.assess.serialise import from_json as report_from_json
from weightguard.errors import CredentialsError, InputError
from weightguard.evidence import archive, contents, envelope, statement
from weightguard.evidence.contents import Place
from weightguard.evidence.declared import Declared
from weightguard.evidence.envelope import MOST_SIGNATURES, Envelope, Signed
from weightguard.evidence.names import ATTESTED, LARGEST_STATEMENT, REPORT, SNAPSHOT, STATEMENT
from weightguard.evidence.predicate import audit, strangers
from weightguard.evidence.statement import PAYLOAD_TYPE
from weightguard.evidence.timestamps import fetch
from weightguard.snapshot import open_snapshot

if TYPE_CHECKING:
    from securesystemslib.signer import Signer


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who signs, and how.

    Attributes:
        party: who the signature is meant to be of. timestamp: the address of an authority.
        add: beside the signatures that are there, instead of in their place.
    """

    signer: Signer
    party: str | None = None
    timestamp: str | None = None
    add: bool = False


Tell = Callable[[str], None]
"""Takes a line that the user should read."""


def sign(path: Path, vouching: Vouching, tell: Tell) -> tuple[str, Path]:
    """Signs an audit's folder, or a bundle in its place. What anybody who verifies it will refuse is told, and signed all the same
    by whoever signs first; nobody signs it beside them.

    Returns:
        the key's id, and the file that was written.

    Raises:
        InputError: it is no audit, or there is nothing good to add a signature to.
        CredentialsError: the key's keeper does not sign.
    """
    with contents.opened(path) as place:
        said = contents.declaration(place)
        members = contents.members(place, said)
        _refuse_unnamed(place, members.keys() | {STATEMENT})
        text, problems = payload(place, said, members)
        sealed = Envelope(text, PAYLOAD_TYPE)
        if vouching.add:
            _refuse(problems, place)
            sealed = _earlier(place, sealed)
        for problem in problems:
            tell(f"whoever verifies this will refuse it: {problem}")
        keyid, signed = _signed(sealed, vouching)
        files.write(place.statement, envelope.to_json(signed), mode=files.PRIVATE)
        if not place.packed:
            return keyid, place.statement
        archive.pack({**members, STATEMENT: place.statement}, path)
        return keyid, path


def payload(place: Place, said: Declared, members: dict[str, Path]) -> tuple[bytes, list[str]]:
    """The statement of an audit, worked out from its files, and in what these do not belong together.

    Raises:
        InputError: a part is damaged.
    """
    data = files.read(members[REPORT], "the report", most=LARGEST_REPORT)
    report = report_from_json(data, contradicting=True)
    snapshot = open_snapshot(place.folder / SNAPSHOT)
    return statement.written(contents.digests(members), audit(report, snapshot, said)), strangers(
        report, snapshot, said
    )


def _refuse(problems: list[str], place: Place) -> None:
    for problem in problems:
        raise InputError(
            problem,
            where=str(place.name),
            fix="it is written again by weightguard assess DIR/snapshot -o DIR, with the same options",
        )


def _refuse_unnamed(place: Place, named: set[str]) -> None:
    strange = sorted(contents.present(place) - named) if place.packed else []
    if strange:
        raise InputError(
            f"the bundle holds {strange[0][:120]!r}, which belongs to no audit",
            where=str(place.name),
            fix="pack it again",
        )


def _earlier(place: Place, unsigned: Envelope) -> Envelope:
    """The envelope that is there, where it says what its files say."""
    if not place.statement.exists():
        raise InputError(
            "nobody has signed this yet, so that there is nothing to add to",
            where=str(place.name),
            fix="sign without --add",
        )
    there = _there(place)
    if there.payload_type != PAYLOAD_TYPE or there.payload != unsigned.payload:
        raise InputError(
            "what was signed is not what the files say: a signature beside it would vouch for something else",
            where=str(place.name),
            fix="look at it with weightguard verify",
        )
    return there


def _there(place: Place) -> Envelope:
    return envelope.from_json(files.read(place.statement, "the statement", most=LARGEST_STATEMENT))


def _signed(sealed: Envelope, vouching: Vouching) -> tuple[str, Envelope]:
    try:
        made = vouching.signer.sign(sealed.pae())
    except Exception as problem:
        raise CredentialsError(
            f"the key does not sign, {type(problem).__name__}: {str(problem)[:200]}"
        ) from problem
    sig = bytes.fromhex(made.signature)
    stamp = fetch(vouching.timestamp, sig) if vouching.timestamp else None
    own = Signed(made.keyid, sig, vouching.party, stamp)
    others = tuple(one for one in sealed.signatures if one.keyid != made.keyid)
    if len(others) >= MOST_SIGNATURES:
        raise InputError(f"more than {MOST_SIGNATURES} signatures", where=STATEMENT)
    return made.keyid, replace(sealed, signatures=(*others, own))


def bundle(folder: Path, target: Path, tell: Tell, *, with_files: bool = True) -> None:
    """Packs an audit's folder, signed or not.

    Args:
        with_files: the files that attestations name go along; else their digests alone.

    Raises:
        InputError: it is no audit, or the bundle cannot be written.
    """
    if not folder.is_dir():
        raise InputError(
            "not the folder of an audit", where=str(folder), fix="name what `weightguard scan -o` wrote"
        )
    if target.is_dir():
        raise InputError(
            "the bundle is one file, and this is a folder", where=str(target), fix="name a file.wgb"
        )
    place = Place(folder, folder, packed=False)
    said = contents.declaration(place)
    members = contents.members(place, said)
    text, problems = payload(place, said, members)
    left_out = [] if with_files else [name for name in members if name.startswith(f"{ATTESTED}/")]
    for name in left_out:
        del members[name]
    if place.statement.exists() and left_out:
        tell("what was signed names files that are left out: sign the bundle itself")
    elif place.statement.exists():
        members[STATEMENT] = files.below(folder, Path(STATEMENT), "the statement")
        if _there(place).payload != text:
            problems.append("what was signed is not what the files say now: sign it again")
    for problem in problems:
        tell(f"whoever verifies this will refuse it: {problem}")
    archive.pack(members, target)
