"""Copies of disks, secrets, and every other thing that bears on weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from weightguard.estate.fact import Fact
from weightguard.estate.model.policy import NamedPolicy
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class DiskCopy:
    """AWS: an EBS snapshot, AMI or RDS snapshot; a copy of a disk that may hold weights."""

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: Literal["snapshot", "image", "volume", "backup"]
    public: Fact[bool]
    shared_with: Fact[tuple[str, ...]]
    encrypted: Fact[bool]
    key: Fact[str | None]
    tags: Fact[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Secret:
    """A stored credential by name. Its value is never collected.

    Attributes:
        unlocks: ids of principals whose credentials it holds, where its source states that.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str  # secretsmanager, parameter, object, or the part of a configuration that holds it
    policy: Fact[NamedPolicy | None]
    key: Fact[str | None]
    unlocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything else that bears on weights, by the provider's own field names: a repository, a file system, a network.

    Attributes:
        kind: ``<service>.<resource>``, as the snapshot's records name it (``ecr.repository``, ``efs.file_system``).
        policy: its resource policy; Known(None) when it has none or its kind has no such policies.
        attributes: the provider's fields by their own dotted names, each a fact.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    kind: str
    name: str
    policy: Fact[NamedPolicy | None]
    tags: Fact[Mapping[str, str]]
    attributes: Mapping[str, Fact[Any]] = field(default_factory=dict)
