"""Pass a role to something new, which then runs the actor's code as that role."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import partial

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.decisions import trust_of_service
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.readings import Actions
from weightguard.access.aws.identities.resource_classes import Alike
from weightguard.access.aws.permissions import PASSING, Permissions, how_of
from weightguard.access.aws.technique_data.schema import PassRole, techniques
from weightguard.access.aws.techniques.identity_pools import vouched_for
from weightguard.access.aws.techniques.targets import Targets
from weightguard.access.aws.techniques.trust_policies import TrustPolicies
from weightguard.access.condition import besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal, PrincipalKind, Workload

_NEW_PROFILE = ("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile")
_ON_ROLE = (PASSING,)
"""What is asked about a role itself: what is started with it is not its affair."""


def passing_everything() -> list[PassRole]:
    """The techniques that lend everything that the role may do."""
    return [entry for entry in techniques() if isinstance(entry, PassRole) and entry.reaches is None]


def _needed(entries: Iterable[PassRole]) -> set[str]:
    """The actions that techniques ask for, at once or where something is not settled yet."""
    needs = [need for entry in entries for some in (entry.needs, *entry.settled_by) for need in some]
    return {need.action for need in needs}


def _kinds_there(workloads: Iterable[Workload]) -> dict[str, set[str]]:
    """The kinds of workloads that an account has, ``ecs/task``."""
    found: dict[str, set[str]] = {}
    for one in workloads:
        found.setdefault(one.account, set()).add(f"{one.service}/{one.kind}")
    return found


class PassedRoles:
    """Works out the links of passed roles.

    Args:
        context: what techniques may ask.
        needs: decides what techniques need.
        trusts: knows the roles' trust policies.
        entries: the techniques; None: those that lend everything that the role may do.
    """

    def __init__(
        self,
        context: Context,
        needs: Permissions,
        trusts: TrustPolicies,
        entries: Iterable[PassRole] | None = None,
    ) -> None:
        self._context = context
        self._needs = needs
        self._trusts = trusts
        self._entries = sorted(
            passing_everything() if entries is None else entries,
            key=lambda entry: (entry.conditional is not None, len(entry.needs), entry.id),
        )
        self._actions = (PASSING, *_NEW_PROFILE, *sorted(_needed(self._entries)))
        self._free = [
            tuple(need.action for need in entry.needs) for entry in self._entries if not entry.passes
        ]
        self._vouching = {service for entry in self._entries if entry.vouches for service in entry.services}
        self._services = sorted({service for entry in self._entries for service in entry.services})
        self._lower = {need.action: need.action.lower() for entry in self._entries for need in entry.needs}
        self._named_services = frozenset({*self._services, "*"})
        self._aims = Targets()
        self._classes: dict[str, list[tuple[Alike, dict[str, Grant]]]] = {}
        self._offered: dict[tuple[Actions, ...], list[PassRole]] = {}
        self._ready: dict[tuple[PrincipalGroup, str], Grant | None] = {}
        self._there = _kinds_there(context.estate.workloads)

    def links(self, actors: Actors) -> Iterator[Link]:
        """The links of some groups to roles of their own account."""
        for account in actors.accounts:
            for same, trusted in self._trusting(account):
                example = self._context.population.principals[same.names[0]]
                decide = partial(self._steps, role=example, trusted=trusted)
                able = actors.cohorts(account, self._actions, (PASSING,)).speaking_of(same.hits | same.spelt)
                yield from self._aims.links(same, able, decide, must_speak=True)
                yield from self._aims.links(same, self._needing_no_pass(actors, account), decide)

    def _trusting(self, account: str) -> list[tuple[Alike, dict[str, Grant]]]:
        """The account's roles that trust a service, as far as they are alike to whoever passes them."""
        found = self._classes.get(account)
        if found is None:
            principals = self._context.population.principals
            roles = [
                name
                for group in self._context.population.in_account(account)
                for name in group.names
                if principals[name].kind is PrincipalKind.ROLE
                and not principals[name].service_linked
                and self._names_a_service(principals[name])
            ]
            found = self._classes[account] = []
            for same in self._context.patterns.split(account, roles, self._key, _ON_ROLE):
                grants = self._services_trusted(principals[same.names[0]])
                if grants:
                    found.append((same, grants))
        return found

    def _names_a_service(self, role: Principal) -> bool:
        trust = self._trusts.of(role)
        if trust is None:
            return False
        vouching = {
            name
            for statement in trust.document.statements
            if statement.principals is not None
            for name in statement.principals.federated
        }
        return bool(self._named_services & self._context.named.names(trust) or self._vouching & vouching)

    def _services_trusted(self, role: Principal) -> dict[str, Grant]:
        return {
            service: grant
            for service in self._services
            if (grant := self._trusts_service(role, service)) is not None
        }

    def _key(self, name: str) -> Hashable:
        role = self._context.population.principals[name]
        trust = self._trusts.of(role)
        told = self._context.decisions.tags_told(role, _ON_ROLE)
        return (None if trust is None else trust.document, bool(role.instance_profiles), told)

    def _trusts_service(self, role: Principal, service: str) -> Grant | None:
        trust = self._trusts.of(role)
        if trust is not None and service in self._vouching:
            return vouched_for(self._context, role, trust, service)
        if trust is None or not {service, "*"} & self._context.named.names(trust):
            return None
        return trust_of_service(self._context.decisions, role, trust, service)

    def _needing_no_pass(self, actors: Actors, account: str) -> Iterable[PrincipalGroup]:
        """The cohorts that may start what takes a role without it being passed."""
        return dict.fromkeys(group for actions in self._free for group in actors.cohorts(account, actions))

    def _steps(
        self, group: PrincipalGroup, names: tuple[str, ...], role: Principal, trusted: dict[str, Grant]
    ) -> dict[Node, Step]:
        if names[0] != role.id:
            role = self._context.population.principals[names[0]]
        step = self._best(group, role, trusted)
        return {} if step is None else {group: step}

    def _startable(self, group: PrincipalGroup) -> list[PassRole]:
        """The techniques whose needs the group meets, as far as its policies say so by action alone."""
        readings = (self._context.population.reading(policy) for policy in group.documents)
        allowing = tuple(
            dict.fromkeys(said.actions for reading in readings for said in reading.said if said.allows)
        )
        found = self._offered.get(allowing)
        if found is None:
            allowed = {
                one for one in self._lower.values() if any(actions.concern(one) for actions in allowing)
            }
            found = self._offered[allowing] = [
                entry
                for entry in self._entries
                if all(self._lower[need.action] in allowed for need in entry.needs)
            ]
        return found

    def _started(self, group: PrincipalGroup, entry: PassRole) -> Grant | None:
        """Whether the group meets a technique's needs, whatever role it passes."""
        key = (group, entry.id)
        if key not in self._ready:
            there = self._there.get(group.account, set())
            grant = None
            if not entry.exists or there & set(entry.exists):
                grant = self._needs.all_chosen(group, entry.needs)
            self._ready[key] = None if grant is None else self._settled(entry, group, grant)
        return self._ready[key]

    def _settled(self, entry: PassRole, group: PrincipalGroup, grant: Grant) -> Grant:
        if entry.conditional is None:
            return grant
        settled = self._needs.settles(group, entry.settled_by)
        return grant.provided(besides(entry.conditional)) if settled is None else grant.and_also(settled)

    def _best(self, group: PrincipalGroup, role: Principal, trusted: dict[str, Grant]) -> Step | None:
        best: Step | None = None
        passed: dict[str, Grant | None] = {}
        for entry in self._startable(group):
            for service in entry.services:
                if service not in trusted:
                    continue
                step = self._step(entry, service, group, role, trusted[service], passed)
                if step is None:
                    continue
                if step.grant.is_certain:
                    return step
                best = best or step
        return best

    def _step(
        self,
        entry: PassRole,
        service: str,
        group: PrincipalGroup,
        role: Principal,
        trusted: Grant,
        passed: dict[str, Grant | None],
    ) -> Step | None:
        if entry.passes:
            if service not in passed:
                passed[service] = self._pass(group, role, service)
            if passed[service] is None:
                return None
        started = self._started(group, entry)
        if started is None:
            return None
        actions = [PASSING] if entry.passes else []
        actions += [need.action for need in entry.needs]
        profile = self._profile(group, role) if entry.instance_profile else Grant()
        if profile is None:
            return None
        if entry.instance_profile and not role.instance_profiles:
            actions = [*_NEW_PROFILE, *actions]
        grant = (passed.get(service) or Grant()).and_also(started).and_also(trusted).and_also(profile)
        return Step(how_of(actions), grant)

    def _pass(self, group: PrincipalGroup, role: Principal, service: str) -> Grant | None:
        tags = role.tags.value if isinstance(role.tags, Known) else None
        context = {**self._context.decisions.tags(tags, "iam"), "iam:PassedToService": service}
        return self._needs.on(group, PASSING, role.id, context=context)

    def _profile(self, group: PrincipalGroup, role: Principal) -> Grant | None:
        """The instance profile that launching needs: the role has one, or the actor can make one."""
        if role.instance_profiles:
            return Grant()
        found = Grant()
        for action in _NEW_PROFILE:
            partition = self._context.population.realm(role.account).partition
            grant = self._needs.on(group, action, f"arn:{partition}:iam::{role.account}:instance-profile/*")
            if grant is None:
                return None
            found = found.and_also(grant)
        return found
