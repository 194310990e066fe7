"""Following a listing to its end, without trusting it to have one.

The tokens are those of the SDK's own paginator model. A listing that says "more" without saying where, that comes back to a
token or a page it already gave, or that runs past the bound is cut off, and is then a failed read: never a loop, never a
complete listing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_PAGES = 20_000


@dataclass(frozen=True, slots=True)
class PageModel:
    """How one operation pages: expressions and member names of the SDK's paginator model."""

    input_tokens: tuple[str, ...]
    output_tokens: tuple[str, ...]
    more_results: str | None
    limit: str | None
    results: tuple[str, ...]

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> PageModel:
        """Read the SDK's paginator model of one operation."""
        return cls(
            input_tokens=_texts(model["input_token"]),
            output_tokens=_texts(model["output_token"]),
            more_results=model.get("more_results"),
            limit=model.get("limit_key"),
            results=_texts(model["result_key"]),
        )


UNMODELLED = {
    ("s3", "ListBucketInventoryConfigurations"): PageModel(
        ("ContinuationToken",),
        ("NextContinuationToken",),
        "IsTruncated",
        None,
        ("InventoryConfigurationList",),
    ),
    ("apprunner", "ListServices"): PageModel(
        ("NextToken",), ("NextToken",), None, "MaxResults", ("ServiceSummaryList",)
    ),
    ("s3control", "ListAccessPoints"): PageModel(
        ("NextToken",), ("NextToken",), None, "MaxResults", ("AccessPointList",)
    ),
}
"""Operations that page although the SDK has no paginator for them (API references)."""


@dataclass(slots=True)
class Walk:
    """Where a listing has got to.

    Attributes:
        model: how the operation pages.
        parameters: what to add to the next request.
        finished: True once the provider said that there is no more.
    """

    model: PageModel
    parameters: dict[str, Any] = field(default_factory=dict)
    finished: bool = False
    _seen: set[tuple[str, ...]] = field(default_factory=set)
    _previous: Any = None
    _pages: int = 0

    def step(self, page: Mapping[str, Any]) -> str | None:
        """Take in a page. Returns why the listing cannot be trusted any further, or None."""
        self._pages += 1
        items = [_search(expression, page) for expression in self.model.results]
        tokens = [_search(expression, page) for expression in self.model.output_tokens]
        if not self._more(page, tokens):
            self.finished = True
            return None
        fault = self._fault(items, tokens)
        if fault:
            return fault
        self._previous = items
        self.parameters = {
            name: token
            for name, token in zip(self.model.input_tokens, tokens, strict=True)
            if token is not None
        }
        return None

    def _more(self, page: Mapping[str, Any], tokens: list[Any]) -> bool:
        if self.model.more_results:
            return bool(_search(self.model.more_results, page))
        return any(tokens)

    def _fault(self, items: list[Any], tokens: list[Any]) -> str | None:
        if not any(tokens):
            return "PagingWithoutToken"
        key = tuple(str(token) for token in tokens)
        if key in self._seen:
            return "PagingLoop"
        self._seen.add(key)
        if any(items) and items == self._previous:
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


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _search(expression: str, page: Mapping[str, Any]) -> Any:
    if expression.isidentifier():
        return page.get(expression)
    import jmespath  # type: ignore[import-untyped]

    return jmespath.search(expression, page)
