"""What a record names and no snapshot holds is not known to be right: each in a pair with the thing that is held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judging import judge_in

from reference_lab import Laboratory
from weightguard.controls.catalogue import Catalogue

OUTSIDE = "arn:aws:kms:us-east-1:777777777777:key/77777777-0000-4000-8000-000000000001"
VAULT = "backup.backup_vault arn:aws:backup:us-east-1:333333333333:backup-vault:weights"
TRAIL = "cloudtrail.trail arn:aws:cloudtrail:us-east-1:111111111111:trail/organisation"
HOST = "ec2.instance arn:aws:ec2:us-east-1:222222222222:instance/i-2222"
ELSEWHERE = {"VpcId": "vpc-shared", "SecurityGroups": [{"GroupId": "sg-shared", "GroupName": "shared"}]}


@pytest.mark.parametrize(
    ("control", "subject", "change"),
    [
        ("WG-STO-14", "333333333333", {"record": VAULT, "data": {"EncryptionKeyArn": OUTSIDE}}),
        ("WG-LOG-12", TRAIL.split()[1], {"record": TRAIL, "data": {"KmsKeyId": OUTSIDE}}),
        ("WG-NET-05", "222222222222", {"record": HOST, "data": ELSEWHERE}),
        ("WG-NET-04", "222222222222", {"record": HOST, "data": ELSEWHERE}),
    ],
    ids=["vault key", "trail key", "security group", "route table"],
)
def test_what_is_named_and_not_held_is_not_taken_for_right(
    control: str, subject: str, change: dict[str, Any], catalogue: Catalogue, tmp_path: Path
) -> None:
    for name, edits, expected in (("held", [], "pass"), ("not held", [change], "unknown")):
        judgement = judge_in(catalogue, Laboratory().change(edits), tmp_path / name, control)
        assert [one.status for one in judgement.results if one.subject == subject] == [expected], name
