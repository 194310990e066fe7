"""What was refused reaches the verdicts: every read operation, from the wire to the exit status.

No control's failure or unknown may turn to pass, no control may vanish, the gap names the operation, what it could hide and the
controls that lost evidence, and the run never ends in 0. One operation of each service is refused in the same scan: a gap is of
one operation, and nothing that is read hangs on another service, but for those that are refused alone. What each refusal does to
verdicts by itself is walked over a laboratory, where a scan costs nothing (`tests/assess/test_taken_away.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import emulators
import wide_lab
from weightguard import api
from weightguard.assess.model import Gap, Report
from weightguard.assess.status import exit_status
from weightguard.collect.aws import operations
from weightguard.collect.calls.operation import Operation

pytestmark = [pytest.mark.wire, pytest.mark.slow]
# microburst's name for it, where it is another.
NAMES = {"s3:GetBucketLifecycleConfiguration": "GetBucketLifecycle"}
OPTIONS: dict[str, Any] = {"regions": ("us-east-1",), "max_attempts": 2, "header_reads": 20}
ORDER = ("fail", "unknown", "waived", "pass", "not_applicable")
# Asked only where something else was refused.
FALLBACKS = {
    "iam:ListAccessKeys": "iam:GetCredentialReport",
    "iam:GetAccessKeyLastUsed": "iam:GetCredentialReport",
}
# No emulator has the first; all answer the second as they answer ListBuckets, whose path it shares.
NOT_IN_THE_LAB = {"kms:DescribeCustomKeyStores", "s3:ListDirectoryBuckets"}
ASKED = {operation.id: operation for operation in operations() if operation.id not in NOT_IN_THE_LAB}
# The account's own identity: where it is refused, the account is learnt in another way, and nothing is lost.
LOSES_NOTHING = {"sts:GetCallerIdentity", "ec2:DescribeRegions"}


# What other services are read by: regions and buckets, the roles that services are looked for by, the accounts.
ALONE = {
    "ec2:DescribeRegions",
    "iam:GetAccountAuthorizationDetails",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "s3:ListBuckets",
    "sts:GetCallerIdentity",
}


def _rounds() -> list[tuple[str, ...]]:
    """Every operation once: those that are refused alone, then one of each service at a time."""
    services = defaultdict(list)
    for name in sorted(ASKED.keys() - ALONE):
        services[ASKED[name].service].append(name)
    together = zip_longest(*services.values())
    return [*((name,) for name in sorted(ALONE)), *(tuple(filter(None, names)) for names in together)]


@dataclass(frozen=True)
class Seen:
    """An undisturbed scan.

    Attributes:
        report: what it says.
        called: the operations that it took, ``service:Operation``.
    """

    report: Report
    called: frozenset[str]


def _scan(path: Path, url: str | None = None) -> tuple[Report, frozenset[str]]:
    """What `weightguard scan aws` does, and the operations that were called."""
    api.collect_aws(path, endpoint_url=url, **OPTIONS)
    evidence = api.load(path)
    called = frozenset(f"{call.service}:{call.operation}" for call in evidence.snapshots[0].calls())
    return api.assess(evidence), called


@pytest.fixture(scope="module")
def lab(_moto_server: str) -> Iterator[None]:
    emulators.reset(_moto_server)
    emulators.lab(_moto_server)
    wide_lab.wide_lab(_moto_server)
    _standing_rights(_moto_server)
    yield
    emulators.reset(_moto_server)


def _standing_rights(url: str) -> None:
    """A user whose own policy and a bucket's let it read weights, and whose failures hang on what is read of that bucket."""
    iam, s3 = (emulators.clients(url)(name) for name in ("iam", "s3"))
    iam.create_user(UserName="mia")
    iam.create_access_key(UserName="mia")
    everything = emulators.policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    iam.put_user_policy(UserName="mia", PolicyName="all", PolicyDocument=everything)
    s3.create_bucket(Bucket="lab-drafts")
    s3.put_object(Bucket="lab-drafts", Key="draft/model.safetensors", Body=emulators.safetensors())
    network = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::lab-drafts/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    s3.put_bucket_policy(Bucket="lab-drafts", Policy=emulators.policy(network))


@pytest.fixture(scope="module")
def undisturbed(lab: None, _moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        return Seen(*_scan(tmp_path_factory.mktemp("undisturbed") / "snapshot", _moto_server))


def _rules(operation: Operation, **fault: Any) -> list[dict[str, Any]]:
    signing = botocore.session.Session().get_service_model(operation.service).signing_name
    known = {operation.service, operation.service if operation.service == "s3control" else str(signing)}
    named = NAMES.get(operation.id, operation.name)
    return [{"service": name, "operation": named, **fault} for name in sorted(known)]


def _worst(report: Report) -> dict[str, str]:
    """The worst that each control says, of anything."""
    found: dict[str, list[str]] = defaultdict(list)
    for result in report.results:
        found[result.control].append(result.status)
    return {control: min(said, key=ORDER.index) for control, said in found.items()}


def _gaps(report: Report, operation: Operation) -> list[Gap]:
    return [
        gap
        for gap in report.coverage.gaps
        if (gap.service, gap.operation) == (operation.service, operation.name)
    ]


def _hold(before: Report, after: Report) -> None:
    """Nothing looks better for being seen worse."""
    was, now = _worst(before), _worst(after)
    assert was.keys() <= now.keys(), f"vanished: {was.keys() - now.keys()}"
    better = {
        control
        for control, said in was.items()
        if said in ("fail", "unknown") and now[control] in ("pass", "not_applicable")
    }
    assert not better, f"passes for want of evidence: {better}"
    passing = {(one.control, one.subject) for one in after.results if one.status == "pass"}
    turned = {
        (one.control, one.subject) for one in before.results if one.status in ("fail", "unknown")
    } & passing
    assert not turned, f"turned to pass: {turned}"


def test_every_operation_has_its_turn(undisturbed: Seen) -> None:
    assert undisturbed.called - NOT_IN_THE_LAB == ASKED.keys() - FALLBACKS.keys()
    assert sorted(name for names in _rounds() for name in names) == sorted(ASKED)


@pytest.mark.parametrize("names", _rounds(), ids=lambda names: f"{names[0]} and {len(names) - 1} more")
def test_what_is_refused_is_missed(
    names: tuple[str, ...], broken: emulators.Faults, undisturbed: Seen, tmp_path: Path
) -> None:
    refused = {*names, *(FALLBACKS.get(name, name) for name in names)}
    broken.set(
        *(
            rule
            for name in sorted(refused)
            for rule in _rules(ASKED[name], error={"code": "AccessDenied", "status": 403})
        )
    )
    report, _ = _scan(tmp_path / "snapshot")
    _hold(undisturbed.report, report)
    assert exit_status(report) in (3, 4)
    assert exit_status(report, fail_on="low") in (3, 4)
    for name in names:
        gaps = [gap for gap in _gaps(report, ASKED[name]) if gap.reason == "denied"]
        assert gaps, name
        if name not in LOSES_NOTHING:
            assert all(gap.controls and gap.hides for gap in gaps), gaps


@pytest.mark.parametrize(
    "names",
    [
        ("iam:GetAccountAuthorizationDetails",),
        (
            "s3:ListObjectsV2",
            "s3control:GetAccessPointPolicy",
            "kms:GetKeyPolicy",
            "ec2:DescribeVpcEndpoints",
            "cloudtrail:GetEventSelectors",
            "organizations:ListPolicies",
        ),
    ],
    ids=["who is there", "one of each service"],
)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"error": {"code": "ThrottlingException", "status": 400}}, "throttled"),
        ({"reset": True}, "failed"),
        ({"response": {"truncate_frac": 0.4}}, "failed"),
    ],
    ids=["throttled", "reset", "cut short"],
)
def test_what_broke_is_missed(
    names: tuple[str, ...],
    fault: dict[str, Any],
    reason: str,
    broken: emulators.Faults,
    undisturbed: Seen,
    tmp_path: Path,
) -> None:
    broken.set(*(rule for name in names for rule in _rules(ASKED[name], **fault)))
    report, _ = _scan(tmp_path / "snapshot")
    _hold(undisturbed.report, report)
    assert exit_status(report, fail_on="low") in (3, 4)
    for name in names:
        gaps = [gap for gap in _gaps(report, ASKED[name]) if gap.reason == reason]
        assert gaps, name
        assert all(gap.controls and gap.hides for gap in gaps), gaps
