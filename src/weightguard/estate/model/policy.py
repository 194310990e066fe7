"""A policy document, kept as its provider wrote it: what it means is decided in `weightguard.policy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal


class PolicyForm(StrEnum):
    """What kind of document a policy is, where its provider has several that are decided apart."""

    POLICY = "policy"  # AWS: any. Google Cloud: an allow policy
    DENY = "deny"  # Google Cloud: a deny policy. Azure: a deny assignment
    BOUNDARY = "boundary"  # Google Cloud: a principal access boundary policy
    CONSTRAINT = "constraint"  # Google Cloud: an organisation policy. Azure: an assignment of Azure Policy
    LOCK = "lock"  # Azure: a management lock
    ASSIGNMENT = "assignment"  # Azure: a role assignment that holds
    ELIGIBLE_ASSIGNMENT = (
        "eligible_assignment"  # Azure: one that its holder activates first, maybe with somebody's approval
    )
    ROLE = "role"  # Azure: a role definition. Google Cloud: a custom role
    ACCESS_POLICY = "access_policy"  # Azure: the access policies of a vault
    POSIX_LIST = "posix_list"  # Azure: the access control list of a path in a hierarchical namespace


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy document with the name a person finds it by.

    Attributes:
        id: the managed policy's ARN or resource name, or ``<owner id>#<inline name>``.
        name: the name in the provider's console.
        document: the document as the provider returned it: a mapping, or the text where it could not be parsed. None: the text is
            not in the snapshot; a `provider` policy is then resolved by its id, any other one is not known.
        origin: ``provider`` (managed by the cloud provider), ``customer`` (managed) or ``inline``.
        versions: AWS: the documents of a managed policy's other versions, any of which may be made the default; None: not known.
    """

    id: str
    name: str
    document: Mapping[str, Any] | str | None
    origin: Literal["provider", "customer", "inline"]
    versions: tuple[Mapping[str, Any] | str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScopedPolicy(NamedPolicy):
    """A policy that is inherited, or that holds for a part of what it is set on.

    Attributes:
        form: what kind of document it is.
        on: the prefix of object names that it is set on, of a policy that a store holds for a part of it. Google Cloud: a managed
            folder. Azure: a path.
        binds: whom it limits, of a policy that is bound to a set of principals. Google Cloud: a principal set.
    """

    form: PolicyForm = PolicyForm.POLICY
    on: str = ""
    binds: str | None = None
