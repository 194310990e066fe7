"""May this principal do this to that?

In this order: principal access boundaries, deny policies, organisation policies and service perimeters that refuse, then what
allows: allow policies of the resource and of everything that it lies in, and Cloud Storage's own lists. Who uses a customer-managed
key for whoever reads is the service agent of the store's project; the reader needs no permission on the key, and key policies do
not separate readers.

Sources: IAM documentation, "Policy evaluation", "Deny policies", "Principal access boundary policies", "Overview of IAM
Conditions"; Cloud Storage documentation, "Overview of access control".
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, cast

from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Formula, all_of, any_of, negation
from weightguard.policy.gcp import names, storage
from weightguard.policy.gcp.conditions import Attributes, holds
from weightguard.policy.gcp.ground import Rule, ground
from weightguard.policy.gcp.groups import canonical
from weightguard.policy.gcp.members import Members
from weightguard.policy.gcp.model import Boundary, Policies, Request
from weightguard.policy.gcp.perimeters import Coming, refusing

_Found = list[tuple[Formula, Reason]]
_MOST_ASKED: Final = 4_096
"""Questions that are kept of one set of policies; one more, and they are forgotten."""
_WITHOUT_REFERENCES: Final = 2


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one request."""
    return _question(request, policies).decision(request.member)


def _question(request: Request, policies: Policies) -> Question:
    """The question that a request puts; the same one for all who ask the same and tell the same."""
    try:
        told = marshal.dumps(request.context, _WITHOUT_REFERENCES) if request.context else b""  # type: ignore[arg-type]
    except ValueError:  # A value that is not from JSON, as a time.
        return Question(request, policies)
    key = (request.permission, request.resource, request.open, request.about_now, told)
    found = policies.asked.get(key)
    if found is None:
        if len(policies.asked) >= _MOST_ASKED:
            policies.asked.clear()
        found = policies.asked[key] = Question(request, policies)
    return cast(Question, found)


class Question:
    """May somebody do this to that? What does not hang on who asks is worked out once for all who do.

    Args:
        request: what is asked; whose request it is does not matter here.
    """

    def __init__(self, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        self._ground = ground(request.permission, request.resource, policies)
        self._truths: dict[str, Formula] = {}
        self._by_names: dict[frozenset[str], Decision] = {}
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
        known = self._ground.names
        if given is not None or known is None:
            return self._decided(member, told, given)
        meant = self._policies.groups.certain(member) & known
        found = self._by_names.get(meant)
        if found is None:
            found = self._by_names[meant] = self._decided(member, told, given)
        return found

    def _decided(self, member: str, told: Mapping[str, object] | None, given: Reason | None) -> Decision:
        asker = Members(
            member, self._policies, {**self._request.context, **(told or {})}, open=self._request.open
        )
        if self._ground.prevented and storage.is_public(canonical(member)):
            given = None
        blocked, denied = self._blocked(asker, member), [*self._denied(asker)]
        allowed = [*self._allowed(asker, given)]
        acl = [*self._on_lists(asker)]
        fenced = [*self._fenced(asker, member)]
        if fenced:
            return self._concluded(blocked, denied, allowed, acl, fenced)
        found = (*blocked, *denied, *allowed, *acl)
        if any(formula is not ALWAYS for formula, _ in found):
            return self._concluded(blocked, denied, allowed, acl)
        said = tuple(id(reason) for _, reason in found if reason is not given), given
        if said not in self._said:
            self._said[said] = self._concluded(blocked, denied, allowed, acl)
        return self._said[said]

    def _fenced(self, asker: Members, member: str) -> Iterator[tuple[Formula, Reason]]:
        """The service perimeters that refuse."""
        perimeters = self._policies.perimeters
        if perimeters.may_bear(self._request.permission):
            told, is_open = self._request.context, self._request.open
            places = self._ground.lineage
            yield from refusing(
                Coming(self._request.permission, places, told, is_open, canonical(member), asker), perimeters
            )

    def _concluded(
        self,
        blocked: _Found,
        denied: _Found,
        allowed: _Found,
        acl: _Found,
        fenced: Iterable[tuple[Formula, Reason]] = (),
    ) -> Decision:
        fenced = list(fenced)
        refused = self._refused
        steps = tuple(
            (layer, verdict)
            for layer, verdict in (
                ("pab", _denying(blocked)),
                ("deny", _denying(denied)),
                ("org_policy", _denying(refused)),
                ("perimeter", _denying(fenced)),
                ("allow", _allowing(allowed)),
                ("acl", _allowing(acl)),
            )
            if layer == "allow" or verdict.allow is not NEVER or verdict.deny is not NEVER
        )
        return _concluded(blocked, denied, [*refused, *fenced], [*allowed, *acl], steps)

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
        for place in reversed(self._ground.lineage):
            found.update(self._policies.tags.get(place, {}))
        return found

    # What refuses

    @cached_property
    def _refused(self) -> _Found:
        return [(ALWAYS, reason) for reason in self._ground.refused]

    def _blocked(self, asker: Members, member: str) -> _Found:
        """When no boundary that the principal is under makes it eligible for the resource."""
        under: _Found = []
        eligible: list[Formula] = []
        for one in self._ground.boundaries:
            bound = self._bound(one.boundary, one.meant.meant(asker), member)
            if one.within:
                eligible.append(bound)
            elif bound is not NEVER:
                under.append((bound, one.reason))
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

    @cached_property
    def _rules(self) -> list[tuple[Rule, Formula]]:
        """The deny rules that may apply, and when they do."""
        found = ((rule, self._applies(rule)) for rule in self._ground.rules)
        return [(rule, applies) for rule, applies in found if applies is not NEVER]

    def _applies(self, rule: Rule) -> Formula:
        if rule.condition is None:
            return ALWAYS
        return negation(holds(rule.condition, self._attributes, self._policies.memory).false)

    def _denied(self, asker: Members) -> Iterator[tuple[Formula, Reason]]:
        for rule, applies in self._rules:
            meant = rule.denied.meant(asker)
            if meant is not NEVER:
                formula = all_of((meant, negation(rule.spared.meant(asker)), applies))
                if formula is not NEVER:
                    yield formula, rule.reason

    # What allows

    def _allowed(self, asker: Members, given: Reason | None) -> Iterator[tuple[Formula, Reason]]:
        for place, held in self._ground.held:
            for number, meant in held.meant(asker, self._ground.prevented):
                one = held.bindings[number]
                formula = all_of((meant, one.permits, self._truth(one.condition)))
                if formula is not NEVER:
                    yield formula, one.reason
            if given is not None and given.policy == place:
                yield ALWAYS, given
        if given is not None and all(given.policy != place for place, _ in self._ground.held):
            yield ALWAYS, given

    def _truth(self, condition: str | None) -> Formula:
        if condition is None:
            return ALWAYS
        found = self._truths.get(condition)
        if found is None:
            found = holds(condition, self._attributes, self._policies.memory).true
            self._truths[condition] = found
        return found

    def _on_lists(self, asker: Members) -> Iterator[tuple[Formula, Reason]]:
        for meant, reason in self._ground.lists:
            formula = meant.meant(asker)
            if formula is not NEVER:
                yield formula, reason


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
