"""Which fields enter a snapshot of what stands around weights: networks, copies of disks, backups, logs, and what watches.

Sources: REST references of Compute Engine, Filestore, Managed Lustre, Backup and DR, Cloud Logging, Security Center Management and
Cloud Asset Inventory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_RULE: Final = ("IPProtocol", "ports")
_DISK: Final = ("name", "status", "zone", "region", "sizeGb", "labels.*")
_MATCH: Final = ("srcIpRanges", "destIpRanges", "layer4Configs.ipProtocol", "layer4Configs.ports")


def _key(name: str) -> tuple[str, str]:
    """A key's name, and of one that the caller brings the digest; never the key."""
    return f"{name}.kmsKeyName", f"{name}.sha256"


AROUND: Final[Mapping[str, tuple[str, ...]]] = {
    "compute.googleapis.com/Disk": (*_DISK, *_key("diskEncryptionKey")),
    "compute.googleapis.com/RegionDisk": (*_DISK, *_key("diskEncryptionKey")),
    "compute.googleapis.com/Image": ("name", "status", "diskSizeGb", "labels.*", *_key("imageEncryptionKey")),
    "compute.googleapis.com/MachineImage": ("name", "status", "labels.*", *_key("machineImageEncryptionKey")),
    "compute.googleapis.com/Snapshot": ("name", "status", "diskSizeGb", "labels.*", *_key("snapshotEncryptionKey")),
    "compute.googleapis.com/Firewall": (
        "name", "network", "direction", "priority", "disabled", "sourceRanges", "destinationRanges", "targetTags",
        "targetServiceAccounts", "sourceTags", "sourceServiceAccounts", *(f"allowed.{one}" for one in _RULE),
        *(f"denied.{one}" for one in _RULE),
    ),
    "compute.googleapis.com/FirewallPolicy": (
        "name", "shortName", "parent", "associations.attachmentTarget", "rules.action", "rules.direction", "rules.disabled",
        "rules.priority", *(f"rules.match.{one}" for one in _MATCH),
    ),
    "compute.googleapis.com/Network": ("name", "selfLink", "peerings.name", "peerings.network", "peerings.state"),
    "compute.googleapis.com/Subnetwork": (
        "name", "selfLink", "network", "purpose", "privateIpGoogleAccess", "enableFlowLogs", "logConfig.enable",
    ),
    "compute.googleapis.com/Router": ("name", "network", "nats.name", "nats.type"),
    "compute.googleapis.com/GlobalForwardingRule": ("name", "network", "target", "IPAddress", "loadBalancingScheme"),
    "file.googleapis.com/Instance": (
        "name", "tier", "state", "protocol", "kmsKeyName", "labels.*", "fileShares.name", "fileShares.nfsExportOptions.*",
        "networks.network",
    ),
    "file.googleapis.com/Backup": ("name", "state", "kmsKey", "sourceInstance", "labels.*"),
    "lustre.googleapis.com/Instance": ("name", "state", "network", "labels.*"),
    "backupdr.googleapis.com/BackupVault": (
        "name", "state", "accessRestriction", "effectiveTime", "backupMinimumEnforcedRetentionDuration",
        "encryptionConfig.kmsKeyName", "labels.*",
    ),
    "logging.googleapis.com/LogBucket": ("name", "lifecycleState", "locked", "retentionDays", "cmekSettings.kmsKeyName"),
    "securitycentermanagement.googleapis.com/SecurityCenterService": (
        "name", "intendedEnablementState", "effectiveEnablementState",
    ),
    "cloudasset.googleapis.com/Feed": ("name", "assetNames", "assetTypes", "contentType", "condition.expression"),
    "artifactregistry.googleapis.com/Repository": (
        "name", "format", "mode", "kmsKeyName", "dockerConfig.immutableTags", "vulnerabilityScanningConfig.enablementConfig",
        "vulnerabilityScanningConfig.enablementState",
    ),
    "aiplatform.googleapis.com/NotebookRuntime": (
        "name", "runtimeState", "runtimeUser", "serviceAccount", "networkSpec.enableInternetAccess", "encryptionSpec.*",
    ),
    "aiplatform.googleapis.com/ReasoningEngine": ("name", "spec.serviceAccount", "encryptionSpec.*"),
    "storagetransfer.googleapis.com/TransferJob": (
        "name", "projectId", "status", "serviceAccount", "transferSpec.gcsDataSource.bucketName",
        "transferSpec.gcsDataSink.bucketName", "transferSpec.posixDataSink.rootDirectory", "transferSpec.sinkAgentPoolName",
        "replicationSpec.gcsDataSource.bucketName", "replicationSpec.gcsDataSink.bucketName",
    ),
}  # fmt: skip
"""Asset type -> the fields."""
