"""Whom pools of federated identities vouch for: whether a principal that a policy names can exist at all.

A provider lets in whoever its attribute condition holds for. What a principal's own name says of it (an attribute, a subject, a
group) is told to the condition; where that cannot hold, nobody is that principal.

Sources: IAM documentation, "Workload Identity Federation" (attribute mappings and conditions), "Configure Workload Identity
Federation with AWS or Azure", "... with deployment pipelines"; GitHub and GitLab documentation on the subjects of their tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from weightguard.access.gcp.policies import value
from weightguard.estate.model import Estate, FederatedProvider, Resource
from weightguard.memory import Memory
from weightguard.policy.formula import NEVER
from weightguard.policy.gcp.conditions import Attributes, holds

_MEMBER: Final = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/(.+?/(?:workloadIdentityPools|workforcePools)/[^/]+)/(.+)"
)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:(?:sts|iam)::(\d{12}):.+")
_PLAIN: Final = re.compile(r"assertion\.[A-Za-z0-9_.]+")
_GITHUB: Final = re.compile(r"repo:([^/:]+)/([^:]+):.*")
_GITLAB: Final = re.compile(r"project_path:([^:]+)/([^/:]+):.*")
POOLS: Final = ("iam.workload_identity_pool", "iam.workforce_pool")


class Federation:
    """The pools of an estate.

    Args:
        estate: with the pools and their providers.
    """

    def __init__(self, estate: Estate) -> None:
        self._off = {_name(pool) for kind in POOLS for pool in estate.resources_of(kind) if _is_off(pool)}
        self._providers: dict[str, list[FederatedProvider]] = {}
        for one in estate.federated_providers:
            if one.provider == "gcp":
                self._providers.setdefault(one.id.rpartition("/providers/")[0], []).append(one)
        self._known: dict[str, bool] = {}
        self._memory = estate.memory
        pools = estate.resources_of(POOLS[0]) if self._are_exported(estate) else ()
        self._empty = frozenset(map(_name, pools)) - self._providers.keys()
        """Pools that are known to have no provider: nobody signs in there."""

    def _are_exported(self, estate: Estate) -> bool:
        """Whether the source holds the providers of pools: one of them in it shows that they were exported."""
        accounts = [one for one in estate.accounts if one.provider == "gcp"]
        if any("PARTIAL_POLICY" in (value(one.settings["contents"]) or ()) for one in accounts):
            return False
        return any("/workloadIdentityPools/" in name for name in self._providers)

    def may_be(self, member: str) -> bool:
        """Whether somebody can be a member of a policy: a federated one that no provider lets in is nobody."""
        found = self._known.get(member)
        if found is None:
            match = _MEMBER.fullmatch(member)
            found = self._known[member] = match is None or self._vouched(match[1], match[2])
        return found

    def _vouched(self, pool: str, who: str) -> bool:
        if pool in self._off or (pool in self._empty and not pool.endswith(".svc.id.goog")):
            return False
        providers = self._providers.get(pool)
        return providers is None or any(_lets_in(one, who, self._memory) for one in providers)

    def pools(self) -> Iterator[str]:
        """The pools that have providers."""
        yield from sorted(self._providers)


def _name(pool: Resource) -> str:
    return str(value(pool.attributes["name"]) or "")


def _is_off(pool: Resource) -> bool:
    return value(pool.attributes["disabled"]) is True or value(pool.attributes["state"]) == "DELETED"


def member_parts(member: str) -> tuple[str, str] | None:
    """The pool of a federated principal, and who of it is meant; None for what is no such principal."""
    match = _MEMBER.fullmatch(member)
    return (match[1], match[2]) if match else None


def pool_of(member: str) -> str | None:
    """The pool that a federated principal is of."""
    match = _MEMBER.fullmatch(member)
    return match[1] if match else None


def _lets_in(provider: FederatedProvider, who: str, memory: Memory) -> bool:
    """Whether a provider may let in a principal that is named so: ``subject/S``, ``group/G``, ``attribute.NAME/VALUE``, ``*``."""
    if value(provider.enabled) is False:
        return False
    told = _told(provider, who)
    if told is None:
        return False
    condition = value(provider.condition)
    if not condition:
        return True
    return holds(str(condition), Attributes(told, {}, open=True), memory).true is not NEVER


def _told(provider: FederatedProvider, who: str) -> dict[str, object] | None:
    """What a principal's name tells of its token; None where no token of the provider's can say so."""
    account = str(value(provider.issuer) or "") if provider.kind == "aws" else ""
    found: dict[str, object] = {"assertion.account": account} if account else {}
    kind, _, name = who.partition("/")
    if kind == "*":
        return found
    mapping: Mapping[str, str] = value(provider.mapping) or {}
    attribute = {"subject": "google.subject", "group": "google.groups"}.get(kind, kind)
    if mapping and kind not in ("subject", "group") and attribute not in mapping:
        return None
    if account and not _is_of(account, name, mapping.get(attribute, ""), attribute):
        return None
    found[attribute] = (name,) if kind == "group" else name
    source = mapping.get(attribute, "")
    if kind != "group" and _PLAIN.fullmatch(source):
        found[source] = name
    if kind == "subject":
        found.update(of_subject(name))
    return found


def _is_of(account: str, name: str, mapped: str, attribute: str) -> bool:
    """Whether a value may come of a token of an AWS account."""
    match = _ARN.fullmatch(name)
    if match:
        return match[1] == account
    if mapped == "assertion.account" or attribute == "attribute.account":
        return name == account
    return True


def of_subject(name: str) -> dict[str, object]:
    """What the subjects of pipelines say of the repository."""
    github, gitlab = _GITHUB.fullmatch(name), _GITLAB.fullmatch(name)
    if github:
        return {"assertion.repository_owner": github[1], "assertion.repository": f"{github[1]}/{github[2]}"}
    if gitlab:
        return {"assertion.namespace_path": gitlab[1], "assertion.project_path": f"{gitlab[1]}/{gitlab[2]}"}
    return {}
