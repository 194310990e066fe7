"""ECS: clusters, services, tasks, and the task definitions that they run or that somebody could run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.operation import Operation

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
    keeps=("clusterArn", "clusterName", "status", "registeredContainerInstancesCount", "tags.*"),
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
    keeps=(
        "serviceArn",
        "serviceName",
        "clusterArn",
        "roleArn",
        "taskDefinition",
        "enableExecuteCommand",
        "launchType",
        "desiredCount",
        "status",
        "tags.*",
    ),
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
    keeps=(
        "taskArn",
        "clusterArn",
        "taskDefinitionArn",
        "enableExecuteCommand",
        "launchType",
        "lastStatus",
        "containerInstanceArn",
        "group",
        "overrides.taskRoleArn",
        "overrides.executionRoleArn",
        "containers.name",
        "containers.lastStatus",
        "containers.managedAgents.name",
        "containers.managedAgents.lastStatus",
        "tags.*",
    ),
)
LIST_TASK_DEFINITIONS = Operation(
    service="ecs",
    name="ListTaskDefinitions",
    permissions=("ecs:ListTaskDefinitions",),
    hides="task definitions that carry a role that reads weights",
    required=("taskDefinitionArns",),
    entries=("taskDefinitionArns",),
    paged=True,
    keeps=("taskDefinitionArn",),
)
DESCRIBE_TASK_DEFINITION = Operation(
    service="ecs",
    name="DescribeTaskDefinition",
    permissions=("ecs:DescribeTaskDefinition",),
    hides="the roles of a task definition",
    required=("taskDefinition",),
    keeps=(
        "taskDefinition.taskDefinitionArn",
        "taskDefinition.family",
        "taskDefinition.revision",
        "taskDefinition.status",
        "taskDefinition.taskRoleArn",
        "taskDefinition.executionRoleArn",
        "taskDefinition.networkMode",
        "taskDefinition.requiresCompatibilities",
        "tags.*",
    ),
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


@dataclass(slots=True)
class _Region:
    """A region being read.

    Attributes:
        used: task definitions that something runs.
        complete: whether everything that runs could be listed.
    """

    account: Account
    region: str
    used: set[str] = field(default_factory=set)
    complete: bool = True

    def listed(self, operation: Operation, **parameters: Any) -> list[Any]:
        """The entries of a listing, and a note when it is not whole."""
        resource = parameters.get("cluster")
        answer = self.account.caller.ask(operation, region=self.region, resource=resource, **parameters)
        self.complete = self.complete and answer.ok
        return list(answer.data.get(operation.entries[0], []))

    def describe(
        self, names: list[str], size: int, operation: Operation, parameter: str, **more: Any
    ) -> Iterator[Any]:
        """What the names stand for, `size` of them a call."""
        for start in range(0, len(names), size):
            yield from self.listed(operation, **more, **{parameter: names[start : start + size]})

    def row(self, kind: str, operation: Operation, entry: Mapping[str, Any]) -> Row:
        """A record of what was described."""
        self.used.update(
            str(entry[name]) for name in ("taskDefinition", "taskDefinitionArn") if name in entry
        )
        return row(kind, entry[operation.identity[0]], operation, entry, region=self.region)


def read(account: Account, region: str) -> Iterator[Row]:
    """Everything of a region; a region without clusters and task definitions costs two calls."""
    place = _Region(account, region)
    clusters = place.listed(LIST_CLUSTERS)
    for entry in place.describe(clusters, _CLUSTERS, DESCRIBE_CLUSTERS, "clusters"):
        yield place.row("ecs.cluster", DESCRIBE_CLUSTERS, entry)
    for cluster in clusters:
        services = place.listed(LIST_SERVICES, cluster=cluster)
        for entry in place.describe(services, _SERVICES, DESCRIBE_SERVICES, "services", cluster=cluster):
            yield place.row("ecs.service", DESCRIBE_SERVICES, entry)
        tasks = place.listed(LIST_TASKS, cluster=cluster)
        for entry in place.describe(tasks, _TASKS, DESCRIBE_TASKS, "tasks", cluster=cluster):
            yield place.row("ecs.task", DESCRIBE_TASKS, entry)
    yield from _definitions(place)


def _definitions(place: _Region) -> Iterator[Row]:
    """The newest of each family and those that something runs; all of them where it is not known what runs."""
    runs_known = place.complete
    active = place.listed(LIST_TASK_DEFINITIONS, status="ACTIVE")
    for arn in sorted(newest(active) | (place.used & set(active)) if runs_known else set(active)):
        answer = place.account.caller.ask(
            DESCRIBE_TASK_DEFINITION, region=place.region, resource=arn, taskDefinition=arn
        )
        reads = {DESCRIBE_TASK_DEFINITION.name: answer}
        data = {"taskDefinitionArn": arn}
        yield row("ecs.task_definition", arn, LIST_TASK_DEFINITIONS, data, region=place.region, reads=reads)


def newest(arns: Iterable[str]) -> set[str]:
    """The latest revision of each family: older ones that nothing runs say nothing that a newer one does not."""
    best: dict[str, tuple[int, str]] = {}
    for arn in arns:
        family, _, revision = arn.rpartition(":")
        number = int(revision) if revision.isdigit() else 0
        best[family] = max(best.get(family, (-1, "")), (number, arn))
    return {arn for _, arn in best.values()}
