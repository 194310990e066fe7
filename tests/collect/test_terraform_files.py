"""Terraform states as files: whose account they are, in which form they come, and what is no state at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from states import ACCOUNT, ALLOW, ROLE, collected, estate, resource, role, snapshot, state

from weightguard.collect.terraform import collect
from weightguard.collect.terraform.collector import TABLES
from weightguard.errors import InputError
from weightguard.estate.fact import Reason, Unknown
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

# Whose account, which region


def test_states_of_several_accounts_are_scopes_of_one_snapshot(tmp_path: Path) -> None:
    other = json.loads(json.dumps(state(role())).replace(ACCOUNT, "222222222222"))
    with open_snapshot(snapshot(tmp_path, state(role()), other)) as found:
        assert found.scopes == ("aws/111111111111", "aws/222222222222")
        assert {item.account for item in read_estate([found]).principals} == {ACCOUNT, "222222222222"}


def test_two_states_of_one_account_are_joined(tmp_path: Path) -> None:
    attachment = resource(
        "aws_iam_role_policy_attachment", role="runner", policy_arn=f"arn:aws:iam::{ACCOUNT}:policy/p"
    )
    with open_snapshot(snapshot(tmp_path, state(role()), state(attachment))) as found:
        (principal,) = read_estate([found]).principals
    assert [item.name for item in principal.policies.value] == ["p"]  # type: ignore[union-attr]


def test_a_resource_goes_to_the_account_of_its_own_arn(tmp_path: Path) -> None:
    foreign = resource(
        "aws_iam_role", arn="arn:aws:iam::333333333333:role/r", name="r", assume_role_policy=ALLOW
    )
    with open_snapshot(snapshot(tmp_path, state(role(), foreign))) as found:
        assert {item.id: item.account for item in read_estate([found]).principals}[
            foreign["values"]["arn"]
        ] == "333333333333"


def test_the_account_is_read_from_the_arns_where_nothing_states_it(tmp_path: Path) -> None:
    document = state(role())
    del document["values"]["root_module"]["resources"][0]
    with open_snapshot(snapshot(tmp_path, document)) as found:
        assert found.scopes == (f"aws/{ACCOUNT}",)


BUCKET = resource(
    "aws_s3_bucket", bucket="weights", arn="arn:aws:s3:::weights", id="weights", region="eu-west-1"
)


def alone(*resources: dict[str, Any]) -> dict[str, Any]:
    """A state in which no data source says whose it is."""
    document = state(*resources)
    del document["values"]["root_module"]["resources"][0]
    return document


@pytest.mark.parametrize(
    "beside",
    [
        resource("aws_s3_account_public_access_block", id=ACCOUNT, account_id=ACCOUNT),
        resource("aws_vpc", id="vpc-1", owner_id=ACCOUNT),
        resource("aws_ecs_service", id="s", cluster_arn=f"arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/c"),
    ],
)
def test_the_account_is_read_from_what_says_whose_it_is(tmp_path: Path, beside: dict[str, Any]) -> None:
    with open_snapshot(snapshot(tmp_path, alone(BUCKET, beside))) as found:
        assert found.scopes == (f"aws/{ACCOUNT}",)


def test_a_state_of_buckets_alone_is_read_where_somebody_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(alone(BUCKET)))
    foreign = resource("aws_lb", id="a", target_arn="arn:aws:s3:eu-west-1:222222222222:accesspoint/p")
    other = resource("aws_lb", id="b", target_arn="arn:aws:s3:eu-west-1:333333333333:accesspoint/p")
    with pytest.raises(InputError, match=r"names no AWS account.*--account"):
        snapshot(tmp_path / "none", alone(BUCKET, foreign, other))
    with SnapshotWriter.create(tmp_path / "given", "0", source={"name": "terraform"}) as writer:
        assert collect([path], writer, ACCOUNT) == (f"aws/{ACCOUNT}",)


def test_a_state_of_buckets_alone_is_of_the_account_that_the_others_name(tmp_path: Path) -> None:
    with open_snapshot(snapshot(tmp_path, alone(BUCKET), state(role()))) as found:
        assert found.scopes == (f"aws/{ACCOUNT}",)
        assert [one.name for one in read_estate([found]).stores] == ["weights"]


def test_two_resources_that_set_one_thing_differently_leave_it_unknown(tmp_path: Path) -> None:
    public = ALLOW.replace('"Action"', '"Principal":"*","Action"')
    empty = '{"Version":"2012-10-17","Statement":[]}'
    attached = [resource("aws_s3_bucket_policy", bucket="weights", policy=text) for text in (empty, public)]
    blocks = [
        resource("aws_s3_bucket_public_access_block", bucket="weights", block_public_acls=on)
        for on in (True, False)
    ]
    (store,) = estate(tmp_path / "a", BUCKET, *attached, *blocks).stores
    assert isinstance(store.policy, Unknown) and isinstance(store.public_access_block, Unknown)
    (store,) = estate(tmp_path / "b", BUCKET, attached[1], attached[1], blocks[0], blocks[0]).stores
    assert not isinstance(store.policy, Unknown) and not isinstance(store.public_access_block, Unknown)


def test_modules_raw_states_and_powershell_redirection_are_read(tmp_path: Path) -> None:
    nested = state()
    nested["values"]["root_module"]["child_modules"] = [{"child_modules": [{"resources": [role()]}]}]
    raw = {
        "version": 4, "serial": 1, "lineage": "x",
        "resources": [{"mode": "managed", "type": "aws_iam_role", "name": "x", "instances": [{"attributes": role()["values"]}]}],
    }  # fmt: skip
    (tmp_path / "wide.json").write_bytes(json.dumps(state(role())).encode("utf-16"))
    (tmp_path / "nested.json").write_text(json.dumps(nested))
    (tmp_path / "raw.json").write_text(json.dumps(raw))
    for name in ("wide", "nested", "raw"):
        (tmp_path / name).mkdir()
        with open_snapshot(collected(tmp_path / name, tmp_path / f"{name}.json")) as found:
            assert [item.id for item in read_estate([found]).principals] == [ROLE]


def test_a_state_has_no_gaps_but_says_nothing_of_guardrails(tmp_path: Path) -> None:
    found = estate(tmp_path, role())
    assert found.stores.complete
    assert found.workloads.complete
    guardrails = found.accounts.items[0].guardrails
    assert isinstance(guardrails, Unknown)
    assert guardrails.reason is Reason.NOT_COLLECTED


# Bad input


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no Terraform state"),
        ('{"format_version":"1.2","planned_values":{},"resource_changes":[]}', "plan"),
        ('{"format_version":"1.0","terraform_version":"1.9.8"}', "no resources"),
        ('{"version":3,"serial":1}', "too old"),
        (
            json.dumps({"values": {"root_module": {"resources": [resource("random_id", id="x")]}}}),
            "no AWS account",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_state_gets_one_line_with_the_file_and_the_fix(
    tmp_path: Path, content: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as error:
        snapshot(tmp_path, content)
    assert "state-0.json" in error.value.one_line()
    assert "\n" not in error.value.one_line()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json"):
        collected(tmp_path, tmp_path / "absent.json")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from([ROLE, "arn:aws:s3:::b", "b", "runner"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["rule", "id", "arn", "name", "grant", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = [
    *sorted({shape.type for shape in TABLES}),
    "aws_iam_role", "aws_iam_user", "aws_iam_policy", "aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_bucket_policy", "aws_s3_object",
    "aws_s3_bucket_replication_configuration", "aws_s3_bucket_server_side_encryption_configuration", "aws_kms_key", "aws_kms_grant",
    "aws_lambda_function", "aws_lambda_permission", "aws_cloudtrail", "aws_organizations_organization", "aws_batch_job_definition",
    "aws_cloudformation_stack_set", "aws_iam_access_key", "aws_datapipeline_pipeline_definition", "aws_ssoadmin_permission_set",
]  # fmt: skip
ATTRIBUTES = sorted(
    {path.partition(".")[0].removesuffix("[]") for shape in TABLES for path in shape.members.values()}
    | {"arn", "id", "name", "bucket", "key", "policy", "rule", "role", "roots", "accounts", "grant", "acl", "inline_policy",
       "operations",
       "event_selector", "container_properties", "function_name", "assume_role_policy", "managed_policy_arns",
       "key_id", "user"}
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.builds(
            lambda type_, mode, values: {"type": type_, "mode": mode, "values": values},
            st.sampled_from(TYPES),
            st.sampled_from(["managed", "managed", "data"]),
            st.dictionaries(st.sampled_from(ATTRIBUTES), VALUES, max_size=8),
        ),
        max_size=8,
    )
)
def test_unresolved_and_odd_values_never_break_a_collection(
    tmp_path_factory: pytest.TempPathFactory, made: list[dict[str, Any]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("odd")
    with open_snapshot(snapshot(tmp_path, state(role(), *made))) as found:
        assert any(item.id == ROLE for item in read_estate([found]).principals)
