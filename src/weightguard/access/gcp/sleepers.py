"""Service accounts that are switched off: they act as nobody, until somebody who may acts as them switches them on.

Source: IAM documentation, "Disable and enable service accounts".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from weightguard.access.gcp.context import ENABLE, Context
from weightguard.access.links import Link, Step

_Becoming = Callable[[str], Iterable[Link]]


class Sleepers:
    """Knows who wakes whom.

    Args:
        context: the estate, prepared.
        becoming: the links of those who act as an account that is on, by a right on it.
    """

    def __init__(self, context: Context, becoming: _Becoming) -> None:
        self._context = context
        self._becoming = becoming
        self._wakers: dict[str, tuple[Link, ...]] = {}

    def woken(self, links: Iterable[Link]) -> Iterator[Link]:
        """Links, and in place of each that starts from an account that is off, those of whoever switches it on and acts as it."""
        asleep = self._context.source.disabled
        for link in links:
            if link.origin not in asleep or not isinstance(link.origin, str):
                yield link
                continue
            for waking in self._waking(link.origin):
                if waking.origin != link.target and waking.origin not in asleep:
                    yield Link(
                        waking.origin, link.target, link.steps, link.named, (waking, *link.before), link.after
                    )

    def _waking(self, account: str) -> tuple[Link, ...]:
        found = self._wakers.get(account)
        if found is None:
            found = self._wakers[account] = tuple(self._of(account))
        return found

    def _of(self, account: str) -> Iterator[Link]:
        who, resource = self._context.who, self._context.source.account(account)
        for link in self._becoming(account):
            way = who.way(str(link.origin), ENABLE, resource)
            if way is not None:
                steps = (*way.changes, Step(ENABLE, way.grant, account), *link.steps)
                yield Link(link.origin, account, steps)
