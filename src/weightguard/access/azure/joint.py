"""What takes two identities at once: whoever may assign a role to one principal alone, and may act as that principal too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from weightguard.access.answers import trail
from weightguard.access.azure.offers import ASSIGN, Delegate, Offer, Offers
from weightguard.access.grant import FREELY
from weightguard.access.links import Graph, Link, Node, Reached, Step, search


def joint_links(
    offers: Offers,
    graph: Graph,
    node: Callable[[Node], Node],
    joined: set[tuple[str, str, str]],
    concerned: Callable[[Offer], bool],
) -> Iterator[Link]:
    """The links of delegates that act as whom they may give a role.

    Args:
        node: the node of a name.
        concerned: whether an offer is looked at.
        joined: what was found before; takes what is found now.
    """
    found: list[Link] = []
    for delegate, name, offer in offers.joint:
        if not concerned(offer):
            continue
        reached = search(graph, graph.links_into(node(name)))
        for actor in sorted(offers.context.leaves(delegate.assigned.principal)):
            key = (actor, name, f"{offer.technique} {offer.target} {offer.words}")
            if key not in joined and (actor == name or actor in reached.first):
                joined.add(key)
                found.append(_joint(delegate, actor, name, offer, reached))
    yield from found


def _joint(delegate: Delegate, actor: str, name: str, offer: Offer, reached: Reached) -> Link:
    assign = Step(ASSIGN, delegate.grant, delegate.assigned.scope, by=actor)
    act = Step(offer.words, FREELY.provided(*offer.conditions), offer.target, by=name)
    before = () if actor == name else tuple(trail(actor, reached))
    return Link(actor, offer.effect, (assign, act), before=before)
