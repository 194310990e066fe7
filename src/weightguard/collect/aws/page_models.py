"""How AWS operations page: the expressions and member names of the SDK's own paginator models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.collect.calls.paging import Page


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

    def read(self, page: Mapping[str, Any]) -> Page:
        """What a page says of itself and of the next one."""
        tokens = [_search(expression, page) for expression in self.output_tokens]
        more = _search(self.more_results, page) if self.more_results else any(tokens)
        pairs = zip(self.input_tokens, tokens, strict=True)
        return Page(
            items=[_search(expression, page) for expression in self.results],
            more=bool(more),
            next={name: token for name, token in pairs if token is not None},
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


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _search(expression: str, page: Mapping[str, Any]) -> Any:
    if expression.isidentifier():
        return page.get(expression)
    import jmespath  # type: ignore[import-untyped]

    return jmespath.search(expression, page)
