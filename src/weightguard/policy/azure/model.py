"""A request to Azure, and everything that decides it.

Sources: Azure RBAC documentation, "How Azure RBAC determines if a user has access to a resource"; Azure Storage documentation,
"Authorize access to data" and "Access control model in Azure Data Lake Storage"; Key Vault documentation, "Azure RBAC vs. access
policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weightguard.memory import Memory


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to do what to which resource.

    Args:
        principal: an object id, or any other name that the policies use.
        action: ``Microsoft.Storage/storageAccounts/listKeys/action``.
        is_data: whether it is a data action.
        resource: the resource's id.
        context: what is known besides; see `weightguard schema case`.
        open: whether what `context` does not tell may be anything; else it is absent.
        groups: the groups that the principal is in, through others among them.
    """

    principal: str
    action: str
    is_data: bool
    resource: str
    context: Mapping[str, object] = field(default_factory=dict)
    open: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permission:
    """What a role permits, or a deny assignment denies: patterns, and what is left out of them.

    Args:
        condition: a role's own condition on whoever has it.
    """

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role for a principal at a scope."""

    principal: str
    role: str
    scope: str
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Denial:
    """A deny assignment.

    Args:
        only_here: whether it leaves out what lies in its scope.
    """

    name: str
    scope: str
    permissions: tuple[Permission, ...]
    principals: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    only_here: bool = False
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A management lock: ``ReadOnly`` or ``CanNotDelete``."""

    scope: str
    level: str


@dataclass(frozen=True, slots=True)
class Network:
    """The network rules of a storage account or a vault.

    Args:
        public: whether the public endpoint is on.
        allows: whether whoever is on no list is let in.
        addresses: the addresses and blocks that are let in.
        subnets: the ids of the subnets that are.
        trusts_services: whether the provider's trusted services are let in whatever the lists say.
        instances: the ids of the single resources whose own identity is.
    """

    public: bool = True
    allows: bool = True
    addresses: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    trusts_services: bool = False
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """The settings of a storage account that decide who is let in.

    Args:
        shared_key: whether requests that are signed with an account key are let in; where nothing is set they are.
        public_blobs: whether containers may let anybody in.
        containers: the public access of each container: ``blob``, ``container`` or ``none``; under None that of any other.
        hierarchical: whether it has a hierarchical namespace, with access control lists.
        lists: what the asking principal may do at each level of the path, from the root: its name (folders with a slash at the
            end) and ``r-x``; None: nobody knows.
    """

    shared_key: bool = True
    public_blobs: bool = False
    containers: Mapping[str | None, str] = field(default_factory=dict)
    hierarchical: bool = False
    lists: tuple[tuple[str, str], ...] | None = None
    network: Network = Network()


@dataclass(frozen=True, slots=True)
class Vault:
    """The settings of a key vault that decide who is let in.

    Args:
        by_role: whether roles decide about its data; else access policies do, and roles do not.
        policies: of each principal, by kind (``secrets``), what it may do.
    """

    by_role: bool = False
    policies: tuple[tuple[str, Mapping[str, tuple[str, ...]]], ...] = ()
    network: Network = Network()


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that bears on requests.

    Args:
        roles: by name or id, before the built-in ones; None in place of a role's permissions: nobody knows them.
        parents: the management group, or None for the root, that a subscription or management group lies in.
        storage: the storage account that the request is about; None: nobody told.
        vault: the vault that the request is about; None: nobody told.
        memory: the conditions that were parsed.
        by_scope: the assignments by their plain scopes, with their places among all; empty until they are asked for.
        grounds: what was worked out of these very policies; see `ground`.
        asked: the questions that were put to them last.
    """

    roles: Mapping[str, tuple[Permission, ...] | None] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    denials: tuple[Denial, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)
    locks: tuple[Lock, ...] = ()
    storage: Storage | None = None
    vault: Vault | None = None
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)
    by_scope: dict[str, list[tuple[int, Assignment]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    grounds: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    asked: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)
