"""`weightguard diff`: what is different between two snapshots, and what got worse between two reports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reference_lab import Laboratory
from weightguard.snapshot import pack

Type = Callable[..., Any]
Refused = Callable[..., str]
EVAL = "arn:aws:s3:::atlas-eval"
OPEN = {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{EVAL}/*"}
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": False,
}
EDITS: tuple[Mapping[str, Any], ...] = (
    {"record": f"s3.bucket {EVAL}", "policy": "GetBucketPolicy", "add": OPEN},
    {
        "record": f"s3.bucket {EVAL}",
        "read": "GetPublicAccessBlock",
        "value": {"PublicAccessBlockConfiguration": BLOCKED},
    },
    {
        "record": f"s3.bucket {EVAL}",
        "read": "GetBucketTagging",
        "outcome": "denied",
        "code": "AccessDenied",
    },
    {"empty": "atlas-release"},
)

UNBLOCKED = {
    "read": "GetPublicAccessBlock",
    "outcome": "absent",
    "code": "NoSuchPublicAccessBlockConfiguration",
}
OPENED: tuple[Mapping[str, Any], ...] = (
    {"record": "s3control.account 555555555555", **UNBLOCKED},
    {"record": f"s3.bucket {EVAL}", **UNBLOCKED},
    {
        "record": f"s3.bucket {EVAL}",
        "policy": "GetBucketPolicy",
        "add": OPEN,
        "without": ["ThisOrganisationOnly", "ThisNetworkOnly", "NoSignedLinks"],
    },
)


def difference(typed: Type, old: Path, new: Path) -> dict[str, Any]:
    status, out, _ = typed("diff", old, new, "--json")
    assert status == 0
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return Laboratory().write(tmp_path / "before")


def test_snapshots_that_are_alike(typed: Type, before: Path, tmp_path: Path) -> None:
    again = Laboratory().write(tmp_path / "again")
    assert typed("diff", before, again).out == "nothing changed\n"
    assert typed("diff", before, pack(again, tmp_path / "again.tar.zst")).out == "nothing changed\n"


def test_what_was_changed_in_the_estate(typed: Type, before: Path, tmp_path: Path) -> None:
    now = Laboratory().change(EDITS).write(tmp_path / "now")
    found = difference(typed, before, now)
    assert found["of"] == "snapshots"
    (bucket,) = found["records"]
    assert (bucket["what"], bucket["kind"], bucket["id"]) == ("changed", "s3.bucket", EVAL)
    changes = {one["path"]: (one.get("before"), one.get("after")) for one in bucket["differences"]}
    assert changes["GetBucketPolicy.Policy.Statement[]"] == (None, OPEN), "policies are taken apart"
    block = "GetPublicAccessBlock.PublicAccessBlockConfiguration.RestrictPublicBuckets"
    assert changes[block] == (True, False)
    assert changes["GetBucketTagging"][1] == "denied"
    assert len(changes) == 3
    assert [(one["what"], one["store"]) for one in found["weights"]] == [
        ("gone", "arn:aws:s3:::atlas-release")
    ]
    told = typed("diff", before, now).out
    assert f"{block}: true -> false" in told
    assert "Resources: 1 changed" in told


def test_the_order_of_a_list_is_no_change(typed: Type, tmp_path: Path) -> None:
    def tagged(tags: list[dict[str, str]], folder: str) -> Path:
        edit = {"record": f"s3.bucket {EVAL}", "read": "GetBucketTagging", "value": {"TagSet": tags}}
        return Laboratory().change([edit]).write(tmp_path / folder)

    one, two, three = ({"Key": key, "Value": key} for key in "abc")
    assert difference(typed, tagged([one, two], "a"), tagged([two, one], "b"))["records"] == []
    (bucket,) = difference(typed, tagged([one, two], "c"), tagged([two, three], "d"))["records"]
    assert bucket["differences"] == [
        {"path": "GetBucketTagging.TagSet[].Key", "before": "a", "after": "c"},
        {"path": "GetBucketTagging.TagSet[].Value", "before": "a", "after": "c"},
    ]


def test_what_nobody_could_list_is_not_gone(typed: Type, before: Path, tmp_path: Path) -> None:
    now = Laboratory().deny(["s3:ListBuckets"]).write(tmp_path / "now")
    found = difference(typed, before, now)
    assert {one["what"] for one in found["records"] if one["kind"] == "s3.bucket"} == {"unseen"}
    assert {one["what"] for one in difference(typed, now, before)["records"]} == {"seen"}
    assert {(one["service"], one["operation"], one["before"], one["after"]) for one in found["reads"]} == {
        ("s3", "ListBuckets", None, "denied")
    }
    told = typed("diff", before, now).out
    assert "not seen any more: its listing does not answer" in told
    assert "s3:ListBuckets in aws/" in told


def test_names_steer_no_terminal(typed: Type, before: Path, tmp_path: Path) -> None:
    tags = {"TagSet": [{"Key": "\x1b[2J\u202e", "Value": "x"}]}
    edit = {"record": f"s3.bucket {EVAL}", "read": "GetBucketTagging", "value": tags}
    told = typed("diff", before, Laboratory().change([edit]).write(tmp_path / "now")).out
    assert "\x1b" not in told
    assert "\u202e" not in told


def report(typed: Type, snapshot: Path, folder: Path) -> Path:
    assert typed("assess", snapshot, "-o", folder, "-f", "json", "-q").status in (0, 3, 4)
    return folder


def test_reports_that_got_worse(typed: Type, before: Path, tmp_path: Path) -> None:
    now = Laboratory().change(OPENED).write(tmp_path / "now")
    old, new = report(typed, before, tmp_path / "monday"), report(typed, now, tmp_path / "tuesday")
    status, out, _ = typed("diff", old, new / "report.json")
    assert status == 3
    assert "WG-STO-03" in out
    found = json.loads(typed("diff", old, new, "--json").out)
    assert found["of"] == "reports"
    assert found["worse"] is True
    assert "WG-STO-03" in {one["control"] for one in found["failing"]["results"]}
    back = typed("diff", new, old)
    assert back.status == 0
    assert "Settled" in back.out
    assert typed("diff", old, old).out == "nothing changed\n"


def test_a_report_that_sees_less_ends_in_4(typed: Type, before: Path, tmp_path: Path) -> None:
    now = Laboratory().deny(["kms:GetKeyPolicy"]).write(tmp_path / "now")
    old, new = report(typed, before, tmp_path / "monday"), report(typed, now, tmp_path / "tuesday")
    status, out, _ = typed("diff", old, new)
    assert status == 4
    assert "Newly unknown" in out


def test_what_cannot_be_compared(typed: Type, refused: Refused, before: Path, tmp_path: Path) -> None:
    folder = report(typed, before, tmp_path / "monday")
    assert "a report cannot be compared with a snapshot" in refused("diff", before, folder)
    assert "manifest" in refused("diff", before, tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert "no report" in refused("diff", broken, folder)
    damaged = shutil.copytree(before, tmp_path / "damaged")
    next(damaged.glob("records/**/s3.jsonl")).write_text("{}\n")
    assert "s3.jsonl" in refused("diff", before, damaged)
