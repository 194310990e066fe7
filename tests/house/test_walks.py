"""Whoever follows CONTRIBUTING adds a service, a technique, a format: in a copy of the sources, it passes the house's tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from walks import ROOT, Block, follow, walk

SERVICE, TECHNIQUE, FORMAT = walk("A service"), walk("A technique"), walk("A report format")
HELD = "tests/collect/aws/test_plan_is_expected.py"
DECLARED = "tests/collect/aws/test_operations.py"
TRIED = "tests/access/test_techniques.py"
pytestmark = pytest.mark.slow


def copied(folder: Path, blocks: list[Block]) -> Path:
    """A copy of the sources in which the blocks were followed; to be put before the installed ones."""
    sources = folder / "src"
    shutil.copytree(
        ROOT / "src" / "weightguard", sources / "weightguard", ignore=shutil.ignore_patterns("__pycache__")
    )
    follow(blocks, folder)
    return sources


def run(sources: Path, *words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(sources)},
        capture_output=True,
        text=True,
        check=False,
    )


def ended(sources: Path, *tests: str) -> tuple[int, str]:
    """How tests of the house end against a copy of the sources."""
    done = run(sources, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    return done.returncode, done.stdout


def test_the_walks_name_files_and_tables() -> None:
    assert [(one.path.rpartition("/")[2], one.place) for one in SERVICE] == [
        ("s3tables.py", None),
        ("plan.py", None),
        ("plan.py", "EVERYWHERE"),
        ("plan.py", "PLAN"),
        ("plan.py", "READS"),
        ("listings.py", "RESOURCES"),
        ("resources.py", "KINDS"),
    ]
    assert [one.path.rpartition("/")[2] for one in TECHNIQUE] == ["appstream-001.yaml"]
    assert [(one.path.rpartition("/")[2], one.place or one.before) for one in FORMAT] == [
        ("code_quality.py", None),
        ("validators.py", "VALIDATORS"),
        ("validators.py", "VALIDATORS"),
        ("test_hostile_reports.py", "_SAID"),
    ]


def test_the_service_of_the_walk_is_declared_and_expected_as_every_other(tmp_path: Path) -> None:
    sources = copied(tmp_path, SERVICE)
    status, told = ended(sources, HELD, DECLARED, "-k", "s3tables or expected or reader or declared")
    assert status == 0, told


def test_the_service_of_the_walk_leads_from_answers_to_facts(tmp_path: Path) -> None:
    done = run(copied(tmp_path, SERVICE), "tests/house/followed_service.py")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["policy"]["Statement"][0]["Action"] == "s3tables:*"
    assert {key: told[key] for key in ("kept", "name", "granted", "gaps")} == {
        "kept": ["arn", "name"],
        "name": "features",
        "granted": ["s3tables:GetTableBucketPolicy", "s3tables:ListTableBuckets"],
        "gaps": ["s3tables:ListTableBuckets"],
    }


@pytest.mark.parametrize("left_out", ["PLAN", "READS", "KINDS"])
def test_what_is_left_out_of_the_walk_of_a_service_is_named(tmp_path: Path, left_out: str) -> None:
    kept = [one for one in SERVICE if one.place != left_out]
    status, told = ended(copied(tmp_path, kept), HELD)
    assert status == 1
    assert "s3tables" in told


def test_the_technique_of_the_walk_works_and_does_not_without_one_thing(tmp_path: Path) -> None:
    status, told = ended(copied(tmp_path, TECHNIQUE), TRIED, "-k", "appstream-001")
    assert status == 0, told
    assert int(told.rpartition(" passed")[0].split()[-1]) >= 2


def test_a_technique_with_a_need_that_is_none_is_refused(tmp_path: Path) -> None:
    (block,) = TECHNIQUE
    broken = Block(block.path, block.text.replace("appstream:CreateStack", "everything"))
    status, told = ended(copied(tmp_path, [broken]), TRIED, "-k", "appstream-001")
    assert status != 0
    assert "appstream-001.yaml" in told


def formats(folder: Path, blocks: list[Block], *words: str) -> tuple[int, str]:
    """How the tests of reports end in a copy in which the blocks were followed."""
    for name in ("tests", "docs", "controls"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    sources = copied(folder, blocks)
    done = run(sources, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, folder=folder)
    return done.returncode, done.stdout


def test_the_format_of_the_walk_is_valid_and_hides_nothing_and_lacks_its_row(tmp_path: Path) -> None:
    files = ("tests/report/test_formats.py", "tests/report/test_hostile_reports.py")
    mine = "(code-quality or every_format) and not fifty and not demonstration"
    status, told = formats(tmp_path, FORMAT, *files, "-k", mine)
    assert status == 1, told
    assert "1 failed" in told
    assert "test_the_documentation_names_every_format_and_file" in told


def test_a_format_without_a_validator_is_named(tmp_path: Path) -> None:
    status, told = formats(
        tmp_path, FORMAT[:1], "tests/report/test_formats.py", "-k", "every_format_is_validated"
    )
    assert status == 1
    assert "code-quality" in told
