"""Where what a plan makes will lie: the account, project or subscription, and the region, of each provider configuration."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.collect.terraform.state import Resource
from weightguard.plan.configuration import Configuration, references
from weightguard.plan.document import Change, Plan

NO_ACCOUNT: Final = "000000000000"
"""Stands for the account of a plan that names none: AWS gives it to nobody."""
_ARN: Final = re.compile(r"arn:(aws[a-z-]*):[^:]*:([^:]*):(\d{12}):")
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})")
_ADDRESS: Final = re.compile(r"(?:(module\..*?)\.)?(?:data\.)?[A-Za-z0-9_]+\.([A-Za-z0-9_-]+)(?:\[.*\])?")
_NAMESPACE: Final = uuid.UUID("7f9d3c5e-5d0e-4c57-9a66-6d2f6f0f7a11")
_NOT_SLUG: Final = re.compile(r"[^A-Za-z0-9.]+")


def slug(address: str) -> str:
    """An address as part of a name that a provider gives: stable, and told by what it stands for."""
    return _NOT_SLUG.sub("-", address).strip("-")


def identifier(*parts: str) -> str:
    """A UUID that stands for what a provider will give."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts)))


def digits(*parts: str) -> str:
    """A number that stands for what a provider will give."""
    return str(10**11 + uuid.uuid5(_NAMESPACE, "\0".join(parts)).int % (9 * 10**11))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one resource says of where its provider configuration leads."""

    provider: str
    values: Mapping[str, Any]
    type: str


class Surroundings:
    """Where each provider configuration leads to."""

    def __init__(self, plan: Plan, configuration: Configuration) -> None:
        self._configuration = configuration
        self._variables = plan.variables
        self._accounts: dict[str, Counter[str]] = {}
        self._partitions: Counter[str] = Counter()
        self._regions: dict[str, Counter[str]] = {}
        self._subscriptions: dict[str, Counter[str]] = {}
        self._tenants: Counter[str] = Counter()
        self._projects: dict[str, Counter[str]] = {}
        for seen in self._seen(plan):
            self._take(seen)

    def _seen(self, plan: Plan) -> Iterator[_Seen]:
        for change in plan.changes:
            for values in (change.before, change.after):
                if values is not None:
                    yield _Seen(self.key(change), values, change.type)
        for item in plan.prior:
            if item.mode == "data":
                yield _Seen(self.key_of(item), item.values, item.type)

    def key(self, change: Change) -> str:
        """The provider configuration that a change goes through."""
        return _key(self._configuration.resource(change.module, change.mode, change.type, change.name))

    def key_of(self, item: Resource) -> str:
        """The provider configuration that a resource of the state before was made through."""
        match = _ADDRESS.fullmatch(item.address)
        if match is None:
            return ""
        return _key(self._configuration.resource(match[1] or "", item.mode, item.type, match[2]))

    def _take(self, seen: _Seen) -> None:
        if seen.type == "aws_caller_identity":
            self._note(self._accounts, seen, seen.values.get("account_id"), 100)
        for name in ("arn", "id", "key_arn"):
            if match := _ARN.match(str(seen.values.get(name) or "")):
                self._partitions[match[1]] += 1
                self._note(self._accounts, seen, match[3])
                self._note(self._regions, seen, match[2])
        if match := _SUBSCRIPTION.match(str(seen.values.get("id") or seen.values.get("scope") or "")):
            self._note(self._subscriptions, seen, match[1])
        if isinstance(tenant := seen.values.get("tenant_id"), str) and tenant:
            self._tenants[tenant] += 1
        self._note(self._projects, seen, seen.values.get("project"))
        if seen.type == "google_project":
            self._note(self._projects, seen, seen.values.get("project_id"))

    @staticmethod
    def _note(table: dict[str, Counter[str]], seen: _Seen, value: Any, weight: int = 1) -> None:
        if isinstance(value, str) and value:
            table.setdefault(seen.provider, Counter())[value] += weight

    def account(self, provider: str) -> str:
        """The AWS account."""
        written = self._setting(provider, "assume_role", "role_arn") or ""
        match = _ARN.match(written)
        if match:
            return match[3]
        allowed = self._setting(provider, "allowed_account_ids")
        return allowed or _most(self._accounts, provider) or NO_ACCOUNT

    @property
    def home(self) -> str | None:
        """The AWS account that most of the plan lies in; None where it names none."""
        return _most(self._accounts, "aws")

    def partition(self) -> str:
        """The AWS partition."""
        return self._partitions.most_common(1)[0][0] if self._partitions else "aws"

    def region(self, provider: str) -> str:
        """The region of a provider configuration."""
        return self._setting(provider, "region") or _most(self._regions, provider) or "us-east-1"

    def project(self, provider: str) -> str:
        """The project on Google Cloud."""
        return self._setting(provider, "project") or _most(self._projects, provider) or "unnamed-project"

    def subscription(self, provider: str) -> str:
        """The subscription on Azure."""
        return (
            self._setting(provider, "subscription_id")
            or _most(self._subscriptions, provider)
            or identifier("subscription", provider)
        )

    def tenant(self) -> str:
        """The tenant on Azure."""
        return self._tenants.most_common(1)[0][0] if self._tenants else identifier("tenant")

    def _setting(self, provider: str, *path: str) -> str | None:
        """A setting of a provider configuration: a constant, or a variable that the plan gives."""
        at: Any = _mapping(_mapping(self._configuration.providers.get(provider)).get("expressions"))
        for name in path:
            at = at[0] if isinstance(at, list) and at else at
            at = _mapping(at).get(name)
        value = _mapping(at).get("constant_value")
        if value is None:
            named = [one for one in references(_mapping(at)) if one.head == "var"]
            value = (
                self._variable(str(named[0].pieces[1]))
                if len(named) == 1 and len(named[0].pieces) == 2
                else None
            )
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        return value if isinstance(value, str) and value else None

    def _variable(self, name: str) -> Any:
        return _mapping(self._variables.get(name)).get("value")


def _most(table: Mapping[str, Counter[str]], provider: str) -> str | None:
    """What most of a provider configuration's resources say; what most of all say where none of its own does."""
    kind = provider.rpartition(":")[2].partition(".")[0]
    near = [found for name, found in table.items() if name.rpartition(":")[2].partition(".")[0] == kind]
    for counted in (table.get(provider), _sum(near), _sum(table.values())):
        if counted:
            return min(counted, key=lambda name: (-counted[name], name))
    return None


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counters:
        found.update(one)
    return found


def _key(block: Mapping[str, Any] | None) -> str:
    found = _mapping(block).get("provider_config_key")
    return found if isinstance(found, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
