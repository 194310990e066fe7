"""What is not known of a bucket, and of everything that it lies in, and may let somebody in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from weightguard.access.gcp.context import Context
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.policy.gcp.names import lineage

OF_OBJECTS: Final = (
    "storage.objects.get", "storage.objects.create", "storage.objects.delete", "storage.buckets.setIamPolicy",
    "storage.buckets.update", "storage.buckets.delete",
)  # fmt: skip
"""What a group's members may be let do to a bucket."""


class Gaps:
    """What an estate leaves open of its buckets.

    Args:
        context: the estate, prepared.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._candidates = context.who.candidates
        self._containers = tuple(
            one.policies
            for one in context.estate.containers
            if one.provider == "gcp" and isinstance(one.policies, Unknown)
        )
        self._at: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def of(self, bucket: str) -> tuple[Unknown, ...]:
        """What is not known of a bucket."""
        return (*self._containers, *self._of_store(bucket), *self._of_policies(bucket))

    def _of_store(self, bucket: str) -> Iterator[Unknown]:
        store = self._context.source.stores.get(bucket)
        if store is not None:
            yield from (fact for fact in (store.policy, store.object_lists) if isinstance(fact, Unknown))

    def _of_policies(self, bucket: str) -> Iterator[Unknown]:
        above = [*map(self._left_open, lineage(f"buckets/{bucket}", self._context.who.policies.parents))]
        for role in sorted({one for roles, _ in above for one in roles}):
            yield Unknown(Reason.NOT_COLLECTED, Source.named("iam", "GetRole", role, provider="gcp"))
        for group in sorted({one for _, groups in above for one in groups}):
            yield Unknown(
                Reason.NOT_COLLECTED, Source.named("cloudidentity", "ListMemberships", group, provider="gcp")
            )

    def _left_open(self, place: str) -> tuple[frozenset[str], frozenset[str]]:
        """The roles on a resource that are defined nowhere, and the groups there whose members nobody knows."""
        found = self._at.get(place)
        if found is None:
            held = self._context.who.policies.bindings.get(place, ())
            roles = {one.role for one in held if self._candidates.role(one.role).permissions is None}
            members = {
                member
                for one in held
                if any(self._candidates.permits(one.role, permission) for permission in OF_OBJECTS)
                for member in one.members
            }
            leaves = {leaf for member in members for leaf in self._candidates.leaves(member)}
            groups = {one for one in leaves if one.startswith("group:")}
            found = self._at[place] = frozenset(roles), frozenset(groups)
        return found
