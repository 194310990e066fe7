"""NET: which networks and organisations a request may come from, and what an endpoint lets out."""

from __future__ import annotations

from weightguard.checks.aws.decisions import (
    CALLED_DIRECTLY,
    FROM_INTERNET,
    OTHER_ORGANISATION,
    S3_USUAL,
    as_seen_from,
    compiled,
    everything,
    insider,
    is_refused,
    open_door,
    partition,
    stranger,
    stranger_account,
    stranger_key,
)
from weightguard.checks.relations import account_of
from weightguard.controls.judge import Context, Verdict
from weightguard.estate.model import Endpoint, Store
from weightguard.policy.aws import Layers, PolicyKind, Request, decide

GUARDED = (".s3", ".kms", ".s3-global.accesspoint")


def _object(store: Store) -> str:
    return f"{store.id}/weightguard-probe"


def identity_perimeter(store: Store, context: Context) -> Verdict:
    """Principals of other organisations are refused outright."""
    facts = {**CALLED_DIRECTLY, **S3_USUAL, "aws:PrincipalOrgID": OTHER_ORGANISATION}
    places = {"s3:GetObject": _object(store), "s3:PutObject": _object(store), "s3:ListBucket": store.id}
    requests = [
        Request(stranger(context), action, place, store.account, facts) for action, place in places.items()
    ]
    if is_refused(context, store.policy, account_of(store, context), requests, "store"):
        return Verdict.passed("principals outside the organisation are refused, whatever else grants them")
    return Verdict.failed(
        "nothing refuses principals outside the organisation: one mistaken grant opens the store"
    )


def network_perimeter(store: Store, context: Context) -> Verdict:
    """Requests from the internet are refused, also with valid credentials."""
    probe = insider(store.account, context)
    facts = {**CALLED_DIRECTLY, **S3_USUAL, **FROM_INTERNET, **as_seen_from(probe, context)}
    requests = [
        Request(probe, action, _object(store), store.account, facts)
        for action in ("s3:GetObject", "s3:PutObject")
    ]
    if is_refused(context, store.policy, account_of(store, context), requests, "store"):
        return Verdict.passed("requests from public networks are refused, also with valid credentials")
    return Verdict.failed(
        "stolen credentials work from any network: requests from the internet are not refused"
    )


def signed_links_bounded(store: Store, context: Context) -> Verdict:
    """Links with a signature in the query string do not work, or not for long."""
    probe = insider(store.account, context)
    minutes = context.parameters["max_age_minutes"]
    facts = {
        **CALLED_DIRECTLY, **S3_USUAL, **as_seen_from(probe, context), "s3:authType": "REST-QUERY-STRING",
        "s3:signatureAge": str(minutes * 60_000 + 1),
    }  # fmt: skip
    request = Request(probe, "s3:GetObject", _object(store), store.account, facts)
    if is_refused(context, store.policy, account_of(store, context), [request], "store"):
        return Verdict.passed(
            "signed links are refused, at the latest after {minutes} minutes", minutes=minutes
        )
    return Verdict.failed("a signed link that leaks downloads weights for up to a week")


def endpoint_stays_inside(endpoint: Endpoint, context: Context) -> Verdict:
    """Nothing can be written through the endpoint to somebody else's store, with whosoever's credentials."""
    if not endpoint.service.endswith(GUARDED):
        return Verdict.not_applicable(
            "{service} holds neither weights nor keys", service=endpoint.service or "the service"
        )
    policy = context.read(endpoint.policy)
    if policy is None:
        return Verdict.failed("the endpoint has the default policy: anything passes, to anybody's store")
    # Somebody who takes weights owns the store that they go to, and lets everybody write there.
    memory = context.estate.memory
    layers = Layers(
        identity=[everything(memory)],
        resource=[open_door(memory)],
        vpc_endpoint=[compiled(policy, PolicyKind.VPC_ENDPOINT, memory)],
    )
    outside = stranger_account(context)
    asks = (
        [("kms:Encrypt", stranger_key(context))]
        if endpoint.service.endswith(".kms")
        else [
            (
                "s3:PutObject",
                f"arn:{partition(context, endpoint.account)}:s3:::weightguard-outside-probe/loot",
            )
        ]
    )
    for principal in (insider(endpoint.account, context), stranger(context)):
        facts = {
            **CALLED_DIRECTLY,
            **as_seen_from(principal, context),
            "aws:ResourceOrgID": OTHER_ORGANISATION,
        }
        if any(
            decide(Request(principal, action, place, outside, facts), layers).may_be_allowed
            for action, place in asks
        ):
            whose = "the network's own" if principal.account == endpoint.account else "an attacker's"
            return Verdict.failed(
                "weights can be written through the endpoint to a store outside with {whose} credentials",
                whose=whose,
            )
    return Verdict.passed("the endpoint lets nothing through to resources outside")
