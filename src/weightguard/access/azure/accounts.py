"""Storage accounts, and the networks that they take requests from.

Source: Azure Storage documentation, "Configure Azure Storage firewalls and virtual networks" (resource instances and trusted
services stay let in where public access is off), "Network security perimeter for Azure Storage".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from weightguard.access.azure.context import Context, attribute
from weightguard.access.azure.decisions import Decisions, conditions_of
from weightguard.access.azure.offers import Offers, State
from weightguard.access.azure.place import AzurePlace
from weightguard.access.condition import Condition
from weightguard.estate.model import Container, ContainerKind
from weightguard.policy.azure import Network, Policies, Request, Storage, decide
from weightguard.policy.azure.scopes import plain

ACCOUNT: Final = "Microsoft.Storage/storageAccounts/"
CONTAINER: Final = f"{ACCOUNT}blobServices/containers/"
BLOBS: Final = f"{CONTAINER}blobs/"
SAMPLE: Final = "weightguard-sample"
_TRUSTED: Final = frozenset(
    {
        "microsoft.apimanagement", "microsoft.automation", "microsoft.cognitiveservices", "microsoft.containerregistry",
        "microsoft.cache", "microsoft.databricks", "microsoft.datafactory", "microsoft.dataprotection",
        "microsoft.eventgrid", "microsoft.healthcareapis", "microsoft.iotcentral", "microsoft.devices", "microsoft.logic",
        "microsoft.machinelearningservices", "microsoft.media", "microsoft.migrate", "microsoft.purview",
        "microsoft.recoveryservices", "microsoft.search", "microsoft.security", "microsoft.sql", "microsoft.storagesync",
        "microsoft.storagemover", "microsoft.streamanalytics", "microsoft.synapse", "microsoft.videoindexer", "microsoft.kusto",
    }
)  # fmt: skip
"""Namespaces of services whose identities pass a firewall that trusts services ("Trusted access for resources")."""


@dataclass(slots=True)
class Accounts:
    """The storage accounts of an estate.

    Attributes:
        key_nodes: plain id of an account -> the node of whoever has a key, or a signature made with one.
        sas_nodes: (plain id of an account, container) -> the node of whoever has a signature for that one.
    """

    context: Context
    decisions: Decisions
    offers: Offers
    key_nodes: dict[str, State] = field(default_factory=dict)
    sas_nodes: dict[tuple[str, str], State] = field(default_factory=dict)
    _instances: dict[str, list[str]] = field(default_factory=dict)
    _perimeters: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for account in self.accounts():
            self.key_nodes[plain(account.id)] = State(f"key of {account.id}")
        for one in self.context.estate.resources_of("network.networksecurityperimeters/resourceassociations"):
            if str(attribute(one, "accessMode") or "").lower() == "enforced":
                self._perimeters.add(plain(str(attribute(one, "privateLinkResource.id") or "")))
        for workload in self.context.estate.workloads:
            if workload.provider == "azure":
                for role in workload.known_roles:
                    self._instances.setdefault(role, []).append(workload.id)

    def accounts(self) -> Iterator[Container]:
        """Every storage account."""
        for one in self.context.containers.values():
            if one.kind is ContainerKind.STORAGE_ACCOUNT:
                yield one

    def network_context(self, name: str, account: Container | None) -> dict[str, object]:
        """What is known of where an identity comes from: that of a resource which the account lets in passes."""
        network = self.network(account)
        if network.public and network.allows:
            return {}
        allowed = {plain(one) for one in network.instances}
        for id in self._instances.get(name, ()):
            if any(_is_instance(id, one) for one in allowed):
                return {
                    "resource_instance": next(
                        one for one in network.instances if _is_instance(id, plain(one))
                    )
                }
            space = id.lower().rpartition("/providers/")[2].partition("/")[0]
            if network.trusts_services and space in _TRUSTED:
                return {"trusted_service": True}
        return {}

    def network(self, account: Container | None) -> Network:
        """The network rules of an account: a perimeter that is enforced takes their place."""
        found = network_of(account)
        if account is not None and plain(account.id) in self._perimeters:
            return replace(found, public=False)
        return found

    def network_conditions(self, place: AzurePlace) -> tuple[Condition, ...]:
        request = Request("", BLOBS + "read", True, place.resource, {"authorization": "SharedKey"}, open=True)
        decision = decide(request, Policies(storage=Storage(network=self.network(place.account))))
        return conditions_of(decision.conditions)


def network_of(account: Container | None) -> Network:
    """The network rules of an account; of one that is not known, none."""
    if account is None:
        return Network()
    rules = attribute(account, "networkAcls")
    rules = rules if isinstance(rules, Mapping) else {}
    return Network(
        public=str(attribute(account, "publicNetworkAccess") or "Enabled").lower() == "enabled",
        allows=str(rules.get("defaultAction") or "Allow").lower() == "allow",
        addresses=_texts(rules.get("ipRules"), "value"),
        subnets=_texts(rules.get("virtualNetworkRules"), "id"),
        trusts_services="azureservices" in str(rules.get("bypass") or "").lower(),
        instances=_texts(rules.get("resourceAccessRules"), "resourceId"),
    )


def _texts(value: Any, name: str) -> tuple[str, ...]:
    return tuple(str(one[name]) for one in value or () if isinstance(one, Mapping) and one.get(name))


def _is_instance(id: str, allowed: str) -> bool:
    """Whether a rule for resource instances names a resource; it may name all of a kind with ``*``."""
    parts = [re.escape(one) for one in allowed.split("*")]
    return re.fullmatch(".*".join(parts), plain(id)) is not None


def path_of(place: AzurePlace) -> str:
    """A path that stands for the objects in question."""
    return place.prefix if place.prefix and not place.prefix.endswith("/") else f"{place.prefix}{SAMPLE}"
