"""What was judged, with what, and what was seen of it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from pydantic.dataclasses import dataclass

from weightguard.assess.model.terms import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Tool:
    """What wrote the report."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, config=STRICT)
class CatalogueStamp:
    """Which catalogue judged. `aligned_with` is all that a report may claim."""

    id: str
    version: str
    digest: str
    aligned_with: str


@dataclass(frozen=True, slots=True, config=STRICT)
class SnapshotStamp:
    """What was judged. `as_of` is the "now" of every rule; `digests` has one entry a snapshot."""

    digest: str
    scopes: tuple[str, ...]
    collected_at: str
    as_of: str
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class CallCounts:
    """How the calls ended."""

    ok: int = 0
    absent: int = 0
    denied: int = 0
    throttled: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, config=STRICT)
class Gap:
    """Reads that did not answer, grouped.

    Attributes:
        code: the provider's error code; None where it gave none.
        reason: denied, throttled, failed, malformed or not_collected.
        controls: every control that lost evidence by it.
        hides: what it could hide, in words.
        grant: the permission that the collector lacks; None when a permission is not what is missing.
        count: how many calls, or facts where no call was made.
    """

    scope: str
    service: str
    operation: str
    code: str | None
    controls: tuple[str, ...]
    reason: str
    hides: str
    grant: str | None
    count: int


@dataclass(frozen=True, slots=True, config=STRICT)
class AccountSight:
    """One account of those that are audited, and whether anybody looked into it.

    Attributes:
        state: ``read``: its stores were listed; ``unread``: it was asked, and they could not be; ``not_collected``: the
            organisation names it, and nobody asked it.
    """

    id: str
    name: str
    state: Literal["read", "unread", "not_collected"]


@dataclass(frozen=True, slots=True, config=STRICT)
class Coverage:
    """What was seen.

    Attributes:
        ratio: answered reads (ok, absent) of all reads; of decided verdicts where no call was recorded.
        accounts: the accounts of whoever is audited, sorted by id. accounts_unlisted: there may be more of them.
        stores: stores that were listed. stores_unread: those among them whose objects could not be listed to the end.
        sets_unread: listings of weights that were not read to their end, behind which further sets may lie.
    """

    calls: CallCounts
    gaps: tuple[Gap, ...]
    ratio: float
    accounts: tuple[AccountSight, ...] = ()
    accounts_unlisted: bool = False
    stores: int = 0
    stores_unread: int = 0
    sets_unread: int = 0


@dataclass(frozen=True, slots=True, config=STRICT)
class LimitEntry:
    """What weightguard itself did not model, try, or look at to its end.

    Attributes:
        about: a store, an account, a region, a kind of resource; ``*`` for everything.
        hides: what could be true and would not be seen.
        controls: every control that rests on it.
        in_play: whether this input shows that the thing is, or may be, there: the answers that rest on it are incomplete then.
    """

    id: str
    about: str
    hides: str
    controls: tuple[str, ...]
    in_play: bool


@dataclass(frozen=True, slots=True, config=STRICT)
class NotWeightsEntry:
    """Who declares that what lies in a place is no weights, why, and until which day."""

    location: str
    reason: str
    owner: str
    expires: str


@dataclass(frozen=True, slots=True, config=STRICT)
class OpaqueEntry:
    """What a store holds that is in no weight set and of which nothing that was read says that it is no weights.

    Attributes:
        objects: large objects of no known kind; bytes: theirs.
        unread: others: refused, cut off, packed, sealed, archived, unfinished, or of which only old versions are left.
        declared: those of either kind that the configuration declares to be no weights; the other numbers leave them out.
        by: the declarations that cover them.
    """

    store: str
    objects: int
    bytes: int
    unread: int
    declared: int = 0
    by: tuple[NotWeightsEntry, ...] = field(default=())


@dataclass(frozen=True, slots=True, config=STRICT)
class SettingEntry:
    """A setting that differs from the default; `value` and `default` as JSON writes them, None where there is none."""

    setting: str
    value: str | None
    default: str | None


@dataclass(frozen=True, slots=True, config=STRICT)
class SettingsStamp:
    """What the report was judged under. `digest`: ``sha256:`` over the settings that differ, in their order."""

    digest: str
    differs: tuple[SettingEntry, ...]
