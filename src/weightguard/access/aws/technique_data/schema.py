"""What an entry of the technique data holds, and how the entries are read.

A technique is: what the actor must be allowed to do (`needs`, each an action on a resource), what must exist, and what the actor
then is or may do (the entry's `kind`). The engine decides every need; nothing here is a mere action name.

Resources in a need: ``target`` (the ARN of what the technique acts on, the default), ``*`` (for actions without resource-level
permissions), or an ARN pattern in which ``{partition}``, ``{account}`` and the fields that the kind offers are filled in. A
pattern stands for "some resource of the actor's choosing".
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from weightguard.errors import CatalogueError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Need(_Entry):
    """One permission: an action on a resource."""

    action: str = Field(pattern=r"^[a-z0-9-]+:[A-Za-z0-9]+$")
    resource: str = "target"


class _Technique(_Entry):
    id: str = Field(pattern=r"^[a-z0-9-]+-\d{3}$")
    name: str
    needs: tuple[Need, ...] = ()
    references: tuple[str, ...] = Field(min_length=1)
    conditional: str | None = None
    """What must hold besides and no snapshot can tell; the path stays conditional on it."""
    settled_by: tuple[tuple[Need, ...], ...] = ()
    """Sets of permissions, any of which makes `conditional` moot."""


class Assume(_Technique):
    """Become a role by its trust policy."""

    kind: Literal["assume"]


class Trust(_Technique):
    """Become a role by rewriting its trust policy."""

    kind: Literal["trust"]


class UserState(_Entry):
    """What must be so of a user for new credentials to be had."""

    access_keys: Literal["below_limit", "at_limit"] | None = None
    console_password: bool | None = None


class Credentials(_Technique):
    """Become a user by credentials made for it."""

    kind: Literal["credentials"]
    when: UserState


Change = Literal[
    "administrator",
    "attach_policy",
    "rewrite_policy",
    "restore_policy",
    "join_group",
    "remove_boundary",
    "replace_boundary",
    "detach_policy",
    "delete_inline",
    "leave_group",
    "tag",
    "untag",
]


class ChangePrincipal(_Technique):
    """Change what a principal may do; whoever is it, or becomes it, then may do that."""

    kind: Literal["change"]
    target: Literal["user", "role", "group", "policy"]
    change: Change


class NewPrincipal(_Technique):
    """Create a user or role with every permission, and be it."""

    kind: Literal["new_principal"]
    principal: Literal["user", "role"]


class Combination(_Technique):
    """A change of a principal together with a way of becoming it, known under a name of its own."""

    kind: Literal["combination"]
    combines: tuple[str, str]


class PassRole(_Technique):
    """Have a service run something of the actor's as a role that trusts the service."""

    kind: Literal["pass_role"]
    services: tuple[str, ...] = Field(min_length=1)
    """Service principals: the role must trust one of them, and it is the value of ``iam:PassedToService``."""
    instance_profile: bool = False
    exists: tuple[str, ...] = ()
    """``service/kind`` of workloads, one of which must exist in the account."""
    vouches: bool = False
    """True where the service hands the role out as an identity provider: ``sts:AssumeRoleWithWebIdentity`` in the trust policy."""
    passes: bool = True
    """False where the service takes the role without ``iam:PassRole``."""
    reaches: tuple[str, ...] | None = None
    """The accesses to weights that the service lends; None: everything that the role may do."""


class OnWorkload(_Technique):
    """Run code on something that exists and holds a role."""

    kind: Literal["workload"]
    targets: tuple[str, ...] = Field(min_length=1)
    when: dict[str, Any] = Field(default_factory=dict)
    exists: tuple[str, ...] = ()
    """``service/kind`` of workloads, one of which must exist in the account."""
    role_can: tuple[str, ...] = ()
    """What the workload's own role must be allowed to do for the technique to reach it."""
    passed_to: str | None = None
    """The value of ``iam:PassedToService`` where the workload's role has to be passed anew."""
    reach: Literal["ssh"] | None = None


class Federation(_Technique):
    """Become whoever an identity provider vouches for, by changing the provider."""

    kind: Literal["federation"]
    provider: Literal["oidc", "saml"]


class Guardrails(_Technique):
    """Take the organisation's policies off an account."""

    kind: Literal["guardrails"]


class PermissionSet(_Technique):
    """Become a role of IAM Identity Center, with permissions of the actor's choosing."""

    kind: Literal["permission_set"]


class OnStore(_Technique):
    """Grant oneself a store, its key or a copy of it, or have it copied or destroyed."""

    kind: Literal["store"]
    effect: Literal[
        "rewrite_policy",
        "delete_policy",
        "grant_acl",
        "access_point",
        "rewrite_point_policy",
        "delete_point_policy",
        "access_grant",
        "pass_to_store",
        "destroys",
        "grant_key",
        "rewrite_key_policy",
        "enable_key",
        "keep_key",
        "tag_key",
        "untag_key",
        "alias_key",
        "reads_copy",
        "shares_copy",
    ]
    reaches: tuple[str, ...]
    services: tuple[str, ...] = ()
    acls: bool = False
    """True where access control lists must not be disabled by the bucket's ownership setting."""


class ReadSecret(_Technique):
    """Become whoever a stored credential belongs to."""

    kind: Literal["secret"]
    secret: Literal[
        "secretsmanager",
        "parameter",
        "object",
        "environment",
        "instance_user_data",
        "template_user_data",
        "launch_configuration_user_data",
        "build_environment",
        "container_definitions",
        "container_properties",
        "stack_parameters",
        "stack_template",
        "state_machine_definition",
        "job_arguments",
        "document_content",
        "lifecycle_scripts",
    ]


Technique = Annotated[
    Assume
    | Trust
    | Credentials
    | ChangePrincipal
    | NewPrincipal
    | Combination
    | PassRole
    | OnWorkload
    | Federation
    | Guardrails
    | PermissionSet
    | OnStore
    | ReadSecret,
    Field(discriminator="kind"),
]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader; the one in C where it was built."""
_ADAPTER: TypeAdapter[Technique] = TypeAdapter(Technique)


def parse(text: str, where: str) -> Technique:
    """One entry.

    Raises:
        CatalogueError: it is not YAML, or breaks the schema; the message names the field.
    """
    try:
        return _ADAPTER.validate_python(yaml.load(text, Loader=_LOADER))  # noqa: S506 - both loaders are safe
    except yaml.YAMLError as error:
        raise CatalogueError("a technique is not YAML", where=where, fix=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(
            f"a technique breaks the schema: {field}: {first['msg']}", where=where
        ) from error


@cache
def techniques() -> tuple[Technique, ...]:
    """Every technique that weightguard knows, by id.

    Raises:
        CatalogueError: an entry breaks the schema, or its file is not named by its id.
    """
    found: dict[str, Technique] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yaml"):
            continue
        entry = parse(file.read_text(encoding="utf-8"), file.name)
        if f"{entry.id}.yaml" != file.name:
            raise CatalogueError(
                "a technique's file is not named by its id", where=file.name, fix=f"name it {entry.id}.yaml"
            )
        found[entry.id] = entry
    return tuple(found.values())
