"""NET and PHY: from which networks requests are taken, in whose name, with which signatures, and where weights lie.

Sources: Azure Storage documentation, "Configure Azure Storage firewalls and virtual networks", "Prevent Shared Key authorization",
"Configure an expiration policy for shared access signatures" (an action of Block refuses what holds longer); Azure Policy
documentation, "Allowed locations".
"""

from __future__ import annotations

import re
from typing import Final

from weightguard.access.model import AccessKind
from weightguard.checks.azure.exposure import outsiders
from weightguard.checks.azure.places import holder, is_open, told
from weightguard.checks.azure.storage import ways_round
from weightguard.checks.relations import stores_with_weights
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Value, each, refs, said, some
from weightguard.estate.model import Account, Store

_PERIOD: Final = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


def network_perimeter(store: Store, context: Context) -> Verdict:
    """The account takes requests from named networks and private endpoints alone."""
    holder(store, context)
    rules = context.read(store.networks)
    if is_open(rules):
        return Verdict.failed("the account answers the whole internet: a stolen token reads from anywhere")
    return Verdict.passed("requests from networks that the account does not list are refused")


def identity_perimeter(store: Store, context: Context) -> Verdict:
    """Only tokens of the own tenant are taken, and nobody of another one has been given a right."""
    account = holder(store, context)
    problems = ways_round(account, context)
    if context.read(account.keys_accepted, "storage_account.keys_accepted"):
        problems.append("the account's keys and whatever they signed are taken, whoever shows them")
    access = context.read(store.public_access)
    if access is None or not access.blocked:
        problems.append("containers can be opened to whoever gives no name")
    answer = context.access.who_can(AccessKind.READ, store.id)
    strangers = [one.principal for one in outsiders(answer.answers, context)]
    if strangers:
        problems.append(said("rights of others: {strangers}", strangers=refs(strangers)))
    if problems:
        return Verdict.failed("a stranger may get in: {problems}", problems=each(problems))
    context.require(answer.gaps)
    return Verdict.passed("only tokens of the own tenant are taken, and nobody of another tenant has a right")


def signed_links_bounded(store: Store, context: Context) -> Verdict:
    """Links are signed for somebody of the directory alone, and stop working within the time."""
    account = holder(store, context)
    minutes = context.parameters["max_age_minutes"]
    problems: list[Value] = []
    if context.read(account.keys_accepted, "storage_account.keys_accepted"):
        problems.append(
            "links that the account's keys signed are taken, for as long as whoever made them liked"
        )
    policy = told(account, "sasPolicy", {}, context)
    held = policy if isinstance(policy, dict) else {}
    longest = _minutes(str(held.get("sasExpirationPeriod") or ""))
    if str(held.get("expirationAction") or "Log").lower() != "block" or longest is None:
        problems.append("no policy of the account refuses links that hold for long: one may hold for a week")
    elif longest > minutes:
        problems.append(said("links may hold for {longest} minutes", longest=longest))
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed(
        "links that hold for longer than {longest} minutes are refused", longest=longest or 0
    )


def _minutes(period: str) -> int | None:
    """``days.hours:minutes:seconds`` in minutes; None for anything else."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return (days * 24 + hours) * 60 + minutes + (1 if seconds else 0)


def approved_regions_only(account: Account, context: Context) -> Verdict:
    """Weights lie in approved regions, and Azure Policy lets nothing be made elsewhere."""
    approved = {str(one).lower() for one in context.parameters["approved_regions"]}
    held = sorted({one.region or "?" for one in stores_with_weights(account.id, context)})
    stray = [one for one in held if approved and one not in approved]
    if stray:
        return Verdict.failed("weights lie outside the approved regions: {stray}", stray=some(stray))
    if not held and not approved:
        return Verdict.not_applicable(
            "the subscription holds no weights itself, and no region is approved by name"
        )
    allowed = context.read(account.settings["allowed_locations"], "account.allowed_locations")
    if allowed is None:
        return Verdict.failed("Azure Policy allows resources in every region")
    more = [one for one in allowed if one not in (approved or set(held))]
    if more:
        return Verdict.failed(
            "Azure Policy allows resources in regions that nobody approved: {more}", more=some(more)
        )
    return Verdict.passed("Azure Policy keeps the subscription to approved regions")
