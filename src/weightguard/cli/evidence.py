"""`weightguard sign`, `bundle` and `verify`: vouch for an audit, pack it for others, check one."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from weightguard.evidence.signatures import Signer
    from weightguard.evidence.verification import Verification

PASSPHRASE = "WEIGHTGUARD_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
_MARKS = {"ok": "ok", "failed": "FAILED", "not_checked": "not checked"}
_COLOURS = {"ok": "green", "failed": "red", "not_checked": "yellow"}
_SHOWN = 20


@click.command()
@click.argument("audit", type=click.Path())
@click.option(
    "--key",
    required=True,
    metavar="URI",
    help="Private key: file:PATH, awskms:ID, gcpkms:NAME, azurekms:URL, hsm:ID?label=LABEL.",
)
@click.option("--party", metavar="NAME", help="Who signs, as the verifier's trust file calls them.")
@click.option("--add", is_flag=True, help="Beside the signatures that are there: countersign.")
@click.option("--timestamp", metavar="URL", help="An RFC 3161 authority, to prove when this was signed.")
def sign(audit: str, key: str, party: str | None, add: bool, timestamp: str | None) -> None:
    """Vouch for an audit with a key.

    AUDIT is the folder that `scan -o` or `assess -o` wrote, or a bundle, which is rewritten in place. What is signed is an in-toto
    statement over every file that a bundle packs, in a DSSE envelope, statement.dsse.json. The passphrase of an encrypted key file
    is read from WEIGHTGUARD_KEY_PASSPHRASE, or asked for.
    """
    from weightguard.evidence.keys import is_exposed, signer
    from weightguard.evidence.signing import Vouching
    from weightguard.evidence.signing import sign as sign_audit

    if is_exposed(key):
        _warn("others than you may read the private key: chmod 600")
    vouching = Vouching(signer(key, _passphrase), party, timestamp, add)
    keyid, written = sign_audit(Path(audit), vouching, _warn)
    click.echo(f"signed with the key {keyid}: {written}")


def _warn(line: str) -> None:
    from weightguard.report.text import visible

    click.echo(f"weightguard: {visible(line, 2_000)}", err=True)


def _passphrase() -> str | None:
    """The passphrase of an encrypted key; nobody is asked where nobody is there."""
    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    return (
        str(click.prompt("Passphrase of the key", hide_input=True, err=True)) if sys.stdin.isatty() else None
    )


@click.command()
@click.argument("audit", type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="The bundle, a file.wgb.")
@click.option("--without-files", is_flag=True, help="Of files that attestations name their digests alone.")
def bundle(audit: str, output: str, without_files: bool) -> None:
    """Pack an audit for somebody else to check.

    AUDIT is the folder that `scan -o` or `assess -o` wrote; signed, it is packed as it was signed. The same audit gives the same
    bytes. A bundle is a .tar.zst.
    """
    from weightguard.evidence.signing import bundle as bundle_audit

    bundle_audit(Path(audit), Path(output), _warn, with_files=not without_files)
    click.echo(output)


@click.command()
@click.argument("audit", type=click.Path())
@click.option("--trust", required=True, type=click.Path(), help="Whom you believe: parties and their keys.")
@click.option("--replay", is_flag=True, help="Judge again, and compare byte for byte.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.pass_context
def verify(context: click.Context, audit: str, trust: str, replay: bool, as_json: bool) -> None:
    """Check an audit that somebody hands over, without a network.

    AUDIT is a bundle, or an audit's folder. Ends in 0 when everything asked for holds, in 3 when something does not, in 2 when it
    is no bundle. `weightguard schema trust` describes the trust file.
    """
    from weightguard.evidence.trust import load
    from weightguard.evidence.verification import verify as verify_audit

    found = verify_audit(Path(audit), load(Path(trust)), datetime.now(UTC), again=replay)
    if as_json:
        click.echo(json.dumps(as_object(found), indent=2))
    else:
        _tell(found)
    context.exit(0 if found.verified else 3 if found.usable else 2)


def as_object(found: Verification) -> dict[str, object]:
    """A verification as JSON has it."""
    return {
        "verified": found.verified,
        "steps": [asdict(one) for one in found.steps],
        "signers": [
            {
                "party": one.party,
                "role": one.role,
                "keyid": one.keyid,
                "since": one.since and one.since.isoformat(),
            }
            for one in found.signers
        ],
        "summary": dict(found.summary),
        "differences": [asdict(one) for one in found.differences],
    }


def _tell(found: Verification) -> None:
    from weightguard.report.text import visible

    for one in found.steps:
        mark = click.style(f"{_MARKS[one.outcome]:<12}", fg=_COLOURS[one.outcome])
        click.echo(f"{mark}{one.step}: {visible(one.detail, 2_000)}")
    for difference in found.differences[:_SHOWN]:
        said, again = difference.said or "nothing", difference.found or "nothing"
        line = f"{difference.control} {difference.subject}: said {said}, found {again} ({difference.cause})"
        click.echo(f"  {visible(line, 2_000)}")
    if len(found.differences) > _SHOWN:
        click.echo(f"  and {len(found.differences) - _SHOWN:,} more; --json names them")
    click.echo(visible(_ending(found), 2_000))


def _ending(found: Verification) -> str:
    failed = [one.step for one in found.steps if one.outcome == "failed"]
    if not found.usable:
        return "this is no bundle"
    if failed:
        return f"not verified: {', '.join(failed)}"
    return f"verified; {vouched(found.signers)}"


def vouched(signers: tuple[Signer, ...]) -> str:
    """Who stands behind an audit: the lab alone, or somebody besides."""
    names = ", ".join(f"{one.party} ({one.role})" for one in signers)
    roles = {one.role for one in signers}
    return f"the lab alone vouches for it: {names}" if roles == {"lab"} else f"vouched for by {names}"
