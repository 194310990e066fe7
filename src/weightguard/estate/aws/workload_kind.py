"""The form of an entry about one kind of code that AWS runs as a role."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkloadKind:
    """One kind of workload.

    Attributes:
        record: the record kind.
        kind: what the model calls it.
        service: the service's IAM prefix.
        roles: paths of role ARNs or names.
        profiles: paths of instance profiles.
        name: paths of the name, first found wins; else the last part of the id.
        arn: the ARN where the provider gives a bare id; ``{id}`` and the scope's parts are filled in.
        policy: the read and path of a resource policy, where the kind has one.
        attributes: further paths that techniques and controls read.
    """

    record: str
    kind: str
    service: str
    roles: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    name: tuple[str, ...] = ("Name", "name")
    arn: str = ""
    policy: tuple[str, str] | None = None
    attributes: tuple[str, ...] = ()
