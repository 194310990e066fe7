"""What the estate says of a workload: the roles that its code holds, its settings, tags and related resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.technique_data.schema import OnWorkload
from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.estate.fact import Known
from weightguard.estate.model import Workload
from weightguard.policy.aws import ContextValue

_TASK_ROLE = ("taskRoleArn",)
_HELD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ecs/task_definition": _TASK_ROLE,
    "apprunner/service": ("InstanceConfiguration.InstanceRoleArn",),
}
"""Where the code holds one of the workload's roles only: the others are for the service to start it with."""
_KEPT_BY_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {"elasticmapreduce/cluster": ("ServiceRole",)}
_HOLDS_NOTHING: Final = frozenset({"eks/cluster", "autoscaling/auto_scaling_group"})
_TASKS: Final = ("ecs/service", "ecs/task")


def kind_of(workload: Workload) -> str:
    """``service/kind``, as the technique data names workloads."""
    return f"{workload.service}/{workload.kind}"


class WorkloadFacts:
    """What the estate says of its workloads.

    Args:
        context: what techniques may ask.
        workloads: those of the estate, by id.
    """

    def __init__(self, context: Context, workloads: Mapping[str, Workload]) -> None:
        self._context = context
        self._workloads = workloads
        self._kinds: dict[str, set[str]] = {}
        for item in workloads.values():
            self._kinds.setdefault(item.account, set()).add(kind_of(item))
        self._task_roles = self._roles_of_tasks()

    def _roles_of_tasks(self) -> set[str]:
        """Roles that some task definition gives its code, rather than to the agent that starts it."""
        found: set[str] = set()
        for workload in self._workloads.values():
            if kind_of(workload) == "ecs/task_definition":
                found.update(self.held(workload))
        return found

    def held(self, workload: Workload) -> tuple[str, ...]:
        """The roles that code on the workload holds."""
        kind = kind_of(workload)
        if kind in _HOLDS_NOTHING:
            return ()
        named = _HELD_BY.get(kind)
        if named is not None:
            return tuple(self._named(workload, named))
        if kind in _TASKS:
            return tuple(role for role in workload.known_roles if role in self._task_roles)
        others = {*self._named(workload, _KEPT_BY_SERVICE.get(kind, ()))}
        return tuple(role for role in workload.known_roles if role not in others)

    def _named(self, workload: Workload, settings: Iterable[str]) -> Iterator[str]:
        """The roles that some settings of a workload name."""
        for name in settings:
            fact = workload.attributes.get(name)
            if isinstance(fact, Known) and isinstance(fact.value, str):
                yield self._role(fact.value, workload)

    @staticmethod
    def _role(name: str, workload: Workload) -> str:
        if name.startswith("arn:"):
            return name
        return next((role for role in workload.known_roles if role.endswith(f"/{name}")), name)

    def attribute(self, workload: Workload, name: str) -> Any:
        """A setting of a workload; None where it is not known."""
        fact = workload.attributes.get(name)
        return fact.value if isinstance(fact, Known) else None

    def tags(self, workload: Workload) -> dict[str, ContextValue]:
        """The context keys of a workload's tags."""
        found = self.attribute(workload, "tags")
        return self._context.decisions.tags(found if isinstance(found, Mapping) else None, workload.service)

    def reachable(self, workload: Workload) -> bool:
        """Whether it has an address on the internet."""
        return bool(self.attribute(workload, "PublicIpAddress"))

    def names(self, workload: Workload) -> dict[str, str]:
        """What stands in the place of the names in a need's resource."""
        partition = self._context.population.realm(workload.account).partition
        cluster = self.attribute(workload, "clusterArn") or self.attribute(workload, "clusterName") or "*"
        bare = str(cluster).rpartition("/")[2]
        region = workload.region or "*"
        service = workload.service
        base = f"arn:{partition}:{service}:{region}:{workload.account}"
        roles = self.held(workload)
        return {
            "cluster": f"{base}:cluster/{bare}",
            "tasks": workload.id if workload.kind == "task" else f"{base}:task/{bare}/*",
            "role": roles[0] if roles else "*",
            "account": workload.account,
            "partition": partition,
        }

    def state(self, entry: OnWorkload, workload: Workload) -> tuple[Condition, ...] | None:
        """What must hold of the workload besides; None when it is known not to."""
        conditions: list[Condition] = []
        if entry.exists and not self._kinds.get(workload.account, set()) & set(entry.exists):
            return None
        for name, wanted in entry.when.items():
            fact = workload.attributes.get(name)
            value = fact.value if isinstance(fact, Known) else None
            if value is None:
                setting = (name, workload.kind.replace("_", " "), str(wanted))
                conditions.append(Condition(ConditionKind.STATE, Matter.WORKLOAD_SETTING, setting))
            elif value != wanted:
                return None
        if entry.reach == "ssh" and not self.reachable(workload):
            conditions.append(Condition(ConditionKind.STATE, Matter.SSH, (workload.id,)))
        return tuple(conditions)
