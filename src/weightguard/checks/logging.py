"""LOG: would a theft be seen, and would the trace of it last?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from weightguard.checks.decisions import guardrails_refuse
from weightguard.checks.relations import (
    account_of,
    attribute,
    key_named,
    key_unseen,
    regions_with_weights,
    resources_in,
    unseen,
    weights_in,
)
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, each, refs, said, some
from weightguard.estate.fact import Unknown
from weightguard.estate.model import Account, Key, Recorded, Resource, RetentionMode, Store, Trail

Takes = Callable[[Recorded], bool]
"""Whether a trail that takes such events takes the one in question."""


def _covering(account: Account, region: str | None, context: Context) -> Iterator[Trail]:
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
    for trail in _covering(account, region, context):
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
    retention = context.read(store.retention)
    days = retention.days if retention is not None else 0
    if retention is None or retention.mode is not RetentionMode.COMPLIANCE:
        problems.append("log files can be deleted: no default retention in compliance mode")
    elif days < context.parameters["retention_days"]:
        problems.append(said("log files can be deleted after {days} days", days=days))
    if all(one.account == store.account for one in context.estate.stores if weights_in(one, context)):
        problems.append("the logs lie in the account that they are about")
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed("log files are locked for {days} days and can be validated", days=days)


def cannot_be_switched_off(account: Account, context: Context) -> Verdict:
    """The organisation's own trail covers the account, and the account cannot touch it."""
    gaps: list[Unknown] = [*context.estate.trails.gaps]
    active = False
    for trail in _covering(account, None, context):
        if trail.multi_region and (trail.organisation_wide or account.organisation is None):
            logging = context.peek(trail.logging, "trail.logging")
            active = active or (not isinstance(logging, Unknown) and logging.value)
            gaps += [logging] if isinstance(logging, Unknown) else []
    if not active:
        context.require(gaps)
        return Verdict.failed("no active organisation-wide trail covers all regions of the account")
    if account.is_management:
        return Verdict.passed(
            "an active organisation-wide trail covers the account; guardrails do not bind the management account"
        )
    left = guardrails_refuse(context, account, tuple(context.parameters["actions"]))
    if left:
        return Verdict.failed(
            "an administrator of the account can switch the trail off: nothing denies {left}", left=some(left)
        )
    return Verdict.passed(
        "an active organisation-wide trail covers the account and cannot be switched off from it"
    )


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
    key = key_named(
        trail.key or "",
        (trail.key or "").split(":")[4] if (trail.key or "").startswith("arn:") else trail.account,
        trail.region,
        context,
    )
    if key is None:
        if trail.key:
            key_unseen(trail.key)
        unseen(trail, "kms", "DescribeKey", trail.id)
    if not context.read(key.customer_managed, "key.customer_managed"):
        return Verdict.failed(
            "the files of {trail} are encrypted with the provider's key", trail=Ref(trail.name)
        )
    return Verdict.passed(
        "the trail {trail} is active in all regions, validated and encrypted", trail=Ref(trail.name)
    )


def _detectors(account: Account, context: Context) -> dict[str, Resource]:
    """The enabled detectors of the account, by region."""
    found = resources_in(account, "guardduty.detector", ("guardduty", "ListDetectors"), context)
    return {one.region or "": one for one in found if attribute(one, "Status", context) == "ENABLED"}


def _has_feature(detector: Resource, feature: str, older: str | None, context: Context) -> bool:
    features = attribute(detector, "Features", context)
    if features:
        return any(one.get("Name") == feature and one.get("Status") == "ENABLED" for one in features)
    sources = attribute(detector, "DataSources", context) or {}
    return older is not None and sources.get(older, {}).get("Status") == "ENABLED"


def _detection(account: Account, feature: str, older: str | None, what: str, context: Context) -> Verdict:
    regions = regions_with_weights(account, context)
    if not regions:
        return Verdict.not_applicable("the account holds no weights itself")
    detectors = _detectors(account, context)
    blind = [
        region
        for region in regions
        if region not in detectors or not _has_feature(detectors[region], feature, older, context)
    ]
    if blind:
        return Verdict.failed("{what} is off in {blind}", what=what, blind=some(blind))
    return Verdict.passed("{what} is on in {regions}", what=what, regions=some(regions))


def anomaly_detection_on(account: Account, context: Context) -> Verdict:
    """Threat detection watches the object store wherever there are weights."""
    return _detection(account, "S3_DATA_EVENTS", "S3Logs", "threat detection for the object store", context)


def runtime_detection_on(account: Account, context: Context) -> Verdict:
    """Threat detection watches processes on hosts wherever there are weights."""
    return _detection(account, "RUNTIME_MONITORING", None, "runtime threat detection", context)


def configuration_recorded(account: Account, context: Context) -> Verdict:
    """A recorder keeps every configuration of every kind wherever there are weights."""
    regions = regions_with_weights(account, context)
    if not regions:
        return Verdict.not_applicable("the account holds no weights itself")
    recorders = resources_in(
        account, "config.configuration_recorder", ("config", "DescribeConfigurationRecorders"), context
    )
    covered = {one.region for one in recorders if _records_all(one, context)}
    blind = [region for region in regions if region not in covered]
    if blind:
        return Verdict.failed("changes of configuration are not recorded in {blind}", blind=some(blind))
    return Verdict.passed("every change of configuration is recorded in {regions}", regions=some(regions))


def _records_all(recorder: Resource, context: Context) -> bool:
    group = attribute(recorder, "recordingGroup", context) or {}
    strategy = (group.get("recordingStrategy") or {}).get("useOnly")
    status = attribute(recorder, "DescribeConfigurationRecorderStatus", context)
    if status is None:
        unseen(recorder, "config", "DescribeConfigurationRecorderStatus", recorder.id)
    recording = any(one.get("recording") is True for one in status.get("ConfigurationRecordersStatus", ()))
    return recording and (group.get("allSupported") is True or strategy == "ALL_SUPPORTED_RESOURCE_TYPES")


def external_access_analysed(account: Account, context: Context) -> Verdict:
    """An active analyser of external access watches the account, its own or its organisation's."""
    kind, listing = "accessanalyzer.analyzer", ("accessanalyzer", "ListAnalyzers")
    found = resources_in(account, kind, listing, context)
    organisations = {one.id: one.organisation for one in context.estate.accounts}
    peers = [
        one
        for one in context.estate.resources_of(kind)
        if account.organisation and organisations.get(one.account) == account.organisation
    ]
    for analyser in (*found, *peers):
        wide = "ORGANIZATION" if analyser.account != account.id else None
        kind_of = attribute(analyser, "type", context)
        if attribute(analyser, "status", context) == "ACTIVE" and kind_of in (
            (wide,) if wide else ("ACCOUNT", "ORGANIZATION")
        ):
            return Verdict.passed("an active analyser watches for access from outside")
    return Verdict.failed("nothing analyses continuously who outside has access")


def data_discovery_on(account: Account, context: Context) -> Verdict:
    """The provider's own discovery walks the stores between audits."""
    regions = regions_with_weights(account, context)
    if not regions:
        return Verdict.not_applicable("the account holds no weights itself")
    sessions = resources_in(account, "macie2.session", ("macie2", "GetMacieSession"), context)
    covered = {one.region for one in sessions if attribute(one, "status", context) == "ENABLED"}
    blind = [region for region in regions if region not in covered]
    if blind:
        return Verdict.failed("data discovery is off in {blind}", blind=some(blind))
    return Verdict.passed("data discovery is on in {regions}", regions=some(regions))
