"""Exports of Cloud Asset Inventory as snapshots: what is read, where it is put, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from google_exports import (
    ADA,
    BUCKET,
    FOLDER,
    NUMBER,
    ORGANISATION,
    PROJECT,
    Lab,
    binding,
    denial,
    resource,
    written,
)
from weightguard import api
from weightguard.errors import InputError
from weightguard.snapshot import open_snapshot

VIEWER = binding("roles/storage.objectViewer", ADA)


def records(folder: Path) -> dict[tuple[str, str], Any]:
    with open_snapshot(folder) as snapshot:
        return {
            (scope, record.kind): record
            for scope, service in snapshot.services
            for record in snapshot.records(scope, service)
        }


def test_things_lie_with_their_project_and_containers_with_the_organisation(tmp_path: Path) -> None:
    lab = (
        Lab()
        .allow(Lab.store, VIEWER)
        .beside_it(
            {"group": "Eng@lab.example", "members": [ADA]},
            denial(f"projects/{PROJECT}", "no", ADA, permissions=["storage.googleapis.com/objects.get"]),
            denial(ORGANISATION, "none", ADA, permissions=["storage.googleapis.com/objects.get"]),
        )
    )
    lab.evidence(tmp_path)
    found = records(tmp_path / "snapshot")
    home, above = f"gcp/{PROJECT}", "gcp/organizations-900"
    assert (home, "storage.bucket") in found and (home, "cloudresourcemanager.project") in found
    assert (above, "cloudresourcemanager.folder") in found and (above, "cloudidentity.group") in found
    assert found[(above, "cloudidentity.group")].id == "group:eng@lab.example"
    assert (home, "iam.deny_policy") in found and (above, "iam.deny_policy") in found
    assert found[(home, "storage.bucket")].reads["GetIamPolicy"]["data"]["bindings"] == [VIEWER]
    assert found[(home, "storage.bucket")].reads["GetAncestry"]["data"] == [
        f"projects/{PROJECT}",
        FOLDER,
        ORGANISATION,
    ]


def test_content_types_apart_make_the_same_snapshot(tmp_path: Path) -> None:
    lab = Lab().allow(Lab.store, VIEWER)
    (tmp_path / "one").mkdir()
    lab.evidence(tmp_path / "one")
    resources = [line for line in lab.lines() if "resource" in line]
    policies = [line for line in lab.lines() if "iam_policy" in line]
    apart = [written(tmp_path / "r.jsonl", resources), written(tmp_path / "p.jsonl", policies)]
    api.collect_assets(tmp_path / "two", apart)
    one, two = (records(path) for path in (tmp_path / "one" / "snapshot", tmp_path / "two"))
    assert {key: (r.data, r.reads) for key, r in one.items()} == {
        key: (r.data, r.reads) for key, r in two.items()
    }


def test_what_a_missing_content_type_would_tell_is_not_there_and_never_absent(tmp_path: Path) -> None:
    only = [line for line in Lab().lines() if "resource" in line]
    api.collect_assets(tmp_path / "s", [written(tmp_path / "r.jsonl", only)])
    found = records(tmp_path / "s")
    assert all("GetIamPolicy" not in record.reads for record in found.values())
    assert found[(f"gcp/{PROJECT}", "cloudasset.contents")].data == {"contents": ["RESOURCE"]}


def test_an_account_without_a_policy_has_none_where_policies_were_exported(tmp_path: Path) -> None:
    lab = Lab()
    lab.account("trainer")
    lab.evidence(tmp_path)
    found = records(tmp_path / "snapshot")
    assert found[(f"gcp/{PROJECT}", "iam.service_account")].reads["GetIamPolicy"] == {"outcome": "absent"}


def test_results_of_searches_are_read(tmp_path: Path) -> None:
    placed = {"project": f"projects/{NUMBER}", "folders": [FOLDER], "organization": ORGANISATION}
    policies = [
        {
            "resource": Lab.store,
            "assetType": "storage.googleapis.com/Bucket",
            "policy": {"bindings": [VIEWER]},
            **placed,
        }
    ]
    things = [
        {"name": Lab.store, "assetType": "storage.googleapis.com/Bucket", "displayName": "weights", **placed}
    ]
    files = [tmp_path / "policies.json", tmp_path / "things.json"]
    for path, rows in zip(files, (policies, things), strict=True):
        path.write_text(json.dumps(rows))
    api.collect_assets(tmp_path / "s", files)
    store = next(iter(api.load(tmp_path / "s").estate.stores))
    assert store.id == BUCKET and store.policy.value.document["bindings"] == [VIEWER]  # type: ignore[union-attr]
    assert store.encryption.reason == "not_collected"  # type: ignore[union-attr]


def test_scripts_and_settings_that_nobody_asks_for_stay_out(tmp_path: Path) -> None:
    lab = Lab()
    items = [{"key": "enable-osconfig", "value": "TRUE"}, {"key": "startup-script", "value": "hush-hush"}]
    data = {"name": "m", "metadata": {"items": items}, "labels": {"team": "ml"}, "description": "hush-hush"}
    lab.of_project("zones/z/instances/m", "compute.googleapis.com/Instance", data)
    lab.of_project("things/t", "new.googleapis.com/Thing", {"name": "t", "value": "hush-hush"})
    lab.evidence(tmp_path)
    assert not any(
        b"hush-hush" in path.read_bytes() for path in (tmp_path / "snapshot").rglob("*") if path.is_file()
    )
    found = records(tmp_path / "snapshot")
    assert found[(f"gcp/{PROJECT}", "compute.instance")].data["metadata"]["items"][0]["value"] == "TRUE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds nothing"),
        ('{"name": "//storage.googleapis.com/w", "asset_type"', "ends in the middle"),
        (
            '{"name": "//storage.googleapis.com/w", "asset_type": "storage.googleapis.com/Bucket", "os_inventory": {}}',
            "os_inventory",
        ),
        (
            '{"name": "//storage.googleapis.com/w", "asset_type": "storage.googleapis.com/Bucket"}',
            "a name alone",
        ),
        ('{"version": 4, "terraform_version": "1.9.0", "resources": []}', "no asset"),
        ('[1, "two"]', "no asset"),
        ('{"group": "g@lab.example", "members": "ada"}', "not a list of names"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "input.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        api.collect_assets(tmp_path / "s", [path])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "s").exists()


def test_what_has_nothing_to_describe_is_no_cut(tmp_path: Path) -> None:
    """An empty message is printed as null; a member that is not there at all was cut off."""
    ring = "//cloudkms.googleapis.com/projects/lab/locations/global/keyRings/r"
    line = resource(ring, "cloudkms.googleapis.com/KeyRing", [f"projects/{NUMBER}"], {})
    line["resource"]["data"] = None
    Lab().add(line).evidence(tmp_path)
    del line["resource"]["data"]
    (tmp_path / "again").mkdir()
    with pytest.raises(InputError, match="no data"):
        Lab().add(line).evidence(tmp_path / "again")
