"""A seeded generator of the whole inventory of an organisation on Google Cloud: what holds weights, and the many things beside it.

Twelve in a hundred assets are an `Organisation` (google_cloud.py) with its policies, which all differ; the rest are what
inventories are full of: machines and their disks, services that are switched on, networks with their rules, keys of accounts, keys
with their versions, snapshots, services, clusters, sinks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from google_cloud import Organisation

_COMPUTE: Final = "compute.googleapis.com"
_LINK: Final = "https://www.googleapis.com/compute/v1"
_SERVICES: Final = (
    "compute", "storage", "iam", "logging", "monitoring", "cloudkms", "run", "container", "aiplatform", "artifactregistry",
    "pubsub", "secretmanager", "bigquery", "cloudbuild", "dataflow",
)  # fmt: skip
_WHERE: Final = "europe-west4"
Row = dict[str, Any]


class Inventory:
    """One inventory.

    Args:
        assets: rows of resources; policies, groups and deny policies come besides.
    """

    def __init__(self, assets: int, seed: int = 1) -> None:
        self._random = Random(seed)
        self._organisation = Organisation(assets // 3, assets * 12 // 100, max(20, assets // 200), seed)
        self._rest = assets - assets * 12 // 100

    @property
    def stores(self) -> list[str]:
        """The buckets."""
        return self._organisation.stores

    def write(self, folder: Path) -> list[Path]:
        """The export as files."""
        found = self._organisation.write(folder)
        found.append(folder / "rest.jsonl")
        with found[-1].open("w", encoding="utf-8") as file:
            for number, row in enumerate(self._everything()):
                if number == self._rest:
                    break
                file.write(json.dumps(row) + "\n")
        return found

    def _everything(self) -> Iterator[Row]:
        """Project by project, as much as each of them has, until there is enough."""
        projects = self._organisation.projects
        share = self._rest // len(projects) + 1
        for project in projects:
            inside = self._of_project(project)
            for _ in range(share):
                yield next(inside)

    def _of_project(self, project: str) -> Iterator[Row]:
        above = self._organisation.above(project)
        for name, kind, data, location in self._inside(project, above[0].rpartition("/")[2]):
            content = {"version": "v1", "data": data, "location": location}
            yield {"name": name, "asset_type": kind, "ancestors": above, "resource": content}

    def _inside(self, project: str, owner: str) -> Iterator[tuple[str, str, Row, str]]:
        for service in _SERVICES:
            name = f"projects/{owner}/services/{service}.googleapis.com"
            data = {"name": name, "parent": f"projects/{owner}", "state": "ENABLED"}
            yield (
                f"//serviceusage.googleapis.com/{name}",
                "serviceusage.googleapis.com/Service",
                data,
                "global",
            )
        yield from self._networks(project)
        yield from self._keys(project)
        yield from self._others(project)
        number = 0
        while True:  # Machines are what there is most of.
            yield from self._machine(project, number)
            number += 1

    def _compute(
        self, project: str, path: str, kind: str, data: Row, where: str
    ) -> tuple[str, str, Row, str]:
        own = {
            "name": path.rpartition("/")[2],
            "selfLink": f"{_LINK}/projects/{project}/{path}",
            "id": str(self._random.getrandbits(60)),
        }
        return f"//{_COMPUTE}/projects/{project}/{path}", f"{_COMPUTE}/{kind}", {**own, **data}, where

    def _networks(self, project: str) -> Iterator[tuple[str, str, Row, str]]:
        network = f"{_LINK}/projects/{project}/global/networks/main"
        yield self._compute(
            project, "global/networks/main", "Network", {"autoCreateSubnetworks": False}, "global"
        )
        for number in range(3):
            subnet = {
                "network": network,
                "ipCidrRange": f"10.{number}.0.0/16",
                "privateIpGoogleAccess": number > 0,
                "region": _WHERE,
            }
            yield self._compute(
                project, f"regions/{_WHERE}/subnetworks/s{number}", "Subnetwork", subnet, _WHERE
            )
        for number in range(6):
            rule = {
                "network": network,
                "direction": "EGRESS" if number % 2 else "INGRESS",
                "priority": 1000 + number,
                "sourceRanges": ["10.0.0.0/8"],
                "disabled": False,
                "denied" if number == 5 else "allowed": [{"IPProtocol": "tcp", "ports": ["22", "443"]}],
            }
            yield self._compute(project, f"global/firewalls/f{number}", "Firewall", rule, "global")

    def _keys(self, project: str) -> Iterator[tuple[str, str, Row, str]]:
        ring = f"projects/{project}/locations/{_WHERE}/keyRings/main"
        yield f"//cloudkms.googleapis.com/{ring}", "cloudkms.googleapis.com/KeyRing", {"name": ring}, _WHERE
        for number in range(2):
            key = f"{ring}/cryptoKeys/k{number}"
            version: Row = {
                "name": f"{key}/cryptoKeyVersions/1",
                "state": "ENABLED",
                "protectionLevel": "SOFTWARE",
            }
            data = {
                "name": key,
                "purpose": "ENCRYPT_DECRYPT",
                "primary": version,
                "rotationPeriod": "7776000s",
            }
            yield f"//cloudkms.googleapis.com/{key}", "cloudkms.googleapis.com/CryptoKey", data, _WHERE
            yield (
                f"//cloudkms.googleapis.com/{version['name']}",
                "cloudkms.googleapis.com/CryptoKeyVersion",
                version,
                _WHERE,
            )

    def _others(self, project: str) -> Iterator[tuple[str, str, Row, str]]:
        account = f"robot-0@{project}.iam.gserviceaccount.com"
        for number in range(3):
            key = f"projects/{project}/serviceAccounts/{account}/keys/{number:040x}"
            data = {
                "name": key,
                "keyType": "USER_MANAGED" if number else "SYSTEM_MANAGED",
                "validAfterTime": "2026-01-01T00:00:00Z",
            }
            yield f"//iam.googleapis.com/{key}", "iam.googleapis.com/ServiceAccountKey", data, "global"
        for number in range(4):
            name = f"projects/{project}/locations/{_WHERE}/services/run{number}"
            template = {
                "serviceAccount": account,
                "containers": [{"image": f"{_WHERE}-docker.pkg.dev/{project}/images/run{number}"}],
            }
            data = {"name": name, "template": template, "ingress": "INGRESS_TRAFFIC_ALL"}
            yield f"//run.googleapis.com/{name}", "run.googleapis.com/Service", data, _WHERE
        sink = f"projects/{project}/sinks/_Default"
        data = {
            "name": "_Default",
            "destination": f"logging.googleapis.com/projects/{project}/locations/global/buckets/_Default",
        }
        yield f"//logging.googleapis.com/{sink}", "logging.googleapis.com/LogSink", data, "global"
        for number in range(6):
            path = f"global/snapshots/snap{number}"
            data = {
                "sourceDisk": f"{_LINK}/projects/{project}/zones/{_WHERE}-a/disks/d{number}",
                "diskSizeGb": "50",
            }
            yield self._compute(project, path, "Snapshot", data, "global")

    def _machine(self, project: str, number: int) -> Iterator[tuple[str, str, Row, str]]:
        zone = f"zones/{_WHERE}-a"
        disk = f"{_LINK}/projects/{project}/{zone}/disks/d{number}"
        image = f"{_LINK}/projects/debian-cloud/global/images/debian-12"
        data: Row = {
            "sizeGb": "50",
            "users": [f"{_LINK}/projects/{project}/{zone}/instances/m{number}"],
            "sourceImage": image,
        }
        yield self._compute(project, f"{zone}/disks/d{number}", "Disk", data, f"{_WHERE}-a")
        account = f"robot-{number % 40}@{project}.iam.gserviceaccount.com"
        interface = {
            "network": f"{_LINK}/projects/{project}/global/networks/main",
            "subnetwork": f"{_LINK}/projects/{project}/regions/{_WHERE}/subnetworks/s{number % 3}",
            "networkIP": f"10.{number % 3}.0.{number % 250}",
            **(
                {"accessConfigs": [{"type": "ONE_TO_ONE_NAT", "natIP": f"192.0.2.{number % 250}"}]}
                if number % 9 == 0
                else {}
            ),
        }
        data = {
            "status": "RUNNING",
            "machineType": f"{_LINK}/projects/{project}/{zone}/machineTypes/n2-standard-4",
            "serviceAccounts": [
                {"email": account, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
            ],
            "disks": [{"source": disk, "boot": True, "deviceName": "boot"}],
            "networkInterfaces": [interface],
            "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]},
            "labels": {"team": f"t{number % 20}"},
        }
        yield self._compute(project, f"{zone}/instances/m{number}", "Instance", data, f"{_WHERE}-a")
