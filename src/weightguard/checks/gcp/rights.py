"""IAM: rights that stand, that reach everything, or that let somebody be an account, and whom secrets are open to.

Sources: IAM documentation, "Basic roles", "Service account permissions", "Best practices for using Workload Identity Federation",
"Principal identifiers"; Privileged Access Manager documentation (a grant is a binding that ends); Secret Manager documentation,
"Access control with IAM".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.model import AccessKind
from weightguard.checks.gcp.decisions import gaps, granted, is_unread, kind_of, prepared
from weightguard.checks.gcp.exposure import is_outside, opened
from weightguard.checks.gcp.expressions import ends
from weightguard.checks.gcp.resources import grouped, looked_for
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.model import Account, ContainerKind, FederatedProvider, Principal, PrincipalKind
from weightguard.policy.gcp import roles as known_roles

_READ_SECRETS: Final = ("secretmanager.versions.access", "secretmanager.secrets.setIamPolicy")
_BECOME: Final = (
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
    "iam.serviceAccounts.implicitDelegation",
    "iam.serviceAccounts.setIamPolicy",
)
_READ: Final = "storage.objects.get"
_BASIC: Final = ("roles/owner", "roles/editor")
_WHOLE: Final = {"storage": "roles/storage.admin", "cloudkms": "roles/cloudkms.admin"}
"""Service -> the role that may do everything in it."""
_CONTAINERS: Final = ("projects", "folders", "organizations")
_REWRITE: Final = "resourcemanager.projects.setIamPolicy"
_POOLS: Final = "/workloadIdentityPools/"
_BROAD: Final = ("domain:", "projectViewer:", "projectEditor:", "projectOwner:")
_PEOPLE: Final = (PrincipalKind.USER, PrincipalKind.FEDERATED, PrincipalKind.GROUP, PrincipalKind.DOMAIN)


def secrets_closed(account: Account, context: Context) -> Verdict:
    """No stored secret is open to outsiders."""
    listed = context.glance(context.estate.secrets)
    held = context.once("gcp secrets by project", lambda: grouped(listed, lambda one: one.account))
    secrets = [one for one in held.get(account.id, ()) if one.kind == "secretmanager"]
    found = opened(((one.id, one.id, one.policy) for one in secrets), _READ_SECRETS, context)
    if found:
        return Verdict.failed("outsiders may read secrets: {found}", found=refs(found))
    looked_for(account, secrets, context, ("secretmanager", "ListSecrets"))
    return Verdict.passed("{count} secrets, none is open to outsiders", count=len(secrets))


def trust_is_exclusive(principal: Principal, context: Context) -> Verdict:
    """Exactly named parties may be an account that reaches weights."""
    if principal.kind is not PrincipalKind.SERVICE_ACCOUNT:
        return Verdict.not_applicable("not an account that somebody else can be")
    place = prepared(context).source.account(principal.id)
    found = granted(place, _BECOME, context)
    parties = [one for one, rights in found.items() if not all(map(is_unread, rights.values()))]
    loose = [problem for one in sorted(parties) for problem in _loose(one, context)]
    if loose:
        return Verdict.failed("more than those meant to may be the account: {loose}", loose=some(loose))
    own = context.peek(principal.trust)
    context.require((*((own,) if isinstance(own, Unknown) else ()), *gaps(place, context)))
    return Verdict.passed("exactly named parties may be the account")


def _loose(member: str, context: Context) -> Iterator[Value]:
    """What is wrong with letting a member be an account."""
    if member in ("allUsers", "allAuthenticatedUsers"):
        yield "everybody"
    elif member.startswith(_BROAD):
        yield said("everybody of {who}", who=Ref(member))
    elif member.startswith(("principal:", "principalSet:")):
        if is_open_set(member, context):
            yield said("any subject of {who}", who=Ref(member))
    elif is_outside(member, context):
        yield Ref(member)


def is_open_set(member: str, context: Context) -> bool:
    """Whether a set of federated principals holds all whom a pool vouches for, while its providers ask nothing of them.

    Of a set by an attribute, ``attribute.repository/org/repo``, the value says who is meant.
    """
    pool, mark, rest = member.partition("://")[2].partition(_POOLS)
    name, _, subject = rest.partition("/")
    if not mark or member.startswith("principal://"):
        return False
    if subject.startswith("kubernetes.cluster/"):
        return True
    if subject != "*":
        return not subject.rpartition("/")[2]
    providers = [
        one for one in context.glance(context.estate.federated_providers) if _is_of(one, pool, name, context)
    ]
    return not providers or any(_asks_nothing(one, context) for one in providers)


def _is_of(provider: FederatedProvider, pool: str, name: str, context: Context) -> bool:
    named = prepared(context).source.named
    project = named(pool.removeprefix("iam.googleapis.com/"))
    return named(provider.id).startswith(f"{project}{_POOLS}{name}/")


def _asks_nothing(provider: FederatedProvider, context: Context) -> bool:
    enabled = context.peek(provider.enabled)
    if isinstance(enabled, Known) and not enabled.value:
        return False
    return context.read(provider.condition, "federated_provider.condition") is None


def no_wildcard_reach(principal: Principal, context: Context) -> Verdict:
    """No role on a project, folder or organisation hands over whole services, or the right to take them."""
    if principal.service_linked or principal.kind is PrincipalKind.AGENT:
        return Verdict.not_applicable("a service agent: the provider grants its role")
    broad = _broad(context).get(principal.id, [])
    if held := [said("{role} on {place}", role=Ref(one[0]), place=Ref(one[1])) for one in broad if one[2]]:
        return Verdict.failed("whole services are allowed everywhere below: {held}", held=some(held))
    context.require(
        Unknown(Reason.NOT_COLLECTED, Source.named("iam", "GetRole", role, provider="gcp"))
        for role, _, _ in broad
    )
    context.require(
        one.policies
        for one in context.estate.containers
        if one.provider == "gcp"
        and one.kind is not ContainerKind.KEY_RING
        and isinstance(one.policies, Unknown)
    )
    return Verdict.passed("no role allows a whole service everywhere below")


_Held = list[tuple[str, str, bool]]
"""A role, the container on which it is held, and whether it is known to hand over a service."""


def _broad(context: Context) -> dict[str, _Held]:
    """Member -> the roles that it holds on containers and that hand over a service, or that nobody knows.

    A binding with a condition is no such role.
    """

    def compute() -> dict[str, _Held]:
        who = prepared(context).who
        found: dict[str, _Held] = {}
        for place, bindings in who.policies.bindings.items():
            for one in bindings if place.partition("/")[0] in _CONTAINERS and place.count("/") == 1 else ():
                broad = _hands_over(one.role, context) if one.condition is None else False
                leaves = {leaf for each in one.members for leaf in who.candidates.leaves(each)}
                for member in {*one.members, *leaves} if broad is not False else ():
                    found.setdefault(member, []).append((one.role, place, broad is True))
        return found

    rights: dict[str, _Held] = context.once("gcp broad roles", compute)
    return rights


def _hands_over(role: str, context: Context) -> bool | None:
    """Whether a role is basic, covers a whole service, or lets its holder give itself anything; None: nobody knows it."""
    if role in _BASIC:
        return True
    permissions = known_roles.find(role, prepared(context).who.policies.roles).permissions
    if permissions is None:
        return None
    return _REWRITE in permissions or any(_all_of(service) <= permissions for service in _WHOLE)


def _all_of(service: str) -> frozenset[str]:
    """Every permission of a service."""
    known = known_roles.find(_WHOLE[service], {}).permissions or frozenset()
    return frozenset(one for one in known if one.startswith(f"{service}.")) or frozenset({service})


def no_standing_human_access(principal: Principal, context: Context) -> Verdict:
    """No person holds a right to read weights that does not end by itself."""
    if principal.kind not in _PEOPLE or _is_program(principal, context):
        return Verdict.not_applicable("no person: its access is a program's")
    reached = set(context.weights_of(principal.id))
    places = sorted((one.store, one.prefix) for one in context.estate.weight_sets if one.id in reached)
    answers = {place: context.access.who_can(AccessKind.READ, place[0], place[1] or None) for place in places}
    held = {
        place[0]
        for place, answer in answers.items()
        if any(one.principal == principal.id and one.direct for one in answer.answers)
        and not _only_for_a_time(principal.id, *place, context)
    }
    if held:
        return Verdict.failed("a permanent right to read {held}", held=refs(sorted(held)))
    context.require(gap for answer in answers.values() for gap in answer.gaps)
    return Verdict.passed("no weights are read by a right that does not end by itself")


def _is_program(principal: Principal, context: Context) -> bool:
    return principal.kind is PrincipalKind.FEDERATED and kind_of(principal.id, context) == "workload"


def _only_for_a_time(member: str, store: str, prefix: str, context: Context) -> bool:
    """Whether every binding that lets somebody read says when it ends; one that nobody finds, as an entry of a list, does not."""
    candidates = prepared(context).who.candidates
    resource = f"buckets/{store.removeprefix('gs://')}/objects/{prefix}weights"
    found = [
        one.condition
        for _, one in candidates.bindings(resource)
        if candidates.permits(one.role, _READ)
        and any(member in (each, *candidates.leaves(each)) for each in one.members)
    ]
    return bool(found) and all(one is not None and ends(one) for one in found)
