"""What somebody gets by doing something to a resource, and everybody who gets it: by a role that they have, or by one that they
assign.

Whoever may assign any role at a scope may do anything to what lies in it. That is one node a scope, so that a thousand
resources and a hundred administrators make no hundred thousand links. Whoever may assign some roles only gets what these
permit.

Sources: Azure RBAC documentation, "Delegate Azure access management to others", "Azure role assignment condition format and
syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from weightguard.access.azure.context import ROOT, Assigned, Context
from weightguard.access.azure.decisions import Decisions, Holding, Need
from weightguard.access.condition import Condition, besides
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Group, Link, Node, Step
from weightguard.access.model import Because
from weightguard.estate.model import PrincipalKind
from weightguard.policy.azure import Permission, Policies, Request, decide
from weightguard.policy.azure import roles as role_table
from weightguard.policy.decision import Outcome

ASSIGN: Final = "Microsoft.Authorization/roleAssignments/write"
REWRITE: Final = "Microsoft.Authorization/roleDefinitions/write"
_ASSIGNED: Final = "microsoft.authorization/roleassignments:"
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOBODY: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_TYPES: Final = {
    PrincipalKind.USER: "User",
    PrincipalKind.GROUP: "Group",
    PrincipalKind.APPLICATION: "ServicePrincipal",
    PrincipalKind.SERVICE_ACCOUNT: "ServicePrincipal",
}


class State(Group):
    """Somebody as a change would leave them: a node without a name."""

    __slots__ = ("about",)

    def __init__(self, about: str) -> None:
        self.names = []
        self.parts = ()
        self.about = about


@dataclass(frozen=True, slots=True)
class Offer:
    """What is got by doing something.

    Attributes:
        technique: the id of the technique.
        needs: the permissions that it takes, all of one actor.
        effect: what is thereby had.
        how: the actions in words; empty: those of the needs.
        target: what it is done to.
        conditions: what it hangs on besides.
        anywhere: actions of which the actor needs one at any scope of its own choosing.
        then: what is done after it, where that gives nothing by itself; empty: nothing.
        apart: whether what it takes is done step by step.
    """

    technique: str
    needs: tuple[Need, ...]
    effect: Node
    target: str
    how: str = ""
    conditions: tuple[Condition, ...] = ()
    anywhere: tuple[str, ...] = ()
    then: str = ""
    apart: bool = False

    @property
    def words(self) -> str:
        """What is done."""
        return self.how or " + ".join(need.action for need in self.needs)

    def steps(self, grant: Grant) -> tuple[Step, ...]:
        """What is done, one after the other.

        Args:
            grant: what allows all of it.
        """
        hung = grant.provided(*self.conditions) if self.conditions else grant
        if self.apart:
            *first, last = self.needs
            return (
                *(Step(need.action, grant, need.resource) for need in first),
                Step(last.action, hung, last.resource),
            )
        done = Step(self.words, hung, self.target)
        return (done, Step(self.then, FREELY, self.target)) if self.then else (done,)


@dataclass(frozen=True, slots=True)
class Delegate:
    """Whoever may assign some roles only.

    Attributes:
        roles: what may be assigned to whom: the role, and the principal or empty for the actor itself.
        of_other_type: roles that may be assigned to principals of another type than the actor's alone.
    """

    assigned: Assigned
    grant: Grant
    roles: frozenset[tuple[str, str]]
    of_other_type: frozenset[str]


@dataclass(slots=True)
class Offers:
    """Turns offers into links.

    Attributes:
        control: plain scope -> the node of whoever may assign any role there.
    """

    context: Context
    decisions: Decisions
    control: dict[str, State] = field(default_factory=dict)
    delegates: list[Delegate] = field(default_factory=list)
    joint: list[tuple[Delegate, str, Offer]] = field(default_factory=list)
    """Offers that a delegate gets by acting as somebody else, to whom alone it may assign the role."""
    _makers: dict[tuple[str, ...], dict[str, Holding]] = field(default_factory=dict)

    def controlling(self, scope: str) -> tuple[State, list[Link]]:
        """The node of whoever may assign any role at a scope, with the links from those of the scopes above that are new."""
        found = self.control.get(scope)
        if found is not None:
            return found, []
        links: list[Link] = []
        below: State | None = None
        for at in self.context.scopes(scope) if scope != ROOT else (ROOT,):
            known = at in self.control
            node = self.control.setdefault(at, State(at))
            if below is not None:
                links.append(Link(node, below))
            below = node
            if known:
                break
        return self.control[scope], links

    def administrators(self) -> Iterator[Link]:
        """Whoever may assign roles, at the scopes of their own assignments."""
        for one in self.context.assigned:
            if self.context.permits(one.role, ASSIGN, False) is not False:
                yield from self._administrator(one)

    def _administrator(self, one: Assigned) -> Iterator[Link]:
        held = self.decisions.holding(one.principal, (one,), Need(ASSIGN, one.scope), {}, Policies())
        if held is None:
            return
        if self._is_delegate(one) and not held.grant.is_certain:
            self.delegates.append(self._delegate(one, held.grant))
            return
        node, links = self.controlling(one.scope)
        yield from links
        step = Step(ASSIGN, held.grant, one.scope)
        yield Link(one.principal, node, (*held.before, step), named=one.principal)

    def _is_delegate(self, one: Assigned) -> bool:
        """Whether a condition of the assignment or of the role itself says which roles may be assigned."""
        own = role_table.find(one.role, self.context.roles) or ()
        return one.condition is not None or any(_grants(part, ASSIGN) and part.condition for part in own)

    def _delegate(self, one: Assigned, grant: Grant) -> Delegate:
        text = " ".join(
            [
                one.condition or "",
                *(part.condition or "" for part in role_table.find(one.role, self.context.roles) or ()),
            ]
        ).lower()
        named = [
            f"azure:{id}"
            for id in dict.fromkeys(_GUID.findall(text))
            if f"azure:{id}" in self.context.principals
        ]
        roles: set[tuple[str, str]] = set()
        others: set[str] = set()
        kind = self._type(one.principal)
        for role in self._roles():
            if self._may_assign(one, role, _NOBODY, kind):
                roles.add((role, ""))
            elif any(
                self._may_assign(one, role, _NOBODY, other) for other in ("ServicePrincipal", "Group", "User")
            ):
                others.add(role)
            for name in named:
                if self._may_assign(one, role, name.removeprefix("azure:"), self._type(name)):
                    roles.add((role, name))
        plain_grant = Grant((Because(one.id, "*"),))
        return Delegate(one, plain_grant if grant.conditions else grant, frozenset(roles), frozenset(others))

    def _roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.context.roles, *role_table.built_in_ids())))

    def _type(self, name: str) -> str:
        found = self.context.principals.get(name)
        kind = "User" if found is None else _TYPES.get(found.kind, "User")
        return "User" if kind == "Group" else kind

    def _may_assign(self, one: Assigned, role: str, principal: str, kind: str) -> bool:
        told = {
            f"{_ASSIGNED}roledefinitionid": role,
            f"{_ASSIGNED}principalid": principal,
            f"{_ASSIGNED}principaltype": kind,
        }
        request = Request(one.principal, ASSIGN, False, one.scope, told, open=True)
        context = self.context
        given = Policies(
            roles=context.roles,
            assignments=(one.rule,),
            parents=context.parents,
            memory=context.estate.memory,
        )
        return decide(request, given).outcome in (Outcome.ALLOWED, Outcome.UNKNOWN)

    def role_changes(self) -> Iterator[Link]:
        """Whoever may rewrite a role that they have: it then permits anything where it is assigned.

        A custom role is changed by whoever may do so at every scope that it can be assigned at.
        """
        for one in self.context.assigned:
            places = self.context.assignable.get(one.role)
            if not places:
                continue
            parts = [self.decisions.each(Need(REWRITE, place)) for place in places]
            for name in sorted(self.context.leaves(one.principal) & _in_all(parts)):
                node, links = self.controlling(one.scope)
                yield from links
                grant = FREELY
                for part in parts:
                    grant = grant.and_also(part[name].grant)
                yield Link(name, node, (Step(REWRITE, grant, one.scope),), named=name)

    def links(self, offer: Offer) -> Iterator[Link]:
        """Everybody who takes an offer."""
        yield from self.held(offer)
        yield from self.assigning(offer)
        yield from self.delegated(offer)

    def held(self, offer: Offer) -> Iterator[Link]:
        if len(offer.needs) == 1 and not offer.anywhere:
            for one in self.decisions.holders(offer.needs[0]):
                yield self._link(offer, one.name, one.grant, one.before)
            return
        parts = [self.decisions.each(need) for need in offer.needs]
        if offer.anywhere:
            parts.append(self._anywhere(offer.anywhere))
        for name in sorted(_in_all(parts)):
            grant = FREELY
            before: tuple[Step, ...] = ()
            for part in parts:
                grant, before = grant.and_also(part[name].grant), (*before, *part[name].before)
            yield self._link(offer, name, grant, before)

    def _link(self, offer: Offer, name: str, grant: Grant, before: tuple[Step, ...] = ()) -> Link:
        return Link(name, offer.effect, (*before, *offer.steps(grant)))

    def _anywhere(self, actions: tuple[str, ...]) -> dict[str, Holding]:
        """Whoever may do one of some things at some scope."""
        found = self._makers.get(actions)
        if found is None:
            found = self._makers[actions] = {}
            for one in self.context.assigned:
                if any(self.context.permits(one.role, action, False) for action in actions):
                    for name in self.context.leaves(one.principal):
                        found.setdefault(name, Holding(name, Grant((Because(one.id, "*"),))))
        return found

    def assigning(self, offer: Offer) -> Iterator[Link]:
        """Whoever may assign any role where it is needed."""
        if any(self.decisions.denied_to_all(need) for need in offer.needs):
            return
        scope = self._common([self._scope(need) for need in offer.needs])
        if offer.anywhere:  # What is needed besides is assigned at a resource group at the least.
            scope = "/".join(scope.split("/")[:5]) or ROOT
        node, links = self.controlling(scope)
        yield from links
        yield Link(node, offer.effect, offer.steps(FREELY))

    def _scope(self, need: Need) -> str:
        """Where a role has to be assigned at the least: roles are assigned at resources, not at blobs."""
        resource = need.resource.lower()
        return (resource.partition("/blobs/")[0] if "/containers/" in resource else resource).rstrip(
            "/"
        ) or ROOT

    def _common(self, scopes: list[str]) -> str:
        """The innermost scope that holds all of some."""
        ways = [self.context.scopes(one) for one in scopes]
        return next((one for one in ways[0] if all(one in way for way in ways[1:])), ROOT)

    def delegated(self, offer: Offer) -> Iterator[Link]:
        """Whoever may assign a role that permits it, though not any role."""
        for one in self.delegates:
            if not all(one.assigned.scope in self.context.scopes(need.resource) for need in offer.needs):
                continue
            permitting = {
                role
                for role in {role for role, _ in one.roles} | one.of_other_type
                if self._covers(role, offer)
            }
            first = Step(ASSIGN, one.grant, one.assigned.scope)
            if any((role, "") in one.roles for role in permitting):
                yield Link(one.assigned.principal, offer.effect, (first, *offer.steps(FREELY)))
            elif permitting & one.of_other_type:
                hung = offer.steps(FREELY.provided(_OTHER_TYPE))
                yield Link(one.assigned.principal, offer.effect, (first, *hung))
            self.joint += [
                (one, name, offer)
                for name in sorted({who for role, who in one.roles if who and role in permitting})
            ]

    def _covers(self, role: str, offer: Offer) -> bool:
        return all(self.context.permits(role, need.action, need.is_data) for need in offer.needs)


def _in_all(parts: list[dict[str, Holding]]) -> set[str]:
    """Whoever is in every one of some."""
    found = set(parts[0])
    for part in parts[1:]:
        found &= set(part)
    return found


_OTHER_TYPE: Final = besides("the actor has to have a principal of the type that the condition asks for")


def _grants(permission: Permission, action: str) -> bool:
    from weightguard.policy.azure.scopes import matches

    return any(matches(one, action) for one in permission.actions)
