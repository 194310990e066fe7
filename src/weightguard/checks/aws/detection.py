"""LOG: which services watch the places of weights."""

from __future__ import annotations

from weightguard.checks.aws.resources import attribute, regions_with_weights, resources_in
from weightguard.checks.relations import unseen
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import some
from weightguard.estate.model import Account, Resource


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
