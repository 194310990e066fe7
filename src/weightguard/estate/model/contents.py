"""What listings of a store found, and how the objects are encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class UnreadObjects:
    """Objects of one folder that are in no weight set and of which nothing that was read says that they hold no weights.

    Attributes:
        place: key prefix ending in ``/``, empty for the store's root.
        state: how they were left: ``opaque``, ``denied``, ``archived``, ... (column `examined` of the snapshot's objects).
    """

    place: str
    state: str
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Objects of a store that lie one after another in a listing and are encrypted alike.

    Attributes:
        first: the least of their names.
        last: the greatest.
        key: the key, by any name that the provider gives keys; empty where the provider's own keys encrypt and the reader needs
            no permission for them; None where the listing does not say.
    """

    first: str
    last: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a listing of a store found.

    Attributes:
        unexamined: objects that may be weights and of which nothing that was read says that they are none.
        keys: keys that objects were seen to be encrypted with, whatever the store's default is.
        unread: what `unexamined` counts, by folder and reason.
        wrapped: how the objects are encrypted, run by run; where there are too many runs, one for each way over all names.
        old_versions: whether keys of which only old versions are left were listed as well.
    """

    objects: int
    bytes: int
    unexamined: int
    keys: tuple[str, ...] = ()
    unread: tuple[UnreadObjects, ...] = ()
    wrapped: tuple[Wrapped, ...] = ()
    old_versions: bool = False


LAST_CHARACTER: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How some objects are encrypted.

    Attributes:
        keys: their keys, as `Wrapped` names them.
        seen: whether some such object is known to be there; else they may all lie elsewhere.
    """

    keys: frozenset[str | None] = frozenset()
    seen: bool = False
