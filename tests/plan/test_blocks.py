"""At which line an annotation stands: at the block that an address names, whichever module it lies in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from weightguard import api
from weightguard.plan.blocks import Blocks
from weightguard.plan.document import read_plan
from weightguard.plan.formats import write

HERE = Path(__file__).parent
CHANGED = ("create", "update", "replace")


@pytest.fixture(params=["aws", "google", "azure"])
def configured(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A plan beside the configuration that it was made of."""
    shutil.copytree(HERE / "configurations" / request.param, tmp_path / "infra")
    (tmp_path / "infra" / "before.tf").unlink()
    return Path(shutil.copy(HERE / "plans" / f"{request.param}.json", tmp_path / "infra" / "plan.json"))


def test_every_change_stands_at_its_own_block(configured: Path) -> None:
    plan = read_plan(configured)
    blocks = Blocks([plan])
    kept = [one for one in plan.changes if one.after is not None and one.mode == "managed"]
    assert kept
    for one in kept:
        line = blocks.first([one.address])
        assert line is not None, one.address
        text = Path(line.uri).read_text().splitlines()[line.number - 1]
        assert text.split('"')[1::2] == [one.type, one.name]


def test_what_is_gone_has_no_line(configured: Path) -> None:
    plan = read_plan(configured)
    gone = [one.address for one in plan.changes if one.action == "delete" and not one.module]
    assert all(Blocks([plan]).first([one]) is None for one in gone)


def call(source: str, **module: Any) -> dict[str, Any]:
    return {"source": source, "module": module}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A plan of three modules that each have a bucket of one name, and its files."""
    monkeypatch.chdir(tmp_path)
    for place in ("live/main.tf", "modules/store/main.tf", "modules/store/inner/b ucket.tf"):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('# a comment\nresource "aws_s3_bucket" "this" {\n}\n')
    with (tmp_path / "live/main.tf").open("a") as main:
        main.write('module "store" {\n  source = "../modules/store"\n}\n  module "far" {}\n')
    store = call("../modules/store", module_calls={"inner": call("./inner")})
    far = call("terraform-aws-modules/s3-bucket/aws")
    addresses = ["", 'module.store["eu"].', 'module.store["eu"].module.inner[0].', "module.far."]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}},
        "resource_changes": [
            {
                "address": f"{where}aws_s3_bucket.this",
                "module_address": where.rstrip("."),
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "this",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {"bucket": "b"},
                    "after_unknown": {},
                },
            }
            for where in addresses
        ],
        "configuration": {"root_module": {"module_calls": {"store": store, "far": far}}},
    }


def test_modules_with_blocks_of_one_name_are_told_apart(modules: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps(modules))
    plan = read_plan(Path("out.json"))
    blocks = Blocks([plan], Path("live"))
    found = [blocks.first([one.address]) for one in plan.changes]
    assert [one and (one.uri, one.number) for one in found] == [
        ("live/main.tf", 2),
        ("modules/store/main.tf", 2),
        ("modules/store/inner/b%20ucket.tf", 2),
        ("live/main.tf", 7),  # of a module from elsewhere: its call
    ]


def test_without_the_configuration_there_is_no_line(modules: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps(modules))
    plan = read_plan(Path("out.json"))
    assert Blocks([plan], Path("no/where/at/all")).first([one.address for one in plan.changes]) is None


def test_code_scanning_takes_what_has_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result without a file is refused by GitHub: the plan stands in."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(HERE / "plans" / "aws.json", "plan.json")
    write(api.plan([Path("plan.json")]), tmp_path / "out", ["sarif"])
    results = json.loads((tmp_path / "out" / "plan.sarif").read_text())["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    assert places and set(places) == {"plan.json"}
