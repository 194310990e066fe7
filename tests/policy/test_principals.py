"""Who a Principal element names. IAM User Guide, "AWS JSON policy elements: Principal" and "... NotPrincipal"."""

from __future__ import annotations

from typing import Any

import pytest
from policies import (
    ACCOUNT,
    OTHER,
    RESOURCE,
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

from weightguard.errors import InputError
from weightguard.policy.aws import PrincipalType, parse_principal

FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
CLOUDTRAIL = {"service": "cloudtrail.amazonaws.com"}
GITHUB = {"federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}


def named(element: Any, principal: Any) -> bool:
    """Whether a resource policy in the same account grants by itself (no identity policy)."""
    return outcome(layers(resource=[allow(Principal=element)]), principal) == "allowed"


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ("*", USER, True),
        ("*", "*", True),
        ("*", CLOUDTRAIL, True),
        ("*", GITHUB, True),
        ({"AWS": "*"}, USER, True),
        ({"AWS": "*"}, "*", True),
        ({"AWS": "*"}, SESSION, True),
        ({"AWS": "*"}, CLOUDTRAIL, False),
        ({"AWS": "*"}, GITHUB, False),
        ({"AWS": USER}, USER, True),
        ({"AWS": [ROLE, USER]}, USER, True),
        ({"AWS": USER.replace("alice", "Alice")}, USER, False),
        ({"AWS": USER}, "*", False),
        ({"AWS": ROLE}, ROLE, True),
        ({"AWS": ROLE}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/reader"}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/reader"}, ROLE, False),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/reader"}, SESSION, False),
        ({"AWS": SESSION}, SESSION, True),
        ({"AWS": SESSION}, SESSION.replace("monday", "tuesday"), False),
        ({"AWS": SESSION}, ROLE, False),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/*"}, SESSION, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, USER, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}, SESSION, False),
        ({"AWS": FEDERATED}, FEDERATED, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:group/team"}, USER, False),
        ({"Service": "cloudtrail.amazonaws.com"}, CLOUDTRAIL, True),
        ({"Service": ["ec2.amazonaws.com", "cloudtrail.amazonaws.com"]}, CLOUDTRAIL, True),
        ({"Service": "ec2.amazonaws.com"}, CLOUDTRAIL, False),
        ({"AWS": "cloudtrail.amazonaws.com"}, CLOUDTRAIL, False),
        ({"Federated": GITHUB["federated"]}, GITHUB, True),
        ({"Federated": "token.actions.githubusercontent.com"}, GITHUB, True),
        ({"Federated": "accounts.google.com"}, GITHUB, False),
        ({"Federated": "accounts.google.com"}, {"federated": "accounts.google.com"}, True),
        ({"CanonicalUser": "79a5"}, {"canonical": "79a5"}, True),
        ({"CanonicalUser": "79a5"}, {"canonical": "80b6"}, False),
        ({"AWS": "AROAEXAMPLEID"}, SESSION, False),
        ({"AWS": USER, "Service": "ec2.amazonaws.com"}, USER, True),
    ],
)
def test_naming(element: Any, principal: Any, expected: bool) -> None:
    assert named(element, principal) is expected


@pytest.mark.parametrize("element", [{"AWS": ROOT}, {"AWS": ACCOUNT}])
def test_naming_the_account_delegates_to_its_policies(element: Any) -> None:
    across = layers(
        resource=[
            allow(Principal={"AWS": OTHER if element["AWS"] == ACCOUNT else f"arn:aws:iam::{OTHER}:root"})
        ]
    )
    assert outcome(across, STRANGER) == "denied_implicitly"
    assert ask(across, STRANGER).lacking == ("identity",)
    assert outcome(across.with_identity(policy(allow("s3:*"))), STRANGER) == "allowed"
    assert not named(element, USER)


def test_a_unique_id_names_the_principal_that_has_it() -> None:
    given = layers(resource=[allow(Principal={"AWS": "AROAEXAMPLEID"})])
    assert outcome(given, parse_principal(SESSION, unique_id="AROAEXAMPLEID")) == "allowed"
    assert any("deleted" in problem.message for problem in next(iter(given.resource or ())).problems)


def test_a_wildcard_in_a_principal_is_a_finding() -> None:
    found = policy(allow(Principal={"AWS": "arn:aws:iam::*:root"}), kind=RESOURCE)
    assert "names nobody" in found.problems[0].message


def test_one_session_of_a_role_whose_session_is_open() -> None:
    given = layers(resource=[allow(Principal={"AWS": SESSION})])
    decision = ask(given, ROLE, unknown=True)
    assert decision.outcome == "unknown" and decision.missing == ("sts:RoleSessionName",)
    assert outcome(given, ROLE, context={"sts:RoleSessionName": "monday"}) == "allowed"


class TestNotPrincipal:
    """ "Use the NotPrincipal element to deny access to all principals except the ones specified"."""

    def check(self, names: list[str], principal: Any, **more: Any) -> str:
        given = layers(identity=[allow()], resource=[deny(NotPrincipal={"AWS": names})], **more)
        return outcome(given, principal)

    def test_excepts_the_user_that_it_names(self) -> None:
        assert self.check([USER, ROOT], USER) == "allowed"
        assert self.check([USER, ROOT], ROLE) == "denied_explicitly"

    def test_excepts_sessions_of_the_role_that_it_names(self) -> None:
        assert self.check([ROLE, SESSION, ROOT], SESSION) == "allowed"
        assert self.check([ROLE, ROOT], SESSION) == "allowed"

    def test_naming_the_account_alone_excepts_only_its_root_user(self) -> None:
        assert self.check([ROOT], USER) == "denied_explicitly"
        assert self.check([ROOT], ROOT) == "allowed"

    def test_always_denies_a_principal_with_a_permissions_boundary(self) -> None:
        assert self.check([USER, ROOT], USER, boundary=[allow()]) == "denied_explicitly"

    def test_with_allow_matches_all_others(self) -> None:
        given = layers(resource=[allow(NotPrincipal={"AWS": USER})])
        assert outcome(given, ROLE) == "allowed"
        assert outcome(given, "*") == "allowed"
        assert outcome(given, USER) == "denied_implicitly"


def test_a_deny_on_a_role_reaches_its_sessions_and_on_an_account_everybody_in_it() -> None:
    for element in ({"AWS": ROLE}, {"AWS": SESSION}, {"AWS": ROOT}, {"AWS": ACCOUNT}, "*"):
        given = layers(identity=[allow()], resource=[deny(Principal=element)])
        assert outcome(given, SESSION) == "denied_explicitly"
    assert (
        outcome(layers(identity=[allow()], resource=[deny(Principal={"AWS": OTHER})]), SESSION) == "allowed"
    )


@pytest.mark.parametrize(
    ("value", "kind", "account"),
    [
        (USER, PrincipalType.USER, ACCOUNT),
        (ROLE, PrincipalType.ROLE, ACCOUNT),
        (SESSION, PrincipalType.ROLE_SESSION, ACCOUNT),
        (FEDERATED, PrincipalType.FEDERATED_USER, ACCOUNT),
        (ROOT, PrincipalType.ROOT, ACCOUNT),
        (ACCOUNT, PrincipalType.ROOT, ACCOUNT),
        ("*", PrincipalType.ANONYMOUS, None),
        ("ec2.amazonaws.com", PrincipalType.SERVICE, None),
        ("accounts.google.com", PrincipalType.EXTERNAL_IDENTITY, None),
        ("cognito-identity.amazonaws.com", PrincipalType.EXTERNAL_IDENTITY, None),
        (f"arn:aws:iam::{ACCOUNT}:saml-provider/idp", PrincipalType.EXTERNAL_IDENTITY, None),
        ({"Service": "ec2.amazonaws.com"}, PrincipalType.SERVICE, None),
        ({"AWS": USER}, PrincipalType.USER, ACCOUNT),
    ],
)
def test_reading_a_principal(value: Any, kind: PrincipalType, account: str | None) -> None:
    principal = parse_principal(value)
    assert (principal.type, principal.account) == (kind, account)


def test_service_linked_roles_are_recognised() -> None:
    assert parse_principal(
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    ).is_service_linked
    assert parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s").is_service_linked
    assert not parse_principal(ROLE).is_service_linked


@pytest.mark.parametrize(
    "value", ["", "alice", "arn:aws:s3:::b", "arn:aws:iam::1:group/g", {"x": 1}, {}, 5, None, {"service": ""}]
)
def test_what_names_nobody_is_an_input_error(value: Any) -> None:
    with pytest.raises(InputError):
        parse_principal(value)
