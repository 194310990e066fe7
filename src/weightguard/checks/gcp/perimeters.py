"""KEY and NET: which networks and organisations a request may come from, and what a way to Google's services lets out.

A service perimeter refuses requests that cross it, whoever makes them and whatever else allows them, unless a rule of its own or an
access level lets them through.

Sources: VPC Service Controls documentation, "Ingress and egress rules", "Context-aware access"; Access Context Manager
documentation, "Access level attributes"; Cloud Storage documentation, "Bucket IP filtering" and "Signed URLs"; Resource Manager
documentation, "Restricting identities by domain"; VPC documentation, "Access Google APIs through Private Service Connect
endpoints".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.access.model import AccessKind
from weightguard.checks.gcp.decisions import gaps, granted, kind_of, prepared
from weightguard.checks.gcp.exposure import is_outside, outsiders
from weightguard.checks.gcp.resources import attribute
from weightguard.checks.gcp.storage import constraints
from weightguard.checks.relations import missing, principal_named
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, said, some
from weightguard.estate.fact import Known, Source
from weightguard.estate.gcp.constraints import ALL
from weightguard.estate.model import Endpoint, Key, Perimeter, Principal, PrincipalKind, Store

STORAGE, KMS = "storage.googleapis.com", "cloudkms.googleapis.com"
_LEVEL: Final = "accesscontextmanager.access_level"
_ANYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})
_MEMBERS: Final = "iam.allowedPolicyMemberDomains"
_TYPES: Final = "storage.restrictAuthTypes"
_HMAC: Final = frozenset({"SERVICE_ACCOUNT_HMAC_SIGNED_REQUESTS", "USER_ACCOUNT_HMAC_SIGNED_REQUESTS"})
_EVERY_HMAC: Final = frozenset({"in:ALL_HMAC_SIGNED_REQUESTS", ALL})
_SIGN: Final = "iam.serviceAccounts.signBlob"
_TOUCH: Final = (
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.create",
    "storage.buckets.setIamPolicy",
)


def network_perimeter(store: Store, context: Context) -> Verdict:
    """Requests from the internet are refused, also with valid credentials."""
    told = context.peek(store.networks)
    rules = told.value if isinstance(told, Known) else None
    if rules is not None and not rules.open_to_all and not _ANYWHERE & set(rules.allowed):
        return Verdict.passed("the bucket takes requests from named networks alone")
    found = _closed_to_internet(store.account, STORAGE, context)
    return found or Verdict.passed("requests from public networks are refused, also with valid credentials")


def key_network_restricted(key: Key, context: Context) -> Verdict:
    """Requests for the key from the internet are refused."""
    found = _closed_to_internet(key.account, KMS, context)
    return found or Verdict.passed("requests for the key from public networks are refused")


def _closed_to_internet(project: str, service: str, context: Context) -> Verdict | None:
    """What lets requests in from anywhere; None: nothing does."""
    around = _around(project, service, context)
    if not around:
        return Verdict.failed(
            "stolen credentials work from any network: no perimeter restricts {service}", service=service
        )
    ways = [way for one in around for way in _doors(one, project, service, context)]
    if ways:
        return Verdict.failed("the perimeter lets requests in from anywhere: {ways}", ways=some(ways))
    return None


def _around(project: str, service: str, context: Context) -> list[Perimeter]:
    """The enforced perimeters around a project that restrict a service.

    Raises:
        UnknownFact: none, and the sources hold no perimeters, or are states, which tell of what Terraform made.
    """
    found = [
        one
        for one in context.glance(context.estate.perimeters)
        if one.provider == "gcp" and not one.dry_run
        and f"projects/{project}" in one.members and {service, ALL} & set(one.services)
    ]  # fmt: skip
    if not found:
        _looked_for(project, context)
    return found


def _looked_for(project: str, context: Context) -> None:
    told = next((one.settings.get("contents") for one in context.estate.accounts if one.id == project), None)
    contents = told.value if isinstance(told, Known) else ()
    is_state = "PARTIAL_POLICY" in contents and not context.estate.perimeters
    if "ACCESS_POLICY" not in contents or is_state:
        missing(Source.asked("gcp", project, "accesscontextmanager", "ListServicePerimeters"))


def _doors(perimeter: Perimeter, project: str, service: str, context: Context) -> Iterator[Value]:
    """The rules of a perimeter that let in from any network."""
    for rule in context.read(perimeter.ingress, "perimeter.ingress"):
        if isinstance(level := rule.get("accessLevel"), str):
            if _from_anywhere(level, context):
                yield Ref(level)
        elif _is_about(rule.get("ingressTo"), project, service, context):
            for level in _levels(rule):
                if level == ALL or _from_anywhere(level, context):
                    yield "any source" if level == ALL else Ref(level)


def _levels(rule: Mapping[str, Any]) -> list[str]:
    """The access levels that an ingress rule takes requests from; ``*`` for all sources."""
    sources = (rule.get("ingressFrom") or {}).get("sources") or ()
    return [str(one["accessLevel"]) for one in sources if isinstance(one, Mapping) and one.get("accessLevel")]


def _is_about(aim: Any, project: str, service: str, context: Context) -> bool:
    """Whether a rule's aim is a service of a project."""
    stated: Mapping[str, Any] = aim if isinstance(aim, Mapping) else {}
    named = prepared(context).source.named
    places = [str(one) for one in stated.get("resources") or ()]
    services = [one.get("serviceName") for one in stated.get("operations") or () if isinstance(one, Mapping)]
    return bool({service, ALL} & {*services}) and (
        ALL in places or f"projects/{project}" in map(named, places)
    )


def _from_anywhere(level: str, context: Context) -> bool:
    """Whether an access level can be met from any network.

    Raises:
        UnknownFact: nothing tells what it asks, or it is an expression.
    """
    found = [one for one in context.glance(context.estate.resources_of(_LEVEL)) if one.name == level]
    basic = attribute(found[0], "basic", context) if found else None
    if not isinstance(basic, Mapping):
        missing(Source.named("accesscontextmanager", "GetAccessLevel", level, provider="gcp"))
    asked = [one for one in basic.get("conditions") or () if isinstance(one, Mapping)]
    bound = [_is_bound(one) for one in asked]
    return not (all(bound) if basic.get("combiningFunction") == "OR" else any(bound)) or not bound


def _is_bound(condition: Mapping[str, Any]) -> bool:
    """Whether a condition of an access level names networks."""
    ranges = {str(one) for one in condition.get("ipSubnetworks") or ()}
    return condition.get("negate") is not True and (
        bool(condition.get("vpcNetworkSources")) or bool(ranges and not ranges & _ANYWHERE)
    )


def identity_perimeter(store: Store, context: Context) -> Verdict:
    """Principals of other organisations are refused, whatever policies of the bucket say."""
    around = _around(store.account, STORAGE, context)
    open_ones = [way for one in around for way in _strangers(one, store.account, context)]
    if around and not open_ones:
        return Verdict.passed(
            "a perimeter refuses principals outside the organisation, whatever else grants them"
        )
    problem = _not_by_domain(store, context)
    if problem is None:
        return Verdict.passed("policies may name members of the organisation alone, and name nobody else")
    if open_ones:
        return Verdict.failed("the perimeter lets outsiders in: {found}", found=some(open_ones))
    return Verdict.failed("one mistaken grant opens the store to outsiders: {problem}", problem=problem)


def _strangers(perimeter: Perimeter, project: str, context: Context) -> Iterator[Value]:
    """The rules of a perimeter under which somebody of another organisation comes in."""
    for rule in context.read(perimeter.ingress, "perimeter.ingress"):
        if isinstance(level := rule.get("accessLevel"), str):
            yield said("{level}, whoever asks", level=Ref(level))
        elif _is_about(rule.get("ingressTo"), project, STORAGE, context):
            origin: Mapping[str, Any] = rule.get("ingressFrom") or {}
            if origin.get("identityType") not in (None, "IDENTITY_TYPE_UNSPECIFIED"):
                yield str(origin["identityType"])
            for member in map(prepared(context).source.member, origin.get("identities") or ()):
                if is_outside(member, context):
                    yield Ref(member)


def _not_by_domain(store: Store, context: Context) -> Value | None:
    """Why the organisation's constraint on the members of policies does not keep outsiders off a bucket; None: it does."""
    found = context.read(
        constraints(context).values(_MEMBERS, store.container or ""), f"constraint.{_MEMBERS}"
    )
    if found.allowed is None and ALL not in found.denied:
        return "no constraint on who may be a member"
    organisations = prepared(context).source.customers
    ours = {one for name, ids in organisations.items() for one in (name, *ids)}
    foreign = {one.removeprefix("under:") for one in found.allowed or ()} - ours
    if foreign:
        return said("members of {foreign} are allowed", foreign=some(map(Ref, sorted(foreign))))
    named = outsiders(f"buckets/{store.name}", _TOUCH, store.policy, context)
    return said("the constraint came after {named}", named=some(named)) if named else None


def endpoint_stays_inside(endpoint: Endpoint, context: Context) -> Verdict:
    """Nothing leaves through a private way to Google's services for a project of somebody else."""
    home = (endpoint.network or "").partition("projects/")[2].partition("/")[0] or endpoint.account
    project = prepared(context).source.numbers.get(home, home)
    for service in (STORAGE, KMS):
        around = _around(project, service, context)
        if not around:
            return Verdict.failed(
                "no perimeter restricts {service}: anything passes, to anybody's project", service=service
            )
        ways = [way for one in around for way in _exits(one, service, context)]
        if ways:
            return Verdict.failed("the perimeter lets out to {ways}", ways=some(ways))
    return Verdict.passed("the perimeter lets nothing through to projects outside")


def _exits(perimeter: Perimeter, service: str, context: Context) -> Iterator[Value]:
    """Where the rules of a perimeter let requests to a service leave to."""
    ours = {one.id for one in context.estate.containers}
    named = prepared(context).source.named
    for rule in context.read(perimeter.egress, "perimeter.egress"):
        aim: Mapping[str, Any] = rule.get("egressTo") or {}
        services = [one.get("serviceName") for one in aim.get("operations") or () if isinstance(one, Mapping)]
        if {service, ALL} & {*services}:
            places = [*map(str, aim.get("resources") or ()), *map(str, aim.get("externalResources") or ())]
            yield from (Ref(one) if one != ALL else "any project" for one in places if named(one) not in ours)


def signed_links_bounded(store: Store, context: Context) -> Verdict:
    """Nobody can sign a link that reads for a week: no HMAC key works, and no reader's account can be made to sign."""
    types = context.read(constraints(context).values(_TYPES, store.container or ""), f"constraint.{_TYPES}")
    if not _EVERY_HMAC & types.denied and not types.denied >= _HMAC:
        return Verdict.failed("links that an HMAC key signed download weights for up to a week")
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = sorted({one.principal for one in answer.answers if one.principal.startswith("serviceAccount:")})
    accounts = [one for name in readers if (one := principal_named(name, context)) is not None]
    for account in accounts:
        if (
            account.kind is PrincipalKind.SERVICE_ACCOUNT
            and (found := _signing(account, context)) is not None
        ):
            return found
    context.require(answer.gaps)
    for account in accounts:
        if account.kind is PrincipalKind.SERVICE_ACCOUNT:
            context.read(account.credentials, "principal.credentials")
            context.require(gaps(prepared(context).source.account(account.id), context))
    return Verdict.passed("nobody can sign a link to these weights")


def _signing(account: Principal, context: Context) -> Verdict | None:
    """How a link can be signed as an account; None: no way is known."""
    keys = context.peek(account.credentials, "principal.credentials")
    if isinstance(keys, Known) and any(one.active for one in keys.value):
        return Verdict.failed("a key of {who} signs links that work for a week", who=Ref(account.id))
    place = prepared(context).source.account(account.id)
    signers = [one for one in granted(place, (_SIGN,), context) if kind_of(one, context) != "service"]
    if not signers:
        return None
    return Verdict.failed(
        "{signers} can sign links that work for a week as {who}",
        signers=some(map(Ref, sorted(signers))),
        who=Ref(account.id),
    )
