"""Every read operation refused, throttled, cut and broken in turn: the gap is named, and everything else is still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import emulators
import wide_lab
from weightguard.collect.aws import operations
from weightguard.collect.calls.operation import Operation
from weightguard.snapshot import Snapshot

pytestmark = [pytest.mark.wire, pytest.mark.slow]
# microburst's name for it, where it is another.
NAMES = {"s3:GetBucketLifecycleConfiguration": "GetBucketLifecycle"}
# Asked only where something else failed or is unusual: these tests do not get there.
CONDITIONAL = {
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "kms:DescribeCustomKeyStores",
    # Emulators answer it as ListBuckets, whose path it shares: it cannot be refused alone.
    "s3:ListDirectoryBuckets",
}
ALL = [operation for operation in operations() if operation.id not in CONDITIONAL]
OPTIONS: dict[str, Any] = {"regions": ("us-east-1",), "max_attempts": 2, "header_reads": 20}


@pytest.fixture(scope="module")
def lab(_moto_server: str) -> Iterator[None]:
    """The laboratory, built once: nothing here changes it."""
    emulators.reset(_moto_server)
    emulators.lab(_moto_server)
    wide_lab.wide_lab(_moto_server)
    yield
    emulators.reset(_moto_server)


@dataclass(frozen=True)
class Whole:
    """What an undisturbed collection gives.

    Attributes:
        ids: the ids of its records, by kind.
        listed_by: the kinds that a listing feeds, by ``service:Operation``.
    """

    ids: dict[str, set[str]]
    listed_by: dict[str, set[str]]


@pytest.fixture(scope="module")
def whole(lab: None, _moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """An undisturbed collection."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        snapshot = emulators.collect_from(
            _moto_server, tmp_path_factory.mktemp("whole") / "snapshot", **OPTIONS
        )
    listed_by: dict[str, set[str]] = {}
    for record in snapshot.records():
        listed_by.setdefault(f"{record.service}:{record.operation}", set()).add(record.kind)
    assert {(call.service, call.operation) for call in snapshot.calls()} >= {
        (o.service, o.name) for o in ALL
    }, "a hole in the lab"
    assert not [call for call in snapshot.calls() if call.outcome not in ("ok", "absent")]
    return Whole(_ids(snapshot), listed_by)


def _ids(snapshot: Snapshot) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in snapshot.records():
        found.setdefault(record.kind, set()).add(record.id)
    return found


@cache
def _names(service: str) -> tuple[str, ...]:
    """The names that microburst may know a service by: the SDK's and the one that requests are signed for."""
    signing = botocore.session.Session().get_service_model(service).signing_name
    return tuple({service, service if service == "s3control" else str(signing)})


def _rules(operations: Iterable[Operation], **fault: Any) -> list[dict[str, Any]]:
    return [
        {"service": name, "operation": NAMES.get(operation.id, operation.name), **fault}
        for operation in operations
        for name in _names(operation.service)
    ]


def _outcomes(snapshot: Snapshot, operation: Operation) -> set[str]:
    """What calls.jsonl and the records say came of an operation."""
    named = (operation.service, operation.name)
    found = {str(call.outcome) for call in snapshot.calls() if (call.service, call.operation) == named}
    for record in snapshot.records(service=operation.service):
        if operation.name in record.reads:
            found.add(record.reads[operation.name]["outcome"])
    return found - {"skipped"}


# What else is not there when a listing is refused, besides what it lists itself.
BELOW = {
    "kms:ListKeys": {"kms.alias"},
    "organizations:ListRoots": {"organizations.ou"},
    "iam:GetCredentialReport": {"iam.credential"},
    "ecs:ListClusters": {"ecs.cluster", "ecs.service", "ecs.task"},
    "ecs:ListTasks": {"ecs.task"},
    "ecs:ListServices": {"ecs.service"},
    "ecs:ListTaskDefinitions": {"ecs.task_definition"},
    "eks:ListClusters": {
        "eks.nodegroup", "eks.fargate_profile", "eks.pod_identity_association", "eks.access_entry",
    },
    "codebuild:ListProjects": {"codebuild.project"},
    "sso-admin:ListInstances": {"sso-admin.permission_set", "sso-admin.account_assignment"},
    "sso-admin:ListPermissionSets": {"sso-admin.account_assignment"},
    "sso-admin:ListAccountsForProvisionedPermissionSet": {"sso-admin.account_assignment"},
    "sts:GetCallerIdentity": {"sts.identity"},
}  # fmt: skip
# Without these the other account is not known, or not reached, and nothing of it is there.
NO_MEMBERS = {"sts:AssumeRole", "organizations:ListAccounts", "organizations:DescribeOrganization"}
# Settings and the like are records of reads: they are there, and say what was refused.
ALWAYS = {
    "iam.account_summary",
    "iam.password_policy",
    "iam.account",
    "ec2.region",
    "s3control.account",
    "organizations.organization",
}


def _rounds() -> list[tuple[Operation, ...]]:
    """One operation of every service at a time; those that a whole account hangs on alone."""
    by_service: dict[str, list[Operation]] = {}
    alone = []
    for operation in ALL:
        if operation.id in NO_MEMBERS | {"sts:GetCallerIdentity", "s3:ListBuckets"}:
            alone.append((operation,))
        else:
            by_service.setdefault(operation.service, []).append(operation)
    together = zip_longest(*by_service.values())
    return alone + [tuple(operation for operation in some if operation) for some in together]


@pytest.mark.parametrize(
    "refused", _rounds(), ids=lambda refused: "+".join(operation.id for operation in refused)[:80]
)
def test_refused(
    refused: tuple[Operation, ...], broken: emulators.Faults, whole: Whole, tmp_path: Path
) -> None:
    broken.set(*_rules(refused, error={"code": "AccessDenied", "status": 403}))
    snapshot = emulators.collect_from(None, tmp_path / "snapshot", **OPTIONS)
    snapshot.verify()
    for operation in refused:
        assert _outcomes(snapshot, operation) == {"denied"}, operation.id
    found = _ids(snapshot)
    if NO_MEMBERS & {operation.id for operation in refused}:
        assert f"arn:aws:s3:::{emulators.WEIGHTS}" in found["s3.bucket"]
        return
    lost = set().union(
        *(whole.listed_by.get(operation.id, set()) | BELOW.get(operation.id, set()) for operation in refused)
    )
    for kind in whole.ids.keys() - (lost - ALWAYS):
        assert found.get(kind, set()) == whole.ids[kind], kind


def test_every_operation_has_its_turn() -> None:
    assert sorted(operation.id for some in _rounds() for operation in some) == sorted(
        operation.id for operation in ALL
    )


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"error": {"code": "ThrottlingException", "status": 400}}, "throttled"),
        ({"error": {"code": "InternalError", "status": 500}}, "failed"),
        ({"reset": True}, "failed"),
        ({"response": {"truncate_frac": 0.4}}, "failed"),
        ({"response": {"abort_frac": 0.4}}, "failed"),
    ],
    ids=["throttled", "server error", "reset", "cut short", "broken off"],
)
def test_broken(
    fault: dict[str, Any], outcome: str, broken: emulators.Faults, whole: Whole, tmp_path: Path
) -> None:
    """An operation or two of every protocol (query, ec2, rest-xml, json) at a time, one run a fault."""
    wanted = {
        "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetObject", "s3control:GetAccessPointPolicy",
        "kms:GetKeyPolicy", "iam:GetAccountPasswordPolicy", "ec2:DescribeVpcEndpoints", "cloudtrail:GetTrailStatus",
    }  # fmt: skip
    if (
        outcome == "throttled"
    ):  # the SDK's adaptive mode slows a whole client down: one operation a client is enough
        wanted -= {"s3:GetBucketVersioning", "s3:GetObject"}
    chosen = [operation for operation in ALL if operation.id in wanted]
    assert len(chosen) == len(wanted)
    broken.set(*_rules(chosen, **fault))
    snapshot = emulators.collect_from(
        None, tmp_path / "snapshot", **OPTIONS | {"org": False, "max_attempts": 1}
    )
    for operation in chosen:
        assert _outcomes(snapshot, operation) == {outcome}, operation.id
    assert _ids(snapshot)["s3.bucket"] == whole.ids["s3.bucket"] - {f"arn:aws:s3:::{emulators.MEMBER_BUCKET}"}


def test_headers_that_could_not_be_read_are_said(broken: emulators.Faults, tmp_path: Path) -> None:
    broken.set({"service": "s3", "operation": "GetObject", "error": {"code": "AccessDenied", "status": 403}})
    snapshot = emulators.collect_from(None, tmp_path / "snapshot", **OPTIONS)
    rows = {row["key"]: row for row in snapshot.object_rows(stores=[f"arn:aws:s3:::{emulators.WEIGHTS}"])}
    weights = rows["models/alpha/model.safetensors"]
    assert (weights["examined"], weights["confidence"], weights["encryption"]) == ("denied", "name", None)
    plain = next(
        record for record in snapshot.records(kind="s3.bucket") if record.id.endswith(emulators.PLAIN)
    )
    assert plain.reads["GetBucketLogging"]["outcome"] == "ok", "what may hold weights is read like what does"


def test_a_refused_credential_report_is_made_up_for(broken: emulators.Faults, tmp_path: Path) -> None:
    broken.set(
        {
            "service": "iam",
            "operation": "GetCredentialReport",
            "error": {"code": "AccessDenied", "status": 403},
        }
    )
    snapshot = emulators.collect_from(None, tmp_path / "snapshot", **OPTIONS)
    (key,) = [
        record
        for record in snapshot.records(kind="iam.access_key")
        if record.scope == f"aws/{emulators.ACCOUNT}"
    ]
    assert (key.data["UserName"], key.data["Status"]) == ("ada", "Active")
    assert key.reads["GetAccessKeyLastUsed"]["outcome"] == "ok"


def test_a_throttle_that_passes_is_no_gap(broken: emulators.Faults, tmp_path: Path) -> None:
    broken.set(
        {
            "service": "kms",
            "operation": "ListKeys",
            "error": {"code": "ThrottlingException", "status": 400},
            "times": 1,
        }
    )
    snapshot = emulators.collect_from(
        None, tmp_path / "snapshot", regions=("us-east-1",), org=False, max_attempts=3
    )
    (call,) = [call for call in snapshot.calls() if call.operation == "ListKeys"]
    assert (call.outcome, call.attempts) == ("ok", 2)
