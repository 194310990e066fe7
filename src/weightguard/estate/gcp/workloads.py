"""Code that runs as a service account, and what hands that account's credentials out.

Sources: the REST reference of each service; Compute Engine documentation, "Service accounts" (access scopes); IAM documentation,
"Default service accounts".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Reason, Unknown
from weightguard.estate.gcp.scope import Records, allow_policy, fact, project_of, region_of, relative, told
from weightguard.estate.model import NOT_HERE, MetadataService, Workload
from weightguard.estate.shape import every, text_or_none

Default = Callable[[Records, str], str | None]


def compute_default(records: Records, project: str) -> str | None:
    """The account that machines of a project run as where nobody says otherwise."""
    number = records.number(project)
    return None if number is None else f"{number}-compute@developer.gserviceaccount.com"


def app_engine_default(records: Records, project: str) -> str | None:
    """The account that App Engine runs as where nobody says otherwise."""
    return f"{project}@appspot.gserviceaccount.com"


def reasoning_engine_agent(records: Records, project: str) -> str | None:
    """The service agent that agents of Vertex AI run as where nobody says otherwise."""
    number = records.number(project)
    return None if number is None else f"service-{number}@gcp-sa-aiplatform-re.iam.gserviceaccount.com"


def nobody(records: Records, project: str) -> str | None:
    """No account."""
    return None


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of workload says what it runs as.

    Attributes:
        kind: as the estate names it.
        service: the service that runs it.
        accounts: dotted paths at which an e-mail address stands.
        otherwise: whom it runs as where none does.
        scopes: paths of the access scopes of the credentials that it hands out; empty: they are not limited.
    """

    kind: str
    service: str
    accounts: tuple[str, ...]
    otherwise: Default = nobody
    scopes: tuple[str, ...] = ()


SHAPES: Final[Mapping[str, Shape]] = {
    "compute.instance": Shape(
        "instance", "compute", ("serviceAccounts.email", "serviceAccount.email"),
        scopes=("serviceAccounts.scopes", "serviceAccount.scopes", "serviceAccount.scope"),
    ),
    "run.service": Shape(
        "service", "run", ("template.serviceAccount", "spec.template.spec.serviceAccountName"), compute_default
    ),
    "run.job": Shape(
        "job", "run", ("template.template.serviceAccount", "spec.template.spec.template.spec.serviceAccountName"), compute_default
    ),
    "run.worker_pool": Shape("worker_pool", "run", ("template.serviceAccount",), compute_default),
    "cloudfunctions.cloud_function": Shape(
        "function", "cloudfunctions", ("serviceAccountEmail",), app_engine_default
    ),
    "cloudfunctions.function": Shape(
        "function", "cloudfunctions", ("serviceConfig.serviceAccountEmail",), compute_default
    ),
    "container.cluster": Shape(
        "cluster", "container",
        ("nodeConfig.serviceAccount", "nodePools.config.serviceAccount",
         "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount"),
        compute_default, scopes=("nodePools.config.oauthScopes", "nodeConfig.oauthScopes"),
    ),
    "dataproc.cluster": Shape(
        "cluster", "dataproc", ("config.gceClusterConfig.serviceAccount",), compute_default,
        scopes=("config.gceClusterConfig.serviceAccountScopes",),
    ),
    "composer.environment": Shape("environment", "composer", ("config.nodeConfig.serviceAccount",), compute_default),
    "notebooks.instance": Shape(
        "notebook", "notebooks", ("serviceAccount", "gceSetup.serviceAccounts.email"), compute_default
    ),
    "workflows.workflow": Shape("workflow", "workflows", ("serviceAccount",), compute_default),
    "workstations.workstation_config": Shape(
        "workstation_config", "workstations", ("host.gceInstance.serviceAccount",)
    ),
    "cloudscheduler.job": Shape("job", "cloudscheduler", ("httpTarget.oauthToken.serviceAccountEmail",)),
    "cloudbuild.build_trigger": Shape("build_trigger", "cloudbuild", ("serviceAccount",)),
    "dataflow.job": Shape("job", "dataflow", ("environment.serviceAccountEmail",), compute_default),
    "batch.job": Shape("job", "batch", ("allocationPolicy.serviceAccount.email",), compute_default),
    "aiplatform.custom_job": Shape("custom_job", "aiplatform", ("jobSpec.serviceAccount",)),
    "aiplatform.pipeline_job": Shape("pipeline_job", "aiplatform", ("serviceAccount",), compute_default),
    "aiplatform.endpoint": Shape("endpoint", "aiplatform", ("deployedModels.serviceAccount",)),
    "aiplatform.notebook_runtime": Shape("notebook", "aiplatform", ("serviceAccount",)),
    "aiplatform.reasoning_engine": Shape(
        "agent_runtime", "aiplatform", ("spec.serviceAccount",), reasoning_engine_agent
    ),
    "appengine.application": Shape("application", "appengine", ("serviceAccount",), app_engine_default),
    "appengine.version": Shape("version", "appengine", ("serviceAccount",), app_engine_default),
    "datafusion.instance": Shape(
        "instance", "datafusion", ("dataprocServiceAccount",), compute_default
    ),
}  # fmt: skip
SWITCHES: Final = ("enable-osconfig", "enable-oslogin", "block-project-ssh-keys", "serial-port-enable")
_NOTEBOOK: Final = ("notebook-disable-downloads", "notebook-disable-root", "notebook-disable-terminal")
ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "compute.instance": (
        "status", "confidentialInstanceConfig", "shieldedInstanceConfig", "networkInterfaces", "scheduling.nodeAffinities",
    ),
    "run.service": ("ingress",),
    "cloudfunctions.cloud_function": ("ingressSettings",),
    "cloudfunctions.function": ("serviceConfig.ingressSettings",),
    "cloudbuild.build_trigger": ("disabled",),
    "aiplatform.notebook_runtime": ("runtimeUser", "networkSpec.enableInternetAccess"),
    "notebooks.instance": (
        "state", "noPublicIp", "gceSetup.disablePublicIp",
        *(f"{place}metadata.{key}" for place in ("", "gceSetup.") for key in _NOTEBOOK),
    ),
}  # fmt: skip
"""Kind of record -> what a control asks of it besides, by the provider's own names."""


def workloads(records: Records) -> list[Workload]:
    """Everything that runs as a service account."""
    metadata = _project_metadata(records)
    pools = _node_pools(records)
    return [
        _workload(records, record, shape, metadata, pools)
        for kind, shape in SHAPES.items()
        for record in records.of(kind)
    ]


def _workload(
    records: Records,
    record: Record,
    shape: Shape,
    metadata: Mapping[str, Mapping[str, str]],
    pools: Mapping[str, list[Record]],
) -> Workload:
    project = project_of(record)
    attributes: dict[str, Fact[Any]] = {
        name: fact(record, told(record, name)) for name in ATTRIBUTES.get(record.kind, ())
    }
    if record.kind == "compute.instance":
        own = {**metadata.get(project, {}), **_switches(told(record, "metadata.items"))}
        attributes |= {name: fact(record, own.get(name)) for name in SWITCHES}
    if shape.scopes:
        attributes["scopes"] = fact(record, _scopes(record, shape, pools))
    if record.kind == "container.cluster":
        attributes["workload_pool"] = fact(
            record, text_or_none(told(record, "workloadIdentityConfig.workloadPool"))
        )
        attributes["node_metadata_open"] = fact(record, _metadata_open(record, pools))
        attributes["autopilot"] = fact(record, told(record, "autopilot.enabled") is True)
    for name in ("config.dagGcsPrefix", "serviceConfig.service", "buildConfig.source.storageSource.bucket"):
        if (value := text_or_none(told(record, name))) is not None:
            attributes[name] = fact(record, value)
    return Workload(
        id=record.id, provider="gcp", account=project, region=region_of(record), kind=shape.kind, service=shape.service,
        name=text_or_none(told(record, "name")) or relative(record.id).rpartition("/")[2],
        roles=fact(record, tuple(_roles(records, record, shape, project, pools))),
        public=Unknown(Reason.NOT_COLLECTED, listing_source(record)),
        policy=allow_policy(record, record.id), attributes=attributes,
        metadata=fact(record, MetadataService(True, True)) if record.kind == "compute.instance" else NOT_HERE,
    )  # fmt: skip


def _texts(record: Record, path: str) -> list[str]:
    """The texts at a place of a record that say something."""
    return [one for one in every(record.data, path) if isinstance(one, str) and one]


def _roles(
    records: Records, record: Record, shape: Shape, project: str, pools: Mapping[str, list[Record]]
) -> Iterator[str]:
    """The accounts; ``default`` is the project's default account of Compute Engine."""
    if record.data is None:
        return
    named = [one for path in shape.accounts for one in _texts(record, path)]
    for pool in pools.get(record.id, ()):
        named += _texts(pool, "config.serviceAccount")
    default = shape.otherwise(records, project)
    given = [default if one in ("default", "-") else one.rpartition("/")[2] for one in named] or [default]
    yield from dict.fromkeys(f"serviceAccount:{email.lower()}" for email in given if email and "@" in email)


def _scopes(record: Record, shape: Shape, pools: Mapping[str, list[Record]]) -> tuple[str, ...] | None:
    """The scopes; None: the source says nothing of any."""
    found = [one for path in shape.scopes for one in every(record.data, path) if isinstance(one, str)]
    for pool in pools.get(record.id, ()):
        found += [one for one in every(pool.data, "config.oauthScopes") if isinstance(one, str)]
    return tuple(sorted(set(found))) or None


def _metadata_open(record: Record, pools: Mapping[str, list[Record]]) -> bool:
    """Whether pods of some node reach the node's own credentials: whether its metadata server is not GKE's own.

    Source: GKE documentation, "Use Workload Identity Federation for GKE": the mode is set on each node pool.
    """
    if told(record, "autopilot.enabled") is True:
        return False
    if told(record, "workloadIdentityConfig.workloadPool") is None:
        return True
    configs = [one for one in every(record.data, "nodePools.config") if isinstance(one, Mapping)]
    configs += [
        one
        for pool in pools.get(record.id, ())
        for one in every(pool.data, "config")
        if isinstance(one, Mapping)
    ]
    if not configs:
        configs = [one for one in every(record.data, "nodeConfig") if isinstance(one, Mapping)]
    return any(not _hides(one) for one in configs)


def _hides(config: Mapping[str, Any]) -> bool:
    stated = config.get("workloadMetadataConfig")
    mode = (stated.get("mode") or stated.get("nodeMetadata")) if isinstance(stated, Mapping) else None
    return mode in ("GKE_METADATA", "GKE_METADATA_SERVER", "SECURE")


def _node_pools(records: Records) -> dict[str, list[Record]]:
    """Cluster -> node pools that have a record of their own."""
    found: dict[str, list[Record]] = {}
    for record in records.of("container.node_pool"):
        found.setdefault(record.id.rpartition("/nodePools/")[0], []).append(record)
    return found


def _project_metadata(records: Records) -> dict[str, Mapping[str, str]]:
    return {
        project_of(record): _switches(told(record, "commonInstanceMetadata.items"))
        for record in records.of("compute.project")
    }


def _switches(items: Any) -> dict[str, str]:
    """Metadata that is a switch, by key."""
    listed = items if isinstance(items, list) else []
    return {
        str(item["key"]): str(item["value"])
        for item in listed
        if isinstance(item, Mapping) and item.get("key") in SWITCHES and item.get("value") is not None
    }
