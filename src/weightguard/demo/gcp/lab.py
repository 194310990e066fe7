"""A lab under construction: its names, and the organisation as data, in the form in which Cloud Asset Inventory tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

DOMAIN: Final = "aurora.example"
PLACE: Final = "europe-west4"
LONG_AGO: Final = "2026-02-01T09:00:00Z"
DAY: Final = 86_400
ORGANISATION, FOLDER = "organizations/480100", "folders/480200"
SERVING, TRAINING, RESEARCH, ARCHIVE, KEYS = (
    f"aurora-{name}" for name in ("serving", "training", "research", "log-archive", "keys")
)
NUMBERS: Final = {
    SERVING: "480301",
    TRAINING: "480302",
    RESEARCH: "480303",
    ARCHIVE: "480304",
    KEYS: "480305",
}
PARTNER: Final = "partner.example"
"""Somebody else's organisation."""
LOG_BUCKET: Final = "aurora-organisation-logs"
LABELS: Final = {"weightguard_sensitivity": "model-weights", "weightguard_owner": "weights-security"}
RM, IAM, GCS, KMS, COMPUTE, LOGGING = (
    f"{name}.googleapis.com"
    for name in ("cloudresourcemanager", "iam", "storage", "cloudkms", "compute", "logging")
)

Asset = dict[str, Any]
"""``name``, ``assetType``, ``ancestors``, and each kind of content that the inventory holds of it."""


@dataclass(frozen=True)
class WeightStore:
    """A bucket that holds weights in the hardened lab, who reads it, and who writes to it."""

    bucket: str
    project: str
    reader: str  # service account of the workload that may read
    writer: str  # service account that may write

    @property
    def key(self) -> str:
        """The name of the key that its objects are encrypted with."""
        return key_name(self.bucket)


STORES: Final = (
    WeightStore("aurora-release", SERVING, "inference-node", "release-publisher"),
    WeightStore("aurora-checkpoints", TRAINING, "training-node", "training-node"),
    WeightStore("aurora-eval", RESEARCH, "evaluation-job", "evaluation-importer"),
    WeightStore("aurora-backup", ARCHIVE, "restore-job", "replication-target"),
)
RELEASE, CHECKPOINTS, EVAL, BACKUP = STORES


@dataclass
class Lab:
    """An organisation as data: weaknesses change it, `tree` turns it into the answers of Google's APIs.

    Attributes:
        assets: what the lab calls something (``bucket aurora-release``) -> what the inventory holds of it.
        objects: bucket -> key -> bytes.
        denials: deny policies of the organisation, by name.
        groups: e-mail address -> members, as IAM writes them.
        hmac_keys: project -> its keys that read storage as if it were Amazon's.
    """

    assets: dict[str, Asset] = field(default_factory=dict)
    objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    denials: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    hmac_keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(
        self,
        call: str,
        name: str,
        project: str | None,
        data: Mapping[str, Any],
        *bindings: dict[str, Any],
        place: str = PLACE,
    ) -> None:
        """Something that lies in a project (None: in the organisation itself).

        Args:
            name: its type and its path: ``compute.googleapis.com/Disk projects/lab/zones/z/disks/d``.
            bindings: of its allow policy.
        """
        kind, _, path = name.partition(" ")
        self.assets[call] = {
            "name": f"//{kind.partition('/')[0]}/{path}",
            "assetType": kind,
            "ancestors": above(project),
            "resource": {"version": "v1", "data": dict(data), "location": place},
            "iamPolicy": {"version": 3, "etag": "BwY=", "bindings": list(bindings)},
        }

    def data(self, call: str) -> dict[str, Any]:
        """What something's own API tells of it, to be changed."""
        found: dict[str, Any] = self.assets[call]["resource"]["data"]
        return found

    def bind(self, call: str, role: str, *members: str) -> None:
        """Give somebody a role on something."""
        self.assets[call]["iamPolicy"]["bindings"].append(binding(role, *members))

    def constrain(self, call: str, constraint: str, **policy: Any) -> None:
        """Put an organisation policy on a container, in place of what it said of the constraint before."""
        held = self.assets[call].setdefault("orgPolicy", [])
        named = f"constraints/{constraint}"
        held[:] = [one for one in held if one["constraint"] != named] + [{"constraint": named, **policy}]

    def bucket(self, name: str, project: str, data: Mapping[str, Any], *bindings: dict[str, Any]) -> None:
        """A bucket with every switch on: one way to let in, nobody public, versions kept, everything encrypted by its own key."""
        restricted = {"restrictionMode": "FullyRestricted"}
        settings = {
            "name": name,
            "projectNumber": NUMBERS[project],
            "location": PLACE.upper(),
            "locationType": "region",
            "timeCreated": LONG_AGO,
            "labels": dict(LABELS),
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": True},
                "publicAccessPrevention": "enforced",
            },
            "encryption": {
                "defaultKmsKeyName": key_name(name),
                "googleManagedEncryptionEnforcementConfig": dict(restricted),
                "customerSuppliedEncryptionEnforcementConfig": dict(restricted),
            },
            "versioning": {"enabled": True},
            "softDeletePolicy": {"retentionDurationSeconds": str(7 * DAY)},
            "retentionPolicy": {"retentionPeriod": str(400 * DAY), "isLocked": True},
            **data,
        }
        self.add(f"bucket {name}", f"{GCS}/Bucket {name}", project, settings, *bindings)

    def key(self, name: str, *users: str, path: str | None = None) -> None:
        """A key of weights or of whatever stands beside them: in an HSM, rotated, used by service agents alone.

        Args:
            path: its own name, where it lies outside the ring of all others.
        """
        path = path or key_name(name)
        data = {
            "name": path,
            "purpose": "ENCRYPT_DECRYPT",
            "rotationPeriod": f"{90 * DAY}s",
            "nextRotationTime": "2027-01-01T00:00:00Z",
            "destroyScheduledDuration": f"{30 * DAY}s",
            "versionTemplate": {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
            "primary": _version(path),
        }
        use = binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", *users)
        self.add(f"key {name}", f"{KMS}/CryptoKey {path}", KEYS, data, use)
        version = _version(path)
        self.add(f"version {name}", f"{KMS}/CryptoKeyVersion {version['name']}", KEYS, version)


def _version(key: str) -> dict[str, Any]:
    return {"name": f"{key}/cryptoKeyVersions/1", "state": "ENABLED", "protectionLevel": "HSM"}


def above(project: str | None = None) -> list[str]:
    """What something lies in, innermost first."""
    return [ORGANISATION] if project is None else [f"projects/{NUMBERS[project]}", FOLDER, ORGANISATION]


def ring() -> str:
    return f"projects/{KEYS}/locations/{PLACE}/keyRings/weights"


def key_name(name: str) -> str:
    return f"{ring()}/cryptoKeys/{name}"


def email(account: str, project: str) -> str:
    return f"{account}@{project}.iam.gserviceaccount.com"


def account(name: str, project: str) -> str:
    """A service account as policies write it."""
    return f"serviceAccount:{email(name, project)}"


def agent(service: str, project: str) -> str:
    """A service's agent in a project: ``gs-project-accounts``, ``compute-system``."""
    return f"serviceAccount:service-{NUMBERS[project]}@{service}.iam.gserviceaccount.com"


def person(name: str, domain: str = DOMAIN) -> str:
    return f"user:{name}@{domain}"


def binding(role: str, *members: str) -> dict[str, Any]:
    """A binding of an allow policy."""
    return {"role": role, "members": list(members)}


def attached(container: str) -> str:
    """Where the deny policies of a container are: ``policies/cloudresourcemanager.googleapis.com%2F.../denypolicies``."""
    return f"policies/{quote(f'{RM}/{container}', safe='')}/denypolicies"
