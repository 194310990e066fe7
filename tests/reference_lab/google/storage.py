"""Buckets of weights and of logs, the keys that they are encrypted with, and the objects that were listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.google.names import (
    GCS,
    KEYS,
    KMS,
    LABELS,
    LOGS,
    LONG_AGO,
    NUMBERS,
    PLACE,
    RESEARCH,
    SERVING,
    TRAINING,
    Asset,
    above,
    account,
    agent,
    asset,
    binding,
    key_name,
    policy,
    ring,
)

STORES = {
    "atlas-gc-release": SERVING,
    "atlas-gc-checkpoints": TRAINING,
    "atlas-gc-eval": RESEARCH,
    "atlas-gc-logs": LOGS,
}
"""Bucket -> its project."""
BOUND = {
    "atlas-gc-release": (
        binding("roles/storage.objectViewer", account("server", SERVING)),
        binding("roles/storage.objectCreator", account("publisher", TRAINING)),
    ),
    "atlas-gc-checkpoints": (binding("roles/storage.objectUser", account("trainer", TRAINING)),),
    "atlas-gc-eval": (binding("roles/storage.objectViewer", account("trainer", TRAINING)),),
    "atlas-gc-logs": (),
}
WEIGHTS = (
    ("atlas-gc-release", "atlas-1/", "model-00001-of-00002.safetensors", "safetensors"),
    ("atlas-gc-release", "atlas-1/", "model-00002-of-00002.safetensors", "safetensors"),
    ("atlas-gc-checkpoints", "checkpoints/run-17/", "model.safetensors", "safetensors"),
    ("atlas-gc-eval", "probe/", "model.safetensors", "safetensors"),
)
_DAY = 86_400


def key_of(bucket: str) -> str:
    """The name of the key that a bucket's objects are encrypted with."""
    return bucket.removeprefix("atlas-gc-")


def buckets() -> Iterator[tuple[str, Asset]]:
    """The buckets, by the names that examples call them."""
    for name, project in STORES.items():
        data: dict[str, Any] = {
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
                "defaultKmsKeyName": key_name(key_of(name)),
                "googleManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
                "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
            },
            "versioning": {"enabled": True},
            "softDeletePolicy": {"retentionDurationSeconds": str(7 * _DAY)},
            "lifecycle": {"rule": [*_rules(name)]},
        }
        if name != "atlas-gc-checkpoints":
            data["retentionPolicy"] = {"retentionPeriod": str(400 * _DAY), "isLocked": True}
        else:
            data["retentionPolicy"] = {"retentionPeriod": str(10 * _DAY), "isLocked": True}
        yield (
            f"bucket {name}",
            asset(
                f"//{GCS}/{name}", f"{GCS}/Bucket", above(project), data, policy(*BOUND[name]), location=PLACE
            ),
        )


def _rules(bucket: str) -> Iterator[dict[str, Any]]:
    yield {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}
    if bucket == "atlas-gc-checkpoints":
        yield {"action": {"type": "Delete"}, "condition": {"age": 90, "matchesPrefix": ["checkpoints/"]}}
        yield {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}}


def keys() -> Iterator[tuple[str, Asset]]:
    """A key ring with a key for each bucket; the bucket's service agent alone uses it."""
    yield (
        "ring",
        asset(f"//{KMS}/{ring()}", f"{KMS}/KeyRing", above(KEYS), {"name": ring()}, policy(), location=PLACE),
    )
    for bucket, project in STORES.items():
        name = key_name(key_of(bucket))
        data = {
            "name": name,
            "purpose": "ENCRYPT_DECRYPT",
            "rotationPeriod": f"{90 * _DAY}s",
            "nextRotationTime": "2026-12-01T00:00:00Z",
            "destroyScheduledDuration": f"{30 * _DAY}s",
            "versionTemplate": {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
            "primary": {
                "name": f"{name}/cryptoKeyVersions/2",
                "state": "ENABLED",
                "protectionLevel": "HSM",
            },
        }
        use = policy(binding("roles/cloudkms.cryptoKeyEncrypterDecrypter", agent(project)))
        yield (
            f"key {key_of(bucket)}",
            asset(f"//{KMS}/{name}", f"{KMS}/CryptoKey", above(KEYS), data, use, location=PLACE),
        )
        for number, state in (("1", "ENABLED"), ("2", "ENABLED")):
            version = f"{name}/cryptoKeyVersions/{number}"
            told = {"name": version, "state": state, "protectionLevel": "HSM"}
            yield (
                f"version {key_of(bucket)}/{number}",
                asset(f"//{KMS}/{version}", f"{KMS}/CryptoKeyVersion", above(KEYS), told, location=PLACE),
            )


def weight_row(bucket: str, prefix: str, name: str, form: str) -> dict[str, Any]:
    """A listed object whose header was read."""
    return {
        "store": f"gs://{bucket}",
        "key": prefix + name,
        "bytes": 5_000_000_000,
        "format": form,
        "confidence": "header",
        "weight_set": f"gs://{bucket}/{prefix}",
        "parameters": 2_500_000_000,
        "note": None,
        "last_modified": LONG_AGO,
        "storage_class": "STANDARD",
        "encryption": None,
        "kms_key": key_name(key_of(bucket)) if bucket in STORES else None,
        "examined": "header",
    }


def objects() -> Iterator[dict[str, Any]]:
    """Rows of everything that lies in the buckets."""
    for row in WEIGHTS:
        yield weight_row(*row)
