"""What of each store is in no weight set and was not read, after what is declared to be no weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from weightguard.config import Config, NotWeights
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Estate, Store, UnreadObjects

OPAQUE = "opaque"
_CODE = "UnreadObjects"


@dataclass(frozen=True, slots=True)
class Unread:
    """The unread objects of one store.

    Attributes:
        objects: large ones of no known kind; bytes: theirs.
        unread: others, that were refused, cut off, packed, sealed, archived, unfinished, or of which old versions are left.
        declared: those of either kind that a declaration in force covers, which the other numbers leave out.
        by: the declarations that cover them.
    """

    store: str
    provider: str
    account: str
    objects: int = 0
    bytes: int = 0
    unread: int = 0
    declared: int = 0
    by: tuple[NotWeights, ...] = ()

    @property
    def open(self) -> bool:
        """Whether anything is left that may be weights."""
        return bool(self.objects or self.unread)

    @property
    def unknown(self) -> Unknown:
        """The missing reads, as a verdict rests on them."""
        source = Source.asked(self.provider, self.account, "s3", "GetObject", self.store)
        return Unknown(Reason.NOT_COLLECTED, source, _CODE)

    @property
    def limit(self) -> Limit:
        """The same as a limit of what was looked at."""
        return Limit(LimitKind.UNREAD_OBJECTS, self.store)


def unread_of(estate: Estate, config: Config, as_of: datetime) -> Mapping[str, Unread]:
    """Every store with unread objects, by id."""
    holding = [one for one in config.not_weights if as_of.date() <= one.expires]
    found = (_of(store, holding) for store in estate.stores)
    return {one.store: one for one in found if one.open or one.declared}


def _of(store: Store, declarations: Iterable[NotWeights]) -> Unread:
    if not isinstance(store.contents, Known):
        return Unread(store.id, store.provider, store.account)
    contents = store.contents.value
    objects = size = declared = 0
    # What is counted and named by no folder cannot be declared away.
    unread = contents.unexamined - sum(one.objects for one in contents.unread)
    by: dict[NotWeights, None] = {}
    for one in contents.unread:
        covering = [declaration for declaration in declarations if _covers(declaration, store, one)]
        if covering:
            declared += one.objects
            by.update(dict.fromkeys(covering))
        elif one.state == OPAQUE:
            objects, size = objects + one.objects, size + one.bytes
        else:
            unread += one.objects
    return Unread(store.id, store.provider, store.account, objects, size, unread, declared, tuple(by))


def _covers(declaration: NotWeights, store: Store, found: UnreadObjects) -> bool:
    """Whether the declared place holds the folder: the whole store, or a prefix that ends where a folder does."""
    bare = declaration.location.rstrip("/")
    return bare == store.id or f"{store.id}/{found.place}".startswith(f"{bare}/")


def limits(unread: Mapping[str, Unread]) -> Iterator[Limit]:
    """A limit in play for every store with something unread that nobody declared."""
    yield from (one.limit for one in unread.values() if one.open)
