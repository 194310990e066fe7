"""The Google laboratory as a whole: its assets, the changes that examples make to them, and the export as a snapshot."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reference_lab.configured import Configured
from reference_lab.google import around, organisation, storage, watch
from reference_lab.google.changes import expand
from reference_lab.google.names import AS_OF, NUMBERS, Asset, above, asset
from weightguard.collect.exports.gcp.assets import collect
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
            "locations": ["gs://atlas-gc-release/atlas-1/"],
            "evaluations": [_EVALUATION],
            "egress_budget": 1_000_000,
        },
        {
            "name": "atlas-next",
            "locations": ["gs://atlas-gc-checkpoints/checkpoints/run-17/", "gs://atlas-gc-eval/probe/"],
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
CONTENTS = ("resource", "iam_policy", "org_policy", "service_perimeter", "access_level")
"""The kinds of content that assets are exported with, as an export names them."""
OBJECTS, DENY_POLICIES = "storage:ListObjects", "iam:ListPolicies"


class GoogleLaboratory(Configured):
    """The hardened laboratory on Google Cloud, ready to be changed.

    Attributes:
        assets: what examples call it -> the asset.
        beside: groups and policies that no inventory holds.
        objects: rows of listed objects.
    """

    def __init__(self) -> None:
        super().__init__(CONFIGURATION)
        parts = (
            organisation.containers(),
            organisation.perimeter(),
            organisation.accounts(),
            storage.buckets(),
            storage.keys(),
            watch.sinks(),
            watch.machines(),
            around.everything(),
        )
        self.assets: dict[str, Asset] = {name: copy.deepcopy(one) for part in parts for name, one in part}
        self.beside: list[dict[str, Any]] = [
            copy.deepcopy(one) for one in (*organisation.GROUPS, organisation.GUARDS)
        ]
        self.objects = [*storage.objects()]
        self._listed = True

    def change(self, edits: Iterable[Mapping[str, Any]]) -> GoogleLaboratory:
        """Makes the edits of an example; each is one of

        - ``named``: a change of the vocabulary (`reference_lab.google.changes`), with its parameters;
        - ``asset`` (``bucket atlas-gc-eval``) with ``set``: settings by dotted path, ``unset``: paths that go;
        - ``asset`` with ``allow``: a binding more of its allow policy, or ``revoke``: a role that nobody holds there any more;
        - ``asset`` with ``audit``: what its policy has logged, instead of what it had;
        - ``asset`` with ``constraint``: an organisation policy of a container, instead of the one that it had of that constraint;
        - ``asset`` with ``lacks``: a kind of content that the export does not hold of it, ``has``: kinds that it holds instead;
          ``remove: true``: it is not there;
        - ``new``: another asset (``call`` it, ``name``, ``type``, ``project``, ``data``, ``bindings``;
          ``ancestors`` where it lies in no project of ours);
        - ``as``: a line of an export as it stands (``call`` it);
        - ``beside``: a line of a deny policy or a group; ``objects``: rows of weights; ``empty``: a bucket whose objects go;
        - ``document`` with ``text``: a disclosure document.
        """
        for edit in expand(edits):
            self._edit(edit)
        return self

    def deny(self, operations: Iterable[str]) -> GoogleLaboratory:
        """Leaves out what nobody let us have: ``cloudasset:ExportAssets`` of one kind of content
        (``cloudasset:ExportAssets/org_policy``), the listing of objects (``storage:ListObjects``), or deny policies, which no
        export holds (``iam:ListPolicies``).
        """
        for operation in operations:
            content = operation.removeprefix("cloudasset:ExportAssets/")
            if operation == OBJECTS:
                self.objects.clear()
                self._listed = False
            elif operation == DENY_POLICIES:
                self.beside = [one for one in self.beside if "denypolicies" not in one.get("name", "")]
            elif content in CONTENTS:
                for one in self.assets.values():
                    one.pop(content, None)
            else:
                raise LookupError(f"{operation}: the laboratory on Google Cloud makes no such call")
        return self

    def write(self, path: Path) -> Path:
        """Writes the laboratory as a sealed snapshot, by way of the files of an export."""
        path.parent.mkdir(parents=True, exist_ok=True)
        files = [path.with_name(f"{path.name}.{name}.jsonl") for name in ("assets", "beside")]
        for file, rows in zip(files, ([*self._lines()], self.beside), strict=True):
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with SnapshotWriter.create(path, "0.0", source={"name": "assets"}, clock=lambda: AS_OF) as writer:
            collect([file for file in files if file.stat().st_size], writer)
            for name in self.assets:
                if name.startswith("bucket ") and self._listed:
                    store = f"gs://{name.removeprefix('bucket ')}"
                    scope = f"gcp/{self._project(store)}"
                    writer.call(Call("storage", "ListObjects", scope, "ok", AS_OF, None, store))
            for project in NUMBERS:
                rows = [row for row in self.objects if self._project(row["store"]) == project]
                if rows:
                    writer.objects(f"gcp/{project}", rows)
            writer.seal()
        return path

    def _lines(self) -> Iterable[dict[str, Any]]:
        """The export, a line for each kind of content of each asset."""
        for one in self.assets.values():
            for content in CONTENTS:
                if content in one:
                    yield {key: one[key] for key in ("name", "asset_type", "ancestors", content)}

    def _project(self, store: str) -> str:
        held = self.assets[f"bucket {store.removeprefix('gs://')}"]["ancestors"][0]
        return next(name for name, number in NUMBERS.items() if held == f"projects/{number}")

    def _edit(self, edit: dict[str, Any]) -> None:
        if "new" in edit:
            self._add(**edit["new"])
        elif "as" in edit:
            self.assets[edit["call"]] = copy.deepcopy(edit["as"])
        elif "beside" in edit:
            self.beside.append(edit["beside"])
        elif "objects" in edit:
            self.objects += [storage.weight_row(**row) for row in edit["objects"]]
        elif "empty" in edit:
            self.objects = [row for row in self.objects if row["store"] != f"gs://{edit['empty']}"]
        elif "document" in edit:
            self.documents[edit["document"]] = edit["text"]
        elif edit.get("remove"):
            del self.assets[edit["asset"]]
        else:
            _edit_asset(self._find(edit.pop("asset")), edit)

    def _find(self, named: str) -> Asset:
        if named not in self.assets:
            raise LookupError(
                f"{named}: the laboratory calls nothing so; known: {', '.join(sorted(self.assets))}"
            )
        return self.assets[named]

    def _add(
        self,
        call: str,
        name: str,
        type: str,
        project: str | None,
        data: Mapping[str, Any],
        bindings: Iterable[Mapping[str, Any]] | None = None,
        ancestors: list[str] | None = None,
    ) -> None:
        iam = None if bindings is None else {"version": 3, "bindings": [dict(one) for one in bindings]}
        self.assets[call] = asset(name, type, ancestors or above(project), copy.deepcopy(dict(data)), iam)


def _edit_asset(found: Asset, edit: dict[str, Any]) -> None:
    if "lacks" in edit:
        del found[edit["lacks"]]
        found.update(copy.deepcopy(edit.get("has", {})))
    elif "allow" in edit:
        found["iam_policy"]["bindings"].append(copy.deepcopy(edit["allow"]))
    elif "revoke" in edit:
        held = found["iam_policy"]["bindings"]
        held[:] = [one for one in held if one["role"] != edit["revoke"]]
    elif "audit" in edit:
        found["iam_policy"]["audit_configs"] = copy.deepcopy(edit["audit"])
    elif "constraint" in edit:
        other = [
            one
            for one in found.get("org_policy", ())
            if one["constraint"] != edit["constraint"]["constraint"]
        ]
        found["org_policy"] = [*other, copy.deepcopy(edit["constraint"])]
    else:
        data = found["resource"]["data"] if "resource" in found else found["service_perimeter"]
        for path, value in edit.get("set", {}).items():
            _put(data, path, copy.deepcopy(value))
        for path in edit.get("unset", ()):
            _put(data, path, None)


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a dotted path, or take away what stands there; raises KeyError where there is nothing to take away."""
    *inner, last = path.split(".")
    for name in inner:
        data = data.setdefault(name, {})
    if value is None:
        del data[last]
    else:
        data[last] = value
