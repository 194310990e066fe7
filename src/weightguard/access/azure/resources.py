"""Resources and the identities that they act as: who brings code into which, and what it finds there.

Sources: Azure documentation of each service, as the technique data names it; AKS, "Use a managed identity in AKS", "Workload
identity overview"; Container Registry, "Azure Container Registry permissions and role assignments overview"; Azure Machine
Learning, "Manage access" (readers of a workspace see the credentials of its datastores).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from weightguard.access.azure.context import Context, attribute, named
from weightguard.access.azure.decisions import Need
from weightguard.access.azure.offers import Offer, Offers, State
from weightguard.access.azure.techniques import machines, services
from weightguard.access.azure.techniques.entry import Technique
from weightguard.access.condition import besides
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Link, Node, Step
from weightguard.access.model import RUNS_AS, Because
from weightguard.estate.fact import Fact, Known, Source
from weightguard.estate.model import Workload
from weightguard.policy.azure.scopes import plain

_ALL: Final = (*machines.TECHNIQUES, *services.TECHNIQUES)
_TECHNIQUES: Final = {kind: [one for one in _ALL if one.kind == kind] for kind in {one.kind for one in _ALL}}
_NOTED: Final = Source.named("graph", "", "")
_IDENTITY: Final = "Microsoft.ManagedIdentity/userAssignedIdentities/"
_REGISTRY: Final = "Microsoft.ContainerRegistry/registries/"
_PULLED: Final = besides("the workload has to pull the image again")
_CONFIGURED: Final = besides("the service has to let whoever configures it use its identity")
_NODES: Final = (
    "virtualMachines/runCommand/action",
    "virtualMachines/runCommands/write",
    "extensions/write",
    "write",
)
_CODELESS: Final = frozenset(
    {
        "compute.disks", "compute.diskencryptionsets", "storageactions.storagetasks", "recoveryservices.vaults",
        "dataprotection.backupvaults", "storage.storageaccounts", "containerregistry.registries", "network.applicationgateways",
    }
)  # fmt: skip
"""Kinds whose identity runs nothing of whoever configures them."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A resource with what others say of it."""

    attributes: Mapping[str, Fact[Any]]


@dataclass(slots=True)
class Resources:
    """Turns resources into links.

    Attributes:
        key_nodes: plain id of a storage account -> the node of whoever has a key of it.
        accepting: plain ids of the accounts that take their keys.
        sas_nodes: (plain id of a storage account, container) -> the node of whoever has a signature for it.
        fallback: ids of workloads whose kind has no technique of its own.
        clusters: id of a cluster -> the node of whoever runs code in it.
    """

    context: Context
    offers: Offers
    key_nodes: Mapping[str, State]
    accepting: frozenset[str]
    sas_nodes: dict[tuple[str, str], State] = field(default_factory=dict)
    fallback: set[str] = field(default_factory=set)
    clusters: dict[str, State] = field(default_factory=dict)

    def links(self) -> Iterator[Link]:
        """Who acts as which identity, through what it runs as."""
        for workload in self.context.estate.workloads:
            if workload.provider == "azure":
                yield from self._of_workload(workload)
        for resource in self.context.estate.resources_of("managedidentity.userassignedidentities"):
            principal = attribute(resource, "principalId")
            if isinstance(principal, str):
                yield from self._of_identity(resource.id, named(principal))
        for registry in self.context.estate.resources_of("containerregistry.registries"):
            yield from self._of_registry(registry)
        for store in self.context.estate.resources_of("machinelearningservices.workspaces/datastores"):
            yield from self._of_datastore(store)

    def _of_workload(self, workload: Workload) -> Iterator[Link]:
        kind = str(attribute(workload, "type"))
        if kind == "containerservice.managedclusters":
            yield from self._of_cluster(workload)
            return
        if kind in _CODELESS or (
            not workload.known_roles and kind != "machinelearningservices.workspaces/computes"
        ):
            return
        yield from self._runs_as(workload.id, workload.known_roles)
        for offer in self._offers(workload, kind):
            yield from self.offers.links(offer)
        person = attribute(workload, "properties.personalComputeInstanceSettings.assignedUser.objectId")
        if isinstance(person, str):
            because = Because(f"{workload.id}#assignedUser", person)
            yield Link(
                named(person),
                workload.id,
                (Step("works on the compute instance", Grant((because,)), workload.id),),
            )

    def _runs_as(self, node: Node, roles: Iterable[str]) -> Iterator[Link]:
        for role in roles:
            yield Link(node, role, (Step(RUNS_AS, FREELY, role),))

    def _offers(self, workload: Workload, kind: str) -> Iterator[Offer]:
        thing = self._noted(workload, kind)
        techniques = _TECHNIQUES.get(kind)
        if techniques is None and kind not in ("managedidentity.userassignedidentities",):
            self.fallback.add(workload.id)
            service, _, rest = kind.partition(".")
            space = service.replace("-", ".") if "-" in service else f"Microsoft.{service}"
            need = Need(f"{space}/{rest}/write", workload.id)
            yield Offer("azure-resource-write", (need,), workload.id, workload.id, conditions=(_CONFIGURED,))
        for technique in techniques or ():
            if technique.when is None or technique.when(thing):
                yield self._offer(technique, workload)

    def _offer(self, technique: Technique, workload: Workload) -> Offer:
        resource = self._at(technique, workload)
        needs = tuple(_need(action, resource) for action in technique.needs)
        conditions = (besides(technique.conditional),) if technique.conditional else ()
        return Offer(
            technique.id, needs, workload.id, workload.id, conditions=conditions, anywhere=technique.anywhere
        )

    def _at(self, technique: Technique, workload: Workload) -> str:
        if technique.at == "parent":
            return "/".join(workload.id.split("/")[:-2])
        if technique.at == "definition":
            return str(attribute(workload, "policyDefinitionId") or workload.id)
        return workload.id

    def _noted(self, workload: Workload, kind: str) -> _Noted | Workload:
        """The workload with what bears on its techniques and stands elsewhere."""
        more: dict[str, Any] = {}
        if kind.startswith("web.sites"):
            told = [
                attribute(one, "allow")
                for one in self.context.estate.resources_of("web.sites/basicpublishingcredentialspolicies")
                if plain(one.id).startswith(f"{plain(workload.id)}/basicpublishingcredentialspolicies/")
            ]
            more["basicAuthentication"] = not told or any(one is not False for one in told) or len(told) < 2
        if kind == "batch.batchaccounts/pools":
            account = self.context.resources.get(plain("/".join(workload.id.split("/")[:-2])))
            modes = attribute(account, "allowedAuthenticationModes") if account is not None else None
            more["sharedKey"] = not isinstance(modes, list) or "SharedKey" in modes
        if not more:
            return workload
        return _Noted({**workload.attributes, **{name: Known(value, _NOTED) for name, value in more.items()}})

    # Identities of their own

    def _of_identity(self, id: str, principal: str) -> Iterator[Link]:
        federate = Need(f"{_IDENTITY}federatedIdentityCredentials/write", id)
        yield from self.offers.links(Offer("azure-identity-federate", (federate,), principal, id))
        assign = Need(f"{_IDENTITY}assign/action", id)
        offer = Offer(
            "azure-identity-assign", (assign,), principal, id,
            how=f"{assign.action} + a resource that runs code", anywhere=services.MAKERS,
        )  # fmt: skip
        yield from self.offers.links(offer)

    # Clusters

    def _of_cluster(self, cluster: Workload) -> Iterator[Link]:
        inside = self.clusters[cluster.id] = State(cluster.id)
        yield from self._runs_as(inside, self._of_nodes(cluster))
        subjects = list(self._subjects(cluster))
        for subject in subjects:
            yield Link(inside, subject, (Step("a pod of the service account", FREELY, subject),))
        for technique in _TECHNIQUES["containerservice.managedclusters"]:
            if technique.when is None or technique.when(cluster):
                yield from self.offers.links(replace(self._offer(technique, cluster), effect=inside))
                for subject in subjects if technique.needs[0].startswith("data:") else ():
                    space = f"{cluster.id}/namespaces/{subject.rsplit(':', 2)[-2]}"
                    yield from self._held_in(technique, space, subject)
        for group in attribute(cluster, "aadProfile.adminGroupObjectIDs") or ():
            because = Because(f"{cluster.id}#aadProfile.adminGroupObjectIDs", str(group))
            yield Link(
                named(str(group)),
                inside,
                (Step("administers the cluster", Grant((because,)), cluster.id),),
            )
        nodes = attribute(cluster, "nodeResourceGroup")
        if isinstance(nodes, str) and nodes:
            place = f"/subscriptions/{cluster.account}/resourceGroups/{nodes}"
            for action in _NODES:
                need = Need(f"Microsoft.Compute/virtualMachineScaleSets/{action}", place)
                yield from self.offers.links(Offer("azure-aks-nodes", (need,), inside, place))

    def _held_in(self, technique: Technique, space: str, subject: str) -> Iterator[Link]:
        """Whoever may make pods in one namespace alone."""
        offer = Offer(technique.id, tuple(_need(action, space) for action in technique.needs), subject, space)
        yield from self.offers.links(offer)

    def _of_nodes(self, cluster: Workload) -> Iterator[str]:
        """The identities that a cluster's nodes hand out, or keep the credentials of."""
        profiles = attribute(cluster, "identityProfile")
        for one in profiles.values() if isinstance(profiles, Mapping) else ():
            if isinstance(one, Mapping) and isinstance(one.get("objectId"), str):
                yield named(one["objectId"])
        client = attribute(cluster, "servicePrincipalProfile.clientId")
        if isinstance(client, str) and client.lower() != "msi":
            yield from self._by_application(client)

    def _by_application(self, application: str) -> Iterator[str]:
        for name, principal in self.context.principals.items():
            if str(attribute(principal, "appId") or "").lower() == application.lower():
                yield name

    def _subjects(self, cluster: Workload) -> Iterator[str]:
        issuer = attribute(cluster, "oidcIssuerProfile.issuerURL")
        if not isinstance(issuer, str) or not issuer:
            return
        for provider in self.context.estate.federated_providers:
            stated, subject = provider.issuer, provider.condition
            if (
                not isinstance(stated, Known)
                or not isinstance(subject, Known)
                or not stated.value
                or not subject.value
            ):
                continue
            same = stated.value.rstrip("/").lower() == issuer.rstrip("/").lower()
            if same and subject.value.count(":") >= 3:
                yield f"{stated.value}#{subject.value}"

    # Registries

    def _of_registry(self, registry: Any) -> Iterator[Link]:
        pulling = sorted(self._pulling(registry))
        if not pulling:
            return
        node = State(registry.id)
        for workload in pulling:
            step = Step("runs an image of the registry", FREELY.provided(_PULLED), workload)
            yield Link(node, self.clusters.get(workload, workload), (step,))
        for id, actions in self._pushes(registry):
            needs = tuple(_need(action, registry.id) for action in actions)
            yield from self.offers.links(Offer(id, needs, node, registry.id))

    @staticmethod
    def _pushes(registry: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        if str(attribute(registry, "roleAssignmentMode") or "").lower().startswith("abac"):
            yield "azure-acr-push", (f"data:{_REGISTRY}repositories/content/write",)
        else:
            yield "azure-acr-push", (f"{_REGISTRY}push/write",)
        yield "azure-acr-import", (f"{_REGISTRY}importImage/action",)
        yield "azure-acr-run", (f"{_REGISTRY}scheduleRun/action",)
        yield "azure-acr-token", (f"{_REGISTRY}tokens/write", f"{_REGISTRY}generateCredentials/action")
        if attribute(registry, "adminUserEnabled"):
            yield "azure-acr-admin", (f"{_REGISTRY}listCredentials/action",)
            yield "azure-acr-admin-again", (f"{_REGISTRY}regenerateCredential/action",)
        else:
            yield "azure-acr-admin-on", (f"{_REGISTRY}write", f"{_REGISTRY}listCredentials/action")

    def _pulling(self, registry: Any) -> Iterator[str]:
        """Workloads that name an image of a registry, or whose identity pulls from it."""
        server = str(attribute(registry, "loginServer") or f"{registry.name}.azurecr.io").lower()
        pullers = set()
        for action in (f"{_REGISTRY}pull/read", f"data:{_REGISTRY}repositories/content/read"):
            pullers |= set(self.offers.decisions.each(_need(action, registry.id)))
        for workload in self.context.estate.workloads:
            if workload.provider != "azure" or workload.service == "containerregistry":
                continue
            images = [str(one).lower() for one in _images(workload)]
            roles = {*workload.known_roles, *(self._of_nodes(workload) if workload.kind == "cluster" else ())}
            if any(one.startswith(f"{server}/") or one == server for one in images) or roles & pullers:
                yield workload.id

    # Credentials that a resource keeps

    def _of_datastore(self, store: Any) -> Iterator[Link]:
        kind = str(attribute(store, "credentials.credentialsType") or "").lower()
        own = "Microsoft.MachineLearningServices/workspaces/datastores/"
        effects: list[State | str] = []
        account = self._account(str(attribute(store, "accountName") or ""))
        accepted = account in self.accepting
        if kind == "accountkey" and accepted:
            effects.append(self.key_nodes[account])
        elif kind == "sas" and accepted:
            container = str(attribute(store, "containerName") or attribute(store, "filesystem") or "")
            effects.append(self.sas_nodes.setdefault((account, container), State(store.id)))
        elif kind == "serviceprincipal":
            effects += self._by_application(str(attribute(store, "credentials.clientId") or ""))
        for effect in effects:
            for action in ("read", "listSecrets/action"):
                need = Need(f"{own}{action}", store.id)
                yield from self.offers.links(Offer("azure-ml-datastore", (need,), effect, store.id))

    def _account(self, name: str) -> str:
        """The plain id of a storage account of a name; empty where no snapshot holds one."""
        ending = f"/providers/microsoft.storage/storageaccounts/{name.lower()}"
        return next((id for id in self.key_nodes if id.endswith(ending)), "") if name else ""


def _need(action: str, resource: str) -> Need:
    is_data = action.startswith("data:")
    return Need(action.removeprefix("data:"), resource, is_data)


def _images(workload: Workload) -> Iterator[str]:
    for path in ("template.containers", "containers"):
        for one in attribute(workload, path) or ():
            if isinstance(one, Mapping):
                body = one.get("properties") if isinstance(one.get("properties"), Mapping) else one
                yield str(body.get("image") or "") if isinstance(body, Mapping) else ""
    for one in attribute(workload, "configuration.registries") or ():
        if isinstance(one, Mapping):
            yield str(one.get("server") or "")
