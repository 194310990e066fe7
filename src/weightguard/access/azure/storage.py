"""Who gets at the blobs of a container: by roles, keys and signatures, lists of the file system, anonymity, or by changing what
stands in the way.

Sources: Azure Storage documentation, "Authorize access to data in Azure Storage", "Prevent authorization with Shared Key",
"Configure Azure Storage firewalls and virtual networks" (resource instances, trusted services; they stay let in where public
access is off), "Access control model in Azure Data Lake Storage", "Object replication for block blobs", "SSH File Transfer
Protocol (SFTP) support", "Legal holds for immutable blob data"; REST reference "Storage Accounts - List Account SAS".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.access.azure.context import Assigned, Context, attribute
from weightguard.access.azure.decisions import Decisions, Holding, Need, because_of, conditions_of
from weightguard.access.azure.lists import listed, may_by_lists
from weightguard.access.azure.offers import Offer, Offers, State
from weightguard.access.azure.place import AzurePlace
from weightguard.access.condition import Condition, besides
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind, Because
from weightguard.estate.fact import Known
from weightguard.estate.model import Container, ContainerKind, RetentionMode
from weightguard.policy.azure import Network, Policies, Request, Storage, decide
from weightguard.policy.azure.scopes import plain

ACCOUNT: Final = "Microsoft.Storage/storageAccounts/"
CONTAINER: Final = f"{ACCOUNT}blobServices/containers/"
BLOBS: Final = f"{CONTAINER}blobs/"
_VERBS: Final = {
    AccessKind.READ: "read",
    AccessKind.COPY: "read",
    AccessKind.WRITE: "write",
    AccessKind.DELETE: "delete",
}
_SIGNS: Final = ("listKeys/action", "regenerateKey/action", "listAccountSas/action", "listServiceSas/action")
_QUOTED: Final = re.compile(r"'([^']{0,1024})'")
_MOST_SAMPLES: Final = 40
_SAMPLE: Final = "weightguard-sample"
_NOW, _LATER = "environment:utcnow", "9999-01-01T00:00:00Z"
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
_ON_THE_NETWORK: Final = besides("the reader has to be on a network that the account is mounted from")
_COPY: Final = "reads the copy"
_VERSIONS: Final = besides("versions of blobs have to be kept, which object replication asks for")


@dataclass(slots=True)
class StorageAccess:
    """Answers who can do what to containers.

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

    def __post_init__(self) -> None:
        for account in self.accounts():
            self.key_nodes[plain(account.id)] = State(f"key of {account.id}")
        for workload in self.context.estate.workloads:
            if workload.provider == "azure":
                for role in workload.known_roles:
                    self._instances.setdefault(role, []).append(workload.id)

    def accounts(self) -> Iterator[Container]:
        """Every storage account."""
        for one in self.context.containers.values():
            if one.kind is ContainerKind.STORAGE_ACCOUNT:
                yield one

    def key_links(self) -> Iterator[Link]:
        """Who gets a key of which account, or has one sign."""
        for account in self.accounts():
            node = self.key_nodes[plain(account.id)]
            allowed = takes_keys(account)
            for action in _SIGNS:
                needs = [Need(ACCOUNT + action, account.id)]
                if not allowed:
                    needs.append(Need(f"{ACCOUNT}write", account.id))
                yield from self.offers.links(
                    Offer(f"azure-storage-{action.partition('/')[0].lower()}", tuple(needs), node, account.id)
                )

    # What is asked

    def links(self, access: AccessKind, place: AzurePlace) -> list[Link]:
        """Who can do something to a place, as far as the graph was worked out."""
        if access is AccessKind.ADMINISTER:
            return list(self._administering(place))
        if access is AccessKind.DELETE:
            return list(self._deleting(place))
        return list(self._data(access, place))

    def _data(self, access: AccessKind, place: AzurePlace) -> Iterator[Link]:
        verb = _VERBS[access]
        need = Need(BLOBS + verb, f"{place.resource}/blobs/{_path(place)}", is_data=True)
        held = self._by_role(need, place)
        for one in held.values():
            yield Link(one.name, place.id, (*one.before, Step(need.action, one.grant, place.id)))
        yield from self._opened_network(held, place, need)
        yield from self._assigning(need, place)
        yield from self._by_key(place)
        yield from self._by_lists(need, place, held)
        yield from self._anonymous(access, place)
        yield from self._mounted(place)
        yield from self._local_users(access, place)
        yield from self._of_lists(place, need)
        if access in (AccessKind.READ, AccessKind.COPY):
            yield from self._made_public(place)
            yield from self._replicating(place)
            yield from self._restoring(place)

    # Roles

    def _by_role(self, need: Need, place: AzurePlace) -> dict[str, Holding]:
        storage = Storage(network=network_of(place.account))
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
        first = _path(place)
        found = {first: None}
        if place.prefix and not place.prefix.endswith("/"):
            return list(found)
        for one in assigned:
            for value in _QUOTED.findall(one.condition or ""):
                path = re.sub(r"\*+", _SAMPLE, value.lstrip("/")).replace("?", "x")
                for each in (path, f"{path}{_SAMPLE}", f"{path.rstrip('/')}/{_SAMPLE}"):
                    if each.startswith(place.prefix) and len(found) < _MOST_SAMPLES:
                        found[each] = None
        return list(found)

    def network_context(self, name: str, account: Container | None) -> dict[str, object]:
        """What is known of where an identity comes from: that of a resource which the account lets in passes."""
        network = network_of(account)
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
        closed = self._network_conditions(place)
        offer = Offer("azure-role-assignment", (need,), place.id, place.id, conditions=closed)
        yield from self.offers.assigning(offer)
        yield from self.offers.delegated(offer)
        if closed and place.account is not None:
            both = Offer(
                "azure-role-assignment", (Need(f"{ACCOUNT}write", place.account.id), need), place.id, place.id
            )
            yield from self.offers.assigning(both)

    def _network_conditions(self, place: AzurePlace) -> tuple[Condition, ...]:
        request = Request("", BLOBS + "read", True, place.resource, {"authorization": "SharedKey"}, open=True)
        decision = decide(request, Policies(storage=Storage(network=network_of(place.account))))
        return conditions_of(decision.conditions)

    # Keys, lists, anonymity

    def _by_key(self, place: AzurePlace) -> Iterator[Link]:
        if place.account is None:
            return
        owner = plain(place.account.id)
        conditions = self._network_conditions(place)
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
        network = network_of(place.account)
        for name in listed(self.context, policies.value):
            if name in held and held[name].grant.is_certain:
                continue
            levels = may_by_lists(self.context, policies.value, name, _path(place))
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
                last = Step(need.action, Grant((), self._network_conditions(place)), place.id)
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
            (Step("anonymous read", Grant((because,), self._network_conditions(place)), place.id),),
        )

    def _mounted(self, place: AzurePlace) -> Iterator[Link]:
        """A file system that is mounted over NFS asks nobody who he is."""
        if place.account is not None and attribute(place.account, "isNfsV3Enabled"):
            because = Because(f"{place.account.id}#isNfsV3Enabled", "true")
            conditions = self._network_conditions(place) or (_ON_THE_NETWORK,)
            yield Link("*", place.id, (Step("NFS 3.0", Grant((because,), conditions), place.id),))

    def _local_users(self, access: AccessKind, place: AzurePlace) -> Iterator[Link]:
        account = place.account
        if account is None:
            return
        own = f"{ACCOUNT}localUsers/"
        container = place.resource.rpartition("/")[2].lower()
        letter = {AccessKind.WRITE: "w", AccessKind.DELETE: "d"}.get(access, "r")
        is_on = (
            bool(attribute(account, "isSftpEnabled"))
            and attribute(account, "isLocalUserEnabled") is not False
        )
        conditions = self._network_conditions(place)
        first = () if is_on else (Need(f"{ACCOUNT}write", account.id),)
        if is_on or attribute(account, "isHnsEnabled"):
            needs = (
                Need(f"{own}write", account.id),
                Need(f"{own}regeneratePassword/action", account.id),
                *first,
            )
            yield from self.offers.links(
                Offer(
                    "azure-storage-local-user",
                    needs,
                    place.id,
                    account.id,
                    conditions=conditions,
                    then="SFTP",
                )
            )
        for user in self.context.estate.resources_of("storage.storageaccounts/localusers"):
            if not is_on or not plain(user.id).startswith(f"{plain(account.id)}/"):
                continue
            if any(_lets(one, container, letter) for one in attribute(user, "permissionScopes") or ()):
                because = Because(user.id, "permissionScopes")
                yield Link(user.id, place.id, (Step("SFTP", Grant((because,), conditions), place.id),))
                need = Need(f"{own}regeneratePassword/action", user.id)
                yield from self.offers.links(Offer("azure-storage-local-password", (need,), user.id, user.id))

    # Ways round

    def _made_public(self, place: AzurePlace) -> Iterator[Link]:
        if place.account is None or public_level(place) != "none":
            return
        needs = [Need(f"{CONTAINER}write", place.resource)]
        if attribute(place.account, "allowBlobPublicAccess") is False:
            needs.append(Need(f"{ACCOUNT}write", place.account.id))
        conditions = () if len(needs) > 1 else self._network_conditions(place)
        yield from self.offers.links(
            Offer(
                "azure-storage-make-public",
                tuple(needs),
                place.id,
                place.id,
                conditions=conditions,
                then="anonymous read",
            )
        )

    def _replicating(self, place: AzurePlace) -> Iterator[Link]:
        """Whoever sets up replication of the container into an account of which they have the keys."""
        account = place.account
        if account is None or attribute(account, "isHnsEnabled"):
            return
        here = Need(f"{ACCOUNT}objectReplicationPolicies/write", account.id)
        there = (f"{ACCOUNT}listKeys/action",)
        offer = Offer(
            "azure-storage-replicate",
            (here,),
            place.id,
            account.id,
            conditions=(_VERSIONS,),
            anywhere=there,
            then=_COPY,
        )
        yield from self.offers.links(offer)
        if attribute(account, "allowCrossTenantReplication"):
            outside = Offer(
                "azure-storage-replicate-out", (here,), place.id, account.id, conditions=(_VERSIONS,)
            )
            yield from self.offers.links(outside)

    def _restoring(self, place: AzurePlace) -> Iterator[Link]:
        """Whoever restores a backup of the account into one of which they have the keys."""
        kind = "dataprotection.backupvaults/backupinstances"
        for instance in self.context.estate.resources_of(kind):
            source = attribute(instance, "dataSourceInfo.resourceID")
            if place.account is not None and plain(str(source or "")) == plain(place.account.id):
                need = Need(
                    "Microsoft.DataProtection/backupVaults/backupInstances/restore/action", instance.id
                )
                there = (f"{ACCOUNT}listKeys/action",)
                held = besides("the backup has to be a vaulted one")
                offer = Offer(
                    "azure-backup-restore",
                    (need,),
                    place.id,
                    instance.id,
                    conditions=(held,),
                    anywhere=there,
                    then=_COPY,
                )
                yield from self.offers.links(offer)

    # Deletion and administration

    def _deleting(self, place: AzurePlace) -> Iterator[Link]:
        lifting = self._lifting(place)
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
            deletions.append(Need(BLOBS + "delete", f"{place.resource}/blobs/{_path(place)}", is_data=True))
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

    def _lifting(self, place: AzurePlace) -> tuple[Need, ...] | None:
        """What has to be lifted first for anything to be deleted; None: nothing lifts it."""
        held = place.store.retention if place.store is not None else None
        if not isinstance(held, Known) or held.value is None:
            return ()
        if held.value.mode is RetentionMode.COMPLIANCE:
            return None
        needs = []
        if held.value.legal_hold:
            needs.append(Need(f"{CONTAINER}clearLegalHold/action", place.resource))
        if held.value.days:
            needs.append(
                Need(
                    f"{CONTAINER}immutabilityPolicies/delete",
                    f"{place.resource}/immutabilityPolicies/default",
                )
            )
        return tuple(needs)

    def _administering(self, place: AzurePlace) -> Iterator[Link]:
        needs = [Need(f"{CONTAINER}write", place.resource)]
        if place.account is not None:
            needs.append(Need(f"{ACCOUNT}write", place.account.id))
        for need in needs:
            yield from self.offers.links(Offer("azure-storage-write", (need,), place.id, need.resource))
        if place.account is not None and attribute(place.account, "isHnsEnabled"):
            for action in ("modifyPermissions/action", "manageOwnership/action"):
                change = Need(BLOBS + action, f"{place.resource}/blobs/{_path(place)}", is_data=True)
                yield from self.offers.links(Offer("azure-storage-lists", (change,), place.id, place.id))


def takes_keys(account: Container) -> bool:
    """Whether an account's blobs are opened by its keys."""
    of_service = attribute(account, "allowSharedKeyAccessForServices.blob.enabled")
    if isinstance(of_service, bool):
        return of_service
    return not (isinstance(account.keys_accepted, Known) and account.keys_accepted.value is False)


def public_level(place: AzurePlace) -> str:
    """What a container lets anybody do: ``none``, ``blob`` or ``container``."""
    policy = place.store.policy if place.store is not None else None
    body = policy.value.document if isinstance(policy, Known) and policy.value is not None else None
    return str(body.get("publicAccess") or "none").lower() if isinstance(body, Mapping) else "none"


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


def _path(place: AzurePlace) -> str:
    """A path that stands for the objects in question."""
    return place.prefix if place.prefix and not place.prefix.endswith("/") else f"{place.prefix}{_SAMPLE}"


def _is_instance(id: str, allowed: str) -> bool:
    """Whether a rule for resource instances names a resource; it may name all of a kind with ``*``."""
    parts = [re.escape(one) for one in allowed.split("*")]
    return re.fullmatch(".*".join(parts), plain(id)) is not None


def _lets(scope: Any, container: str, letter: str) -> bool:
    if not isinstance(scope, Mapping) or str(scope.get("service") or "blob").lower() != "blob":
        return False
    return (
        str(scope.get("resourceName") or "").lower().split("/")[0] == container
        and letter in str(scope.get("permissions") or "").lower()
    )


def _is_timed(one: Assigned) -> bool:
    return "utcnow" in (one.condition or "").lower()


def _not_yet(assigned: list[Assigned]) -> Condition:
    return besides("the time has to be one that the role assignment's condition names")
