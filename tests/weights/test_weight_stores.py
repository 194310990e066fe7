"""Files of every format in the stores of three clouds, read by ranges over the wire: one and the same is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from weight_files import Lab, every_format

import azure_exports as az
import azure_fake as fake
from google_exports import ORGANISATION
from google_exports import Lab as Google
from google_lab import cloud, credentials
from weightguard import api
from weightguard.demo.gcp.server import serving
from weightguard.sources import AzureSource, GcpSource
from weightguard.weights import FORMATS

BUCKET = "every-format"
_SAID = ("bytes", "format", "confidence", "parameters", "note", "examined")


def told(found: api.Evidence) -> dict[str, tuple[Any, ...]]:
    """Key -> what a row says of it."""
    rows = (row for batch in found.snapshots[0].objects() for row in batch.to_pylist())
    return {row["key"]: tuple(row[name] for name in _SAID) for row in rows}


def sets(found: api.Evidence) -> list[tuple[Any, ...]]:
    """Place within the store, format and size of every weight set."""
    return sorted((one.prefix, one.format, one.bytes, one.file_count) for one in found.estate.weight_sets)


def on_s3(url: str, files: dict[str, bytes], folder: Path) -> api.Evidence:
    """The files in a bucket, collected."""
    import boto3

    import emulators

    client = boto3.client("s3", endpoint_url=url)
    client.create_bucket(Bucket=BUCKET)
    for key, content in files.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=content)
    emulators.collect_from(url, folder)
    return api.load(folder)


def in_blobs(files: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> api.Evidence:
    """The files in a container, collected."""
    held = {("weights", "models"): files}
    tenant = fake.Tenant(export=az.Export([az.account()], [az.container()]), blobs=held)
    with fake.served(tenant, folder.parent) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        found = api.load(api.collect(folder, {"azure": AzureSource(**served.options())}))
    reads = [one for one in tenant.asked if one.startswith("GET /blob/weights/models/")]
    assert len(reads) >= len(FORMATS)
    return found


def in_google(files: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> api.Evidence:
    """The files in a bucket of Google's, collected."""
    world = cloud(Google(), {"weights": files})
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with serving(world) as url:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials(folder.parent, url)))
        source = GcpSource(endpoint_url=url, organization=ORGANISATION.partition("/")[2])
        found = api.load(api.collect(folder, {"gcp": source}))
    assert not world.odd, world.odd
    assert world.count("storage.objects.get") >= len(FORMATS)
    return found


def test_there_are_files_of_every_format() -> None:
    assert {one.format for one in Lab(every_format()).sets()} == set(FORMATS)
    assert len(FORMATS) == 19


@pytest.mark.wire
def test_every_format_is_found_in_google_s_buckets_as_on_s3(
    moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under names of their own, and single files also under a name that says nothing of them."""
    files = every_format()
    folders = [key.partition("/")[0] for key in files]
    alone = [key for key in files if folders.count(key.partition("/")[0]) == 1]
    files |= {f"photos/{number}.jpg": files[key] for number, key in enumerate(alone)}
    s3, google = on_s3(moto_url, files, tmp_path / "s3"), in_google(files, tmp_path / "gcp", monkeypatch)
    said = told(google)
    assert said.keys() == files.keys()
    assert said == told(s3)
    assert sets(google) == sets(s3)
    assert {one.format for one in google.estate.weight_sets} == set(FORMATS)
    for number, key in enumerate(alone):
        assert said[f"photos/{number}.jpg"][1:3] == (key.partition("/")[0], "header")


@pytest.mark.wire
def test_every_format_is_found_in_blobs_as_on_s3(
    moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = every_format()
    bucket = on_s3(moto_url, files, tmp_path / "s3")
    container = in_blobs(files, tmp_path / "azure", monkeypatch)
    assert told(container).keys() == files.keys()
    assert told(container) == told(bucket)
    assert sets(container) == sets(bucket)
    assert {one.format for one in container.estate.weight_sets} == set(FORMATS)
