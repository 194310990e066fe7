"""TPA: how outsiders report flaws, test in good faith, and evaluate without weakening anything."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import some
from weightguard.estate.fact import Reason, Unknown
from weightguard.estate.model import Estate, Principal


def disclosure_policy_published(estate: Estate, context: Context) -> Verdict:
    """security.txt follows RFC 9116, is in date, and leads to a policy."""
    text = context.read(context.disclosure.security_txt, "disclosure.security_txt")
    if text is None:
        return Verdict.failed("there is no security.txt: a finder does not know whom to tell")
    if not text.usable(context.as_of):
        return Verdict.failed(
            "security.txt cannot be relied on: {problems}",
            problems=some(text.problems) if text.problems else "it has expired",
        )
    if "policy" not in text.fields and not context.read(context.disclosure.policy, "disclosure.policy"):
        return Verdict.failed("security.txt names no policy: a finder does not know what is in scope")
    return Verdict.passed("security.txt is in date and leads to a disclosure policy")


def secure_channel_offered(estate: Estate, context: Context) -> Verdict:
    """security.txt names a key, or contacts that are encrypted by themselves."""
    text = context.read(context.disclosure.security_txt, "disclosure.security_txt")
    contacts = text.fields.get("contact", ()) if text is not None else ()
    if text is None or not contacts:
        return Verdict.failed("there is no published contact for security reports")
    if "encryption" not in text.fields and not any(one.startswith("https://") for one in contacts):
        return Verdict.failed(
            "reports would travel in the clear: no encryption key and no encrypted contact is published"
        )
    return Verdict.passed("reports can be sent over an encrypted channel")


def evaluators_bounded(principal: Principal, context: Context) -> Verdict:
    """Outside evaluators do not reach raw weights."""
    tag = context.parameters["evaluator_tag"]
    tags = _tags(principal, context)
    declared = any(fnmatchcase(principal.id, pattern) for pattern in context.declarations.evaluators)
    if tag not in tags and not declared:
        return Verdict.not_applicable("not an identity of an outside evaluator")
    tier = tags.get(tag)
    if context.weights_of(principal.id) and tier != context.parameters["white_box_value"]:
        return Verdict.failed("an evaluator ({tier}) can reach raw weights", tier=tier or "of no stated tier")
    return Verdict.passed("the evaluator reaches no raw weights, or is cleared for it")


def _tags(principal: Principal, context: Context) -> Mapping[str, str]:
    """The tags of an identity; of one that its provider lets carry none, none."""
    told = context.peek(principal.tags)
    if isinstance(told, Unknown) and told.reason is Reason.NOT_APPLICABLE_HERE:
        return {}
    return context.read(principal.tags)


def legal_safe_harbour_given(estate: Estate, context: Context) -> Verdict:
    """The promise names the laws and terms that it waives."""
    text = context.read(context.disclosure.legal_safe_harbour, "disclosure.legal_safe_harbour")
    return _speaks_of(text, context, "legal safe harbour")


def technical_safe_harbour_given(estate: Estate, context: Context) -> Verdict:
    """The promise speaks of suspension, reasons and appeal."""
    text = context.read(context.disclosure.technical_safe_harbour, "disclosure.technical_safe_harbour")
    return _speaks_of(text, context, "technical safe harbour")


def _speaks_of(text: str | None, context: Context, what: str) -> Verdict:
    if not text:
        return Verdict.failed(
            "there is no {what}: good-faith research is at the organisation's mercy", what=what
        )
    lowered = text.lower()
    silent = [
        point
        for point, spellings in context.parameters["points"].items()
        if not any(one in lowered for one in spellings)
    ]
    if silent:
        return Verdict.failed("the {what} says nothing of: {silent}", what=what, silent=some(silent, 6))
    return Verdict.passed("the {what} speaks of every point asked for", what=what)
