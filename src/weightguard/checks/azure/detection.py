"""LOG and SUP: which plans of Microsoft Defender for Cloud watch a subscription.

Sources: Defender for Cloud REST reference, "Pricings" (Standard is on, Free is off; extensions); Defender for Cloud documentation,
"Overview of Microsoft Defender for Storage", "Container vulnerability assessments".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.checks.relations import stores_with_weights
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.fact import Known
from weightguard.estate.model import Account, Resource

_PLANS: Final = "security.pricings"
_SCANNING: Final = "ContainerRegistriesVulnerabilityAssessments"


def anomaly_detection_on(account: Account, context: Context) -> Verdict:
    """Defender for Storage watches what is read and written."""
    return _plan(account, "StorageAccounts", "threat detection for storage accounts", context)


def runtime_detection_on(account: Account, context: Context) -> Verdict:
    """Defender for Servers watches processes on machines."""
    return _plan(account, "VirtualMachines", "threat detection on machines", context)


def images_scanned(account: Account, context: Context) -> Verdict:
    """Defender for Containers looks for weaknesses in the images of registries."""
    registries = [
        one
        for one in context.glance(context.estate.resources_of("containerregistry.registries"))
        if one.account == account.id
    ]
    if not registries:
        context.require(context.estate.resources_of("containerregistry.registries").gaps)
        return Verdict.not_applicable("the subscription has no registry of images")
    plan = _found(account, "Containers", context)
    if plan is None or not _scans(plan):
        return Verdict.failed("nothing looks for weaknesses in the images of the subscription's registries")
    return Verdict.passed("images are scanned in the subscription's registries")


def _plan(account: Account, name: str, what: str, context: Context) -> Verdict:
    if not stores_with_weights(account.id, context):
        return Verdict.not_applicable("the subscription holds no weights itself")
    if _found(account, name, context) is None:
        return Verdict.failed("{what} is off", what=what)
    return Verdict.passed("{what} is on", what=what)


def _found(account: Account, name: str, context: Context) -> Resource | None:
    """A plan of the subscription that is on.

    Raises:
        UnknownFact: it is not seen, and not all plans were listed.
    """
    plans = context.estate.resources_of(_PLANS)
    for one in context.glance(plans, _PLANS):
        own = one.account == account.id and one.name.lower() == name.lower()
        if own and str(_value(one, "pricingTier")).lower() == "standard":
            return one
    context.require(plans.gaps)
    return None


def _scans(plan: Resource) -> bool:
    extensions = _value(plan, "extensions")
    return any(
        isinstance(one, Mapping)
        and one.get("name") == _SCANNING
        and str(one.get("isEnabled")).lower() == "true"
        for one in extensions or ()
    )


def _value(plan: Resource, name: str) -> Any:
    fact = plan.attributes.get(name)
    return fact.value if isinstance(fact, Known) else None
