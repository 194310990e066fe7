"""Who may use the key that a storage account encrypts with: by roles or by access policies, never both, or by changing either.

Sources: Key Vault documentation, "Azure role-based access control (Azure RBAC) vs. access policies (legacy)", "Prepare for
Azure RBAC" (changing the permission model takes the right to assign roles without conditions); Managed HSM, "Managed HSM
local RBAC".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from weightguard.access.azure.context import Context, attribute, named
from weightguard.access.azure.decisions import Decisions, Need
from weightguard.access.azure.offers import Offer, Offers
from weightguard.access.azure.place import AzurePlace
from weightguard.access.condition import besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.model import Container, ContainerKind
from weightguard.policy.azure import Network, Policies, Request, Vault, decide
from weightguard.policy.azure.scopes import plain

KEYS: Final = "Microsoft.KeyVault/vaults/keys/"
_USES: Final = ("decrypt/action", "unwrap/action")
_CLOSED: Final = besides("the request has to come through the vault's network rules")


@dataclass(frozen=True, slots=True)
class VaultAccess:
    """Answers who may use which key."""

    context: Context
    decisions: Decisions
    offers: Offers

    def links(self, place: AzurePlace) -> Iterator[Link]:
        """Who may use the key of a place's account."""
        for key in place.keys:
            vault = vault_of(self.context, key)
            if vault is not None and not is_hsm(key):
                resource = f"{vault.id}/keys/{key.rpartition('/keys/')[2].partition('/')[0]}"
                by_role = bool(attribute(vault, "enableRbacAuthorization"))
                yield from (
                    self._by_role(vault, resource, place)
                    if by_role
                    else self._by_policy(vault, resource, place)
                )
            yield from self._of_account(place, key)

    def _by_role(self, vault: Container, resource: str, place: AzurePlace) -> Iterator[Link]:
        conditions = self._closed(vault)
        for action in _USES:
            need = Need(KEYS + action, resource, is_data=True)
            yield from self.offers.links(
                Offer("azure-vault-key", (need,), place.id, resource, conditions=conditions)
            )

    def _by_policy(self, vault: Container, resource: str, place: AzurePlace) -> Iterator[Link]:
        settings = _vault(vault)
        for name in sorted({one for one, _ in settings.policies}):
            for leaf in sorted(self.context.leaves(name)):
                groups = self.context.groups_of.get(leaf, frozenset())
                for action in _USES:
                    request = Request(leaf, KEYS + action, True, resource, {}, open=True, groups=groups)
                    found = decide(request, Policies(vault=settings))
                    if found.may_be_allowed:
                        grant = Grant((Because(f"{vault.id}#accessPolicies", name),), self._closed(vault))
                        yield Link(leaf, place.id, (Step(KEYS + action, grant, resource),))
                        break
        for action in ("vaults/write", "vaults/accessPolicies/write"):
            need = Need(f"Microsoft.KeyVault/{action}", vault.id)
            yield from self.offers.links(Offer("azure-vault-access-policy", (need,), place.id, vault.id))

    def _closed(self, vault: Container) -> tuple[Any, ...]:
        network = _network(vault)
        return () if network.public and network.allows else (_CLOSED,)

    def _of_account(self, place: AzurePlace, key: str) -> Iterator[Link]:
        """The identity that the account unwraps with: whoever is it, or attaches it to something of their own, may too."""
        account = place.account
        if account is None:
            return
        identity = attribute(account, "encryption.identity.userAssignedIdentity")
        held = self.context.resources.get(plain(str(identity))) if identity else None
        principal = attribute(held, "principalId") if held is not None else None
        own = self.context.resources.get(plain(account.id))
        names = [named(principal)] if isinstance(principal, str) else list(getattr(own, "roles", ()))
        for name in names:
            because = Because(f"{account.id}#encryption", "identity")
            yield Link(name, place.id, (Step("unwraps for the account", Grant((because,)), key),))


def is_hsm(key: str) -> bool:
    """Whether a key lies in a managed HSM, whose own roles no export holds."""
    return (urlsplit(key).hostname or "").lower().endswith(".managedhsm.azure.net")


def _vault(vault: Container) -> Vault:
    policies = []
    for one in attribute(vault, "accessPolicies") or ():
        if isinstance(one, Mapping) and isinstance(one.get("objectId"), str):
            permissions = one.get("permissions")
            kinds = permissions.items() if isinstance(permissions, Mapping) else ()
            held = {
                str(kind).lower(): tuple(map(str, each)) for kind, each in kinds if isinstance(each, list)
            }
            policies.append((named(one["objectId"]), held))
    return Vault(False, tuple(policies), Network())


def _network(vault: Container) -> Network:
    rules = attribute(vault, "networkAcls")
    rules = rules if isinstance(rules, Mapping) else {}
    return Network(
        public=str(attribute(vault, "publicNetworkAccess") or "Enabled").lower() == "enabled",
        allows=str(rules.get("defaultAction") or "Allow").lower() == "allow",
    )


def vault_of(context: Context, key: str) -> Container | None:
    """The vault that a key's address names."""
    host = (urlsplit(key).hostname or "").lower()
    for one in context.containers.values():
        if one.kind is ContainerKind.VAULT:
            uri = urlsplit(str(attribute(one, "vaultUri") or "")).hostname
            if host in (
                (uri or "").lower(),
                f"{one.name.lower()}.vault.azure.net",
                f"{one.name.lower()}.managedhsm.azure.net",
            ):
                return one
    return None
