"""IAM, LOG, NET and PHY: what stands above a project, and what an administrator of it cannot undo.

Sources: IAM documentation, "Deny access to resources" and "Permissions supported in deny policies"; Resource Manager documentation,
"Restricting resource usage" (gcp.restrictServiceUsage) and "Restricting resource locations" (gcp.resourceLocations); Cloud Logging
documentation, "Aggregated sinks" (which take the logs of everything inside, whatever is set there).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from weightguard.checks.gcp import logging
from weightguard.checks.gcp.decisions import gaps, granted, is_unread, kind_of, prepared
from weightguard.checks.gcp.hierarchy import described
from weightguard.checks.gcp.storage import constraints
from weightguard.checks.relations import missing, stores_with_weights
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs, some
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.gcp.constraints import ALL, Values
from weightguard.estate.model import Account, Organisation
from weightguard.policy.gcp import Binding, RoleDefinition

_ROLE: Final = "roles/weightguard-probe"
_DENIALS: Final = "POLICY"
_LOCATIONS, _SERVICES = "gcp.resourceLocations", "gcp.restrictServiceUsage"
_STANDING: Final = (
    "storage.objects.get",
    "storage.buckets.setIamPolicy",
    "cloudkms.cryptoKeyVersions.useToDecrypt",
)


def _values(name: str, account: Account, context: Context) -> Values:
    return context.read(constraints(context).values(name, f"projects/{account.id}"), f"constraint.{name}")


def transfer_services_denied(account: Account, context: Context) -> Verdict:
    """An organisation policy refuses services that move data in bulk."""
    found = _values(_SERVICES, account, context)
    left = [one for one in context.parameters["actions"] if not _refuses(found, one)]
    if left:
        return Verdict.failed(
            "no guardrail of the organisation keeps an administrator of the project from bulk transfer: {left}",
            left=some(left),
        )
    return Verdict.passed("guardrails of the organisation rule out bulk transfer")


def _refuses(found: Values, service: str) -> bool:
    return bool({service, ALL} & found.denied) or (found.allowed is not None and service not in found.allowed)


def approved_regions_only(account: Account, context: Context) -> Verdict:
    """Weights lie in approved regions, and an organisation policy lets nothing be created elsewhere."""
    approved = {*context.parameters["approved_regions"]}
    held = {store.region for store in stores_with_weights(account.id, context) if store.region}
    stray = sorted(held - approved) if approved else []
    if stray:
        return Verdict.failed("weights lie outside the approved regions: {stray}", stray=some(stray))
    found = _values(_LOCATIONS, account, context)
    if ALL in found.denied:
        return Verdict.passed("an organisation policy lets nothing be created anywhere")
    if found.allowed is None:
        return Verdict.failed("no organisation policy keeps weights out of regions that nobody approved")
    wider = sorted(one for one in found.allowed if approved and _region(one) not in approved)
    if wider:
        return Verdict.failed(
            "the organisation policy lets more in than was approved: {wider}", wider=some(wider)
        )
    return Verdict.passed(
        "an organisation policy keeps the project to {allowed}", allowed=some(sorted(found.allowed))
    )


def _region(value: str) -> str:
    """The region, or the group of regions, that a value of the constraint names: ``in:europe-west4-locations``."""
    return value.removeprefix("in:").removesuffix("-locations").lower()


def guardrails_hold(account: Account, context: Context) -> Verdict:
    """Deny policies keep an administrator of the project from undoing its protections."""
    actions = tuple(context.parameters["actions"])
    told = account.settings.get("contents")
    if not isinstance(told, Known) or _DENIALS not in told.value:
        missing(Source.asked("gcp", account.id, "iam", "ListPolicies", "deny policies"))
    left, open_ones = _left(account, actions, context)
    if left:
        return Verdict.failed(
            "no deny policy keeps an administrator of the project from undoing the protections of weights: {left}",
            left=some(left),
        )
    context.require(
        Unknown(Reason.NOT_READ, Source.named("iam", "GetPolicy", f"whom it spares of {one}", provider="gcp"))
        for one in open_ones[:1]
    )
    return Verdict.passed("deny policies rule out undoing the protections of weights")


def _left(account: Account, actions: Iterable[str], context: Context) -> tuple[list[str], list[str]]:
    """What an ordinary principal could do in a project if it were given everything there, and what hangs on something unknown."""
    who = prepared(context).who
    actions = tuple(actions)
    member = f"serviceAccount:weightguard-probe@{account.id}.iam.gserviceaccount.com"
    place = f"projects/{account.id}"
    given = (*who.policies.bindings.get(place, ()), Binding(_ROLE, (member,)))
    policies = replace(
        who.policies,
        bindings={**who.policies.bindings, place: given},
        roles={**who.policies.roles, _ROLE: RoleDefinition(frozenset(actions))},
        constraints=(),
    )
    decided = {one: who.decisions.decide(member, one, place, policies) for one in actions}
    left = [one for one, grant in decided.items() if grant is not None and grant.is_certain]
    return left, [one for one, grant in decided.items() if grant is not None and not grant.is_certain]


def cannot_be_switched_off(account: Account, context: Context) -> Verdict:
    """What is read is logged from above the project, and goes to a place outside it: nobody inside can change either."""
    outer = logging.above(f"projects/{account.id}", context)[1:]
    for service in ("storage.googleapis.com", "cloudkms.googleapis.com"):
        if not any([*logging.configs(one, service)] for one in outer):
            context.require(gap for one in outer if (gap := logging.untold(one)) is not None)
            return Verdict.failed(
                "Data Access audit logs of {service} are switched on in the project alone, if at all",
                service=service,
            )
    places = {one.id for one in outer}
    answers = [
        logging.takes(one)
        for one in context.glance(context.estate.resources_of(logging.SINK))
        if logging.place(one) in places
        and logging.reaches_inside(one)
        and not _lies_in(account, logging.aim(one))
    ]
    if True in answers:
        return Verdict.passed(
            "a sink above the project takes its logs out of it, and cannot be changed from it"
        )
    described(account.id, context)
    if None in answers:
        missing(
            Source.named("logging", "GetSink", f"the filters of the sinks above {account.id}", provider="gcp")
        )
    return Verdict.failed("no active sink above the project takes its logs out of it")


def _lies_in(account: Account, destination: str) -> bool:
    """Whether a sink's destination lies in a project itself."""
    number = account.settings.get("number")
    own = {f"/projects/{account.id}/", f"/projects/{number.value}/" if isinstance(number, Known) else ""}
    return any(one and one in destination for one in own)


def no_standing_access_from_above(organisation: Organisation, context: Context) -> Verdict:
    """No role on the organisation gives anybody weights, or the right to give them, whoever it is kept for."""
    name = organisation.id
    found = granted(name, _STANDING, context)
    standing = [
        member
        for member, rights in found.items()
        if kind_of(member, context) != "service" and not all(map(is_unread, rights.values()))
    ]
    if standing:
        return Verdict.failed(
            "roles on the organisation reach every store and key below it: {standing}",
            standing=refs(sorted(standing)),
        )
    context.require(gaps(name, context))
    return Verdict.passed("no role on the organisation reaches stores or keys")
