"""Code that runs as an identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weightguard.estate.fact import Fact, Known
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import NOT_HERE, Provider


@dataclass(frozen=True, slots=True)
class MetadataService:
    """The service inside a machine that hands out the credentials of the machine's identity.

    Attributes:
        session_tokens: whether it answers those alone who asked it for a session first. AWS: HttpTokens required. Google Cloud
            and Azure: a header, which every version asks for.
        hops: over how many network hops its answers travel at most.
    """

    on: bool
    session_tokens: bool
    hops: int = 1


@dataclass(frozen=True, slots=True)
class Workload:
    """Code that runs as an identity: an instance, function, task, notebook, build project, stack, job, pod.

    Attributes:
        kind: ``function``, ``instance``, ``task_definition``, ``service``, ``notebook``, ``build_project``, ``stack``...
        service: the provider's service (``lambda``, ``ec2``, ``ecs``, ``sagemaker``, ``codebuild``...).
        roles: ids of the principals it runs as or hands out; unknown where none of them is known and there may be one.
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
    roles: Fact[tuple[str, ...]]
    public: Fact[bool]
    policy: Fact[NamedPolicy | None]  # resource policy, e.g. of a function
    attributes: Mapping[str, Fact[Any]] = field(default_factory=dict)
    metadata: Fact[MetadataService] = NOT_HERE  # of machines

    @property
    def known_roles(self) -> tuple[str, ...]:
        """The principals that it is known to run as or to hand out."""
        return self.roles.value if isinstance(self.roles, Known) else ()
