"""Who reads, shares or copies a disk that may hold weights: EBS snapshots, images, volumes and recovery points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from weightguard.access.asking import Grant
from weightguard.access.condition import UNREAD_KEY_USE, besides
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind, Because
from weightguard.access.needs import Needs, how_of
from weightguard.access.population import Group
from weightguard.access.removal import SHARED
from weightguard.access.techniques.schema import OnStore, techniques
from weightguard.estate.fact import Known
from weightguard.estate.model import DiskCopy

if TYPE_CHECKING:
    from weightguard.access.graph import AccessGraph

_EFFECTS: Final = ("reads_copy", "shares_copy")
_ACCOUNT_DIGITS = 12


class Copies:
    """Decides access to disks.

    Args:
        owner: the graph.
    """

    def __init__(self, owner: AccessGraph) -> None:
        self._owner = owner
        self._needs = Needs(owner)
        self._by_id = {one.id: one for one in owner.estate.disk_copies}
        self._entries = [
            entry for entry in techniques() if isinstance(entry, OnStore) and entry.effect in _EFFECTS
        ]

    def find(self, name: str) -> DiskCopy | None:
        """The disk of an id; None where no snapshot holds it."""
        return self._by_id.get(name)

    def links(self, access: AccessKind, disk: DiskCopy) -> Iterator[Link]:
        """A link from everybody who can, to the disk."""
        for entry in self._entries:
            if access.value not in entry.reaches or not _concerns(entry, disk):
                continue
            actions = tuple(need.action for need in entry.needs)
            for group in self._owner.index.cohorts(
                disk.account, (*actions, "kms:Decrypt", "kms:CreateGrant"), actions
            ):
                grant = self._all(entry, group, disk)
                if grant is not None:
                    yield Link(group, disk.id, (Step(how_of(actions), grant, disk.id),))
        if access in (AccessKind.READ, AccessKind.COPY):
            yield from self._shared(disk)

    def _all(self, entry: OnStore, group: Group, disk: DiskCopy) -> Grant | None:
        found = Grant() if entry.conditional is None else Grant(conditions=(besides(entry.conditional),))
        for need in entry.needs:
            if "{copy}" in need.resource:
                grant = self._needs.on(group, need.action, disk.id, owner=disk.account)
            else:
                grant = self._needs.chosen(group, need.resource, (need.action,))
            if grant is None:
                return None
            found = found.and_also(grant)
        key = self._key(group, disk)
        return None if key is None else found.and_also(key)

    def _key(self, group: Group, disk: DiskCopy) -> Grant | None:
        """The use of the key that wraps the disk; free where it is not encrypted, or by the provider's own key."""
        name = disk.key.value if isinstance(disk.key, Known) else None
        if name is None or "alias/aws/" in name:
            return Grant()
        surface = self._owner.keys.named(name, disk.account, disk.region)
        if surface.provider_managed:
            return Grant()
        if surface.policy is None or surface.arn is None:
            return Grant(conditions=(UNREAD_KEY_USE,))
        layers = group.layers.replace(resource=(surface.policy,), kms_grants=surface.grants)
        return self._owner.asker.may(group, "kms:Decrypt", surface.arn, layers=layers, owner=surface.account)

    def _shared(self, disk: DiskCopy) -> Iterator[Link]:
        because = (Because(disk.id, SHARED),)
        if isinstance(disk.public, Known) and disk.public.value:
            yield Link("*", disk.id, (Step("ec2:CreateVolume", Grant(because), disk.id),))
        for account in disk.shared_with.value if isinstance(disk.shared_with, Known) else ():
            if (
                len(account) == _ACCOUNT_DIGITS
                and account != disk.account
                and not self._owner.named.is_covered(account)
            ):
                name = f"arn:aws:iam::{account}:root"
                yield Link(name, disk.id, (Step("ec2:CreateVolume", Grant(because), disk.id),))
            elif account != disk.account and self._owner.named.is_covered(account):
                yield from self._sharers(account, disk, because)

    def _sharers(self, account: str, disk: DiskCopy, because: tuple[Because, ...]) -> Iterator[Link]:
        """Who of an account of the estate may use what is shared with it."""
        for group in self._owner.index.cohorts(account, ("ec2:CreateVolume",)):
            grant = self._needs.on(group, "ec2:CreateVolume", disk.id, owner=account)
            if grant is not None:
                yield Link(
                    group, disk.id, (Step("ec2:CreateVolume", Grant(because).and_also(grant), disk.id),)
                )


def _concerns(entry: OnStore, disk: DiskCopy) -> bool:
    """Whether a technique is for this kind of disk."""
    service = entry.id.partition("-")[0]
    kinds = {"ebs": ("snapshot",), "ec2": ("image",), "backup": ("backup",)}
    return disk.kind in kinds.get(service, ())
