"""Resources that run code or act as an identity, and everything else that is exported, by the provider's own field names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from weightguard.estate.azure.directory import assigned_ids, identities_of
from weightguard.estate.azure.tenant import Tenant, name_of, properties, subscription_of
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import NOT_HERE, Resource, Workload

KINDS: Final = {
    "compute.virtualmachines": "instance",
    "compute.virtualmachinescalesets": "instance",
    "containerservice.managedclusters": "cluster",
    "web.sites": "function",
    "web.sites/slots": "function",
    "app.containerapps": "service",
    "app.jobs": "job",
    "app.sessionpools": "code_interpreter",
    "containerinstance.containergroups": "task",
    "containerregistry.registries": "registry",
    "containerregistry.registries/tasks": "job",
    "machinelearningservices.workspaces": "notebook",
    "machinelearningservices.workspaces/computes": "notebook",
    "machinelearningservices.workspaces/onlineendpoints": "service",
    "machinelearningservices.workspaces/batchendpoints": "service",
    "cognitiveservices.accounts": "service",
    "cognitiveservices.accounts/projects": "agent_runtime",
    "search.searchservices": "service",
    "automation.automationaccounts": "job",
    "logic.workflows": "job",
    "datafactory.factories": "job",
    "synapse.workspaces": "notebook",
    "databricks.workspaces": "notebook",
    "databricks.accessconnectors": "service",
    "batch.batchaccounts": "job",
    "batch.batchaccounts/pools": "job",
    "resources.deploymentscripts": "job",
    "hybridcompute.machines": "instance",
    "dataprotection.backupvaults": "service",
    "recoveryservices.vaults": "service",
    "authorization.policyassignments": "service",
    "purview.accounts": "service",
    "storagemover.storagemovers": "service",
    "storageactions.storagetasks": "job",
    "desktopvirtualization.hostpools": "instance",
    "sql.servers": "service",
    "compute.disks": "service",
}
"""Kind of record -> what it is when it has an identity."""
READ: Final = frozenset(
    {
        *KINDS,
        "authorization.roleassignments", "authorization.roledefinitions", "authorization.denyassignments",
        "authorization.locks", "authorization.roleeligibilityscheduleinstances", "authorization.classicadministrators",
        "authorization.roleassignmentscheduleinstances", "authorization.rolemanagementpolicyassignments",
        "management.managementgroups", "resources.subscriptions", "resources.subscriptions/resourcegroups",
        "storage.storageaccounts", "storage.storageaccounts/blobservices", "storage.storageaccounts/paths",
        "storage.storageaccounts/blobservices/containers", "storage.storageaccounts/localusers",
        "storage.storageaccounts/managementpolicies", "storage.storageaccounts/inventorypolicies",
        "storage.storageaccounts/objectreplicationpolicies", "storage.storageaccounts/encryptionscopes",
        "keyvault.vaults", "keyvault.vaults/keys", "keyvault.managedhsms", "keyvault.managedhsms/keys", "keyvault.vaults/secrets",
        "managedidentity.userassignedidentities", "managedidentity.userassignedidentities/federatedidentitycredentials",
        "compute.snapshots", "compute.images", "compute.galleries", "compute.galleries/images/versions",
        "app.managedenvironments", "app.containerapps/authconfigs", "web.sites/config", "web.sites/functions",
        "machinelearningservices.workspaces/models", "machinelearningservices.workspaces/models/versions",
        "netapp.netappaccounts/capacitypools/volumes", "storagecache.amlfilesystems",
        "storage.storageaccounts/fileservices/shares",
        "compute.virtualmachines/extensions", "web.sites/basicpublishingcredentialspolicies",
        "machinelearningservices.workspaces/datastores", "machinelearningservices.workspaces/connections",
        "datafactory.factories/linkedservices", "network.privateendpoints", "network.virtualnetworks",
        "network.networkinterfaces", "network.networksecuritygroups", "network.routetables", "network.loadbalancers",
        "network.networkwatchers/flowlogs", "network.serviceendpointpolicies",
        "network.networksecurityperimeters/resourceassociations", "insights.diagnosticsettings",
        "managedservices.registrationassignments", "managedservices.registrationdefinitions",
        "dataprotection.backupvaults/backupinstances", "automation.automationaccounts/runbooks",
        "automation.automationaccounts/hybridrunbookworkergroups", "hybridcompute.machines/extensions",
        "graph.users", "graph.users/signInActivity", "graph.groups", "graph.servicePrincipals", "graph.applications",
        "graph.organization",
        "graph.roleManagement/directory/roleAssignments", "graph.roleManagement/directory/roleDefinitions",
        "graph.roleManagement/directory/roleEligibilityScheduleInstances", "graph.directory/administrativeUnits",
        "graph.identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
        "graph.policies/authorizationPolicy", "graph.identity/conditionalAccess/policies", "compute.diskencryptionsets",
        "security.pricings", "authorization.policydefinitions", "authorization.policysetdefinitions", "subscription.policies",
    }
)  # fmt: skip
"""Kinds of records that some reader knows."""
ASKED: Final = (
    "security.pricings", "compute.diskencryptionsets", "containerregistry.registries", "recoveryservices.vaults",
    "dataprotection.backupvaults", "network.virtualnetworks", "network.networkinterfaces", "network.networksecuritygroups",
    "network.networkwatchers/flowlogs", "app.sessionpools", "cognitiveservices.accounts/projects", "web.sites/functions",
    "app.containerapps/authconfigs", "machinelearningservices.workspaces/models/versions", "storagecache.amlfilesystems",
    "netapp.netappaccounts/capacitypools/volumes", "storage.storageaccounts/fileservices/shares",
)  # fmt: skip
"""Kinds of which rules ask whether there are any: where nobody listed them, that is a gap."""


def workloads(tenant: Tenant) -> Iterator[Workload]:
    """Whatever has an identity or is of a kind that runs code; of kinds that nobody knows, those with an identity."""
    for kind, records in tenant.records.items():
        if kind.startswith("graph.") or kind == "managedidentity.userassignedidentities":
            continue
        for record in records:
            if kind in KINDS or identities_of(record):
                yield _workload(record, kind)


def _workload(record: Record, kind: str) -> Workload:
    service, _, rest = kind.partition(".")
    return Workload(
        id=record.id,
        provider="azure",
        account=subscription_of(record.id),
        region=record.region,
        kind=KINDS.get(kind, rest),
        service=service,
        name=name_of(record),
        roles=Known(identities_of(record), listing_source(record)),
        public=NOT_HERE,
        policy=Known(None, listing_source(record)),
        attributes={**_attributes(record), "type": Known(kind, listing_source(record))},
    )


def resources(tenant: Tenant) -> dict[str, list[Resource]]:
    """Everything that is no principal's page, by kind, as it is."""
    found: dict[str, list[Resource]] = {}
    for kind, records in tenant.records.items():
        if not kind.startswith("graph.") and kind in READ:
            found[kind] = [_resource(record, kind) for record in records]
    return found


def _resource(record: Record, kind: str) -> Resource:
    return Resource(
        id=record.id,
        provider="azure",
        account=subscription_of(record.id),
        region=record.region,
        kind=kind,
        name=name_of(record),
        policy=Known(None, listing_source(record)),
        tags=Known(dict(data_of(record).get("tags") or {}), listing_source(record)),
        attributes=_attributes(record),
    )


def _attributes(record: Record) -> dict[str, Fact[Any]]:
    source = listing_source(record)
    found: dict[str, Fact[Any]] = {name: Known(value, source) for name, value in properties(record).items()}
    for name in ("kind", "sku", "managedBy"):
        if name in data_of(record):
            found.setdefault(name, Known(data_of(record)[name], source))
    found["assigned"] = Known(assigned_ids(record), source)
    return found


def unread(tenant: Tenant) -> dict[str, Unknown]:
    """Kinds of records that no reader knows: each a gap of its own, with how many there are."""
    from weightguard.estate.fact import Reason, Source

    found = {}
    for kind, records in sorted(tenant.records.items()):
        if kind not in READ:
            service, _, operation = kind.partition(".")
            source = Source.asked("azure", tenant.scope, service, operation, f"{len(records)} of {operation}")
            found[kind] = Unknown(Reason.NOT_READ, source)
    return found
