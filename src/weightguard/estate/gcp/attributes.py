"""Which fields of a resource of Google Cloud's the estate holds, by kind of record: those that a decision or a rule asks for.

Source: the REST reference of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TAG: Final = ("name", "namespacedName", "shortName", "parent")
_CONNECTION: Final = ("cloudResource.serviceAccountId", "spark.serviceAccountId")
ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "privilegedaccessmanager.entitlement": (
        "state", "eligibleUsers", "privilegedAccess.gcpIamAccess.resource", "privilegedAccess.gcpIamAccess.roleBindings",
    ),
    "cloudresourcemanager.tag_key": _TAG,
    "cloudresourcemanager.tag_value": _TAG,
    "cloudresourcemanager.tag_binding": ("name", "parent", "tagValue", "tagValueNamespacedName"),
    "bigquery.connection": _CONNECTION,
    "bigqueryconnection.connection": _CONNECTION,
    "storagetransfer.transfer_job": (
        "status", "serviceAccount", "transferSpec.gcsDataSource.bucketName", "transferSpec.gcsDataSink.bucketName",
        "transferSpec.posixDataSink.rootDirectory", "transferSpec.sinkAgentPoolName", "replicationSpec.gcsDataSource.bucketName",
        "replicationSpec.gcsDataSink.bucketName",
    ),
    "accesscontextmanager.access_policy": ("parent", "scopes"),
    "compute.project": ("defaultServiceAccount",),
    "compute.instance_template": ("properties.serviceAccounts",),
    "compute.disk": ("diskEncryptionKey.kmsKeyName",),
    "compute.region_disk": ("diskEncryptionKey.kmsKeyName",),
    "compute.image": ("imageEncryptionKey.kmsKeyName",),
    "compute.machine_image": ("machineImageEncryptionKey.kmsKeyName",),
    "compute.snapshot": ("snapshotEncryptionKey.kmsKeyName",),
    "compute.firewall": (
        "network", "direction", "priority", "disabled", "sourceRanges", "sourceTags", "sourceServiceAccounts", "destinationRanges",
        "targetTags", "targetServiceAccounts", "allowed", "denied",
    ),
    "compute.firewall_policy": ("parent", "associations", "rules"),
    "compute.network": ("selfLink", "peerings"),
    "compute.subnetwork": ("selfLink", "network", "purpose", "enableFlowLogs", "logConfig.enable"),
    "compute.router": ("network", "nats"),
    "compute.global_forwarding_rule": ("network", "target", "loadBalancingScheme"),
    "file.instance": ("protocol", "fileShares", "networks"),
    "file.backup": ("sourceInstance",),
    "lustre.instance": ("network",),
    "backupdr.backup_vault": (
        "accessRestriction", "effectiveTime", "backupMinimumEnforcedRetentionDuration", "encryptionConfig.kmsKeyName",
    ),
    "serviceusage.service": ("state",),
    "logging.log_sink": ("destination", "disabled", "includeChildren", "filter", "exclusions"),
    "logging.log_bucket": ("lifecycleState", "locked", "retentionDays", "cmekSettings.kmsKeyName"),
    "securitycentermanagement.security_center_service": ("intendedEnablementState", "effectiveEnablementState"),
    "cloudasset.feed": ("assetNames", "assetTypes", "contentType", "condition.expression"),
    "artifactregistry.repository": (
        "format", "mode", "kmsKeyName", "dockerConfig.immutableTags", "vulnerabilityScanningConfig.enablementConfig",
        "vulnerabilityScanningConfig.enablementState",
    ),
    "aiplatform.model": ("artifactUri", "encryptionSpec.kmsKeyName"),
}  # fmt: skip
"""Kind of record -> dotted paths."""
