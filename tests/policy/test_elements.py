"""Action, Resource, their negations, and versions. IAM User Guide, "IAM JSON policy elements reference"."""

from __future__ import annotations

import pytest
from policies import OBJECT, USER, allow, ask, deny, layers, matches, outcome, policy

from weightguard.policy.aws import Layers


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:GetObject", "S3:GETOBJECT", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:G?tObject", "s3:GetObject", True),
        ("s3:?GetObject", "s3:GetObject", False),
        ("*", "s3:GetObject", True),
        ("*:*", "s3:GetObject", True),
        ("s3:GetObjectVersion", "s3:GetObject", False),
        ("s3:GetObj", "s3:GetObject", False),
        ("s3-object-lambda:GetObject", "s3:GetObject", False),
        (["ec2:*", "s3:GetObject"], "s3:GetObject", True),
        (["ec2:*", "kms:*"], "s3:GetObject", False),
    ],
)
def test_actions_ignore_case_and_take_wildcards(pattern: object, action: str, expected: bool) -> None:
    assert matches(allow(pattern), action=action) is expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", OBJECT, True),
        (OBJECT, OBJECT, True),
        ("arn:aws:s3:::models/*", OBJECT, True),
        ("arn:aws:s3:::models/*.safetensors", OBJECT, True),
        ("arn:aws:s3:::models*", OBJECT, True),
        ("arn:*:s3:::models/*", OBJECT, True),
        ("arn:aws:s3:::models", OBJECT, False),
        ("arn:aws:s3:::Models/*", OBJECT, False),
        ("arn:aws:s3:::models/llm/weights.safetensor?", OBJECT, True),
        ("arn:aws:s3:::models/llm/weights.safetensors?", OBJECT, False),
        ("arn:aws:s3:::models?llm/*", OBJECT, True),
        ("arn:aws-cn:s3:::models/*", OBJECT, False),
        ("arn:aws:s3:::models/*", "arn:aws:s3:::models", False),
        (["arn:aws:s3:::other/*", "arn:aws:s3:::models/*"], OBJECT, True),
    ],
)
def test_resources_keep_case_and_take_wildcards_across_slashes(
    pattern: object, resource: str, expected: bool
) -> None:
    assert matches(allow("s3:*", pattern), resource=resource) is expected


def test_not_action_matches_everything_else() -> None:
    entry = allow(None, NotAction=["iam:*", "s3:Delete*"])
    assert matches(entry)
    assert not matches(entry, action="s3:DeleteObject")
    assert not matches(entry, action="IAM:CreateUser")


def test_not_resource_matches_everything_else() -> None:
    entry = allow("s3:*", None, NotResource=["arn:aws:s3:::models/private/*"])
    assert matches(entry)
    assert not matches(entry, resource="arn:aws:s3:::models/private/a")


def test_explicit_deny_wins_over_any_allow() -> None:
    decision = ask(layers(identity=[allow(), deny("s3:GetObject", Sid="NoRead")]))
    assert decision.outcome == "denied_explicitly"
    assert [(r.layer, r.policy, r.statement) for r in decision.by] == [("identity", "identity", "NoRead")]


def test_nothing_is_allowed_by_default() -> None:
    decision = ask(layers(identity=[allow("ec2:*")]))
    assert decision.outcome == "denied_implicitly"
    assert decision.lacking == ("identity",)


def test_the_answer_names_the_statement_by_sid_or_by_index() -> None:
    named = ask(layers(identity=[allow("ec2:*"), allow("s3:*", Sid="Read"), allow("s3:Get*")]))
    assert [reason.statement for reason in named.by] == ["Read", "2"]


def test_one_statement_may_stand_without_a_list() -> None:
    from weightguard.policy.aws import PolicyKind, compile_policy

    single = compile_policy(
        {"Version": "2012-10-17", "Statement": allow()}, kind=PolicyKind.IDENTITY, name="p"
    )
    assert outcome(Layers(identity=[single])) == "allowed"


def test_policies_of_one_layer_add_up() -> None:
    both = Layers(identity=[policy(allow("ec2:*"), name="a"), policy(allow("s3:*"), name="b")])
    assert ask(both).by[0].policy == "b"


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_old_documents_work_without_variables(version: str | None) -> None:
    entry = allow("s3:*", "arn:aws:s3:::models/${aws:username}/*")
    assert not matches(entry, version=version, resource="arn:aws:s3:::models/alice/k")
    assert matches(entry, version=version, resource="arn:aws:s3:::models/${aws:username}/k")
    assert matches(entry, resource="arn:aws:s3:::models/alice/k")


class TestActionsWithoutResourceLevelPermissions:
    """ "If the Resource types column is empty, you must specify all resources in the Resource element"."""

    def test_match_a_literal_star(self) -> None:
        assert matches(allow("s3:ListAllMyBuckets"), action="s3:ListAllMyBuckets", resource="*")

    def test_match_a_not_resource_that_leaves_the_star_in(self) -> None:
        entry = allow("s3:*", None, NotResource="arn:aws:s3:::models/*")
        assert matches(entry, action="s3:ListAllMyBuckets", resource="*")

    def test_do_not_match_an_arn(self) -> None:
        entry = allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")
        assert not matches(entry, action="s3:ListAllMyBuckets", resource="*")
        assert not matches(entry, action="s3:ListAllMyBuckets", resource="arn:aws:s3:::models")

    def test_are_not_denied_by_a_deny_on_an_arn(self) -> None:
        given = layers(identity=[allow(), deny("s3:*", "arn:aws:s3:::models/*")])
        assert outcome(given, action="s3:ListAllMyBuckets", resource="*") == "allowed"

    def test_an_unknown_action_is_matched_as_it_stands(self) -> None:
        assert matches(
            allow("weights:Steal", "arn:aws:weights:::a"),
            action="weights:Steal",
            resource="arn:aws:weights:::a",
        )


class TestPatternsInTheRequest:
    """A request may ask about many resources at once."""

    @pytest.mark.parametrize(
        ("statements", "resource", "expected"),
        [
            ([allow("s3:*", "arn:aws:s3:::models/llm/*")], "arn:aws:s3:::models/*", "allowed"),
            ([allow("s3:*", "arn:aws:s3:::models/*.bin")], "arn:aws:s3:::models/llm/*", "allowed"),
            ([allow("s3:*", "arn:aws:s3:::other/*")], "arn:aws:s3:::models/*", "denied_implicitly"),
            ([allow("s3:*", "arn:aws:s3:::models")], "arn:aws:s3:::models/*", "denied_implicitly"),
            ([allow(), deny("s3:*", "arn:aws:s3:::models/llm/*")], "arn:aws:s3:::models/*", "allowed"),
            (
                [allow(), deny("s3:*", "arn:aws:s3:::models/*")],
                "arn:aws:s3:::models/llm/*",
                "denied_explicitly",
            ),
            ([allow(), deny("s3:*", "*")], "arn:aws:s3:::models/*", "denied_explicitly"),
            (
                [allow("s3:*", None, NotResource="arn:aws:s3:::models/*")],
                "arn:aws:s3:::models/*",
                "denied_implicitly",
            ),
            ([allow("s3:*", None, NotResource="arn:aws:s3:::models/a*")], "arn:aws:s3:::models/*", "allowed"),
            (
                [allow(), deny("s3:*", None, NotResource="arn:aws:s3:::models/a*")],
                "arn:aws:s3:::models/*",
                "allowed",
            ),
            (
                [allow(), deny("s3:*", None, NotResource="arn:aws:s3:::open/*")],
                "arn:aws:s3:::models/*",
                "denied_explicitly",
            ),
        ],
    )
    def test_allow_when_it_overlaps_deny_when_it_covers(
        self, statements: list[object], resource: str, expected: str
    ) -> None:
        assert outcome(layers(identity=statements), resource=resource) == expected

    def test_any_object_is_a_star(self) -> None:
        assert outcome(layers(identity=[allow("s3:GetObject", OBJECT)]), resource="*") == "allowed"


def test_statements_without_condition_need_no_context() -> None:
    decision = ask(layers(identity=[allow()]), USER, unknown=True)
    assert decision.outcome == "allowed" and decision.missing == ()
