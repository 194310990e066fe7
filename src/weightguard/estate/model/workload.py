"""Code that runs as an identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class Workload:
    """Code that runs as an identity: an instance, function, task, notebook, build project, stack, job, pod.

    Attributes:
        kind: ``function``, ``instance``, ``task_definition``, ``service``, ``notebook``, ``build_project``, ``stack``...
        service: the provider's service (``lambda``, ``ec2``, ``ecs``, ``sagemaker``, ``codebuild``...).
        roles: ids of the principals it runs as or hands out.
        public: whether anybody on the internet may run or reach it.
        attributes: what a technique or control needs besides, by the provider's own field names.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str
    service: str
    name: str
    roles: tuple[str, ...]
    public: Fact[bool]
    policy: Fact[NamedPolicy | None]  # resource policy, e.g. of a function
    attributes: Mapping[str, Fact[Any]] = field(default_factory=dict)
