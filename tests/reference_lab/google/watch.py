"""Where logs go, and the machines that serve and train."""

from __future__ import annotations

from collections.abc import Iterator

from reference_lab.google.names import (
    COMPUTE,
    LOGGING,
    NUMBERS,
    ORGANISATION,
    PLACE,
    SERVING,
    TRAINING,
    Asset,
    above,
    asset,
    email,
    key_name,
    policy,
)

DEFAULT_FILTER = (
    'NOT LOG_ID("cloudaudit.googleapis.com/activity") AND NOT LOG_ID("externalaudit.googleapis.com/activity") AND '
    'NOT LOG_ID("cloudaudit.googleapis.com/system_event") AND NOT LOG_ID("externalaudit.googleapis.com/system_event") AND '
    'NOT LOG_ID("cloudaudit.googleapis.com/access_transparency") AND '
    'NOT LOG_ID("externalaudit.googleapis.com/access_transparency")'
)
"""The filter that every project's sink _Default is made with."""


def sinks() -> Iterator[tuple[str, Asset]]:
    """The sinks that every project is born with."""
    for project in NUMBERS:
        for name, told in (("_Default", {"filter": DEFAULT_FILTER}), ("_Required", {})):
            data = {
                "name": name,
                "destination": f"logging.googleapis.com/projects/{project}/locations/global/buckets/{name}",
                **told,
            }
            full = f"//{LOGGING}/projects/{NUMBERS[project]}/sinks/{name}"
            yield f"sink {project}/{name}", asset(full, f"{LOGGING}/LogSink", above(project), data)
            place = f"projects/{project}/locations/global/buckets/{name}"
            kept = {
                "name": place,
                "lifecycleState": "ACTIVE",
                "locked": True,
                "retentionDays": 400,
                "cmekSettings": {"kmsKeyName": key_name("disks")},
            }
            yield (
                f"log bucket {project}/{name}",
                asset(f"//{LOGGING}/{place}", f"{LOGGING}/LogBucket", above(project), kept),
            )
    audit = {
        "name": "audit",
        "destination": "storage.googleapis.com/atlas-gc-logs",
        "includeChildren": True,
        "filter": DEFAULT_FILTER.partition(" AND ")[2],
    }
    full = f"//{LOGGING}/{ORGANISATION}/sinks/audit"
    yield "sink organisation/audit", asset(full, f"{LOGGING}/LogSink", [ORGANISATION], audit)


def machines() -> Iterator[tuple[str, Asset]]:
    """A machine that serves and one that trains, each with an account of its own."""
    for name, project, account in (("server", SERVING, "server"), ("trainer", TRAINING, "trainer")):
        data = {
            "name": name,
            "status": "RUNNING",
            "zone": f"{PLACE}-a",
            "serviceAccounts": [
                {
                    "email": email(account, project),
                    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
                }
            ],
            "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}]},
            "networkInterfaces": [
                {
                    "network": f"projects/{project}/global/networks/weights",
                    "subnetwork": f"projects/{project}/regions/{PLACE}/subnetworks/weights",
                }
            ],
            "shieldedInstanceConfig": {
                "enableSecureBoot": True,
                "enableVtpm": True,
                "enableIntegrityMonitoring": True,
            },
            "confidentialInstanceConfig": {"confidentialInstanceType": "SEV_SNP"},
            "scheduling": {
                "nodeAffinities": [
                    {"key": "compute.googleapis.com/node-group-name", "operator": "IN", "values": ["weights"]}
                ]
            },
        }
        full = f"//{COMPUTE}/projects/{project}/zones/{PLACE}-a/instances/{name}"
        yield f"machine {name}", asset(full, f"{COMPUTE}/Instance", above(project), data, policy())
