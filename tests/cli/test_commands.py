"""What every command promises: help without weight, schemas that hold, the same bytes out, the exit statuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reference_lab import Laboratory
from weightguard.cli import _COMMANDS
from weightguard.snapshot import pack

Type = Callable[..., tuple[int, str, str]]
HEAVY = {"boto3", "botocore", "pydantic", "pyarrow", "networkx", "yaml", "jinja2", "rich", "cel_expr_python"}
SCHEMAS = ("report", "snapshot", "control", "config", "case", "attestations", "waivers", "protocol")


def test_help_loads_neither_a_cloud_sdk_nor_an_engine() -> None:
    script = (
        "import sys; from weightguard.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Usage: weightguard" in done.stdout
    loaded = set(done.stderr.split())
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("weightguard")} == {
        "weightguard",
        "weightguard.cli",
        "weightguard.cli.outlet",
        "weightguard.errors",
    }


@pytest.mark.parametrize(
    "command", [[], *([name] for name in _COMMANDS), ["collect", "aws"], ["controls", "lint"]]
)
def test_every_command_helps_within_80_columns(typed: Type, command: list[str]) -> None:
    status, out, err = typed(*command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith("Usage: weightguard")
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(typed: Type, name: str) -> None:
    status, out, _ = typed("schema", name)
    assert status == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(out))


def test_a_report_is_as_its_schema_says(typed: Type, snapshot: Path) -> None:
    schema = json.loads(typed("schema", "report")[1])
    _, out, err = typed("assess", snapshot, "--json")
    assert err.startswith("status ")  # the last line goes where it spoils no JSON
    jsonschema.Draft202012Validator(schema).validate(json.loads(out))
    wrong = json.loads(out) | {"summary": {}}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


CASE: dict[str, Any] = {
    "id": "c1",
    "provider": "aws",
    "request": {
        "principal": "arn:aws:iam::111111111111:user/a",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::b/k",
        "resource_account": "111111111111",
        "context": {"aws:SourceVpce": "vpce-1", "aws:TagKeys": ["a", "b"]},
    },
    "policies": {
        "identity": [
            {
                "name": "p",
                "policy": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
                },
            }
        ],
        "boundary": None,
        "session": None,
        "scp": None,
        "rcp": None,
        "resource": None,
        "vpc_endpoint": None,
        "kms_grants": None,
    },
}


def test_a_case_is_as_its_schema_says_and_is_decided(typed: Type, tmp_path: Path) -> None:
    schema = jsonschema.Draft202012Validator(json.loads(typed("schema", "case")[1]))
    schema.validate(CASE)
    assert not schema.is_valid({"id": "c1", "provider": "aws"})
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE) + "\n")
    status, out, _ = typed("evaluate", "cases.jsonl")
    assert status == 0
    assert json.loads(out)["decision"] == "allowed"


def test_the_same_snapshot_gives_the_same_bytes_wherever_it_lies(
    typed: Type, snapshot: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(snapshot, tmp_path / "elsewhere" / "copy")
    packed = pack(snapshot, tmp_path / "one.tar.zst")
    folders = []
    for number, source in enumerate((snapshot, snapshot, copy, packed)):
        folder = tmp_path / f"out{number}"
        typed("assess", source, "-o", folder, "-q", "-f", "html,csv,markdown")
        folders.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert len(folders[0]) == 5
    assert all(written == folders[0] for written in folders)


def test_json_goes_to_standard_output_alone(typed: Type, snapshot: Path, tmp_path: Path) -> None:
    _, out, _ = typed("assess", snapshot, "--json", "-o", tmp_path / "out")
    assert out.encode() == (tmp_path / "out" / "report.json").read_bytes()


def test_quiet_says_one_line_of_what_did_not_pass(typed: Type, snapshot: Path) -> None:
    status, out, err = typed("assess", snapshot, "-q")
    assert status in (3, 4)
    assert out == ""
    assert len(err.splitlines()) == 1 and f"status {status}" in err


def test_a_reader_that_leaves_changes_neither_the_status_nor_the_files(
    snapshot: Path, tmp_path: Path
) -> None:
    line = f"{sys.executable} -m weightguard assess {snapshot} -o {{}} | {{}}; exit ${{{{PIPESTATUS[0]}}}}"
    statuses = [
        subprocess.run(["bash", "-c", line.format(tmp_path / name, reader)], capture_output=True, check=False)
        for name, reader in (("stays", "cat"), ("leaves", "true"))
    ]
    assert statuses[0].returncode == statuses[1].returncode in (3, 4)
    assert b"Error" not in statuses[1].stderr and b"Broken" not in statuses[1].stderr
    stays, leaves = ((tmp_path / name / "report.json").read_bytes() for name in ("stays", "leaves"))
    assert stays == leaves


@pytest.mark.parametrize("name", ["weightguard.yml", ".weightguard.yaml"])
def test_a_configuration_of_nearly_the_right_name_is_never_ignored(
    typed: Type, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).write_text("target_level: SL5\n")
    monkeypatch.chdir(tmp_path)
    status, _, err = typed("assess", snapshot, "-q")
    assert status == 2 and name in err and "weightguard.yaml" in err


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_a_number_that_is_none_is_refused(typed: Type, snapshot: Path, tmp_path: Path, number: str) -> None:
    evaluation = (
        f"{{capability: cyber, benchmark: b, score: {number}, threshold: 60, date: 2026-01-01, evaluator: e}}"
    )
    path = tmp_path / "c.yaml"
    path.write_text(
        f"models:\n  - name: m\n    locations: ['arn:aws:s3:::m/']\n    evaluations: [{evaluation}]\n"
    )
    status, _, err = typed("assess", snapshot, "-q", "--config", path)
    assert status == 2 and "c.yaml:" in err


def test_a_summary_through_a_pipe_is_plain_and_narrow(snapshot: Path) -> None:
    command = [sys.executable, "-m", "weightguard", "assess", str(snapshot)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout
    for line in (done.stdout + done.stderr).splitlines():
        assert "\x1b" not in line
        assert len(line) <= 80 or "/" in line, "a path may not be broken"


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A laboratory with one failure, of high severity: a versioned store without it, and one critical more on demand."""
    edit = {"record": "s3.bucket arn:aws:s3:::atlas-release", "read": "GetBucketVersioning", "value": {}}
    return Laboratory().change([edit]).write(tmp_path_factory.mktemp("weak") / "snapshot")


def _severities(typed: Type, snapshot: Path) -> set[str]:
    _, out, _ = typed("assess", snapshot, "--json")
    return {one["severity"] for one in json.loads(out)["results"] if one["status"] == "fail"}


@pytest.mark.parametrize("threshold", ["critical", "high", "medium", "low"])
def test_fail_on_decides_what_fails_a_run(typed: Type, weak: Path, threshold: str) -> None:
    order = ("critical", "high", "medium", "low")
    serious = set(order[: order.index(threshold) + 1])
    failing = _severities(typed, weak)
    assert failing
    status, _, _ = typed("assess", weak, "-q", "--fail-on", threshold)
    assert (status == 3) == bool(failing & serious)
    assert status != 0 or not failing & serious


def test_a_level_that_is_missed_fails_a_run(typed: Type, snapshot: Path) -> None:
    assert typed("assess", snapshot, "-q", "--fail-on", "none", "--target-level", "SL5")[0] == 3


def test_nothing_evaluated_is_never_passed(typed: Type, gaad: Path) -> None:
    status, _, err = typed("collect", "gaad", gaad, "-o", "identities")
    assert status == 0, err
    for threshold in ("critical", "high", "medium", "low", "none"):
        status, out, _ = typed("assess", "identities", "--fail-on", threshold)
        assert status in (3, 4)
        assert out.splitlines()[-1].startswith(f"status {status}: ")


def test_a_waiver_lets_a_failure_pass_and_says_so(typed: Type, weak: Path, tmp_path: Path) -> None:
    _, out, _ = typed("assess", weak, "--json")
    failing = [one for one in json.loads(out)["results"] if one["status"] == "fail"]
    waivers = "\n".join(
        f"  - {{control: {one['control']}, subject: {json.dumps(one['subject'])}, reason: known, owner: ada, "
        f"ticket: SEC-1, compensating_control: watched, expires: 2026-11-30}}"
        for one in failing
    )
    (tmp_path / "waivers.yaml").write_text(f"waivers:\n{waivers}\n")
    (tmp_path / "weightguard.yaml").write_text("waivers: [waivers.yaml]\n")
    status, out, err = typed("assess", weak, "--json", "--fail-on", "low", "--as-of", "2026-11-02T00:00:00Z")
    assert status != 2, err
    results = json.loads(out)["results"]
    assert not [one for one in results if one["status"] == "fail"]
    waived = [one for one in results if one["status"] == "waived"]
    assert {one["waiver"]["was"] for one in waived} == {"fail"}
    assert status in (0, 4)


def test_a_snapshot_may_be_one_file(typed: Type, gaad: Path, tmp_path: Path) -> None:
    status, out, err = typed("collect", "gaad", gaad, "-o", "audit.tar.zst")
    assert (status, out) == (0, ""), err
    assert [path.name for path in tmp_path.glob("audit*")] == ["audit.tar.zst"]
    assert typed("collect", "gaad", gaad, "-o", "audit")[0] == 0
    one, other = (json.loads(typed("assess", name, "--json")[1]) for name in ("audit.tar.zst", "audit"))
    assert one["results"] == other["results"]
    status, _, err = typed("collect", "gaad", gaad, "-o", "audit.tar.zst")
    assert status == 2
    assert "never edited" in err


def test_permissions_are_a_policy_that_reads(typed: Type) -> None:
    status, out, err = typed("permissions", "aws")
    assert status == 0
    policy = json.loads(out)
    size = len(json.dumps(policy, separators=(",", ":")))
    assert (size > 6144) == ("two" in err), "a managed policy holds 6,144 characters"
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
    assert not [action for action in actions if "*" in action]
