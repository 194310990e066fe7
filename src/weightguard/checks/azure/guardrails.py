"""IAM, LOG and NET: what is refused from above a subscription, so that whoever owns it cannot undo it.

Sources: Azure Policy documentation, "denyAction effect" (an owner's deletions are refused too), "Azure Policy assignment
structure"; Subscription REST reference, "Policies"; Azure Storage documentation, "Overview of remediating anonymous read access for
blob data".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.checks.azure.logging import configuration_recorded
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Value, some
from weightguard.controls.schema import Status
from weightguard.estate.azure.policies import Refusals
from weightguard.estate.model import Account

_DELETE: Final = "/delete"
_WRITE: Final = "/write"
_SETTINGS: Final = "Microsoft.Insights/diagnosticSettings"


def guardrails_hold(account: Account, context: Context) -> Verdict:
    """From above it is refused to delete or change what protects weights, to open containers and to leave the tenant."""
    refused = _refused(account, context)
    left: list[Value] = [*_left(refused, context.parameters["actions"])]
    if not refused.anonymous:
        left.append("letting containers be opened to everybody")
    leaves = not context.read(account.settings["leaving_blocked"], "account.leaving_blocked")
    if leaves:
        left.append("taking the subscription out of the tenant")
    if left:
        if not leaves:
            context.require(refused.unread)
        return Verdict.failed(
            "nothing above the subscription keeps whoever owns it from undoing the protections of weights: {left}",
            left=some(left, 6),
        )
    return Verdict.passed(
        "what is assigned above the subscription rules out undoing the protections of weights"
    )


def cannot_be_switched_off(account: Account, context: Context) -> Verdict:
    """The activity log of the subscription is exported, and from above nobody may delete what records."""
    found = configuration_recorded(account, context)
    if found.status is not Status.PASS:
        return found
    refused = _refused(account, context)
    if not refused.keeps_from_deleting(_SETTINGS):
        context.require(refused.unread)
        return Verdict.failed(
            "whoever owns the subscription deletes the settings that record: nothing above it refuses that"
        )
    return Verdict.passed(
        "the activity log is exported, and settings that record cannot be deleted from inside"
    )


def transfer_services_denied(account: Account, context: Context) -> Verdict:
    """From above it is refused to make services that move data in bulk."""
    refused = _refused(account, context)
    left = [one for one in context.parameters["actions"] if not refused.keeps_from_making(one)]
    if left:
        context.require(refused.unread)
        return Verdict.failed(
            "nothing above the subscription keeps whoever owns it from bulk transfer: {left}", left=some(left)
        )
    return Verdict.passed("what is assigned above the subscription rules out bulk transfer")


def _refused(account: Account, context: Context) -> Refusals:
    found: Refusals = context.read(account.settings["refused_above"], "account.refused_above")
    return found


def _left(refused: Refusals, actions: list[str]) -> Iterator[str]:
    """Those of some actions that nothing refuses."""
    for action in actions:
        if action.endswith(_DELETE) and refused.keeps_from_deleting(action.removesuffix(_DELETE)):
            continue
        if action.endswith(_WRITE) and refused.keeps_from_making(action.removesuffix(_WRITE)):
            continue
        yield action
