"""Tell a person why: which layers said what, in order. Each provider's package brings its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, AllOf, Condition, Formula

_OUTCOMES: Final = {
    Outcome.ALLOWED: "allowed",
    Outcome.DENIED_EXPLICITLY: "denied by an explicit deny",
    Outcome.DENIED_IMPLICITLY: "denied: nothing allows it",
    Outcome.UNKNOWN: "hangs on what is not known",
}


@dataclass(frozen=True, slots=True)
class Words:
    """How a provider's decisions are told.

    Args:
        layers: layer of a decision -> what it is called.
        conditions: operator of a condition -> the sentence where it is met and where it is not, over ``{key}`` and ``{value}``.
    """

    layers: Mapping[str, str]
    conditions: Mapping[str, tuple[str, str]]


def explain(decision: Decision, words: Words) -> list[str]:
    """The decision in lines: the outcome, what it hangs on, then each layer in the order of evaluation."""
    lines = [_OUTCOMES[decision.outcome]]
    if decision.outcome is Outcome.UNKNOWN:
        lines.append(f"  allowed if {in_words(decision.conditions, words)}")
    lines.extend(f"  {words.layers[layer]}: {_said(verdict, words)}" for layer, verdict in decision.steps)
    return lines


def _said(verdict: Verdict, words: Words) -> str:
    parts = [
        f"{verb}{_cited(reasons)}{_when(formula, words)}"
        for verb, formula, reasons in (
            ("denies", verdict.deny, verdict.denied_by),
            ("allows", verdict.allow, verdict.allowed_by),
        )
        if formula is not NEVER
    ]
    return "; ".join(parts) or "no allow"


def _when(formula: Formula, words: Words) -> str:
    return "" if formula is ALWAYS else f" if {in_words(formula, words)}"


def _cited(reasons: tuple[Reason, ...]) -> str:
    return f" ({', '.join(f'{reason.policy} {reason.statement}' for reason in reasons)})" if reasons else ""


def in_words(formula: Formula, words: Words) -> str:
    """What something hangs on, in words."""
    if isinstance(formula, Condition):
        plain, negated = words.conditions[formula.operator]
        sentence = negated if formula.negated else plain
        return sentence.format(key=formula.key, value=", ".join(formula.values))
    joint = " and " if isinstance(formula, AllOf) else " or "
    return f"({joint.join(sorted(in_words(part, words) for part in formula.parts))})"
