"""Tell a person why: which layers said what, in order."""

from __future__ import annotations

from typing import Final

from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, AllOf, Condition, Formula

_OUTCOMES: Final = {
    Outcome.ALLOWED: "allowed",
    Outcome.DENIED_EXPLICITLY: "denied by an explicit deny",
    Outcome.DENIED_IMPLICITLY: "denied: nothing allows it",
    Outcome.UNKNOWN: "hangs on what is not known",
}
_LAYERS: Final = {
    "pab": "principal access boundaries",
    "deny": "deny policies",
    "org_policy": "organisation policies",
    "allow": "allow policies",
    "acl": "access control lists",
}


def explain(decision: Decision) -> list[str]:
    """The decision in lines: the outcome, what it hangs on, then each layer in the order of evaluation."""
    lines = [_OUTCOMES[decision.outcome]]
    if decision.outcome is Outcome.UNKNOWN:
        lines.append(f"  allowed if {in_words(decision.conditions)}")
    lines.extend(f"  {_LAYERS[layer]}: {_said(verdict)}" for layer, verdict in decision.steps)
    return lines


def _said(verdict: Verdict) -> str:
    parts = [
        f"{verb} ({_cited(reasons)}){_when(formula)}"
        for verb, formula, reasons in (
            ("denies", verdict.deny, verdict.denied_by),
            ("allows", verdict.allow, verdict.allowed_by),
        )
        if formula is not NEVER
    ]
    return "; ".join(parts) or "no allow"


def _when(formula: Formula) -> str:
    return "" if formula is ALWAYS else f" if {in_words(formula)}"


def _cited(reasons: tuple[Reason, ...]) -> str:
    return ", ".join(f"{reason.policy} {reason.statement}" for reason in reasons)


_WORDS: Final = {
    "CEL": ("{value}", "not {value}"),
    "Member": ("{value} is in {key}", "{value} is not in {key}"),
    "Permits": ("the role {key} permits {value}", "the role {key} does not permit {value}"),
    "StringEquals": ("{key} is {value}", "{key} is not {value}"),
}


def in_words(formula: Formula) -> str:
    """What something hangs on, in words."""
    if isinstance(formula, Condition):
        plain, negated = _WORDS[formula.operator]
        words = negated if formula.negated else plain
        return words.format(key=formula.key, value=", ".join(formula.values))
    joint = " and " if isinstance(formula, AllOf) else " or "
    return f"({joint.join(sorted(map(in_words, formula.parts)))})"
