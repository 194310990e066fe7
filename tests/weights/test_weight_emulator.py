"""Buckets as gcp-storage-emulator serves them, which nobody here wrote: listings, odd names, ranged reads, soft-deleted objects."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from weight_files import every_format

import emulators
from google_exports import ORGANISATION, Lab
from google_lab import cloud, credentials
from weightguard import api
from weightguard.demo.gcp.server import serving
from weightguard.sources import GcpSource
from weightguard.weights import FORMATS

pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(
        find_spec("gcp_storage_emulator") is None, reason="gcp-storage-emulator is not installed"
    ),
]
STRANGE = "späte/läufe/über 100 %?/a&b#c+d/model.safetensors"
GONE = "old/model.safetensors"
MODELS = every_format()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator with a bucket that keeps deleted objects for a week."""
    port = emulators.free_port()
    command = [
        sys.executable,
        "-m",
        "gcp_storage_emulator",
        "start",
        "--host=127.0.0.1",
        f"--port={port}",
        "--in-memory",
    ]
    log = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with emulators._process(command, port, log, dict(os.environ)) as url:
        told = {"name": "weights", "softDeletePolicy": {"retentionDurationSeconds": "604800"}}
        put(f"{url}/storage/v1/b?project=lab", json=told)
        for key, data in {**MODELS, STRANGE: emulators.safetensors(), GONE: emulators.safetensors()}.items():
            put(f"{url}/upload/storage/v1/b/weights/o?uploadType=media&name={quote(key, safe='')}", data=data)
        answer = requests.delete(f"{url}/storage/v1/b/weights/o/{quote(GONE, safe='')}", timeout=10)
        assert answer.ok, answer.text
        yield url


def put(url: str, **content: object) -> None:
    answer = requests.post(url, timeout=10, **content)  # type: ignore[arg-type]
    assert answer.ok, answer.text


def test_weights_are_found_in_another_s_buckets(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = cloud(Lab(bucket={"softDeletePolicy": {"retentionDurationSeconds": "604800"}}))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with serving(world) as url:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials(tmp_path, url)))
        number = ORGANISATION.partition("/")[2]
        source = GcpSource(endpoint_url=url, endpoints={"storage": emulator}, organization=number)
        api.collect(tmp_path / "snapshot", {"gcp": source})
    evidence = api.load(tmp_path / "snapshot")
    asked = [call for call in evidence.snapshots[0].calls() if call.service == "storage"]
    assert {call.operation for call in asked if call.outcome != "ok"} == {"ListHmacKeys"}  # it has none
    assert {call.operation for call in asked} >= {"ListBuckets", "ListObjects", "GetObject"}
    rows = {row["key"]: row for batch in evidence.snapshots[0].objects() for row in batch.to_pylist()}
    assert rows.keys() == {*MODELS, STRANGE, GONE}
    assert (rows[STRANGE]["format"], rows[STRANGE]["examined"]) == ("safetensors", "header")
    assert rows[GONE]["examined"] == "old_version"
    found = evidence.estate.weight_sets
    for kind in FORMATS:
        assert {one.format for one in found if one.prefix.startswith(f"{kind}/")} == {kind}
