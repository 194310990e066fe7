"""Build the hardened lab: a Google Cloud organisation that keeps model weights as the catalogue asks up to level SL3.

`weaknesses` then plants what makes the demonstration lab weak.
"""

from __future__ import annotations

from typing import Any, Final

from weightguard.demo.gcp import around
from weightguard.demo.gcp.lab import (
    ARCHIVE,
    CHECKPOINTS,
    DAY,
    DOMAIN,
    FOLDER,
    IAM,
    KEYS,
    KMS,
    LOG_BUCKET,
    NUMBERS,
    ORGANISATION,
    RELEASE,
    RM,
    SERVING,
    STORES,
    Lab,
    WeightStore,
    account,
    agent,
    attached,
    binding,
    email,
    person,
    ring,
)
from weightguard.demo.models import lab_files

ENFORCED: Final = (
    "storage.publicAccessPrevention",
    "storage.uniformBucketLevelAccess",
    "storage.secureHttpTransport",
    "iam.disableServiceAccountKeyCreation",
)
_LISTS: Final = {
    "gcp.restrictTLSVersion": {"deniedValues": ["TLS_VERSION_1", "TLS_VERSION_1_1"]},
    "storage.restrictAuthTypes": {"deniedValues": ["in:ALL_HMAC_SIGNED_REQUESTS"]},
    "gcp.restrictCmekCryptoKeyProjects": {"allowedValues": [f"under:{ORGANISATION}"]},
    "gcp.resourceLocations": {"allowedValues": ["in:europe-west4-locations"]},
    "gcp.restrictServiceUsage": {
        "deniedValues": ["storagetransfer.googleapis.com", "bigquerydatatransfer.googleapis.com"]
    },
    "compute.storageResourceUseRestrictions": {"allowedValues": [f"under:{ORGANISATION}"]},
}
GUARDED: Final = (
    "cloudkms.googleapis.com/cryptoKeyVersions.destroy",
    "logging.googleapis.com/sinks.delete",
    "logging.googleapis.com/sinks.update",
    "orgpolicy.googleapis.com/policy.set",
    "securitycentermanagement.googleapis.com/securityCenterServices.update",
)
"""What nobody but a sealed identity may undo."""
POOL: Final = f"projects/{NUMBERS[SERVING]}/locations/global/workloadIdentityPools/github"
PIPELINE: Final = "repo:aurora/release:environment:production"


def _containers(lab: Lab) -> None:
    auditors = binding("roles/iam.securityReviewer", f"group:auditors@{DOMAIN}")
    named = {"name": ORGANISATION, "displayName": DOMAIN, "owner": {"directoryCustomerId": "C0aurora1"}}
    lab.add("organisation", f"{RM}/Organization {ORGANISATION}", None, named, auditors, place="global")
    lab.assets["organisation"]["iamPolicy"]["auditConfigs"] = [
        {
            "service": "allServices",
            "auditLogConfigs": [{"logType": one} for one in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
        }
    ]
    for one in ENFORCED:
        lab.constrain("organisation", one, booleanPolicy={"enforced": True})
    for one, held in _LISTS.items():
        lab.constrain("organisation", one, listPolicy=held)
    models = {"name": FOLDER, "displayName": "models", "parent": ORGANISATION}
    lab.add("folder", f"{RM}/Folder {FOLDER}", None, models, place="global")
    lab.assets["folder"]["ancestors"] = [FOLDER, ORGANISATION]
    for project, number in NUMBERS.items():
        data = {
            "projectId": project,
            "projectNumber": number,
            "lifecycleState": "ACTIVE",
            "parent": {"type": "folder", "id": FOLDER.partition("/")[2]},
        }
        lab.add(f"project {project}", f"{RM}/Project projects/{number}", project, data, place="global")


def _guards(lab: Lab) -> None:
    """The deny policy that keeps guardrails in place, the perimeter around every project, and who is in which group."""
    lab.groups[f"auditors@{DOMAIN}"] = [person("ada")]
    lab.groups[f"break-glass@{DOMAIN}"] = [person("seal")]
    rule = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "exceptionPrincipals": [f"principalSet://goog/group/break-glass@{DOMAIN}"],
        "deniedPermissions": list(GUARDED),
    }
    lab.denials["guards"] = {
        "name": f"{attached(ORGANISATION)}/guards",
        "kind": "DenyPolicy",
        "displayName": "guards",
        "rules": [{"denyRule": rule}],
    }
    lab.assets["perimeter"] = {
        "name": f"//{RM}/{ORGANISATION}",
        "assetType": f"{RM}/Organization",
        "ancestors": [ORGANISATION],
        "servicePerimeter": {
            "name": "accessPolicies/5005/servicePerimeters/weights",
            "title": "weights",
            "status": {
                "resources": [f"projects/{number}" for number in NUMBERS.values()],
                "restrictedServices": ["storage.googleapis.com", "cloudkms.googleapis.com"],
                "ingressPolicies": [],
                "egressPolicies": [],
            },
        },
    }


def _account(lab: Lab, name: str, project: str, *bindings: dict[str, Any]) -> None:
    address, id = email(name, project), f"1{NUMBERS[project]}{len(lab.assets):06}"
    data = {
        "name": f"projects/{project}/serviceAccounts/{address}",
        "projectId": project,
        "email": address,
        "uniqueId": id,
        "displayName": name,
    }
    path = f"projects/{project}/serviceAccounts/{id}"
    lab.add(f"account {name}", f"{IAM}/ServiceAccount {path}", project, data, *bindings, place="global")


def _pipeline(lab: Lab) -> None:
    """The pool through which GitHub's workflows come in: those of one repository and environment alone."""
    provider = {
        "name": f"{POOL}/providers/actions",
        "state": "ACTIVE",
        "oidc": {
            "issuerUri": "https://token.actions.githubusercontent.com",
            "allowedAudiences": ["https://sts.googleapis.com"],
        },
        "attributeMapping": {
            "google.subject": "assertion.sub",
            "attribute.repository": "assertion.repository",
        },
        "attributeCondition": "assertion.repository == 'aurora/release'",
    }
    pool = {"name": POOL, "state": "ACTIVE"}
    lab.add("pool", f"{IAM}/WorkloadIdentityPool {POOL}", SERVING, pool, place="global")
    path = f"{POOL}/providers/actions"
    lab.add("pipeline", f"{IAM}/WorkloadIdentityPoolProvider {path}", SERVING, provider, place="global")


def _store(lab: Lab, store: WeightStore) -> None:
    lab.key(store.bucket, agent("gs-project-accounts", store.project))
    reader, writer = account(store.reader, store.project), account(store.writer, store.project)
    roles = [binding("roles/storage.objectViewer", reader), binding("roles/storage.objectCreator", writer)]
    if reader == writer:
        roles = [binding("roles/storage.objectUser", reader)]
    lab.bucket(store.bucket, store.project, _kept(store), *roles)
    _account(lab, store.reader, store.project)
    if store == RELEASE:
        release = binding(
            "roles/iam.workloadIdentityUser", f"principal://iam.googleapis.com/{POOL}/subject/{PIPELINE}"
        )
        _account(lab, store.writer, store.project, release)
    elif reader != writer:
        _account(lab, store.writer, store.project)


def _kept(store: WeightStore) -> dict[str, Any]:
    """How long objects stay; checkpoints go again, and are kept from hasty hands only for a while."""
    aborted = {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}
    if store != CHECKPOINTS:
        return {"lifecycle": {"rule": [aborted]}}
    return {
        "retentionPolicy": {"retentionPeriod": str(10 * DAY), "isLocked": True},
        "lifecycle": {
            "rule": [
                aborted,
                {"action": {"type": "Delete"}, "condition": {"age": 90, "matchesPrefix": ["run-"]}},
                {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}},
            ]
        },
    }


def build() -> Lab:
    """The hardened lab."""
    lab = Lab(objects=lab_files())
    _containers(lab)
    _guards(lab)
    lab.add("ring", f"{KMS}/KeyRing {ring()}", KEYS, {"name": ring()})
    _pipeline(lab)
    for store in STORES:
        _store(lab, store)
    lab.key(LOG_BUCKET, agent("gs-project-accounts", ARCHIVE))
    lab.bucket(LOG_BUCKET, ARCHIVE, {"lifecycle": {"rule": []}})
    lab.objects[LOG_BUCKET] = {}
    around.add(lab)
    return lab
