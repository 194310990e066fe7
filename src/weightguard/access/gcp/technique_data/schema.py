"""What an entry of the technique data holds, and how the entries are read.

A technique is: what the actor must be allowed to do (`needs`, each a permission on a resource) and what it then is. Every need is
decided, for the actor, on the resource; nothing here is a mere name of a permission.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from weightguard.errors import CatalogueError

Kind = Literal["account", "workload", "agent", "connection", "pod", "pool"]
"""What the actor becomes: an account; an account by what runs as it; a service's own account; that of a BigQuery connection; a pod
of a cluster, with its node's account or any account of the cluster's pool; whoever a pool vouches for."""
At = Literal["account", "project", "workload", "code", "connection", "pool"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Need(_Entry):
    """A permission on a resource.

    Attributes:
        any_of: permissions, of which one is enough.
        at: the account that is acted on; its project, or the one in which the actor makes something; the workload that is taken
            over; the bucket that its code lies in; a connection; a pool.
    """

    any_of: tuple[str, ...] = Field(min_length=1)
    at: At


class Technique(_Entry):
    """One technique.

    Attributes:
        workloads: of a workload: which kinds (``compute.instance``) can be taken over so.
        requires: a setting of the workload that has to be so: name and value.
        agent: of an agent: its address, with ``{number}`` and ``{project}``.
        conditional: what must hold besides and no snapshot can tell; the way stays conditional on it.
    """

    id: str = Field(pattern=r"^gcp-[a-z0-9-]+-\d{3}$")
    name: str
    kind: Kind
    needs: tuple[Need, ...] = Field(min_length=1)
    workloads: tuple[str, ...] = ()
    requires: tuple[str, str] | None = None
    agent: str | None = None
    conditional: str | None = None
    references: tuple[str, ...] = Field(min_length=1)


_FILES = ("impersonation", "attach", "workloads", "services", "federation")
_LIST: TypeAdapter[tuple[Technique, ...]] = TypeAdapter(tuple[Technique, ...])


@cache
def techniques() -> tuple[Technique, ...]:
    """All entries, in the order of the files. Raises `CatalogueError` on one that is not what it should be."""
    found: list[Technique] = []
    for name in _FILES:
        raw: Any = yaml.safe_load((files(__package__) / f"{name}.yaml").read_text("utf-8"))
        try:
            found += _LIST.validate_python(raw)
        except ValidationError as error:
            raise CatalogueError(
                f"a technique is not what it should be: {error.errors()[0]['msg']}", where=f"{name}.yaml"
            ) from error
    return tuple(found)


def of_kind(kind: Kind) -> tuple[Technique, ...]:
    """The techniques of one kind."""
    return tuple(one for one in techniques() if one.kind == kind)
