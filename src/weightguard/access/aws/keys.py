"""The keys that wrap stores, disks and secrets, as a request meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.access.aws.identities.policy_texts import compiled
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.key_names import KeyNames
from weightguard.estate.model import Estate, Key, Store
from weightguard.policy.aws import CompiledPolicy, KmsGrant, PolicyKind


@dataclass(frozen=True, slots=True)
class KeySurface:
    """The key that wraps a store's objects.

    Attributes:
        arn: its ARN; None where it is not known.
        account: the account that owns it.
        key: what the estate knows of it; None where no snapshot holds it.
        policy: its key policy; None where it could not be read.
        provider_managed: True for ``aws/s3``, which lets in whoever of the account may use S3.
        alias: one that a change gave it; None for a key as it is, of whose aliases a snapshot may hold but some.
    """

    arn: str | None
    account: str
    key: Key | None
    policy: CompiledPolicy | None
    grants: tuple[KmsGrant, ...]
    provider_managed: bool
    alias: str | None = None


class Keys:
    """The estate's keys as stores and disks meet them."""

    def __init__(self, estate: Estate) -> None:
        self._memory = estate.memory
        self._names = KeyNames(estate.keys)

    def of_store(self, store: Store) -> KeySurface | None:
        """The key of the store's default encryption; None where S3 encrypts with keys of its own."""
        fact = store.encryption
        if isinstance(fact, Unknown) or fact.value is None or not fact.value.reader_needs_key:
            return None
        return self.of_name(fact.value.key, store.account, store.region)

    def of_name(self, name: str | None, account: str, region: str | None) -> KeySurface:
        """The key that a store or an object names for its encryption: ``aws/s3`` where it names none."""
        if name is None or name.endswith("alias/aws/s3"):
            return KeySurface(None, account, None, None, (), True)
        return self.named(name, account, region)

    def named(self, name: str, account: str, region: str | None) -> KeySurface:
        """The surface of the key that a name stands for."""
        key = self._names.find(name, account, region)
        if key is None:
            arn = name if name.startswith("arn:") and ":key/" in name else None
            owner = name.split(":")[4] if name.startswith("arn:") else account
            return KeySurface(arn, owner, None, None, (), False)
        managed = isinstance(key.customer_managed, Known) and not key.customer_managed.value
        policy = key.policy.value if isinstance(key.policy, Known) else None
        document = None if policy is None else compiled(policy, PolicyKind.RESOURCE, self._memory)
        return KeySurface(key.id, key.account, key, document, _grants(key), managed and policy is None)


def _grants(key: Key) -> tuple[KmsGrant, ...]:
    if not isinstance(key.grants, Known):
        return ()
    return tuple(
        KmsGrant(
            id=grant.id,
            grantee=grant.grantee,
            operations=frozenset(grant.operations),
            retiring=grant.retiring_principal,
            encryption_context_equals=_pairs(grant.constraints.get("EncryptionContextEquals")),
            encryption_context_subset=_pairs(grant.constraints.get("EncryptionContextSubset")),
        )
        for grant in key.grants.value
    )


def _pairs(value: Any) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(value, Mapping) or not value:
        return None
    return tuple(sorted((str(key), str(text)) for key, text in value.items()))
