"""ECS: clusters, services, tasks, and the task definitions that they run or that somebody could run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.operation import Operation

LIST_CLUSTERS = Operation(
    service="ecs",
    name="ListClusters",
    permissions=("ecs:ListClusters",),
    hides="clusters on which code runs with roles that read weights",
    required=("clusterArns",),
    entries=("clusterArns",),
    paged=True,
)
DESCRIBE_CLUSTERS = Operation(
    service="ecs",
    name="DescribeClusters",
    permissions=("ecs:DescribeClusters",),
    hides="what a cluster runs on",
    required=("clusters",),
    entries=("clusters",),
    identity=("clusterArn",),
)
LIST_SERVICES = Operation(
    service="ecs",
    name="ListServices",
    permissions=("ecs:ListServices",),
    hides="services that run with roles that read weights",
    required=("serviceArns",),
    entries=("serviceArns",),
    paged=True,
)
DESCRIBE_SERVICES = Operation(
    service="ecs",
    name="DescribeServices",
    permissions=("ecs:DescribeServices",),
    hides="services into whose containers people may open a shell",
    required=("services",),
    entries=("services",),
    identity=("serviceArn",),
)
LIST_TASKS = Operation(
    service="ecs",
    name="ListTasks",
    permissions=("ecs:ListTasks",),
    hides="tasks that run with roles that read weights",
    required=("taskArns",),
    entries=("taskArns",),
    paged=True,
)
DESCRIBE_TASKS = Operation(
    service="ecs",
    name="DescribeTasks",
    permissions=("ecs:DescribeTasks",),
    hides="tasks into whose containers people may open a shell",
    required=("tasks",),
    entries=("tasks",),
    identity=("taskArn",),
)
LIST_TASK_DEFINITIONS = Operation(
    service="ecs",
    name="ListTaskDefinitions",
    permissions=("ecs:ListTaskDefinitions",),
    hides="task definitions that carry a role that reads weights",
    required=("taskDefinitionArns",),
    entries=("taskDefinitionArns",),
    paged=True,
)
DESCRIBE_TASK_DEFINITION = Operation(
    service="ecs",
    name="DescribeTaskDefinition",
    permissions=("ecs:DescribeTaskDefinition",),
    hides="the roles of a task definition",
    required=("taskDefinition",),
)
OPERATIONS = (
    LIST_CLUSTERS,
    DESCRIBE_CLUSTERS,
    LIST_SERVICES,
    DESCRIBE_SERVICES,
    LIST_TASKS,
    DESCRIBE_TASKS,
    LIST_TASK_DEFINITIONS,
    DESCRIBE_TASK_DEFINITION,
)
# How many the describing calls take (ECS API reference).
_CLUSTERS, _SERVICES, _TASKS = 100, 10, 100


def read(account: Account, region: str) -> Iterator[Row]:
    """Everything of a region; a region without clusters and task definitions costs two calls."""
    used: set[str] = set()
    clusters = account.caller.list(LIST_CLUSTERS, region=region)
    for batch in _batches(clusters, _CLUSTERS):
        for entry in account.caller.list(DESCRIBE_CLUSTERS, region=region, clusters=batch):
            yield row("ecs.cluster", entry["clusterArn"], DESCRIBE_CLUSTERS.name, entry, region=region)
    for cluster in clusters:
        for found in (*_services(account, region, cluster), *_tasks(account, region, cluster)):
            used.add(str(found["data"].get("taskDefinition") or found["data"].get("taskDefinitionArn")))
            yield found
    active = account.caller.list(LIST_TASK_DEFINITIONS, region=region, status="ACTIVE")
    for arn in sorted(newest(active) | (used & set(active))):
        answer = account.caller.ask(DESCRIBE_TASK_DEFINITION, region=region, resource=arn, taskDefinition=arn)
        reads = {DESCRIBE_TASK_DEFINITION.name: answer}
        data = {"taskDefinitionArn": arn}
        yield row("ecs.task_definition", arn, LIST_TASK_DEFINITIONS.name, data, region=region, reads=reads)


def _services(account: Account, region: str, cluster: str) -> Iterator[Row]:
    names = account.caller.list(LIST_SERVICES, region=region, resource=cluster, cluster=cluster)
    for batch in _batches(names, _SERVICES):
        for entry in account.caller.list(
            DESCRIBE_SERVICES, region=region, resource=cluster, cluster=cluster, services=batch
        ):
            yield row("ecs.service", entry["serviceArn"], DESCRIBE_SERVICES.name, entry, region=region)


def _tasks(account: Account, region: str, cluster: str) -> Iterator[Row]:
    names = account.caller.list(LIST_TASKS, region=region, resource=cluster, cluster=cluster)
    for batch in _batches(names, _TASKS):
        for entry in account.caller.list(
            DESCRIBE_TASKS, region=region, resource=cluster, cluster=cluster, tasks=batch
        ):
            yield row("ecs.task", entry["taskArn"], DESCRIBE_TASKS.name, entry, region=region)


def _batches(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def newest(arns: Iterable[str]) -> set[str]:
    """The latest revision of each family: older ones that nothing runs say nothing that a newer one does not."""
    best: dict[str, tuple[int, str]] = {}
    for arn in arns:
        family, _, revision = arn.rpartition(":")
        number = int(revision) if revision.isdigit() else 0
        best[family] = max(best.get(family, (-1, "")), (number, arn))
    return {arn for _, arn in best.values()}
