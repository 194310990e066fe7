"""What stands around the weights: disks and their copies, file systems, backups, networks, images, and what watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reference_lab.google.names import (
    KEYS,
    KMS,
    LABELS,
    LONG_AGO,
    NUMBERS,
    ORGANISATION,
    PLACE,
    SERVING,
    TRAINING,
    Asset,
    above,
    asset,
    binding,
    key_name,
    policy,
    ring,
)

DISKS = key_name("disks")
"""The key of everything that is no bucket of weights."""
_VERSION = f"{DISKS}/cryptoKeyVersions/1"
SERVICES = (
    "cloudkms.googleapis.com",
    "compute.googleapis.com",
    "containerscanning.googleapis.com",
    "logging.googleapis.com",
    "storage.googleapis.com",
)
DETECTORS = ("container-threat-detection", "event-threat-detection", "vm-threat-detection")
MACHINES = {"server": SERVING, "trainer": TRAINING}


def keys() -> Iterator[tuple[str, Asset]]:
    """The key of disks, file systems and backups, which no bucket of weights uses."""
    data = {
        "name": DISKS,
        "purpose": "ENCRYPT_DECRYPT",
        "rotationPeriod": "7776000s",
        "destroyScheduledDuration": "2592000s",
        "versionTemplate": {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
        "primary": {"name": _VERSION, "state": "ENABLED", "protectionLevel": "HSM"},
    }
    agents = [
        f"serviceAccount:service-{NUMBERS[one]}@compute-system.iam.gserviceaccount.com" for one in NUMBERS
    ]
    use = policy(binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", *agents))
    yield "key disks", asset(f"//{KMS}/{DISKS}", f"{KMS}/CryptoKey", above(KEYS), data, use, location=PLACE)
    told = {"name": _VERSION, "state": "ENABLED", "protectionLevel": "HSM"}
    yield (
        "version disks/1",
        asset(f"//{KMS}/{_VERSION}", f"{KMS}/CryptoKeyVersion", above(KEYS), told, location=PLACE),
    )
    assert DISKS.startswith(ring())


def disks() -> Iterator[tuple[str, Asset]]:
    """The machines' disks, and copies of the server's."""
    key = {"kmsKeyName": _VERSION}
    for name, project in MACHINES.items():
        data = {"name": name, "status": "READY", "labels": dict(LABELS), "diskEncryptionKey": key}
        yield f"disk {name}", _in_project("compute", project, f"zones/{PLACE}-a/disks/{name}", "Disk", data)
    copied = {"name": "server-1", "status": "READY", "labels": dict(LABELS)}
    yield (
        "snapshot server-1",
        _in_project(
            "compute",
            SERVING,
            "global/snapshots/server-1",
            "Snapshot",
            {**copied, "snapshotEncryptionKey": key},
        ),
    )
    yield (
        "image server-1",
        _in_project(
            "compute", SERVING, "global/images/server-1", "Image", {**copied, "imageEncryptionKey": key}
        ),
    )


def files() -> Iterator[tuple[str, Asset]]:
    """A file system that trainers mount, and a vault of backups."""
    export = {
        "ipRanges": ["10.8.0.0/24"],
        "accessMode": "READ_WRITE",
        "squashMode": "ROOT_SQUASH",
        "securityFlavors": ["KRB5P"],
    }
    place = f"locations/{PLACE}"
    scratch = {
        "name": f"projects/{TRAINING}/{place}/instances/scratch",
        "tier": "REGIONAL",
        "state": "READY",
        "protocol": "NFS_V4_1",
        "kmsKeyName": DISKS,
        "labels": dict(LABELS),
        "fileShares": [{"name": "scratch", "nfsExportOptions": [export]}],
    }
    yield (
        "file system scratch",
        _in_project("file", TRAINING, f"{place}/instances/scratch", "Instance", scratch, policed=False),
    )
    vault = {
        "name": f"projects/{SERVING}/{place}/backupVaults/weights",
        "state": "ACTIVE",
        "accessRestriction": "WITHIN_ORGANIZATION",
        "effectiveTime": LONG_AGO,
        "backupMinimumEnforcedRetentionDuration": "604800s",
        "encryptionConfig": {"kmsKeyName": DISKS},
    }
    yield (
        "vault weights",
        _in_project(
            "backupdr", SERVING, f"{place}/backupVaults/weights", "BackupVault", vault, policed=False
        ),
    )


def networks() -> Iterator[tuple[str, Asset]]:
    """A network for each machine, from which no packet leaves but to Google's own services."""
    for project in MACHINES.values():
        network = f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/weights"
        subnet = f"regions/{PLACE}/subnetworks/weights"
        yield (
            f"network {project}",
            _in_project(
                "compute",
                project,
                "global/networks/weights",
                "Network",
                {"name": "weights", "selfLink": network},
            ),
        )
        logged = {
            "name": "weights",
            "selfLink": f"https://www.googleapis.com/compute/v1/projects/{project}/{subnet}",
            "network": network,
            "purpose": "PRIVATE",
            "privateIpGoogleAccess": True,
            "logConfig": {"enable": True},
        }
        yield f"subnetwork {project}", _in_project("compute", project, subnet, "Subnetwork", logged)
        for name, rule in _firewalls():
            data = {"name": name, "network": network, "disabled": False, **rule}
            yield (
                f"firewall {project}/{name}",
                _in_project("compute", project, f"global/firewalls/{name}", "Firewall", data),
            )
        endpoint = {"name": "apis", "network": network, "target": "vpc-sc", "loadBalancingScheme": ""}
        yield (
            f"endpoint {project}",
            _in_project("compute", project, "global/forwardingRules/apis", "GlobalForwardingRule", endpoint),
        )


def _firewalls() -> Iterator[tuple[str, dict[str, Any]]]:
    everything = [{"IPProtocol": "all"}]
    yield (
        "deny-egress",
        {"direction": "EGRESS", "priority": 65534, "destinationRanges": ["0.0.0.0/0"], "denied": everything},
    )
    yield (
        "allow-google",
        {
            "direction": "EGRESS",
            "priority": 1000,
            "destinationRanges": ["199.36.153.4/30"],
            "allowed": [{"IPProtocol": "tcp", "ports": ["443"]}],
        },
    )
    yield (
        "allow-iap",
        {
            "direction": "INGRESS",
            "priority": 1000,
            "sourceRanges": ["35.235.240.0/20"],
            "allowed": [{"IPProtocol": "tcp", "ports": ["22"]}],
        },
    )


def images() -> Iterator[tuple[str, Asset]]:
    """The repository of images that serve."""
    place = f"locations/{PLACE}/repositories/serving"
    data = {
        "name": f"projects/{SERVING}/{place}",
        "format": "DOCKER",
        "mode": "STANDARD_REPOSITORY",
        "kmsKeyName": DISKS,
        "dockerConfig": {"immutableTags": True},
        "vulnerabilityScanningConfig": {
            "enablementConfig": "INHERITED",
            "enablementState": "SCANNING_ACTIVE",
        },
    }
    yield "repository serving", _in_project("artifactregistry", SERVING, place, "Repository", data)


def models() -> Iterator[tuple[str, Asset]]:
    """The model of Vertex AI that is served out of the release."""
    place = f"locations/{PLACE}/models/7"
    data = {
        "name": f"projects/{SERVING}/{place}",
        "artifactUri": "gs://atlas-gc-release/atlas-1/",
        "encryptionSpec": {"kmsKeyName": DISKS},
    }
    yield "model atlas-1", _in_project("aiplatform", SERVING, place, "Model", data)


def secrets() -> Iterator[tuple[str, Asset]]:
    """The token with which the server fetches what is no secret."""
    path = "secrets/hub-token"
    data = {"name": f"projects/{NUMBERS[SERVING]}/{path}", "replication": {"automatic": {}}}
    yield "secret hub-token", _in_project("secretmanager", SERVING, path, "Secret", data)


def watching() -> Iterator[tuple[str, Asset]]:
    """The services that are on, the detectors of Security Command Center, and the feed that records every change."""
    for project in NUMBERS:
        for service in SERVICES:
            data = {"name": f"projects/{NUMBERS[project]}/services/{service}", "state": "ENABLED"}
            full = f"//serviceusage.googleapis.com/projects/{NUMBERS[project]}/services/{service}"
            yield (
                f"service {project}/{service}",
                asset(full, "serviceusage.googleapis.com/Service", above(project), data),
            )
    for name in DETECTORS:
        path = f"{ORGANISATION}/locations/global/securityCenterServices/{name}"
        state = {"name": path, "intendedEnablementState": "ENABLED", "effectiveEnablementState": "ENABLED"}
        kind = "securitycentermanagement.googleapis.com"
        yield (
            f"detector {name}",
            asset(f"//{kind}/{path}", f"{kind}/SecurityCenterService", [ORGANISATION], state),
        )
    path = f"{ORGANISATION}/feeds/everything"
    feed = {"name": path, "assetTypes": [".*"], "contentType": "RESOURCE"}
    yield (
        "feed everything",
        asset(f"//cloudasset.googleapis.com/{path}", "cloudasset.googleapis.com/Feed", [ORGANISATION], feed),
    )


def _in_project(
    service: str, project: str, path: str, kind: str, data: Mapping[str, Any], policed: bool = True
) -> Asset:
    domain = f"{service}.googleapis.com"
    iam = policy() if policed else None
    return asset(
        f"//{domain}/projects/{project}/{path}", f"{domain}/{kind}", above(project), data, iam, location=PLACE
    )


def everything() -> Iterable[tuple[str, Asset]]:
    """All of it."""
    for part in (keys, disks, files, networks, images, models, secrets, watching):
        yield from part()
