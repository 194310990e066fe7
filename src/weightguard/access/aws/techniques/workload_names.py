"""Workloads that a Terraform state and a policy name differently.

A state tells what Terraform made, as of its last run. An instance that was replaced since has another id, and a provider
block without a region of its own takes it from wherever Terraform ran. A policy that names such a workload exactly, in a
state that holds none of that name but its likeness, is taken to mean the likeness, under the condition that it is so.
Collected snapshots name what is there, and get no such reading: what they do not hold does not exist.
"""

from __future__ import annotations

from typing import Final

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate, Workload
from weightguard.policy.pattern import glob, is_pattern

FROM_STATE = "terraform.state"
"""The account setting that says that a state told of the account."""
_IDS: Final = {"instance": "instance/i-", "launch_template": "launch-template/lt-"}
"""Kinds whose names are ids that the provider gives: made anew, they are called otherwise."""
_ACCOUNT, _REGION, _PARTS = 4, 3, 6


class WorkloadNames:
    """Finds the other names of workloads.

    Args:
        estate: everything that exists.
    """

    def __init__(self, estate: Estate) -> None:
        self._states = {
            account.id
            for account in estate.accounts
            if isinstance(found := account.settings.get(FROM_STATE), Known) and found.value is True
        }
        self._ids: dict[str, list[str]] = {}
        for workload in estate.workloads:
            self._ids.setdefault(workload.service, []).append(workload.id)
        self._strange: dict[str, bool] = {}

    def of(self, group: PrincipalGroup, workload: Workload) -> list[str]:
        """The names, as ARNs, under which a group's policies may mean the workload."""
        if workload.account not in self._states:
            return []
        return sorted(
            {alias for pattern in group.patterns if (alias := self._alias(pattern, workload)) is not None}
        )

    def _alias(self, pattern: str, workload: Workload) -> str | None:
        named, own = pattern.split(":", _PARTS - 1), workload.id.split(":", _PARTS - 1)
        if (
            len(named) != _PARTS
            or len(own) != _PARTS
            or named[2] != own[2]
            or not self._is_strange(pattern, workload.service)
        ):
            return None
        if named[_ACCOUNT] not in (own[_ACCOUNT], "*"):
            return None
        if glob(":".join([*named[:_REGION], own[_REGION], *named[4:]])).matches(workload.id):
            return ":".join([*own[:_REGION], named[_REGION], *own[4:]])
        same_place = named[_REGION] in (own[_REGION], "*")
        if (
            workload.kind == "instance"
            and same_place
            and named[5].startswith("instance/i-")
            and not is_pattern(named[5])
        ):
            return ":".join([*own[:5], named[5]])
        return None

    def _is_strange(self, pattern: str, service: str) -> bool:
        """Whether nothing that the snapshots hold goes by the name."""
        found = self._strange.get(pattern)
        if found is None:
            named = glob(pattern)
            found = self._strange[pattern] = not any(named.matches(one) for one in self._ids.get(service, ()))
        return found
