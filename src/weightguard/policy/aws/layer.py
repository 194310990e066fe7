"""Ask one layer of policies: which of its statements concern the request, and what they say.

Everything is worked out once: which statements concern an action on a resource (per document and per policy set), and
what they say for given values of the context keys that they look at.
"""

from __future__ import annotations

from weightguard.memory import Memory
from weightguard.policy.aws.context import ABSENT, UNKNOWN
from weightguard.policy.aws.document import CompiledPolicy
from weightguard.policy.aws.model import PolicySet
from weightguard.policy.aws.principal import Naming, Principal, PrincipalType
from weightguard.policy.aws.question import Question
from weightguard.policy.aws.statement import Statement
from weightguard.policy.aws.verdict import Matched, Named, ResourceVerdict
from weightguard.policy.decision import Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation

_MOST_REMEMBERED = 4_096
_MOST_ANSWERS = 1_024
_UNREAD = "(could not be read)"
_SESSION_NAME = "sts:RoleSessionName"
NOTHING = Verdict()
EVERYTHING = Verdict(allow=ALWAYS)
NO_RESOURCE_POLICY = ResourceVerdict(NOTHING, NOTHING, NOTHING, NOTHING)
_SILENT = ResourceVerdict(NOTHING, NOTHING, NOTHING, NOTHING)
"""What a layer without policies says: it is there, other than one that is not."""


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
    memory = policies.memory
    if memory is None:
        return NOTHING
    matched = policies.matched.get((layer, question.action, question.target.text))
    if matched is None:
        matched = _match(policies, layer, question, memory)
    if not matched.pending:
        return matched.settled
    values = (*map(question.context.get_lowered, matched.keys), question.bounds)
    said = matched.said.get(values)
    if said is None:
        if len(matched.said) >= _MOST_ANSWERS:
            matched.said.clear()
        said = _said(matched, layer, question, memory)
        matched.said[values] = said
    return said


def _said(matched: Matched, layer: str, question: Question, memory: Memory) -> Verdict:
    tally = _Tally(matched.settled, memory)
    for name, statement in matched.pending:
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
    memory = policies.memory
    if memory is None:
        return _SILENT
    matched = policies.matched.get((layer, question.action, question.target.text))
    if matched is None:
        matched = _match(policies, layer, question, memory)
    principal = question.principal
    named = matched.named.get(principal)
    if named is None:
        if len(matched.named) >= _MOST_ANSWERS:
            matched.named.clear()
        named = matched.named[principal] = tuple([_named(one, principal) for _, one in matched.pending])
    values = tuple(map(question.context.get_lowered, matched.keys))
    key = (named, values, question.bounds, has_boundary, principal.type is PrincipalType.ROOT)
    said = matched.said_of_resource.get(key)
    if said is None:
        if len(matched.said_of_resource) >= _MOST_ANSWERS:
            matched.said_of_resource.clear()
        said = _said_of_resource(matched, layer, question, named, has_boundary, memory)
        matched.said_of_resource[key] = said
    return said


def _named(statement: Statement, principal: Principal) -> Named:
    element = statement.principals
    return (Naming.DIRECT, None) if element is None else element.names(principal)


def _said_of_resource(
    matched: Matched,
    layer: str,
    question: Question,
    named: tuple[Named, ...],
    has_boundary: bool,
    memory: Memory,
) -> ResourceVerdict:
    direct, limited, account, anyhow = (_Tally(matched.settled, memory) for _ in range(4))
    tallies = {Naming.DIRECT: direct, Naming.LIMITED: limited, Naming.ACCOUNT: account}
    for (name, statement), how in zip(matched.pending, named, strict=True):
        naming, reach = _reach(statement, how, question, has_boundary)
        if naming is Naming.NOT or reach is NEVER:
            continue
        formula = both(reach, _formula(statement, question))
        reason = Reason(layer, name, statement.label)
        anyhow.add(statement.allows, formula, reason)
        if statement.allows:
            tallies[naming].add(True, formula, reason)
    return memory.once(
        ResourceVerdict, direct.verdict(), limited.verdict(), account.verdict(), anyhow.verdict()
    )


class _Tally:
    """Gathers what statements say; where one settles an effect, the open ones of that effect no longer matter."""

    __slots__ = ("_allow", "_allowed_by", "_denied_by", "_deny", "_memory")

    def __init__(self, settled: Verdict, memory: Memory) -> None:
        self._memory = memory
        self._allow: list[Formula] = [settled.allow]
        self._deny: list[Formula] = [settled.deny]
        self._allowed_by = list(settled.allowed_by)
        self._denied_by = list(settled.denied_by)

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
        """The one verdict that says this: what follows from it is then concluded once, on however many resources."""
        return self._memory.once(
            Verdict, _some(self._allow), _some(self._deny), tuple(self._allowed_by), tuple(self._denied_by)
        )


def _some(formulas: list[Formula]) -> Formula:
    """At least one of one or more."""
    return formulas[0] if len(formulas) == 1 or formulas[0] is ALWAYS else any_of(formulas)


def _match(policies: PolicySet, layer: str, question: Question, memory: Memory) -> Matched:
    tally = _Tally(NOTHING, memory)
    pending: list[tuple[str, Statement]] = []
    for policy in policies:
        if policy.document.unread:
            _add_unread(tally, layer, policy.name)
        for statement in _candidates(policy, question):
            if statement.depends_on_request:
                pending.append((policy.name, statement))
            else:
                tally.add(statement.allows, ALWAYS, Reason(layer, policy.name, statement.label))
    keys = {key.lower() for _, statement in pending for key in statement.keys}
    if any(statement.principals is not None for _, statement in pending):
        keys.add(_SESSION_NAME.lower())
    found = Matched(tally.verdict(), tuple(pending), tuple(sorted(keys)))
    if len(policies.matched) >= _MOST_REMEMBERED:
        policies.matched.clear()
    policies.matched[(layer, question.action, question.target.text)] = found
    return found


def _add_unread(tally: _Tally, layer: str, name: str) -> None:
    """A policy that nobody could read may allow, and it may deny: each is a condition of its own."""
    subject, needs, reason = f"{layer} policy {name}", (f"{layer}:{name}",), Reason(layer, name, _UNREAD)
    tally.add(True, Condition(subject, "Unread", ("allow",), needs=needs), reason)
    tally.add(False, Condition(subject, "Unread", ("deny",), needs=needs), reason)


def _candidates(policy: CompiledPolicy, question: Question) -> tuple[Statement, ...]:
    matches = policy.document.matches
    key = (question.action, question.target.text)
    found = matches.get(key)
    if found is None:
        if len(matches) >= _MOST_REMEMBERED:
            matches.clear()
        statements = policy.document.statements
        found = tuple(one for one in statements if one.may_apply(question.action, question.target))
        matches[key] = found
    return found


def _formula(statement: Statement, question: Question) -> Formula:
    if statement.has_resource_variables:
        resource = statement.resource_formula(question.target, question.context)
        if resource is NEVER:
            return NEVER
        return both(resource, statement.condition_formula(question.context))
    return statement.condition_formula(question.context)


def _reach(
    statement: Statement, how: Named, question: Question, has_boundary: bool
) -> tuple[Naming, Formula]:
    """How the statement reaches the principal, and under which condition."""
    naming, session = how
    reach = ALWAYS if session is None else _session_formula(session, question)
    if not statement.not_principal:
        return (Naming.DIRECT if naming is Naming.SESSION_OPEN else naming), reach
    return Naming.DIRECT, _excepted(statement, naming, reach, question, has_boundary)


def _excepted(
    statement: Statement, naming: Naming, reach: Formula, question: Question, has_boundary: bool
) -> Formula:
    """When a NotPrincipal element leaves the principal in.

    A denial excepts a user, or a role with its sessions, only where the element names it and its account: "you must also
    specify the account ARN of the principal ... otherwise, the policy might deny access to the entire account".
    """
    if naming is Naming.NOT or (has_boundary and not statement.allows):
        return ALWAYS
    if statement.allows:
        return NEVER if naming is Naming.ACCOUNT else negation(reach)
    if question.principal.type is PrincipalType.ROOT:
        return NEVER
    if naming is Naming.ACCOUNT or not _names_account(statement, question):
        return ALWAYS
    return negation(reach)


def _names_account(statement: Statement, question: Question) -> bool:
    """Whether a statement that names a principal names its account too; one of no account needs no such name."""
    element, principal = statement.principals, question.principal
    return element is None or principal.account is None or element.names_account_of(principal)


def _session_formula(name: str, question: Question) -> Formula:
    values = question.context.get(_SESSION_NAME)
    if values is ABSENT:
        return NEVER
    if values is UNKNOWN:
        return Condition(_SESSION_NAME, "StringEquals", (name,), needs=(_SESSION_NAME,))
    return ALWAYS if values == (name,) else NEVER
