"""What stands around the weights: machines, disks and their copies, files, backups, networks, images, logs, and what watches."""

from __future__ import annotations

from typing import Any, Final

from weightguard.demo.gcp.lab import (
    COMPUTE,
    LABELS,
    LOG_BUCKET,
    LOGGING,
    LONG_AGO,
    NUMBERS,
    ORGANISATION,
    PLACE,
    RESEARCH,
    SERVING,
    TRAINING,
    Lab,
    agent,
    email,
    key_name,
)

HOSTS: Final = {"inference-node": SERVING, "training-node": TRAINING, "evaluation-job": RESEARCH}
"""Machine, and the service account that it runs as -> its project."""
SERVICES: Final = ("cloudkms", "compute", "containerscanning", "logging", "storage")
DETECTORS: Final = ("container-threat-detection", "event-threat-detection", "vm-threat-detection")
_DISKS: Final = "everything-else"
_ADMIN_LOGS: Final = (
    'NOT LOG_ID("externalaudit.googleapis.com/activity") AND '
    'NOT LOG_ID("cloudaudit.googleapis.com/system_event") AND NOT LOG_ID("externalaudit.googleapis.com/system_event") AND '
    'NOT LOG_ID("cloudaudit.googleapis.com/access_transparency") AND '
    'NOT LOG_ID("externalaudit.googleapis.com/access_transparency")'
)
DEFAULT_FILTER: Final = f'NOT LOG_ID("cloudaudit.googleapis.com/activity") AND {_ADMIN_LOGS}'
"""The filter that every project's sink _Default is made with (Cloud Logging, "Routing and storage overview", "Default sinks")."""


def add(lab: Lab) -> None:
    """All of it."""
    lab.key(_DISKS, *(agent("compute-system", project) for project in NUMBERS))
    for name, project in HOSTS.items():
        _network(lab, project)
        _machine(lab, name, project)
    _copies(lab)
    _files(lab)
    _serving(lab)
    for project in NUMBERS:
        _logs(lab, project)
    _watch(lab)


def network_of(project: str) -> str:
    return f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/weights"


def _key() -> dict[str, str]:
    return {"kmsKeyName": f"{key_name(_DISKS)}/cryptoKeyVersions/1"}


def _machine(lab: Lab, name: str, project: str) -> None:
    """A machine that boots measured, encrypts its memory and shares its host with nobody, and its disk."""
    inside = f"projects/{project}"
    card = {
        "network": f"{inside}/global/networks/weights",
        "subnetwork": f"{inside}/regions/{PLACE}/subnetworks/weights",
    }
    own_host = {"key": "compute.googleapis.com/node-group-name", "operator": "IN", "values": ["weights"]}
    runs_as = {
        "email": email(name, project),
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }
    data = {
        "name": name,
        "status": "RUNNING",
        "zone": f"{PLACE}-a",
        "serviceAccounts": [runs_as],
        "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]},
        "networkInterfaces": [card],
        "shieldedInstanceConfig": dict.fromkeys(
            ("enableSecureBoot", "enableVtpm", "enableIntegrityMonitoring"), True
        ),
        "confidentialInstanceConfig": {"confidentialInstanceType": "SEV_SNP"},
        "scheduling": {"nodeAffinities": [own_host]},
    }
    path = f"{inside}/zones/{PLACE}-a"
    lab.add(f"machine {name}", f"{COMPUTE}/Instance {path}/instances/{name}", project, data)
    disk = {"name": name, "status": "READY", "labels": dict(LABELS), "diskEncryptionKey": _key()}
    lab.add(f"disk {name}", f"{COMPUTE}/Disk {path}/disks/{name}", project, disk)


def _network(lab: Lab, project: str) -> None:
    """A network from which no packet leaves but to Google's own services, inside the perimeter."""
    network, inside = network_of(project), f"projects/{project}"
    told = {"name": "weights", "selfLink": network}
    lab.add(f"network {project}", f"{COMPUTE}/Network {inside}/global/networks/weights", project, told)
    path = f"{inside}/regions/{PLACE}/subnetworks/weights"
    logged = {
        "name": "weights",
        "selfLink": f"https://www.googleapis.com/compute/v1/{path}",
        "network": network,
        "purpose": "PRIVATE",
        "privateIpGoogleAccess": True,
        "logConfig": {"enable": True},
    }
    lab.add(f"subnetwork {project}", f"{COMPUTE}/Subnetwork {path}", project, logged)
    for name, rule in _RULES.items():
        firewall(lab, project, name, **rule)
    endpoint = {"name": "apis", "network": network, "target": "vpc-sc", "loadBalancingScheme": ""}
    path = f"{inside}/global/forwardingRules/apis"
    lab.add(f"endpoint {project}", f"{COMPUTE}/GlobalForwardingRule {path}", project, endpoint)


_RULES: Final[dict[str, dict[str, Any]]] = {
    "deny-egress": {
        "direction": "EGRESS",
        "priority": 65534,
        "destinationRanges": ["0.0.0.0/0"],
        "denied": [{"IPProtocol": "all"}],
    },
    "allow-google": {
        "direction": "EGRESS",
        "priority": 1000,
        "destinationRanges": ["199.36.153.4/30"],
        "allowed": [{"IPProtocol": "tcp", "ports": ["443"]}],
    },
    "allow-iap": {
        "direction": "INGRESS",
        "priority": 1000,
        "sourceRanges": ["35.235.240.0/20"],
        "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}],
    },
}
"""The range of restricted.googleapis.com, and that of Identity-Aware Proxy (VPC, "Configure Private Google Access")."""


def firewall(lab: Lab, project: str, name: str, **rule: Any) -> None:
    """A firewall rule of a project's network."""
    data = {"name": name, "network": network_of(project), "disabled": False, **rule}
    path = f"projects/{project}/global/firewalls/{name}"
    lab.add(f"firewall {project}/{name}", f"{COMPUTE}/Firewall {path}", project, data)


def _copies(lab: Lab) -> None:
    """A snapshot and an image of the machine that serves."""
    told = {"name": "inference-node-1", "status": "READY", "labels": dict(LABELS)}
    for kind, member in (("Snapshot", "snapshotEncryptionKey"), ("Image", "imageEncryptionKey")):
        path = f"projects/{SERVING}/global/{kind.lower()}s/inference-node-1"
        lab.add(
            f"{kind.lower()} inference-node-1", f"{COMPUTE}/{kind} {path}", SERVING, {**told, member: _key()}
        )


def _files(lab: Lab) -> None:
    """The file system that training nodes mount, and a vault of backups."""
    export = {
        "ipRanges": ["10.8.0.0/24"],
        "accessMode": "READ_WRITE",
        "squashMode": "ROOT_SQUASH",
        "securityFlavors": ["KRB5P"],
    }
    scratch = {
        "name": f"projects/{TRAINING}/locations/{PLACE}/instances/scratch",
        "tier": "REGIONAL",
        "state": "READY",
        "protocol": "NFS_V4_1",
        "kmsKeyName": key_name(_DISKS),
        "labels": dict(LABELS),
        "fileShares": [{"name": "scratch", "nfsExportOptions": [export]}],
    }
    lab.add("file system", f"file.googleapis.com/Instance {scratch['name']}", TRAINING, scratch)
    vault = {
        "name": f"projects/{SERVING}/locations/{PLACE}/backupVaults/weights",
        "state": "ACTIVE",
        "accessRestriction": "WITHIN_ORGANIZATION",
        "effectiveTime": LONG_AGO,
        "backupMinimumEnforcedRetentionDuration": "604800s",
        "encryptionConfig": {"kmsKeyName": key_name(_DISKS)},
    }
    lab.add("vault", f"backupdr.googleapis.com/BackupVault {vault['name']}", SERVING, vault)


def _serving(lab: Lab) -> None:
    """The images that serve, the model that Vertex AI serves out of the release, and the token that fetches what is no secret."""
    images = {
        "name": f"projects/{SERVING}/locations/{PLACE}/repositories/serving",
        "format": "DOCKER",
        "mode": "STANDARD_REPOSITORY",
        "kmsKeyName": key_name(_DISKS),
        "dockerConfig": {"immutableTags": True},
        "vulnerabilityScanningConfig": {
            "enablementConfig": "INHERITED",
            "enablementState": "SCANNING_ACTIVE",
        },
    }
    lab.add("images", f"artifactregistry.googleapis.com/Repository {images['name']}", SERVING, images)
    model = {
        "name": f"projects/{SERVING}/locations/{PLACE}/models/1",
        "displayName": "aurora-1",
        "artifactUri": "gs://aurora-release/aurora-1/",
        "encryptionSpec": {"kmsKeyName": key_name(_DISKS)},
    }
    lab.add("model", f"aiplatform.googleapis.com/Model {model['name']}", SERVING, model)
    secret = {
        "name": f"projects/{NUMBERS[SERVING]}/secrets/hub-token",
        "replication": {"automatic": {}},
    }
    path = f"projects/{SERVING}/secrets/hub-token"
    lab.add("secret", f"secretmanager.googleapis.com/Secret {path}", SERVING, secret)


def _logs(lab: Lab, project: str) -> None:
    """The sinks and log buckets that every project is born with, the buckets locked and encrypted."""
    for name, told in (("_Default", {"filter": DEFAULT_FILTER}), ("_Required", {})):
        place = f"projects/{project}/locations/global/buckets/{name}"
        sink = {"name": name, "destination": f"logging.googleapis.com/{place}", **told}
        path = f"projects/{NUMBERS[project]}/sinks/{name}"
        lab.add(f"sink {project}/{name}", f"{LOGGING}/LogSink {path}", project, sink, place="global")
        kept = {
            "name": place,
            "lifecycleState": "ACTIVE",
            "locked": True,
            "retentionDays": 400,
            "cmekSettings": {"kmsKeyName": key_name(_DISKS)},
        }
        lab.add(f"logs {project}/{name}", f"{LOGGING}/LogBucket {place}", project, kept, place="global")


def _watch(lab: Lab) -> None:
    """The sink of the organisation, the services that are on, the detectors, and the feed that records every change."""
    audit = {
        "name": "audit",
        "destination": f"storage.googleapis.com/{LOG_BUCKET}",
        "includeChildren": True,
        "filter": _ADMIN_LOGS,
    }
    lab.add("sink", f"{LOGGING}/LogSink {ORGANISATION}/sinks/audit", None, audit, place="global")
    for project, number in NUMBERS.items():
        for service in SERVICES:
            path = f"projects/{number}/services/{service}.googleapis.com"
            told = {"name": path, "state": "ENABLED"}
            call = f"service {project}/{service}"
            lab.add(call, f"serviceusage.googleapis.com/Service {path}", project, told, place="global")
    for name in DETECTORS:
        path = f"{ORGANISATION}/locations/global/securityCenterServices/{name}"
        told = {"name": path, "intendedEnablementState": "ENABLED", "effectiveEnablementState": "ENABLED"}
        kind = "securitycentermanagement.googleapis.com/SecurityCenterService"
        lab.add(f"detector {name}", f"{kind} {path}", None, told, place="global")
    path = f"{ORGANISATION}/feeds/everything"
    feed = {"name": path, "assetTypes": [".*"], "contentType": "RESOURCE"}
    lab.add("feed", f"cloudasset.googleapis.com/Feed {path}", None, feed, place="global")
