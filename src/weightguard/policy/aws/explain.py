"""Tell a person why: which layers said what, in order."""

from __future__ import annotations

from weightguard.policy.aws.words import in_words
from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Formula

_OUTCOMES = {
    Outcome.ALLOWED: "allowed",
    Outcome.DENIED_EXPLICITLY: "denied by an explicit deny",
    Outcome.DENIED_IMPLICITLY: "denied: nothing allows it",
    Outcome.UNKNOWN: "hangs on what is not known",
}

_LAYERS = {
    "rcp": "resource control policies",
    "scp": "service control policies",
    "vpc_endpoint": "VPC endpoint policy",
    "resource": "resource policy",
    "identity": "identity policies",
    "boundary": "permissions boundary",
    "session": "session policy",
    "kms_grants": "KMS grant",
    "s3_acl": "access control list",
}


def explain(decision: Decision) -> list[str]:
    """The decision in lines: the outcome, what it hangs on, then each layer in the order of evaluation."""
    lines = [_OUTCOMES[decision.outcome]]
    if decision.outcome is Outcome.UNKNOWN:
        lines.append(f"  allowed {in_words(decision.conditions)}")
    if decision.lacking:
        lines.append(f"  no allow from: {', '.join(decision.lacking)}")
    lines.extend(f"  {_LAYERS.get(layer, layer)}: {_said(verdict)}" for layer, verdict in decision.steps)
    return lines


def _said(verdict: Verdict) -> str:
    if verdict.deny is ALWAYS:
        return f"denies ({_cited(verdict.denied_by)})"
    allows = _part("allows", verdict.allow, verdict.allowed_by) or "no allow"
    denies = _part("denies", verdict.deny, verdict.denied_by)
    return f"{allows}; {denies}" if denies else allows


def _part(verb: str, formula: Formula, reasons: tuple[Reason, ...]) -> str:
    if formula is NEVER:
        return ""
    cited = f" ({_cited(reasons)})" if reasons else ""
    return f"{verb}{cited}" if formula is ALWAYS else f"{verb}{cited} {in_words(formula)}"


def _cited(reasons: tuple[Reason, ...]) -> str:
    return ", ".join(f"{reason.policy} statement {reason.statement}" for reason in reasons)
