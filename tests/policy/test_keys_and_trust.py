"""KMS key policies and grants, and role trust policies: the resource policies that must allow explicitly.

AWS KMS Developer Guide, "Key policies in AWS KMS", "Grants in AWS KMS"; IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from typing import Any

import pytest
from policies import (
    ACCOUNT,
    KEY,
    OTHER,
    ROLE,
    ROOT,
    SESSION,
    STRANGER,
    TRUSTED_ROLE,
    USER,
    allow,
    ask,
    deny,
    layers,
    outcome,
)

from weightguard.errors import InputError
from weightguard.policy.aws import parse_grant

FULL = [allow()]
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


def decrypt(given: Any, principal: Any = USER, **more: Any) -> str:
    return outcome(given, principal, action="kms:Decrypt", resource=KEY, **more)


def to(principal: Any, **more: Any) -> dict[str, Any]:
    return allow(Principal={"AWS": principal}, **more)


class TestKeyPolicies:
    def test_identity_policies_count_only_where_the_key_policy_delegates(self) -> None:
        assert decrypt(layers(identity=FULL, resource=[to(ROOT)])) == "allowed"
        assert decrypt(layers(identity=FULL, resource=[to(ACCOUNT)])) == "allowed"
        assert decrypt(layers(identity=FULL, resource=[to(ROLE)])) == "denied_implicitly"
        assert decrypt(layers(identity=FULL)) == "denied_implicitly"

    def test_delegation_alone_grants_nothing(self) -> None:
        assert decrypt(layers(resource=[to(ROOT)])) == "denied_implicitly"

    def test_a_key_policy_that_names_the_principal_suffices(self) -> None:
        assert decrypt(layers(resource=[to(USER)])) == "allowed"
        assert decrypt(layers(resource=[to(ROLE)]), SESSION) == "allowed"

    def test_delegation_keeps_its_own_limits(self) -> None:
        only_encrypt = layers(identity=FULL, resource=[to(ROOT, Action="kms:Encrypt")])
        assert decrypt(only_encrypt) == "denied_implicitly"
        via = to(ROOT, Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
        through = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
        assert decrypt(layers(identity=FULL, resource=[via]), context=through) == "allowed"
        assert decrypt(layers(identity=FULL, resource=[via])) == "denied_implicitly"
        assert decrypt(layers(identity=FULL, resource=[via]), unknown=True) == "unknown"

    def test_everybody_of_one_account(self) -> None:
        caller = to("*", Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}})
        assert decrypt(layers(resource=[caller])) == "allowed"
        assert decrypt(layers(identity=FULL, resource=[caller]), STRANGER) == "denied_implicitly"

    def test_the_root_user_needs_the_key_policy_too(self) -> None:
        assert decrypt(layers(resource=[to(USER)]), ROOT) == "denied_implicitly"
        assert decrypt(layers(resource=[to(ROOT)]), ROOT) == "allowed"

    def test_across_accounts_both_sides_must_allow(self) -> None:
        assert decrypt(layers(identity=FULL, resource=[to(OTHER)]), STRANGER) == "allowed"
        assert decrypt(layers(resource=[to(OTHER)]), STRANGER) == "denied_implicitly"
        assert decrypt(layers(identity=FULL, resource=[to(ROOT)]), STRANGER) == "denied_implicitly"

    def test_actions_on_no_key_need_no_key_policy(self) -> None:
        assert outcome(layers(identity=FULL), action="kms:ListKeys", resource="*") == "allowed"
        alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine"
        assert outcome(layers(identity=FULL), action="kms:CreateAlias", resource=alias) == "allowed"

    def test_the_delegating_statement_is_cited(self) -> None:
        decision = ask(layers(identity=FULL, resource=[to(ROOT)]), action="kms:Decrypt", resource=KEY)
        assert {reason.layer for reason in decision.by} == {"identity", "resource"}


class TestGrants:
    def grant(self, grantee: str, **more: Any) -> dict[str, Any]:
        return {
            "kms_grants": [
                parse_grant({"GrantId": "g1", "GranteePrincipal": grantee, "Operations": ["Decrypt"], **more})
            ]
        }

    def test_a_grant_needs_neither_key_policy_nor_identity_policy(self) -> None:
        assert decrypt(layers(**self.grant(USER))) == "allowed"
        assert decrypt(layers(**self.grant(STRANGER)), STRANGER) == "allowed"

    def test_it_permits_its_operations_to_its_grantee(self) -> None:
        assert outcome(layers(**self.grant(USER)), action="kms:Encrypt", resource=KEY) == "denied_implicitly"
        assert decrypt(layers(**self.grant(USER)), ROLE) == "denied_implicitly"
        assert decrypt(layers(**self.grant(ROLE)), SESSION) == "allowed"
        assert (
            decrypt(layers(**self.grant("rds.amazonaws.com")), {"service": "rds.amazonaws.com"}) == "allowed"
        )

    def test_an_explicit_deny_wins_and_limits_hold(self) -> None:
        assert decrypt(layers(resource=[deny(Principal="*")], **self.grant(USER))) == "denied_explicitly"
        assert decrypt(layers(scp=[[allow("s3:*")]], **self.grant(USER))) == "denied_implicitly"

    def test_a_subset_constraint_asks_for_its_pairs(self) -> None:
        given = layers(**self.grant(USER, Constraints={"EncryptionContextSubset": {"model": "llm"}}))
        assert (
            decrypt(given, context={"kms:EncryptionContext:model": "llm", "kms:EncryptionContext:x": "y"})
            == "allowed"
        )
        assert decrypt(given, context={"kms:EncryptionContext:model": "other"}) == "denied_implicitly"
        assert decrypt(given) == "denied_implicitly"
        open_one = ask(given, action="kms:Decrypt", resource=KEY, unknown=True)
        assert open_one.missing == ("kms:EncryptionContext:model",)

    def test_an_equality_constraint_allows_no_other_key(self) -> None:
        given = layers(**self.grant(USER, Constraints={"EncryptionContextEquals": {"model": "llm"}}))
        exact = {"kms:EncryptionContext:model": "llm", "kms:EncryptionContextKeys": ["model"]}
        assert decrypt(given, context=exact) == "allowed"
        assert (
            decrypt(given, context={**exact, "kms:EncryptionContextKeys": ["model", "more"]})
            == "denied_implicitly"
        )

    def test_the_retiring_principal_may_retire_it(self) -> None:
        given = layers(**self.grant(ROLE, RetiringPrincipal=USER))
        assert outcome(given, action="kms:RetireGrant", resource=KEY) == "allowed"
        assert decrypt(given) == "denied_implicitly"

    @pytest.mark.parametrize(
        "entry",
        [
            {},
            {"GranteePrincipal": 5},
            {"GranteePrincipal": USER, "Operations": "Decrypt"},
            {"GranteePrincipal": USER, "Operations": [1]},
            {"GranteePrincipal": USER, "Operations": [], "Constraints": 3},
            {"GranteePrincipal": USER, "Operations": [], "Constraints": {"EncryptionContextSubset": 3}},
        ],
    )
    def test_a_malformed_grant_is_an_input_error(self, entry: dict[str, Any]) -> None:
        with pytest.raises(InputError):
            parse_grant(entry)


def assume(given: Any, principal: Any = USER, action: str = "sts:AssumeRole", **more: Any) -> str:
    return outcome(given, principal, action=action, resource=TRUSTED_ROLE, **more)


def trust(*principals: Any, action: str = "sts:AssumeRole", **more: Any) -> Any:
    statements = [allow(action, None, Principal=principal, **more) for principal in principals]
    return {"resource": statements, "trust": True}


class TestTrustPolicies:
    def test_naming_a_principal_of_the_account_suffices(self) -> None:
        assert assume(layers(**trust({"AWS": USER}))) == "allowed"
        assert assume(layers(**trust({"AWS": ROLE})), SESSION) == "allowed"

    def test_naming_the_account_needs_an_identity_policy(self) -> None:
        assert assume(layers(**trust({"AWS": ROOT}))) == "denied_implicitly"
        assert assume(layers(identity=FULL, **trust({"AWS": ROOT}))) == "allowed"

    def test_an_identity_policy_alone_does_not_suffice(self) -> None:
        assert assume(layers(identity=FULL)) == "denied_implicitly"
        assert assume(layers(identity=FULL, **trust({"AWS": ROLE}))) == "denied_implicitly"

    def test_across_accounts_both_sides_must_allow(self) -> None:
        assert assume(layers(**trust({"AWS": STRANGER})), STRANGER) == "denied_implicitly"
        assert assume(layers(identity=FULL, **trust({"AWS": STRANGER})), STRANGER) == "allowed"
        assert assume(layers(identity=FULL, **trust({"AWS": OTHER})), STRANGER) == "allowed"

    def test_a_service_may_assume_what_trusts_it(self) -> None:
        given = layers(**trust({"Service": "ec2.amazonaws.com"}))
        assert assume(given, {"service": "ec2.amazonaws.com"}) == "allowed"
        assert assume(given, {"service": "lambda.amazonaws.com"}) == "denied_implicitly"

    def test_external_id(self) -> None:
        given = layers(
            identity=FULL, **trust({"AWS": OTHER}, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
        )
        assert assume(given, STRANGER) == "denied_implicitly"
        assert assume(given, STRANGER, context={"sts:ExternalId": "secret"}) == "allowed"

    def test_web_identity_with_its_subject(self) -> None:
        condition = {
            "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:lab/*"},
        }
        given = layers(
            **trust({"Federated": GITHUB}, action="sts:AssumeRoleWithWebIdentity", Condition=condition)
        )
        ask_as = {"action": "sts:AssumeRoleWithWebIdentity"}
        token = {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:lab/train:ref:refs/heads/main",
        }
        assert assume(given, {"federated": GITHUB}, context=token, **ask_as) == "allowed"
        assert (
            assume(
                given,
                {"federated": GITHUB},
                context={**token, "token.actions.githubusercontent.com:sub": "repo:evil/x"},
                **ask_as,
            )
            == "denied_implicitly"
        )
        assert assume(given, {"federated": GITHUB}) == "denied_implicitly"
        assert assume(given, USER, context=token, **ask_as) == "denied_implicitly"

    def test_saml(self) -> None:
        provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
        given = layers(
            **trust(
                {"Federated": provider},
                action="sts:AssumeRoleWithSAML",
                Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            )
        )
        audience = {"SAML:aud": "https://signin.aws.amazon.com/saml"}
        assert (
            assume(given, {"federated": provider}, action="sts:AssumeRoleWithSAML", context=audience)
            == "allowed"
        )

    @pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity"])
    def test_session_tags_and_source_identity_are_trusted_the_same_way(self, action: str) -> None:
        assert (
            assume(layers(identity=FULL, **trust({"AWS": ROOT}, action=action)), action=action) == "allowed"
        )
        assert assume(layers(identity=FULL), action=action) == "denied_implicitly"

    def test_the_root_user_cannot_assume_roles(self) -> None:
        assert assume(layers(**trust({"AWS": ROOT})), ROOT) == "denied_implicitly"

    def test_a_deny_in_the_trust_policy_wins(self) -> None:
        given = {
            "resource": [
                allow("sts:AssumeRole", None, Principal={"AWS": ROOT}),
                deny("sts:AssumeRole", None, Principal={"AWS": USER}),
            ],
            "trust": True,
        }
        assert assume(layers(identity=FULL, **given)) == "denied_explicitly"


class TestProviderRules:
    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/AdministratorAccess"),
            ("iam:SetDefaultPolicyVersion", "arn:aws:iam::aws:policy/service-role/X"),
            ("iam:DeletePolicy", "arn:aws:iam::aws:policy/*"),
            (
                "iam:UpdateAssumeRolePolicy",
                f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A",
            ),
            (
                "iam:PutRolePolicy",
                f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_A",
            ),
            (
                "iam:AttachRolePolicy",
                f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
            ),
            ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/mine"),
            ("kms:UpdateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"),
            ("kms:DeleteAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"),
        ],
    )
    def test_what_nobody_may_change(self, action: str, resource: str) -> None:
        decision = ask(layers(identity=FULL), action=action, resource=resource)
        assert decision.outcome == "denied_implicitly"
        assert decision.lacking[0].startswith("provider")

    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/mine"),
            ("iam:CreatePolicyVersion", "*"),
            ("iam:GetPolicy", "arn:aws:iam::aws:policy/AdministratorAccess"),
            ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/A"),
            ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/mine"),
            ("kms:UpdateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/mine"),
        ],
    )
    def test_what_stays_possible(self, action: str, resource: str) -> None:
        assert outcome(layers(identity=FULL), action=action, resource=resource, account=ACCOUNT) == "allowed"

    def test_everybody_may_ask_who_they_are(self) -> None:
        given = layers(identity=[deny()], scp=[[deny()]])
        assert outcome(given, action="sts:GetCallerIdentity", resource="*") == "allowed"
