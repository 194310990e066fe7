"""Ask one layer of policies: which of its statements concern the request, and what they say."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.policy.aws.context import ABSENT, UNKNOWN
from weightguard.policy.aws.document import CompiledPolicy
from weightguard.policy.aws.formula import ALWAYS, NEVER, AnyOf, Condition, Formula, all_of, any_of, negation
from weightguard.policy.aws.model import PolicySet
from weightguard.policy.aws.principal import Naming, PrincipalType
from weightguard.policy.aws.question import Question
from weightguard.policy.aws.statement import Statement
from weightguard.policy.aws.verdict import Matched, Reason, ResourceVerdict, Verdict

_MOST_REMEMBERED = 65_536
_UNREAD = "(could not be read)"
_SESSION_NAME = "sts:RoleSessionName"


def both(one: Formula, other: Formula) -> Formula:
    """One and the other."""
    if one is NEVER or other is ALWAYS:
        return one
    if one is ALWAYS or other is NEVER:
        return other
    return all_of((one, other))


def either(one: Formula, other: Formula) -> Formula:
    """One or the other."""
    if one is ALWAYS or other is NEVER:
        return one
    if one is NEVER or other is ALWAYS:
        return other
    return any_of((one, other))


def ask(policies: PolicySet, layer: str, question: Question) -> Verdict:
    """What a layer that names no principals says."""
    matched = _matched(policies, layer, question)
    if not matched.pending:
        return matched.settled
    tally = _Tally(matched.settled)
    for name, statement in matched.pending:
        if tally.is_moot(statement):
            continue
        tally.add(statement.allows, _formula(statement, question), Reason(layer, name, statement.label))
    return tally.verdict()


def ask_resource(
    policies: PolicySet, layer: str, question: Question, *, has_boundary: bool
) -> ResourceVerdict:
    """What a layer that names principals says, by how it names them.

    Args:
        policies: the layer's policies.
        layer: what reasons call it.
        question: what is asked.
        has_boundary: whether a permissions boundary is attached to the principal: a Deny with NotPrincipal "will
            always deny any IAM principal that has a permissions boundary policy attached".
    """
    matched = _matched(policies, layer, question)
    tallies = {naming: _Tally(matched.settled) for naming in (Naming.DIRECT, Naming.LIMITED, Naming.ACCOUNT)}
    denials = _Tally(matched.settled)
    for name, statement in matched.pending:
        naming, reach = _naming(statement, question, has_boundary)
        if naming is Naming.NOT:
            continue
        formula = both(reach, _formula(statement, question))
        tally = tallies[naming] if statement.allows else denials
        tally.add(statement.allows, formula, Reason(layer, name, statement.label))
    denied = denials.verdict()
    return ResourceVerdict(
        tallies[Naming.DIRECT].verdict(),
        tallies[Naming.LIMITED].verdict(),
        tallies[Naming.ACCOUNT].verdict(),
        denied.deny,
        denied.denied_by,
    )


class _Tally:
    """Gathers what statements say; a settled answer makes the open ones of the same effect moot."""

    __slots__ = ("_allow", "_allowed_by", "_denied_by", "_deny")

    def __init__(self, settled: Verdict) -> None:
        self._allow: list[Formula] = [settled.allow]
        self._deny: list[Formula] = [settled.deny]
        self._allowed_by = list(settled.allowed_by)
        self._denied_by = list(settled.denied_by)

    def is_moot(self, statement: Statement) -> bool:
        return (self._allow if statement.allows else self._deny)[0] is ALWAYS

    def add(self, allows: bool, formula: Formula, reason: Reason) -> None:
        if formula is NEVER:
            return
        formulas = self._allow if allows else self._deny
        reasons = self._allowed_by if allows else self._denied_by
        if formula is ALWAYS and formulas[0] is not ALWAYS:
            formulas[:] = [ALWAYS]
            reasons.clear()
        if formula is ALWAYS or formulas[0] is not ALWAYS:
            formulas.append(formula)
            reasons.append(reason)

    def verdict(self) -> Verdict:
        allow = self._allow[0] if len(self._allow) == 1 else any_of(self._allow)
        deny = self._deny[0] if len(self._deny) == 1 else any_of(self._deny)
        return Verdict(allow, deny, tuple(self._allowed_by), tuple(self._denied_by))


def _matched(policies: PolicySet, layer: str, question: Question) -> Matched:
    key = (layer, question.action, question.target.text)
    found = policies.matched.get(key)
    if found is None:
        if len(policies.matched) >= _MOST_REMEMBERED:
            policies.matched.clear()
        found = _match(policies, layer, question)
        policies.matched[key] = found
    return found


def _match(policies: PolicySet, layer: str, question: Question) -> Matched:
    tally = _Tally(Verdict())
    pending: list[tuple[str, Statement]] = []
    for policy in policies:
        if policy.document.unread:
            unread = Condition(
                f"{layer} policy {policy.name}", "Unread", (), needs=(f"{layer}:{policy.name}",)
            )
            reason = Reason(layer, policy.name, _UNREAD)
            tally.add(True, unread, reason)
            tally.add(False, _unread_denial(unread), reason)
        for statement in _candidates(policy, question):
            if statement.depends_on_request:
                pending.append((policy.name, statement))
            else:
                tally.add(statement.allows, ALWAYS, Reason(layer, policy.name, statement.label))
    return Matched(tally.verdict(), tuple(pending))


def _unread_denial(allows: Condition) -> Formula:
    """A policy that nobody could read may also deny: that it does not is a condition of its own."""
    return Condition(f"{allows.key} (deny)", "Unread", (), needs=allows.needs)


def _candidates(policy: CompiledPolicy, question: Question) -> tuple[Statement, ...]:
    matches = policy.document.matches
    key = (question.action, question.target.text)
    found = matches.get(key)
    if found is None:
        if len(matches) >= _MOST_REMEMBERED:
            matches.clear()
        found = tuple(_applying(policy, question))
        matches[key] = found
    return found


def _applying(policy: CompiledPolicy, question: Question) -> Iterator[Statement]:
    for statement in policy.document.statements:
        if statement.may_apply(question.action, question.target):
            yield statement


def _formula(statement: Statement, question: Question) -> Formula:
    if statement.has_resource_variables:
        resource = statement.resource_formula(question.target, question.context)
        if resource is NEVER:
            return NEVER
        return both(resource, statement.condition_formula(question.context))
    return statement.condition_formula(question.context)


def _naming(statement: Statement, question: Question, has_boundary: bool) -> tuple[Naming, Formula]:
    """How the statement reaches the principal, and under which condition."""
    principals = statement.principals
    if principals is None:
        return Naming.DIRECT, ALWAYS
    naming, session = principals.names(question.principal)
    reach = ALWAYS if session is None else _session_formula(session, question)
    if not statement.not_principal:
        return (Naming.DIRECT if naming is Naming.SESSION_OPEN else naming), reach
    return Naming.DIRECT, _excepted(statement, naming, reach, question, has_boundary)


def _excepted(
    statement: Statement, naming: Naming, reach: Formula, question: Question, has_boundary: bool
) -> Formula:
    """When a NotPrincipal element leaves the principal in.

    Naming its account does not except a user or role from a denial: the documentation's example names the
    account beside the user to deny "all principals except" the user.
    """
    if not statement.allows and has_boundary:
        return ALWAYS
    if naming is Naming.NOT:
        return ALWAYS
    if naming is Naming.ACCOUNT:
        is_account = question.principal.type is PrincipalType.ROOT
        return NEVER if statement.allows or is_account else ALWAYS
    return negation(reach)


def _session_formula(name: str, question: Question) -> Formula:
    values = question.context.get(_SESSION_NAME)
    if values is ABSENT:
        return NEVER
    if values is UNKNOWN:
        return Condition(_SESSION_NAME, "StringEquals", (name,), needs=(_SESSION_NAME,))
    return ALWAYS if values == (name,) else NEVER


def is_open(formula: Formula) -> bool:
    """Whether the formula is neither ALWAYS nor NEVER."""
    return formula is not ALWAYS and not (isinstance(formula, AnyOf) and not formula.parts)
