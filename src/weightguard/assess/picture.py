"""The access graph as a report draws it: who reaches which weights over which hops, and what would cut them
off.

A picture with thousands of nodes says nothing. The first `NODES` and `EDGES` are drawn, outsiders and people
before workloads; the rest is gathered into one node a kind and store that says how many it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from weightguard.access.model import Access, AccessKind, Answer, Hop
from weightguard.access.wording import all_worded
from weightguard.assess.model import CutChange, CutEntry, Picture, PictureEdge, PictureNode
from weightguard.weights import WeightSet

NODES = 300
EDGES = 600
CUTS = 20
CLOSED = 20
_ORDER = ("anonymous", "external", "person", "unknown", "service", "workload")
_Key = tuple[str, str]


class _Canvas:
    """Nodes and edges, each once."""

    def __init__(self) -> None:
        self.nodes: dict[str, PictureNode] = {}
        self.edges: dict[tuple[str, str, str], PictureEdge] = {}
        self.gathered: Counter[_Key] = Counter()

    def add(self, answer: Answer, store: str) -> None:
        if not self._has_room(answer):
            self.gathered[answer.kind, store] += 1
            return
        self.nodes[answer.principal] = PictureNode(answer.principal, answer.kind)
        for hop in answer.path:
            self._hop(hop, answer)

    def _has_room(self, answer: Answer) -> bool:
        if len(self.edges) >= EDGES or (len(self.nodes) >= NODES and answer.principal not in self.nodes):
            return False  # without working out the path
        new = {hop.origin for hop in answer.path} - self.nodes.keys()
        return len(self.nodes) + len(new) <= NODES and len(self.edges) + len(answer.path) <= EDGES

    def _hop(self, hop: Hop, answer: Answer) -> None:
        for end in (hop.origin, hop.target):
            self.nodes.setdefault(end, PictureNode(end, "step"))
        key = (hop.origin, hop.target, hop.how)
        if key not in self.edges:
            certainty = "conditional" if hop.conditions or answer.certainty == "conditional" else "certain"
            self.edges[key] = PictureEdge(
                hop.origin, hop.target, hop.how, certainty, all_worded(hop.conditions)
            )

    def store(self, name: str) -> None:
        self.nodes[name] = PictureNode(name, "store")

    def picture(self, cuts: tuple[CutEntry, ...]) -> Picture:
        nodes, edges = dict(self.nodes), dict(self.edges)
        for (kind, store), count in sorted(self.gathered.items()):
            name = f"{count} more: {kind}"
            gathered = f"{name} ({store})"
            nodes[gathered] = PictureNode(gathered, kind, count)
            edges[gathered, store, "reach"] = PictureEdge(gathered, store, "reach", "conditional", ())
        return Picture(
            tuple(nodes[name] for name in sorted(nodes)),
            tuple(edges[key] for key in sorted(edges)),
            cuts,
            sum(self.gathered.values()),
        )


def picture(access: Access, weight_sets: Iterable[WeightSet]) -> Picture:
    """Who reads the weights, drawn; with the cuts of the stores that more than their direct readers reach.

    Args:
        access: the graph, which shares its answers with the rest of the assessment.
    """
    canvas = _Canvas()
    found: dict[_Key, tuple[Answer, str]] = {}
    for one in weight_sets:
        canvas.store(one.store)
        for answer in access.who_can(AccessKind.READ, one.store, one.prefix or None).answers:
            found.setdefault((answer.principal, one.store), (answer, one.store))
    for answer, store in sorted(found.values(), key=_urgency):
        canvas.add(answer, store)
    return canvas.picture(_cuts(access, found))


def _urgency(pair: tuple[Answer, str]) -> tuple[int, bool, str, str]:
    answer, store = pair
    return _ORDER.index(answer.kind), answer.direct, answer.principal, store


def _cuts(access: Access, found: Mapping[_Key, tuple[Answer, str]]) -> tuple[CutEntry, ...]:
    open_stores = sorted(
        {
            store
            for answer, store in found.values()
            if not answer.direct or answer.kind in ("anonymous", "external")
        }
    )
    return tuple(_cut(access, store) for store in open_stores[:CUTS])


def _cut(access: Access, store: str) -> CutEntry:
    answer = access.cut(store)
    changes = tuple(
        CutChange(
            change.principal,
            change.remove,
            change.policy,
            change.statement,
            change.closes[:CLOSED],
            len(change.closes),
            change.costs[:CLOSED],
            len(change.costs),
        )
        for change in answer.changes
    )
    return CutEntry(store, changes, answer.complete, answer.left[:CLOSED])
