"""Every reader of something from outside, in one table: what a valid document is, how it is read, whose arguments lead there.

`test_odd_documents.py` makes each odd; `test_readers_table.py` fails where the command line, the configuration or a module reads
a file and no entry here says so.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import case_seeds
import evidence_readers
import export_seeds
import mutation
import seeds
from command_line import command
from reader import Reader
from snapshot_readers import (
    OBJECTS,
    RECORDS,
    as_lines,
    changes,
    columns,
    lines_of,
    manifest,
    resealed,
    resumed,
    rows,
    working_lines,
)

from weightguard import api, config
from weightguard.assess import attestations, protocol, waivers
from weightguard.assess.serialise import read_report
from weightguard.assess.things import Thing
from weightguard.config import DisclosureConfig, Secret
from weightguard.controls.catalogue import Catalogue, load_catalogue, load_control
from weightguard.controls.disclosure import read_disclosure
from weightguard.errors import CatalogueError
from weightguard.estate.azure.release_policies import ways
from weightguard.estate.shape import Malformed
from weightguard.notify.platforms import place
from weightguard.notify.pull_request import fitting
from weightguard.notify.secret import read_secret
from weightguard.policy.aws.document import PolicyKind, compile_policy
from weightguard.policy.cases import answer_line
from weightguard.report import render
from weightguard.yaml_file import read as read_yaml

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
_THING = Thing("arn:aws:s3:::" + "a" * 500, "store", "111111111111", "a" * 500, "eu-west-1")


@lru_cache(maxsize=1)
def _catalogue() -> Catalogue:
    return load_catalogue()


def _file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _raw(document: Any, chance: random.Random) -> bytes:
    return document if isinstance(document, bytes) else str(document).encode("utf-8", "surrogatepass")


# The configuration and what it names


def _configuration(folder: Path, data: bytes) -> None:
    config.load(_file(folder, "weightguard.yaml", data))


def _control(folder: Path, data: bytes) -> None:
    path = _file(folder, "LAB-STO-01.yaml", data)
    load_control(read_yaml(path, error=CatalogueError))


def _controls(folder: Path, data: bytes) -> None:
    command("controls", "lint", _file(folder, "LAB-STO-01.yaml", data).parent)


def _waivers(folder: Path, data: bytes) -> None:
    found = waivers.read_waivers([_file(folder, "waivers.yaml", data)], _catalogue(), AS_OF)
    for one in found[:50]:
        one.matches(_THING)


def _attestations(folder: Path, data: bytes) -> None:
    _file(folder, "evidence.txt", b"seen")
    attestations.read_attestations([_file(folder, "a.yaml", data)], _catalogue(), AS_OF, "Example")


def _disclosure(folder: Path, data: bytes) -> None:
    path = _file(folder, "security.txt", data)
    read_disclosure(DisclosureConfig(security_txt=path, policy=path))


# Reports


def _report(folder: Path, data: bytes) -> None:
    report = read_report(_file(folder, "report.json", data))
    for name in ("markdown", "sarif"):
        render(name, report)


def _compared(folder: Path, data: bytes) -> None:
    shutil.copy(_valid_report(folder), folder / "old.json")
    command("diff", folder / "old.json", _file(folder, "new.json", data))


def _earlier(folder: Path, data: bytes) -> None:
    path = _file(folder, "earlier.json", data)
    command("report", _valid_report(folder), "-f", "pull-request", "-o", "-", "--previous", path)


def _valid_report(folder: Path) -> Path:
    return _file(folder, "valid.json", json.dumps(seeds.report()).encode())


# Policies, cases and exports


def _policy(folder: Path, data: bytes) -> None:
    for kind in PolicyKind:
        compile_policy(data.decode("utf-8", "replace"), kind=kind, name="p")


def _release_policy(folder: Path, data: bytes) -> None:
    with suppress(Malformed):
        ways(base64.urlsafe_b64encode(data).decode())


def _cases(folder: Path, data: bytes) -> None:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            json.dumps(answer_line(line, number).record)
            answer_line(line, number).explanation()


def _collected(kind: str, store: str = "arn:aws:s3:::a") -> Callable[[Path, bytes], None]:
    def read(folder: Path, data: bytes) -> None:
        path = _file(folder, "input.json", data)
        if command("collect", kind, path, "-o", folder / "s", "-q") == 0:
            evidence = api.load(folder / "s")
            api.who_can(evidence, "read", store)

    return read


def _plan(folder: Path, data: bytes) -> None:
    command("plan", _file(folder, "plan.json", data), "-f", "markdown,sarif,json", "-o", folder / "out", "-q")


def _plan_onto(folder: Path, data: bytes) -> None:
    path = _file(folder, "plan.json", data)
    api.collect_terraform(
        folder / "s", [_file(folder, "state.json", json.dumps(export_seeds.STATE).encode())]
    )
    command("plan", path, "--onto", folder / "s", "-q")


def _configured(folder: Path, data: bytes) -> None:
    _file(folder, "main.tf", data)
    path = _file(folder, "plan.json", json.dumps(seeds.plan("google")).encode())
    command("plan", path, "-f", "sarif", "-o", folder / "out", "--source", folder, "-q")


def _baseline(folder: Path, data: bytes) -> None:
    path = _file(folder, "plan.json", json.dumps(seeds.plan("google")).encode())
    command("plan", path, "--baseline", _file(folder, "report.json", data), "-q")


def _comment(folder: Path, data: bytes) -> None:
    command("comment", _file(folder, "plan.md", data))
    cut = fitting(data.decode("utf-8", "replace"), 600)
    assert len(cut) <= 600


def _event(folder: Path, data: bytes) -> None:
    path = _file(folder, "event.json", data)
    place(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": "a/b",
            "GITHUB_TOKEN": "t",
        }
    )


READERS: dict[str, Reader] = {
    "comment": Reader(
        lambda: [("### opens\n\n<details>\n\n```\nx\n```\n</details>\n" * 40).encode()],
        _comment,
        _raw,
        arguments=("comment.markdown",),
        modules=("cli/comment",),
    ),
    "event of a job": Reader(
        lambda: [{"action": "opened", "pull_request": {"number": 3, "title": "x"}}],
        _event,
        modules=("notify/platforms",),
    ),
    "configuration": Reader(
        lambda: [seeds.CONFIGURATION],
        _configuration,
        mutation.as_yaml,
        modules=("config",),
        arguments=(
            "assess.config_path",
            "check-config.files",
            "plan.config_path",
            "scan.config_path",
            "collect aws.config_path",
            "doctor.config_path",
            "controls list.config_path",
            "controls show.config_path",
            "controls export.config_path",
            "controls lint.config_path",
            "collect gcp.config_path",
            "collect azure.config_path",
        ),
    ),
    "control": Reader(
        lambda: [seeds.own_control()], _control, mutation.as_yaml, modules=("controls/catalogue",)
    ),
    "controls": Reader(
        lambda: [seeds.own_control()],
        _controls,
        mutation.as_yaml,
        examples=4,
        seconds=4.0,
        modules=("controls/examples",),
        arguments=(
            "controls lint.paths",
            "controls list.directories",
            "controls show.directories",
            "controls export.directories",
            "config.controls.directories",
        ),
    ),
    "waivers": Reader(
        lambda: [seeds.WAIVERS, seeds.MUTELIST],
        _waivers,
        mutation.as_yaml,
        arguments=("config.waivers",),
        modules=("assess/waivers",),
    ),
    "attestations": Reader(
        lambda: [seeds.ATTESTATIONS],
        _attestations,
        mutation.as_yaml,
        arguments=("config.attestations",),
        modules=("assess/attestations",),
    ),
    "protocol": Reader(
        lambda: [seeds.protocol()],
        lambda folder, data: protocol.load_protocol(str(_file(folder, "own.yaml", data)), _catalogue()),
        mutation.as_yaml,
        modules=("assess/protocol",),
        examples=40,
    ),
    "disclosure": Reader(
        lambda: [seeds.SECURITY_TXT],
        _disclosure,
        _raw,
        modules=("controls/disclosure",),
        arguments=(
            "config.disclosure.security_txt",
            "config.disclosure.policy",
            "config.disclosure.legal_safe_harbour",
            "config.disclosure.technical_safe_harbour",
        ),
    ),
    "secret": Reader(
        lambda: [b"s3cret\n"],
        lambda folder, data: read_secret(Secret(file=_file(folder, "s", data)), {}),
        _raw,
        examples=20,
        modules=("notify/secret",),
        arguments=(
            "config.notify.slack.webhook.file",
            "config.notify.webhooks.url_secret.file",
            "config.notify.webhooks.headers.file",
            "config.notify.email.password.file",
        ),
    ),
    "report": Reader(
        lambda: [seeds.report()],
        _report,
        arguments=("report.report_json",),
        modules=("assess/serialise", "assess/parsing"),
        examples=80,
    ),
    "compared reports": Reader(
        lambda: [seeds.report()], _compared, arguments=("diff.old", "diff.new"), examples=20
    ),
    "earlier reports": Reader(
        lambda: [seeds.report()],
        _earlier,
        arguments=(
            "report.previous",
            "assess.previous",
            "scan.previous",
        ),
        examples=10,
    ),
    "records": Reader(
        lines_of(RECORDS),
        resealed(RECORDS),
        as_lines,
        modules=("snapshot/read", "snapshot/lines"),
        arguments=("assess.snapshots", "who-can.snapshots", "paths.snapshots", "cut.snapshots", "plan.onto"),
    ),
    "compared snapshots": Reader(
        lines_of(RECORDS),
        changes,
        as_lines,
        modules=("snapshot/changes",),
        arguments=("diff.old", "diff.new"),
        examples=30,
    ),
    "calls": Reader(lines_of("calls.jsonl"), resealed("calls.jsonl"), as_lines),
    "line checksums": Reader(lines_of("checksums.jsonl"), resealed("checksums.jsonl"), as_lines, examples=20),
    "manifest": Reader(manifest, resealed("manifest.json"), modules=("snapshot/manifest",)),
    "objects": Reader(rows, resealed(OBJECTS), columns, modules=("snapshot/objects",)),
    "journal": Reader(
        working_lines("collecting/journal.jsonl"),
        resumed("collecting/journal.jsonl"),
        as_lines,
        modules=("snapshot/journal",),
        arguments=("scan.output", "collect aws.output"),
    ),
    "header of a collection": Reader(
        working_lines("collecting/header.json"),
        resumed("collecting/header.json"),
        as_lines,
        modules=("snapshot/opening",),
    ),
    "records of a collection": Reader(
        working_lines(RECORDS),
        resumed(RECORDS),
        as_lines,
        modules=("snapshot/seal", "snapshot/writer", "snapshot/appending", "collect/aws/second"),
    ),
    "policy": Reader(
        lambda: [case_seeds.POLICY, case_seeds.IDENTITY],
        _policy,
        examples=100,
        modules=("policy/aws/document", "access/aws/identities", "estate/documents"),
    ),
    "cases": Reader(
        lambda: [case_seeds.CASE, case_seeds.GCP_CASE, case_seeds.AZURE_CASE, case_seeds.ENTRA_CASE],
        _cases,
        arguments=("evaluate.cases",),
        examples=100,
        modules=("policy/lines",),
    ),
    "gaad": Reader(
        lambda: [export_seeds.GAAD, [export_seeds.GAAD]],
        _collected("gaad"),
        arguments=("collect gaad.answers",),
        modules=("collect/exports/aws/gaad",),
    ),
    "graph-export": Reader(
        lambda: [export_seeds.RESOURCE_GRAPH, export_seeds.GRAPH_PAGE, export_seeds.HOUND],
        _collected("graph-export"),
        arguments=("collect graph-export.exports",),
        modules=("collect/exports/azure/forms", "collect/exports/azure/hound"),
    ),
    "assets": Reader(
        lambda: export_seeds.ASSETS,
        _collected("assets", "gs://weights"),
        as_lines,
        arguments=("collect assets.exports",),
        modules=("collect/exports/gcp/assets",),
    ),
    "terraform": Reader(
        lambda: [export_seeds.STATE, export_seeds.RAW_STATE],
        _collected("terraform"),
        arguments=("collect terraform.states",),
        modules=(
            "collect/terraform/state",
            "collect/terraform/azure/watch",
            "collect/terraform/azure/workloads",
            "collect/terraform/inventory",
            "snapshot/secrets",
        ),
    ),
    "release policy": Reader(
        lambda: [
            {
                "version": "1.0.0",
                "anyOf": [
                    {
                        "authority": "https://a.example/",
                        "allOf": [{"claim": "c", "equals": 1}, {"anyOf": [{"claim": "d", "equals": "e"}]}],
                    }
                ],
            }
        ],
        _release_policy,
        modules=("estate/azure/release_policies",),
    ),
    "plan": Reader(
        lambda: [seeds.plan(name) for name in ("aws", "google", "azure")],
        _plan,
        arguments=("plan.plans",),
        modules=("plan/document", "plan/rendered"),
        examples=20,
        seconds=8.0,
    ),
    "plan onto a snapshot": Reader(
        lambda: [seeds.plan("aws")], _plan_onto, modules=("plan/merge",), examples=10, seconds=8.0
    ),
    "configuration beside a plan": Reader(
        lambda: [b'resource "google_storage_bucket" "models" {\n}\n'],
        _configured,
        _raw,
        modules=("plan/blocks",),
        arguments=("plan.source",),
        examples=5,
        seconds=4.0,
    ),
    "baseline of a plan": Reader(
        lambda: [seeds.report()], _baseline, arguments=("plan.baseline",), examples=10, seconds=4.0
    ),
    "terraform of google": Reader(
        lambda: [export_seeds.GOOGLE_STATE],
        _collected("terraform", "gs://weights"),
        modules=("collect/terraform/gcp/parts",),
    ),
}

READERS |= evidence_readers.READERS

ELSEWHERE = {
    "evidence/archive": "tests/evidence/test_every_bit.py turns each bit of a bundle, test_refused.py forges them",
    "snapshot/archive": "tests/snapshot/test_archive.py damages archives",
    "weights": "tests/weights/test_weight_fuzz.py damages headers, pickles and archives",
}
"""Readers that are fuzzed beside their own tests."""

NOT_READ = {
    "prometheus": "where figures are written",
    "output": "where something is written; never read but to go on with it, which is in the table",
    "ca_bundle": "handed to the SDK's TLS library as it is",
}
"""Parameters that name a file which weightguard does not parse."""
