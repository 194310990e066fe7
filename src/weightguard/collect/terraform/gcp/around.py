"""What stands around weights: networks and their rules, copies of disks, backups, logs and what watches.

Source: Terraform Registry, provider hashicorp/google, "Argument Reference" and "Attributes Reference" of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.gcp.shape import Adjust, Data, Shape, inside


def _rules(data: Data) -> Data:
    """A firewall's rules, which the API calls ``allowed`` and ``denied``; without a source of any kind it is open to all."""
    found = dict(data)
    for name, member in (("allow", "allowed"), ("deny", "denied")):
        held = found.pop(name, None)
        if isinstance(held, list) and held:
            found[member] = [
                {"IPProtocol": one.get("protocol"), "ports": one.get("ports") or []} for one in held
            ]
    return found


def _disk(data: Data) -> Data:
    """A disk or a copy of one, whose key Terraform calls by its link."""
    holders = {
        name: held for name, held in data.items() if name.endswith("EncryptionKey") and isinstance(held, dict)
    }
    named = {
        name: {**held, "kmsKeyName": held["kmsKeySelfLink"]}
        for name, held in holders.items()
        if held.get("kmsKeySelfLink")
    }
    return {**data, **named}


def _subnetwork(data: Data) -> Data:
    """Flow logs are on where their block is there."""
    held = data.get("logConfig")
    return {**data, "logConfig": {**held, "enable": True}} if isinstance(held, dict) else data


def _member(name: str, *fields: str) -> Adjust:
    """One thing more of a list that the API holds in something else."""

    def adjust(data: Data) -> Data:
        return {name: [{field: data.get(field) for field in fields if data.get(field) is not None}]}

    return adjust


def _peering(data: Data) -> Data:
    return {
        "peerings": [
            {"name": data.get("name"), "network": data.get("peerNetwork"), "state": data.get("state")}
        ]
    }


def _file_system(data: Data) -> Data:
    """A file system's shares; Terraform gives the block a name of its own."""
    shares = data.get("fileShares")
    return {**data, "fileShares": shares if isinstance(shares, list) else [shares] if shares else []}


def _log_bucket(data: Data) -> Data:
    held = data.get("cmekSettings")
    return {**data, "cmekSettings": held[0] if isinstance(held, list) and held else held}


def _detector(data: Data) -> Data:
    stated: Any = data.get("effectiveEnablementState") or data.get("intendedEnablementState")
    return {**data, "effectiveEnablementState": stated}


def _sinks() -> dict[str, Shape]:
    path = "sinks/{name}"
    return {
        "google_logging_project_sink": Shape("logging.googleapis.com/LogSink", inside("logging", path)),
        "google_logging_folder_sink": Shape(
            "logging.googleapis.com/LogSink", "//logging.googleapis.com/{folder}/" + path
        ),
        "google_logging_organization_sink": Shape(
            "logging.googleapis.com/LogSink", "//logging.googleapis.com/organizations/{org_id}/" + path
        ),
    }


def _feeds() -> dict[str, Shape]:
    return {
        f"google_cloud_asset_{kind}_feed": Shape(
            "cloudasset.googleapis.com/Feed", "//cloudasset.googleapis.com/{name}"
        )
        for kind in ("project", "folder", "organization")
    }


AROUND: Final[Mapping[str, Shape]] = {
    "google_compute_image": Shape(
        "compute.googleapis.com/Image", inside("compute", "global/images/{name}"), adjust=_disk
    ),
    "google_compute_disk": Shape(
        "compute.googleapis.com/Disk", inside("compute", "zones/{where}/disks/{name}"), adjust=_disk
    ),
    "google_compute_snapshot": Shape(
        "compute.googleapis.com/Snapshot", inside("compute", "global/snapshots/{name}"), adjust=_disk
    ),
    "google_compute_region_disk": Shape(
        "compute.googleapis.com/RegionDisk", inside("compute", "regions/{where}/disks/{name}"), adjust=_disk
    ),
    "google_compute_machine_image": Shape(
        "compute.googleapis.com/MachineImage", inside("compute", "global/machineImages/{name}")
    ),
    "google_filestore_instance": Shape(
        "file.googleapis.com/Instance", inside("file", "locations/{where}/instances/{name}"), adjust=_file_system
    ),
    "google_filestore_backup": Shape("file.googleapis.com/Backup", inside("file", "locations/{where}/backups/{name}")),
    "google_lustre_instance": Shape(
        "lustre.googleapis.com/Instance", inside("lustre", "locations/{where}/instances/{instance_id}")
    ),
    "google_backup_dr_backup_vault": Shape(
        "backupdr.googleapis.com/BackupVault", inside("backupdr", "locations/{where}/backupVaults/{backup_vault_id}")
    ),
    "google_compute_network": Shape("compute.googleapis.com/Network", inside("compute", "global/networks/{name}")),
    "google_compute_network_peering": Shape(
        "compute.googleapis.com/Network", "//compute.googleapis.com/{network}", adjust=_peering
    ),
    "google_compute_subnetwork": Shape(
        "compute.googleapis.com/Subnetwork", inside("compute", "regions/{where}/subnetworks/{name}"), adjust=_subnetwork
    ),
    "google_compute_firewall": Shape(
        "compute.googleapis.com/Firewall", inside("compute", "global/firewalls/{name}"), adjust=_rules
    ),
    "google_compute_router": Shape("compute.googleapis.com/Router", inside("compute", "regions/{where}/routers/{name}")),
    "google_compute_router_nat": Shape(
        "compute.googleapis.com/Router", inside("compute", "regions/{where}/routers/{router}"),
        adjust=_member("nats", "name", "type"),
    ),
    "google_compute_global_forwarding_rule": Shape(
        "compute.googleapis.com/GlobalForwardingRule", inside("compute", "global/forwardingRules/{name}")
    ),
    "google_logging_project_bucket_config": Shape(
        "logging.googleapis.com/LogBucket", inside("logging", "locations/{where}/buckets/{bucket_id}"), adjust=_log_bucket
    ),
    "google_scc_management_security_center_service": Shape(
        "securitycentermanagement.googleapis.com/SecurityCenterService", "//securitycentermanagement.googleapis.com/{name}",
        adjust=_detector,
    ),
    "google_colab_runtime": Shape(
        "aiplatform.googleapis.com/NotebookRuntime", inside("aiplatform", "locations/{where}/notebookRuntimes/{name}")
    ),
    "google_vertex_ai_reasoning_engine": Shape(
        "aiplatform.googleapis.com/ReasoningEngine", inside("aiplatform", "locations/{where}/reasoningEngines/{name}")
    ),
    **_sinks(),
    **_feeds(),
}  # fmt: skip
"""Type in Terraform -> the resource."""
