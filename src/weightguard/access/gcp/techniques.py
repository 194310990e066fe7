"""Who becomes whom: the links into an account, a workload, a federated identity, worked out when somebody asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from weightguard.access.condition import Condition, besides
from weightguard.access.gcp.candidates import is_broad
from weightguard.access.gcp.context import Context
from weightguard.access.gcp.federation import pool_of
from weightguard.access.gcp.policies import ACCOUNT, value
from weightguard.access.gcp.technique_data.schema import Need, Technique, of_kind
from weightguard.access.gcp.way import Way
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import RUNS_AS
from weightguard.estate.model import Workload
from weightguard.policy.gcp.constraints import in_force, is_enforced

FULL: Final = frozenset({"https://www.googleapis.com/auth/cloud-platform", "cloud-platform"})
"""Access scopes that limit nothing."""
_KSA: Final = re.compile(r"serviceAccount:([a-z0-9.:-]+)\.svc\.id\.goog\[[^\]]*\]")
_FLEET: Final = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/.+/workloadIdentityPools/([a-z0-9.:-]+)\.svc\.id\.goog/.+"
)
_CROSS: Final = "iam.disableCrossProjectServiceAccountUsage"
_BY_CONSTRAINT: Final = {"enable-oslogin": "compute.requireOsLogin"}
_SIGNED: Final = "storage.restrictAuthTypes"
_HMAC: Final = frozenset({"SERVICE_ACCOUNT_HMAC_SIGNED_REQUESTS", "in:ALL_HMAC_SIGNED_REQUESTS"})
_DELEGATE: Final = "iam.serviceAccounts.implicitDelegation"
_TOKEN: Final = "iam.serviceAccounts.getAccessToken"  # noqa: S105 - a permission
_CONNECTIONS: Final = ("bigquery.connection", "bigqueryconnection.connection")


class Techniques:
    """The links that lead to a node.

    Args:
        context: the estate, prepared.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._who = context.who
        self._source = context.source
        self._workloads = {one.id: one for one in context.estate.workloads if one.provider == "gcp"}

    def into(self, node: str) -> Iterator[Link]:
        """Every link that leads to a node; one for each origin."""
        found: dict[str, tuple[tuple[bool, int], Link]] = {}
        for link in self._into(node):
            if not isinstance(link.origin, str) or link.origin == node:
                continue
            rank = (not link.is_certain, len(link.steps))
            if link.origin not in found or rank < found[link.origin][0]:
                found[link.origin] = (rank, link)
        yield from (link for _, link in found.values())

    def nodes(self) -> Iterator[str]:
        """Everything that somebody may become."""
        yield from (one.id for one in self._context.estate.principals if one.provider == "gcp")
        yield from self._workloads

    def _into(self, node: str) -> Iterator[Link]:
        if node in self._workloads:
            yield from self._into_workload(self._workloads[node])
        elif _KSA.fullmatch(node) or _FLEET.fullmatch(node):
            yield from self._into_pod(node)
        elif node.startswith(ACCOUNT):
            yield from self._into_account(node)
        elif (pool := pool_of(node)) is not None:
            yield from self._into_pool(node, pool)

    # Accounts

    def _into_account(self, account: str) -> Iterator[Link]:
        yield from self._running(account)
        yield from self._agents(account)
        yield from self._connections(account)
        if account not in self._source.disabled:
            yield from self.by_right_on(account)

    def by_right_on(self, account: str) -> Iterator[Link]:
        """Links from those who act as an account that is on, by a right on it."""
        resource = self._source.account(account)
        yield from self._delegated(account, resource)
        project = resource.split("/")[1]
        for technique in of_kind("account"):
            for home in self._homes(project):
                yield from self._links(
                    technique, {"account": resource, "project": f"projects/{home}"}, account
                )

    def _homes(self, project: str) -> list[str]:
        """The projects in which something may be made that runs as an account: its own, and others where that is let."""
        return [project, *self._others] if self._may_leave(project) else [project]

    @cached_property
    def _others(self) -> tuple[str, ...]:
        return tuple(one.id for one in self._context.estate.accounts if one.provider == "gcp")

    def _may_leave(self, project: str) -> bool:
        """Whether accounts of a project may be used in others. Enforced unless an organisation policy says otherwise.

        Source: IAM documentation, "Attach service accounts to resources": a resource in a different project.
        """
        limit = in_force(_CROSS, f"projects/{project}", self._who.policies)
        return limit is not None and limit.enforced is False

    def _refuses_hmac(self, project: str) -> bool:
        """Whether buckets of a project take no requests that are signed with HMAC keys."""
        limit = in_force(_SIGNED, f"projects/{project}", self._who.policies)
        return limit is not None and bool(_HMAC & set(limit.denied))

    def _links(
        self, technique: Technique, places: Mapping[str, str], target: str, extra: Iterable[Condition] = ()
    ) -> Iterator[Link]:
        """A link from everybody who meets every need of a technique."""
        conditions = (*extra, *((besides(technique.conditional),) if technique.conditional else ()))
        for member, ways in self._meeting(technique.needs, places):
            yield _link(member, target, technique, ways, conditions)

    def _meeting(
        self, needs: tuple[Need, ...], places: Mapping[str, str]
    ) -> Iterator[tuple[str, list[tuple[str, Way]]]]:
        """Who meets every need, and how."""
        per_need: list[dict[str, tuple[str, Way]]] = []
        for need in needs:
            place = places.get(need.at)
            found = self._able(need, place) if place is not None else {}
            if not found:
                return
            per_need.append(found)
        for member in dict.fromkeys(one for found in per_need for one in found):
            ways = [
                found.get(member) or self._besides(member, need, places, found)
                for need, found in zip(needs, per_need, strict=True)
            ]
            if all(ways):
                yield member, [one for one in ways if one is not None]

    def _able(self, need: Need, place: str) -> dict[str, tuple[str, Way]]:
        found: dict[str, tuple[str, Way]] = {}
        for permission in need.any_of:
            for member, way in self._who.may(permission, place).items():
                if member not in found or way.rank < found[member][1].rank:
                    found[member] = (permission, way)
        return found

    def _besides(
        self, member: str, need: Need, places: Mapping[str, str], found: Mapping[str, tuple[str, Way]]
    ) -> tuple[str, Way] | None:
        """How somebody meets a need as one of those whom a wide member means."""
        if not any(is_broad(one) for one in found):
            return None
        for permission in need.any_of:
            way = self._who.way(member, permission, places[need.at])
            if way is not None:
                return permission, way
        return None

    def _delegated(self, account: str, resource: str) -> Iterator[Link]:
        """Whoever may delegate on one account may have it mint tokens of another one that it may mint; a row of accounts may
        delegate so.

        Source: IAM documentation, "Create short-lived credentials for a service account in a delegation chain".
        """
        rows = {
            broker: _minted(way, broker, account)
            for broker, way in self._who.may(_TOKEN, resource).items()
            if broker.startswith(ACCOUNT) and not _KSA.fullmatch(broker) and broker != account
        }
        waiting = list(rows)
        while waiting:
            broker = waiting.pop(0)
            place = self._source.account(broker)
            for member, way in self._who.may(_DELEGATE, place).items():
                steps = (*way.changes, Step(_DELEGATE, way.grant, broker), *rows[broker])
                yield Link(member, account, steps)
                if member.startswith(ACCOUNT) and member not in rows and member != account:
                    rows[member] = (Step(_DELEGATE, way.grant, broker, by=member), *rows[broker])
                    waiting.append(member)

    def _running(self, account: str) -> Iterator[Link]:
        """What runs as an account is the account, as far as the scopes of its credentials go."""
        for workload in self._by_account.get(account, ()):
            scopes = value(workload.attributes["scopes"]) if "scopes" in workload.attributes else None
            if scopes is None and workload.kind == "instance" and workload.service == "compute":
                continue
            if scopes is None or FULL & set(scopes):
                yield Link(workload.id, account, (Step(RUNS_AS, FREELY, account),))

    @cached_property
    def _by_account(self) -> Mapping[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for workload in self._workloads.values():
            for role in workload.known_roles:
                found.setdefault(role, []).append(workload)
        return found

    def _agents(self, account: str) -> Iterator[Link]:
        """Services of Google's that act as their own account for whoever may ask them to."""
        for technique in of_kind("agent"):
            pattern = (
                re.escape(f"{ACCOUNT}{technique.agent}")
                .replace(r"\{number\}", r"(\d+)")
                .replace(r"\{project\}", "([a-z0-9-]+)")
            )
            match = re.fullmatch(pattern, account)
            if match:
                project = self._source.numbers.get(match[1], match[1])
                yield from self._links(technique, {"project": f"projects/{project}"}, account)

    def _connections(self, account: str) -> Iterator[Link]:
        email = account.removeprefix(ACCOUNT)
        for kind in _CONNECTIONS:
            for one in self._context.estate.resources_of(kind):
                held = {str(value(fact) or "").lower() for fact in one.attributes.values()}
                if email in held:
                    places = {"connection": self._source.named(one.id), "project": f"projects/{one.account}"}
                    for technique in of_kind("connection"):
                        yield from self._links(technique, places, account)

    # Clusters

    def _into_cluster(self, cluster: Workload) -> Iterator[Link]:
        """Pods reach the credentials of their node where its metadata server is not hidden from them; pods on the host's network do
        anyway.
        """
        if value(cluster.attributes["autopilot"]) is True:
            return
        opened = value(cluster.attributes["node_metadata_open"])
        hidden = () if opened is not False else (besides("the pod has to be on its node's own network"),)
        for technique in of_kind("pod"):
            yield from self._links(technique, {"project": f"projects/{cluster.account}"}, cluster.id, hidden)

    def _into_pod(self, member: str) -> Iterator[Link]:
        """Whoever makes pods in a cluster of a pool makes them as any of the pool's accounts."""
        match = _KSA.fullmatch(member) or _FLEET.fullmatch(member)
        pool = f"{match[1]}.svc.id.goog" if match else ""
        for cluster in self._workloads.values():
            if "workload_pool" in cluster.attributes and value(cluster.attributes["workload_pool"]) == pool:
                for technique in of_kind("pod"):
                    yield from self._links(technique, {"project": f"projects/{cluster.account}"}, member)

    # Workloads and pools

    def _into_workload(self, workload: Workload) -> Iterator[Link]:
        if workload.service == "container":
            yield from self._into_cluster(workload)
        kind = f"{workload.service}.{_singular(workload)}"
        for account in workload.known_roles or ("",):
            places = {"workload": self._source.named(workload.id), "project": f"projects/{workload.account}"}
            if account:
                places["account"] = self._source.account(account)
            if (code := _code(workload)) is not None:
                places["code"] = f"buckets/{code}/objects/code"
            for technique in of_kind("workload"):
                if kind in technique.workloads and self._meets(workload, technique):
                    yield from self._links(technique, places, workload.id)

    def _meets(self, workload: Workload, technique: Technique) -> bool:
        """Whether a workload is set as a technique asks, by itself, its project or an organisation policy."""
        if technique.requires is None:
            return True
        name, wanted = technique.requires
        if name in _BY_CONSTRAINT and is_enforced(
            _BY_CONSTRAINT[name], f"projects/{workload.account}", self._who.policies
        ):
            return True
        fact = workload.attributes.get(name)
        return fact is not None and str(value(fact) or "").upper() == wanted

    def _into_pool(self, member: str, pool: str) -> Iterator[Link]:
        place = self._source.named(pool)
        for technique in of_kind("pool"):
            yield from self._links(technique, {"pool": self._pool_resource(place)}, member)

    def _pool_resource(self, pool: str) -> str:
        """Where rights on a pool are asked: a workforce pool lies in an organisation that its name does not give."""
        if not pool.startswith("locations/"):
            return pool
        above = [
            one.id for one in self._context.estate.containers if one.provider == "gcp" and one.parent is None
        ]
        return above[0] if len(above) == 1 else pool


def _link(
    member: str,
    target: str,
    technique: Technique,
    ways: list[tuple[str, Way]],
    conditions: tuple[Condition, ...],
) -> Link:
    changes = tuple(dict.fromkeys(step for _, way in ways for step in way.changes))
    grant = Grant()
    for _, way in ways:
        grant = grant.and_also(way.grant)
    how = " + ".join(dict.fromkeys(permission for permission, _ in ways))
    return Link(member, target, (*changes, Step(how, grant.provided(*conditions), target)))


def _minted(way: Way, broker: str, account: str) -> tuple[Step, ...]:
    return (*way.changes, Step(_TOKEN, way.grant, account, by=broker))


def _singular(workload: Workload) -> str:
    """The kind of a workload as the technique data names it."""
    if workload.service == "cloudfunctions":
        return "function"
    return workload.kind


def _code(workload: Workload) -> str | None:
    """The bucket that a workload runs its code from."""
    for name in ("config.dagGcsPrefix", "buildConfig.source.storageSource.bucket"):
        fact = workload.attributes.get(name)
        if fact is not None and value(fact):
            return str(value(fact)).removeprefix("gs://").partition("/")[0]
    return None
