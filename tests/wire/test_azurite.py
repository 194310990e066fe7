"""Blobs as Azurite serves them: listings, ranges, encodings of another's making, over TLS with tokens of Entra's form."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import azure_exports as az
import azure_fake as fake
import emulators
from weightguard import api
from weightguard.sources import AzureSource

PROGRAM = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "azurite-blob"
pytestmark = [
    pytest.mark.wire,
    pytest.mark.skipif(not PROGRAM.exists(), reason="azurite is not installed (scripts/install-test-tools)"),
]
HEADER = b'{"w":{"dtype":"F16","shape":[4096,64],"data_offsets":[0,524288]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(524_288)
STRANGE = "späte/läufe/über 100 %?/a&b#c+d/model.safetensors"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Azurite with an account named as the laboratory's: its address, and the CA to trust."""
    folder = tmp_path_factory.mktemp("azurite")
    ca, both = fake.certificates(folder)
    port = emulators.free_port()
    command = [
        str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--oauth", "basic", "--cert", str(both),
        "--key", str(both), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry",
    ]  # fmt: skip
    environment = {**os.environ, "AZURITE_ACCOUNTS": "weights:bWFkZSB1cA=="}
    with emulators._process(command, port, folder / "azurite.log", environment) as url:
        yield url.replace("http:", "https:"), ca


def put(url: str, ca: Path, path: str, content: bytes | None = None, **headers: str) -> None:
    """Make a container, or a blob where there is content."""
    kind = {"x-ms-blob-type": "BlockBlob"} if content is not None else {}
    told = {
        "Authorization": f"Bearer {fake.jwt('https://storage.azure.com')}",
        "x-ms-version": "2021-12-02",
        **kind,
        **headers,
    }
    address = (
        f"{url}/weights/{requests.utils.quote(path, safe='/?=&')}"
        if content is None
        else f"{url}/weights/{quoted(path)}"
    )
    answer = requests.put(address, data=content or b"", headers=told, verify=str(ca), timeout=10)
    assert answer.status_code == 201, answer.text


def quoted(path: str) -> str:
    return requests.utils.quote(path, safe="/")


def test_weights_are_found_in_another_s_blobs(
    azurite: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, ca = azurite
    put(url, ca, "models?restype=container")
    put(url, ca, f"models/{STRANGE}", WEIGHTS)
    put(url, ca, "models/sealed/model.safetensors", WEIGHTS, **{"x-ms-meta-encryptiondata": "{}"})
    for number in range(12):
        put(url, ca, f"models/logs/{number}.txt", b"x")
    served = fake.Tenant(export=az.Export([az.account()], [az.container()]))
    with fake.served(served, tmp_path) as tenant:
        for name, value in tenant.environment().items():
            monkeypatch.setenv(name, value)
        options = tenant.options()
        both = tmp_path / "both.pem"
        both.write_bytes(ca.read_bytes() + tenant.ca.read_bytes())
        options["endpoints"]["blob"] = url
        source = AzureSource(**{**options, "ca_bundle": both})
        found = api.load(api.collect(tmp_path / "snapshot", {"azure": source}))
    rows = {row["key"]: row for batch in found.snapshots[0].objects() for row in batch.to_pylist()}
    assert len(rows) == 14 and {row["store"] for row in rows.values()} == {az.STORE}
    strange = rows[STRANGE]
    assert (strange["examined"], strange["format"], strange["bytes"]) == (
        "header",
        "safetensors",
        len(WEIGHTS),
    )
    assert rows["sealed/model.safetensors"]["examined"] == "sealed"
    assert [one.format for one in found.estate.weight_sets] == [
        "safetensors"
    ] * 2  # the sealed one goes by its name
    refused = [call for call in found.snapshots[0].calls() if call.service == "blob" and call.outcome != "ok"]
    assert refused == []
