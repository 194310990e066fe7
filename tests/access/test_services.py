"""Services that a store's policy lets in, and what they act for."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    KEY,
    STORE,
    account,
    allow,
    arn,
    document,
    estate,
    key,
    role,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.access.wording import all_worded
from weightguard.estate.model import Estate

PARTNER = "999999999999"
CLOUDFRONT = "cloudfront.amazonaws.com"
OURS = f"arn:aws:cloudfront::{HOME}:distribution/E1"
OWN_ROOT = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}


def let(principal: Any, condition: Any = None, action: Any = "s3:GetObject", effect: str = "Allow") -> Any:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return statement if condition is None else {**statement, "Condition": condition}


def found(things: Estate, access: AccessKind = AccessKind.READ) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(access, STORE).answers}


def readers(*statements: Any) -> dict[str, Answer]:
    return found(estate(user("idle"), account(), store(policy=document(*statements))))


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"StringEquals": {"AWS:SourceArn": OURS}}, f"on behalf of {OURS}"),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{PARTNER}:distribution/*"}}, PARTNER),
        ({"StringEquals": {"aws:SourceAccount": HOME}}, f"on behalf of account {HOME}"),
        ({"StringEquals": {"aws:SourceOrgID": "o-own"}}, "o-own"),
        ({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-own/*"}}, "o-own/*"),
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_service_says_for_whom_it_acts(condition: Any, says: str) -> None:
    answer = readers(let({"Service": CLOUDFRONT}, condition))[CLOUDFRONT]
    assert (answer.kind, answer.certainty, answer.direct) == ("service", "conditional", True)
    assert says in " ".join(all_worded(answer.conditions))


def test_nobody_but_services_acts_for_others() -> None:
    condition = {"StringEquals": {"aws:SourceAccount": HOME}}
    assert readers(let({"AWS": f"arn:aws:iam::{PARTNER}:root"}, condition)) == {}
    assert arn("user", "idle") not in readers(let({"AWS": arn("user", "idle")}, condition))


def test_a_denial_of_what_acts_for_others_leaves_what_acts_for_us() -> None:
    kept_out = let("*", {"StringNotEquals": {"aws:SourceAccount": HOME}}, effect="Deny")
    answer = readers(let({"Service": CLOUDFRONT}), kept_out)[CLOUDFRONT]
    assert all_worded(answer.conditions) == (f"only on behalf of account {HOME}",)


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ({"ArnLike": {"aws:SourceArn": OURS}}, CLOUDFRONT),
        ({"StringEquals": {"aws:PrincipalServiceName": "bedrock.amazonaws.com"}}, "bedrock.amazonaws.com"),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, "*.amazonaws.com"),
        ({"StringEquals": {"aws:SourceAccount": HOME}}, "*.amazonaws.com"),
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_bare_star_means_services_as_well(condition: Any, name: str) -> None:
    assert {who: one.kind for who, one in readers(let("*", condition)).items()} == {name: "service"}
    assert readers(let({"AWS": "*"}, condition)) == {}


def keyed(condition: Any) -> dict[str, Answer]:
    policy = document(OWN_ROOT, let({"Service": CLOUDFRONT}, condition, "kms:Decrypt"))
    lets = document(let({"Service": CLOUDFRONT}))
    return found(estate(user("idle"), account(), store(policy=lets, key=KEY), key(policy)))


def test_a_service_needs_the_key_and_may_be_held_to_whose_key_use_it_is() -> None:
    assert keyed({"StringEquals": {"kms:CallerAccount": HOME}})[CLOUDFRONT].kind == "service"
    assert keyed({"StringEquals": {"aws:SourceArn": OURS}})[CLOUDFRONT].certainty == "conditional"
    assert keyed(None)[CLOUDFRONT].certainty == "certain"
    things = estate(
        user("idle"),
        account(),
        store(policy=document(let({"Service": CLOUDFRONT})), key=KEY),
        key(document(OWN_ROOT)),
    )
    assert found(things) == {}


def test_a_service_is_the_same_under_the_china_regions_domain() -> None:
    assert readers(let({"Service": "bedrock.amazonaws.com.cn"}))["bedrock.amazonaws.com.cn"].kind == "service"


def test_an_agents_runtime_reads_as_its_role() -> None:
    reader = role(
        "agent", allow("s3:GetObject"), trust=trusting({"Service": "bedrock-agentcore.amazonaws.com"})
    )
    runtime = f"arn:aws:bedrock-agentcore:us-east-1:{HOME}:runtime/agent-1"
    agent = workload(runtime, "bedrock-agentcore", "agent_runtime", reader.id)
    assert found(estate(reader, agent, store()))[runtime].kind == "workload"
    assert runtime not in found(estate(role("agent", trust=document()), agent, store()))
