"""Who outside may be meant by a policy: somebody of each account that it names, of any account, members that no snapshot covers.

"May somebody of account X?" is asked for somebody of whom nothing but the account is known, "may anybody?" for somebody of whom not
even that is known; what the policy asks of the caller's name, type, organisation or tags is then what the answer hangs on. Where a
policy names one principal of another account, that very principal is asked as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from weightguard.access.aws.identities.accounts import Realm
from weightguard.access.aws.identities.mentions import EVERYBODY, Mentions, mentions
from weightguard.access.aws.identities.named_principals import administrator
from weightguard.access.aws.identities.principals import Population
from weightguard.access.condition import SIGNED_IN, Condition, ConditionKind, Matter
from weightguard.errors import InputError
from weightguard.estate.aws.partition import account_root, partition_of
from weightguard.estate.fact import Known
from weightguard.memory import Memory
from weightguard.policy.aws import Bounds, Layers, Principal, PrincipalType, parse_principal, somebody
from weightguard.policy.aws.arn import is_account


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody outside what the snapshots cover, to decide for.

    Attributes:
        names: how answers name everybody that this one stands for.
        is_anybody: whether its account is open: being signed in to some account is what it takes.
        organisation: the audited organisation that it is of, where it may be any member of it.
        unseen: the audited account whose principals no snapshot holds, where it is one of those.
        point: the account whose access point has to let it in, where it is another account's.
    """

    caller: Principal
    layers: Layers
    names: tuple[str, ...]
    is_anybody: bool = False
    organisation: str | None = None
    unseen: str | None = None
    point: str | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What its being who it is hangs on."""
        found = [SIGNED_IN] if self.is_anybody else []
        if self.organisation is not None:
            found.append(Condition(ConditionKind.IDENTITY, Matter.MEMBER, (self.organisation,)))
        if self.unseen is not None:
            found.append(Condition(ConditionKind.NOT_HELD, Matter.ACCOUNT_POLICIES, (self.unseen,)))
        if self.point is not None:
            found.append(Condition(ConditionKind.RESOURCE, Matter.ACCESS_POINT_OF, (self.point,)))
        return tuple(found)

    def through(self, account: str) -> Stranger:
        """The same, coming through an access point of an account; ``*`` for one of whatever account it is of."""
        bounds = replace(self.caller.bounds or Bounds(self.caller.account), points=account)
        caller = replace(self.caller, bounds=bounds)
        return replace(self, caller=caller, point=None if account in ("*", caller.account) else account)


def everything(caller: Principal, realm: Realm | None, memory: Memory) -> Layers:
    """The layers of a principal whose own policies nobody knows: they may allow anything that its organisation leaves it."""
    if caller.account is None:
        return Layers()
    own = (administrator(f"policies of account {caller.account}", memory),)
    federated = caller.type is PrincipalType.FEDERATED_USER
    return Layers(identity=own, session=own if federated else None, scp=realm.scp or None if realm else None)


def answer_name(caller: Principal) -> str:
    """How an answer names somebody of an account that no snapshot covers: by the account."""
    if caller.account is None or not is_account(caller.account):
        return caller.identifier
    return account_root(caller.account, partition_of(caller.identifier))


def limits_of(population: Population, *accounts: str | None) -> Mentions:
    """Of whom the resource control policies of accounts speak: they let nobody in, and may tell one account from another."""
    levels = (population.realm(account).rcp for account in dict.fromkeys(accounts) if account is not None)
    found = mentions(policy for rcp in levels for level in rcp for policy in level)
    return replace(found, everybody=False, bare=False)


class Strangers:
    """Makes the callers outside that some policies may mean.

    Args:
        population: everybody whom the snapshots hold.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._somebody: dict[tuple[str, str], Stranger] = {}
        self._alike: dict[tuple[frozenset[str], str, bool], list[Stranger]] = {}

    def is_covered(self, account: str) -> bool:
        """Whether some snapshot holds the account's principals, be they left out of this question."""
        population = self._population
        return bool(population.in_account(account)) or account in population.estate.left_out.accounts

    def of(self, mentioned: Mentions, partition: str, owner: str | None) -> Iterator[Stranger]:
        """Everybody outside whom policies may mean, services among them; each account's somebody before anybody.

        Args:
            owner: the account that owns what the policies protect. Its own principals need no policy of the resource's: where no
                snapshot holds them, only a policy that names them says anything of them.
        """
        yield from self._by_name(mentioned)
        for account in sorted(mentioned.accounts):
            if not self.is_covered(account) and (account != owner or account in mentioned.named):
                yield self._of_account(account, partition)
        if mentioned.everybody:
            yield from self._members(mentioned, partition, owner)
            yield from self._anybody(mentioned, partition)

    def of_account(self, account: str, partition: str) -> Stranger | None:
        """Somebody of an account; None where its principals are known."""
        return None if self.is_covered(account) else self._of_account(account, partition)

    def by_own_points(self, mentioned: Mentions, partition: str, owner: str | None) -> Iterator[Stranger]:
        """Those who may come through access points that the policies trust, and that no snapshot holds."""
        anywhere = EVERYBODY in mentioned.points
        for account in sorted(mentioned.points - {EVERYBODY}):
            if self.is_covered(account):
                continue
            yield self._of_account(account, partition).through(account)
            for stranger in self.of(mentioned, partition, owner):
                if stranger.caller.account not in (None, account):
                    yield stranger.through(account)
        for stranger in self.of(mentioned, partition, owner) if anywhere else ():
            if stranger.caller.type in (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER):
                continue
            yield stranger.through(stranger.caller.account or EVERYBODY)

    def _by_name(self, mentioned: Mentions) -> Iterator[Stranger]:
        services = mentioned.services if mentioned.bare else frozenset[str]()
        for name in sorted(mentioned.names | services):
            caller = _parsed(name)
            if caller is None or caller.type is PrincipalType.ROOT:
                continue  # The account as a whole is asked as somebody of it.
            if caller.account is not None and self.is_covered(caller.account):
                continue
            realm = self._population.realms.get(caller.account or "")
            if caller.account is not None:
                caller = replace(caller, bounds=self._bounds(caller.account))
            unseen = caller.account if self._is_audited(caller.account) else None
            yield Stranger(
                caller,
                everything(caller, realm, self._population.memory),
                (answer_name(caller),),
                unseen=unseen,
            )
        for name in sorted(mentioned.canonical - self._own_canonical):
            yield Stranger(
                Principal(PrincipalType.CANONICAL_USER, name, bounds=self._bounds(None)), Layers(), (name,)
            )

    def _of_account(self, account: str, partition: str) -> Stranger:
        found = self._somebody.get((account, partition))
        if found is None:
            realm = self._population.realms.get(account)
            caller = somebody(account, self._bounds(account), partition=partition)
            caller = replace(caller, in_management_account=realm is not None and realm.is_management)
            unseen = account if self._is_audited(account) else None
            found = Stranger(
                caller,
                everything(caller, realm, self._population.memory),
                (answer_name(caller),),
                unseen=unseen,
            )
            self._somebody[(account, partition)] = found
        return found

    def _is_audited(self, account: str | None) -> bool:
        return account is not None and account in self._population.membership.audited

    def _bounds(self, account: str | None, others: frozenset[str] = frozenset()) -> Bounds:
        population = self._population
        member = population.realms.get(account or "")
        apart = population.membership.known_in_full
        if member is not None and member.organisation is not None:
            apart = frozenset()
        return Bounds(account, others, apart, population.unique_ids)

    def _members(self, mentioned: Mentions, partition: str, owner: str | None) -> list[Stranger]:
        """Audited accounts and members of audited organisations whose principals nobody knows; those alike as one."""
        apart = frozenset(self._uncovered).intersection((*mentioned.accounts, owner or ""))
        key = (apart, partition, mentioned.by_account)
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = [*self._gathered(apart, partition, one_by_one=mentioned.by_account)]
        return found

    def _gathered(self, apart: frozenset[str], partition: str, *, one_by_one: bool) -> Iterator[Stranger]:
        alike: dict[object, list[Stranger]] = {}
        for account in self._uncovered:
            if account in apart:
                continue
            realm = self._population.realms[account]
            paths = self._population.membership.path_of(account)
            mine = account if one_by_one or self._is_audited(account) else None
            key = (mine, realm.organisation, paths, realm.scp, realm.is_management)
            alike.setdefault(key, []).append(self._of_account(account, partition))
        for group in alike.values():
            names = tuple(name for one in group for name in one.names)
            yield replace(group[0], names=names)

    @cached_property
    def _uncovered(self) -> list[str]:
        population = self._population
        own = {
            realm.organisation
            for realm in population.realms.values()
            if realm.id in population.membership.audited
        }
        return sorted(
            realm.id
            for realm in population.realms.values()
            if not self.is_covered(realm.id)
            and (
                realm.id in population.membership.audited
                or (realm.organisation and realm.organisation in own)
            )
        )

    def _anybody(self, mentioned: Mentions, partition: str) -> Iterator[Stranger]:
        """Somebody of any other account; and of a member, where not all members of an organisation are known."""
        apart = frozenset({*mentioned.accounts, *self._covered, *self._uncovered})
        own = self._population.membership.own
        bounds = replace(self._bounds(None, apart), organisations=own)
        caller = somebody(None, bounds, partition=partition)
        yield Stranger(caller, Layers(), (EVERYBODY,), is_anybody=True)
        for organisation in sorted(own - self._population.membership.known_in_full):
            bounds = replace(self._bounds(None, apart), organisation=organisation)
            caller = somebody(None, bounds, partition=partition)
            yield Stranger(caller, Layers(), (EVERYBODY,), organisation=organisation)

    @cached_property
    def _own_canonical(self) -> frozenset[str]:
        """The canonical users of audited accounts: the owners of their buckets."""
        owners = (
            store.acl.value.get("Owner")
            for store in self._population.estate.stores
            if isinstance(store.acl, Known) and store.acl.value is not None
        )
        found = (owner.get("ID") for owner in owners if isinstance(owner, Mapping))
        left_out = self._population.estate.left_out.owners
        return left_out.union(one for one in found if isinstance(one, str))

    @cached_property
    def _covered(self) -> tuple[str, ...]:
        known = {
            **self._population.realms,
            **dict.fromkeys(sorted(self._population.estate.left_out.accounts)),
        }
        return tuple(account for account in known if self.is_covered(account))


def _parsed(name: str) -> Principal | None:
    try:
        return parse_principal(name)
    except InputError:
        return None
