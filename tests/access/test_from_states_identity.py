"""Identity changed to reach the weights, in Terraform states: credentials, policies, groups, trust and boundaries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attack_labs.answering import START, answers
from attack_labs.lab import ADMINISTRATOR, HOME, Lab, Statement, allow, deny, policy, trusting

ROOT = f"arn:aws:iam::{HOME}:root"
SELF_ROLE = f"arn:aws:iam::{HOME}:role/starting-role"
TARGET_USER = f"arn:aws:iam::{HOME}:user/target-user"
TARGET_ROLE = f"arn:aws:iam::{HOME}:role/target-role"
ADMINS = f"arn:aws:iam::{HOME}:group/admins"
TEAM = f"arn:aws:iam::{HOME}:group/team"
POLICY = f"arn:aws:iam::{HOME}:policy/target-policy"


def started(*statements: Statement, **more: Any) -> Lab:
    lab = Lab()
    lab.user("starting-user", *statements, **more)
    return lab


def on_user(
    *actions: str,
    admin: bool = True,
    keys: int = 1,
    target: str = TARGET_USER,
    more: tuple[Statement, ...] = (),
) -> Lab:
    """A user that may do something to a target user."""
    lab = started(allow(actions, target), *more, keys=1)
    lab.user("target-user", attached=[ADMINISTRATOR] if admin else [], keys=keys)
    return lab


def with_login(lab: Lab) -> Lab:
    lab.add(
        "aws_iam_user_login_profile",
        "target",
        user="target-user",
        id="target-user",
        password="canary-password",
    )
    return lab


def on_self_role(
    *actions: str, target: str = SELF_ROLE, boundary: str = "", more: tuple[Statement, ...] = ()
) -> Lab:
    """A user whose role may do something to itself."""
    lab = started(allow("sts:AssumeRole", SELF_ROLE))
    lab.role("starting-role", trusting(START), allow(actions, target), *more, boundary=boundary)
    return lab


def on_role(
    *actions: str,
    trust: str = START,
    target: str = TARGET_ROLE,
    attached: tuple[str, ...] = (),
    more: tuple[Statement, ...] = (),
) -> Lab:
    """A user that may do something to a role, which so far may do nothing with the weights."""
    lab = started(allow(actions, target), *more)
    lab.role("target-role", trusting(trust), allow("ec2:DescribeInstances"), attached=attached)
    return lab


def in_group(*actions: str, member: bool = True, target: str = TEAM) -> Lab:
    lab = started(groups=["team"] if member else [])
    lab.group("team")
    lab.add(
        "aws_iam_user_policy",
        "group",
        name="group",
        user="starting-user",
        policy=policy(allow(actions, target)),
    )
    return lab


def own_policy(*actions: str, attached: bool = True, target: str = POLICY, through: str = "user") -> Lab:
    """A customer managed policy that allows rewriting itself, attached to the start in one of the ways there are."""
    lab = Lab()
    lab.policy("target-policy", allow(actions, target))
    lab.user(
        "starting-user",
        *([] if attached else [allow(actions, target)]),
        groups=["team"] if through == "group" else [],
    )
    if attached and through == "user":
        lab.add("aws_iam_user_policy_attachment", "own", user="starting-user", policy_arn=POLICY)
    elif attached and through == "group":
        lab.group("team", attached=[POLICY])
    elif attached:
        lab.add(
            "aws_iam_policy_attachment",
            "own",
            name="own",
            users=["starting-user"],
            roles=[],
            groups=[],
            policy_arn=POLICY,
        )
    return lab


def role_policy(second: str, *, trust: str = START, attached: bool = True) -> Lab:
    lab = started(allow("iam:CreatePolicyVersion", POLICY), allow(second, TARGET_ROLE))
    lab.policy("target-policy", allow("ec2:DescribeInstances"))
    lab.role("target-role", trusting(trust), attached=[POLICY] if attached else [])
    return lab


def joins(*, group: str = ADMINS, admin: bool = True, more: tuple[Statement, ...] = ()) -> Lab:
    lab = started(allow("iam:AddUserToGroup", group), *more)
    lab.group("admins", attached=[ADMINISTRATOR] if admin else [])
    return lab


OTHER = f"arn:aws:iam::{HOME}:user/somebody-else"
SERVICE = "ec2.amazonaws.com"

WORKS: dict[str, Callable[[], Lab]] = {
    "iam-001": lambda: own_policy("iam:CreatePolicyVersion"),
    "iam-001 in a group": lambda: own_policy("iam:CreatePolicyVersion", through="group"),
    "iam-001 by a shared attachment": lambda: own_policy("iam:CreatePolicyVersion", through="shared"),
    "iam-001 by a wildcard": lambda: own_policy("iam:Create*", target="*"),
    "iam-002": lambda: on_user("iam:CreateAccessKey"),
    "iam-003": lambda: on_user("iam:CreateAccessKey", "iam:DeleteAccessKey", keys=2),
    "iam-004": lambda: on_user("iam:CreateLoginProfile"),
    "iam-005": lambda: on_self_role("iam:PutRolePolicy"),
    "iam-006": lambda: with_login(on_user("iam:UpdateLoginProfile")),
    "iam-006 of a password that a state cannot know": lambda: on_user("iam:UpdateLoginProfile"),
    "iam-007": lambda: started(allow("iam:PutUserPolicy", START)),
    "iam-007 by a variable": lambda: started(
        allow("iam:PutUserPolicy", f"arn:aws:iam::{HOME}:user/${{aws:username}}")
    ),
    "iam-008": lambda: started(allow("iam:AttachUserPolicy", START)),
    "iam-008 of the administrator policy alone": lambda: started(
        allow("iam:AttachUserPolicy", START, Condition={"ArnEquals": {"iam:PolicyARN": ADMINISTRATOR}})
    ),
    "iam-009": lambda: on_self_role("iam:AttachRolePolicy"),
    "iam-010": lambda: in_group("iam:AttachGroupPolicy"),
    "iam-011": lambda: in_group("iam:PutGroupPolicy"),
    "iam-012": lambda: admin_trusting(SERVICE, allow("iam:UpdateAssumeRolePolicy", TARGET_ROLE)),
    "iam-013": joins,
    "iam-014": lambda: on_role("iam:AttachRolePolicy", "sts:AssumeRole"),
    "iam-014 through a trust in the account": lambda: on_role(
        "iam:AttachRolePolicy", "sts:AssumeRole", trust=ROOT
    ),
    "iam-015": lambda: on_user("iam:AttachUserPolicy", "iam:CreateAccessKey", admin=False),
    "iam-016": lambda: role_policy("sts:AssumeRole"),
    "iam-017": lambda: on_role("iam:PutRolePolicy", "sts:AssumeRole"),
    "iam-018": lambda: on_user("iam:PutUserPolicy", "iam:CreateAccessKey", admin=False),
    "iam-019": lambda: on_role("iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", trust=SERVICE),
    "iam-020": lambda: role_policy("iam:UpdateAssumeRolePolicy", trust=SERVICE),
    "iam-021": lambda: on_role("iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", trust=SERVICE),
    "sts-001": lambda: admin_trusting(START, allow("sts:AssumeRole", TARGET_ROLE)),
    "sts-001 by trust alone": lambda: admin_trusting(START),
    "sts-001 by trust in the account": lambda: admin_trusting(ROOT, allow("sts:AssumeRole", TARGET_ROLE)),
    "sts-001 by trust in the account's number": lambda: admin_trusting(HOME, allow("sts:AssumeRole", "*")),
    "every action of a kind": lambda: started(allow("iam:*Policy", START)),
    "all that puts": lambda: started(allow("iam:Put*")),
    "everything of iam": lambda: started(allow("iam:*")),
    "all but some actions": lambda: started(
        {"Effect": "Allow", "NotAction": ["s3:*", "ec2:*"], "Resource": "*"}
    ),
    "all but some resources": lambda: started(
        {"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": [f"arn:aws:iam::{HOME}:user/boss"]}
    ),
}

STOPPED: dict[str, Callable[[], Lab]] = {
    "iam-001 of a policy that nobody has": lambda: own_policy("iam:CreatePolicyVersion", attached=False),
    "iam-001 of another policy": lambda: own_policy("iam:CreatePolicyVersion", target=POLICY + "-2"),
    "iam-002 of another user": lambda: on_user("iam:CreateAccessKey", target=OTHER),
    "iam-002 where there are two keys": lambda: on_user("iam:CreateAccessKey", keys=2),
    "iam-002 of nobody in particular": lambda: on_user("iam:CreateAccessKey", admin=False),
    "iam-002 denied": lambda: on_user("iam:CreateAccessKey", more=(deny("iam:*AccessKey*"),)),
    "iam-003 without deleting": lambda: on_user("iam:CreateAccessKey", "iam:UpdateAccessKey", keys=2),
    "iam-004 where there is a password": lambda: with_login(on_user("iam:CreateLoginProfile")),
    "iam-005 of another role": lambda: on_self_role("iam:PutRolePolicy", target=TARGET_ROLE),
    "iam-005 denied": lambda: on_self_role("iam:PutRolePolicy", more=(deny("iam:PutRolePolicy", SELF_ROLE),)),
    "iam-006 of another user": lambda: with_login(on_user("iam:UpdateLoginProfile", target=OTHER)),
    "iam-007 of another user": lambda: started(allow("iam:PutUserPolicy", OTHER)),
    "iam-008 of a harmless policy alone": lambda: started(
        allow(
            "iam:AttachUserPolicy",
            START,
            Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Billing"}},
        )
    ),
    "iam-009 of another role": lambda: on_self_role("iam:AttachRolePolicy", target=TARGET_ROLE),
    "iam-010 of a group one is not in": lambda: in_group("iam:AttachGroupPolicy", member=False),
    "iam-011 of a group one is not in": lambda: in_group("iam:PutGroupPolicy", member=False),
    "iam-011 of another group": lambda: in_group("iam:PutGroupPolicy", target=ADMINS),
    "iam-012 of another role": lambda: admin_trusting(
        SERVICE, allow("iam:UpdateAssumeRolePolicy", TARGET_ROLE + "-2")
    ),
    "iam-013 of a group without permissions": lambda: joins(admin=False),
    "iam-013 of another group": lambda: joins(group=TEAM),
    "iam-013 denied": lambda: joins(more=(deny("iam:AddUserToGroup"),)),
    "iam-014 of a role that trusts another": lambda: on_role(
        "iam:AttachRolePolicy", "sts:AssumeRole", trust=SERVICE
    ),
    "iam-014 without assuming": lambda: on_role("iam:AttachRolePolicy", trust=ROOT),
    "iam-015 without the key": lambda: on_user("iam:AttachUserPolicy", admin=False),
    "iam-016 of a role that trusts another": lambda: role_policy("sts:AssumeRole", trust=SERVICE),
    "iam-016 of a policy the role lacks": lambda: role_policy("sts:AssumeRole", attached=False),
    "iam-017 of a role that trusts another": lambda: on_role(
        "iam:PutRolePolicy", "sts:AssumeRole", trust=SERVICE
    ),
    "iam-018 without the key": lambda: on_user("iam:PutUserPolicy", admin=False),
    "iam-019 without the trust": lambda: on_role("iam:AttachRolePolicy", trust=SERVICE),
    "iam-020 of a policy the role lacks": lambda: role_policy(
        "iam:UpdateAssumeRolePolicy", trust=SERVICE, attached=False
    ),
    "iam-021 without the policy": lambda: on_role("iam:UpdateAssumeRolePolicy", trust=SERVICE),
    "sts-001 of a role that trusts a service": lambda: admin_trusting(
        SERVICE, allow("sts:AssumeRole", TARGET_ROLE)
    ),
    "sts-001 by trust in the account without permission": lambda: admin_trusting(ROOT),
    "sts-001 denied": lambda: admin_trusting(START, deny("sts:AssumeRole", TARGET_ROLE)),
    "all but what would do": lambda: started(
        {"Effect": "Allow", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "arn:aws:logs:*:*:*"}
    ),
    "self-service of keys": lambda: on_user(
        "iam:CreateAccessKey", target=f"arn:aws:iam::{HOME}:user/${{aws:username}}"
    ),
}


def admin_trusting(trust: str, *statements: Statement, **more: Any) -> Lab:
    lab = started(*statements)
    lab.admin_role(trust, **more)
    return lab


@pytest.mark.parametrize("way", WORKS)
def test_a_change_of_identity_reaches_the_weights(way: str, tmp_path: Path) -> None:
    assert START in answers(tmp_path, WORKS[way]())


@pytest.mark.parametrize("way", STOPPED)
def test_a_change_of_identity_that_does_not_work_is_no_path(way: str, tmp_path: Path) -> None:
    assert START not in answers(tmp_path, STOPPED[way]())


# Boundaries and denials


def bounded(*own: Statement, limit: tuple[Statement, ...] = (), **more: Any) -> Lab:
    lab = Lab()
    arn = lab.policy("limit", *(limit or (allow(["ec2:*", "iam:*"]),)))
    lab.user("starting-user", *own, boundary=arn, **more)
    return lab


def bounded_role(*own: Statement, of_user: tuple[Statement, ...] = ()) -> Lab:
    lab = Lab()
    arn = lab.policy("limit", allow("ec2:*"))
    lab.user("starting-user", allow("sts:AssumeRole", TARGET_ROLE), *of_user)
    lab.role("target-role", trusting(START), *own, attached=[ADMINISTRATOR], boundary=arn)
    return lab


def denied(*own: Statement, by: str = "inline") -> Lab:
    """A user with every permission but S3, which a policy of its own denies."""
    lab = Lab()
    arn = lab.policy("no-storage", deny("s3:*"))
    lab.user("starting-user", *own, attached=[ADMINISTRATOR] if by != "narrow" else [])
    if by == "managed":
        lab.add("aws_iam_user_policy_attachment", "no-storage", user="starting-user", policy_arn=arn)
    else:
        lab.add(
            "aws_iam_user_policy",
            "no-storage",
            name="no-storage",
            user="starting-user",
            policy=policy(deny("s3:*")),
        )
    return lab


def narrowly_denied(*own: Statement) -> Lab:
    """A user that may read but for a denial."""
    lab = Lab()
    lab.user("starting-user", allow("s3:*"), *own)
    lab.add(
        "aws_iam_user_policy",
        "no-storage",
        name="no-storage",
        user="starting-user",
        policy=policy(deny("s3:*")),
    )
    return lab


def test_a_boundary_without_storage_stops_even_an_administrator(tmp_path: Path) -> None:
    lab = bounded(allow("s3:*"))
    assert START not in answers(tmp_path, lab)


def test_a_boundary_stops_a_policy_of_ones_own(tmp_path: Path) -> None:
    lab = bounded(allow("iam:PutUserPolicy", START), limit=(allow(["ec2:*", "iam:PutUserPolicy"]),))
    assert START not in answers(tmp_path, lab)


def test_a_boundary_that_lets_itself_be_removed_stops_nobody(tmp_path: Path) -> None:
    """A policy of one's own, with all of IAM that the boundary leaves, then the boundary's removal."""
    assert START in answers(tmp_path, bounded(allow("iam:PutUserPolicy", START)))


@pytest.mark.parametrize("action", ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"])
def test_whoever_takes_off_its_own_boundary_reads(action: str, tmp_path: Path) -> None:
    assert START in answers(tmp_path, bounded(allow("s3:*"), allow(action, START)))


def test_a_boundary_that_leaves_out_its_own_removal_holds(tmp_path: Path) -> None:
    lab = bounded(allow("s3:*"), allow("iam:DeleteUserPermissionsBoundary", START), limit=(allow("ec2:*"),))
    assert START not in answers(tmp_path, lab)


def test_whoever_takes_off_the_boundary_of_a_role_becomes_it(tmp_path: Path) -> None:
    remove = allow("iam:DeleteRolePermissionsBoundary", TARGET_ROLE)
    assert START in answers(tmp_path, bounded_role(of_user=(remove,)))


def test_a_role_behind_a_boundary_reads_nothing(tmp_path: Path) -> None:
    found = answers(tmp_path, bounded_role())
    assert START not in found
    assert TARGET_ROLE not in found


@pytest.mark.parametrize(
    ("by", "action"), [("inline", "iam:DeleteUserPolicy"), ("managed", "iam:DetachUserPolicy")]
)
def test_whoever_drops_the_denial_reads(by: str, action: str, tmp_path: Path) -> None:
    assert START in answers(tmp_path, denied(allow(action, START), by=by))


def test_a_narrow_denial_is_dropped_too(tmp_path: Path) -> None:
    assert START in answers(tmp_path, narrowly_denied(allow("iam:DeleteUserPolicy", START)))


def test_a_denial_holds_where_nobody_drops_it(tmp_path: Path) -> None:
    assert START not in answers(tmp_path, narrowly_denied())


def test_rewriting_the_denying_policy_drops_it(tmp_path: Path) -> None:
    lab = Lab()
    arn = lab.policy("no-storage", deny("s3:*"))
    lab.user("starting-user", allow("s3:*"), allow("iam:CreatePolicyVersion", arn), attached=[arn])
    assert START in answers(tmp_path, lab)


def test_another_identity_leads_past_a_denial(tmp_path: Path) -> None:
    """A denial binds the user, not the role that it becomes."""
    lab = narrowly_denied(allow("sts:AssumeRole", TARGET_ROLE))
    lab.admin_role(START)
    assert START in answers(tmp_path, lab)


# Conditions


def test_a_second_factor_makes_the_answer_conditional(tmp_path: Path) -> None:
    lab = Lab()
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    lab.user("starting-user", allow("sts:AssumeRole", TARGET_ROLE))
    lab.role("target-role", trusting(START, **mfa), attached=[ADMINISTRATOR])
    assert answers(tmp_path, lab)[START] == "conditional"


def test_an_external_id_is_known_to_whoever_is_told(tmp_path: Path) -> None:
    lab = Lab()
    lab.user("starting-user", allow("sts:AssumeRole", TARGET_ROLE))
    external = {"Condition": {"StringEquals": {"sts:ExternalId": "lab-42"}}}
    lab.role("target-role", trusting(START, **external), attached=[ADMINISTRATOR])
    assert START in answers(tmp_path, lab)


@pytest.mark.parametrize(("tagged", "reached"), [("weights", True), ("docs", False)])
@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team"])
def test_tags_of_the_target_decide(key: str, tagged: str, reached: bool, tmp_path: Path) -> None:
    lab = Lab()
    condition = {"Condition": {"StringEquals": {key: "weights"}}}
    lab.user("starting-user", allow("sts:AssumeRole", "*", **condition))
    lab.admin_role(ROOT, tags={"team": tagged})
    assert (START in answers(tmp_path, lab)) is reached


@pytest.mark.parametrize(("own", "reached"), [("weights", True), ("docs", False)])
def test_tags_of_the_start_decide(own: str, reached: bool, tmp_path: Path) -> None:
    lab = Lab()
    lab.user("starting-user", allow("sts:AssumeRole", "*"), tags={"team": own})
    condition = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "weights"}}}
    lab.role("target-role", trusting(ROOT, **condition), attached=[ADMINISTRATOR])
    assert (START in answers(tmp_path, lab)) is reached


def test_a_session_tag_in_the_trust_can_be_set_by_whoever_may_tag(tmp_path: Path) -> None:
    lab = Lab()
    lab.user("starting-user", allow(["sts:AssumeRole", "sts:TagSession"], TARGET_ROLE))
    trust = trusting(START, Condition={"StringEquals": {"aws:RequestTag/project": "weights"}})
    lab.role(
        "target-role", {**trust, "Action": ["sts:AssumeRole", "sts:TagSession"]}, attached=[ADMINISTRATOR]
    )
    assert START in answers(tmp_path, lab)


# New principals


@pytest.mark.parametrize(
    "actions",
    [
        ("iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"),
        ("iam:CreateRole", "iam:AttachRolePolicy", "sts:AssumeRole"),
        ("iam:CreateUser", "iam:AddUserToGroup", "iam:CreateAccessKey"),
        ("iam:CreateUser", "iam:PutUserPolicy", "iam:CreateLoginProfile"),
    ],
)
def test_whoever_makes_an_administrator_is_one(actions: tuple[str, ...], tmp_path: Path) -> None:
    lab = started(allow(actions))
    lab.group("admins", attached=[ADMINISTRATOR])
    assert START in answers(tmp_path, lab)


def test_a_new_user_without_credentials_is_nobody(tmp_path: Path) -> None:
    assert START not in answers(
        tmp_path,
        started(allow(["iam:CreateUser", "iam:AttachUserPolicy"], f"arn:aws:iam::{HOME}:user/new-*")),
    )
