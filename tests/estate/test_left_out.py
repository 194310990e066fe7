"""What the operator leaves out is a gap wherever the evidence shows that it exists: regions, accounts, services."""

from __future__ import annotations

from typing import Any

import pytest
from estates import (
    ACCOUNT,
    BUCKET,
    COMPLETE,
    SCOPE,
    MemorySnapshot,
    call,
    estate,
    in_no_organisation,
    ok,
    record,
)

from weightguard.estate import providers
from weightguard.estate.fact import Collection, Reason
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot.model import Call, Record

MEMBER = "222222222222"
HOME, ABROAD = "us-east-1", "eu-west-1"


def asked(region: str = HOME) -> list[Call]:
    """A whole collection in one region."""
    return [call(service, operation, region=region) for service, operation in COMPLETE]


def read(*records: Record, calls: list[Call]) -> Estate:
    return read_estate([MemorySnapshot([*records, in_no_organisation()], calls)])  # type: ignore[list-item]


def regions(**usable: str) -> Record:
    listed = [{"RegionName": name.replace("_", "-"), "OptInStatus": state} for name, state in usable.items()]
    reads = {"DescribeRegions": ok({"Regions": listed})}
    return record("ec2.account", ACCOUNT, {}, reads, region=None, operation="DescribeRegions")


def unasked(collection: Collection[Any]) -> set[tuple[str, str]]:
    return {
        (gap.source.call, gap.source.where) for gap in collection.gaps if gap.reason is Reason.NOT_COLLECTED
    }


def test_a_region_that_the_account_may_use_and_nobody_asked_about_is_a_gap() -> None:
    both = regions(us_east_1="opt-in-not-required", eu_west_1="opted-in")
    found = read(both, calls=asked())
    assert ("kms:ListKeys", f"{SCOPE} {ABROAD}") in unasked(found.keys)
    assert ("lambda:ListFunctions", f"{SCOPE} {ABROAD}") in unasked(found.workloads)
    assert found.principals.complete, "who there is has no region"
    assert read(both, calls=[*asked(), *asked(ABROAD)]).keys.complete
    assert read(
        regions(us_east_1="opt-in-not-required", eu_west_1="not-opted-in"), calls=asked()
    ).keys.complete


def test_a_region_in_which_something_lies_is_expected_without_being_listed() -> None:
    abroad = record("s3.bucket", BUCKET, {"Name": "frontier-weights"}, region=ABROAD, operation="ListBuckets")
    assert ("kms:ListKeys", f"{SCOPE} {ABROAD}") in unasked(read(abroad, calls=asked()).keys)
    home = record("s3.bucket", BUCKET, {"Name": "frontier-weights"}, region=HOME, operation="ListBuckets")
    assert read(home, calls=asked()).keys.complete


def test_regions_that_could_not_be_listed_leave_all_that_has_regions_open() -> None:
    refused = [one for one in asked() if one.operation != "DescribeRegions"]
    refused.append(call("ec2", "DescribeRegions", "denied", region=HOME))
    found = read(calls=refused)
    for name in ("keys", "trails", "endpoints", "workloads", "disk_copies", "secrets", "stores"):
        assert [gap.source.call for gap in getattr(found, name).gaps] == ["ec2:DescribeRegions"], (
            f"{name}: what is listed region by region, directory buckets among the stores"
        )
    assert found.accounts.complete and found.principals.complete, "accounts and principals have no region"


def test_a_service_that_was_left_out_is_a_gap_where_a_role_trusts_it() -> None:
    def role(service: str) -> Record:
        trust = {
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]
        }
        arn = f"arn:aws:iam::{ACCOUNT}:role/r"
        data = {"Arn": arn, "RoleName": "r", "AssumeRolePolicyDocument": trust}
        return record("iam.role", arn, data, region=None, operation="GetAccountAuthorizationDetails")

    left = [one for one in asked() if one.service != "ecs"]
    assert ("ecs:ListClusters", SCOPE) in unasked(read(role("ecs-tasks.amazonaws.com"), calls=left).workloads)
    assert read(role("ec2.amazonaws.com"), calls=left).workloads.complete
    assert read(role("ecs-tasks.amazonaws.com"), calls=asked()).workloads.complete
    unread = [one for one in left if one.operation != "GetAccountAuthorizationDetails"]
    unread.append(call("iam", "GetAccountAuthorizationDetails", "failed"))
    assert ("ecs:ListClusters", SCOPE) in unasked(read(calls=unread).workloads), "any role may trust it"


def test_old_versions_that_were_listed_are_no_listing_of_what_is_there() -> None:
    def contents(*operations: str) -> Any:
        bucket = record("s3.bucket", BUCKET, {"Name": "frontier-weights"}, operation="ListBuckets")
        made = [call("s3", operation, resource=BUCKET, region=HOME) for operation in operations]
        return read(bucket, calls=[*asked(), *made]).stores.items[0].contents

    assert contents("ListObjectsV2", "ListObjectVersions").value.objects == 0
    assert contents("ListObjectVersions").reason is Reason.NOT_COLLECTED


def test_a_listing_of_versions_that_counts_the_objects_is_one_of_what_is_there() -> None:
    def contents(**reads: Any) -> Any:
        bucket = record("s3.bucket", BUCKET, {"Name": "frontier-weights"}, reads, operation="ListBuckets")
        return read(bucket, calls=asked()).stores.items[0].contents

    told = contents(ListObjectVersions=ok({"KeyCount": 0, "Bytes": 0, "Keys": 0}))
    assert (told.value.objects, told.value.old_versions) == (0, True)
    assert told.source.call == "s3:ListObjectVersions"
    refused = {"outcome": "denied", "code": "AccessDenied"}
    assert contents(ListObjectVersions=refused).reason is Reason.NOT_COLLECTED
    assert contents(ListObjectVersions=ok({"Keys": 0})).reason is Reason.NOT_COLLECTED
    both = contents(ListObjectVersions=refused, ListObjectsV2=ok({"KeyCount": 0, "Bytes": 0}))
    assert (both.source.call, both.value.old_versions) == ("s3:ListObjectsV2", False)


def organisation(*statuses: tuple[str, dict[str, str]]) -> list[Record]:
    described = {"Organization": {"Id": "o-1", "MasterAccountId": ACCOUNT}}
    found = [
        record(
            "organizations.organization", "o-1", described["Organization"], {"DescribeOrganization": ok(described)},
            region=None, operation="DescribeOrganization",
        )
    ]  # fmt: skip
    for account, status in statuses:
        found.append(
            record(
                "organizations.account",
                account,
                {"Id": account, **status},
                region=None,
                operation="ListAccounts",
            )
        )
    return found


def test_an_account_that_the_organisation_lists_and_nobody_read_is_a_gap_of_everything() -> None:
    def of(*statuses: tuple[str, dict[str, str]]) -> Estate:
        return read_estate([MemorySnapshot(organisation(*statuses), asked())])  # type: ignore[list-item]

    found = of((ACCOUNT, {"Status": "ACTIVE"}), (MEMBER, {"Status": "ACTIVE"}))
    for name in (
        "principals",
        "stores",
        "keys",
        "trails",
        "endpoints",
        "workloads",
        "disk_copies",
        "secrets",
        "accounts",
    ):
        assert f"aws/{MEMBER}" in {where for _, where in unasked(getattr(found, name))}, name
    assert ("s3:ListBuckets", f"aws/{MEMBER}") in unasked(found.weight_sets)
    for gone in (
        {"Status": "SUSPENDED"},
        {"State": "CLOSED"},
        {"State": "PENDING_CLOSURE", "Status": "ACTIVE"},
    ):
        assert of((ACCOUNT, {"Status": "ACTIVE"}), (MEMBER, gone)).stores.complete


def test_what_only_an_older_snapshot_asked_may_still_be_there() -> None:
    old = MemorySnapshot([in_no_organisation()], [*asked(), *asked(ABROAD)], digest="a")
    later: dict[str, Any] = {"collected_at": "2026-02-01T00:00:00Z", "digest": "b"}
    whole = MemorySnapshot([in_no_organisation()], [*asked(), *asked(ABROAD)], **later)
    part = MemorySnapshot([in_no_organisation()], asked(), **later)
    assert read_estate([old, whole]).keys.complete  # type: ignore[list-item]
    assert ("kms:ListKeys", f"{SCOPE} {ABROAD}") in unasked(read_estate([old, part]).keys)  # type: ignore[list-item]


def test_records_of_a_kind_that_no_reader_knows_leave_what_they_would_tell_open() -> None:
    known = record(
        "lambda.function", f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:f", operation="ListFunctions"
    )
    strange = record(
        "lambda.function_v2", f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:f", operation="ListFunctions"
    )
    unheard = record("warehouse.shelf", "shelf-1", operation="ListShelves")
    assert not [gap for gap in estate(known).workloads.gaps if gap.reason is Reason.NOT_READ]
    assert [gap.reason for gap in estate(strange).workloads.gaps] == [Reason.NOT_READ]
    assert estate(strange).stores.complete
    assert not estate(unheard).stores.complete
    assert not estate(unheard).principals.complete


def test_a_scope_of_a_provider_that_has_no_reader_is_a_gap_of_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(providers._READERS, "gcp")
    bucket = record("storage.bucket", "//storage.googleapis.com/weights", scope="gcp/lab-prod", region=None)
    found = estate(bucket)
    for name in ("principals", "stores", "keys", "weight_sets", "accounts"):
        (gap,) = [gap for gap in getattr(found, name).gaps if gap.source.where == "gcp/lab-prod"]
        assert gap.reason is Reason.NOT_READ
    assert estate().stores.complete


def test_a_level_without_any_policy_is_one_whose_policies_were_not_seen() -> None:
    """AWS keeps at least one policy of each type that is on at every root, unit and account."""

    def guardrails(*targets: str) -> Any:
        tree = organisation((ACCOUNT, {"Status": "ACTIVE"}), (MEMBER, {"Status": "ACTIVE"}))
        types = {"PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}], "Id": "r-1"}
        children = {"ListAccountsForParent": ok({"Accounts": [{"Id": ACCOUNT}, {"Id": MEMBER}]})}
        tree.append(record("organizations.root", "r-1", types, children, region=None, operation="ListRoots"))
        summary = {"Id": "p-1", "Name": "all", "Type": "SERVICE_CONTROL_POLICY"}
        text = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
        reads = {
            "DescribePolicy": ok({"Policy": {"PolicySummary": summary, "Content": text}}),
            "ListTargetsForPolicy": ok({"Targets": [{"TargetId": name} for name in targets]}),
        }
        tree.append(
            record("organizations.policy", "p-1", summary, reads, region=None, operation="ListPolicies")
        )
        found = read_estate([MemorySnapshot(tree, asked())])  # type: ignore[list-item]
        return next(one.guardrails for one in found.accounts if one.id == MEMBER)

    assert len(guardrails("r-1", MEMBER).value) == 2
    assert guardrails("r-1").reason is Reason.NOT_COLLECTED
