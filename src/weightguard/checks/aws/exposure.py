"""STO: who is let in from outside, by policy, by ACL, by access point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from weightguard.checks.aws.decisions import (
    FROM_INTERNET,
    NO_PRIVATE_NETWORK,
    OF_OTHER_ORGANISATION,
    OF_OUTSIDERS,
    S3_USUAL,
    UNSIGNED,
    compiled,
    first_granted,
    levels,
    organisations,
    s3_access,
    strangers,
)
from weightguard.checks.aws.outsiders import makers_of_access_points, outsiders_named
from weightguard.checks.relations import account_of, counted
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Said, each, refs, said, some
from weightguard.estate.fact import Fact, Known, Reason, Unknown
from weightguard.estate.model import AccessPoint, Account, NamedPolicy, PublicAccessBlock, Store
from weightguard.policy.aws import ANONYMOUS, Layers, PolicyKind, Principal, S3Access

BlockFact = Fact[PublicAccessBlock | None]
EVERYTHING_BLOCKED = PublicAccessBlock(True, True, True, True)
EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
NO_ACCESS_POINT: Mapping[str, None] = dict.fromkeys(
    ("s3:DataAccessPointAccount", "s3:DataAccessPointArn", "s3:AccessPointNetworkOrigin")
)
ORDINARY: Mapping[str, Any] = {**S3_USUAL, **NO_PRIVATE_NETWORK, **OF_OUTSIDERS, **NO_ACCESS_POINT}


def _asks(resource: str) -> tuple[tuple[str, str], ...]:
    return (
        ("s3:GetObject", f"{resource}/*"), ("s3:GetObjectVersion", f"{resource}/*"),
        ("s3:ListBucket", resource), ("s3:PutObject", f"{resource}/*"),
        ("s3:PutBucketPolicy", resource),
    )  # fmt: skip


def not_public(store: Store, context: Context) -> Verdict:
    """Neither policy nor ACL nor an access point lets everybody in, once the public access blocks are counted."""
    account = account_of(store, context)
    blocks = _blocks(store, account, context)
    ways = [*_public_ways(store, account, _switched_on(blocks), context)]
    open_ways = [way for way in ways if isinstance(way, Said)]
    gaps = [way for way in ways if isinstance(way, Unknown)]
    if open_ways:
        context.require(block for block in blocks if isinstance(block, Unknown))
        return Verdict.failed("anybody can reach this store: {open_ways}", open_ways=each(open_ways))
    context.require(gaps)
    return Verdict.passed("neither policy nor ACL nor access point lets the public in")


def _blocks(store: Store, account: Account, context: Context) -> list[BlockFact]:
    """The public access blocks that bear on a store."""
    return [
        context.peek(store.public_access_block, "store.public_access_block"),
        context.peek(account.public_access_block, "account.public_access_block"),
    ]


def _switched_on(facts: Iterable[BlockFact]) -> list[PublicAccessBlock]:
    """Those of the blocks that are known to be there."""
    return [fact.value for fact in facts if isinstance(fact, Known) and fact.value is not None]


def _public_ways(
    store: Store, account: Account, blocks: list[PublicAccessBlock], context: Context
) -> Iterator[Said | Unknown]:
    """Ways in for everybody, and facts that may hide one."""
    if not any(block.restrict_buckets for block in blocks):
        yield from _by_policy(store, account, blocks, context)
    if not any(block.ignore_acls for block in blocks):
        yield from _by_acl(store, context)


def _by_policy(
    store: Store, account: Account, blocks: list[PublicAccessBlock], context: Context
) -> Iterator[Said | Unknown]:
    policy = _text_of(context.peek(store.policy))
    if isinstance(policy, Unknown):
        yield policy
    elif policy.value is not None:
        layers = _layers(account, policy.value, s3_access(blocks), context)
        granted = _public_grants(policy.value, _asks(store.id), account.id, layers, context)
        yield from (said("the bucket policy grants {grant}", grant=one) for one in granted)
        yield from _by_access_points(store, account, policy.value, layers, context)


def _text_of(policy: Fact[NamedPolicy | None]) -> Fact[NamedPolicy | None]:
    """The policy; a gap where a snapshot names it without its text."""
    if isinstance(policy, Known) and policy.value is not None and policy.value.document is None:
        return Unknown(Reason.NOT_COLLECTED, policy.source, policy.value.name)
    return policy


def _layers(account: Account, policy: NamedPolicy, s3: S3Access, context: Context) -> Layers:
    limits = context.peek(account.resource_guardrails, "account.resource_guardrails")
    memory = context.estate.memory
    rcp = levels(limits.value, PolicyKind.RCP, memory) if isinstance(limits, Known) and limits.value else None
    return Layers(resource=[compiled(policy, PolicyKind.RESOURCE, memory)], rcp=rcp, s3=s3)


def _circumstances(owner: str, context: Context) -> dict[str, Any]:
    """What is known of an outsider's request to something that the account `owner` holds."""
    organisation = organisations(context).get(owner)
    return {
        **ORDINARY,
        "aws:CurrentTime": context.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(context.as_of.timestamp())),
        **({"aws:ResourceOrgID": organisation} if organisation else {}),
    }


def _public_grants(
    policy: NamedPolicy,
    asks: Iterable[tuple[str, str]],
    owner: str,
    layers: Layers,
    context: Context,
    through: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """What is granted to whom of the public, as far as there is anything: anonymous callers, and whoever has an account."""
    facts = {**_circumstances(owner, context), **FROM_INTERNET, **(through or {})}
    asked = tuple(asks)
    everybody = [("anonymous callers", ANONYMOUS, {**facts, **UNSIGNED})]
    everybody += [("any AWS account", one, facts) for one in strangers([policy], context)]
    for who, principal, given in everybody:
        action = first_granted(principal, asked, owner, layers, given)
        if action is not None:
            yield f"{action} to {who}"
            return


def _through(point: AccessPoint, origin: str) -> dict[str, Any]:
    """What a request through an access point says of it."""
    return {
        "s3:DataAccessPointAccount": point.account,
        "s3:DataAccessPointArn": point.id,
        "s3:AccessPointNetworkOrigin": origin,
    }


def _by_access_points(
    store: Store, account: Account, policy: NamedPolicy, layers: Layers, context: Context
) -> Iterator[Said | Unknown]:
    """An access point opens the store only where the bucket policy leaves the decision to it."""
    for point in context.glance(store.access_points, "store.access_points"):
        through = _through(point, "Internet")
        delegated = [*_public_grants(policy, _asks(store.id), account.id, layers, context, through)]
        if delegated and is_open_access_point(point, context):
            yield said("the access point {point} lets everybody in", point=Ref(point.id.rpartition("/")[2]))


def is_open_access_point(point: AccessPoint, context: Context) -> bool:
    """Whether an access point takes requests from the internet and its policy grants everybody something."""
    if context.read(point.network_origin, "access_point.network_origin") != "Internet":
        return False
    block = context.read(point.public_access_block, "access_point.public_access_block")
    if block is not None and block.restrict_buckets:
        return False
    policy = context.read(point.policy, "access_point.policy")
    if policy is None:
        return False
    layers = Layers(resource=[compiled(policy, PolicyKind.RESOURCE, context.estate.memory)])
    asks = (
        ("s3:GetObject", f"{point.id}/object/*"),
        ("s3:GetObjectVersion", f"{point.id}/object/*"),
        ("s3:ListBucket", point.id),
        ("s3:PutObject", f"{point.id}/object/*"),
    )
    return any(_public_grants(policy, asks, point.account, layers, context, _through(point, "Internet")))


def _acls_enabled(store: Store, context: Context) -> bool | Unknown:
    lists = context.peek(store.object_lists)
    return lists if isinstance(lists, Unknown) else lists.value.in_force


def _grantees(store: Store, context: Context) -> tuple[list[Mapping[str, Any]], str | None] | Unknown:
    acl = context.peek(store.acl)
    if isinstance(acl, Unknown):
        return acl
    body = acl.value or {}
    return [dict(grant.get("Grantee", {})) for grant in body.get("Grants", ())], body.get("Owner", {}).get(
        "ID"
    )


def _by_acl(store: Store, context: Context) -> Iterator[Said | Unknown]:
    enabled = _acls_enabled(store, context)
    if enabled is False:
        return
    found = _grantees(store, context)
    if isinstance(found, Unknown):
        yield found
        return
    public = [grantee for grantee in found[0] if str(grantee.get("URI", "")).endswith(EVERYBODY)]
    if public and isinstance(enabled, Unknown):
        yield enabled
    elif public:
        groups = some(str(grantee["URI"]).rpartition("/")[2] for grantee in public)
        yield said("the ACL grants access to {groups}", groups=groups)


def access_points_private(store: Store, context: Context) -> Verdict:
    """Access points take requests from a VPC alone, or block the public altogether."""
    points = context.glance(store.access_points, "store.access_points")
    opened = [point.id for point in points if not _is_private(point, context)]
    if opened:
        return Verdict.failed(
            "access points take requests from the internet without a public access block: {opened}",
            opened=refs(opened),
        )
    context.require(store.access_points.gaps)
    return Verdict.passed("{count}, all private", count=counted(len(points), "access point"))


def _is_private(point: AccessPoint, context: Context) -> bool:
    if context.read(point.network_origin, "access_point.network_origin") == "VPC":
        return True
    block = context.read(point.public_access_block, "access_point.public_access_block")
    return block is not None and block.complete and not is_open_access_point(point, context)


def no_outside_account(store: Store, context: Context) -> Verdict:
    """Neither policy, nor ACL, nor access point lets somebody else's account in, once the blocks are counted."""
    account = account_of(store, context)
    found: list[Said] = []
    gaps: list[Unknown] = []
    for place in _places(store, account, context):
        if isinstance(place.policy, Unknown):
            gaps.append(place.policy)
        elif place.policy.value is not None:
            found += _let_in(place, place.policy.value, account, gaps, context)
    found += _by_foreign_acl(store, gaps, context)
    if found:
        return Verdict.failed("another account is let in: {found}", found=some(found))
    context.require((*gaps, *store.access_points.gaps))
    return Verdict.passed("no account outside the organisation is let in")


@dataclass(frozen=True, slots=True)
class _Place:
    """Something with a policy that leads to the objects of a store: the bucket, or one of its access points."""

    what: str
    id: str
    objects: str
    policy: Fact[NamedPolicy | None]
    blocks: tuple[BlockFact, ...]
    through: Mapping[str, Any] | None = None


def _places(store: Store, account: Account, context: Context) -> Iterator[_Place]:
    blocks = _blocks(store, account, context)
    policy = _text_of(context.peek(store.policy, "store.policy"))
    yield _Place("bucket policy", store.id, f"{store.id}/*", policy, tuple(blocks))
    for point in context.glance(store.access_points, "store.access_points"):
        policy = _text_of(context.peek(point.policy, "access_point.policy"))
        origin = context.peek(point.network_origin, "access_point.network_origin")
        through = _through(point, origin.value if isinstance(origin, Known) else "Internet")
        yield _Place(
            "access point policy",
            point.id,
            f"{point.id}/object/*",
            policy,
            _point_blocks(point, blocks, context),
            through,
        )


def _point_blocks(point: AccessPoint, blocks: list[BlockFact], context: Context) -> tuple[BlockFact, ...]:
    """The blocks that bear on an access point; one of a VPC always counts as not public, so that they cut nobody off."""
    origin = context.peek(point.network_origin, "access_point.network_origin")
    if isinstance(origin, Known) and origin.value == "VPC":
        return ()
    return (context.peek(point.public_access_block, "access_point.public_access_block"), *blocks)


def _let_in(
    place: _Place, policy: NamedPolicy, account: Account, gaps: list[Unknown], context: Context
) -> list[Said]:
    """The outsiders whom a policy lets in; a block that could not be read, and that may keep them out, becomes a gap."""
    known = _switched_on(place.blocks)
    unread = [fact for fact in place.blocks if isinstance(fact, Unknown)]
    found = [*_outsiders(place, policy, account, known, context)]
    if found and unread and not any(block.restrict_buckets for block in known):
        found = [*_outsiders(place, policy, account, [*known, EVERYTHING_BLOCKED], context)]
        if not found:
            gaps += unread
    return [said("the {what} lets {who} in", what=place.what, who=who) for who in found]


def _outsiders(
    place: _Place, policy: NamedPolicy, account: Account, blocks: list[PublicAccessBlock], context: Context
) -> Iterator[Said]:
    s3 = replace(s3_access(blocks), of_access_point=place.through is not None)
    layers = _layers(account, policy, s3, context)
    asks = [(action, place.objects) for action in ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")]
    asks += [(action, place.id) for action in ("s3:ListBucket", "s3:PutBucketPolicy")]
    facts = {**_circumstances(account.id, context), **(place.through or {})}
    told: set[str] = set()
    for principal, given in _callers(policy, facts, through=place.through is not None, context=context):
        who = principal.account or "any account"
        action = first_granted(principal, asks, account.id, layers, given) if who not in told else None
        if action is not None:
            told.add(who)
            outsider = Ref(principal.account) if principal.account else who
            yield said("{who} ({action})", who=outsider, action=action)


def _callers(
    policy: NamedPolicy, facts: Mapping[str, Any], *, through: bool, context: Context
) -> Iterator[tuple[Principal, Mapping[str, Any]]]:
    """Outsiders, and what is known of their requests; their organisation is theirs, and so is an access point that they make."""
    given = {key: value for key, value in facts.items() if key not in OF_OTHER_ORGANISATION}
    for principal in outsiders_named([policy], context):
        yield principal, given
    if not through:
        theirs = {key: value for key, value in given.items() if key not in NO_ACCESS_POINT}
        for principal in makers_of_access_points([policy], context):
            yield principal, theirs


def _by_foreign_acl(store: Store, gaps: list[Unknown], context: Context) -> list[Said]:
    enabled = _acls_enabled(store, context)
    if enabled is False:
        return []
    found = _grantees(store, context)
    if isinstance(found, Unknown):
        gaps.append(found)
        return []
    grantees, owner = found
    foreign = [str(grantee["ID"])[:12] for grantee in grantees if grantee.get("ID") not in (None, owner)]
    if foreign and isinstance(enabled, Unknown):
        gaps.append(enabled)
        return []
    return [said("the ACL lets the canonical user {name}... in", name=Ref(name)) for name in foreign]
