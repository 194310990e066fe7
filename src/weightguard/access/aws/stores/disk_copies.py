"""Who reads, shares or copies a disk that may hold weights: EBS snapshots, images, volumes and recovery points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import document_of
from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity, sensitivity
from weightguard.access.aws.identities.strangers import Strangers
from weightguard.access.aws.permissions import Permissions, how_of
from weightguard.access.aws.technique_data.schema import OnStore, techniques
from weightguard.access.condition import UNREAD_KEY_USE, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Node, Step
from weightguard.access.model import AccessKind, Because
from weightguard.access.provider import SHARED
from weightguard.estate.aws.partition import partition_of
from weightguard.estate.fact import Known
from weightguard.estate.model import DiskCopy
from weightguard.policy.aws import Bounds, Layers, Principal, somebody
from weightguard.policy.aws.arn import is_account

_EFFECTS: Final = ("reads_copy", "shares_copy")


class DiskAccess:
    """Decides access to disks.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._needs = Permissions(context)
        self._strangers = Strangers(context.population)
        self._by_id = {one.id: one for one in context.estate.disk_copies}
        self._entries = [
            entry for entry in techniques() if isinstance(entry, OnStore) and entry.effect in _EFFECTS
        ]

    def find(self, name: str) -> DiskCopy | None:
        """The disk of an id; None where no snapshot holds it."""
        return self._by_id.get(name)

    def links(self, access: AccessKind, disk: DiskCopy, actors: Actors) -> Iterator[Link]:
        """A link from those of some groups that can, to the disk; and from whom it is shared with."""
        for entry in self._entries:
            if access.value not in entry.reaches or not _concerns(entry, disk):
                continue
            actions = tuple(need.action for need in entry.needs)
            for group in actors.cohorts(disk.account, (*actions, "kms:Decrypt", "kms:CreateGrant"), actions):
                grant = self._all(entry, group, disk)
                for node, found in self._with_key(group, grant, disk):
                    yield Link(node, disk.id, (Step(how_of(actions), found, disk.id),))
        if access in (AccessKind.READ, AccessKind.COPY):
            yield from self._shared(disk, actors)

    def _all(self, entry: OnStore, group: PrincipalGroup, disk: DiskCopy) -> Grant | None:
        found = Grant() if entry.conditional is None else Grant(conditions=(besides(entry.conditional),))
        for need in entry.needs:
            if "{copy}" in need.resource:
                grant = self._needs.on(group, need.action, disk.id, owner=disk.account)
            else:
                grant = self._needs.chosen(group, need.resource, (need.action,))
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def _with_key(
        self, group: PrincipalGroup, grant: Grant | None, disk: DiskCopy
    ) -> Iterator[tuple[Node, Grant]]:
        """Those of a group who may use the disk's key as well: its policy or a grant may name some of them."""
        if grant is None:
            return
        looks, named = self._told(disk)
        for caller, nodes in self._context.named.apart(group, named, looks):
            key = self._key(caller, group.layers, disk)
            for node in nodes if key is not None else ():
                yield node, grant.and_also(key or Grant())

    def _told(self, disk: DiskCopy) -> tuple[Sensitivity, frozenset[str]]:
        """What the policy of the disk's key looks at in a caller, and whom it and the key's grants name."""
        name = disk.key.value if isinstance(disk.key, Known) else None
        surface = None if name is None else self._context.keys.named(name, disk.account, disk.region)
        if surface is None or surface.policy is None or surface.key is None:
            return BLIND, frozenset()
        policy = surface.key.policy.value if isinstance(surface.key.policy, Known) else None
        looks = BLIND if policy is None else sensitivity(document_of(policy), self._context.population.memory)
        named = self._context.named.names(surface.policy) - {"*"}
        return looks, named | {grant.grantee for grant in surface.grants}

    def _key(self, caller: Principal, layers: Layers, disk: DiskCopy) -> Grant | None:
        """The use of the key that wraps the disk; free where it is not encrypted, or, inside the account, by the provider's own."""
        name = disk.key.value if isinstance(disk.key, Known) else None
        if name is None:
            return Grant()
        surface = self._context.keys.named(name, disk.account, disk.region)
        if surface.provider_managed or "alias/aws/" in name:
            # "Snapshots that are encrypted with the default AWS managed key cannot be shared."
            return Grant() if caller.account == disk.account else None
        if surface.policy is None or surface.arn is None:
            return Grant(conditions=(UNREAD_KEY_USE,))
        whole = layers.replace(resource=(surface.policy,), kms_grants=surface.grants)
        return self._context.decisions.ask(caller, "kms:Decrypt", surface.arn, whole, owner=surface.account)

    def _shared(self, disk: DiskCopy, actors: Actors) -> Iterator[Link]:
        """Whom the disk is shared with, as far as its key lets them; the key is theirs to use only where its policy says so.

        Source: Amazon EBS User Guide, "Share an encrypted snapshot" and "Share the KMS key used to encrypt a shared snapshot".
        """
        shared = Grant((Because(disk.id, SHARED),))
        partition = partition_of(disk.id)
        if actors.with_others and isinstance(disk.public, Known) and disk.public.value:
            anybody = somebody(None, Bounds(), partition=partition)
            yield from self._opened("*", anybody, Layers(), disk, shared)
        for account in disk.shared_with.value if isinstance(disk.shared_with, Known) else ():
            if not is_account(account) or account == disk.account:
                continue
            stranger = self._strangers.of_account(account, partition)
            if stranger is None:
                yield from self._sharers(account, disk, shared, actors)
                continue
            known = shared.provided(*stranger.conditions)
            for name in stranger.names if actors.with_others else ():
                yield from self._opened(name, stranger.caller, stranger.layers, disk, known)

    def _opened(
        self, node: Node, caller: Principal, layers: Layers, disk: DiskCopy, shared: Grant
    ) -> Iterator[Link]:
        key = self._key(caller, layers, disk)
        if key is not None:
            yield Link(node, disk.id, (Step("ec2:CreateVolume", shared.and_also(key), disk.id),))

    def _sharers(self, account: str, disk: DiskCopy, shared: Grant, actors: Actors) -> Iterator[Link]:
        """Who of an account of the estate may use what is shared with it."""
        for group in actors.cohorts(account, ("ec2:CreateVolume", "kms:Decrypt"), ("ec2:CreateVolume",)):
            grant = self._needs.on(group, "ec2:CreateVolume", disk.id, owner=account)
            whole = None if grant is None else shared.and_also(grant)
            for node, found in self._with_key(group, whole, disk):
                yield Link(node, disk.id, (Step("ec2:CreateVolume", found, disk.id),))


def _concerns(entry: OnStore, disk: DiskCopy) -> bool:
    """Whether a technique is for this kind of disk."""
    service = entry.id.partition("-")[0]
    kinds = {"ebs": ("snapshot",), "ec2": ("image",), "backup": ("backup",)}
    return disk.kind in kinds.get(service, ())
