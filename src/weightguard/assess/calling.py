"""What a sentence of a report calls whoever it names: by the id; after the name that people know, where the id does not hold it."""

from __future__ import annotations

from dataclasses import dataclass, field

from weightguard.controls.said import Name, Ref
from weightguard.estate.model import Estate


def calling(estate: Estate) -> Name:
    """How the things of an estate are called."""
    return _Calling(estate)


@dataclass(slots=True)
class _Calling:
    """Names of principals, worked out when the first thing is called.

    Attributes:
        known: id of a principal -> its name, of those whose id does not hold it.
    """

    estate: Estate
    known: dict[str, str] | None = field(default=None)

    def __call__(self, ref: Ref) -> str:
        if self.known is None:
            self.known = {
                one.id: one.name for one in self.estate.principals if one.name and one.name not in one.id
            }
        name = self.known.get(ref.name)
        return ref.name if name is None else f"{name} ({ref.name})"
