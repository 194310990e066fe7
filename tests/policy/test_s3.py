"""S3's own layers. Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "Access control list overview"."""

from __future__ import annotations

from typing import Any

import pytest
from policies import ACCOUNT, OTHER, RESOURCE, STRANGER, USER, allow, deny, layers, outcome, policy

from weightguard.policy.aws import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    AclGrant,
    PublicAccessBlock,
    S3Access,
    effective_block,
)

SERVICE = {"service": "cloudtrail.amazonaws.com"}


def public(*statements: Any) -> bool:
    return policy(*statements, kind=RESOURCE).is_public


def everybody(**condition: Any) -> dict[str, Any]:
    return (
        allow("s3:GetObject", Principal="*", Condition=condition)
        if condition
        else allow("s3:GetObject", Principal="*")
    )


class TestTheMeaningOfPublic:
    """A policy is assumed to be public, then looked through for what "qualifies as non-public"."""

    def test_everybody_is_public(self) -> None:
        assert public(everybody())
        assert public(allow("s3:GetObject", Principal={"AWS": "*"}))

    def test_fixed_principals_are_not(self) -> None:
        for element in (
            {"AWS": USER},
            {"AWS": OTHER},
            {"Service": "ec2.amazonaws.com"},
            {"CanonicalUser": "79a5"},
        ):
            assert not public(allow("s3:GetObject", Principal=element))

    def test_external_identities_are_public(self) -> None:
        assert public(allow("s3:PutObject", Principal={"Federated": "graph.facebook.com"}))

    def test_a_deny_is_not(self) -> None:
        assert not public(deny("s3:*", Principal="*"))

    @pytest.mark.parametrize(
        ("operator", "key", "value", "expected"),
        [
            ("StringEquals", "aws:SourceVpce", "vpce-1", False),
            ("StringEquals", "aws:SourceVpc", "vpc-91237329", False),
            # "However, if you replace ... with a policy variable or wildcard, it's public"
            ("StringLike", "aws:SourceVpc", "vpc-*", True),
            ("StringEquals", "aws:SourceVpc", "vpc-*", False),
            ("StringLike", "aws:SourceVpc", "vpc-1", False),
            ("StringEquals", "aws:PrincipalOrgID", "o-1", False),
            ("StringEquals", "aws:SourceAccount", ACCOUNT, False),
            ("ArnLike", "aws:SourceArn", f"arn:aws:s3:::*{ACCOUNT}", True),
            ("ArnEquals", "aws:SourceArn", f"arn:aws:sns:us-east-1:{ACCOUNT}:t", False),
            ("StringLike", "aws:userid", "AROAEXAMPLE:*", True),
            ("StringEquals", "aws:userid", "AIDAEXAMPLE", False),
            ("StringLike", "aws:userid", "*", True),
            ("StringEquals", "aws:PrincipalTag/team", "ml", True),
            ("StringEquals", "aws:Referer", "x", True),
            ("Bool", "aws:SecureTransport", "true", True),
            ("IpAddress", "aws:SourceIp", "203.0.113.0/24", False),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/1", True),
            ("IpAddress", "aws:SourceIp", "2001:db8::/32", False),
            ("IpAddress", "aws:SourceIp", "2000::/3", True),
            ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", True),
            ("StringNotEquals", "aws:SourceVpce", "vpce-1", True),
            ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1", True),
            ("StringEquals", "aws:SourceVpce", "${aws:PrincipalTag/v}", True),
            ("ArnLike", "s3:DataAccessPointArn", f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/*", False),
            ("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:us-west-2:*:accesspoint/a", True),
            ("StringEquals", "s3:DataAccessPointAccount", ACCOUNT, False),
        ],
    )
    def test_conditions_with_fixed_values(self, operator: str, key: str, value: str, expected: bool) -> None:
        assert public(everybody(**{operator: {key: value}})) is expected

    def test_one_public_statement_makes_the_policy_public(self) -> None:
        assert public(allow("s3:GetObject", Principal={"AWS": USER}), everybody())


class TestRestrictPublicBuckets:
    """ "... restricts access to a bucket with a public policy to only AWS service principals and authorized users within
    the bucket owner's account"."""

    RESTRICTED = S3Access(block=PublicAccessBlock(restrict_public_buckets=True))

    def test_cuts_off_the_public_and_other_accounts(self) -> None:
        given = layers(identity=[allow()], resource=[everybody()], s3=self.RESTRICTED)
        assert outcome(given, "*") == "denied_implicitly"
        assert outcome(given, STRANGER) == "denied_implicitly"

    def test_cuts_off_also_what_the_policy_grants_to_named_accounts(self) -> None:
        statements = [everybody(), allow("s3:GetObject", Principal={"AWS": OTHER})]
        assert (
            outcome(layers(identity=[allow()], resource=statements, s3=self.RESTRICTED), STRANGER)
            == "denied_implicitly"
        )

    def test_leaves_the_own_account_and_services(self) -> None:
        given = layers(resource=[everybody()], s3=self.RESTRICTED)
        assert outcome(given, USER) == "allowed"
        assert outcome(given, SERVICE) == "allowed"

    def test_leaves_policies_that_are_not_public(self) -> None:
        given = layers(
            identity=[allow()], resource=[allow("s3:GetObject", Principal={"AWS": OTHER})], s3=self.RESTRICTED
        )
        assert outcome(given, STRANGER) == "allowed"

    def test_the_most_restrictive_combination_counts(self) -> None:
        block = effective_block(
            [PublicAccessBlock(block_public_acls=True), PublicAccessBlock(restrict_public_buckets=True)]
        )
        assert block == PublicAccessBlock(block_public_acls=True, restrict_public_buckets=True)
        assert effective_block([]) == PublicAccessBlock()


class TestAccessControlLists:
    def read_by(self, grantee: str, **more: Any) -> dict[str, Any]:
        return {"s3": S3Access(object_acl=(AclGrant(grantee, "READ"),), **more)}

    def test_everybody_may_read_a_public_object(self) -> None:
        assert outcome(layers(**self.read_by(ALL_USERS)), "*") == "allowed"
        assert outcome(layers(**self.read_by(ALL_USERS)), STRANGER) == "allowed"
        assert outcome(layers(**self.read_by(ALL_USERS)), "*", action="s3:PutObject") == "denied_implicitly"

    def test_authenticated_users_are_everybody_but_the_anonymous(self) -> None:
        assert outcome(layers(**self.read_by(AUTHENTICATED_USERS)), STRANGER) == "allowed"
        assert outcome(layers(**self.read_by(AUTHENTICATED_USERS)), "*") == "denied_implicitly"

    def test_ignoring_public_acls(self) -> None:
        ignored = self.read_by(ALL_USERS, block=PublicAccessBlock(ignore_public_acls=True))
        assert outcome(layers(**ignored), "*") == "denied_implicitly"

    def test_acls_that_are_disabled_grant_nothing(self) -> None:
        assert outcome(layers(**self.read_by(ALL_USERS, acls_disabled=True)), "*") == "denied_implicitly"

    def test_an_explicit_deny_wins(self) -> None:
        assert (
            outcome(layers(resource=[deny(Principal="*")], **self.read_by(ALL_USERS)), "*")
            == "denied_explicitly"
        )

    def test_another_account_delegates_what_it_was_granted(self) -> None:
        granted = self.read_by("79a5", canonical_accounts=(("79a5", OTHER),))
        assert outcome(layers(**granted), STRANGER) == "denied_implicitly"
        assert outcome(layers(identity=[allow()], **granted), STRANGER) == "allowed"
        assert outcome(layers(**granted), f"arn:aws:iam::{OTHER}:root") == "allowed"
        assert outcome(layers(**granted), {"canonical": "79a5"}) == "allowed"

    def test_the_owners_own_grant_gives_the_accounts_users_nothing(self) -> None:
        granted = self.read_by("79a5", canonical_accounts=(("79a5", ACCOUNT),))
        assert outcome(layers(**granted), USER) == "denied_implicitly"

    @pytest.mark.parametrize(
        ("permission", "bucket", "object_"),
        [
            (
                "READ",
                {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
                {"s3:GetObject", "s3:GetObjectVersion"},
            ),
            ("WRITE", {"s3:PutObject"}, set()),
            ("READ_ACP", {"s3:GetBucketAcl"}, {"s3:GetObjectAcl", "s3:GetObjectVersionAcl"}),
            ("WRITE_ACP", {"s3:PutBucketAcl"}, {"s3:PutObjectAcl", "s3:PutObjectVersionAcl"}),
        ],
    )
    def test_what_each_permission_is_worth(
        self, permission: str, bucket: set[str], object_: set[str]
    ) -> None:
        actions = [
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:ListBucketMultipartUploads",
            "s3:PutObject",
            "s3:GetBucketAcl",
            "s3:PutBucketAcl",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:GetObjectAcl",
            "s3:GetObjectVersionAcl",
            "s3:PutObjectAcl",
            "s3:PutObjectVersionAcl",
            "s3:DeleteBucket",
        ]
        for level, expected in (("bucket_acl", bucket), ("object_acl", object_)):
            given = layers(s3=S3Access(**{level: (AclGrant(ALL_USERS, permission),)}))
            assert {
                action for action in actions if outcome(given, "*", action=action) == "allowed"
            } == expected
        full = layers(s3=S3Access(bucket_acl=(AclGrant(ALL_USERS, "FULL_CONTROL"),)))
        for action in bucket:
            assert outcome(full, "*", action=action) == "allowed"
