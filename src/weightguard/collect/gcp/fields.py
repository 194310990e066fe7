"""Which fields of a resource enter a snapshot, by asset type: those that a reader, a decision or a rule asks for.

Of a type that is not in the table nothing but its name and its policy does: its fields may hold anything.

Source: Cloud Asset Inventory, "Supported asset types", and the REST reference of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.calls.keeping import kept
from weightguard.collect.gcp.around import AROUND

METADATA_KEYS: Final = frozenset(
    {
        "block-project-ssh-keys",
        "disable-legacy-endpoints",
        "enable-guest-attributes",
        "enable-osconfig",
        "enable-oslogin",
        "serial-port-enable",
    }
)
"""Keys of a machine's metadata that are switches: the values of others (scripts, keys of people) enter no snapshot."""
NOTEBOOK_KEYS: Final = ("notebook-disable-downloads", "notebook-disable-root", "notebook-disable-terminal")
"""Switches of a notebook machine."""
_POOL: Final = ("name", "displayName", "state", "disabled", "parent")
_NODES: Final = (
    "serviceAccount",
    "oauthScopes",
    "workloadMetadataConfig.mode",
    "workloadMetadataConfig.nodeMetadata",
)
_KEEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudresourcemanager.googleapis.com/Organization": (
        "name", "displayName", "lifecycleState", "state", "owner.directoryCustomerId", "directoryCustomerId",
    ),
    "cloudresourcemanager.googleapis.com/Folder": ("name", "displayName", "parent", "lifecycleState", "state"),
    "cloudresourcemanager.googleapis.com/Project": (
        "projectId", "projectNumber", "name", "displayName", "lifecycleState", "state", "parent.*", "labels.*", "createTime",
    ),
    "cloudresourcemanager.googleapis.com/TagKey": ("name", "namespacedName", "shortName", "parent"),
    "cloudresourcemanager.googleapis.com/TagValue": ("name", "namespacedName", "shortName", "parent"),
    "cloudresourcemanager.googleapis.com/TagBinding": (
        "name", "parent", "tagValue", "tagValueNamespacedName",
    ),
    "storage.googleapis.com/Bucket": (
        "name", "id", "location", "locationType", "projectNumber", "storageClass", "timeCreated", "iamConfiguration.*", "acl.*",
        "defaultObjectAcl.*", "encryption.*", "versioning.*", "softDeletePolicy.*", "retentionPolicy.*", "defaultEventBasedHold",
        "objectRetention.*", "logging.*", "lifecycle.*", "labels.*", "ipFilter.*", "hierarchicalNamespace.*", "rpo",
    ),
    "privilegedaccessmanager.googleapis.com/Entitlement": (
        "name", "state", "eligibleUsers.principals", "privilegedAccess.gcpIamAccess.resource",
        "privilegedAccess.gcpIamAccess.roleBindings.*", "approvalWorkflow.manualApprovals.steps.approvers.principals",
        "approvalWorkflow.manualApprovals.steps.approvalsNeeded", "maxRequestDuration",
    ),
    "storage.googleapis.com/ManagedFolder": ("name", "bucket"),
    "iam.googleapis.com/ServiceAccount": (
        "name", "projectId", "uniqueId", "email", "displayName", "disabled",
    ),
    "iam.googleapis.com/ServiceAccountKey": (
        "name", "keyType", "keyOrigin", "validAfterTime", "validBeforeTime", "disabled", "keyAlgorithm",
    ),
    "iam.googleapis.com/Role": ("name", "title", "includedPermissions", "stage", "deleted"),
    "iam.googleapis.com/WorkloadIdentityPool": _POOL,
    "iam.googleapis.com/WorkforcePool": _POOL,
    "iam.googleapis.com/WorkloadIdentityPoolProvider": (
        *_POOL, "attributeMapping.*", "attributeCondition", "aws.accountId", "oidc.issuerUri", "oidc.allowedAudiences", "x509.kind",
        "saml.kind",
    ),
    "iam.googleapis.com/WorkforcePoolProvider": (
        *_POOL, "attributeMapping.*", "attributeCondition", "oidc.issuerUri", "saml.kind",
    ),
    "compute.googleapis.com/Instance": (
        "name", "id", "status", "zone", "serviceAccounts.*", "serviceAccount.*", "metadata.items.*", "confidentialInstanceConfig.*",
        "shieldedInstanceConfig.*", "networkInterfaces.network", "networkInterfaces.subnetwork",
        "networkInterfaces.accessConfigs.name",
        "networkInterfaces.accessConfigs.type", "networkInterfaces.ipv6AccessConfigs.name", "canIpForward", "labels.*",
        "disks.source", "disks.boot", "scheduling.nodeAffinities.*",
    ),
    "compute.googleapis.com/InstanceTemplate": ("name", "properties.serviceAccounts.*"),
    "compute.googleapis.com/Project": ("name", "defaultServiceAccount", "commonInstanceMetadata.items.*"),
    "run.googleapis.com/Service": (
        "name", "metadata.name", "ingress", "template.serviceAccount", "spec.template.spec.serviceAccountName",
    ),
    "run.googleapis.com/Job": (
        "name", "metadata.name", "template.template.serviceAccount", "spec.template.spec.template.spec.serviceAccountName",
    ),
    "run.googleapis.com/WorkerPool": ("name", "template.serviceAccount"),
    "cloudfunctions.googleapis.com/CloudFunction": (
        "name", "status", "serviceAccountEmail", "ingressSettings", "sourceArchiveUrl",
    ),
    "cloudfunctions.googleapis.com/Function": (
        "name", "state", "environment", "serviceConfig.serviceAccountEmail", "serviceConfig.service",
        "serviceConfig.ingressSettings", "buildConfig.serviceAccount", "buildConfig.source.storageSource.bucket",
    ),
    "container.googleapis.com/Cluster": (
        "name", "location", "zone", "status", "selfLink", "autopilot.enabled", "workloadIdentityConfig.*",
        *(f"nodeConfig.{field}" for field in _NODES), "nodePools.name", *(f"nodePools.config.{field}" for field in _NODES),
        "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", "privateClusterConfig.*", "databaseEncryption.*",
    ),
    "container.googleapis.com/NodePool": ("name", *(f"config.{field}" for field in _NODES)),
    "dataproc.googleapis.com/Cluster": (
        "clusterName", "config.gceClusterConfig.serviceAccount", "config.gceClusterConfig.serviceAccountScopes",
    ),
    "composer.googleapis.com/Environment": (
        "name", "state", "config.nodeConfig.serviceAccount", "config.dagGcsPrefix", "storageConfig.bucket",
    ),
    "notebooks.googleapis.com/Instance": (
        "name", "state", "serviceAccount", "noPublicIp", "gceSetup.serviceAccounts.*", "gceSetup.disablePublicIp",
        *(f"{place}metadata.{key}" for place in ("", "gceSetup.") for key in NOTEBOOK_KEYS),
    ),
    "workflows.googleapis.com/Workflow": ("name", "state", "serviceAccount"),
    "workstations.googleapis.com/WorkstationConfig": ("name", "host.gceInstance.serviceAccount"),
    "cloudscheduler.googleapis.com/Job": ("name", "state", "httpTarget.oauthToken.serviceAccountEmail"),
    "cloudbuild.googleapis.com/BuildTrigger": ("name", "id", "serviceAccount", "disabled"),
    "dataflow.googleapis.com/Job": (
        "name", "id", "currentState", "environment.serviceAccountEmail",
    ),
    "batch.googleapis.com/Job": ("name", "allocationPolicy.serviceAccount.email"),
    "aiplatform.googleapis.com/CustomJob": ("name", "state", "jobSpec.serviceAccount", "encryptionSpec.*"),
    "aiplatform.googleapis.com/PipelineJob": ("name", "state", "serviceAccount", "encryptionSpec.*"),
    "aiplatform.googleapis.com/Endpoint": ("name", "deployedModels.serviceAccount", "encryptionSpec.*"),
    "aiplatform.googleapis.com/Model": ("name", "artifactUri", "encryptionSpec.*"),
    "appengine.googleapis.com/Application": ("name", "id", "serviceAccount", "servingStatus"),
    "appengine.googleapis.com/Version": ("name", "id", "serviceAccount", "servingStatus"),
    "datafusion.googleapis.com/Instance": ("name", "dataprocServiceAccount", "serviceAccount"),
    "bigquery.googleapis.com/Connection": (
        "name", "cloudResource.serviceAccountId", "spark.serviceAccountId",
    ),
    "bigqueryconnection.googleapis.com/Connection": (
        "name", "cloudResource.serviceAccountId", "spark.serviceAccountId",
    ),
    "secretmanager.googleapis.com/Secret": ("name", "createTime", "replication.*"),
    "cloudkms.googleapis.com/KeyRing": ("name",),
    "cloudkms.googleapis.com/CryptoKey": (
        "name", "purpose", "primary.name", "primary.state", "primary.protectionLevel", "versionTemplate.*", "rotationPeriod",
        "nextRotationTime", "destroyScheduledDuration", "importOnly", "labels.*", "cryptoKeyBackend",
    ),
    "cloudkms.googleapis.com/CryptoKeyVersion": ("name", "state", "protectionLevel", "destroyTime", "importJob"),
    "orgpolicy.googleapis.com/Policy": ("name", "spec.*"),
    "serviceusage.googleapis.com/Service": ("name", "state"),
    "logging.googleapis.com/LogSink": (
        "name", "destination", "disabled", "includeChildren", "filter", "exclusions.name", "exclusions.disabled",
    ),
    **AROUND,
    "accesscontextmanager.googleapis.com/ServicePerimeter": ("*",),
    "accesscontextmanager.googleapis.com/AccessLevel": ("*",),
    "accesscontextmanager.googleapis.com/AccessPolicy": ("*",),
}  # fmt: skip


def fields_of(asset_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What of a resource is kept."""
    keeps = _KEEPS.get(asset_type, ())
    if keeps == ("*",):
        return dict(data)
    return _without_scripts(kept(data, keeps))


def _without_scripts(data: dict[str, Any]) -> dict[str, Any]:
    """A machine's or project's metadata with its switches alone."""
    for name in ("metadata", "commonInstanceMetadata"):
        held = data.get(name)
        if isinstance(held, dict):
            items = held.get("items")
            data[name] = {"items": [_switch(item) for item in items] if isinstance(items, list) else []}
    return data


def _switch(item: object) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {}
    key = item.get("key")
    return {"key": key, "value": item.get("value")} if key in METADATA_KEYS else {"key": key}


def camel(value: Any) -> Any:
    """A policy with its members named as the REST API names them, however the export writes them."""
    if isinstance(value, list):
        return [camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {_camel(str(name)): camel(one) for name, one in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
