"""Whom and what the policies name that were collected: groups, and roles that nobody has described yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.snapshot import SnapshotWriter

GROUP: Final = "group:"
_MADE: Final = ("projects/", "organizations/")
"""How the names of roles begin that somebody made; Google's own are known by their names."""
_ROLE: Final = "iam.role"
_DENIAL: Final = "iam.deny_policy"
_AS_PRINCIPAL: Final = "principalSet://goog/group/"
"""How a policy that denies names a group (IAM, "Principal identifiers", "Identifiers for deny policies")."""


@dataclass(slots=True)
class Mentioned:
    """What is named.

    Attributes:
        groups: e-mail addresses.
        roles: names of roles that somebody made.
        described: roles of which a record tells what they permit.
    """

    groups: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    described: set[str] = field(default_factory=set)

    @property
    def undescribed(self) -> list[str]:
        """The roles of which nothing is known: those of containers above what was asked for, and of other projects."""
        return sorted(self.roles - self.described)

    def take(self, record: Mapping[str, Any]) -> None:
        """Take in a record."""
        data = record.get("data")
        if record.get("kind") == _ROLE and isinstance(data, Mapping) and "includedPermissions" in data:
            self.described.add(str(data.get("name")))
        if record.get("kind") == _DENIAL:
            self.groups.update(
                one.removeprefix(_AS_PRINCIPAL).lower()
                for one in _denied_and_spared(data)
                if one.startswith(_AS_PRINCIPAL)
            )
        for binding in _bindings(record.get("reads", {}).get("GetIamPolicy")):
            role = binding.get("role")
            if isinstance(role, str) and role.startswith(_MADE):
                self.roles.add(role)
            for member in binding.get("members") or ():
                if isinstance(member, str) and member.startswith(GROUP):
                    self.groups.add(member.removeprefix(GROUP).lower())


def mentioned(writer: SnapshotWriter, scopes: Iterable[str]) -> Mentioned:
    """What the records written so far name; read back, as a resumed run has nothing else."""
    found = Mentioned()
    for scope in scopes:
        for path in sorted((writer.path / "records" / scope).glob("*.jsonl")):
            for record in writer.written(scope, path.stem):
                found.take(record)
    return found


def _bindings(read: Any) -> Iterator[Mapping[str, Any]]:
    data = read.get("data") if isinstance(read, Mapping) else None
    bindings = data.get("bindings") if isinstance(data, Mapping) else None
    for binding in bindings if isinstance(bindings, list) else ():
        if isinstance(binding, Mapping):
            yield binding


def _denied_and_spared(data: Any) -> Iterator[str]:
    """The principals that a deny policy names."""
    rules = data.get("rules") if isinstance(data, Mapping) else None
    for rule in rules if isinstance(rules, list) else ():
        denial = rule.get("denyRule") if isinstance(rule, Mapping) else None
        if isinstance(denial, Mapping):
            named = (denial.get(name) for name in ("deniedPrincipals", "exceptionPrincipals"))
            yield from (
                one for held in named if isinstance(held, list) for one in held if isinstance(one, str)
            )
