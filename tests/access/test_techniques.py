"""Every technique of the data works where all that it needs is there, and does not where one thing lacks."""

from __future__ import annotations

from typing import Any

import pytest
from small_estates import (
    HOME,
    STORE,
    account,
    allow,
    arn,
    boundary,
    deny,
    document,
    estate,
    group,
    keys,
    known,
    managed,
    role,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, build
from weightguard.access.aws.technique_data.schema import (
    Combination,
    Credentials,
    Need,
    OnWorkload,
    PassRole,
    Technique,
    parse,
    techniques,
)
from weightguard.errors import CatalogueError
from weightguard.estate.model import Estate

ACTOR = arn("user", "actor")
TARGET = arn("role", "target")
READS = allow(["s3:GetObject"], f"{STORE}/*")


def answers(found: Estate, access: AccessKind = AccessKind.READ) -> dict[str, Any]:
    return {answer.principal: answer for answer in build(found).who_can(access, STORE).answers}


def reaches(found: Estate, name: str = ACTOR) -> bool:
    return name in answers(found)


def filled(resource: str, target: str) -> str:
    base = ":".join(target.split(":")[:5]) if ":" in target else ""
    names = {
        "partition": "aws",
        "account": HOME,
        "cluster": f"{base}:cluster/*",
        "tasks": f"{base}:task/*",
        "role": TARGET,
    }
    return target if resource == "target" else resource.format_map(names)


def granting(needs: tuple[Need, ...], target: str = "*") -> list[dict[str, Any]]:
    return [allow(need.action, filled(need.resource, target)) for need in needs]


def existing(entry: OnWorkload) -> str:
    service, _, kind = entry.targets[0].partition("/")
    return f"arn:aws:{service}:us-east-1:{HOME}:{kind}/existing"


def of_kind(kind: type[Technique]) -> list[Any]:
    return [entry for entry in techniques() if isinstance(entry, kind)]


def ids(entry: Technique) -> str:
    return entry.id


def one_left_out(entry: Any) -> list[list[dict[str, Any]]]:
    """The permissions without each one of them, unless what is left is another technique's whole need."""
    others = [other.needs for other in of_kind(type(entry)) if other.id != entry.id and other.needs]
    found = []
    for left_out in range(len(entry.needs)):
        kept = entry.needs[:left_out] + entry.needs[left_out + 1 :]
        if not any(set(needs) <= set(kept) for needs in others):
            found.append(granting(kept, existing(entry) if isinstance(entry, OnWorkload) else "*"))
    return found


def needs_each(entry: Any, action: str) -> bool:
    """Whether no other technique makes do with what is left when an action is denied."""
    left = {need for need in entry.needs if need.action != action}
    return not any(
        set(other.needs) <= left for other in of_kind(type(entry)) if other.id != entry.id and other.needs
    )


# --- passing a role -------------------------------------------------------------------------------------------------------

PASSING = [entry for entry in of_kind(PassRole) if entry.reaches is None and not entry.vouches]


def passing_estate(entry: PassRole, **changes: Any) -> Estate:
    service = changes.get("service", entry.services[0])
    statements = changes.get("statements", granting(entry.needs))
    if entry.passes and changes.get("passes", True):
        passed = {
            "Condition": {
                "StringEquals": {"iam:PassedToService": changes.get("passed_to", entry.services[0])}
            }
        }
        statements = [*statements, allow("iam:PassRole", TARGET, **passed)]
    things: list[Any] = [
        user(
            "actor",
            *statements,
            *changes.get("denies", ()),
            boundary=changes.get("boundary", boundary(allow("*"))),
        ),
        role(
            "target",
            READS,
            trust=trusting({"Service": service}),
            instance_profiles=(f"arn:aws:iam::{HOME}:instance-profile/p",)
            if changes.get("profile", True)
            else (),
        ),
        user("bystander", allow("iam:ListUsers")),
        store(),
        account(HOME, *changes.get("scps", ())),
    ]
    if entry.exists and changes.get("exists", True):
        service_name, _, kind = entry.exists[0].partition("/")
        things.append(
            workload(f"arn:aws:{service_name}:us-east-1:{HOME}:{kind}/existing", service_name, kind)
        )
    return estate(*things)


@pytest.mark.parametrize("entry", PASSING, ids=ids)
def test_passing_a_role_works_with_exactly_what_it_needs(entry: PassRole) -> None:
    found = answers(passing_estate(entry))
    assert ACTOR in found
    assert arn("user", "bystander") not in found
    assert found[ACTOR].path[0].target == TARGET
    assert (found[ACTOR].certainty == "conditional") is (entry.conditional is not None)


@pytest.mark.parametrize("entry", PASSING, ids=ids)
def test_passing_a_role_needs_every_permission(entry: PassRole) -> None:
    for kept in one_left_out(entry):
        assert not reaches(passing_estate(entry, statements=kept))
    if entry.passes:
        assert not reaches(passing_estate(entry, passes=False))


@pytest.mark.parametrize("entry", PASSING, ids=ids)
def test_passing_a_role_is_stopped_by_each_limit(entry: PassRole) -> None:
    first = entry.needs[0].action
    full = document(allow("*"))
    assert not reaches(passing_estate(entry, service="nothing.amazonaws.com")), (
        "the role does not trust the service"
    )
    assert not reaches(passing_estate(entry, denies=[deny(first)])), "an explicit deny"
    assert not reaches(passing_estate(entry, boundary=boundary(allow("s3:*")))), "a boundary"
    assert not reaches(passing_estate(entry, scps=(document(allow("*"), deny(first)),))), "an SCP that denies"
    assert not reaches(passing_estate(entry, scps=(full, document(allow("iam:*"))))), (
        "an SCP level that does not allow"
    )
    assert reaches(passing_estate(entry, scps=(full, full)))
    if entry.passes:
        assert not reaches(passing_estate(entry, passed_to="nothing.amazonaws.com")), (
            "another service in PassedToService"
        )
    if entry.instance_profile:
        assert not reaches(passing_estate(entry, profile=False)), "a role without an instance profile"
    if entry.exists:
        assert not reaches(passing_estate(entry, exists=False)), "nothing of the kind exists"


# --- running code on what exists ------------------------------------------------------------------------------------------

HELD = {
    "ecs/task_definition": "taskRoleArn",
    "apprunner/service": "InstanceConfiguration.InstanceRoleArn",
}
AGENT = allow(["ssmmessages:*", "ssm:UpdateInstanceInformation"])


def workload_estate(entry: OnWorkload, **changes: Any) -> Estate:
    place = entry.targets[0]
    service, _, kind = place.partition("/")
    name = existing(entry)
    attributes: dict[str, Any] = dict(entry.when)
    attributes.update(changes.get("attributes", {}))
    if place in HELD:
        attributes[HELD[place]] = TARGET
    if entry.reach == "ssh":
        attributes["PublicIpAddress"] = "203.0.113.1"
    statements = changes.get("statements", granting(entry.needs, name))
    agent = [AGENT] if entry.role_can and changes.get("agent", True) else []
    things: list[Any] = [
        user("actor", *statements, *changes.get("denies", ())),
        role("target", READS, *agent, trust=trusting({"Service": f"{service}.amazonaws.com"})),
        store(),
    ]
    for other in entry.exists:
        owner, _, what = other.partition("/")
        things.append(workload(f"arn:aws:{owner}:us-east-1:{HOME}:{what}/existing", owner, what))
    if changes.get("exists", True):
        things.append(workload(name, service, kind, TARGET, **attributes))
        if service == "ecs" and kind in ("task", "service"):
            definition = f"arn:aws:ecs:us-east-1:{HOME}:task-definition/d:1"
            things.append(workload(definition, "ecs", "task_definition", TARGET, taskRoleArn=TARGET))
    return estate(*things)


@pytest.mark.parametrize("entry", of_kind(OnWorkload), ids=ids)
def test_running_code_works_with_exactly_what_it_needs(entry: OnWorkload) -> None:
    found = answers(workload_estate(entry))
    assert ACTOR in found
    assert found[ACTOR].path[1].how == "runs as"
    assert (found[ACTOR].certainty == "conditional") is (entry.conditional is not None)


@pytest.mark.parametrize("entry", of_kind(OnWorkload), ids=ids)
def test_running_code_is_stopped_by_each_thing_that_lacks(entry: OnWorkload) -> None:
    for kept in one_left_out(entry):
        assert not reaches(workload_estate(entry, statements=kept))
    first = entry.needs[0].action
    assert not needs_each(entry, first) or not reaches(workload_estate(entry, denies=[deny(first)])), (
        "an explicit deny"
    )
    assert not reaches(workload_estate(entry, exists=False)), "the target is gone"
    for name in entry.when:
        assert not reaches(workload_estate(entry, attributes={name: "otherwise"})), f"{name} is otherwise"
    if entry.role_can:
        assert not reaches(workload_estate(entry, agent=False)), "the role does not let the agent work"


# --- becoming a user, changing a principal ----------------------------------------------------------------------------------


def credentials_estate(
    entry: Credentials, *, state: bool = True, statements: list[Any] | None = None
) -> Estate:
    wanted = entry.when.access_keys
    held = {"below_limit": 1, "at_limit": 2}.get(wanted or "", 0)
    if wanted and not state:
        held = 3 - held
    console = entry.when.console_password
    return estate(
        user("actor", *(granting(entry.needs) if statements is None else statements)),
        user("victim", READS, credentials=keys(held), console_password=credentials_fact(console, state)),
        store(),
    )


def credentials_fact(console: bool | None, state: bool) -> Any:
    from small_estates import known

    return known(bool(console) if state else not console)


@pytest.mark.parametrize("entry", of_kind(Credentials), ids=ids)
def test_new_credentials_need_the_permission_and_the_user_in_the_right_state(entry: Credentials) -> None:
    assert reaches(credentials_estate(entry))
    for kept in one_left_out(entry):
        assert not reaches(credentials_estate(entry, statements=kept))
    if entry.id != "iam-003":
        assert not reaches(credentials_estate(entry, state=False))


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("iam:PutUserPolicy", ACTOR),
        ("iam:AttachUserPolicy", ACTOR),
        ("iam:PutGroupPolicy", arn("group", "own")),
        ("iam:AttachGroupPolicy", arn("group", "own")),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::{HOME}:policy/mine"),
    ],
)
def test_a_user_gives_itself_everything(action: str, on: str) -> None:
    def made(resource: str, *denied: dict[str, Any], limit: Any = None) -> Estate:
        return estate(
            user(
                "actor",
                allow(action, resource),
                *denied,
                attached=[managed("mine", allow("ec2:DescribeRegions"))],
                groups=known((arn("group", "own"),)),
                **({} if limit is None else {"boundary": limit}),
            ),
            group("own", allow("ec2:DescribeRegions")),
            store(),
        )

    assert reaches(made(on))
    assert reaches(made("*"))
    assert not reaches(made(f"arn:aws:iam::{HOME}:user/somebody-else"))
    assert not reaches(made(on, {"Effect": "Deny", "NotAction": action, "Resource": "*"})), (
        "its own deny stays when more is allowed"
    )
    assert not reaches(made(on, limit=boundary(allow(action)))), "the boundary limits what it gives itself"
    assert reaches(made(on, limit=boundary(allow([action, "s3:*"]))))
    assert reaches(made(on, limit=boundary(allow("iam:*")))), "a boundary that lets it take the boundary away"
    assert reaches(made(on, deny("s3:GetObject"))), "with everything allowed it takes the deny away first"


def test_provider_policies_cannot_be_rewritten() -> None:
    policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    actor = user(
        "actor",
        allow("iam:CreatePolicyVersion", policy),
        attached=[managed("x", allow("ec2:DescribeRegions"))],
    )
    assert not reaches(estate(actor, store()))


def test_an_earlier_version_counts_for_what_it_allows() -> None:
    from dataclasses import replace

    policy = managed("mine", allow("iam:SetDefaultPolicyVersion"))

    def carrying(versions: Any) -> Estate:
        return estate(user("actor", attached=[replace(policy, versions=versions)]), store())

    assert reaches(carrying((document(READS),)))
    assert not reaches(carrying((document(allow("ec2:*")),)))
    assert not reaches(carrying(())), "there is no other version"
    assert answers(carrying(None))[ACTOR].certainty == "conditional", "other versions are not known"


def test_a_state_may_name_an_instance_otherwise_and_a_snapshot_may_not() -> None:
    from dataclasses import replace

    from small_estates import known

    old = f"arn:aws:ec2:us-east-1:{HOME}:instance/i-00000000000000001"
    new = f"arn:aws:ec2:us-east-1:{HOME}:instance/i-00000000000000002"
    things = [
        user("actor", allow("ssm:StartSession", old)),
        role("target", READS, AGENT, trust=trusting({"Service": "ec2.amazonaws.com"})),
        workload(new, "ec2", "instance", TARGET, **{"State.Name": "running"}),
        store(),
    ]
    assert not reaches(estate(*things)), "what a collected snapshot does not hold does not exist"
    from_state = replace(account(), settings={"terraform.state": known(True)})
    assert answers(estate(*things, from_state))[ACTOR].certainty == "conditional"
    still_there = workload(old, "ec2", "instance", **{"State.Name": "running"})
    assert not reaches(estate(*things, from_state, still_there)), (
        "the one that the policy names is another one"
    )


def test_one_can_only_change_through_groups_that_one_is_in() -> None:
    actor = user("actor", allow("iam:PutGroupPolicy"))
    assert not reaches(estate(actor, group("own"), store()))


def test_joining_a_group_gives_what_the_group_may() -> None:
    actor = user("actor", allow("iam:AddUserToGroup"))
    assert reaches(estate(actor, group("readers", READS), store()))
    assert not reaches(estate(actor, group("others", allow("ec2:*")), store()))
    assert not reaches(
        estate(
            user("actor", allow("iam:AddUserToGroup", arn("group", "others"))),
            group("readers", READS),
            store(),
        )
    )


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_new_principal_is_made_under_a_name_that_the_policy_allows(kind: str) -> None:
    made = {
        "user": ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"],
        "role": ["iam:CreateRole", "iam:PutRolePolicy"],
    }
    assert reaches(estate(user("actor", allow(made[kind], arn(kind, "ci-*"))), store()))
    apart = [allow(action, arn(kind, f"{number}-*")) for number, action in enumerate(made[kind])]
    assert not reaches(estate(user("actor", *apart), store())), "no one name serves for every step"
    limited = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": arn("policy", "limit")}}}
    assert not reaches(estate(user("actor", allow(made[kind], "*", **limited)), store())), (
        "only with a boundary on it"
    )


CHANGING = {
    "iam-005": ("iam:PutRolePolicy", TARGET),
    "iam-009": ("iam:AttachRolePolicy", TARGET),
    "iam-001": ("iam:CreatePolicyVersion", f"arn:aws:iam::{HOME}:policy/carried"),
    "iam-007": ("iam:PutUserPolicy", arn("user", "victim")),
    "iam-008": ("iam:AttachUserPolicy", arn("user", "victim")),
}
ENTERING = {
    "sts-001": ("sts:AssumeRole", TARGET),
    "iam-012": ("iam:UpdateAssumeRolePolicy", TARGET),
    "iam-002": ("iam:CreateAccessKey", arn("user", "victim")),
}


def combined_estate(change: tuple[str, str] | None, enter: tuple[str, str] | None, **target: Any) -> Estate:
    statements = [allow(*one) for one in (change, enter) if one is not None]
    trusted = trusting(f"arn:aws:iam::{HOME}:root")
    carried = managed("carried", allow("ec2:DescribeRegions"))
    return estate(
        user("actor", *statements),
        role("target", trust=trusted, attached=[carried], **target),
        user("victim", attached=[carried], credentials=keys(1), **target),
        store(),
    )


@pytest.mark.parametrize("entry", of_kind(Combination), ids=ids)
def test_changing_and_becoming_need_each_other(entry: Combination) -> None:
    change, enter = CHANGING[entry.combines[0]], ENTERING[entry.combines[1]]
    assert reaches(combined_estate(change, enter))
    assert not reaches(combined_estate(change, None))
    assert not reaches(combined_estate(None, enter))
    assert not reaches(combined_estate(change, enter, boundary=boundary(allow("ec2:*")))), (
        "the target's boundary still limits"
    )


# --- the data itself --------------------------------------------------------------------------------------------------------


def test_a_broken_entry_is_refused_with_the_field() -> None:
    with pytest.raises(CatalogueError, match="services"):
        parse("{id: x-001, name: n, kind: pass_role, services: [], references: [r]}", "x-001.yaml")
    with pytest.raises(CatalogueError, match="YAML"):
        parse("{", "x.yaml")


def test_every_combination_names_techniques_that_exist() -> None:
    known = {entry.id for entry in techniques()}
    assert all(set(entry.combines) <= known for entry in of_kind(Combination))


def test_every_action_is_one_that_the_provider_has() -> None:
    from weightguard.policy.aws import action_exists

    retired = {"codestar"}
    named = {need.action for entry in techniques() for need in entry.needs}
    named |= {need.action for entry in techniques() for needs in entry.settled_by for need in needs}
    named |= {action for entry in of_kind(OnWorkload) for action in entry.role_can}
    assert [one for one in sorted(named) if one.split(":")[0] not in retired and not action_exists(one)] == []
