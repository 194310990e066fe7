"""Everything that snapshots say exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weightguard.estate.fact import Collection
from weightguard.estate.model.audit import Trail
from weightguard.estate.model.container import Account, Organisation
from weightguard.estate.model.inheritance import Container
from weightguard.estate.model.key import Key
from weightguard.estate.model.network import Endpoint, Perimeter
from weightguard.estate.model.policy import NamedPolicy, ScopedPolicy
from weightguard.estate.model.principal import FederatedProvider, Principal
from weightguard.estate.model.resource import DiskCopy, Resource, Secret
from weightguard.estate.model.store import Store
from weightguard.estate.model.workload import Workload
from weightguard.memory import Memory
from weightguard.weights import WeightSet


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is known and was left out, because it has nothing to do with a question: nobody of it counts as unknown.

    Attributes:
        accounts: those whose principals were left out.
        unique_ids: the principals' own ids.
        owners: AWS: the canonical users by which the accounts own buckets.
    """

    accounts: frozenset[str] = frozenset()
    unique_ids: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that one or several snapshots say exists."""

    collected_at: str  # the latest snapshot's time: the "now" of every rule
    organisations: Collection[Organisation] = field(default_factory=Collection)
    containers: Collection[Container] = field(
        default_factory=Collection
    )  # of providers whose policies are inherited
    accounts: Collection[Account] = field(default_factory=Collection)
    principals: Collection[Principal] = field(default_factory=Collection)
    unattached_policies: Collection[NamedPolicy] = field(
        default_factory=Collection
    )  # managed, carried by nobody so far
    role_definitions: Collection[ScopedPolicy] = field(
        default_factory=Collection
    )  # Azure, Google Cloud: custom roles
    federated_providers: Collection[FederatedProvider] = field(default_factory=Collection)
    stores: Collection[Store] = field(default_factory=Collection)
    keys: Collection[Key] = field(default_factory=Collection)
    trails: Collection[Trail] = field(default_factory=Collection)
    endpoints: Collection[Endpoint] = field(default_factory=Collection)
    perimeters: Collection[Perimeter] = field(default_factory=Collection)
    workloads: Collection[Workload] = field(default_factory=Collection)
    disk_copies: Collection[DiskCopy] = field(default_factory=Collection)
    secrets: Collection[Secret] = field(default_factory=Collection)
    weight_sets: Collection[WeightSet] = field(default_factory=Collection)
    resources: Mapping[str, Collection[Resource]] = field(default_factory=dict)  # by kind, see Resource
    memory: Memory = field(
        default_factory=Memory, compare=False, repr=False
    )  # what is worked out from all this
    left_out: LeftOut = LeftOut()  # nothing in what a snapshot says

    def resources_of(self, kind: str) -> Collection[Resource]:
        """The other resources of one kind. A kind that no snapshot asked for is not in `resources`, and comes back empty here."""
        return self.resources.get(kind, Collection())
