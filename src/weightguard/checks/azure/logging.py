"""LOG: whether uses of keys and changes are recorded, and whether what is recorded lasts.

Sources: Key Vault documentation, "Azure Key Vault logging" (AuditEvent); Azure Monitor documentation, "Diagnostic settings in Azure
Monitor", "Activity log" (kept for 90 days where no setting exports it).
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.checks import logging as neutral
from weightguard.checks.azure.places import holder, lies_on
from weightguard.checks.relations import key_named, key_unseen, missing, stores_with_weights
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import each
from weightguard.estate.fact import Source, Unknown
from weightguard.estate.model import Account, Key, Store, Trail


def key_use_logged(key: Key, context: Context) -> Verdict:
    """A setting of the key's own vault records every use."""
    vault = holder(key, context)
    if any(one is True for one in _recording(vault.id, "key_uses", context)):
        return Verdict.passed(
            "every use of the key is recorded; who is let use it, the activity log always tells"
        )
    _require_settings(vault.id, "key_uses", context)
    return Verdict.failed("no diagnostic setting of the vault records what is done with the key")


def configuration_recorded(account: Account, context: Context) -> Verdict:
    """The activity log of the subscription is exported: what changed is known for longer than ninety days."""
    if not stores_with_weights(account.id, context):
        return Verdict.not_applicable("the subscription holds no weights itself")
    place = f"/subscriptions/{account.id}"
    if any(one is True for one in _recording(place, "admin", context)):
        return Verdict.passed("every change in the subscription is recorded and exported")
    _require_settings(place, "admin", context)
    return Verdict.failed(
        "changes in the subscription are forgotten after ninety days: nothing exports its activity log"
    )


def _recording(place: str, what: str, context: Context) -> Iterator[bool | Unknown]:
    """Whether the settings of a resource record something, one by one."""
    for trail in context.glance(context.estate.trails):
        if lies_on(trail.id, place):
            records = context.peek(trail.records, "trail.records")
            yield records if isinstance(records, Unknown) else bool(getattr(records.value, what))


def _require_settings(place: str, what: str, context: Context) -> None:
    unread = [one for one in _recording(place, what, context) if isinstance(one, Unknown)]
    context.require((*unread, *context.estate.trails.gaps))


def logs_write_once(store: Store, context: Context) -> Verdict:
    """Nobody can edit or delete what a setting writes here before a year is over."""
    trails = [one for one in context.listed(context.estate.trails) if one.destination == store.id]
    if not trails:
        return Verdict.not_applicable("no diagnostic setting writes here")
    days, problems = neutral.unkept(
        store, context, "records", "no locked immutability policy holds them", "subscription"
    )
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed("records are locked for {days} days, in a subscription of their own", days=days)


def trail_sound(trail: Trail, context: Context) -> Verdict:
    """What a setting records is complete, and lies under a key of the organisation."""
    records = context.read(trail.records)
    if not (records.reads or records.key_uses or records.admin):
        return Verdict.failed(
            "the setting {name} records neither reads of blobs, nor uses of keys, nor changes",
            name=trail.name,
        )
    if trail.destination is None or not trail.destination.startswith("https://"):
        missing(
            Source.named(
                "operationalinsights", "clusters", f"the key of {trail.destination}", provider="azure"
            )
        )
    if trail.key is None:
        _require_destination(trail, context)
        return Verdict.failed(
            "what {name} records is not encrypted with a key of the organisation", name=trail.name
        )
    if key_named(trail.key, trail.account, trail.region, context) is None:
        key_unseen(trail.key)
    return Verdict.passed("what {name} records is encrypted with a key of the organisation", name=trail.name)


def _require_destination(trail: Trail, context: Context) -> None:
    """Stops where the account that a setting writes to was not read."""
    account = (trail.destination or "").removeprefix("https://").partition(".")[0]
    known = {one.name.lower() for one in context.estate.containers if one.attributes}
    if account not in known:
        missing(Source.named("storage", "storageaccounts", account, provider="azure"))
