"""The Azure laboratory as a whole: its resources and people, the changes that examples make, and the export as a snapshot."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reference_lab.azure import network, storage, tenant, watch
from reference_lab.azure.changes import expand
from reference_lab.azure.names import AS_OF, TENANT, Thing, store
from reference_lab.configured import Configured
from weightguard.collect.exports.azure.graph_export import collect
from weightguard.snapshot import Call, SnapshotWriter

_EVALUATION = {
    "capability": "cyber",
    "benchmark": "cyber-range",
    "score": 61.0,
    "threshold": 60.0,
    "indicates": "high",
    "date": "2026-09-01",
    "evaluator": "independent institute",
}
CONFIGURATION: dict[str, Any] = {
    "models": [
        {
            "name": "atlas-1",
            "locations": [f"{store('atlasazrelease', 'models')}/atlas-1/"],
            "evaluations": [_EVALUATION],
            "egress_budget": 1_000_000,
        },
        {
            "name": "atlas-next",
            "locations": [
                f"{store('atlasazcheckpoints', 'checkpoints')}/run-17/",
                f"{store('atlasazeval', 'probe')}/run-17/",
            ],
            "evaluations": [_EVALUATION],
            "egress_budget": 1_000_000,
        },
    ],
    "disclosure": {
        "security_txt": "security.txt",
        "policy": "policy.txt",
        "legal_safe_harbour": "legal.txt",
        "technical_safe_harbour": "technical.txt",
    },
}
EMPTY = (
    ("storage", "storageaccounts/objectreplicationpolicies"),
    ("storage", "storageaccounts/encryptionscopes"),
    ("storage", "storageaccounts/localusers"),
    ("storage", "storageaccounts/managementpolicies"),
    ("keyvault", "vaults/keys"),
    ("authorization", "denyassignments"),
    ("subscription", "policies"),
    ("app", "sessionpools"),
    ("app", "containerapps/authconfigs"),
    ("cognitiveservices", "accounts/projects"),
    ("web", "sites/config"),
    ("web", "sites/functions"),
    ("machinelearningservices", "workspaces/models/versions"),
    ("machinelearningservices", "workspaces/datastores"),
    ("netapp", "netappaccounts/capacitypools/volumes"),
    ("storage", "storageaccounts/fileservices/shares"),
    ("storagecache", "amlfilesystems"),
    ("authorization", "locks"),
    ("managedidentity", "userassignedidentities/federatedidentitycredentials"),
)
"""Listings of Resource Manager that were made, whether they found anything: where they did not, no file of an export can say so."""
OBJECTS = "blob:ListBlobs"
PAGE = "https://graph.microsoft.com/v1.0/$metadata#"


class AzureLaboratory(Configured):
    """The hardened laboratory on Azure, ready to be changed.

    Attributes:
        things: what examples call it -> the resource.
        pages: collection of Microsoft Graph -> its objects.
        objects: rows of listed blobs.
    """

    def __init__(self) -> None:
        super().__init__(CONFIGURATION)
        parts = (
            tenant.containers(), tenant.policies(), tenant.guardrails(), tenant.identities(), tenant.rights(),
            storage.accounts(), storage.containers(), storage.keys(),
            storage.rights(), watch.settings(), watch.plans(), watch.machines(),
            watch.registries(), watch.backups(), network.networks(), network.cards(),
        )  # fmt: skip
        self.things: dict[str, Thing] = {name: copy.deepcopy(one) for part in parts for name, one in part}
        self.pages = tenant.people()
        self.objects = [*storage.objects()]
        self._denied: set[str] = set()

    def change(self, edits: Iterable[Mapping[str, Any]]) -> AzureLaboratory:
        """Makes the edits of an example; each is one of

        - ``named``: a change of the vocabulary (`reference_lab.azure.changes`), with its parameters;
        - ``thing`` (``account atlasazeval``) with ``set``: properties by dotted path, ``unset``: paths that go, ``columns``: what
          stands beside the properties; ``remove: true``: it is not there;
        - ``new``: another resource, as it is written, under the name ``call``;
        - ``page`` (a collection of Microsoft Graph) with ``add``: an object more, or ``objects``: those that it has instead;
        - ``objects``: rows of weights; ``empty``: a container whose blobs go;
        - ``document`` with ``text``: a disclosure document.
        """
        for edit in expand(edits):
            self._edit(edit)
        return self

    def deny(self, operations: Iterable[str]) -> AzureLaboratory:
        """Leaves out what nobody let us have: the listing of a type (``storage:storageaccounts/blobservices``), a collection of
        Microsoft Graph (``graph:users``), or the listing of blobs (``blob:ListBlobs``).
        """
        for operation in operations:
            if operation == OBJECTS:
                self.objects.clear()
            elif not self._leave_out(operation):
                raise LookupError(f"{operation}: the laboratory on Azure makes no such call")
            self._denied.add(operation)
        return self

    def write(self, path: Path) -> Path:
        """Writes the laboratory as a sealed snapshot, by way of the files of an export."""
        path.parent.mkdir(parents=True, exist_ok=True)
        files = [path.with_name(f"{path.name}.{number}.json") for number in range(len(self.pages) + 2)]
        tables, listed = ([], [])  # type: tuple[list[Thing], list[Thing]]
        for one in self.things.values():
            (tables if "tenantId" in one else listed).append(one)
        documents: list[Any] = [tables, listed]
        documents += [{"@odata.context": PAGE + name, "value": held} for name, held in self.pages.items()]
        for file, document in zip(files, documents, strict=True):
            file.write_text(json.dumps(document))
        with SnapshotWriter.create(
            path, "0.0", source={"name": "graph-export"}, clock=lambda: AS_OF
        ) as writer:
            collect(files, writer)
            self._calls(writer)
            for scope in sorted({scope for _, scope in storage.stores()}):
                held = {place for place, within in storage.stores() if within == scope}
                rows = [row for row in self.objects if row["store"] in held]
                if rows:
                    writer.objects(f"azure/{scope}", rows)
            writer.seal()
        return path

    def _calls(self, writer: SnapshotWriter) -> None:
        above = f"azure/{TENANT}"
        for service, operation in EMPTY:
            if f"{service}:{operation}" not in self._denied:
                writer.call(Call(service, operation, above, "ok", AS_OF))
        for one in sorted(self._denied - {OBJECTS}):
            service, _, operation = one.partition(":")
            writer.call(Call(service, operation, above, "denied", AS_OF, "AuthorizationFailed", operation))
        for place, scope in storage.stores():
            if OBJECTS not in self._denied:
                writer.call(Call("blob", "ListBlobs", f"azure/{scope}", "ok", AS_OF, None, place))

    def _leave_out(self, operation: str) -> bool:
        """Takes away what a refused listing would have named; gives whether there is such a listing."""
        service, _, name = operation.partition(":")
        if service == "graph":
            kept = {one for one in self.pages if name not in _told_by(one)}
            found = len(kept) < len(self.pages)
            self.pages = {one: held for one, held in self.pages.items() if one in kept}
            return found
        type = f"microsoft.{service}/{name}"
        gone = [one for one, held in self.things.items() if held["type"].lower() == type]
        for one in gone:
            del self.things[one]
        return bool(gone) or (service, name) in EMPTY

    def _edit(self, edit: dict[str, Any]) -> None:
        if "new" in edit:
            own = dict(edit["new"])
            self.things[own.pop("call")] = copy.deepcopy(own)
        elif "page" in edit:
            held = self.pages[edit["page"]]
            self.pages[edit["page"]] = copy.deepcopy(edit.get("objects", [*held, *edit.get("add", ())]))
        elif "objects" in edit:
            self.objects += [storage.weight_row(**row) for row in edit["objects"]]
        elif "empty" in edit:
            self.objects = [row for row in self.objects if row["store"] != edit["empty"]]
        elif "document" in edit:
            self.documents[edit["document"]] = edit["text"]
        elif edit.get("remove"):
            del self.things[self._called(edit["thing"])]
        else:
            _edit_thing(self.things[self._called(edit.pop("thing"))], edit)

    def _called(self, name: str) -> str:
        if name not in self.things:
            raise LookupError(
                f"{name}: the laboratory calls nothing so; known: {', '.join(sorted(self.things))}"
            )
        return name


def _told_by(page: str) -> tuple[str, ...]:
    """The listings that a page stands for: its collection, and what was asked for by name."""
    collection, _, inside = page.partition("(")
    more = [one for one in inside.removesuffix(")").split(",") if one == "signInActivity"]
    return (collection, *(f"{collection}/{one}" for one in more))


def _edit_thing(found: Thing, edit: Mapping[str, Any]) -> None:
    found.update(copy.deepcopy(dict(edit.get("columns", {}))))
    for path, value in edit.get("set", {}).items():
        _put(found["properties"], path, copy.deepcopy(value))
    for path in edit.get("unset", ()):
        _put(found["properties"], path, None)


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path, or take away what stands there; raises KeyError where there is nothing to take away."""
    *inner, last = path.split(".")
    for name in inner:
        data = data.setdefault(name, {})
    if value is None:
        del data[last]
    else:
        data[last] = value
