"""Web apps, containers, automation, pipelines and the like: whoever brings code into one acts as its identity.

Sources are Microsoft's pages, named with each entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.azure.context import attribute
from weightguard.access.azure.techniques.entry import Technique, Thing, says_not

_SITE: Final = "Microsoft.Web/sites/"
_APP: Final = "Microsoft.App/"
_AUTOMATION: Final = "Microsoft.Automation/automationAccounts/"
_FACTORY: Final = "Microsoft.DataFactory/factories/"
_REGISTRY: Final = "Microsoft.ContainerRegistry/registries/"
_BATCH: Final = "Microsoft.Batch/batchAccounts/"


def is_function_app(thing: Thing) -> bool:
    """Whether a site is a function app."""
    return "functionapp" in str(attribute(thing, "kind") or "functionapp").lower()


def _sites(kind: str, own: str, name: str) -> Iterator[Technique]:
    page = "Deployment best practices for Azure App Service"
    for id, action in (
        ("write", "write"),
        ("publish", "publish/action"),
        ("config", "config/write"),
        ("extension", "extensions/write"),
        ("source-control", "sourcecontrols/write"),
        ("function", "functions/write"),
        ("deployment", "deployments/write"),
        ("web-job", "continuouswebjobs/write"),
        ("triggered-web-job", "triggeredwebjobs/write"),
    ):
        yield Technique(f"azure-{name}-{id}", kind, (f"{own}{action}",), page)
    for id, action in (("profile", "publishxml/action"), ("credentials", "config/list/action")):
        yield Technique(
            f"azure-{name}-publishing-{id}", kind, (f"{own}{action}",), "Disable basic authentication in App Service deployments",
            _basic,
        )  # fmt: skip
    needs = (f"{own}basicPublishingCredentialsPolicies/write", f"{own}publishxml/action")
    yield Technique(
        f"azure-{name}-basic-again", kind, needs, "Disable basic authentication in App Service deployments"
    )
    keys = (f"{own}host/listkeys/action",)
    yield Technique(
        f"azure-{name}-master-key", kind, keys, "Work with access keys in Azure Functions", is_function_app
    )


def _basic(thing: Thing) -> bool:
    """Whether a publishing profile's password opens something; the graph notes on the site which policies switch it off."""
    return attribute(thing, "basicAuthentication") is not False


def _containers() -> Iterator[Technique]:
    page = "Managed identities in Azure Container Apps"
    for action in ("write", "getAuthToken/action", "exec/action", "sourcecontrols/write"):
        name = action.partition("/")[0].lower()
        yield Technique(
            f"azure-container-app-{name}", "app.containerapps", (f"{_APP}containerApps/{action}",), page
        )
    yield Technique("azure-container-job-write", "app.jobs", (f"{_APP}jobs/write",), page)
    yield Technique(
        "azure-container-job-start", "app.jobs", (f"{_APP}jobs/start/action",), "Jobs in Azure Container Apps"
    )
    own = "Microsoft.ContainerInstance/containerGroups/"
    groups = "How to use managed identities with Azure Container Instances"
    yield Technique(
        "azure-container-group-write", "containerinstance.containergroups", (f"{own}write",), groups
    )
    yield Technique(
        "azure-container-group-exec",
        "containerinstance.containergroups",
        (f"{own}containers/exec/action",),
        groups,
    )
    tasks = "Use an Azure-managed identity in ACR Tasks"
    yield Technique(
        "azure-acr-task-write", "containerregistry.registries/tasks", (f"{_REGISTRY}tasks/write",), tasks
    )


def _automation() -> Iterator[Technique]:
    kind, page = "automation.automationaccounts", "Manage role permissions and security in Azure Automation"
    own = _AUTOMATION
    runs = (f"{own}jobs/write", f"{own}webhooks/write", f"{own}jobSchedules/write")
    for number, run in enumerate(runs, 1):
        yield Technique(f"azure-automation-runbook-{number}", kind, (f"{own}runbooks/write", run), page)
        yield Technique(
            f"azure-automation-draft-{number}",
            kind,
            (f"{own}runbooks/draft/write", f"{own}runbooks/publish/action", run),
            page,
        )
        yield Technique(f"azure-automation-module-{number}", kind, (f"{own}modules/write", run), page)
    yield Technique(
        "azure-automation-test",
        kind,
        (f"{own}runbooks/draft/write", f"{own}runbooks/draft/testJob/write"),
        page,
    )
    yield Technique("azure-automation-source-control", kind, (f"{own}sourceControls/write",), page)


def _pipelines() -> Iterator[Technique]:
    logic = "Authenticate access to resources with managed identities in Azure Logic Apps"
    yield Technique("azure-logic-app-write", "logic.workflows", ("Microsoft.Logic/workflows/write",), logic)
    kind, page = "datafactory.factories", "Roles and permissions for Azure Data Factory"
    for id, run in (
        ("run", "pipelines/createrun/action"),
        ("trigger", "triggers/write"),
        ("debug", "sandboxpipelines/action"),
    ):
        yield Technique(
            f"azure-data-factory-{id}", kind, (f"{_FACTORY}pipelines/write", f"{_FACTORY}{run}"), page
        )
    yield Technique(
        "azure-data-factory-dataset", kind, (f"{_FACTORY}datasets/write",), page,
        conditional="a pipeline has to be run that uses the dataset",
    )  # fmt: skip
    script = "Use deployment scripts in ARM templates"
    yield Technique(
        "azure-deployment-script",
        "resources.deploymentscripts",
        ("Microsoft.Resources/deploymentScripts/write",),
        script,
    )
    pools = "Configure managed identities in Batch pools"
    yield Technique(
        "azure-batch-keys",
        "batch.batchaccounts/pools",
        (f"{_BATCH}listKeys/action",),
        pools,
        _shared_key,
        at="parent",
    )
    yield Technique("azure-batch-pool", "batch.batchaccounts/pools", (f"{_BATCH}pools/write",), pools)
    yield Technique(
        "azure-batch-write",
        "batch.batchaccounts/pools",
        (f"{_BATCH}write", f"{_BATCH}listKeys/action"),
        pools,
        at="parent",
    )
    jobs = (f"data:{_BATCH}jobs/write",)
    yield Technique("azure-batch-job", "batch.batchaccounts/pools", jobs, pools, at="parent")
    bricks = "Azure Databricks: who is a workspace administrator"
    yield Technique(
        "azure-databricks-workspace",
        "databricks.workspaces",
        ("Microsoft.Databricks/workspaces/write",),
        bricks,
    )
    sql = "Microsoft Entra authentication for Azure SQL"
    yield Technique(
        "azure-sql-administrator", "sql.servers", ("Microsoft.Sql/servers/administrators/write",), sql
    )
    search = "Configure a search service to connect using a managed identity"
    yield Technique(
        "azure-search-admin-key", "search.searchservices", ("Microsoft.Search/searchServices/listAdminKeys/action",), search,
        says_not("disableLocalAuth", True),
    )  # fmt: skip
    yield Technique(
        "azure-search-write", "search.searchservices", ("Microsoft.Search/searchServices/write",), search
    )
    for what in ("indexers", "dataSources"):
        needs = (f"data:Microsoft.Search/searchServices/{what}/write",)
        yield Technique(
            f"azure-search-{what.lower()}", "search.searchservices", needs, search,
            conditional="the service has to answer to roles, and an indexer to run",
        )  # fmt: skip


def _shared_key(thing: Thing) -> bool:
    """Whether a Batch account takes its keys; noted on the pool by the graph."""
    return attribute(thing, "sharedKey") is not False


def _policies() -> Iterator[Technique]:
    kind, page = "authorization.policyassignments", "Remediate noncompliant resources with Azure Policy"
    own = "Microsoft.Authorization/"
    yield Technique(
        "azure-policy-assignment",
        kind,
        (f"{own}policyAssignments/write",),
        page,
        anywhere=(f"{own}policyDefinitions/write",),
    )
    yield Technique(
        "azure-policy-definition", kind, (f"{own}policyDefinitions/write",), page, at="definition"
    )


def _learning() -> Iterator[Technique]:
    own = "Microsoft.MachineLearningServices/workspaces/"
    page = "Manage access to an Azure Machine Learning workspace"
    computes, shared = "machinelearningservices.workspaces/computes", _shared_compute
    yield Technique("azure-ml-job", computes, (f"{own}jobs/write",), page, shared, at="parent")
    yield Technique(
        "azure-ml-run", computes, (f"{own}experiments/runs/submit/action",), page, shared, at="parent"
    )
    yield Technique(
        "azure-ml-pipeline", computes, (f"{own}endpoints/pipelines/write",), page, shared, at="parent"
    )
    yield Technique("azure-ml-compute", computes, (f"{own}computes/write",), page)
    for kind, name in (("onlineendpoints", "onlineEndpoints"), ("batchendpoints", "batchEndpoints")):
        for action in ("write", "deployments/write"):
            id = f"azure-ml-{kind[:-9]}-{action.partition('/')[0]}"
            yield Technique(
                id, f"machinelearningservices.workspaces/{kind}", (f"{own}{name}/{action}",), page
            )


def _shared_compute(thing: Thing) -> bool:
    """Whether others than its own user submit jobs to a compute: an instance is one person's."""
    return bool(attribute(thing, "computeType") != "ComputeInstance")


TECHNIQUES: Final = (
    *_sites("web.sites", _SITE, "site"),
    *_sites("web.sites/slots", f"{_SITE}slots/", "slot"),
    *_containers(),
    *_automation(),
    *_pipelines(),
    *_policies(),
    *_learning(),
)
MAKERS: Final = (
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Compute/virtualMachineScaleSets/write",
    "Microsoft.ContainerInstance/containerGroups/write",
    "Microsoft.Resources/deploymentScripts/write",
    "Microsoft.Web/sites/write",
    "Microsoft.App/containerApps/write",
    "Microsoft.App/jobs/write",
    "Microsoft.Automation/automationAccounts/write",
    "Microsoft.Logic/workflows/write",
    "Microsoft.DataFactory/factories/write",
    "Microsoft.MachineLearningServices/workspaces/computes/write",
    "Microsoft.Batch/batchAccounts/pools/write",
    "Microsoft.ContainerRegistry/registries/tasks/write",
)
"""Actions that make or change something that runs code as an identity of the actor's choosing."""
