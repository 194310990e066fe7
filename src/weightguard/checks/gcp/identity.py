"""IAM: keys of service accounts that lead to weights, those of Cloud Storage's XML API among them.

Sources: IAM documentation, "Best practices for managing service account keys"; Cloud Storage documentation, "HMAC keys" and
"Organization policy constraints for Cloud Storage" (Restrict authentication types).
"""

from __future__ import annotations

from typing import Final

from weightguard.checks.gcp.storage import constraints
from weightguard.checks.relations import counted
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.gcp.constraints import ALL
from weightguard.estate.model import Principal, PrincipalKind, Store

_REFUSED: Final = frozenset({"SERVICE_ACCOUNT_HMAC_SIGNED_REQUESTS", "in:ALL_HMAC_SIGNED_REQUESTS", ALL})
"""Values of the constraint under which no HMAC key of a service account opens anything."""


def no_long_lived_credentials(principal: Principal, context: Context) -> Verdict:
    """No key of a service account leads to weights. HMAC keys are in no export: they are counted out where buckets refuse them."""
    if principal.kind is not PrincipalKind.SERVICE_ACCOUNT:
        return Verdict.not_applicable("only service accounts have keys")
    active = [key for key in context.read(principal.credentials) if key.active]
    reached = set(context.weights_of(principal.id))
    if active and reached:
        oldest = min(key.created or "an unknown day" for key in active)[:10]
        return Verdict.failed(
            "{count} that nobody has to renew lead to weights, the oldest made on {oldest}",
            count=counted(len(active), "key"),
            oldest=oldest,
        )
    places = {one.store for one in context.estate.weight_sets if one.id in reached}
    stores = [one for one in context.estate.stores if one.id in places]
    context.require(gap for one in stores if (gap := _may_take_hmac(one, principal, context)) is not None)
    return Verdict.passed("no long-lived key of the account leads to weights")


def _may_take_hmac(store: Store, principal: Principal, context: Context) -> Unknown | None:
    """What is missing where a store takes requests that an HMAC key signed: whether the account has one. A scan lists them."""
    if _has_listed_hmac(principal, context):
        return None
    found = context.peek(constraints(context).values("storage.restrictAuthTypes", store.container or ""))
    if not isinstance(found, Unknown) and found.value.denied & _REFUSED:
        return None
    told = Source.named("storage", "ListHmacKeys", principal.id, provider="gcp", scope=principal.account)
    return Unknown(Reason.NOT_COLLECTED, told)


def _has_listed_hmac(principal: Principal, context: Context) -> bool:
    """Whether the HMAC keys of the account's project were listed: they are then among its credentials."""
    for account in context.estate.accounts:
        if (account.provider, account.id) == ("gcp", principal.account):
            told = context.peek(account.settings["contents"])
            return isinstance(told, Known) and "HMAC_KEYS" in told.value
    return False
