"""Layers and their order. IAM User Guide, "Policy evaluation logic" and its pages; Organizations, "SCP / RCP evaluation"."""

from __future__ import annotations

from typing import Any

import pytest
from policies import (
    ACCOUNT,
    OBJECT,
    OTHER,
    ROLE,
    ROOT,
    SESSION,
    STRANGER,
    USER,
    allow,
    ask,
    deny,
    layers,
    outcome,
    policy,
)

from weightguard.policy.aws import Layers, PolicyKind, in_words, parse_principal, unread_policy

FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
FULL = [allow()]


def to(principal: str) -> dict[str, Any]:
    return allow(Principal={"AWS": principal})


class TestSameAccount:
    def test_identity_or_resource_policy_suffices(self) -> None:
        assert outcome(layers(identity=FULL)) == "allowed"
        assert outcome(layers(resource=[to(USER)])) == "allowed"
        assert outcome(layers(identity=FULL, resource=[to(ROLE)])) == "allowed"

    def test_a_deny_in_either_wins(self) -> None:
        assert outcome(layers(identity=[deny()], resource=[to(USER)])) == "denied_explicitly"
        assert outcome(layers(identity=FULL, resource=[deny(Principal="*")])) == "denied_explicitly"

    @pytest.mark.parametrize(
        ("named", "principal", "limit", "expected"),
        [
            # "Resource-based policies that grant permissions to an IAM user ARN ... are not limited by an implicit
            # deny in an identity-based policy or permissions boundary."
            (USER, USER, "boundary", "allowed"),
            # "... to an IAM role ARN are limited by an implicit deny in a permissions boundary or session policy."
            (ROLE, ROLE, "boundary", "denied_implicitly"),
            (ROLE, SESSION, "boundary", "denied_implicitly"),
            (ROLE, SESSION, "session", "denied_implicitly"),
            # "Permissions granted directly to a session are not limited by an implicit deny in an identity-based
            # policy, a permissions boundary, or session policy."
            (SESSION, SESSION, "boundary", "allowed"),
            (SESSION, SESSION, "session", "allowed"),
            (FEDERATED, FEDERATED, "session", "allowed"),
            (FEDERATED, FEDERATED, "boundary", "allowed"),
            # "... if a resource-based policy grants permission to the ARN of the IAM user who federated, then requests
            # made by the federated user ... are limited by an implicit deny in a permission boundary or session policy."
            (USER, FEDERATED, "session", "denied_implicitly"),
            (USER, FEDERATED, "boundary", "denied_implicitly"),
            # "... do not limit permissions granted using ... a wildcard(*) in the Principal element"
            ("*", SESSION, "boundary", "allowed"),
            ("*", SESSION, "session", "allowed"),
            ("*", USER, "boundary", "allowed"),
        ],
    )
    def test_implicit_denies_limit_a_resource_policy_by_whom_it_names(
        self, named: str, principal: str, limit: str, expected: str
    ) -> None:
        given = {"boundary": None, "session": FULL, limit: [allow("ec2:*")]}
        assert outcome(layers(resource=[to(named)], **given), principal) == expected

    def test_explicit_denies_limit_all_of_them(self) -> None:
        for limit in ("boundary", "session", "identity"):
            given = {limit: [deny("s3:*")]}
            assert outcome(layers(resource=[to(SESSION)], **given), SESSION) == "denied_explicitly"

    def test_identity_policies_are_limited_by_boundary_and_session(self) -> None:
        for limit in ("boundary", "session"):
            assert outcome(layers(identity=FULL, **{limit: [allow("ec2:*")]}), SESSION) == "denied_implicitly"
            assert outcome(layers(identity=FULL, **{limit: [allow("s3:Get*")]}), SESSION) == "allowed"

    def test_a_boundary_or_session_policy_grants_nothing(self) -> None:
        given = layers(identity=[allow("ec2:*")], boundary=FULL, session=FULL)
        assert ask(given, SESSION).lacking == ("identity",)

    def test_naming_the_account_does_not_lift_a_boundary(self) -> None:
        given = layers(identity=FULL, resource=[to(ROOT)], boundary=[allow("ec2:*")])
        assert ask(given).lacking == ("boundary",)

    def test_a_federated_session_without_session_policy_may_nothing_by_identity_policies(self) -> None:
        assert ask(layers(identity=FULL), FEDERATED).lacking == ("session",)
        assert outcome(layers(identity=FULL, session=[allow("s3:*")]), FEDERATED) == "allowed"

    def test_the_root_user_has_full_access(self) -> None:
        assert ask(layers(), ROOT).by[0].layer == "provider"
        assert outcome(layers(resource=[deny(Principal={"AWS": ROOT})]), ROOT) == "denied_explicitly"


class TestAcrossAccounts:
    """ "The request is allowed only if both evaluations return a decision of Allow."""

    @pytest.mark.parametrize("named", [STRANGER, f"arn:aws:iam::{OTHER}:root", OTHER, "*"])
    def test_both_sides_must_allow(self, named: str) -> None:
        theirs, ours = FULL, [to(named)]
        assert outcome(layers(identity=theirs, resource=ours), STRANGER) == "allowed"
        assert ask(layers(resource=ours), STRANGER).lacking == ("identity",)
        assert ask(layers(identity=theirs), STRANGER).lacking == ("resource",)
        assert ask(layers(identity=theirs, resource=[to(USER)]), STRANGER).lacking == ("resource",)

    def test_boundary_and_session_limit_the_principals_side(self) -> None:
        stranger = f"arn:aws:sts::{OTHER}:assumed-role/r/s"
        for limit in ("boundary", "session"):
            given = layers(identity=FULL, resource=[to(stranger)], **{limit: [allow("ec2:*")]})
            assert ask(given, stranger).lacking == (limit,)

    def test_both_reasons_are_cited(self) -> None:
        decision = ask(layers(identity=FULL, resource=[to(OTHER)]), STRANGER)
        assert {reason.layer for reason in decision.by} == {"identity", "resource"}

    def test_the_account_of_a_resource_is_read_from_its_arn(self) -> None:
        queue = f"arn:aws:sqs:us-east-1:{OTHER}:q"
        assert (
            outcome(layers(identity=FULL), action="sqs:SendMessage", resource=queue, account=None)
            == "denied_implicitly"
        )
        assert outcome(layers(identity=FULL), action="s3:GetObject", account=None) == "allowed"

    def test_the_root_user_of_another_account_needs_the_resource_policy(self) -> None:
        root = f"arn:aws:iam::{OTHER}:root"
        assert outcome(layers(), root) == "denied_implicitly"
        assert outcome(layers(resource=[to(OTHER)]), root) == "allowed"


class TestAnonymousAndServices:
    def test_the_public_needs_a_star(self) -> None:
        assert outcome(layers(resource=[to("*")]), "*") == "allowed"
        assert outcome(layers(resource=[to(USER)]), "*") == "denied_implicitly"
        assert outcome(layers(identity=FULL), "*") == "denied_implicitly"

    def test_a_service_needs_only_the_resource_policy(self) -> None:
        given = layers(
            resource=[
                allow(
                    Principal={"Service": "cloudtrail.amazonaws.com"},
                    Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                )
            ]
        )
        service = {"service": "cloudtrail.amazonaws.com"}
        assert outcome(given, service, context={"aws:SourceAccount": ACCOUNT}) == "allowed"
        assert outcome(given, service, context={"aws:SourceAccount": OTHER}) == "denied_implicitly"
        assert outcome(given, service, unknown=True) == "unknown"


class TestServiceControlPolicies:
    def test_every_level_must_allow(self) -> None:
        assert outcome(layers(identity=FULL, scp=[FULL, FULL, FULL])) == "allowed"
        for level in range(3):
            scp = [FULL, FULL, FULL]
            scp[level] = [allow("ec2:*")]
            decision = ask(layers(identity=FULL, scp=scp))
            assert (decision.outcome, decision.lacking) == ("denied_implicitly", ("scp",))

    def test_policies_of_one_level_add_up(self) -> None:
        assert outcome(layers(identity=FULL, scp=[[allow("ec2:*"), allow("s3:*")]])) == "allowed"

    def test_a_deny_at_any_level_denies(self) -> None:
        assert outcome(layers(identity=FULL, scp=[[allow(), deny("s3:*")], FULL])) == "denied_explicitly"

    def test_an_empty_level_allows_nothing_and_no_level_does_not_limit(self) -> None:
        assert outcome(layers(identity=FULL, scp=[FULL, []])) == "denied_implicitly"
        assert outcome(layers(identity=FULL, scp=None)) == "allowed"
        assert outcome(layers(identity=FULL, scp=[])) == "allowed"

    def test_they_grant_nothing(self) -> None:
        assert ask(layers(scp=[FULL])).lacking == ("identity",)

    def test_they_limit_what_resource_policies_grant_to_the_accounts_principals(self) -> None:
        assert outcome(layers(resource=[to(USER)], scp=[[allow("ec2:*")]])) == "denied_implicitly"

    def test_they_limit_the_root_user_of_a_member_account(self) -> None:
        assert outcome(layers(scp=[[allow(), deny("s3:*")]]), ROOT) == "denied_explicitly"

    def test_they_do_not_limit_the_management_account(self) -> None:
        manager = parse_principal(USER, in_management_account=True)
        assert outcome(layers(identity=FULL, scp=[[deny()]]), manager) == "allowed"

    def test_they_do_not_limit_service_linked_roles(self) -> None:
        assert outcome(layers(identity=FULL, scp=[[deny()]]), LINKED) == "allowed"

    def test_they_do_not_limit_strangers_and_services(self) -> None:
        given = layers(resource=[allow(Principal="*")], scp=[[deny()]])
        assert outcome(given, "*") == "allowed"
        assert outcome(given, {"service": "ec2.amazonaws.com"}) == "allowed"


class TestResourceControlPolicies:
    EVERYBODY = allow(Principal="*")

    def test_a_deny_reaches_every_caller(self) -> None:
        outside = deny(
            "s3:*",
            Principal="*",
            Condition={
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        )
        given = layers(
            identity=FULL, resource=[self.EVERYBODY], rcp=[[self.EVERYBODY, outside], [self.EVERYBODY]]
        )
        assert outcome(given, USER, context={"aws:PrincipalOrgID": "o-1"}) == "allowed"
        assert outcome(given, STRANGER, context={"aws:PrincipalOrgID": "o-2"}) == "denied_explicitly"
        assert outcome(given, "*") == "denied_explicitly"
        assert outcome(given, {"service": "cloudtrail.amazonaws.com"}) == "allowed"

    def test_every_level_must_allow(self) -> None:
        assert ask(layers(identity=FULL, rcp=[[self.EVERYBODY], []])).lacking == ("rcp",)

    def test_they_do_not_limit_service_linked_roles(self) -> None:
        assert outcome(layers(identity=FULL, rcp=[[deny(Principal="*")]]), LINKED) == "allowed"

    def test_they_do_not_limit_resources_of_the_management_account(self) -> None:
        given = layers(identity=FULL, rcp=[[deny(Principal="*")]])
        assert outcome(given, resource_in_management_account=True) == "allowed"

    def test_they_limit_only_services_that_support_them(self) -> None:
        given = layers(identity=FULL, rcp=[[deny(Principal="*")]])
        assert outcome(given, action="s3:GetObject") == "denied_explicitly"
        assert (
            outcome(given, action="sqs:SendMessage", resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
            == "denied_explicitly"
        )
        instance = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
        assert outcome(given, action="ec2:StartInstances", resource=instance) == "allowed"

    def test_retiring_a_grant_is_outside_them(self) -> None:
        key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
        given = layers(identity=FULL, resource=[to(ACCOUNT)], rcp=[[deny(Principal="*")]])
        assert outcome(given, action="kms:RetireGrant", resource=key) == "allowed"


class TestEndpointPolicies:
    def test_they_limit(self) -> None:
        own_bucket = allow("s3:*", "arn:aws:s3:::models/*", Principal="*")
        assert outcome(layers(identity=FULL, vpc_endpoint=[own_bucket])) == "allowed"
        assert ask(layers(identity=FULL, vpc_endpoint=[own_bucket]), resource="arn:aws:s3:::x/k").lacking == (
            "vpc_endpoint",
        )

    def test_they_name_principals(self) -> None:
        assert outcome(layers(identity=FULL, vpc_endpoint=[to(USER)])) == "allowed"
        assert outcome(layers(identity=FULL, vpc_endpoint=[to(ROLE)])) == "denied_implicitly"

    def test_they_limit_what_a_resource_policy_grants_directly(self) -> None:
        given = layers(resource=[to("*")], vpc_endpoint=[allow("ec2:*", Principal="*")])
        assert outcome(given, "*") == "denied_implicitly"

    def test_they_deny(self) -> None:
        given = layers(identity=FULL, vpc_endpoint=[allow(Principal="*"), deny(Principal="*")])
        assert outcome(given) == "denied_explicitly"


class TestWhatIf:
    def test_with_identity_adds_policies_without_changing_the_layers(self) -> None:
        before = layers(identity=[allow("ec2:*")], boundary=[allow("s3:*")])
        after = before.with_identity(policy(allow(), name="AdministratorAccess"))
        assert outcome(before) == "denied_implicitly"
        assert ask(after).by[0].policy == "AdministratorAccess"
        assert outcome(after, action="ec2:StopInstances", resource="*") == "denied_implicitly"


class TestWhatCouldNotBeRead:
    """Unknown is never taken for absent: a policy that could not be read leaves the decision open."""

    def test_it_may_allow_and_it_may_deny(self) -> None:
        unread = unread_policy(kind=PolicyKind.RESOURCE, name="bucket policy")
        alone = ask(Layers(resource=[unread]))
        beside = ask(Layers(identity=[policy(allow())], resource=[unread]))
        assert alone.outcome == beside.outcome == "unknown"
        assert beside.missing == ("resource:bucket policy",)
        start = "only if resource policy bucket policy, which could not be read,"
        assert in_words(alone.conditions) == f"{start} allows it and {start} does not deny it"
        assert in_words(beside.conditions) == f"{start} does not deny it"

    def test_it_does_not_lift_an_explicit_deny(self) -> None:
        unread = unread_policy(kind=PolicyKind.IDENTITY, name="inline")
        assert outcome(Layers(identity=[policy(deny()), unread])) == "denied_explicitly"


def test_the_steps_are_in_the_order_of_evaluation() -> None:
    given = layers(
        identity=FULL,
        resource=[to(SESSION)],
        boundary=FULL,
        session=FULL,
        scp=[FULL],
        rcp=[[allow(Principal="*")]],
    )
    steps = [layer for layer, _ in ask(given, SESSION, resource=OBJECT).steps]
    assert steps == ["rcp", "scp", "resource", "identity", "boundary", "session"]
