"""Which accounts have anything to do with who reaches a store: the others can be left out when the estate is asked again.

Only what lies in some account acts, and what somebody may come to do is worked out on ideals, which may do anything that guardrails
leave them. So whoever reaches a store is of an account of which somebody, or somebody's ideal, reaches it; or of one from which
such an account is entered. Where somebody may open the store for others, whatever the same hands hold counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from weightguard.access.links import Graph, Group, Hub, Node

AccountOf = Callable[[str], str | None]


class Nearby:
    """Ways between accounts, as the links of a graph make them.

    Args:
        graph: who can become whom.
        account_of: the account of a name; None where it is of none: it then stands for itself.
    """

    def __init__(self, graph: Graph, account_of: AccountOf) -> None:
        self.size = graph.size
        self._account_of = account_of
        self._before: dict[str, set[str]] = {}
        self._onward: dict[str, set[str]] = {}
        for node, links in graph.into.items():
            inner = self._place(node)
            for link in links:
                outer = self._place(link.origin)
                if outer != inner:
                    self._before.setdefault(inner, set()).add(outer)
                    self._onward.setdefault(outer, set()).add(inner)

    def accounts(self, nodes: Iterable[Node], own: Iterable[str], *, opened: bool) -> frozenset[str]:
        """The accounts that some nodes lie in and those from which they are entered, among names of no account.

        Args:
            own: accounts that count whoever reaches them.
            opened: whether those count as well that are entered from them.
        """
        steps = (self._before, self._onward) if opened else (self._before,)
        found = {*map(self._place, nodes), *own}
        waiting = list(found)
        while waiting:
            place = waiting.pop()
            for step in steps:
                new = step.get(place, set()) - found
                found |= new
                waiting += new
        return frozenset(found)

    def _place(self, node: Node) -> str:
        if isinstance(node, Group):
            node = node.example
        elif isinstance(node, Hub):
            node = node.targets[0]
        return self._account_of(node) or node
