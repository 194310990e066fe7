"""The organisation with its constraints, its projects, and the people and machines that have accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from reference_lab.google.names import (
    DOMAIN,
    FOLDER,
    IAM,
    NUMBERS,
    ORGANISATION,
    RM,
    SERVING,
    TRAINING,
    Asset,
    above,
    asset,
    binding,
    email,
    policy,
)

ENFORCED = (
    "storage.publicAccessPrevention",
    "storage.uniformBucketLevelAccess",
    "storage.secureHttpTransport",
    "iam.disableServiceAccountKeyCreation",
)
LISTS = {
    "gcp.restrictTLSVersion": {"denied_values": ["TLS_VERSION_1", "TLS_VERSION_1_1"]},
    "storage.restrictAuthTypes": {"denied_values": ["in:ALL_HMAC_SIGNED_REQUESTS"]},
    "gcp.restrictCmekCryptoKeyProjects": {"allowed_values": [f"under:{ORGANISATION}"]},
    "gcp.resourceLocations": {"allowed_values": ["in:europe-west4-locations"]},
    "gcp.restrictServiceUsage": {
        "denied_values": ["storagetransfer.googleapis.com", "bigquerydatatransfer.googleapis.com"]
    },
    "compute.storageResourceUseRestrictions": {"allowed_values": [f"under:{ORGANISATION}"]},
}
AUDITORS = f"group:auditors@{DOMAIN}"
GROUPS = [
    {"group": f"auditors@{DOMAIN}", "members": [f"user:ada@{DOMAIN}"]},
    {"group": f"break-glass@{DOMAIN}", "members": [f"user:seal@{DOMAIN}"]},
]
GUARDS = {
    "name": f"policies/{quote(f'{RM}/{ORGANISATION}', safe='')}/denypolicies/guards",
    "displayName": "guards",
    "rules": [
        {
            "denyRule": {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "exceptionPrincipals": [f"principalSet://goog/group/break-glass@{DOMAIN}"],
                "deniedPermissions": [
                    "cloudkms.googleapis.com/cryptoKeyVersions.destroy",
                    "logging.googleapis.com/sinks.delete",
                    "logging.googleapis.com/sinks.update",
                    "orgpolicy.googleapis.com/policy.set",
                    "securitycentermanagement.googleapis.com/securityCenterServices.update",
                ],
            }
        }
    ],
}
"""What nobody but a sealed identity may undo."""
ACCOUNTS = {"server": SERVING, "publisher": TRAINING, "trainer": TRAINING}
"""Service account -> its project."""


def containers() -> Iterator[tuple[str, Asset]]:
    """The organisation, its folder and its projects, by the names that examples call them."""
    constraints: list[dict[str, Any]] = [
        {"constraint": f"constraints/{one}", "boolean_policy": {"enforced": True}} for one in ENFORCED
    ]
    constraints += [{"constraint": f"constraints/{one}", "list_policy": held} for one, held in LISTS.items()]
    auditing = policy(binding("roles/iam.securityReviewer", AUDITORS), audit=True)
    yield "organisation", asset(
        f"//{RM}/{ORGANISATION}", f"{RM}/Organization", [ORGANISATION],
        {"name": ORGANISATION, "displayName": DOMAIN, "owner": {"directoryCustomerId": "C0atlas01"}}, auditing, org=constraints,
    )  # fmt: skip
    yield "folder", asset(
        f"//{RM}/{FOLDER}", f"{RM}/Folder", above(), {"name": FOLDER, "displayName": "models", "parent": ORGANISATION}, policy(),
    )  # fmt: skip
    for project, number in NUMBERS.items():
        data = {
            "projectId": project,
            "projectNumber": number,
            "lifecycleState": "ACTIVE",
            "parent": {"type": "folder", "id": FOLDER.removeprefix("folders/")},
        }
        yield (
            f"project {project}",
            asset(f"//{RM}/projects/{number}", f"{RM}/Project", above(project), data, policy()),
        )


def accounts() -> Iterator[tuple[str, Asset]]:
    """The service accounts; nobody may act as them."""
    for number, (name, project) in enumerate(ACCOUNTS.items(), start=1):
        address = email(name, project)
        data = {
            "name": f"projects/{project}/serviceAccounts/{address}",
            "projectId": project,
            "email": address,
            "uniqueId": f"1000{number}",
            "displayName": name,
        }
        full = f"//{IAM}/projects/{project}/serviceAccounts/1000{number}"
        yield f"account {name}", asset(full, f"{IAM}/ServiceAccount", above(project), data, policy())


ACCESS = "accessPolicies/5005"


def perimeter() -> Iterator[tuple[str, Asset]]:
    """The perimeter around every project, which nothing crosses."""
    inside = {
        "name": f"{ACCESS}/servicePerimeters/weights",
        "title": "weights",
        "status": {
            "resources": [f"projects/{number}" for number in NUMBERS.values()],
            "restrictedServices": ["storage.googleapis.com", "cloudkms.googleapis.com"],
            "ingressPolicies": [],
            "egressPolicies": [],
        },
    }
    yield "perimeter", {
        "name": f"//{RM}/{ORGANISATION}", "asset_type": f"{RM}/Organization", "ancestors": [ORGANISATION],
        "service_perimeter": inside,
    }  # fmt: skip
