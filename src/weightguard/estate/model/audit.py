"""What records who did what, and which of it."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.estate.fact import Fact
from weightguard.estate.model.provider import Provider


@dataclass(frozen=True, slots=True)
class Names:
    """Names of objects, told by what they are, begin or end with; nothing told: all of them.

    Attributes:
        others: told the same way, those that are left out.
    """

    exact: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    others: Names | None = None

    def hold(self, name: str) -> bool:
        """Whether a name is one of them."""
        told = bool(self.exact or self.prefixes or self.suffixes)
        if told and not self._told(name):
            return False
        return self.others is None or not self.others._told(name)

    def _told(self, name: str) -> bool:
        return name in self.exact or name.startswith(self.prefixes) or name.endswith(self.suffixes)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which events a log takes, while it is on.

    Attributes:
        reads: objects the reading of which is recorded, as alternatives; each is the names that all of its tests hold for.
            AWS: data events. Google Cloud: DATA_READ audit logs. Azure: StorageRead.
        writes: the same for the writing of objects. Google Cloud: DATA_WRITE. Azure: StorageWrite.
        key_uses: whether decryptions are. AWS: management events of KMS. Google Cloud: DATA_READ of Cloud KMS. Azure: AuditEvent
            of the vault.
        key_grants: whether it is recorded that somebody else is let use a key.
        admin: whether changes of settings, policies and identities are. Google Cloud and Azure: always.
    """

    reads: tuple[tuple[Names, ...], ...]
    writes: tuple[tuple[Names, ...], ...]
    key_uses: bool
    key_grants: bool
    admin: bool

    def reading(self, name: str) -> bool:
        """Whether it is recorded that the object of that id is read."""
        return any(all(names.hold(name) for names in each) for each in self.reads)


@dataclass(frozen=True, slots=True)
class Trail:
    """AWS: a CloudTrail trail. Google Cloud: a log sink with audit configuration. Azure: a diagnostic setting.

    Whether what it delivers can be deleted is told by the `retention` of the store at its destination.
    """

    id: str
    provider: Provider
    account: str
    region: str | None
    name: str
    multi_region: bool
    organisation_wide: bool
    validates_files: bool
    destination: str | None  # store id
    key: str | None
    logging: Fact[bool]
    records: Fact[Recorded]
