"""Real environments with known answers, through the collector, the snapshot and the estate: every start found, no bystander."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from doing import done

from weightguard.access import Access, AccessKind, Answer, build
from weightguard.cli import _weightguard as weightguard
from weightguard.collect.exports.aws.gaad import collect as collect_gaad
from weightguard.collect.terraform import collect as collect_terraform
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

CASES = Path(__file__).parents[3] / "shared" / "cases"
LABS = CASES / "pathfinding-labs"
VULNERABLE = CASES / "iam-vulnerable"
SCENARIOS = sorted(one for one in LABS.glob("*") if one.is_dir())

CHANGE = ("principal", "remove", "policy", "statement", "closes", "after", "costs")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not LABS.exists(), reason="the reference cases are not beside the checkout"),
]


def read(collect: Any, files: list[Path], at: Path) -> Estate:
    with SnapshotWriter.create(at, "test") as writer:
        collect(files, writer)
        writer.seal()
    return read_estate([open_snapshot(at)])


def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return found


def readers(access: Access, store: str) -> dict[str, Answer]:
    return {answer.principal: answer for answer in access.who_can(AccessKind.READ, store).answers}


def is_start(name: str, accepted: list[str]) -> bool:
    return name in accepted or name.partition("#")[0] in accepted


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda one: one.name[-70:])
def test_every_start_is_found_and_no_bystander(folder: Path, tmp_path: Path) -> None:
    told = expected(folder)
    estate = read(collect_terraform, sorted(folder.glob("state-*.json")), tmp_path / "snapshot")
    found = readers(build(estate), told["store"])
    assert any(is_start(name, told["accept"]) for name in found)
    assert not set(told["never"]) & set(found)
    for name, answer in found.items():
        assert answer.path[0].origin == name
        assert answer.path[-1].target == told["store"]
        for one, other in zip(answer.path, answer.path[1:], strict=False):
            assert (
                one.target == other.origin
                or one.origin == other.origin
                or one.target in (other.origin, other.target)
            )


@pytest.mark.slow
@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda one: one.name[-70:])
def test_the_cut_closes_every_indirect_way(folder: Path, tmp_path: Path) -> None:
    from weightguard.access.cut import is_kept

    told = expected(folder)
    estate = read(collect_terraform, sorted(folder.glob("state-*.json")), tmp_path / "snapshot")
    access = build(estate)
    before = access.who_can(AccessKind.READ, told["store"]).answers
    changes = access.cut(told["store"]).changes
    left = build(done(estate, changes)).who_can(AccessKind.READ, told["store"]).answers
    assert all(is_kept(answer) for answer in left)
    assert {answer.principal for answer in before if is_kept(answer)} == {answer.principal for answer in left}
    assert not any(change.costs for change in changes)


@pytest.mark.parametrize(
    ("collect", "file"),
    [(collect_terraform, "state-111111111111.json"), (collect_gaad, "gaad-111111111111.json")],
)
def test_labelled_principals_are_told_apart(collect: Any, file: str, tmp_path: Path) -> None:
    told = expected(VULNERABLE)
    estate = read(collect, [VULNERABLE / file], tmp_path / "snapshot")
    found = readers(build(estate), told["store"])
    for principal in told["principals"]:
        # A weak label is one that its authors' own environment does not bear out: the user can change roles, and become none.
        if principal["strength"] != "weak":
            assert (principal["arn"] in found) is principal["can_reach_admin"], principal["technique"]
    assert not set(told["never"]) & set(found)


def test_the_commands_answer_in_json(tmp_path: Path) -> None:
    folder = next(one for one in SCENARIOS if "multiple-paths-combined" in one.name)
    told = expected(folder)
    at = tmp_path / "snapshot"
    read(collect_terraform, sorted(folder.glob("state-*.json")), at)

    def ask(*arguments: str) -> Any:
        done = CliRunner().invoke(
            weightguard, [*arguments, "--snapshot", str(at), "--json"], catch_exceptions=False
        )
        assert done.exit_code == 0
        return json.loads(done.output)

    who = ask("who-can", "read", "--store", told["store"])
    assert {"access", "store", "complete", "answers", "gaps"} <= set(who)
    answer = next(one for one in who["answers"] if one["principal"] == told["start"])
    assert set(answer) == {"principal", "kind", "certainty", "direct", "conditions", "path"}
    assert answer["path"][0]["from"] == told["start"]
    assert answer["path"][0]["how"] == "sts:AssumeRole"
    assert set(answer["path"][0]["because"][0]) == {"policy", "statement"}

    ways = ask("paths", "--from", told["start"], "--store", told["store"])["paths"]
    assert {way[1]["to"].rpartition("/")[2] for way in ways} == {
        "pl-prod-ec2-admin-role",
        "pl-prod-lambda-admin-role",
        "pl-prod-cloudformation-admin-role",
    }
    changes = ask("cut", "--store", told["store"])["changes"]
    assert [set(change) for change in changes] == [set(CHANGE)]
    assert told["start"] in changes[0]["closes"]

    every = ask("who-can", "read")
    assert [one["store"].startswith(told["store"]) for one in every] == [True]


def test_the_commands_answer_people(tmp_path: Path) -> None:
    folder = next(
        one for one in SCENARIOS if "iam-002-to-bucket" in one.name or "to-bucket__iam-002" in one.name
    )
    told = expected(folder)
    at = tmp_path / "snapshot"
    read(collect_terraform, sorted(folder.glob("state-*.json")), at)
    for arguments in (["who-can", "read"], ["paths", "--from", told["start"]], ["cut"]):
        done = CliRunner().invoke(
            weightguard, [*arguments, "--snapshot", str(at), "--store", told["store"]], catch_exceptions=False
        )
        assert done.exit_code == 0
        assert "iam:CreateAccessKey" in done.output or "RequiredForExploitationCreateAccessKey" in done.output


@pytest.mark.slow
def test_answers_do_not_depend_on_the_order_of_anything(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    folder = next(one for one in SCENARIOS if "sysdig" in one.name)
    at = tmp_path / "snapshot"
    read(collect_terraform, sorted(folder.glob("state-*.json")), at)
    command = [
        sys.executable,
        "-m",
        "weightguard",
        "who-can",
        "read",
        "--snapshot",
        str(at),
        "--store",
        expected(folder)["store"],
        "--json",
    ]
    runs = {
        subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1
