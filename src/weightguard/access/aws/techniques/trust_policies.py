"""Who may assume which role: the trust policy and the caller's own policies, decided together.

Trust policies name principals, accounts, services and identity providers. Services are reached by passing them the role or by what
runs in them (see `passing` and `running`); a provider's subjects are answers of their own, named ``<provider>#<subject>``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import partial

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.mentions import mentions
from weightguard.access.aws.identities.named_principals import account_in
from weightguard.access.aws.identities.policy_texts import compiled, document_of
from weightguard.access.aws.identities.resource_classes import Alike
from weightguard.access.aws.identities.sensitivity import Sensitivity, sensitivity
from weightguard.access.aws.identities.strangers import Strangers, limits_of
from weightguard.access.aws.techniques.federated_subjects import subjects
from weightguard.access.aws.techniques.targets import Targets
from weightguard.access.aws.techniques.who_may import OwnPolicy, asked_apart
from weightguard.access.grant import TARGETS, Grant
from weightguard.access.links import Link, Node, Step
from weightguard.estate.aws.partition import partition_of
from weightguard.estate.fact import Known
from weightguard.estate.model import NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy, ContextValue, Layers, PolicyKind, PrincipalType
from weightguard.policy.aws import Principal as Caller

ASSUME = "sts:AssumeRole"
_NEVER_ASSUMING = (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER, PrincipalType.FEDERATED_USER)
"""Services take the roles that they are passed; canonical users are S3's alone; federated users may not call STS."""


class TrustPolicies:
    """Works out the links of assumed roles.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.population = context.population
        self._strangers = Strangers(context.population)
        self._trusts: dict[str, CompiledPolicy | None] = {}
        self._aims = Targets()
        self._classes: list[tuple[Alike, CompiledPolicy]] | None = None

    def of(self, role: Principal) -> CompiledPolicy | None:
        """The role's trust policy; None where it could not be read."""
        if role.id not in self._trusts:
            fact = role.trust.value if isinstance(role.trust, Known) else None
            self._trusts[role.id] = (
                None
                if fact is None
                else compiled(fact, PolicyKind.TRUST, self.population.memory, _shared_name(role, fact))
            )
        return self._trusts[role.id]

    def outside(self) -> Iterator[Link]:
        """Links to roles from the principals that trust policies name, as they are, from strangers and from providers' subjects."""
        for same, trust in self._trusting():
            example = self.population.principals[same.names[0]]
            names = self._context.named.names(trust)
            hub, onward = self._aims.hub(same)
            yield from onward
            yield from self._of_strangers(example, trust, hub)
            yield from subjects(self._context, example, trust, hub)
            for name in self._context.named.meant(names):
                one = self.population.group_of[name]
                yield from self._aims.links(same, [one], partial(self._by_name, name=name, trust=trust))

    def trusting(self) -> Iterator[tuple[Principal, tuple[str, ...], CompiledPolicy]]:
        """Roles by their trust policies: one of those that are alike to whoever assumes them, all of these, the policy."""
        for same, trust in self._trusting():
            yield self.population.principals[same.names[0]], same.names, trust

    def vouched(self, role: Principal, trust: CompiledPolicy) -> Iterator[str]:
        """The subjects of providers that a role trusts, as answers name them."""
        for link in subjects(self._context, role, trust, role.id):
            if isinstance(link.origin, str):
                yield link.origin

    def links(self, actors: Actors) -> Iterator[Link]:
        """Links from those of some groups that may assume a role, to it."""
        for same, trust in self._trusting():
            own = OwnPolicy(trust, self._context.named.names(trust), self._looks(same))
            yield from self._changed(actors, own.names, same, trust)
            decide = partial(self._steps, own=own, trust=trust)
            for group in self._concerned(actors, own.names, same):
                yield from self._aims.links(same, [group], decide, must_speak=bool(group.parts))

    def _trusting(self) -> list[tuple[Alike, CompiledPolicy]]:
        """The roles, as far as they are alike to whoever assumes them, with their trust policy."""
        if self._classes is None:
            self._classes = []
            by_account: dict[str, list[str]] = {}
            for one in self.population.principals.values():
                if one.kind is PrincipalKind.ROLE and self.of(one) is not None:
                    by_account.setdefault(one.account, []).append(one.id)
            for account, members in by_account.items():
                for same in self._context.patterns.split(account, members, self._trust_key, (ASSUME,)):
                    trust = self.of(self.population.principals[same.names[0]])
                    if trust is not None:
                        self._classes.append((same, trust))
        return self._classes

    def _trust_key(self, role: str) -> Hashable:
        principal = self.population.principals[role]
        trust = self.of(principal)
        told = self._context.decisions.tags_told(principal, (ASSUME,))
        spoken_of = tuple(
            self._context.patterns.hits(account, role, (ASSUME,))
            for account in self._trusted(trust, principal.account)
        )
        return (None if trust is None else trust.document, told, spoken_of)

    def _trusted(self, trust: CompiledPolicy | None, own: str) -> list[str]:
        """The other accounts of the estate whose principals a trust policy means: their own policies may tell roles apart."""
        names = frozenset() if trust is None else self._context.named.names(trust)
        if "*" in names:
            return sorted(account for account in self.population.realms if account != own)
        found = {account_in(name) for name in names} & set(self.population.realms)
        return sorted(account for account in found if account is not None and account != own)

    def _accounts(self, names: frozenset[str]) -> list[str]:
        """The estate's accounts whose principals a trust policy lets in as such."""
        return sorted(self.population.realms) if "*" in names else self._context.named.accounts_in(names)

    def _looks(self, same: Alike) -> Sensitivity:
        document = getattr(self.population.principals[same.names[0]].trust, "value", None)
        return sensitivity(None if document is None else document_of(document), self.population.memory)

    def _by_name(
        self, group: PrincipalGroup, roles: tuple[str, ...], name: str, trust: CompiledPolicy
    ) -> dict[Node, Step]:
        """What the bearer of a name does that a trust policy names."""
        grant = self._ask(group, self.population.callers[name], self.population.principals[roles[0]], trust)
        return {} if grant is None else {name: Step(ASSUME, grant)}

    def _changed(
        self, actors: Actors, names: frozenset[str], same: Alike, trust: CompiledPolicy
    ) -> Iterator[Link]:
        """The same for a named principal as changes would leave it, where it may not as it is."""
        for name in self._context.named.meant(names) if actors.any_changed else ():
            changed = actors.standing_in_for(name) if name in self._context.named.kept_apart else ()
            if changed:
                own = self.population.group_of[name]
                as_it_is = partial(self._by_name, name=name, trust=trust)
                for group in changed if not as_it_is(own, same.names) else ():
                    decide = partial(self._as_changed, name=name, trust=trust)
                    yield from self._aims.links(same, [group], decide)

    def _as_changed(
        self, group: PrincipalGroup, roles: tuple[str, ...], name: str, trust: CompiledPolicy
    ) -> dict[Node, Step]:
        steps = self._by_name(group, roles, name, trust)
        return {group: steps[name]} if steps else {}

    def _concerned(self, actors: Actors, names: frozenset[str], same: Alike) -> Iterator[PrincipalGroup]:
        """The cohorts whose policies allow assuming something, and speak of these roles; all that are let in without any."""
        home = self.population.principals[same.names[0]].account
        for account in self._accounts(names):
            if "*" in names and account == home:
                yield from actors.in_account(account)
            else:
                hits = (
                    self._context.patterns.hits(account, same.names[0], (ASSUME,))
                    if account != home
                    else same.hits
                )
                yield from actors.able(account, ASSUME).speaking_of(hits | same.spelt)

    def _steps(
        self, group: PrincipalGroup, roles: tuple[str, ...], own: OwnPolicy, trust: CompiledPolicy
    ) -> dict[Node, Step]:
        """What a group does whose members the trust policy does not name: those that it names are asked about by name."""
        role = self.population.principals[roles[0]]

        def decide(caller: Caller) -> Step | None:
            grant = self._ask(group, caller, role, trust)
            return None if grant is None else Step(ASSUME, grant)

        return asked_apart(self._context, group, own, decide, but=own.names)

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

    def _ask(
        self, group: PrincipalGroup, caller: Caller, role: Principal, trust: CompiledPolicy
    ) -> Grant | None:
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
        known = self._context.decisions.tags(tags, "iam")
        return self._context.decisions.ask(
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
