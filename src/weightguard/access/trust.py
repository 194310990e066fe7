"""Who may assume which role: the trust policy and the caller's own policies, decided together.

Trust policies name principals, accounts, services and identity providers. Services are reached by passing them the role or by what
runs in them (see `passing` and `running`); a provider's subjects are answers of their own, named ``<provider>#<subject>``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from weightguard.access.asking import Grant
from weightguard.access.federation import subjects
from weightguard.access.links import Hub, Link, Node, Step
from weightguard.access.mentions import mentions
from weightguard.access.naming import account_in
from weightguard.access.population import TARGETS, Group, compiled, document_of
from weightguard.access.sensitivity import Sensitivity, sensitivity
from weightguard.access.strangers import Strangers, limits_of
from weightguard.estate.fact import Known
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind
from weightguard.estate.partition import partition_of
from weightguard.policy.aws import CompiledPolicy, ContextValue, Layers, PolicyKind, PrincipalType
from weightguard.policy.aws import Principal as Caller

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

ASSUME = "sts:AssumeRole"
_NEVER_ASSUMING = (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER, PrincipalType.FEDERATED_USER)
"""Services take the roles that they are passed; canonical users are S3's alone; federated users may not call STS."""


class Trusts:
    """Works out the links of assumed roles.

    Args:
        owner: the graph.
    """

    def __init__(self, owner: AccessGraph) -> None:
        self._owner = owner
        self.population = owner.population
        self._strangers = Strangers(owner.population)
        self._trusts: dict[str, CompiledPolicy | None] = {}

    def of(self, role: Principal) -> CompiledPolicy | None:
        """The role's trust policy; None where it could not be read."""
        if role.id not in self._trusts:
            fact = role.trust.value if isinstance(role.trust, Known) else None
            self._trusts[role.id] = (
                None if fact is None else compiled(fact, PolicyKind.TRUST, _shared_name(role, fact))
            )
        return self._trusts[role.id]

    def links(self) -> Iterator[Link]:
        """A link for everybody who may assume a role, to it."""
        roles = [one for one in self.population.principals.values() if one.kind is PrincipalKind.ROLE]
        by_account: dict[str, list[str]] = {}
        for role in roles:
            by_account.setdefault(role.account, []).append(role.id)
        for account, members in by_account.items():
            for same in self._owner.patterns.split(account, members, self._trust_key):
                yield from self._into(account, same)

    def _trust_key(self, role: str) -> Hashable:
        principal = self.population.principals[role]
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        own = self._owner.asker.tags(tags, "iam")
        trust = self.of(principal)
        spoken_of = tuple(
            self._owner.patterns.hits(account, role) for account in self._trusted(trust, principal.account)
        )
        return (None if trust is None else trust.document, tuple(sorted(own.items(), key=str)), spoken_of)

    def _trusted(self, trust: CompiledPolicy | None, own: str) -> list[str]:
        """The other accounts of the estate whose principals a trust policy means: their own policies may tell roles apart."""
        names = frozenset() if trust is None else self._owner.named.names(trust)
        if "*" in names:
            return sorted(account for account in self.population.realms if account != own)
        found = {account_in(name) for name in names} & set(self.population.realms)
        return sorted(account for account in found if account is not None and account != own)

    def _into(self, account: str, roles: tuple[str, ...]) -> Iterator[Link]:
        """The links into roles that share their trust policy and that nothing tells apart."""
        example = self.population.principals[roles[0]]
        trust = self.of(example)
        if trust is None:
            return
        hub: Node = Hub(roles) if len(roles) > 1 else roles[0]
        if isinstance(hub, Hub):
            for role in roles:
                yield Link(hub, role)
        names = self._owner.named.names(trust)
        document = getattr(example.trust, "value", None)
        looks = sensitivity(None if document is None else document_of(document))
        yield from self._named(names, example, trust, hub)
        yield from self._by_account(account, names, looks, example, trust, hub)
        yield from self._of_strangers(example, trust, hub)
        yield from subjects(self._owner, example, trust, hub)

    def _named(
        self, names: frozenset[str], role: Principal, trust: CompiledPolicy, hub: Node
    ) -> Iterator[Link]:
        for name in self._owner.named.meant(names):
            group = self.population.group_of[name]
            grant = self._ask(group, self.population.callers[name], role, trust)
            if grant is not None and hub != name:
                yield Link(name, hub, (Step(ASSUME, grant),))
            elif grant is None:
                yield from self._changed(name, role, trust, hub)

    def _changed(self, name: str, role: Principal, trust: CompiledPolicy, hub: Node) -> Iterator[Link]:
        """The same for a named principal as changes would leave it, where it may not as it is."""
        for group in self._owner.named.stand_ins(name):
            grant = self._ask(group, self.population.callers[name], role, trust)
            if grant is not None:
                yield Link(group, hub, (Step(ASSUME, grant),))

    def _by_account(
        self,
        account: str,
        names: frozenset[str],
        looks: Sensitivity,
        role: Principal,
        trust: CompiledPolicy,
        hub: Node,
    ) -> Iterator[Link]:
        everybody = "*" in names
        for other in sorted(self.population.realms) if everybody else self._owner.named.accounts_in(names):
            if everybody and other == account:
                able: Iterable[Group] = self.population.in_account(other)
            else:
                able = self._concerned(other, role)
            for group in able:
                yield from self._group(group, looks, names, role, trust, hub)

    def _concerned(self, account: str, role: Principal) -> list[Group]:
        """The account's cohorts whose policies allow assuming something, and speak of this role."""
        able = self._owner.index.able(account, ASSUME)
        return self._owner.index.speaking_of(able, self._owner.patterns.hits(account, role.id))

    def _group(
        self,
        group: Group,
        looks: Sensitivity,
        names: frozenset[str],
        role: Principal,
        trust: CompiledPolicy,
        hub: Node,
    ) -> Iterator[Link]:
        for caller, nodes in self._owner.named.apart(group, names, looks):
            wanted = [
                node for node in nodes if not isinstance(node, str) or (node not in names and node != hub)
            ]
            grant = self._ask(group, caller, role, trust) if wanted else None
            if grant is not None:
                for node in wanted:
                    yield Link(node, hub, (Step(ASSUME, grant),))

    def _of_strangers(self, role: Principal, trust: CompiledPolicy, hub: Node) -> Iterator[Link]:
        """Who outside may assume the role. Services take roles that they are passed; canonical users are S3's alone."""
        mentioned = mentions((trust,)) | limits_of(self.population, role.account)
        for stranger in self._strangers.of(mentioned, partition_of(role.id), role.account):
            if stranger.caller.type in _NEVER_ASSUMING:
                continue
            grant = self.ask(stranger.caller, stranger.layers, role, trust)
            if grant is not None:
                step = Step(ASSUME, grant.provided(*stranger.conditions))
                for name in stranger.names:
                    yield Link(name, hub, (step,))

    def _ask(self, group: Group, caller: Caller, role: Principal, trust: CompiledPolicy) -> Grant | None:
        return self.ask(caller, group.layers, role, trust)

    def ask(
        self,
        caller: Caller,
        layers: Layers,
        role: Principal,
        trust: CompiledPolicy,
        *,
        action: str = ASSUME,
        more: Mapping[str, ContextValue] | None = None,
    ) -> Grant | None:
        """Whether a caller may assume a role under a trust policy, or do something else that the policy is about.

        Args:
            more: what is known of the request besides.
        """
        rcp = self.population.realm(role.account).rcp
        tags = role.tags.value if isinstance(role.tags, Known) else None
        known = self._owner.asker.tags(tags, "iam")
        return self._owner.asker.ask(
            caller,
            action,
            role.id,
            layers.replace(resource=(trust,), rcp=rcp or None),
            owner=role.account,
            context={**known, **(more or {})},
        )


def _shared_name(role: Principal, trust: NamedPolicy) -> str:
    """The trust policy's name without its role's, so that roles with the same text share their decisions."""
    return f"{TARGETS}{trust.id.removeprefix(role.id)}" if trust.id.startswith(role.id) else trust.id
