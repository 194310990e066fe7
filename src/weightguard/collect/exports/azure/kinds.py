"""What of an exported resource enters a snapshot, by its type; and which table of Resource Graph holds which types.

Exports hold secrets in places that nobody can list (a machine's custom data, an app's settings), so a record is made by what is
declared here. Of a type that is not, the name, the place and the identity are kept: whoever reads the snapshot counts it.

Source: Azure Resource Graph documentation, "Supported tables and resources"; the resource providers' REST references.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.calls.keeping import kept

BASE: Final = (
    "id", "name", "type", "kind", "location", "tenantId", "managedBy", "sku.name", "sku.tier", "sku.family", "tags.*",
    "identity.type", "identity.principalId", "identity.tenantId", "identity.userAssignedIdentities.*",
)  # fmt: skip
"""Fields of any resource."""

_RULES: Final = ("networkAcls.*", "publicNetworkAccess", "privateEndpointConnections.*")
_NICS: Final = "virtualMachineProfile.networkProfile.networkInterfaceConfigurations.properties"
PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.authorization/classicadministrators": ("emailAddress", "role"),
    "microsoft.authorization/denyassignments": (
        "denyAssignmentName", "scope", "doNotApplyToChildScopes", "isSystemProtected", "permissions.*", "principals.*",
        "excludePrincipals.*", "condition", "conditionVersion",
    ),
    "microsoft.authorization/locks": ("level",),
    "microsoft.authorization/policyassignments": (
        "displayName", "policyDefinitionId", "scope", "notScopes", "enforcementMode", "parameters.effect.value",
        "parameters.listOfAllowedLocations.value", "parameters.listOfResourceTypesNotAllowed.value",
        "parameters.listOfResourceTypesAllowed.value", "parameters.listOfResourceTypesDisallowedForDeletion.value",
        "overrides.*", "resourceSelectors.*",
    ),
    "microsoft.authorization/policydefinitions": ("displayName", "policyType", "mode", "policyRule.*", "parameters.*"),
    "microsoft.authorization/policysetdefinitions": ("displayName", "policyType", "policyDefinitions.*", "parameters.*"),
    "microsoft.subscription/policies": ("blockSubscriptionsLeavingTenant", "blockSubscriptionsIntoTenant", "exemptedPrincipals"),
    "microsoft.authorization/roleassignments": (
        "principalId", "principalType", "roleDefinitionId", "scope", "condition", "conditionVersion", "createdOn",
        "delegatedManagedIdentityResourceId",
    ),
    "microsoft.authorization/roledefinitions": ("roleName", "type", "assignableScopes", "permissions.*"),
    "microsoft.authorization/roleeligibilityscheduleinstances": (
        "scope", "roleDefinitionId", "principalId", "principalType", "status", "memberType", "startDateTime",
        "endDateTime", "condition", "conditionVersion",
    ),
    "microsoft.authorization/roleassignmentscheduleinstances": (
        "scope", "roleDefinitionId", "principalId", "principalType", "status", "memberType", "assignmentType",
        "startDateTime", "endDateTime", "condition", "originRoleAssignmentId",
    ),
    "microsoft.authorization/rolemanagementpolicyassignments": ("scope", "roleDefinitionId", "policyId", "effectiveRules.*"),
    "microsoft.management/managementgroups": ("displayName", "tenantId", "details.*"),
    "microsoft.resources/subscriptions": (
        "state", "managedByTenants.*", "managementGroupAncestorsChain.*", "subscriptionPolicies.*",
    ),
    "microsoft.resources/subscriptions/resourcegroups": ("provisioningState",),
    "microsoft.resources/deploymentscripts": ("provisioningState", "storageAccountSettings.storageAccountName"),
    "microsoft.managedservices/registrationassignments": (
        "registrationDefinitionId", "registrationDefinition.*",
    ),
    "microsoft.managedservices/registrationdefinitions": ("authorizations.*", "managedByTenantId", "eligibleAuthorizations.*"),
    "microsoft.storage/storageaccounts": (
        "allowBlobPublicAccess", "allowSharedKeyAccess", "allowSharedKeyAccessForServices.*", "isHnsEnabled", "isSftpEnabled",
        "isLocalUserEnabled", "isNfsV3Enabled", "encryption.*", "minimumTlsVersion", "supportsHttpsTrafficOnly",
        "allowCrossTenantReplication", "defaultToOAuthAuthentication", "sasPolicy.*", "keyPolicy.*", "keyCreationTime.*",
        "creationTime", "primaryEndpoints.*", "immutableStorageWithVersioning.*", "primaryLocation", "allowedCopyScope",
        "networkSecurityPerimeterConfiguration.*", *_RULES,
    ),
    "microsoft.storage/storageaccounts/blobservices": (
        "isVersioningEnabled", "deleteRetentionPolicy.*", "containerDeleteRetentionPolicy.*", "restorePolicy.*", "changeFeed.*",
    ),
    "microsoft.storage/storageaccounts/blobservices/containers": (
        "publicAccess", "hasImmutabilityPolicy", "hasLegalHold", "legalHold.*", "immutabilityPolicy.*",
        "immutableStorageWithVersioning.*", "defaultEncryptionScope", "denyEncryptionScopeOverride", "deleted", "metadata.*",
    ),
    "microsoft.storage/storageaccounts/localusers": (
        "permissionScopes.*", "homeDirectory", "hasSshKey", "hasSshPassword", "hasSharedKey", "allowAclAuthorization",
    ),
    "microsoft.storage/storageaccounts/paths": ("container", "path", "owner", "group", "ace.*"),
    "microsoft.storage/storageaccounts/managementpolicies": ("policy.*",),
    "microsoft.storage/storageaccounts/inventorypolicies": ("policy.enabled", "policy.rules.enabled"),
    "microsoft.storage/storageaccounts/objectreplicationpolicies": (
        "sourceAccount", "destinationAccount", "policyId", "rules.*", "enabledTime",
    ),
    "microsoft.storage/storageaccounts/encryptionscopes": ("source", "state", "keyVaultProperties.*"),
    "microsoft.keyvault/vaults": (
        "tenantId", "enableRbacAuthorization", "accessPolicies.*", "enablePurgeProtection", "enableSoftDelete",
        "softDeleteRetentionInDays", "sku.*", "vaultUri", "enabledForDeployment", "enabledForDiskEncryption",
        "enabledForTemplateDeployment", *_RULES,
    ),
    "microsoft.keyvault/vaults/keys": (
        "kty", "keySize", "keyOps", "keyUri", "keyUriWithVersion", "attributes.*", "rotationPolicy.*", "release_policy.*",
        "curveName",
    ),
    "microsoft.keyvault/vaults/secrets": ("attributes.*", "contentType", "secretUri"),
    "microsoft.keyvault/managedhsms": (
        "tenantId", "hsmUri", "enablePurgeProtection", "enableSoftDelete", "softDeleteRetentionInDays",
        "initialAdminObjectIds", "regions.*", *_RULES,
    ),
    "microsoft.keyvault/managedhsms/keys": (
        "kty", "keySize", "keyOps", "keyUri", "attributes.*", "rotationPolicy.*", "release_policy.*",
    ),
    "microsoft.managedidentity/userassignedidentities": ("principalId", "clientId", "tenantId", "isolationScope"),
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": (
        "issuer", "subject", "audiences", "claimsMatchingExpression.*",
    ),
    "microsoft.compute/virtualmachines": (
        "vmId", "hardwareProfile.vmSize", "osProfile.computerName", "osProfile.allowExtensionOperations",
        "osProfile.linuxConfiguration.disablePasswordAuthentication", "securityProfile.*",
        "storageProfile.osDisk.managedDisk.*", "storageProfile.osDisk.osType", "storageProfile.osDisk.encryptionSettings.*",
        "storageProfile.dataDisks.managedDisk.*", "storageProfile.dataDisks.lun", "networkProfile.networkInterfaces.*",
        "virtualMachineScaleSet.id", "extended.instanceView.powerState.*", "host.id", "hostGroup.id",
        "diagnosticsProfile.bootDiagnostics.enabled", "osProfile.linuxConfiguration.ssh.publicKeys.path",
    ),
    "microsoft.compute/virtualmachines/extensions": ("publisher", "type", "typeHandlerVersion"),
    "microsoft.compute/virtualmachinescalesets": (
        "orchestrationMode", "virtualMachineProfile.osProfile.allowExtensionOperations",
        "virtualMachineProfile.securityProfile.*", "virtualMachineProfile.storageProfile.osDisk.managedDisk.*",
        f"{_NICS}.ipConfigurations.properties.subnet.id", f"{_NICS}.networkSecurityGroup.id",
        f"{_NICS}.ipConfigurations.properties.publicIPAddressConfiguration.name",
        f"{_NICS}.ipConfigurations.properties.loadBalancerBackendAddressPools.id",
    ),
    "microsoft.compute/disks": (
        "networkAccessPolicy", "publicNetworkAccess", "diskAccessId", "encryption.*", "creationData.createOption",
        "creationData.sourceResourceId", "creationData.sourceUri", "diskState", "dataAccessAuthMode", "diskSizeGB",
        "securityProfile.*",
    ),
    "microsoft.compute/snapshots": (
        "networkAccessPolicy", "publicNetworkAccess", "diskAccessId", "encryption.*", "creationData.createOption",
        "creationData.sourceResourceId", "dataAccessAuthMode", "diskSizeGB",
    ),
    "microsoft.compute/diskencryptionsets": (
        "encryptionType", "activeKey.keyUrl", "activeKey.sourceVault.id", "rotationToLatestKeyVersionEnabled",
    ),
    "microsoft.compute/images": ("sourceVirtualMachine.id",),
    "microsoft.compute/galleries": ("sharingProfile.*",),
    "microsoft.compute/galleries/images/versions": ("storageProfile.source.id",),
    "microsoft.containerservice/managedclusters": (
        "enableRBAC", "disableLocalAccounts", "nodeResourceGroup", "oidcIssuerProfile.*", "securityProfile.*",
        "apiServerAccessProfile.*", "aadProfile.*", "identityProfile.*", "networkProfile.networkPolicy",
        "networkProfile.podLinkLocalAccess",
        "servicePrincipalProfile.clientId", "publicNetworkAccess", "autoUpgradeProfile.*", "addonProfiles.*",
    ),
    "microsoft.web/sites": (
        "state", "enabled", "defaultHostName", "httpsOnly", "keyVaultReferenceIdentity", "publicNetworkAccess",
        "siteConfig.acrUserManagedIdentityID", "siteConfig.ftpsState", "siteConfig.remoteDebuggingEnabled",
    ),
    "microsoft.web/sites/config": (
        "platform.enabled", "globalValidation.requireAuthentication", "globalValidation.unauthenticatedClientAction",
    ),
    "microsoft.web/sites/functions": (
        "isDisabled", "config.bindings.type", "config.bindings.authLevel", "config.bindings.direction",
    ),
    "microsoft.web/sites/slots": ("state", "enabled", "keyVaultReferenceIdentity"),
    "microsoft.web/sites/basicpublishingcredentialspolicies": ("allow",),
    "microsoft.web/staticsites": ("repositoryUrl", "branch"),
    "microsoft.app/containerapps": (
        "environmentId", "configuration.ingress.external", "configuration.registries.identity",
        "configuration.registries.server", "template.containers.image", "configuration.identitySettings.*",
    ),
    "microsoft.app/jobs": ("environmentId", "template.containers.image", "configuration.registries.server"),
    "microsoft.app/containerapps/authconfigs": (
        "platform.enabled", "globalValidation.unauthenticatedClientAction", "globalValidation.requireAuthentication",
    ),
    "microsoft.app/managedenvironments": ("publicNetworkAccess", "vnetConfiguration.internal"),
    "microsoft.app/sessionpools": (
        "environmentId", "containerType", "poolManagementType", "sessionNetworkConfiguration.status",
        "managedIdentitySettings.identity", "managedIdentitySettings.lifecycle",
    ),
    "microsoft.containerinstance/containergroups": (
        "containers.name", "containers.properties.image", "osType", "ipAddress.type",
    ),
    "microsoft.containerregistry/registries": (
        "loginServer", "adminUserEnabled", "anonymousPullEnabled", "roleAssignmentMode", "networkRuleSet.*",
        "publicNetworkAccess", "networkRuleBypassOptions", "policies.*", "encryption.*",
    ),
    "microsoft.containerregistry/registries/tasks": ("status", "platform.*", "trigger.sourceTriggers.name"),
    "microsoft.machinelearningservices/workspaces": (
        "storageAccount", "keyVault", "containerRegistry", "publicNetworkAccess", "systemDatastoresAuthMode", "hbiWorkspace",
        "primaryUserAssignedIdentity", "managedNetwork.isolationMode", "encryption.*", "hubResourceId", "associatedWorkspaces",
        "enableDataIsolation",
    ),
    "microsoft.machinelearningservices/workspaces/computes": (
        "computeType", "disableLocalAuth", "resourceId", "properties.vmSize", "properties.idleTimeBeforeShutdown",
        "properties.sshSettings.sshPublicAccess", "properties.remoteLoginPortPublicAccess", "properties.enableNodePublicIp",
        "properties.personalComputeInstanceSettings.assignedUser.*", "properties.computeInstanceAuthorizationType",
        "properties.subnet.id",
    ),
    "microsoft.machinelearningservices/workspaces/datastores": (
        "datastoreType", "accountName", "containerName", "fileShareName", "filesystem", "endpoint", "isDefault",
        "credentials.credentialsType", "credentials.clientId", "credentials.tenantId", "serviceDataAccessAuthIdentity",
    ),
    "microsoft.machinelearningservices/workspaces/connections": ("category", "authType", "target", "isSharedToAll"),
    "microsoft.machinelearningservices/workspaces/models": ("isArchived", "latestVersion"),
    "microsoft.machinelearningservices/workspaces/models/versions": ("modelUri", "modelType", "isArchived"),
    "microsoft.machinelearningservices/workspaces/onlineendpoints": ("authMode", "publicNetworkAccess", "scoringUri"),
    "microsoft.machinelearningservices/workspaces/batchendpoints": ("authMode",),
    "microsoft.machinelearningservices/registries": ("publicNetworkAccess", "managedResourceGroup.resourceId"),
    "microsoft.cognitiveservices/accounts": ("disableLocalAuth", "encryption.*", "endpoint", "allowProjectManagement",
                                             "userOwnedStorage.*", *_RULES),
    "microsoft.cognitiveservices/accounts/projects": ("displayName", "isDefault"),
    "microsoft.netapp/netappaccounts/capacitypools/volumes": (
        "protocolTypes", "kerberosEnabled", "smbEncryption", "securityStyle", "subnetId", "encryptionKeySource",
        "exportPolicy.rules.*",
    ),
    "microsoft.storagecache/amlfilesystems": ("filesystemSubnet", "encryptionSettings.*"),
    "microsoft.storage/storageaccounts/fileservices/shares": ("enabledProtocols", "rootSquash", "accessTier"),
    "microsoft.search/searchservices": ("disableLocalAuth", "authOptions.*", "networkRuleSet.*", "publicNetworkAccess"),
    "microsoft.automation/automationaccounts": ("publicNetworkAccess", "disableLocalAuth", "encryption.*"),
    "microsoft.automation/automationaccounts/runbooks": ("runbookType", "state"),
    "microsoft.automation/automationaccounts/hybridrunbookworkergroups": ("groupType",),
    "microsoft.logic/workflows": ("state", "accessControl.*"),
    "microsoft.datafactory/factories": ("publicNetworkAccess", "repoConfiguration.type", "repoConfiguration.accountName",
                                        "repoConfiguration.repositoryName", "repoConfiguration.collaborationBranch"),
    "microsoft.datafactory/factories/linkedservices": (
        "type", "typeProperties.serviceEndpoint", "typeProperties.authenticationType", "typeProperties.accountName",
        "typeProperties.credential.referenceName", "typeProperties.servicePrincipalId", "typeProperties.url",
        "connectVia.referenceName",
    ),
    "microsoft.synapse/workspaces": (
        "defaultDataLakeStorage.accountUrl", "defaultDataLakeStorage.filesystem", "defaultDataLakeStorage.resourceId",
        "publicNetworkAccess", "trustedServiceBypassEnabled", "workspaceUID", "encryption.*",
    ),
    "microsoft.databricks/workspaces": ("managedResourceGroupId", "storageAccountIdentity.*", "publicNetworkAccess",
                                        "defaultStorageFirewall", "accessConnector.*"),
    "microsoft.databricks/accessconnectors": ("referedBy",),
    "microsoft.batch/batchaccounts": ("allowedAuthenticationModes", "autoStorage.*", "poolAllocationMode", "encryption.*",
                                      "networkProfile.*", "publicNetworkAccess"),
    "microsoft.batch/batchaccounts/pools": ("vmSize", "targetNodeCommunicationMode"),
    "microsoft.hybridcompute/machines": ("status", "agentConfiguration.*", "osType"),
    "microsoft.hybridcompute/machines/extensions": ("publisher", "type"),
    "microsoft.dataprotection/backupvaults": ("securitySettings.*", "storageSettings.*"),
    "microsoft.dataprotection/backupvaults/backupinstances": (
        "friendlyName", "dataSourceInfo.resourceID", "dataSourceInfo.datasourceType", "dataSourceSetInfo.resourceID",
        "policyInfo.policyParameters.*",
    ),
    "microsoft.recoveryservices/vaults": ("securitySettings.*", "publicNetworkAccess", "encryption.*"),
    "microsoft.insights/diagnosticsettings": (
        "storageAccountId", "workspaceId", "eventHubAuthorizationRuleId", "logs.*", "metrics.enabled",
    ),
    "microsoft.network/virtualnetworks": (
        "subnets.id", "subnets.name", "subnets.properties.defaultOutboundAccess", "subnets.properties.natGateway.id",
        "subnets.properties.networkSecurityGroup.id", "subnets.properties.routeTable.id",
        "subnets.properties.serviceEndpoints.service", "subnets.properties.serviceEndpointPolicies.id",
        "virtualNetworkPeerings.id", "virtualNetworkPeerings.name", "virtualNetworkPeerings.properties.peeringState",
        "virtualNetworkPeerings.properties.remoteVirtualNetwork.id",
    ),
    "microsoft.network/networkinterfaces": (
        "virtualMachine.id", "networkSecurityGroup.id", "ipConfigurations.name", "ipConfigurations.properties.subnet.id",
        "ipConfigurations.properties.publicIPAddress.id", "ipConfigurations.properties.loadBalancerBackendAddressPools.id",
    ),
    "microsoft.network/networksecuritygroups": ("securityRules.name", "securityRules.properties.*"),
    "microsoft.network/routetables": ("routes.name", "routes.properties.addressPrefix", "routes.properties.nextHopType"),
    "microsoft.network/loadbalancers": (
        "frontendIPConfigurations.name", "frontendIPConfigurations.properties.publicIPAddress.id",
        "frontendIPConfigurations.properties.publicIPPrefix.id",
    ),
    "microsoft.network/networkwatchers/flowlogs": ("enabled", "targetResourceId", "storageId", "retentionPolicy.*"),
    "microsoft.network/serviceendpointpolicies": (
        "serviceEndpointPolicyDefinitions.name", "serviceEndpointPolicyDefinitions.properties.service",
        "serviceEndpointPolicyDefinitions.properties.serviceResources",
    ),
    "microsoft.network/privateendpoints": ("subnet.id", "privateLinkServiceConnections.*"),
    "microsoft.network/networksecurityperimeters": ("perimeterGuid",),
    "microsoft.network/networksecurityperimeters/resourceassociations": (
        "accessMode", "privateLinkResource.id", "profile.id",
    ),
    "microsoft.network/networksecurityperimeters/profiles/accessrules": (
        "direction", "addressPrefixes", "subscriptions.*", "networkSecurityPerimeters.*",
    ),
    "microsoft.desktopvirtualization/hostpools": ("hostPoolType",),
    "microsoft.security/pricings": ("pricingTier", "subPlan", "extensions.*"),
    "microsoft.purview/accounts": ("publicNetworkAccess",),
    "microsoft.eventgrid/eventsubscriptions": ("topic",),
    "microsoft.storagemover/storagemovers": ("description",),
    "microsoft.storageactions/storagetasks": ("enabled",),
    "microsoft.sql/servers": ("publicNetworkAccess", "administrators.*"),
    "microsoft.azurearcdata/sqlserverinstances": ("status",),
}  # fmt: skip
"""Type, in lower case -> what is kept of its properties."""

_TABLES: Final[Mapping[str, str]] = {
    "microsoft.authorization/roleassignments": "authorizationresources",
    "microsoft.authorization/roledefinitions": "authorizationresources",
    "microsoft.authorization/classicadministrators": "authorizationresources",
    "microsoft.authorization/policyassignments": "policyresources",
    "microsoft.authorization/policydefinitions": "policyresources",
    "microsoft.authorization/policysetdefinitions": "policyresources",
    "microsoft.authorization/policyexemptions": "policyresources",
    "microsoft.management/managementgroups": "resourcecontainers",
    "microsoft.resources/subscriptions": "resourcecontainers",
    "microsoft.resources/subscriptions/resourcegroups": "resourcecontainers",
    "microsoft.managedservices/registrationassignments": "managedservicesresources",
    "microsoft.managedservices/registrationdefinitions": "managedservicesresources",
    "microsoft.security/pricings": "securityresources",
}


def table_of(type_: str) -> str:
    """The table of Resource Graph that holds resources of a type (in lower case)."""
    return _TABLES.get(type_, "resources")


def kept_of(type_: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What enters a snapshot of an exported resource of a type (in lower case)."""
    declared = tuple(f"properties.{path}" for path in PROPERTIES.get(type_, ()))
    found = {name: value for name, value in row.items() if value not in (None, "")}
    return kept(found, (*BASE, *declared))
