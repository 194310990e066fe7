"""What an inventory, a state or a list of policies says of Google Cloud, put together by resource and written as records.

A record holds the resource as its own API describes it, and under `reads` what else is known of it: its allow policy
(``GetIamPolicy``), its organisation policies (``ListOrgPolicies``), what it lies in (``GetAncestry``). What the source did not hold
is not there: nobody asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from weightguard.collect.gcp.fields import camel, fields_of
from weightguard.snapshot import Call, Recorder, utc_now

OPERATION: Final = "ExportAssets"
SERVICE: Final = "cloudasset"
PROJECT_TYPE: Final = "cloudresourcemanager.googleapis.com/Project"
CONTAINERS: Final = {
    "projects": PROJECT_TYPE,
    "folders": "cloudresourcemanager.googleapis.com/Folder",
    "organizations": "cloudresourcemanager.googleapis.com/Organization",
}
ALWAYS_WITH_POLICY: Final = frozenset({*CONTAINERS.values(), "storage.googleapis.com/Bucket"})
"""Types of which an export of policies holds every one: a bucket is born with a policy, a container with its maker's."""
_FULL: Final = re.compile(r"//([a-z0-9.-]+)/(.+)", re.DOTALL)
_IN_PROJECT: Final = re.compile(r"//[a-z0-9.-]+/projects/([^/]+)/.+", re.DOTALL)
_NUMBER: Final = re.compile(r"\d+")
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SERVICE_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOWHERE: Final = "unplaced"


@dataclass(slots=True)
class Asset:
    """One resource, as far as the source tells of it.

    Attributes:
        name: its full resource name.
        type: ``storage.googleapis.com/Bucket``.
        data: as its own API describes it; None: the source does not hold that.
        reads: what else is known of it, by the operation that answers it.
        ancestors: what it lies in, innermost first: ``projects/1``, ``folders/2``, ``organizations/3``.
        location: where it lies; None: it is global.
    """

    name: str
    type: str
    data: Mapping[str, Any] | None = None
    reads: dict[str, Any] = field(default_factory=dict)
    ancestors: tuple[str, ...] = ()
    location: str | None = None

    @property
    def service(self) -> str:
        """What its file is named after: ``storage``."""
        found = self.type.partition("/")[0].removesuffix(".googleapis.com").lower()
        return found if _SERVICE_NAME.fullmatch(found) else "other"

    @property
    def kind(self) -> str:
        """``storage.bucket``."""
        name = self.type.partition("/")[2] or self.type.rpartition(".")[2]
        return f"{self.service}.{_WORD.sub('_', name).lower()}"


@dataclass(slots=True)
class Policy:
    """A policy that is no resource of an inventory.

    Attributes:
        kind: ``iam.deny_policy``, ``iam.principal_access_boundary_policy``, ``iam.policy_binding``, ``cloudidentity.group``.
        on: the container that it is attached to: ``projects/prod``; empty: none.
    """

    kind: str
    id: str
    on: str
    data: Mapping[str, Any]


class Inventory:
    """Everything that a source says, by name."""

    def __init__(self) -> None:
        self.assets: dict[str, Asset] = {}
        self.policies: dict[tuple[str, str], Policy] = {}
        self.contents: set[str] = set()
        """Which kinds of content the source holds: RESOURCE, IAM_POLICY, ORG_POLICY, ACCESS_POLICY, RELATIONSHIP, GROUP, POLICY."""

    def asset(self, name: str, asset_type: str) -> Asset:
        """The asset of a name, which may have been told of before."""
        found = self.assets.get(name)
        if found is None:
            found = self.assets[name] = Asset(name, asset_type)
        return found

    def add(self, policy: Policy) -> None:
        """Take a policy in; one that is given twice counts once."""
        self.policies[(policy.kind, policy.id)] = policy

    def homes(self) -> Homes:
        """Which scope each thing belongs to, by all that is known."""
        return Homes(self.assets.values())

    def write(self, writer: Recorder, service: str = SERVICE, operation: str = OPERATION) -> tuple[str, ...]:
        """Write everything that files say, and the call that they stand for; returns the scopes, sorted.

        Args:
            service: what the source is called in the log of calls.
            operation: the operation that the source is the answer of.
        """
        scopes = self.write_rows(writer, self.homes(), service, operation)
        for scope in scopes:
            writer.call(Call(service, operation, scope, "ok", utc_now()))
        return scopes

    def write_rows(
        self,
        writer: Recorder,
        homes: Homes,
        service: str,
        operation: str,
        leave: frozenset[str] = frozenset(),
    ) -> tuple[str, ...]:
        """Write everything but the assets whose names are to be left; returns the scopes, sorted."""
        scopes: set[str] = set()
        for name in sorted(self.assets):
            asset = self.assets[name]
            scope = homes.of(asset)
            scopes.add(scope)
            if name not in leave:
                self.write_asset(writer, homes, asset, operation)
        for kind, identifier in sorted(self.policies):
            policy = self.policies[(kind, identifier)]
            scope = homes.holding(policy.on)
            scopes.add(scope)
            writer.record(
                scope, kind.partition(".")[0], kind=kind, id=identifier, region=None, operation=operation,
                data=policy.data,
            )  # fmt: skip
        for scope in sorted(scopes):
            writer.record(
                scope, service, kind=f"{service}.contents", id=scope, region=None, operation=operation,
                data={"contents": sorted(self.contents)},
            )  # fmt: skip
        return tuple(sorted(scopes))

    def write_asset(self, writer: Recorder, homes: Homes, asset: Asset, operation: str) -> None:
        """Write one asset, to its own scope."""
        writer.record(
            homes.of(asset), asset.service, kind=asset.kind, id=asset.name, region=asset.location, operation=operation,
            data=None if asset.data is None else fields_of(asset.type, asset.data), reads=self._reads(asset, homes),
        )  # fmt: skip

    def _reads(self, asset: Asset, homes: Homes) -> dict[str, Any]:
        reads = dict(asset.reads)
        reads["GetAncestry"] = answered([homes.named(one) for one in homes.ancestry(asset)])
        if "GetIamPolicy" not in reads and "IAM_POLICY" in self.contents and _may_lack(asset):
            reads["GetIamPolicy"] = {"outcome": "absent"}
        if (
            "ListOrgPolicies" not in reads
            and "ORG_POLICY" in self.contents
            and asset.type in CONTAINERS.values()
        ):
            reads["ListOrgPolicies"] = {"outcome": "absent"}
        return reads


def _may_lack(asset: Asset) -> bool:
    """Whether an export of policies leaves an asset out that has none of its own."""
    return asset.type not in ALWAYS_WITH_POLICY and asset.data is not None


def answered(data: Any) -> dict[str, Any]:
    """A read that was answered."""
    return {"outcome": "ok", "data": data}


def policy_of(bindings: Any) -> dict[str, Any]:
    """An allow policy as the API returns it."""
    return answered(camel(bindings))


class Homes:
    """Which scope a thing belongs to: its project's, by id; what belongs to no project, its organisation's or outermost folder's.

    Args:
        assets: everything that is known: projects tell their ids and numbers, others name both.
    """

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._ids: dict[str, str] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        known = list(assets)
        for asset in known:
            if asset.type == PROJECT_TYPE and asset.data is not None:
                self._learn(
                    str(asset.data.get("projectNumber") or ""), str(asset.data.get("projectId") or "")
                )
        for asset in known:
            self._guess(asset)
        for asset in known:
            self._note(asset)
        outermost = {above[-1] for above in self._above.values() if above}
        self._only = next(iter(outermost)) if len(outermost) == 1 else None

    def _learn(self, number: str, identifier: str) -> None:
        if number and identifier:
            self._ids.setdefault(number, identifier)

    def _guess(self, asset: Asset) -> None:
        """A name that has a project's id, of an asset whose ancestors give its number, tells which number is which."""
        match = _IN_PROJECT.fullmatch(asset.name)
        if match and asset.ancestors and asset.ancestors[0].startswith("projects/"):
            number = asset.ancestors[0].removeprefix("projects/")
            if _NUMBER.fullmatch(number) and not _NUMBER.fullmatch(match[1]):
                self._learn(number, match[1])

    def _note(self, asset: Asset) -> None:
        above = asset.ancestors or tuple(_own_parents(asset))
        for at, one in enumerate(above):
            self._above.setdefault(self.named(one), tuple(map(self.named, above[at:])))

    def named(self, container: str) -> str:
        """A container by its own name: a project by its id."""
        kind, _, name = container.partition("/")
        return f"{kind}/{self._ids.get(name, name)}" if kind == "projects" else container

    def lineage(self, container: str) -> tuple[str, ...]:
        """A container and what it lies in, innermost first, as far as that is known."""
        own = self.named(container)
        return self._above.get(own, (own,))

    def ancestry(self, asset: Asset) -> tuple[str, ...]:
        """What an asset lies in, itself among it where it is a container."""
        if asset.ancestors:
            return asset.ancestors
        direct = tuple(map(self.named, _own_parents(asset)))
        return (*direct, *self._above.get(direct[-1], ())[1:]) if direct else ()

    def of(self, asset: Asset) -> str:
        """The scope of an asset."""
        return self._scope([self.named(one) for one in self.ancestry(asset)])

    def holding(self, container: str) -> str:
        """The scope of what is attached to a container; of what is attached to none, that of the one organisation."""
        if not container:
            return self._scope([self._only] if self._only else [])
        own = self.named(container)
        return self._scope([own, *self._above.get(own, ())])

    @staticmethod
    def _scope(above: list[str]) -> str:
        for one in above:
            if one.startswith("projects/"):
                return _safe(one.removeprefix("projects/"))
        return _safe(above[-1].replace("/", "-") if above else _NOWHERE)


def _safe(name: str) -> str:
    return f"gcp/{name}" if _SAFE.fullmatch(name) and not name.endswith(".") else f"gcp/{_NOWHERE}"


def _own_parents(asset: Asset) -> Iterator[str]:
    """What an asset lies in, by its own name and what its API says."""
    match = _FULL.fullmatch(asset.name)
    path = match[2] if match else asset.name
    head, _, rest = path.partition("/")
    if head in CONTAINERS and rest:
        yield f"{head}/{rest.partition('/')[0]}"
    data = asset.data or {}
    if asset.type == PROJECT_TYPE and isinstance(parent := data.get("parent"), Mapping):
        yield f"{parent.get('type', 'folder')}s/{parent.get('id', '')}"
    elif isinstance(parent := data.get("parent"), str) and parent.partition("/")[0] in CONTAINERS:
        yield parent
    elif data.get("projectNumber"):
        yield f"projects/{data['projectNumber']}"


def attachment(policy_name: str) -> str:
    """The container that a deny policy's name says it is attached to: ``policies/ATTACHMENT/denypolicies/NAME``."""
    written = unquote(unquote(policy_name.removeprefix("policies/").partition("/denypolicies/")[0]))
    return written.removeprefix("//").removeprefix("cloudresourcemanager.googleapis.com/")
