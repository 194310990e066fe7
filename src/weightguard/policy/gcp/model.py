"""A request to Google Cloud, and the policies that decide it.

Source: IAM documentation, "Policy evaluation": principal access boundary policies, then deny policies, then allow policies, each
of the resource and of everything that it lies in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weightguard.memory import Memory
from weightguard.policy.gcp.groups import Groups
from weightguard.policy.gcp.perimeter import Perimeters


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to do what to which resource.

    Args:
        member: the principal, as IAM writes it: ``user:...``, ``serviceAccount:...``, ``principal://...``; ``allUsers`` for
            whoever is anonymous.
        permission: as ``storage.objects.get``.
        resource: its relative name (see `names`).
        context: what is known besides, by the names that conditions use.
        open: whether what `context` does not tell may be anything; else it is absent.
        about_now: whether ``request.time`` in `context` is only about right: a date in years is decided by it, an hour or a day of
            the week is not.
    """

    member: str
    permission: str
    resource: str
    context: Mapping[str, object] = field(default_factory=dict)
    open: bool = False
    about_now: bool = False


@dataclass(frozen=True, slots=True)
class Binding:
    """A role for some members.

    Args:
        condition: the expression; None: it has none.
        title: the condition's title.
    """

    role: str
    members: tuple[str, ...]
    condition: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class DenyRule:
    """What some principals may not do, whatever allows it."""

    principals: tuple[str, ...]
    permissions: tuple[str, ...]
    except_principals: tuple[str, ...] = ()
    except_permissions: tuple[str, ...] = ()
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class DenyPolicy:
    """Deny rules on an organisation, a folder or a project."""

    name: str
    attached_to: str
    rules: tuple[DenyRule, ...]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A principal access boundary policy with its binding.

    Args:
        bound_to: the principal sets that it is bound to.
        resources: what the principals are eligible for, everything inside among it.
        blocked: the permissions that it can block, by either notation; None: all.
        condition: the binding's, on the principal; None: it has none.
    """

    name: str
    bound_to: tuple[str, ...]
    resources: tuple[str, ...]
    blocked: tuple[str, ...] | None = None
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """An organisation policy on a resource.

    Args:
        name: without ``constraints/``.
        enforced: of a boolean constraint; None for a list.
        allowed: the values that a list allows; None: it does not say.
        denied: the values that it denies.
        set_after: whether it was set after what it would have refused; None: nobody knows.
    """

    resource: str
    name: str
    enforced: bool | None = None
    allowed: tuple[str, ...] | None = None
    denied: tuple[str, ...] = ()
    set_after: bool | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of an access control list: ``user-alice@example.com``, ``READER``."""

    entity: str
    role: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """The settings of a bucket that decide who is let in.

    Args:
        uniform: whether uniform bucket-level access is on: then no access control list counts.
        prevention: public access prevention: ``enforced``, ``inherited``, or None where nothing is set.
        grants: its own access control list.
        objects: those of its objects, by name.
    """

    uniform: bool = False
    prevention: str | None = None
    grants: tuple[Grant, ...] = ()
    objects: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role that is given with the policies.

    Args:
        permissions: None: nobody knows them.
        disabled: whether its stage is DISABLED: it grants nothing.
    """

    permissions: frozenset[str] | None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that bears on requests.

    Args:
        parents: what lies in what.
        bindings: the allow policies, by the resource that they lie on.
        denials: deny policies.
        roles: by name, before those that the provider has predefined.
        groups: who is in a group (or another set that is written like a member), both by their `members.canonical` names; None:
            nobody could read it.
        buckets: by name.
        constraints: organisation policies.
        boundaries: None: nobody knows which there are.
        tags: the tags of each resource, by key; None: nobody knows any.
        perimeters: service perimeters with their access levels.
        memory: the conditions that were parsed.
        prepared: what was worked out of these very policies; see `ground`.
        grounds: the same, of permissions on resources that were asked for last.
        asked: the questions that were put to them last.
    """

    parents: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, tuple[Binding, ...]] = field(default_factory=dict)
    denials: tuple[DenyPolicy, ...] = ()
    roles: Mapping[str, RoleDefinition] = field(default_factory=dict)
    groups: Groups = field(default_factory=lambda: Groups({}))
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    tags: Mapping[str, Mapping[str, str]] | None = None
    perimeters: Perimeters = field(default_factory=Perimeters)
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)
    prepared: dict[tuple[str, str, str], object] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    grounds: dict[tuple[str, str], object] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    asked: dict[tuple[str, str, bool, bool, bytes], object] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
