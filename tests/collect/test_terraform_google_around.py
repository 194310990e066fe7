"""What stands around weights on Google Cloud: a Terraform state and an export of the inventory tell the same of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from google_exports import NUMBER, ORGANISATION, PROJECT, Lab, resource
from weightguard import api
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate

PLACE = "europe-west4"
SOLE = {"key": "compute.googleapis.com/node-group-name", "operator": "IN", "values": ["g"]}
KEY = f"projects/{PROJECT}/locations/{PLACE}/keyRings/r/cryptoKeys/k"
NETWORK = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/weights"
ABOVE = [f"projects/{NUMBER}", "folders/800", ORGANISATION]
Thing = tuple[str, dict[str, Any], str, str, dict[str, Any]]
"""Terraform's type and attributes; the inventory's type, path and description."""
THINGS: dict[str, Thing] = {
    "disk": (
        "google_compute_disk",
        {"name": "d", "zone": f"{PLACE}-a", "disk_encryption_key": [{"kms_key_self_link": KEY, "raw_key": ""}]},
        "compute.googleapis.com/Disk", f"zones/{PLACE}-a/disks/d",
        {"name": "d", "diskEncryptionKey": {"kmsKeyName": KEY}},
    ),
    "firewall": (
        "google_compute_firewall",
        {
            "name": "f", "network": NETWORK, "direction": "EGRESS", "priority": 65534, "disabled": False,
            "destination_ranges": ["0.0.0.0/0"], "allow": [], "deny": [{"protocol": "all", "ports": []}],
        },
        "compute.googleapis.com/Firewall", "global/firewalls/f",
        {
            "name": "f", "network": NETWORK, "direction": "EGRESS", "priority": 65534, "disabled": False,
            "destinationRanges": ["0.0.0.0/0"], "denied": [{"IPProtocol": "all", "ports": []}],
        },
    ),
    "subnetwork": (
        "google_compute_subnetwork",
        {"name": "s", "region": PLACE, "network": NETWORK, "log_config": [{"flow_sampling": 1}]},
        "compute.googleapis.com/Subnetwork", f"regions/{PLACE}/subnetworks/s",
        {"name": "s", "network": NETWORK, "logConfig": {"enable": True}},
    ),
    "file system": (
        "google_filestore_instance",
        {
            "name": "scratch", "location": PLACE, "protocol": "NFS_V3", "kms_key_name": KEY,
            "file_shares": [{"name": "scratch", "nfs_export_options": [{"ip_ranges": ["10.0.0.0/8"]}]}],
        },
        "file.googleapis.com/Instance", f"locations/{PLACE}/instances/scratch",
        {
            "name": f"projects/{PROJECT}/locations/{PLACE}/instances/scratch", "protocol": "NFS_V3", "kmsKeyName": KEY,
            "fileShares": [{"name": "scratch", "nfsExportOptions": [{"ipRanges": ["10.0.0.0/8"]}]}],
        },
    ),
    "vault": (
        "google_backup_dr_backup_vault",
        {
            "backup_vault_id": "v", "location": PLACE, "effective_time": "2026-02-01T00:00:00Z",
            "backup_minimum_enforced_retention_duration": "604800s", "access_restriction": "WITHIN_ORGANIZATION",
            "encryption_config": [{"kms_key_name": KEY}],
        },
        "backupdr.googleapis.com/BackupVault", f"locations/{PLACE}/backupVaults/v",
        {
            "effectiveTime": "2026-02-01T00:00:00Z", "backupMinimumEnforcedRetentionDuration": "604800s",
            "accessRestriction": "WITHIN_ORGANIZATION", "encryptionConfig": {"kmsKeyName": KEY},
        },
    ),
    "log bucket": (
        "google_logging_project_bucket_config",
        {
            "bucket_id": "audit", "location": "global", "locked": True, "retention_days": 400,
            "cmek_settings": [{"kms_key_name": KEY}],
        },
        "logging.googleapis.com/LogBucket", "locations/global/buckets/audit",
        {"locked": True, "retentionDays": 400, "cmekSettings": {"kmsKeyName": KEY}},
    ),
    "sink": (
        "google_logging_project_sink",
        {"name": "audit", "destination": "storage.googleapis.com/logs", "disabled": False, "exclusions": [], "filter": ""},
        "logging.googleapis.com/LogSink", "sinks/audit",
        {"name": "audit", "destination": "storage.googleapis.com/logs", "disabled": False, "exclusions": []},
    ),
    "endpoint": (
        "google_compute_global_forwarding_rule",
        {"name": "apis", "network": NETWORK, "target": "vpc-sc", "load_balancing_scheme": ""},
        "compute.googleapis.com/GlobalForwardingRule", "global/forwardingRules/apis",
        {"name": "apis", "network": NETWORK, "target": "vpc-sc"},
    ),
    "repository": (
        "google_artifact_registry_repository",
        {
            "repository_id": "images", "location": PLACE, "format": "DOCKER", "mode": "STANDARD_REPOSITORY",
            "docker_config": [{"immutable_tags": True}],
        },
        "artifactregistry.googleapis.com/Repository", f"locations/{PLACE}/repositories/images",
        {"format": "DOCKER", "mode": "STANDARD_REPOSITORY", "dockerConfig": {"immutableTags": True}},
    ),
    "secret": (
        "google_secret_manager_secret",
        {
            "id": f"projects/{PROJECT}/secrets/s", "secret_id": "s",
            "replication": [{"auto": [{"customer_managed_encryption": [{"kms_key_name": KEY}]}], "user_managed": []}],
        },
        "secretmanager.googleapis.com/Secret", "secrets/s",
        {"replication": {"automatic": {"customerManagedEncryption": {"kmsKeyName": KEY}}}},
    ),
    "machine": (
        "google_compute_instance",
        {
            "name": "m", "zone": f"{PLACE}-a", "metadata": {"enable-oslogin": "TRUE", "startup-script": "secret"},
            "service_account": [{"email": "a@lab.iam.gserviceaccount.com", "scopes": ["cloud-platform"]}],
            "network_interface": [{"network": NETWORK, "access_config": [{"network_tier": "PREMIUM"}]}],
            "shielded_instance_config": [{"enable_secure_boot": True, "enable_vtpm": True, "enable_integrity_monitoring": True}],
            "confidential_instance_config": [{"confidential_instance_type": "TDX", "enable_confidential_compute": False}],
            "scheduling": [{"node_affinities": [SOLE]}],
        },
        "compute.googleapis.com/Instance", f"zones/{PLACE}-a/instances/m",
        {
            "name": "m", "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]},
            "serviceAccounts": [{"email": "a@lab.iam.gserviceaccount.com", "scopes": ["cloud-platform"]}],
            "networkInterfaces": [{"network": NETWORK, "accessConfigs": [{}]}],
            "shieldedInstanceConfig": {"enableSecureBoot": True, "enableVtpm": True, "enableIntegrityMonitoring": True},
            "confidentialInstanceConfig": {"confidentialInstanceType": "TDX", "enableConfidentialCompute": False},
            "scheduling": {"nodeAffinities": [SOLE]},
        },
    ),
}  # fmt: skip


def of_state(folder: Path, *made: tuple[str, dict[str, Any]]) -> Estate:
    """The estate of a state with a project and some things in it."""
    project = ("google_project", {"project_id": PROJECT, "number": NUMBER, "org_id": "900", "folder_id": ""})
    rows = [
        {"address": f"{kind}.r{at}", "mode": "managed", "type": kind, "name": f"r{at}", "values": values}
        for at, (kind, values) in enumerate(
            (project, *((kind, {"project": PROJECT, **held}) for kind, held in made))
        )
    ]
    document = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": rows}},
    }
    (folder / "state.json").write_text(json.dumps(document))
    api.collect_terraform(folder / "state", [folder / "state.json"])
    return api.load(folder / "state").estate


def told(estate: Estate) -> list[Any]:
    """What an estate says of everything but its store, without where it stood."""

    def known(fact: Any) -> Any:
        return fact.value if isinstance(fact, Known) else fact.reason

    held: list[Any] = [
        (kind, one.id, {name: known(fact) for name, fact in one.attributes.items()})
        for kind, each in estate.resources.items()
        for one in each
        if kind.partition(".")[0] not in ("cloudresourcemanager", "terraform")
    ]
    held += [(one.id, one.kind, known(one.encrypted), known(one.key)) for one in estate.disk_copies]
    held += [(one.id, one.network, one.service) for one in estate.endpoints]
    held += [(one.id, one.destination, one.organisation_wide, known(one.logging)) for one in estate.trails]
    held += [(one.id, known(one.key)) for one in estate.secrets]
    held += [
        (one.id, one.kind, known(one.roles), {name: known(fact) for name, fact in one.attributes.items()})
        for one in estate.workloads
    ]
    return held


@pytest.mark.parametrize("name", THINGS)
def test_a_state_and_an_export_tell_the_same_of(name: str, tmp_path: Path) -> None:
    terraform, values, kind, path, data = THINGS[name]
    full = f"//{kind.partition('/')[0]}/projects/{PROJECT}/{path}"
    exported = Lab().add(resource(full, kind, ABOVE, data, PLACE)).evidence(tmp_path).estate
    assert told(of_state(tmp_path, (terraform, values))) == told(exported) != []


def test_what_terraform_makes_one_by_one_is_one_list(tmp_path: Path) -> None:
    network = f"projects/{PROJECT}/global/networks/weights"
    peer = {"network": network, "state": "ACTIVE"}
    estate = of_state(
        tmp_path,
        ("google_compute_network", {"name": "weights"}),
        ("google_compute_network_peering", {**peer, "name": "a", "peer_network": "projects/x/global/networks/y"}),
        ("google_compute_network_peering", {**peer, "name": "b", "peer_network": "projects/x/global/networks/z"}),
        ("google_compute_router", {"name": "r", "region": PLACE, "network": NETWORK}),
        ("google_compute_router_nat", {"name": "n", "router": "r", "region": PLACE}),
    )  # fmt: skip
    (found,) = estate.resources_of("compute.network")
    assert [one["name"] for one in found.attributes["peerings"].value] == ["a", "b"]  # type: ignore[union-attr]
    (router,) = estate.resources_of("compute.router")
    assert router.attributes["nats"].value == [{"name": "n"}]  # type: ignore[union-attr]
    assert router.attributes["network"].value == NETWORK  # type: ignore[union-attr]


def test_the_sink_of_an_organisation_is_a_trail_of_all_that_lies_in_it(tmp_path: Path) -> None:
    sink = {
        "name": "audit",
        "org_id": "900",
        "destination": "storage.googleapis.com/logs",
        "include_children": True,
    }
    (found,) = of_state(tmp_path, ("google_logging_organization_sink", {**sink, "project": None})).trails
    assert found.organisation_wide and found.destination == "gs://logs"
    assert found.id == "//logging.googleapis.com/organizations/900/sinks/audit"


def test_no_key_that_somebody_brings_enters(tmp_path: Path) -> None:
    brought = {
        "name": "d",
        "zone": "z",
        "disk_encryption_key": [{"raw_key": "c2VjcmV0LWtleQ==", "sha256": "abc"}],
    }
    (found,) = of_state(tmp_path, ("google_compute_disk", brought)).disk_copies
    assert not isinstance(found.key, Known)
    written = [path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert written and not any(b"c2VjcmV0LWtleQ" in one for one in written)
