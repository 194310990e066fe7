"""Every read operation refused, throttled, cut and broken in turn: the gap is named, and everything else is still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emulators
from weightguard.collect.aws import operations
from weightguard.collect.aws.operation import Operation
from weightguard.collect.aws.services import sts
from weightguard.snapshot import Snapshot

pytestmark = [pytest.mark.wire, pytest.mark.slow]
# microburst's name for it, where it is another.
NAMES = {"s3:GetBucketLifecycleConfiguration": "GetBucketLifecycle"}
# Asked only where something else failed or is unusual: these tests do not get there.
CONDITIONAL = {"iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "kms:DescribeCustomKeyStores"}
ALL = [operation for operation in operations() if operation.id not in CONDITIONAL]
OPTIONS: dict[str, Any] = {"regions": ("us-east-1",), "max_attempts": 1, "header_reads": 20}


@pytest.fixture(scope="module")
def lab(_moto_server: str) -> Iterator[None]:
    """The laboratory, built once: nothing here changes it."""
    emulators.reset(_moto_server)
    emulators.lab(_moto_server)
    yield
    emulators.reset(_moto_server)


@pytest.fixture
def broken(
    lab: None, _fault_proxy: emulators.Faults, monkeypatch: pytest.MonkeyPatch
) -> Iterator[emulators.Faults]:
    """The laboratory behind a proxy that breaks what a test names."""
    for name, value in _fault_proxy.environment().items():
        monkeypatch.setenv(name, value)
    _fault_proxy.set()
    yield _fault_proxy
    _fault_proxy.set()


@pytest.fixture(scope="module")
def whole(lab: None, _moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The ids of every record of an undisturbed collection, by kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        return _ids(
            emulators.collect_from(_moto_server, tmp_path_factory.mktemp("whole") / "snapshot", **OPTIONS)
        )


def _ids(snapshot: Snapshot) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in snapshot.records():
        found.setdefault(record.kind, set()).add(record.id)
    return found


def _rule(operation: Operation, **fault: Any) -> dict[str, Any]:
    return {"service": operation.service, "operation": NAMES.get(operation.id, operation.name), **fault}


def _outcomes(snapshot: Snapshot, operation: Operation) -> set[str]:
    """What calls.jsonl and the records say came of an operation."""
    found = {
        str(call.outcome)
        for call in snapshot.calls()
        if (call.service, call.operation) == (operation.service, operation.name)
    }
    for record in snapshot.records(service=operation.service):
        if operation.name in record.reads:
            found.add(record.reads[operation.name]["outcome"])
    return found - {"skipped"}


# What is not there any more when a listing is refused, besides its own records.
LOST = {
    "s3:ListBuckets": {"s3.bucket"},
    "kms:ListKeys": {"kms.key", "kms.alias"},
    "kms:ListAliases": {"kms.alias"},
    "cloudtrail:DescribeTrails": {"cloudtrail.trail"},
    "ec2:DescribeVpcEndpoints": {"ec2.vpc_endpoint"},
    "s3control:ListAccessPoints": {"s3control.access_point"},
    "iam:GetAccountAuthorizationDetails": {"iam.user", "iam.group", "iam.role", "iam.policy"},
    "iam:GetCredentialReport": {"iam.credential"},
    "iam:ListOpenIDConnectProviders": {"iam.oidc_provider"},
    "iam:ListSAMLProviders": {"iam.saml_provider"},
    "organizations:ListRoots": {"organizations.root", "organizations.ou"},
    "organizations:ListOrganizationalUnitsForParent": {"organizations.ou"},
    "organizations:ListPolicies": {"organizations.policy"},
}
# Without these the other account is not known, or not reached, and nothing of it is there.
NO_MEMBERS = {"sts:AssumeRole", "organizations:ListAccounts", "organizations:DescribeOrganization"}


def _check_rest(operation: Operation, snapshot: Snapshot, whole: dict[str, set[str]]) -> None:
    found = _ids(snapshot)
    if operation.id in NO_MEMBERS:
        assert f"arn:aws:s3:::{emulators.WEIGHTS}" in found["s3.bucket"]
        return
    lost = LOST.get(operation.id, set()) | (
        {"sts.identity"} if operation is sts.GET_CALLER_IDENTITY else set()
    )
    for kind in whole.keys() - lost:
        # A credential report that was refused is made up for by the access keys of each user.
        assert found.get(kind, set()) == whole[kind], kind
    snapshot.verify()


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_refused(
    operation: Operation, broken: emulators.Faults, whole: dict[str, set[str]], tmp_path: Path
) -> None:
    broken.set(_rule(operation, error={"code": "AccessDenied", "status": 403}))
    snapshot = emulators.collect_from(None, tmp_path / "snapshot", **OPTIONS)
    assert _outcomes(snapshot, operation) == {"denied"}
    _check_rest(operation, snapshot, whole)


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
    fault: dict[str, Any], outcome: str, broken: emulators.Faults, whole: dict[str, set[str]], tmp_path: Path
) -> None:
    """A few operations of every protocol (query, ec2, rest-xml, json) at a time, one run a fault."""
    chosen = [
        operation
        for operation in ALL
        if operation.id
        in {
            "s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetObject", "s3control:GetAccessPointPolicy",
            "kms:GetKeyPolicy", "iam:GetAccountPasswordPolicy", "ec2:DescribeVpcEndpoints", "cloudtrail:GetTrailStatus",
            "organizations:DescribePolicy",
        }
    ]  # fmt: skip
    assert len(chosen) == 9
    broken.set(*(_rule(operation, **fault) for operation in chosen))
    snapshot = emulators.collect_from(None, tmp_path / "snapshot", **OPTIONS)
    for operation in chosen:
        assert _outcomes(snapshot, operation) == {outcome}, operation.id
    assert _ids(snapshot)["s3.bucket"] == whole["s3.bucket"]


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
