"""Which limits of our own an estate on Azure meets, whatever is asked of it; those of a question are told by the graph.

Source: Azure Storage documentation, "Grant limited access to Azure Storage resources using shared access signatures" (nobody lists
those that were made).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate

_EVERYTHING: Final = "*"


def limits(estate: Estate) -> Iterator[Limit]:
    """Every limit that concerns what only Azure has."""
    if any(one.provider == "azure" for one in estate.stores):
        yield Limit(LimitKind.SIGNATURES, _EVERYTHING, in_play=False)
