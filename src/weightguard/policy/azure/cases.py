"""An Azure evaluation case: the request and policies of a line of `weightguard evaluate`, decided and explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from weightguard.errors import InputError
from weightguard.memory import Memory
from weightguard.policy import reading
from weightguard.policy.azure.decide import decide
from weightguard.policy.azure.model import (
    Assignment,
    Denial,
    Lock,
    Network,
    Permission,
    Policies,
    Request,
    Storage,
    Vault,
)
from weightguard.policy.azure.roles import permission
from weightguard.policy.azure.scopes import MANAGEMENT_GROUP, plain
from weightguard.policy.azure.syntax import NotACondition, parse
from weightguard.policy.case import CaseProblem, Remembered
from weightguard.policy.decision import Decision
from weightguard.policy.telling import Words, explain

WORDS: Final = Words(
    {
        "deny": "deny assignments",
        "lock": "locks",
        "rbac": "role assignments",
        "acl": "access control lists",
        "access_policy": "access policies",
        "shared_key": "account keys",
        "sas": "shared access signatures",
        "anonymous": "anonymous access",
        "network": "network rules",
    },
    {
        "ABAC": ("{value}", "not {value}"),
        "Permits": ("the role {key} permits {value}", "the role {key} does not permit {value}"),
        "Network": ("the network rules let {key} through", "the network rules keep {key} out"),
        "Lists": ("{key} allows it", "{key} does not allow it"),
    },
)
_PARTS: Final = frozenset(
    {
        "role_definitions",
        "role_assignments",
        "deny_assignments",
        "group_memberships",
        "management_groups",
        "locks",
        "storage_account_settings",
        "key_vault_settings",
        "adls_acl",
    }
)


@dataclass(frozen=True, slots=True)
class AzureCase:
    """A request with the policies to decide it by."""

    request: Request
    policies: Policies
    odd: tuple[CaseProblem, ...] = ()

    def decide(self) -> Decision:
        """The decision."""
        return decide(self.request, self.policies)

    def asked(self) -> str:
        """The question in words."""
        return f"{self.request.action} on {self.request.resource} by {self.request.principal}"

    def explained(self, decision: Decision) -> list[str]:
        """A decision in lines: which layers said what, in order."""
        return explain(decision, WORDS)

    def problems(self) -> tuple[CaseProblem, ...]:
        """Conditions that do not parse: an assignment with one grants nothing."""
        return self.odd


def parse_case(entry: Mapping[str, object], remembered: Remembered) -> AzureCase:
    """Read a case.

    Args:
        entry: the parsed line: ``request`` and ``policies`` as the case schema has them.
        remembered: policies that were read before.

    Raises:
        InputError: a part is missing or is not what it should be.
    """
    given = entry.get("policies")
    policies, memberships, odd = remembered.once(given, lambda: _read(given, remembered), "azure")
    return AzureCase(_request(entry, memberships), policies, odd)


def _read(policies: object, remembered: Remembered) -> tuple[Policies, Memberships, tuple[CaseProblem, ...]]:
    """The policies, who is in which group, and what is odd about the policies."""
    raw = reading.mapping(policies, "policies")
    unknown = sorted(str(name) for name in raw if name not in _PARTS)
    if unknown:
        raise InputError(
            f"unknown part of the policies {unknown[0]!r}", fix=f"one of {', '.join(sorted(_PARTS))}"
        )
    listed = raw.get("group_memberships")
    memberships = remembered.once(
        listed, lambda: Memberships(reading.mapping(listed, "group_memberships")), "azure groups"
    )
    found = replace(_policies(raw, remembered), memory=remembered.memory)
    return found, memberships, tuple(_unreadable(found))


def _request(entry: Mapping[str, object], memberships: Memberships) -> Request:
    raw = reading.request(entry, frozenset({"principal", "action", "dataAction", "resource"}))
    is_data = "dataAction" in raw
    if is_data == ("action" in raw):
        raise InputError("request has not one of action and dataAction", fix="give one of them")
    principal = reading.text(raw, "principal", "request")
    return Request(
        principal=principal,
        action=reading.text(raw, "dataAction" if is_data else "action", "request"),
        is_data=is_data,
        resource=reading.text(raw, "resource", "request"),
        context=dict(reading.mapping(raw.get("context"), "context")),
        open=reading.is_open(entry.get("assume")),
        groups=memberships.of(principal),
    )


def _policies(raw: Mapping[str, Any], remembered: Remembered) -> Policies:
    storage, key_vault = raw.get("storage_account_settings"), raw.get("key_vault_settings")
    lists = raw.get("adls_acl")
    return Policies(
        roles={
            name: remembered.once(one, partial(_role, name, one), "azure role")
            for name, one in reading.mapping(raw.get("role_definitions"), "role_definitions").items()
        },
        assignments=tuple(map(_assignment, reading.rows(raw.get("role_assignments"), "role_assignments"))),
        denials=tuple(_denials(reading.rows(raw.get("deny_assignments"), "deny_assignments"))),
        parents=_parents(reading.mapping(raw.get("management_groups"), "management_groups")),
        locks=tuple(
            Lock(reading.text(one, "scope", "a lock"), reading.text(one, "level", "a lock"))
            for one in reading.rows(raw.get("locks"), "locks")
        ),
        storage=_storage(storage, lists) if storage or lists else None,
        vault=_vault(reading.mapping(key_vault, "key_vault_settings")) if key_vault else None,
    )


def _role(name: str, raw: object) -> tuple[Permission, ...] | None:
    if raw is None:
        return None
    given = reading.mapping(raw, f"role {name}")
    blocks = reading.rows(given.get("permissions"), f"permissions of {name}") or [given]
    for block in blocks:
        for part in ("actions", "notActions", "dataActions", "notDataActions"):
            reading.texts(block.get(part), f"{part} of {name}")
    return tuple(map(permission, blocks))


def _assignment(raw: Mapping[str, Any]) -> Assignment:
    condition = raw.get("condition")
    if condition is not None and not isinstance(condition, str):
        raise InputError("a condition of role_assignments is no text", fix="see `weightguard schema case`")
    principal, role, scope = (
        reading.text(raw, name, "a role assignment") for name in ("principal", "role", "scope")
    )
    return Assignment(principal, role, scope, condition)


def _denials(raw: list[Mapping[str, Any]]) -> Iterator[Denial]:
    for number, one in enumerate(raw):
        name = one.get("name")
        condition = one.get("condition")
        yield Denial(
            name if isinstance(name, str) and name else f"deny_assignments[{number}]",
            reading.text(one, "scope", "a deny assignment"),
            tuple(map(permission, reading.rows(one.get("permissions"), "permissions of a deny assignment"))),
            _principals(one.get("principals"), "principals"),
            _principals(one.get("excludePrincipals"), "excludePrincipals"),
            bool(one.get("doNotApplyToChildScopes")),
            condition if isinstance(condition, str) and condition else None,
        )


def _principals(raw: object, where: str) -> tuple[str, ...]:
    if isinstance(raw, list) and all(isinstance(one, str) for one in raw):
        return tuple(raw)
    return tuple(reading.text(one, "id", where) for one in reading.rows(raw, where))


class Memberships:
    """Who is in which groups: the map gives the groups of each member, or the members of each group."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._listed = {
            name: reading.texts(held, f"group_memberships of {name}") for name, held in raw.items()
        }
        self._holders: dict[str, tuple[str, ...]] = {}
        for group, members in self._listed.items():
            for member in members:
                self._holders[member] = (*self._holders.get(member, ()), group)
        self._of: dict[str, frozenset[str]] = {}

    def of(self, principal: str) -> frozenset[str]:
        """The groups that a principal is in, through others among them."""
        found = self._of.get(principal)
        if found is None:
            steps = self._listed if principal in self._listed else self._holders
            found = self._of[principal] = _reached(principal, steps)
        return found


def _reached(start: str, steps: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for one in steps.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return frozenset(found)


def _parents(raw: Mapping[str, Any]) -> dict[str, str]:
    """What lies in which management group: the map gives the parent of each, or the children of each."""
    found: dict[str, str] = {}
    for name, given in raw.items():
        if isinstance(given, str):
            found[_container(name)] = _container(given)
        else:
            for child in reading.texts(given, f"management_groups of {name}"):
                found[_container(child)] = _container(name)
    return found


def _container(name: str) -> str:
    if name.startswith("/"):
        return plain(name)
    return plain(f"/{name}") if name.lower().startswith("subscriptions/") else MANAGEMENT_GROUP + name.lower()


def _storage(raw: object, lists: object) -> Storage:
    given = reading.mapping(raw, "storage_account_settings")
    levels = reading.mapping(lists, "adls_acl")
    return Storage(
        shared_key=given.get("allowSharedKeyAccess") is not False,
        public_blobs=given.get("allowBlobPublicAccess") is not False,
        containers=_containers(given),
        hierarchical=bool(given.get("isHnsEnabled")),
        lists=None if lists is None else tuple((name, str(held)) for name, held in levels.items()),
        network=_network(given),
    )


def _containers(given: Mapping[str, Any]) -> dict[str | None, str]:
    """The public access of containers: of each by name, or of any."""
    found: dict[str | None, str] = {}
    for key in ("publicAccess", "containerPublicAccess"):
        value = given.get(key)
        if isinstance(value, str):
            found[None] = value
        elif isinstance(value, Mapping):
            found.update({str(name): str(level) for name, level in value.items()})
    for name, settings in reading.mapping(given.get("containers"), "containers").items():
        level = settings.get("publicAccess") if isinstance(settings, Mapping) else settings
        found[name] = str(level or "none")
    return found


def _network(given: Mapping[str, Any]) -> Network:
    rules = reading.mapping(given.get("networkAcls"), "networkAcls")
    return Network(
        public=str(given.get("publicNetworkAccess", "Enabled")).lower() == "enabled",
        allows=str(rules.get("defaultAction", "Allow")).lower() == "allow",
        addresses=tuple(
            reading.text(one, "value", "ipRules") for one in reading.rows(rules.get("ipRules"), "ipRules")
        ),
        subnets=tuple(
            reading.text(one, "id", "virtualNetworkRules")
            for one in reading.rows(rules.get("virtualNetworkRules"), "virtualNetworkRules")
        ),
        trusts_services="azureservices" in str(rules.get("bypass", "")).lower(),
    )


def _vault(given: Mapping[str, Any]) -> Vault:
    policies = tuple(
        (
            reading.text(one, "objectId", "an access policy"),
            {
                str(kind).lower(): reading.texts(held, f"{kind} of an access policy")
                for kind, held in reading.mapping(one.get("permissions"), "permissions").items()
            },
        )
        for one in reading.rows(given.get("accessPolicies"), "accessPolicies")
    )
    return Vault(bool(given.get("enableRbacAuthorization")), policies, _network(given))


def _unreadable(policies: Policies) -> Iterator[CaseProblem]:
    for one in policies.assignments:
        if one.condition is not None:
            yield from _not_parsed(one, policies.memory)


def _not_parsed(assignment: Assignment, memory: Memory) -> Iterator[CaseProblem]:
    try:
        memory.once(parse, assignment.condition or "")
    except NotACondition as error:
        message = f"the condition does not parse: {error}"
        yield CaseProblem("rbac", assignment.scope, assignment.role, message, True)
