"""Following a listing to its end, without trusting it to have one.

A listing that says "more" without saying where, that comes back to a token or a page it already gave, or that runs past the bound
is cut off, and is then a failed read: never a loop, never a complete listing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_PAGES = 20_000


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of a listing says.

    Attributes:
        items: what it lists, to know it again.
        more: whether there is another page.
        next: what to add to the request for it; empty where the page does not say.
    """

    items: list[Any]
    more: bool
    next: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Listings that go on by one member: there is more where it is there.

    Google's go on by a token (``nextPageToken``, asked as ``pageToken``: AIP-158); Azure's by the next request's URL (``nextLink``:
    Azure REST API guidelines, "Collections") or, through its SDK's ``by_page``, by a continuation token.

    Attributes:
        items: the members that hold what is listed.
        answered: the member that says how to go on.
        asked: the parameter that takes it.
    """

    items: tuple[str, ...]
    answered: str
    asked: str

    def read(self, page: Mapping[str, Any]) -> Page:
        """What a page says."""
        token = page.get(self.answered)
        following = {self.asked: token} if token else {}
        return Page([page.get(name) for name in self.items], bool(token), following)


@dataclass(slots=True)
class Walk:
    """Where a listing has got to.

    Attributes:
        read: what a page says of itself and of the next one.
        parameters: what to add to the next request.
        finished: True once the provider said that there is no more.
    """

    read: Callable[[Mapping[str, Any]], Page]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    _seen: set[tuple[tuple[str, str], ...]] = field(default_factory=set)
    _previous: list[Any] | None = None
    _pages: int = 0

    def step(self, answer: Mapping[str, Any]) -> str | None:
        """Take in a page. Returns why the listing cannot be trusted any further, or None."""
        self._pages += 1
        page = self.read(answer)
        if not page.more:
            self.finished = True
            return None
        fault = self._fault(page)
        if fault:
            return fault
        self._previous = page.items
        self.parameters = page.next
        return None

    def _fault(self, page: Page) -> str | None:
        if not any(page.next.values()):
            return "PagingWithoutToken"
        key = tuple((name, str(token)) for name, token in sorted(page.next.items()))
        if key in self._seen:
            return "PagingLoop"
        self._seen.add(key)
        if any(page.items) and page.items == self._previous:
            return "PagingRepeats"
        return "PagingTooLong" if self._pages >= MAX_PAGES else None


def merge(pages: dict[str, Any], page: Mapping[str, Any]) -> None:
    """Add a page to those before it: lists are joined, everything else is the latest page's."""
    for name, value in page.items():
        held = pages.get(name)
        if isinstance(held, list) and isinstance(value, list):
            held.extend(value)
        else:
            pages[name] = list(value) if isinstance(value, list) else value
