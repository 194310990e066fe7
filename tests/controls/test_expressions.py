"""Checks as expressions: decided where the facts decide, unknown where a missing fact could matter, refused
where misspelt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laboratory import (
    OPEN,
    SHUT,
    ToldAccess,
    account,
    answer,
    arn,
    catalogue,
    control,
    denied,
    estate,
    known,
    store,
    weights,
)
from weightguard.access.model import AccessKind
from weightguard.config import Config
from weightguard.controls.engine import judge
from weightguard.controls.expressions import expression_check
from weightguard.controls.said import worded
from weightguard.controls.schema import CelCheck
from weightguard.errors import CatalogueError
from weightguard.estate.fact import Collection, Reason

UNREAD = denied("s3:GetPublicAccessBlock")


def verdict(
    tmp_path: Path, expression: str, access: ToldAccess | None = None, **given: Any
) -> tuple[str, str]:
    loaded = catalogue(tmp_path, control("WG-STO-01", check={"cel": expression}))
    facts = estate(accounts=[account()], stores=[store("a", **given)], weight_sets=[weights("a")])
    result = judge(loaded, facts, access or ToldAccess(), Config()).results[0]
    return result.status.value, worded(result.message)


@pytest.mark.parametrize(
    ("expression", "given", "status"),
    [
        ("store.public_access_block.restrict_buckets", {}, "pass"),
        ("store.public_access_block.restrict_buckets", {"public_access_block": known(OPEN)}, "fail"),
        ("store.public_access_block.restrict_buckets", {"public_access_block": UNREAD}, "unknown"),
        # The other half decides, whatever the missing half would say.
        (
            "store.public_access_block.block_acls || store.name == 'a'",
            {"public_access_block": UNREAD},
            "pass",
        ),
        (
            "store.name == 'b' && store.public_access_block.block_acls",
            {"public_access_block": UNREAD},
            "fail",
        ),
        (
            "store.name == 'a' && store.public_access_block.block_acls",
            {"public_access_block": UNREAD},
            "unknown",
        ),
        # Absent is a value.
        ("store.retention == null", {}, "pass"),
        ("store.retention != null && store.retention.mode == 'x'", {}, "fail"),
        ("store.tags.all(key, key != 'public')", {"tags": known({"a": "b"})}, "pass"),
        ("store.tags.exists(key, key == 'model')", {"tags": denied("s3:GetBucketTagging")}, "unknown"),
        ("store.access_points.all(point, point.policy == null)", {}, "pass"),
        (
            "store.access_points.all(point, point.policy == null)",
            {"access_points": Collection((), (denied("s3control:ListAccessPoints"),))},
            "unknown",
        ),
        ("as_of > timestamp('2026-01-01T00:00:00Z') && size(weights) == 1", {}, "pass"),
    ],
)
def test_unknown_facts_make_unknown_only_what_they_could_change(
    tmp_path: Path, expression: str, given: dict[str, Any], status: str
) -> None:
    assert verdict(tmp_path, expression, **given)[0] == status


def test_an_unknown_says_which_call_was_refused(tmp_path: Path) -> None:
    status, message = verdict(tmp_path, "store.public_access_block.block_acls", public_access_block=UNREAD)
    assert (status, message) == (
        "unknown",
        "could not be decided: s3:GetPublicAccessBlock denied (AccessDenied)",
    )


def test_a_shape_that_the_expression_did_not_expect_is_unknown_and_the_mistake_of_whoever_wrote_it(
    tmp_path: Path,
) -> None:
    loaded = catalogue(tmp_path, control("WG-STO-01", check={"cel": "store.versioning.on.deep == 'x'"}))
    facts = estate(accounts=[account()], stores=[store("a")], weight_sets=[weights("a")])
    judgement = judge(loaded, facts, ToldAccess(), Config())
    (found,) = judgement.results
    assert found.status == "unknown"
    assert worded(found.message).startswith("could not be decided: the expression failed")
    assert [one.reason for one in found.unknowns] == [Reason.EXPRESSION_FAILED]
    assert judgement.breakages == ()


def test_readers_come_from_the_access_graph(tmp_path: Path) -> None:
    told = ToldAccess({(AccessKind.READ, arn("a")): [answer("x"), answer("y")]})
    assert verdict(tmp_path, "size(readers) <= 2", told)[0] == "pass"
    assert verdict(tmp_path, "readers.all(one, one.kind == 'workload')", told)[0] == "fail"
    assert (
        verdict(tmp_path, "size(readers) <= 2", ToldAccess(gaps=(denied("iam:ListRoles"),)))[0] == "unknown"
    )


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("store.publik", "no attribute 'publik'"),
        ("store.name ==", "does not compile"),
        ("has(store.retention)", "has()"),
        ("store['retention'] == null", "has()"),
        ("bucket.name == 'a'", "does not compile"),
        ("1 + 1", "gives int"),
        ("true || " * 1000 + "true", "longer than"),
    ],
)
def test_a_misspelt_expression_is_refused(tmp_path: Path, expression: str, what: str) -> None:
    loaded = catalogue(tmp_path, control("WG-STO-01", check={"cel": expression}))
    with pytest.raises(CatalogueError, match=what.replace("(", r"\(").replace(")", r"\)")):
        expression_check(loaded.controls[0], CelCheck(cel=expression))


def test_text_in_quotes_names_no_attribute(tmp_path: Path) -> None:
    assert verdict(tmp_path, "store.name != 'store.publik'")[0] == "pass"


def test_parameters_reach_the_expression(tmp_path: Path) -> None:
    parameter = {"default": "a", "description": "the name"}
    loaded = catalogue(
        tmp_path,
        control("WG-STO-01", check={"cel": "store.name == parameters.name"}, parameters={"name": parameter}),
    )
    facts = estate(
        accounts=[account()], stores=[store("a", public_access_block=known(SHUT))], weight_sets=[weights("a")]
    )
    other = Config.model_validate({"controls": {"parameters": {"WG-STO-01": {"name": "b"}}}})
    assert judge(loaded, facts, ToldAccess(), Config()).results[0].status == "pass"
    assert judge(loaded, facts, ToldAccess(), other).results[0].status == "fail"
