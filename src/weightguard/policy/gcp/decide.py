"""May this principal do this to that?

In this order: principal access boundaries, deny policies, organisation policies that refuse requests, then what allows: allow
policies of the resource and of everything that it lies in, and Cloud Storage's own lists. Who uses a customer-managed key for
whoever reads is the service agent of the store's project; the reader needs no permission on the key, and key policies do not
separate readers.

Sources: IAM documentation, "Policy evaluation", "Deny policies", "Principal access boundary policies", "Overview of IAM
Conditions"; Cloud Storage documentation, "Overview of access control".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.gcp import names, roles, storage
from weightguard.policy.gcp.conditions import TRUE, Attributes, Truth, holds
from weightguard.policy.gcp.constraints import keeps_out, stopping
from weightguard.policy.gcp.members import Members
from weightguard.policy.gcp.model import Binding, Boundary, DenyRule, Policies, Request

_Found = list[tuple[Formula, Reason]]


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one request."""
    return _Question(request, policies).decision()


class _Question:
    def __init__(self, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        self._lineage = tuple(names.lineage(request.resource, policies.parents))
        self._members = Members(request, policies)

    @cached_property
    def _attributes(self) -> Attributes:
        """What conditions see of the request."""
        request = self._request
        told = {**names.attributes(request.resource), **request.context}
        return Attributes(told, self._tags(), request.open, request.about_now)

    def _tags(self) -> Mapping[str, str] | None:
        """The tags that a resource has and inherits; the nearest value of a key counts."""
        if self._policies.tags is None:
            return None if self._request.open else {}
        found: dict[str, str] = {}
        for place in reversed(self._lineage):
            found.update(self._policies.tags.get(place, {}))
        return found

    def decision(self) -> Decision:
        """What all layers say together."""
        blocked = self._blocked()
        denied = [*self._denied()]
        refused: _Found = [(ALWAYS, reason) for reason in stopping(self._request, self._policies)]
        allowed = [*self._allowed()]
        acl = [
            *storage.listed(self._request.permission, self._request.resource, self._policies, self._members)
        ]
        steps = tuple(
            (layer, verdict)
            for layer, verdict in (
                ("pab", _denying(blocked)),
                ("deny", _denying(denied)),
                ("org_policy", _denying(refused)),
                ("allow", _allowing(allowed)),
                ("acl", _allowing(acl)),
            )
            if layer == "allow" or verdict.allow is not NEVER or verdict.deny is not NEVER
        )
        return _concluded(blocked, denied, refused, [*allowed, *acl], steps)

    def _blocked(self) -> _Found:
        """When no boundary that the principal is under makes it eligible for the resource."""
        under: _Found = []
        eligible: list[Formula] = []
        for one in self._policies.boundaries:
            bound = self._bound(one)
            if bound is NEVER:
                continue
            if set(map(names.relative, one.resources)) & set(self._lineage):
                eligible.append(bound)
            elif one.blocked is None or self._is_about(one.blocked):
                under.append((bound, Reason("pab", one.name, "0")))
        freed = negation(any_of(eligible))
        return [(both, reason) for bound, reason in under if (both := all_of((bound, freed))) is not NEVER]

    def _bound(self, boundary: Boundary) -> Formula:
        truth = (
            TRUE
            if boundary.condition is None
            else holds(boundary.condition, self._of_principal(), self._policies.memory)
        )
        return all_of((self._members.any_means(boundary.bound_to), truth.true))

    def _of_principal(self) -> Attributes:
        """What the condition of a policy binding sees: the principal's type and subject."""
        kind, _, subject = self._request.member.partition(":")
        types = {
            "user": "iam.googleapis.com/WorkspaceIdentity",
            "serviceAccount": "iam.googleapis.com/ServiceAccount",
        }
        told: dict[str, object] = {"principal.subject": subject}
        if kind in types:
            told["principal.type"] = types[kind]
        return Attributes({**told, **self._request.context}, {}, self._request.open)

    def _is_about(self, permissions: Iterable[str]) -> bool:
        return any(names.names_permission(one, self._request.permission) for one in permissions)

    def _denied(self) -> Iterator[tuple[Formula, Reason]]:
        for policy in self._policies.denials:
            if policy.attached_to not in self._lineage:
                continue
            for number, rule in enumerate(policy.rules):
                formula = self._rule(rule)
                if formula is not NEVER:
                    yield formula, Reason("deny", policy.name, str(number))

    def _rule(self, rule: DenyRule) -> Formula:
        if not self._is_about(rule.permissions) or self._is_about(rule.except_permissions):
            return NEVER
        meant = self._members.any_means(rule.principals)
        spared = self._members.any_means(rule.except_principals)
        truth = (
            TRUE if rule.condition is None else holds(rule.condition, self._attributes, self._policies.memory)
        )
        return all_of((meant, negation(spared), negation(truth.false)))

    def _allowed(self) -> Iterator[tuple[Formula, Reason]]:
        prevented = storage.keeps_the_public_out(self._request.resource, self._policies)
        for place in self._lineage:
            for binding in self._policies.bindings.get(place, ()):
                formula = self._binding(binding, place, prevented)
                if formula is not NEVER:
                    yield formula, Reason("allow", place, binding.title or binding.role)

    def _binding(self, binding: Binding, on: str, prevented: bool) -> Formula:
        permits = self._permits(binding.role)
        if permits is NEVER:
            return NEVER
        meant = self._members.any_means(
            tuple(
                member
                for member in binding.members
                if not (prevented and storage.is_public(member)) and not keeps_out(member, on, self._policies)
            )
        )
        truth: Truth = (
            TRUE
            if binding.condition is None
            else holds(binding.condition, self._attributes, self._policies.memory)
        )
        return all_of((meant, permits, truth.true))

    def _permits(self, role: str) -> Formula:
        found = roles.find(role, self._policies.roles)
        if found.disabled:
            return NEVER
        if found.permissions is None:
            return Condition(role, "Permits", (self._request.permission,), needs=(role,))
        return ALWAYS if self._request.permission in found.permissions else NEVER


def _allowing(found: _Found) -> Verdict:
    return Verdict(allow=any_of(one for one, _ in found), allowed_by=tuple(reason for _, reason in found))


def _denying(found: _Found) -> Verdict:
    return Verdict(deny=any_of(one for one, _ in found), denied_by=tuple(reason for _, reason in found))


def _concluded(
    blocked: _Found,
    denied: _Found,
    refused: _Found,
    allowed: _Found,
    steps: tuple[tuple[str, Verdict], ...],
) -> Decision:
    explicit = [*denied, *refused]
    if any(formula is ALWAYS for formula, _ in explicit):
        by = tuple(reason for formula, reason in explicit if formula is ALWAYS)
        return Decision(Outcome.DENIED_EXPLICITLY, by, NEVER, steps=steps)
    stands = negation(any_of(formula for formula, _ in (*blocked, *explicit)))
    granted = any_of(formula for formula, _ in allowed)
    whole = all_of((stands, granted))
    if whole is NEVER:
        lacking = tuple(
            layer for layer, lacks in (("pab", stands is NEVER), ("allow", granted is NEVER)) if lacks
        )
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, lacking, steps)
    if whole is ALWAYS:
        by = tuple(reason for formula, reason in allowed if formula is ALWAYS)
        return Decision(Outcome.ALLOWED, by or tuple(reason for _, reason in allowed), ALWAYS, steps=steps)
    by = tuple(reason for _, reason in (*allowed, *explicit, *blocked))
    return Decision(Outcome.UNKNOWN, by, whole, steps=steps)
