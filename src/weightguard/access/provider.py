"""What core may ask of a provider: six questions, put to plain functions over one estate.

1. `Port.links`: who can become whom, as far as it is worth anything to a question.
2. `Port.direct`: who can do what to a store, as things are or after changing the store.
3. `Port.place`: the store, or a prefix in it, that a question is about.
4. `Port.kind_of`: who stands behind a name.
5. `Port.removals`: what can be taken away to close a way, and the estate without it.
6. `exposure` (in `weightguard.access.providers`): whom outside policies speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from weightguard.access.federation import NOWHERE, Abroad
from weightguard.access.links import Link, Node, Reached
from weightguard.access.model import AccessKind, ActorKind, Because, Hop
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Estate, NamedPolicy
from weightguard.memory import Memory

OPEN_DOOR: Final = "AuthType NONE"
"""The statement of a reason that is a workload's own setting: it asks its callers for no credentials."""
SHARED: Final = "shared"
"""The statement of a reason that is a disk's own setting: it is shared with everybody, or with another account."""
WHOLE: Final = "*"
"""The statement of a unit that takes a whole policy away."""


class UnitKind(StrEnum):
    """What sort of thing is taken away."""

    STATEMENT = "statement"
    ATTACHMENT = "attachment"
    GRANT = "grant"
    ACL = "acl"
    SETTING = "setting"


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One removable thing.

    Attributes:
        rank: among equally small sets, what to touch first: an actor's own permission (0), what lets an actor in (1), what lets a
            service work (2).
        holder: whose policy it is: a principal, a group, a store, a key.
        policy: the policy's id, or the grant's.
        statement: its label; ``*`` where the whole policy is detached, or a grant revoked.
        words: the change, as somebody is told to make it.
        taken: (element, value) of each value that is taken out of a list of the statement, ``Principal.AWS`` or ``Action`` and
            the like; empty where the whole statement goes.
        locked: True for a statement that must not go as a whole.
    """

    rank: int
    holder: str
    policy: str
    statement: str
    words: str
    kind: UnitKind = UnitKind.STATEMENT
    taken: tuple[tuple[str, str], ...] = ()
    locked: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """What is changed: equal for whatever is done to one statement."""
        return self.holder, self.policy, self.statement


class Place(Protocol):
    """A store, or a prefix of one, as a question meets it."""

    @property
    def id(self) -> str:
        """The store's id."""
        ...

    @property
    def objects(self) -> str:
        """The pattern of the objects in question."""
        ...

    @property
    def held(self) -> bool:
        """Whether some snapshot holds it."""
        ...

    @property
    def gaps(self) -> tuple[Unknown, ...]:
        """What of it could not be read and may let somebody in."""
        ...

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What of it is not modelled and bears on who gets in."""
        ...

    @property
    def accounts(self) -> frozenset[str | None]:
        """The accounts that it and its keys lie in."""
        ...

    @property
    def own_policies(self) -> frozenset[str]:
        """The names of its own policies and its keys': no principal carries them."""
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """Ids of the keys that wrap some of the objects."""
        ...


@dataclass(frozen=True, slots=True)
class Direct:
    """Who can do something to a place without becoming anybody else.

    Attributes:
        links: from whoever can, to the store.
        opened: whether somebody was found that may open the store for others.
    """

    links: tuple[Link, ...]
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What further links are worth something to: whoever does not reach a store so far, or not for certain.

    Attributes:
        reached: who reaches it so far.
        besides: whose other ways are wanted as well.
        opened: whether somebody may open the store for others: then whoever does not reach it may come to.
        only: the only nodes whose changes are wanted; None: any.
    """

    reached: Reached
    besides: frozenset[Node] = frozenset()
    opened: bool = False
    only: Collection[Node] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who stands behind a name.

    Attributes:
        account: the account that it is of; None where it is of none.
        limits: what is not modelled of who may act as it: it bears on every answer that names it.
    """

    kind: ActorKind
    account: str | None
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A policy without what was taken from it.

    Attributes:
        after: the policy as it is to stand; None: nothing is left.
        besides: what is said of it besides, in words.
    """

    after: Mapping[str, Any] | None
    besides: str = ""


class Removals(Protocol):
    """Knows what can be taken out of an estate."""

    def units(self, actor: str, because: Because, target: str) -> tuple[Unit, ...]:
        """The things that have to go for a reason to go; none where it cannot.

        Args:
            actor: whom the reason lets act.
            target: what it is done to.
        """
        ...

    def narrower(self, unit: Unit, hop: Hop) -> Iterator[Unit]:
        """Less than the whole of a unit that should close a hop as well."""
        ...

    def serves(self, unit: Unit, hop: Hop) -> Mapping[str, frozenset[str]]:
        """What of a statement's lists a hop rests on, by element."""
        ...

    def members(self, unit: Unit) -> Iterable[str]:
        """Those whose own policies a thing is taken from; none where it is not one principal's."""
        ...

    def rewritten(self, policy: str, taken: Iterable[Unit]) -> Rewritten | None:
        """A policy without some units; None where it is none that can be edited."""
        ...

    def without(self, taken: Iterable[Unit]) -> Estate:
        """The estate without some units."""
        ...


@dataclass(frozen=True, slots=True)
class Port:
    """A provider's part of an estate, as the functions that answer for it.

    Attributes:
        links: adds links to the graph that the port was made for: those of the estate as it is where nothing is wanted, else
            those that are worth something; False where there are none that are not known yet.
        direct: who can do something to a place, as far as the graph was worked out.
        place: the store that a question is about; not held where no snapshot holds it, None where its id is none of the
            provider's.
        kind_of: who stands behind a name; None for what is no name of the provider's.
        removals: what can be taken away.
        within: an estate that something was taken away from, with what lies in some accounts alone: those that have anything to do
            with a place as things are; all of it where others may come to. None where a question is always asked of everything.
        abroad: whom other clouds vouch for here, and what identities of this one show there.
    """

    links: Callable[[Wanted | None], bool]
    direct: Callable[[AccessKind, str, str | None], Direct]
    place: Callable[[str, str | None], Place | None]
    kind_of: Callable[[str], Actor | None]
    removals: Callable[[], Removals]
    within: Callable[[Estate, frozenset[str], Place], Estate] | None = None
    abroad: Abroad = NOWHERE


@dataclass(frozen=True, slots=True)
class Exposure:
    """Whom policies speak of.

    Attributes:
        names: principals by name.
        accounts: accounts of which they speak, in whatever way.
        through: accounts whose own doors to the store (access points) they take for a reason to let somebody in; `ANYBODY` for
            those of whatever account.
        everybody: whether something is allowed without saying to whom.
    """

    names: frozenset[str] = field(default_factory=frozenset)
    accounts: frozenset[str] = field(default_factory=frozenset)
    through: frozenset[str] = field(default_factory=frozenset)
    everybody: bool = False


ANYBODY: Final = "*"
Exposing = Callable[[Iterable[NamedPolicy], Memory], Exposure]
