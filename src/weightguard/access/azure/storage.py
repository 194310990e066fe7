"""Who gets at the blobs of a container: by roles, keys and signatures, lists of the file system, anonymity, or by changing what
stands in the way.

Sources: Azure Storage documentation, "Authorize access to data in Azure Storage", "Access control model in Azure Data Lake
Storage", "Network File System (NFS) 3.0 protocol support for Azure Blob Storage", "Overview of anonymous read access for
blob data".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.access.azure.account_changes import AccountChanges, public_level, takes_keys
from weightguard.access.azure.accounts import ACCOUNT, BLOBS, CONTAINER, SAMPLE, path_of
from weightguard.access.azure.context import Assigned, attribute
from weightguard.access.azure.decisions import Holding, Need, because_of, conditions_of
from weightguard.access.azure.lists import listed, may_by_lists
from weightguard.access.azure.offers import Offer
from weightguard.access.azure.place import AzurePlace
from weightguard.access.condition import Condition, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind, Because
from weightguard.estate.fact import Known
from weightguard.policy.azure import Policies, Request, Storage, decide
from weightguard.policy.azure.scopes import plain

_VERBS: Final = {
    AccessKind.READ: "read",
    AccessKind.COPY: "read",
    AccessKind.WRITE: "write",
    AccessKind.DELETE: "delete",
}
_QUOTED: Final = re.compile(r"'([^']{0,1024})'")
_MOST_SAMPLES: Final = 40
_NOW, _LATER = "environment:utcnow", "9999-01-01T00:00:00Z"
_ON_THE_NETWORK: Final = besides("the reader has to be on a network that the account is mounted from")


@dataclass(slots=True)
class StorageAccess(AccountChanges):
    """Answers who can do what to containers."""

    def links(self, access: AccessKind, place: AzurePlace) -> list[Link]:
        """Who can do something to a place, as far as the graph was worked out."""
        if access is AccessKind.ADMINISTER:
            return list(self.administering(place))
        if access is AccessKind.DELETE:
            return list(self._deleting(place))
        return list(self._data(access, place))

    def _data(self, access: AccessKind, place: AzurePlace) -> Iterator[Link]:
        verb = _VERBS[access]
        need = Need(BLOBS + verb, f"{place.resource}/blobs/{path_of(place)}", is_data=True)
        held = self._by_role(need, place)
        for one in held.values():
            yield Link(one.name, place.id, (*one.before, Step(need.action, one.grant, place.id)))
        yield from self._opened_network(held, place, need)
        yield from self._assigning(need, place)
        yield from self._by_key(place)
        yield from self._by_lists(need, place, held)
        yield from self._anonymous(access, place)
        yield from self._mounted(place)
        yield from self.local_users(access, place)
        yield from self._of_lists(place, need)
        if access in (AccessKind.READ, AccessKind.COPY):
            yield from self.made_public(place)
            yield from self.replicating(place)
            yield from self.restoring(place)

    def _by_role(self, need: Need, place: AzurePlace) -> dict[str, Holding]:
        storage = Storage(network=self.network(place.account))
        found: dict[str, Holding] = {}
        denials = tuple(self.decisions.denying(need))
        given = Policies(denials=denials, storage=storage)
        for name, assigned in self.decisions.candidates(need, apart=bool(denials)).items():
            one = self._held(name, assigned, need, place, given)
            if one is not None:
                found[name] = one
        return found

    def _held(
        self, name: str, assigned: list[Assigned], need: Need, place: AzurePlace, given: Policies
    ) -> Holding | None:
        best: Holding | None = None
        for path in self._samples(assigned, place):
            asked = Need(need.action, f"{place.resource}/blobs/{path}", is_data=True)
            for now in (self.context.estate.collected_at, _LATER):
                told = {**self.network_context(name, place.account), _NOW: now}
                one = self.decisions.holding(name, assigned, asked, told, given)
                if one is not None and now == _LATER:
                    one = Holding(one.name, one.grant.provided(_not_yet(assigned)), one.before)
                if one is not None and (best is None or (one.grant.is_certain and not best.grant.is_certain)):
                    best = one
                if one is not None or not any(_is_timed(each) for each in assigned):
                    break
            if best is not None and best.grant.is_certain:
                return best
        return best

    def _samples(self, assigned: list[Assigned], place: AzurePlace) -> list[str]:
        """Paths that the conditions of some assignments tell apart."""
        first = path_of(place)
        found = {first: None}
        if place.prefix and not place.prefix.endswith("/"):
            return list(found)
        for one in assigned:
            for value in _QUOTED.findall(one.condition or ""):
                path = re.sub(r"\*+", SAMPLE, value.lstrip("/")).replace("?", "x")
                for each in (path, f"{path}{SAMPLE}", f"{path.rstrip('/')}/{SAMPLE}"):
                    if each.startswith(place.prefix) and len(found) < _MOST_SAMPLES:
                        found[each] = None
        return list(found)

    def _opened_network(self, held: Mapping[str, Holding], place: AzurePlace, need: Need) -> Iterator[Link]:
        """Whoever reads from some networks alone, and may open the account to all."""
        account = place.account
        if account is None or all(one.grant.is_certain for one in held.values()):
            return
        writers = self.decisions.each(Need(f"{ACCOUNT}write", account.id))
        given = Policies()
        for one in held.values():
            for name in self.context.leaves(one.name) if not one.grant.is_certain else ():
                assigned = [
                    each
                    for each in self.context.at(need.resource)
                    if each.principal in (name, *self.context.groups_of.get(name, ()))
                ]
                bare = self.decisions.holding(
                    name, assigned, need, {_NOW: self.context.estate.collected_at}, given
                )
                if name in writers and bare is not None:
                    first = Step(f"{ACCOUNT}write", writers[name].grant, account.id)
                    yield Link(name, place.id, (first, Step(need.action, bare.grant, place.id)))

    def _assigning(self, need: Need, place: AzurePlace) -> Iterator[Link]:
        """Whoever may assign roles on the container; on the account, also one that opens its network."""
        closed = self.network_conditions(place)
        offer = Offer("azure-role-assignment", (need,), place.id, place.id, conditions=closed)
        yield from self.offers.assigning(offer)
        yield from self.offers.delegated(offer)
        if closed and place.account is not None:
            both = Offer(
                "azure-role-assignment", (Need(f"{ACCOUNT}write", place.account.id), need), place.id, place.id
            )
            yield from self.offers.assigning(both)

    def _by_key(self, place: AzurePlace) -> Iterator[Link]:
        if place.account is None:
            return
        owner = plain(place.account.id)
        conditions = self.network_conditions(place)
        because = Because(f"{place.account.id}#allowSharedKeyAccess", "true")
        step = Step("shared key", Grant((because,), conditions), place.id)
        yield Link(self.key_nodes[owner], place.id, (step,))
        container = place.resource.rpartition("/")[2]
        signed = self.sas_nodes.get((owner, container))
        if signed is not None and takes_keys(place.account):
            yield Link(
                signed, place.id, (Step("shared access signature", Grant((because,), conditions), place.id),)
            )

    def _by_lists(self, need: Need, place: AzurePlace, held: Mapping[str, Holding]) -> Iterator[Link]:
        store = place.store
        policies = store.folder_policies if store is not None else None
        if not isinstance(policies, Known) or not policies.value:
            return
        network = self.network(place.account)
        for name in listed(self.context, policies.value):
            if name in held and held[name].grant.is_certain:
                continue
            levels = may_by_lists(self.context, policies.value, name, path_of(place))
            told = self.network_context(name, place.account)
            request = Request(name, need.action, True, need.resource, told, open=True)
            decision = decide(
                request, Policies(storage=Storage(hierarchical=True, lists=levels, network=network))
            )
            if decision.may_be_allowed:
                grant = Grant(because_of(decision, ()), conditions_of(decision.conditions))
                yield Link(name, place.id, (Step(need.action, grant, place.id),))

    def _of_lists(self, place: AzurePlace, need: Need) -> Iterator[Link]:
        """Whoever may change the lists of a file system, or take its folders."""
        if place.account is None or not attribute(place.account, "isHnsEnabled"):
            return
        for action in ("modifyPermissions/action", "manageOwnership/action"):
            change = Need(BLOBS + action, need.resource, is_data=True)
            for one in self.decisions.holders(change):
                first = Step(change.action, one.grant, place.id)
                last = Step(need.action, Grant((), self.network_conditions(place)), place.id)
                yield Link(one.name, place.id, (first, last))

    def _anonymous(self, access: AccessKind, place: AzurePlace) -> Iterator[Link]:
        if access not in (AccessKind.READ, AccessKind.COPY) or place.account is None or place.store is None:
            return
        level = public_level(place)
        if attribute(place.account, "allowBlobPublicAccess") is False or level == "none":
            return
        because = Because(f"{place.resource}#publicAccess", level)
        yield Link(
            "*",
            place.id,
            (Step("anonymous read", Grant((because,), self.network_conditions(place)), place.id),),
        )

    def _mounted(self, place: AzurePlace) -> Iterator[Link]:
        """A file system that is mounted over NFS asks nobody who he is."""
        if place.account is not None and attribute(place.account, "isNfsV3Enabled"):
            because = Because(f"{place.account.id}#isNfsV3Enabled", "true")
            conditions = self.network_conditions(place) or (_ON_THE_NETWORK,)
            yield Link("*", place.id, (Step("NFS 3.0", Grant((because,), conditions), place.id),))

    def _deleting(self, place: AzurePlace) -> Iterator[Link]:
        lifting = self.lifting(place)
        if lifting is None:
            return
        if not lifting:
            yield from self._data(AccessKind.DELETE, place)
        deletions = [Need(f"{CONTAINER}delete", place.resource)]
        if place.account is not None:
            deletions.append(Need(f"{ACCOUNT}delete", place.account.id))
        group = "/".join(place.resource.split("/")[:5])
        deletions.append(Need("Microsoft.Resources/subscriptions/resourceGroups/delete", group))
        if lifting:
            deletions.append(Need(BLOBS + "delete", f"{place.resource}/blobs/{path_of(place)}", is_data=True))
        for need in deletions:
            whole = (*lifting, need)
            yield from self.offers.links(
                Offer("azure-storage-delete", whole, place.id, need.resource, apart=bool(lifting))
            )
        if place.account is not None and not lifting:
            rule = Need(f"{ACCOUNT}managementPolicies/write", place.account.id)
            lifecycle = "the lifecycle policy deletes"
            yield from self.offers.links(
                Offer("azure-storage-lifecycle", (rule,), place.id, place.account.id, then=lifecycle)
            )


def _is_timed(one: Assigned) -> bool:
    return "utcnow" in (one.condition or "").lower()


def _not_yet(assigned: list[Assigned]) -> Condition:
    return besides("the time has to be one that the role assignment's condition names")
