"""Resource patterns of policies, found by what they begin with: of thousands, few are about one store."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from weightguard.policy.pattern import Glob, glob, is_pattern


def may_name_store(pattern: str) -> bool:
    """Whether a resource pattern can be about S3 or KMS at all; most are about something else."""
    service = pattern.split(":", 3)[2:3]
    return (
        not service
        or is_pattern(pattern[: pattern.find(service[0]) + len(service[0])])
        or service[0] in ("s3", "kms")
    )


def beginning(pattern: str) -> str:
    """What a pattern says before its first wildcard."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


class Sorted:
    """Texts by what they begin with."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted(texts)

    def beginning(self, start: str) -> Iterator[str]:
        """Those that begin with a text."""
        for place in range(bisect_left(self._texts, start), len(self._texts)):
            if not self._texts[place].startswith(start):
                return
            yield self._texts[place]


class Wild:
    """Patterns by what they say before their first wildcard: two that begin otherwise have nothing in common."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_start: dict[str, list[tuple[str, Glob]]] = {}
        for pattern in patterns:
            self._by_start.setdefault(beginning(pattern), []).append((pattern, glob(pattern)))
        self._starts = Sorted(self._by_start)

    def near(self, start: str) -> Iterator[tuple[str, Glob]]:
        """Those whose beginning continues a text, or is continued by it."""
        for length in range(len(start)):
            yield from self._by_start.get(start[:length], ())
        for longer in self._starts.beginning(start):
            yield from self._by_start[longer]
