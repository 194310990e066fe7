"""``weightguard collect graph-export``: what other tools exported of Azure, as a snapshot.

Records of a subscription's resources stand under it; those of the tenant and its management groups under a scope of their own. What
an export holds of a listing was asked for; what it does not was not collected, and is nowhere said to be absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from weightguard.collect.exports.azure.forms import HOW, Reading
from weightguard.collect.exports.azure.found import SUBSCRIPTION, Found, Thing
from weightguard.errors import InputError
from weightguard.snapshot import Call, Recorder, utc_now

NAMELESS: Final = "tenant"
"""The scope of a directory of which nothing says which it is."""


def collect(paths: Sequence[Path], writer: Recorder) -> tuple[str, ...]:
    """Writes what the files say between them.

    Args:
        paths: JSON files, in any order and of any of the forms.
        writer: an open snapshot; it is not sealed here.

    Returns:
        The scopes that were written, sorted.

    Raises:
        InputError: a file is none of the forms, is cut off, or all of them together hold nothing.
    """
    if not paths:
        raise InputError("no file was given", fix=HOW)
    reading = Reading()
    for path in map(Path, paths):
        reading.file(path)
    found = reading.finish()
    if not found.asked:
        raise InputError("the files hold nothing", where=", ".join(str(path) for path in paths[:3]), fix=HOW)
    return write(found, writer)


def write(found: Found, writer: Recorder) -> tuple[str, ...]:
    """Writes everything that was found; gives the scopes, sorted."""
    tenant = found.tenant or (next(iter(found.tenants)) if len(found.tenants) == 1 else NAMELESS)
    above = f"azure/{tenant}"
    writer.add_scope(above)
    scopes = {above}
    for (service, kind, _), thing in sorted(found.things.items()):
        scope = _scope(thing, above)
        scopes.add(scope)
        writer.record(
            scope,
            service,
            kind=kind,
            id=thing.id,
            region=thing.region,
            operation=thing.operation,
            data=thing.data,
            reads={
                name: {"outcome": "ok", "data": listed} for name, listed in sorted(thing.relations.items())
            },
        )
    for service, operation in sorted(found.asked):
        why = found.cut.get((service, operation))
        if why is None:
            writer.call(Call(service, operation, above, "ok", utc_now()))
        else:
            writer.call(Call(service, operation, above, "failed", utc_now(), code="Truncated", message=why))
    return tuple(sorted(scopes))


def _scope(thing: Thing, above: str) -> str:
    """The subscription that a resource lies in, or the tenant."""
    if not thing.id.lower().startswith(SUBSCRIPTION):
        return above
    subscription = thing.id.split("/")[2].lower()
    return f"azure/{subscription}" if subscription else above
