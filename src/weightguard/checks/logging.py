"""LOG: would a theft be seen, and would the trace of it last?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from weightguard.checks.relations import account_of, key_named, key_unseen, weights_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, each, refs, said, some
from weightguard.estate.fact import Unknown
from weightguard.estate.model import Account, Key, Recorded, RetentionMode, Store, Trail

Takes = Callable[[Recorded], bool]
"""Whether a trail that takes such events takes the one in question."""


def covering(account: Account, region: str | None, context: Context) -> Iterator[Trail]:
    """The trails that record events of `account` in `region`."""
    organisations = {one.id: one.organisation for one in context.estate.accounts}
    for trail in context.glance(context.estate.trails):
        same = (
            trail.organisation_wide
            and account.organisation is not None
            and organisations.get(trail.account) == account.organisation
        )
        if (trail.account == account.id or same) and (trail.multi_region or region in (None, trail.region)):
            yield trail


def _records(trail: Trail, takes: Takes, context: Context) -> bool | Unknown:
    """Whether an active trail records an event."""
    logging, records = (
        context.peek(trail.logging, "trail.logging"),
        context.peek(trail.records, "trail.records"),
    )
    if isinstance(logging, Unknown):
        return logging
    if not logging.value:
        return False
    return records if isinstance(records, Unknown) else takes(records.value)


def _unrecorded(
    account: Account, region: str | None, events: Mapping[str, Takes], context: Context
) -> list[str]:
    """Names of those `events` that no active trail records.

    Raises:
        UnknownFact: some are not recorded as far as is seen, and a trail could not be seen.
    """
    gaps: list[Unknown] = [*context.estate.trails.gaps]
    left = dict(events)
    for trail in covering(account, region, context):
        for name in list(left):
            answer = _records(trail, left[name], context)
            if answer is True:
                del left[name]
            elif isinstance(answer, Unknown):
                gaps.append(answer)
    if left:
        context.require(gaps)
    return sorted(left)


def reads_logged(store: Store, context: Context) -> Verdict:
    """A trail records the reading of every weight file."""
    keys = [one.files[0].key if one.files else one.prefix for one in weights_in(store, context)] or ["any"]
    events: dict[str, Takes] = {key: _reading(f"{store.id}/{key}") for key in keys}
    left = _unrecorded(account_of(store, context), store.region, events, context)
    if left:
        return Verdict.failed(
            "no active trail records reads of {left}: a theft leaves no trace", left=refs(left)
        )
    return Verdict.passed("an active trail records every read of these weights")


def _reading(name: str) -> Takes:
    return lambda records: records.reading(name)


def key_use_logged(key: Key, context: Context) -> Verdict:
    """A trail records every use of the key."""
    events: dict[str, Takes] = {
        "decryptions": lambda records: records.key_uses,
        "new grants": lambda records: records.key_grants,
    }
    left = _unrecorded(account_of(key, context), key.region, events, context)
    if left:
        return Verdict.failed("no active trail records {left} of this key", left=some(left))
    return Verdict.passed("an active trail records every use of the key")


def logs_write_once(store: Store, context: Context) -> Verdict:
    """Nobody can edit or delete the trail's files before a year is over."""
    trails = [one for one in context.listed(context.estate.trails) if one.destination == store.id]
    if not trails:
        return Verdict.not_applicable("no trail delivers here")
    problems: list[Value] = [
        said("the files of {trail} cannot be validated", trail=Ref(trail.name))
        for trail in trails
        if not trail.validates_files
    ]
    days, lost = unkept(store, context, "log files", "no default retention in compliance mode", "account")
    problems += lost
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed("log files are locked for {days} days and can be validated", days=days)


def unkept(store: Store, context: Context, what: str, unlocked: str, scope: str) -> tuple[int, list[Value]]:
    """For how many days a store keeps from everybody what is written to it, and why that protects no log.

    Args:
        what: what is written, in words of the provider.
        unlocked: what is missing where anybody may delete it at once.
        scope: what the provider calls an account: whoever breaks in where all weights and their logs lie has both.
    """
    retention = context.read(store.retention)
    days = retention.days if retention is not None else 0
    problems: list[Value] = []
    if retention is None or retention.mode is not RetentionMode.COMPLIANCE:
        problems.append(said("{what} can be deleted: {unlocked}", what=what, unlocked=unlocked))
    elif days < context.parameters["retention_days"]:
        problems.append(said("{what} can be deleted after {days} days", what=what, days=days))
    holding = [one for one in context.estate.stores if weights_in(one, context)]
    if holding and all(one.account == store.account for one in holding):
        problems.append(said("the logs lie in the {scope} that they are about", scope=scope))
    if not (problems or holding):
        context.require((*context.estate.stores.gaps, *context.estate.weight_sets.gaps))
    return days, problems


def trail_sound(trail: Trail, context: Context) -> Verdict:
    """A trail that works, covers all regions, and whose files are validated and encrypted with our key."""
    problems = [] if context.read(trail.logging) else ["it is switched off"]
    problems += [] if trail.multi_region else ["it leaves regions out"]
    problems += [] if trail.validates_files else ["its files cannot be validated"]
    problems += [] if trail.key else ["its files are not encrypted with a key of the organisation"]
    if problems:
        return Verdict.failed(
            "the trail {trail} cannot be relied on: {problems}",
            trail=Ref(trail.name),
            problems=each(problems),
        )
    name = trail.key or ""
    key = key_named(name, trail.account, trail.region, context)
    if key is None:
        key_unseen(name)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed(
            "the files of {trail} are encrypted with the provider's key", trail=Ref(trail.name)
        )
    return Verdict.passed(
        "the trail {trail} is active in all regions, validated and encrypted", trail=Ref(trail.name)
    )
