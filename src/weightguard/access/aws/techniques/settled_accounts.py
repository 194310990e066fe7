"""Which accounts a question leaves as they were: what could be changed in them was worked out for a question like it.

What changes of an account's principals come to depends on the account's own principals and on whoever leads to them: its region. A
question that says the same of all nodes of a region as one before it brings nothing new there, until a link or an actor joins it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.techniques.changed_principals import AT_BEST
from weightguard.access.links import Graph, Neighbours, Node
from weightguard.access.worth import Worth

Said = tuple[tuple[int, int], bytes]
"""What a question says of a region: how much there is to gain anywhere, and how well which of its nodes reach the store."""
_UNTOLD = b""


class SettledAccounts:
    """Remembers what was worked out for which account.

    Args:
        population: everybody.
        graph: who can become whom.
    """

    def __init__(self, population: Population, graph: Graph) -> None:
        self._population = population
        self._graph = graph
        self._seen = 0
        self._stale: dict[str, None] = {}
        self._regions: dict[str, tuple[Neighbours, Neighbours]] = {}
        self._regions_of: dict[Node, dict[str, None]] = {}
        self._settled: dict[str, set[Said]] = {}
        self._open: dict[tuple[int, int], dict[str, None]] = {}
        """By how much there is to gain: the accounts of which nothing was worked out for a question that says nothing of them."""
        self._known: dict[str, None] = {}
        self._unread: dict[str, None] = {}
        """The accounts whose regions are to be worked out, for the first time or again."""
        self._versions: dict[str, int] = {}
        self._numbers: dict[object, int] = {}

    def unsettle(self, accounts: Iterable[str]) -> None:
        """Take in that something new is in some accounts."""
        self._stale.update(dict.fromkeys(accounts))

    def version(self, account: str) -> int:
        """Changes whenever something joins the account's region."""
        self._take_in()
        return self._versions.get(account, 0)

    def region(self, account: str) -> tuple[Neighbours, Neighbours]:
        """The nodes from which each node of the region is reached in one link, and those of it that each reaches."""
        self._take_in()
        found = self._regions.get(account)
        if found is None:
            before, onward = self._around(account)
            found = self._regions[account] = (before, onward)
            self._unread.pop(account, None)
            for node in before:
                self._regions_of.setdefault(node, {})[account] = None
        return found

    def unsettled(self, accounts: Mapping[str, object], worth: Worth) -> Iterator[tuple[str, Said]]:
        """Those of some accounts for which nothing like the question was worked out, with what it says of each; sorted.

        Args:
            accounts: the same ones as before, or more.
        """
        self._take_in()
        for account in accounts.keys() - self._known.keys():
            self._reopen(account)
        for account in list(self._unread):
            self.region(account)
        if worth.is_narrowed:
            yield from ((account, (worth.spread, _UNTOLD)) for account in sorted(accounts))
            return
        told = self._told(worth)
        left = self._open.setdefault(worth.spread, dict(self._known))
        for account in sorted({*left, *(told.keys() & accounts.keys())}):
            said = (worth.spread, told.get(account, _UNTOLD))
            if said not in self._settled.get(account, ()):
                yield account, said

    def settle(self, asked: Iterable[tuple[str, Said]]) -> None:
        """Remember that all was worked out for accounts, as far as a question said of them."""
        for account, said in asked:
            self._settled.setdefault(account, set()).add(said)
            if said[1] == _UNTOLD:
                self._open[said[0]].pop(account, None)

    def _reopen(self, account: str) -> None:
        """Take in that nothing is worked out for an account, whatever a question says."""
        self._known[account] = self._unread[account] = None
        for accounts in self._open.values():
            accounts[account] = None

    def _told(self, worth: Worth) -> dict[str, bytes]:
        """What a question says of each region that it touches."""
        found: dict[str, list[int]] = {}
        for node, said in worth.told():
            places = dict(self._regions_of.get(node, {}))
            cited = None
            if isinstance(node, PrincipalGroup):
                places[node.account] = None
                cited = worth.cited_from(node) if node.change == AT_BEST else None
            if places:
                number = self._numbers.setdefault((node, *said, cited), len(self._numbers))
                for account in places:
                    found.setdefault(account, []).append(number)
        return {account: array("L", sorted(numbers)).tobytes() for account, numbers in found.items()}

    def _take_in(self) -> None:
        """Forget what was said of regions that something has joined since."""
        added = self._graph.added
        for node in added[self._seen :]:
            self._stale.update(self._regions_of.get(node, {}))
            if isinstance(node, PrincipalGroup):
                self._stale[node.account] = None
        self._seen = len(added)
        for account in self._stale:
            self._versions[account] = self._versions.get(account, 0) + 1
            self._settled.pop(account, None)
            for node in self._regions.pop(account, ({}, {}))[0]:
                self._regions_of[node].pop(account, None)
            if account in self._known:
                self._reopen(account)
        self._stale.clear()

    def _around(self, account: str) -> tuple[Neighbours, Neighbours]:
        """An account's principals, as they are and as changes leave them, and whoever leads to them."""
        before: dict[Node, tuple[Node, ...]] = {}
        onward: dict[Node, list[Node]] = {}
        waiting: list[Node] = []
        for group in self._population.in_account(account):
            waiting += (group, *group.names)
        while waiting:
            node = waiting.pop()
            if node in before:
                continue
            before[node] = tuple(dict.fromkeys(link.origin for link in self._graph.links_into(node)))
            for origin in before[node]:
                onward.setdefault(origin, []).append(node)
                waiting.append(origin)
        return before, onward
