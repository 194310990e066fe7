"""What an estate says of Google Cloud, as its policy engine asks for it.

Sources: IAM REST reference, v2 `Policy`, v3 `PrincipalAccessBoundaryPolicy` and `PolicyBinding`; Organization Policy REST
reference, v1 and v2 `Policy`; IAM documentation, "Principal access boundary policies" (principal sets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import (
    Account,
    Container,
    ContainerKind,
    Estate,
    NamedPolicy,
    PolicyForm,
    PrincipalKind,
    Resource,
    ScopedPolicy,
    Store,
)
from weightguard.policy.gcp import (
    Binding,
    Boundary,
    Bucket,
    Constraint,
    DenyPolicy,
    DenyRule,
    Grant,
    Groups,
    Policies,
    RoleDefinition,
)
from weightguard.policy.gcp.groups import canonical
from weightguard.policy.gcp.names import relative

ACCOUNT: Final = "serviceAccount:"
_ACCOUNT_PROJECT: Final = re.compile(r"[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com")
_NUMBER: Final = re.compile(r"(?<=projects/)\d+(?=/|$)")
ORGANISATION: Final = "cloudresourcemanager.organization"
TAG_BINDING, TAG_VALUE = "cloudresourcemanager.tag_binding", "cloudresourcemanager.tag_value"
ENTITLEMENT: Final = "privilegedaccessmanager.entitlement"


def value(fact: Fact[Any]) -> Any:
    """What a fact states; None where it is not known."""
    return fact.value if isinstance(fact, Known) else None


_DEFAULT_ACCOUNTS: Final = (
    re.compile(r"(\d+)-compute@developer\.gserviceaccount\.com"),
    re.compile(r"([a-z0-9-]+)@appspot\.gserviceaccount\.com"),
)
"""Accounts that a project is born with; they lie in it like its own."""


class Source:
    """The policies of an estate, with the names that the estate knows them by.

    Args:
        estate: what the snapshots say exists.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.ids: dict[str, str] = {}
        """Resource -> the id of the policy that lies on it."""
        self.numbers = _by_number(estate.accounts)
        """Number of a project -> its id."""
        own = [one for one in estate.principals if one.provider == "gcp"]
        self.projects = {
            one.id: one.account for one in own if one.kind is PrincipalKind.SERVICE_ACCOUNT and one.account
        }
        """Service account -> its project."""
        self.stores = {store.name: store for store in estate.stores if store.provider == "gcp"}
        self.disabled = frozenset(one.id for one in own if value(one.enabled) is False)
        """Service accounts that nobody can act as."""
        self.members = {canonical(one.id): self._members(one) for one in self._groups()}
        """Group -> whom it holds; None: nobody knows."""
        self.is_partial = any(map(_is_partial, estate.accounts))
        """Whether policies may hold more than is told: a Terraform state tells of what it manages alone."""
        self.customers = {self.named(one.id): _customer(one) for one in estate.resources_of(ORGANISATION)}
        """Organisation -> the ids that its directory has."""
        self.organisations = {
            one.name.lower(): (one.id, *self.customers.get(one.id, ()))
            for one in filter(_has_domain, estate.containers)
        }
        """Domain -> the names that sets of principals give its organisation."""

    def named(self, resource: str) -> str:
        """A resource's relative name, with its project by id."""
        return _NUMBER.sub(lambda found: self.numbers.get(found[0], found[0]), relative(resource), count=1)

    def account(self, member: str) -> str:
        """The resource that a service account is: ``projects/p/serviceAccounts/a@p.iam.gserviceaccount.com``."""
        email = member.removeprefix(ACCOUNT)
        return f"projects/{self.project_of(member) or '-'}/serviceAccounts/{email}"

    def project_of(self, member: str) -> str | None:
        """The project that a service account lies in; None where neither its name nor a source tells."""
        email = member.removeprefix(ACCOUNT)
        for pattern in (_ACCOUNT_PROJECT, *_DEFAULT_ACCOUNTS):
            match = pattern.fullmatch(email)
            if match and member not in self.projects:
                return self.numbers.get(match[1], match[1])
        return self.projects.get(member)

    def policies(self) -> Policies:
        """Everything that bears on requests."""
        limits = [*self._limits()]
        return Policies(
            parents=self._parents(),
            bindings=self._bindings(),
            denials=tuple(one for on, policy in limits for one in _denial(on, policy)),
            roles=self._roles(),
            groups=Groups(self.members),
            buckets={name: _bucket(store) for name, store in self.stores.items()},
            constraints=tuple(one for on, policy in limits for one in _constraint(on, policy)),
            boundaries=tuple(one for _, policy in limits for one in self._boundary(policy)),
            tags=self._tags(),
            memory=self.estate.memory,
        )

    def _groups(self) -> Iterator[Any]:
        return (
            one for one in self.estate.principals if one.provider == "gcp" and one.kind is PrincipalKind.GROUP
        )

    def _members(self, group: Any) -> tuple[str, ...] | None:
        held = value(group.members)
        return None if held is None else tuple(map(self.member, held))

    def _parents(self) -> dict[str, str]:
        found = {one.id: one.parent for one in self.estate.containers if one.provider == "gcp" and one.parent}
        found |= {f"buckets/{name}": store.container or "" for name, store in self.stores.items()}
        for tag in self.estate.resources_of(TAG_VALUE):
            owner = str(value(tag.attributes["namespacedName"]) or "").partition("/")[0]
            if owner:
                found[relative(tag.id)] = (
                    f"organizations/{owner}" if owner.isdecimal() else f"projects/{owner}"
                )
        found |= {
            key.id: key.container for key in self.estate.keys if key.provider == "gcp" and key.container
        }
        return found

    def _bindings(self) -> dict[str, tuple[Binding, ...]]:
        found: dict[str, list[Binding]] = {}
        for resource, policy in self._allow_policies():
            self.ids.setdefault(resource, policy.id)
            if isinstance(policy.document, Mapping):
                found.setdefault(resource, []).extend(self._bound(policy.document))
        return {resource: tuple(rows) for resource, rows in found.items()}

    def _bound(self, document: Mapping[str, Any]) -> Iterator[Binding]:
        for one in document.get("bindings") or ():
            condition = one.get("condition") or {}
            members = tuple(map(self.member, one.get("members") or ()))
            yield Binding(
                self.named(one["role"]), members, condition.get("expression"), condition.get("title") or None
            )

    def member(self, written: str) -> str:
        """A member of a policy in one notation, with projects by id where what they stand for is a project of the estate."""
        found = canonical(written)
        if found.startswith(("projectOwner:", "projectEditor:", "projectViewer:")):
            kind, _, project = found.partition(":")
            return f"{kind}:{self.numbers.get(project, project)}"
        if found.startswith("principalSet://cloudresourcemanager.googleapis.com/projects/"):
            head, _, project = found.rpartition("/")
            return f"{head}/{self.numbers.get(project, project)}"
        return found

    def _allow_policies(self) -> Iterator[tuple[str, NamedPolicy]]:
        estate = self.estate
        for container in estate.containers:
            if container.provider == "gcp":
                yield from ((container.id, policy) for policy in value(container.policies) or ())
        for store in self.stores.values():
            yield from _held(f"buckets/{store.name}", store.policy)
            for folder in value(store.folder_policies) or ():
                yield f"buckets/{store.name}/managedFolders/{folder.on.rstrip('/')}", folder
        for one in estate.principals:
            if one.provider == "gcp":
                yield from _held(self.account(one.id), one.trust)
        things: Iterable[Any] = (*estate.keys, *estate.workloads, *estate.secrets)
        others = (one for kind, each in estate.resources.items() if kind != ORGANISATION for one in each)
        for thing in (*things, *others):
            if thing.provider == "gcp":
                yield from _held(self.named(thing.id), thing.policy)

    def _roles(self) -> dict[str, RoleDefinition]:
        found: dict[str, RoleDefinition] = {}
        for role in self.estate.role_definitions:
            document = role.document if isinstance(role.document, Mapping) else None
            if role.id.startswith(("projects/", "organizations/")):
                found[role.id] = _role(document)
        return found

    def _limits(self) -> Iterator[tuple[str, ScopedPolicy]]:
        for container in self.estate.containers:
            if container.provider == "gcp":
                yield from ((container.id, policy) for policy in value(container.limits) or ())

    def _boundary(self, policy: ScopedPolicy) -> Iterator[Boundary]:
        document = policy.document
        if (
            policy.form is not PolicyForm.BOUNDARY
            or not isinstance(document, Mapping)
            or policy.binds is None
        ):
            return
        details = (document.get("policy") or {}).get("details") or {}
        rules = [rule for rule in details.get("rules") or () if isinstance(rule, Mapping)]
        resources = tuple(self.named(str(one)) for rule in rules for one in rule.get("resources") or ())
        condition = ((document.get("binding") or {}).get("condition") or {}).get("expression")
        if document.get("policy") is None:  # Nobody exported what it allows.
            return
        yield Boundary(policy.id, (self.member(_principal_set(policy.binds)),), resources, None, condition)

    def _tags(self) -> Mapping[str, Mapping[str, str]]:
        """The tags of each resource, by the names and by the ids of their keys."""
        values = {
            str(value(one.attributes["name"])): str(value(one.attributes["namespacedName"]) or "")
            for one in self.estate.resources_of(TAG_VALUE)
        }
        keys = {
            str(value(one.attributes["name"])): str(value(one.attributes["parent"]) or "")
            for one in self.estate.resources_of(TAG_VALUE)
        }
        found: dict[str, dict[str, str]] = {}
        for one in self.estate.resources_of(TAG_BINDING):
            tag = str(value(one.attributes["tagValue"]) or "")
            name = str(value(one.attributes["tagValueNamespacedName"]) or "") or values.get(tag, "")
            held = found.setdefault(self.named(str(value(one.attributes["parent"]) or "")), {})
            key, _, short = name.rpartition("/")
            if key:
                held[key] = short
            if keys.get(tag):
                held[keys[tag]] = tag
        return found


def _customer(organisation: Resource) -> tuple[str, ...]:
    held = (value(fact) for fact in organisation.attributes.values())
    return tuple(str(one) for one in held if one)


def _held(resource: str, fact: Fact[NamedPolicy | None]) -> Iterator[tuple[str, NamedPolicy]]:
    policy = value(fact)
    if policy is not None:
        yield resource, policy


def _principal_set(written: str) -> str:
    """The principal set that a binding of a boundary names, in the notation of policies."""
    if written.startswith("//cloudresourcemanager.googleapis.com/"):
        return f"principalSet:{written}"
    if "/workspace/" in written:
        return f"principalSet://goog/cloudIdentityCustomerId/{written.rpartition('/')[2]}"
    if written.startswith("//iam.googleapis.com/"):
        return f"principalSet:{written}/*"
    return written


def _role(document: Mapping[str, Any] | None) -> RoleDefinition:
    if document is None:
        return RoleDefinition(None)
    listed = document.get("includedPermissions")
    off = document.get("stage") == "DISABLED" or document.get("deleted") is True
    return RoleDefinition(frozenset(map(str, listed if isinstance(listed, list) else ())), off)


def _bucket(store: Store) -> Bucket:
    lists, prevented = value(store.object_lists), value(store.public_access)
    held = value(store.acl) or {}
    # Of what above a bucket prevents, its organisation policies tell.
    own = prevented is not None and "public access prevention" in prevented.by
    return Bucket(
        uniform=lists is not None and not lists.in_force,
        prevention="enforced" if own else "inherited",
        grants=_grants(held.get("acl")),
    )


def _grants(rows: Any) -> tuple[Grant, ...]:
    return tuple(Grant(one["entity"], one["role"]) for one in rows or ())


def default_grants(store: Store | None) -> tuple[Grant, ...]:
    """The list that a bucket gives new objects."""
    held = None if store is None else value(store.acl)
    return _grants(held.get("defaultObjectAcl")) if held else ()


def _denial(on: str, policy: ScopedPolicy) -> Iterator[DenyPolicy]:
    if policy.form is PolicyForm.DENY and isinstance(policy.document, Mapping):
        rules = [
            one.get("denyRule") or {}
            for one in policy.document.get("rules") or ()
            if isinstance(one, Mapping)
        ]
        yield DenyPolicy(policy.id, on, tuple(map(_rule, rules)))


def _rule(raw: Mapping[str, Any]) -> DenyRule:
    denied, permissions, spared, left = (
        tuple(map(str, raw.get(name) or ()))
        for name in ("deniedPrincipals", "deniedPermissions", "exceptionPrincipals", "exceptionPermissions")
    )
    return DenyRule(denied, permissions, spared, left, (raw.get("denialCondition") or {}).get("expression"))


def _constraint(on: str, policy: ScopedPolicy) -> Iterator[Constraint]:
    if policy.form is not PolicyForm.CONSTRAINT or not isinstance(policy.document, Mapping):
        return
    document = policy.document
    spec = document.get("spec")
    if isinstance(spec, Mapping):
        yield _newer(on, policy.name, spec)
        return
    older, listed = document.get("booleanPolicy"), document.get("listPolicy")
    if isinstance(older, Mapping):
        yield Constraint(on, policy.name, enforced=older.get("enforced") is True)
    elif isinstance(listed, Mapping):
        every = listed.get("allValues")
        yield Constraint(
            on, policy.name, allowed=("all",) if every == "ALLOW" else _texts(listed.get("allowedValues")),
            denied=("all",) if every == "DENY" else _texts(listed.get("deniedValues")) or (),
        )  # fmt: skip


def _by_number(accounts: Iterable[Account]) -> dict[str, str]:
    numbers = ((one.id, value(one.settings["number"])) for one in accounts if one.provider == "gcp")
    return {str(number): name for name, number in numbers if number is not None}


def _is_partial(account: Account) -> bool:
    """Whether a source says that it tells of some policies of a project alone."""
    return account.provider == "gcp" and "PARTIAL_POLICY" in (value(account.settings["contents"]) or ())


def _has_domain(container: Container) -> bool:
    """Whether it is an organisation that is called by a domain."""
    is_ours = container.provider == "gcp" and container.kind is ContainerKind.ORGANISATION
    return is_ours and "." in container.name


def _newer(on: str, name: str, spec: Mapping[str, Any]) -> Constraint:
    """A policy of the second version; rules with conditions hold for some resources only and are not taken for holding."""
    rules = [one for one in spec.get("rules") or () if isinstance(one, Mapping) and not one.get("condition")]
    enforced = [
        rule["enforce"] in (True, "TRUE", "true") for rule in rules if rule.get("enforce") is not None
    ]
    allowed = _values(rules, "allowedValues", "allowAll")
    denied = _values(rules, "deniedValues", "denyAll")
    return Constraint(on, name, any(enforced) if enforced else None, allowed or None, denied)


def _values(rules: Iterable[Mapping[str, Any]], some: str, every: str) -> tuple[str, ...]:
    """The values that rules name, and ``all`` for each that means every value."""
    rules = tuple(rules)
    named = [one for rule in rules for one in _texts((rule.get("values") or {}).get(some)) or ()]
    return (*named, *("all" for rule in rules if rule.get(every) in (True, "TRUE")))


def _texts(raw: Any) -> tuple[str, ...] | None:
    return tuple(map(str, raw)) if isinstance(raw, list) and raw else None
