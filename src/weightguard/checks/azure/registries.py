"""INV, STO and IAM: registries of images, vaults of backups and vaults of secrets in subscriptions that hold weights.

Sources: Container Registry documentation, "Make your container registry content publicly available", "Authenticate with an Azure
container registry" (the admin user is one password for everybody); Backup documentation, "Immutable vault for Azure Backup",
"Encryption of backup data using customer-managed keys"; Key Vault documentation, "Provide access to Key Vault keys, certificates,
and secrets with Azure role-based access control".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.access.azure.decisions import Need
from weightguard.checks.azure.decisions import decisions, gaps, is_foreign, is_unread
from weightguard.checks.azure.keys import foreign_by_policy
from weightguard.checks.relations import counted
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.model import Account, Container, ContainerKind, Resource

_PULLS: Final = (
    Need("Microsoft.ContainerRegistry/registries/pull/read", ""),
    Need("Microsoft.ContainerRegistry/registries/repositories/content/read", "", is_data=True),
)
_SECRETS: Final = Need("Microsoft.KeyVault/vaults/secrets/getSecret/action", "", is_data=True)
_BACKUPS: Final = ("recoveryservices.vaults", "dataprotection.backupvaults")


def image_repositories_closed(account: Account, context: Context) -> Verdict:
    """No registry lets anybody pull without a name, by one shared password, or from another tenant."""
    registries = _of(account, "containerregistry.registries", context)
    if not registries:
        return Verdict.not_applicable("the subscription has no registry of images")
    problems: list[Value] = []
    for one in registries:
        if attribute(one, "anonymousPullEnabled") is True:
            problems.append(said("{registry} lets anybody pull", registry=Ref(one.name)))
        if attribute(one, "adminUserEnabled") is True:
            problems.append(said("{registry} has one password for everybody", registry=Ref(one.name)))
        strangers = sorted(_foreign(one.id, _PULLS, context))
        if strangers:
            problems.append(said("{registry} lets in {who}", registry=Ref(one.name), who=refs(strangers)))
    if problems:
        return Verdict.failed("registries let outsiders pull images: {problems}", problems=some(problems))
    context.require(gaps((), context))
    return Verdict.passed(
        "{count}, none lets outsiders pull", count=counted(len(registries), "registry", "registries")
    )


def backup_vaults_protected(account: Account, context: Context) -> Verdict:
    """Vaults of backups are immutable for good, and under keys of the organisation."""
    vaults = [one for kind in _BACKUPS for one in _of(account, kind, context)]
    if not vaults:
        return Verdict.not_applicable("the subscription has no vaults of backups")
    problems = [problem for vault in vaults for problem in _weaknesses(vault)]
    if problems:
        return Verdict.failed("backups are weaker than what they copy: {problems}", problems=some(problems))
    return Verdict.passed("all {count} vaults of backups are locked and encrypted", count=len(vaults))


def _weaknesses(vault: Resource) -> Iterator[Value]:
    if str(attribute(vault, "securitySettings.immutabilitySettings.state")).lower() != "locked":
        yield said("{vault} is not locked", vault=Ref(vault.name))
    keys = (attribute(vault, path) for path in _KEYS)
    if not any(isinstance(one, str) and one for one in keys):
        yield said("{vault} has no key of its own", vault=Ref(vault.name))


_KEYS: Final = (
    "encryption.keyVaultProperties.keyUri",
    "securitySettings.encryptionSettings.keyVaultProperties.keyUri",
)


def secrets_closed(account: Account, context: Context) -> Verdict:
    """Nobody of another tenant may read secrets of a vault."""
    vaults = [
        one
        for one in context.glance(context.estate.containers)
        if one.kind is ContainerKind.VAULT and one.account == account.id and "/vaults/" in one.id.lower()
    ]
    opened = [
        said("{vault} lets in {who}", vault=Ref(one.name), who=refs(strangers))
        for one in vaults
        if (strangers := sorted(_readers_of_secrets(one, context)))
    ]
    if opened:
        return Verdict.failed("outsiders may read secrets: {opened}", opened=some(opened))
    unlisted = (gap for gap in context.estate.keys.gaps if gap.source.call == "keyvault:vaults")
    context.require((*gaps((), context), *unlisted))
    return Verdict.passed("{count}, none opens its secrets to outsiders", count=counted(len(vaults), "vault"))


def _readers_of_secrets(vault: Container, context: Context) -> set[str]:
    if attribute(vault, "enableRbacAuthorization") is True:
        return set(_foreign(vault.id, (_SECRETS,), context))
    return set(foreign_by_policy(vault, "secrets", {"get", "all"}, context))


def _foreign(resource: str, needs: Iterable[Need], context: Context) -> Iterator[str]:
    """Guests, and applications of other tenants, that may do something on a resource."""
    trusted = context.parameters.get("trusted_accounts", ())
    for need in needs:
        own = Need(need.action, resource, need.is_data)
        for name, held in decisions(context).each(own).items():
            if is_foreign(name, context) and not is_unread(held.grant) and name not in trusted:
                yield name


def _of(account: Account, kind: str, context: Context) -> list[Resource]:
    """The resources of a kind in a subscription.

    Raises:
        UnknownFact: not all of them were listed.
    """
    found: Any = context.listed(context.estate.resources_of(kind), kind)
    return [one for one in found if one.account == account.id]
