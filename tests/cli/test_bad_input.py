"""Bad input is one clear line on stderr and exit status 2: what is wrong, where, and what to do."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from laboratory import control
from weightguard.snapshot import SnapshotWriter

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("scan gcp --project Nonsense!", "'Nonsense!' is not the id of a project: write an id such as weights-prod, or a number"),
        ("scan gcp --organization lab", "'lab' is not the number of an organization or folder: write digits"),
        ("scan gcp --impersonate me", "'me' is no service account: write NAME@PROJECT.iam.gserviceaccount.com"),
        ("scan", "nothing to scan was named: write `weightguard scan aws`, or sources: in weightguard.yaml"),
        ("scan foo", "'foo' is not one of 'aws', 'gcp', 'azure'.*--help"),
        ("scan aws --region nonsense", "'nonsense' is not a region: write a region such as us-east-1"),
        ("scan aws --role-arn nonsense", "'nonsense' is not the ARN of a role: write arn:aws:iam::ACCOUNT:role/NAME"),
        ("scan aws --threads 0", "threads must be at least 1"),
        ("scan aws --threads x", "'--threads': 'x' is not a valid integer.*weightguard scan --help"),
        ("scan aws --endpoint-url nonsense", "'nonsense' is not an endpoint: write a URL such as http://"),
        ("scan aws --ca-bundle none.pem", r"the CA bundle is not a file \(none.pem\)"),
        ("scan aws --service lambada", "there is no optional service 'lambada': did you mean 'lambda'"),
        ("scan aws --what-if nonsense", "--what-if 'nonsense' is not understood: write it as WG-STO-01=pass"),
        ("scan aws --what-if WG-STO-1=pass", "--what-if names the unknown control 'WG-STO-1': did you mean WG-STO-"),
        ("scan aws --what-if WG-STO-01=fail", "write it as WG-STO-01=pass"),
        ("scan aws --as-of nonsense", r"not an ISO-8601 time \(nonsense\): write it as 2026-01-31T12:00:00Z"),
        ("scan aws --as-of 2026-01-31", "a time without a time zone.*: end it with Z or an offset"),
        ("scan aws --protocol nonsense", "there is no protocol 'nonsense'.*standard"),
        ("scan aws --fail-on hihg", "'hihg' is not one of 'critical', 'high'"),
        ("scan aws --target-level SL9", "'SL9' is not one of 'SL1'"),
        ("scan aws -f nonsense", "there is no report format 'nonsense': choose from .*html"),
        ("scan aws --config none.yaml", r"the file cannot be read, No such file or directory \(none.yaml\)"),
        ("scan aws --nonsense", "No such option '--nonsense'"),
        ("assess none", r"the snapshot cannot be read, No such file or directory \(none\)"),
        ("assess", "Missing argument 'SNAPSHOTS...'"),
        ("report none.json", r"the report cannot be read, No such file or directory \(none.json\)"),
        ("report -f nope none.json", "there is no report format 'nope'"),
        ("who-can fly", "'fly' is not one of 'read'"),
        ("who-can read", "Missing option '--snapshot'"),
        ("who-can read --snapshot none", "'none' does not exist"),
        ("evaluate none.jsonl", "'none.jsonl': No such file"),
        ("collect terraform none.json", r"the state cannot be read, No such file or directory \(none.json\)"),
        ("schema nope", "'nope' is not one of 'report'"),
        ("controls show WG-STO-1", "there is no control 'WG-STO-1': did you mean WG-STO-"),
        ("controls list --family XXX", "there is no family 'XXX': choose from .*STO"),
        ("nonsense", "No such command 'nonsense'.*weightguard --help"),
    ],
)  # fmt: skip
def test_a_mistyped_command(refused: Refused, tmp_path: Path, arguments: str, line: str) -> None:
    assert re.search(line, refused(*arguments.split()))


def test_no_credentials_and_nothing_left_behind(refused: Refused, tmp_path: Path) -> None:
    assert "no AWS credentials were found: sign in" in refused("scan", "aws", "-o", "audit")
    assert not (tmp_path / "audit" / "snapshot").exists()


def test_a_wrong_profile_suggests_the_right_one(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config"
    settings.write_text("[profile weight-audit]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    line = refused("scan", "aws", "--profile", "weight-audi")
    assert line == "there is no AWS profile 'weight-audi': did you mean 'weight-audit'?"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("models:\n  - name: a\n    teir: high\n", "unknown key 'teir' (FILE:3): did you mean 'tier'?"),
        (
            "fail_on: hihg\n",
            "fail_on: input should be 'critical', 'high', 'medium', 'low' or 'none' (FILE:1)",
        ),
        ("models: [\n  - a: b: c\n", "the file is not YAML: did not find expected node content (FILE:2)"),
        ("\0", "the file is not YAML"),
        ("- a\n", "FILE"),
        ("waivers: [none.yaml]\n", "the file cannot be read, No such file or directory (FOLDER/none.yaml)"),
        ("controls: {directories: [none]}\n", "there is no such directory of controls (FOLDER/none)"),
        (
            "controls: {parameters: {WG-STO-1: {a: 1}}}\n",
            "unknown control 'WG-STO-1' (controls.parameters): did you mean 'WG-STO-",
        ),
    ],
)
def test_a_wrong_configuration(refused: Refused, tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "weightguard.yaml"
    path.write_text(text)
    wanted = line.replace("FILE", str(path)).replace("FOLDER", str(tmp_path))
    assert wanted in refused("scan", "aws", "--config", path), "before anything is collected"


def test_a_control_with_a_bad_mapping(refused: Refused, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    content = control("LAB-STO-01", mappings={"rand_vectors": ["V4.1"], "mitre_atlas": ["AML.X"]})
    content["check"] = {"cel": "true"}
    (own / "LAB-STO-01.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "weightguard.yaml").write_text("controls: {directories: [own]}\n")
    lines = (own / "LAB-STO-01.yaml").read_text().splitlines()
    number = next(index for index, text in enumerate(lines, start=1) if "AML.X" in text)
    wanted = f"LAB-STO-01: AML.X: no MITRE ATLAS technique id ({own}/LAB-STO-01.yaml:{number})"
    assert wanted in refused("scan", "aws")
    assert f"{own}/LAB-STO-01.yaml:{number}" in refused("controls", "lint", own)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a newer version": (
        lambda root: _edit(root / "manifest.json", '"schema_version": 1', '"schema_version": 99'),
        "from a newer version of weightguard (schema 99",
    ),
    "a changed line": (
        lambda root: _edit(next(root.glob("records/aws/*/kms.jsonl")), '"kind"', '"kinf"'),
        "a file was changed after it was written (FOLDER/records/aws/",
    ),
    "cut off": (
        lambda root: (root / "calls.jsonl").write_bytes((root / "calls.jsonl").read_bytes()[:-20]),
        "(FOLDER/calls.jsonl:",
    ),
    "a missing file": (
        lambda root: (root / "calls.jsonl").unlink(),
        "a file is missing (FOLDER/calls.jsonl)",
    ),
    "a stranger": (
        lambda root: (root / "notes.txt").write_text("x"),
        "a file is there that the manifest does not know (FOLDER/notes.txt): remove it",
    ),
    "no JSON": (
        lambda root: (root / "manifest.json").write_text("{"),
        "the manifest is not valid JSON",
    ),
    "no manifest": (
        lambda root: (root / "manifest.json").unlink(),
        "not a snapshot, it has no manifest.json (FOLDER): name a directory that `weightguard collect` wrote",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_snapshot(refused: Refused, snapshot: Path, damage: str) -> None:
    spoil, line = DAMAGES[damage]
    spoil(snapshot)
    assert line.replace("FOLDER", str(snapshot)) in refused("assess", snapshot)
    refused("who-can", "read", "--snapshot", snapshot)


def test_a_changed_line_is_named_by_its_number(refused: Refused, snapshot: Path) -> None:
    path = snapshot / "calls.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace('"service"', '"serfice"')
    path.write_text("".join(lines))
    assert f"({path}:2)" in refused("assess", snapshot)


def test_an_interrupted_snapshot(refused: Refused, tmp_path: Path) -> None:
    SnapshotWriter.create(tmp_path / "audit", "1").close()
    assert "this collection was interrupted" in refused("assess", tmp_path / "audit")


def test_what_is_no_snapshot_at_all(refused: Refused, tmp_path: Path, gaad: Path) -> None:
    assert "neither a directory nor a .tar.zst" in refused("assess", gaad)
    (tmp_path / "empty").mkdir()
    assert "not a snapshot, it has no manifest.json" in refused("assess", tmp_path / "empty")


def test_an_output_that_cannot_be_written(refused: Refused, snapshot: Path, gaad: Path) -> None:
    assert "it is a file" in refused("assess", snapshot, "-o", gaad)
    assert "choose another with -o" in refused("assess", snapshot, "-o", gaad / "below")
    assert "choose another" in refused("collect", "gaad", gaad, "-o", "/proc/none")


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"a": 1}', '{"schema_version": 99}'])
def test_a_report_that_is_none(refused: Refused, tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    line = refused("report", path)
    assert line.startswith("this is no report of this version")
    assert str(path) in line


STATES = {
    "a key twice": (
        '{"version": 4, "serial": 1, "resources": [], "resources": [1]}',
        "the state gives the key 'resources' twice",
    ),
    "mostly brackets": (f"[{'[],' * 12_000_000}[]]", "the state takes more than 360 MB of memory to read"),
    "not JSON": ("nonsense", "is not JSON"),
    "another object": ("{}", "this is no Terraform state"),
    "a plan": (
        json.dumps({"format_version": "1.2", "planned_values": {}, "resource_changes": []}),
        "this is a Terraform plan, not a state",
    ),
    "a state file": (
        json.dumps({"version": 4, "terraform_version": "1.5.0", "serial": 1, "resources": []}),
        "terraform show -json",
    ),
}


@pytest.mark.parametrize("kind", STATES)
def test_what_is_no_terraform_state_leaves_the_folder_free(
    refused: Refused, tmp_path: Path, kind: str
) -> None:
    text, problem = STATES[kind]
    path = tmp_path / "state.json"
    path.write_text(text)
    line = refused("collect", "terraform", path, "-o", "audit")
    assert problem in line
    assert "state.json" in line
    assert not (tmp_path / "audit").exists(), "the right command works in the same folder"


def test_a_bad_case_is_answered_on_its_line(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "cases.jsonl").write_text('nonsense\n{"id": "c1"}\n')
    status, out, _ = typed("evaluate", "cases.jsonl")
    assert status == 2
    assert [set(json.loads(line)) for line in out.splitlines()] == [{"id", "error"}] * 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", "it", "-o", "out"), ("diff", "it", "it"), ("who-can", "read", "--snapshot", "it"), ("report", "it"),
        ("collect", "gaad", "it", "-o", "out"), ("collect", "terraform", "it", "-o", "out"),
    ],
)  # fmt: skip
def test_a_pipe_is_not_waited_for(refused: Refused, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    os.mkfifo(tmp_path / "it")
    assert "no plain file" in refused(*arguments)


def test_a_folder_is_no_report(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    assert "a folder, not a file" in refused("report", "it")


def test_a_line_without_an_end_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_bytes(b" " * (1 << 25) + b"x")
    assert "a case is too long (cases.jsonl line 1)" in refused("evaluate", "cases.jsonl")


def test_authorization_details_with_a_key_twice(refused: Refused, gaad: Path) -> None:
    """One reader would take the first list of users, another one the last."""
    gaad.write_text(gaad.read_text().replace("{", '{"UserDetailList": [], ', 1))
    assert "the file gives the key 'UserDetailList' twice" in refused("collect", "gaad", gaad, "-o", "audit")


@pytest.mark.parametrize("text", ['{"id": "a", "id": "b"}', '{"id": NaN}', '{"id": 1e400}', "[" * 100_000])
def test_a_case_that_parsers_read_differently_is_no_case(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path, text: str
) -> None:
    (tmp_path / "cases.jsonl").write_text(text + "\n")
    status, out, _ = typed("evaluate", "cases.jsonl")
    assert status == 2
    assert json.loads(out, parse_constant=pytest.fail)["error"].startswith("the line ")
