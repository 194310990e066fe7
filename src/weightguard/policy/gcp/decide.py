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
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.gcp import names, roles, storage
from weightguard.policy.gcp.conditions import Attributes, holds
from weightguard.policy.gcp.constraints import keeps_out, stopping
from weightguard.policy.gcp.members import Audience, Members, audience, canonical
from weightguard.policy.gcp.model import Binding, Boundary, DenyRule, Policies, Request

_Found = list[tuple[Formula, Reason]]
_MOST_ASKED: Final = 4_096
"""Questions that are kept of one set of policies; one more, and they are forgotten."""


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one request."""
    return _question(request, policies).decision(request.member)


def _question(request: Request, policies: Policies) -> Question:
    """The question that a request puts; the same one for all who ask without saying more."""
    if request.context:
        return Question(request, policies)
    key = (request.permission, request.resource, request.open, request.about_now)
    if key not in policies.asked:
        if len(policies.asked) >= _MOST_ASKED:
            policies.asked.clear()
        policies.asked[key] = Question(request, policies)
    return cast(Question, policies.asked[key])


class Question:
    """May somebody do this to that? What does not hang on who asks is worked out once for all who do.

    Args:
        request: what is asked; whose request it is does not matter here.
    """

    def __init__(self, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        self._lineage = tuple(names.lineage(request.resource, policies.parents))
        self._held = [
            (place, _held(place, request.permission, policies))
            for place in self._lineage
            if place in policies.bindings
        ]
        self._prevented = storage.keeps_the_public_out(request.resource, policies)
        self._truths: dict[str, Formula] = {}
        self._said: dict[object, Decision] = {}

    def decision(
        self, member: str, told: Mapping[str, object] | None = None, given: Reason | None = None
    ) -> Decision:
        """What all layers say together of somebody's request.

        Args:
            told: what is known of whoever asks, besides what the request tells.
            given: the binding by which they are allowed besides, in a policy of the resource or of what it lies in: a decision on
                the state after somebody gave themselves a role that has the permission.
        """
        asker = Members(
            member, self._policies, {**self._request.context, **(told or {})}, open=self._request.open
        )
        if self._prevented and storage.is_public(canonical(member)):
            given = None
        blocked, denied = self._blocked(asker, member), [*self._denied(asker)]
        allowed = [*self._allowed(asker, given)]
        acl = [*self._on_lists(asker)]
        found = (*blocked, *denied, *allowed, *acl)
        if any(formula is not ALWAYS for formula, _ in found):
            return self._concluded(blocked, denied, allowed, acl)
        said = tuple(id(reason) for _, reason in found if reason is not given), given
        if said not in self._said:
            self._said[said] = self._concluded(blocked, denied, allowed, acl)
        return self._said[said]

    def _concluded(self, blocked: _Found, denied: _Found, allowed: _Found, acl: _Found) -> Decision:
        refused = self._refused
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

    # What refuses

    @cached_property
    def _refused(self) -> _Found:
        return [(ALWAYS, reason) for reason in stopping(self._request, self._policies)]

    @cached_property
    def _boundaries(self) -> list[tuple[Boundary, Audience, bool, Reason]]:
        """The boundaries that bear on the question, each with whether the resource lies within it."""
        found = []
        for one in self._policies.boundaries:
            within = bool(set(map(names.relative, one.resources)) & set(self._lineage))
            if within or one.blocked is None or self._is_about(one.blocked):
                reason = Reason("pab", one.name, "0")
                found.append((one, audience(one.bound_to, self._policies), within, reason))
        return found

    def _blocked(self, asker: Members, member: str) -> _Found:
        """When no boundary that the principal is under makes it eligible for the resource."""
        under: _Found = []
        eligible: list[Formula] = []
        for one, meant, within, reason in self._boundaries:
            bound = self._bound(one, meant.meant(asker), member)
            if within:
                eligible.append(bound)
            elif bound is not NEVER:
                under.append((bound, reason))
        if not under:
            return []
        freed = negation(any_of(eligible))
        return [(both, reason) for bound, reason in under if (both := all_of((bound, freed))) is not NEVER]

    def _bound(self, boundary: Boundary, meant: Formula, member: str) -> Formula:
        if meant is NEVER or boundary.condition is None:
            return meant
        truth = holds(boundary.condition, self._of_principal(member), self._policies.memory)
        return all_of((meant, truth.true))

    def _of_principal(self, member: str) -> Attributes:
        """What the condition of a policy binding sees: the principal's type and subject."""
        kind, _, subject = member.partition(":")
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

    @cached_property
    def _rules(self) -> list[tuple[Audience, Audience, Formula, Reason]]:
        """The deny rules that bear on the question: whom each means and spares, and when it applies."""
        return [
            (audience(rule.principals, self._policies), audience(rule.except_principals, self._policies), applies,
             Reason("deny", policy.name, str(number)))
            for policy in self._policies.denials
            if policy.attached_to in self._lineage
            for number, rule in enumerate(policy.rules)
            if (applies := self._applies(rule)) is not NEVER
        ]  # fmt: skip

    def _applies(self, rule: DenyRule) -> Formula:
        if not self._is_about(rule.permissions) or self._is_about(rule.except_permissions):
            return NEVER
        if rule.condition is None:
            return ALWAYS
        return negation(holds(rule.condition, self._attributes, self._policies.memory).false)

    def _denied(self, asker: Members) -> Iterator[tuple[Formula, Reason]]:
        for denied, spared, applies, reason in self._rules:
            meant = denied.meant(asker)
            if meant is not NEVER:
                formula = all_of((meant, negation(spared.meant(asker)), applies))
                if formula is not NEVER:
                    yield formula, reason

    # What allows

    def _allowed(self, asker: Members, given: Reason | None) -> Iterator[tuple[Formula, Reason]]:
        for place, held in self._held:
            for number, meant in held.meant(asker, self._prevented):
                one = held.bindings[number]
                formula = all_of((meant, one.permits, self._truth(one.condition)))
                if formula is not NEVER:
                    yield formula, one.reason
            if given is not None and given.policy == place:
                yield ALWAYS, given
        if given is not None and all(given.policy != place for place, _ in self._held):
            yield ALWAYS, given

    def _truth(self, condition: str | None) -> Formula:
        if condition is None:
            return ALWAYS
        found = self._truths.get(condition)
        if found is None:
            found = holds(condition, self._attributes, self._policies.memory).true
            self._truths[condition] = found
        return found

    @cached_property
    def _lists(self) -> list[tuple[Audience, Reason]]:
        asked = self._request.permission, self._request.resource
        return [
            (audience((member,), self._policies), reason)
            for member, reason in storage.listed(*asked, self._policies)
        ]

    def _on_lists(self, asker: Members) -> Iterator[tuple[Formula, Reason]]:
        for meant, reason in self._lists:
            formula = meant.meant(asker)
            if formula is not NEVER:
                yield formula, reason


@dataclass(frozen=True, slots=True)
class _Held:
    """A binding that gives a permission, or may.

    Attributes:
        permits: when its role gives it.
        open: those of its members of which more has to be asked than their names.
    """

    reason: Reason
    permits: Formula
    condition: str | None
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """What the policy of one resource says of one permission, whoever asks.

    Attributes:
        by_name: name -> the bindings that mean whoever is called so.
        to_the_public: those among them that name everybody, which prevention undoes.
        open: the bindings of which more has to be asked.
    """

    bindings: tuple[_Held, ...]
    by_name: Mapping[str, tuple[int, ...]]
    to_the_public: Mapping[str, tuple[int, ...]]
    open: tuple[int, ...]

    def meant(self, asker: Members, prevented: bool) -> Iterator[tuple[int, Formula]]:
        """The bindings that mean whoever asks, in their order, and when they do."""
        found: dict[int, Formula] = {}
        for names_of in (self.by_name,) if prevented else (self.by_name, self.to_the_public):
            for name in asker.certain:
                for number in names_of.get(name, ()):
                    found[number] = ALWAYS
        for number in self.open:
            if number not in found:
                meant = any_of(map(asker.means, self.bindings[number].open))
                if meant is not NEVER:
                    found[number] = meant
        yield from sorted(found.items(), key=lambda one: one[0])


def _held(place: str, permission: str, policies: Policies) -> _Place:
    """What the policy of a resource says of a permission; worked out once for the policies."""
    key = (place, permission)
    if key not in policies.prepared:
        policies.prepared[key] = _prepared(place, permission, policies)
    return cast(_Place, policies.prepared[key])


def _prepared(place: str, permission: str, policies: Policies) -> _Place:
    bindings: list[_Held] = []
    by_name: dict[str, tuple[int, ...]] = {}
    public: dict[str, tuple[int, ...]] = {}
    for one in policies.bindings.get(place, ()):
        permits = _permits(one.role, permission, policies)
        if permits is NEVER:
            continue
        number = len(bindings)
        inside, named = _audiences(one, place, policies)
        for where, names_of in ((by_name, inside.names), (public, named)):
            for name in names_of:
                where[name] = (*where.get(name, ()), number)
        reason = Reason("allow", place, one.title or one.role)
        bindings.append(_Held(reason, permits, one.condition, inside.open))
    return _Place(
        tuple(bindings), by_name, public, tuple(number for number, one in enumerate(bindings) if one.open)
    )


def _audiences(binding: Binding, place: str, policies: Policies) -> tuple[Audience, set[str]]:
    """Whom a binding means, and as whom it names the public itself."""
    members = {canonical(one) for one in binding.members if not keeps_out(one, place, policies)}
    public = set(filter(storage.is_public, members))
    return audience(members - public, policies), public


def _permits(role: str, permission: str, policies: Policies) -> Formula:
    found = roles.find(role, policies.roles)
    if found.disabled:
        return NEVER
    if found.permissions is None:
        return Condition(role, "Permits", (permission,), needs=(role,))
    return ALWAYS if permission in found.permissions else NEVER


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
    certain = _certain(explicit)
    if certain:
        return Decision(Outcome.DENIED_EXPLICITLY, certain, NEVER, steps=steps)
    stands = negation(any_of(formula for formula, _ in (*blocked, *explicit)))
    granted = any_of(formula for formula, _ in allowed)
    whole = all_of((stands, granted))
    if whole is NEVER:
        lacking = tuple(layer for layer, found in (("pab", stands), ("allow", granted)) if found is NEVER)
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, lacking, steps)
    if whole is ALWAYS:
        by = _certain(allowed) or tuple(reason for _, reason in allowed)
        return Decision(Outcome.ALLOWED, by, ALWAYS, steps=steps)
    by = tuple(reason for _, reason in (*allowed, *explicit, *blocked))
    return Decision(Outcome.UNKNOWN, by, whole, steps=steps)


def _certain(found: _Found) -> tuple[Reason, ...]:
    """The statements that hold whatever the conditions."""
    return tuple(reason for formula, reason in found if formula is ALWAYS)
