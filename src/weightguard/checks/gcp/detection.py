"""LOG: which services watch the places of weights.

Sources: Security Center Management REST reference, `SecurityCenterService` (a state holds for all in its container, unless
something nearer says otherwise); Security Command Center documentation, "Event Threat Detection", "Virtual Machine Threat
Detection", "Container Threat Detection"; Cloud Asset Inventory REST reference, `Feed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from weightguard.checks.gcp.hierarchy import covering, described
from weightguard.checks.gcp.resources import attribute, looked_for
from weightguard.checks.relations import missing, stores_with_weights, workloads_of
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, Resource

_SERVICE: Final = "securitycentermanagement.security_center_service"
_FEED: Final = "cloudasset.feed"
_EVERYTHING: Final = (".*", "*")


def anomaly_detection_on(account: Account, context: Context) -> Verdict:
    """Threat detection reads the audit logs of the project, those of its buckets among them."""
    return _detection(account, ("event-threat-detection",), "threat detection over audit logs", context)


def runtime_detection_on(account: Account, context: Context) -> Verdict:
    """Threat detection watches processes on machines, and in containers where there are clusters."""
    clusters = [one for one in workloads_of(frozenset({"cluster"}), context) if one.account == account.id]
    wanted = ("vm-threat-detection", *(("container-threat-detection",) if clusters else ()))
    return _detection(account, wanted, "runtime threat detection", context)


def _detection(account: Account, wanted: Iterable[str], what: str, context: Context) -> Verdict:
    if not stores_with_weights(account.id, context):
        return Verdict.not_applicable("the project holds no weights itself")
    states = {name: _state(account, name, context) for name in wanted}
    off = [name for name, state in states.items() if state not in (None, "ENABLED")]
    if off:
        return Verdict.failed("{what} is off: {off}", what=what, off=some(off))
    if None in states.values():
        missing(Source.asked("gcp", account.id, "securitycentermanagement", "ListSecurityCenterServices"))
    return Verdict.passed("{what} is on", what=what)


def _state(account: Account, name: str, context: Context) -> str | None:
    """Whether a detector is on for a project, as the nearest container that a source tells of says; None: none does."""
    for one in covering(account, _SERVICE, context):
        if one.id.rpartition("/")[2] == name:
            found = attribute(one, "effectiveEnablementState", context)
            return str(found) if found else "DISABLED"
    return None


def configuration_recorded(account: Account, context: Context) -> Verdict:
    """A feed tells of every change of every kind of resource, with what it was set to."""
    if not stores_with_weights(account.id, context):
        return Verdict.not_applicable("the project holds no weights itself")
    feeds = [*covering(account, _FEED, context)]
    if any(_tells_all(one, context) for one in feeds):
        return Verdict.passed("every change of configuration is told to a feed")
    described(account.id, context)
    looked_for(account, feeds, context, ("cloudasset", "ListFeeds"))
    return Verdict.failed("changes of configuration are not recorded: no feed covers every kind of resource")


def _tells_all(feed: Resource, context: Context) -> bool:
    """Whether a feed tells of everything, whatever it is set to, and says what that is."""
    kinds = attribute(feed, "assetTypes", context) or ()
    return (
        bool({*kinds} & {*_EVERYTHING})
        and attribute(feed, "contentType", context) == "RESOURCE"
        and not attribute(feed, "condition.expression", context)
    )
