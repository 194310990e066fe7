"""Puts questions to the policy engine, and turns what it says into what a step hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from weightguard.access.condition import Condition, ConditionKind
from weightguard.access.grant import Grant
from weightguard.access.model import Because
from weightguard.policy.decision import Decision, Outcome, Reason
from weightguard.policy.formula import AllOf, Formula
from weightguard.policy.formula import Condition as Test
from weightguard.policy.gcp import Policies, Question, Request

_ALLOWING: Final = ("allow", "acl")
_KINDS: Final = (
    ("request.time", ConditionKind.TIME),
    ("resource.tags", ConditionKind.TAG),
    ("resource.", ConditionKind.RESOURCE),
    ("levels", ConditionKind.NETWORK),
    ("origin.", ConditionKind.NETWORK),
    ("destination.", ConditionKind.NETWORK),
    ("request.auth.access_levels", ConditionKind.NETWORK),
    ("principal.", ConditionKind.IDENTITY),
    ("group:", ConditionKind.IDENTITY),
    ("google.", ConditionKind.CLAIM),
    ("attribute.", ConditionKind.CLAIM),
    ("assertion.", ConditionKind.CLAIM),
)


class Decisions:
    """Answers single requests.

    Args:
        now: when it is, for conditions with dates.
        ids: resource -> the id of the policy that lies on it.
        organisations: domain -> the names that sets of principals give its organisation.
    """

    def __init__(
        self, now: str, ids: Mapping[str, str], organisations: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._now = now
        self._ids = ids
        self._organisations = organisations

    def decide(
        self,
        member: str,
        permission: str,
        resource: str,
        policies: Policies,
        context: Mapping[str, object] | None = None,
    ) -> Grant | None:
        """What allows a request, and what it hangs on; None where it is denied."""
        return self.asked(permission, resource, policies, context).grant(member)

    def asked(
        self,
        permission: str,
        resource: str,
        policies: Policies,
        context: Mapping[str, object] | None = None,
    ) -> Asked:
        """A question that several may be asked of."""
        told = {**({"request.time": self._now} if self._now else {}), **(context or {})}
        request = Request("", permission, resource, told, open=True, about_now=True)
        return Asked(self, Question(request, policies))

    def organisations_of(self, member: str) -> tuple[str, ...]:
        """The organisations of this estate that a person belongs to, by the domain of the address."""
        return self._organisations.get(member.rpartition("@")[2], ()) if member.startswith("user:") else ()

    def grant(self, found: Decision) -> Grant:
        """What a decision rests on."""
        because = tuple(
            dict.fromkeys(
                Because(self._ids.get(reason.policy, reason.policy), reason.statement)
                for reason in found.by
                if reason.layer in _ALLOWING
            )
        )
        conditions = () if found.outcome is Outcome.ALLOWED else conditions_of(found.conditions)
        return granted_by(because, conditions)


class Asked:
    """One permission on one resource, decided for whoever asks; whom nothing tells apart share what allows them.

    Args:
        question: as the engine takes it.
    """

    __slots__ = ("_decisions", "_grants", "_question")

    def __init__(self, decisions: Decisions, question: Question) -> None:
        self._decisions = decisions
        self._question = question
        self._grants: dict[int, tuple[Decision, Grant | None]] = {}

    def grant(self, member: str, given: Reason | None = None) -> Grant | None:
        """What allows somebody, and what it hangs on; None where they are denied.

        Args:
            given: a binding that they have besides; see `Question.decision`.
        """
        told = {"principal.organization": self._decisions.organisations_of(member)}
        found = self._question.decision(member, told, given)
        # The decision is kept beside the grant: nothing else may come to have its identity.
        known = self._grants.get(id(found))
        if known is None:
            grant = self._decisions.grant(found) if found.may_be_allowed else None
            known = self._grants[id(found)] = (found, grant)
        return known[1]


def granted_by(because: tuple[Because, ...], conditions: tuple[Condition, ...] = ()) -> Grant:
    """What some bindings allow, each of them on its own."""
    return Grant(because, conditions, (((because,),),) if because else ())


def conditions_of(formula: Formula) -> tuple[Condition, ...]:
    """An open formula as conditions: one for each test where all have to hold, else one for the whole."""
    if isinstance(formula, Test):
        return (_of_test(formula),)
    if isinstance(formula, AllOf) and all(isinstance(part, Test) for part in formula.parts):
        tests = sorted(
            (part for part in formula.parts if isinstance(part, Test)), key=lambda one: (one.key, one.values)
        )
        return tuple(map(_of_test, tests))
    return (Condition(ConditionKind.SEVERAL, formula=formula, provider="gcp"),)


def _of_test(test: Test) -> Condition:
    return Condition(_kind(test), test.key, test.values, test.operator, test.negated, provider="gcp")


def _kind(test: Test) -> ConditionKind:
    if test.operator == "Permits":
        return ConditionKind.UNREAD
    if test.operator == "Member":
        return ConditionKind.IDENTITY
    return next((kind for start, kind in _KINDS if test.key.startswith(start)), ConditionKind.REQUEST)
