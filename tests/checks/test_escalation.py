"""WG-IAM-04: who climbs to the weights, told also beside a direct right that hangs on a condition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laboratory import (
    SHOWN,
    ToldAccess,
    account,
    answer,
    arn,
    catalogue,
    control,
    estate,
    store,
    user,
    weights,
)
from weightguard.access.model import AccessKind, Hop
from weightguard.config import Config
from weightguard.controls.engine import judge

ADA = user("ada")
OTHER = user("other")
DIRECT = (Hop(ADA.id, arn("a"), "s3:GetObject", ()),)
CLIMB = (
    Hop(ADA.id, OTHER.id, "iam:CreateAccessKey", ()),
    Hop(OTHER.id, arn("a"), "s3:GetObject", ()),
)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"direct": True, "path": DIRECT}, "pass"),
        ({"direct": False, "path": CLIMB}, "fail"),
        ({"direct": True, "goes_around": True, "path": CLIMB}, "fail"),
    ],
    ids=["direct", "climbs", "climbs for certain, direct on a condition"],
)
def test_who_climbs(tmp_path: Path, given: dict[str, Any], status: str) -> None:
    checked = control(
        "WG-IAM-04",
        check="identity.no_escalation_to_weights",
        examples=SHOWN,
        parameters={"max_hops": {"default": 8, "description": "longest path that counts", "unit": "hops"}},
    )
    told = ToldAccess({(AccessKind.READ, arn("a")): [answer(ADA.id, **given)]})
    things = estate(
        accounts=[account()], stores=[store("a")], principals=[ADA, OTHER], weight_sets=[weights("a")]
    )
    found = judge(catalogue(tmp_path, checked), things, told, Config()).results
    assert [one.status for one in found] == [status]
