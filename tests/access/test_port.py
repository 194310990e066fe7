"""What core asks of a provider is enough for another one: a cloud of five functions, reached from an AWS user."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from small_estates import arn, estate, store, user

import weightguard
from weightguard.access import AccessKind, Because, Hop, build, providers
from weightguard.access.grant import Grant
from weightguard.access.links import Graph, Link, Step
from weightguard.access.provider import Actor, Direct, Port, Rewritten, Unit, Wanted
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import Limit
from weightguard.estate.model import Estate

ME, READER, DEPOT = arn("user", "me"), "tin://people/reader", "tin://depot"
DEPOT_HELD = replace(store(), id=DEPOT, provider="tin", account="tin")
SOURCE = Path(weightguard.__file__).parent


@dataclass(frozen=True)
class Tin:
    """The one store of the other cloud."""

    id: str = DEPOT
    objects: str = f"{DEPOT}/*"
    held: bool = True
    gaps: tuple[Unknown, ...] = ()
    limits: tuple[Limit, ...] = ()
    accounts: frozenset[str | None] = frozenset({"tin"})
    own_policies: frozenset[str] = frozenset({"depot policy"})
    keys: tuple[str, ...] = ("tin://key",)


@dataclass
class Cloud:
    """Its reader reads the depot; it lets in an AWS user, unless that was taken away."""

    estate: Estate
    graph: Graph
    taken: set[str] = field(default_factory=set)

    def links(self, wanted: Wanted | None) -> bool:
        if wanted is None and "federation" not in self.taken:
            self.graph.add(
                Link(ME, READER, (Step("federate", Grant((Because("federation", "0"),)), READER),))
            )
        return wanted is None

    def direct(self, access: AccessKind, store: str, prefix: str | None) -> Direct:
        step = Step("read", Grant((Because("depot policy", "0"),)), DEPOT)
        return Direct((Link(READER, DEPOT, (step,)),) if store == DEPOT else ())

    def kind_of(self, name: str) -> Actor | None:
        return Actor("workload", "tin") if name.startswith("tin:") else None

    def units(self, actor: str, because: Because, target: str) -> tuple[Unit, ...]:
        if because.policy != "federation":
            return ()
        return (Unit(0, READER, because.policy, because.statement, "trust nobody else"),)

    def narrower(self, unit: Unit, hop: Hop) -> Iterator[Unit]:
        yield from ()

    def serves(self, unit: Unit, hop: Hop) -> Mapping[str, frozenset[str]]:
        return {}

    def members(self, unit: Unit) -> Iterable[str]:
        return ()

    def rewritten(self, policy: str, taken: Iterable[Unit]) -> Rewritten | None:
        return Rewritten({"trusts": []})

    def without(self, taken: Iterable[Unit]) -> Estate:
        self.taken |= {unit.policy for unit in taken}
        return self.estate


@pytest.fixture(autouse=True)
def two_clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: set[str] = set()

    def reach(estate: Estate, graph: Graph) -> Port:
        cloud = Cloud(estate, graph, taken)
        return Port(
            cloud.links,
            cloud.direct,
            lambda store, prefix: Tin() if store == DEPOT else None,
            cloud.kind_of,
            lambda: cloud,
        )

    monkeypatch.setattr(providers, "_REACH", {"tin": lambda: reach, **providers._REACH})


def test_a_way_leads_from_one_cloud_into_another() -> None:
    found = build(estate(user("me"), DEPOT_HELD)).who_can(AccessKind.READ, DEPOT)
    assert {(one.principal, one.kind, one.direct) for one in found.answers} == {
        (READER, "workload", True),
        (ME, "unknown", False),
    }
    assert [hop.how for hop in next(one for one in found.answers if one.principal == ME).path] == [
        "federate",
        "read",
    ]


def test_the_cut_asks_the_other_cloud_what_can_be_taken_away() -> None:
    cut = build(estate(user("me"), DEPOT_HELD)).cut(DEPOT)
    assert [(one.principal, one.remove, one.after, one.closes) for one in cut.changes] == [
        (READER, "trust nobody else", {"trusts": []}, (ME,))
    ]
    assert cut.left == ()


def test_what_is_reached_is_reached_in_both() -> None:
    assert {READER, DEPOT, "tin://key"} <= set(build(estate(user("me"), DEPOT_HELD)).blast_radius(ME))


@pytest.mark.parametrize("room", ["access", "policy"])
def test_nothing_but_the_tables_tells_providers_apart(room: str) -> None:
    named = {
        path.name
        for path in (SOURCE / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in ("aws", "gcp", "azure")
    }
    assert named == {"providers.py"}


@pytest.mark.parametrize("provider", ["aws", "azure"])
def test_everybody_is_known_wherever_nobody_asks_about_the_other_clouds(provider: str) -> None:
    """Whoever judges one cloud alone has to know who is meant by everybody there."""
    assert build(estate(), frozenset({provider})).kind_of("*") == "anonymous"
