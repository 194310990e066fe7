"""What the formats say of objects that may be weights and were not read: how many, how large, in which stores."""

from __future__ import annotations

from weightguard.assess.model import OpaqueEntry, Report
from weightguard.report.words import counted, size

TITLE = "Objects that may be weights"
EXPLANATION = (
    "In no weight set, and nothing that was read says that they are no weights. `not_weights` in weightguard.yaml declares "
    "places that hold none."
)


def open_entries(report: Report) -> tuple[OpaqueEntry, ...]:
    """The stores with objects that nobody declared to be no weights, those with the most bytes first."""
    found = [one for one in report.opaque if one.objects or one.unread]
    return tuple(sorted(found, key=lambda one: (-one.bytes, -one.objects - one.unread, one.store)))


def what(entry: OpaqueEntry) -> str:
    """What a store holds: ``3 large objects of no known kind (41.0 MB) and 2 unread``."""
    parts = []
    if entry.objects:
        large = counted(entry.objects, "large object")
        parts.append(f"{large} of no known kind ({size(entry.bytes)})")
    if entry.unread:
        parts.append(f"{entry.unread} unread")
    if entry.declared:
        parts.append(f"{entry.declared} declared to be no weights")
    return " and ".join(parts)


def missed(report: Report) -> str:
    """``5 objects in 2 stores may be weights and were not read``; empty where there are none."""
    found = open_entries(report)
    number = sum(one.objects + one.unread for one in found)
    if not number:
        return ""
    verbs = "may be weights and was not read" if number == 1 else "may be weights and were not read"
    return f"{counted(number, 'object')} in {counted(len(found), 'store')} {verbs}"
