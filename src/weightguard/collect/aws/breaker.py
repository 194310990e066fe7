"""Knowing when to stop asking: an operation that is throttled or unreachable again and again costs its tries only so often.

The SDK's adaptive mode slows a whole client down when one operation is throttled, and every call waits out its retries. Without a
limit, one operation that a provider throttles for good would hold up everything else for hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from weightguard.collect.aws.answer import Answer

IN_A_ROW = 3
PAUSE_SECONDS = 30.0
UNREACHABLE = frozenset(
    {
        "ConnectTimeoutError", "ConnectionClosedError", "ConnectionError", "EndpointConnectionError", "ProxyConnectionError",
        "ReadTimeoutError", "SSLError",
    }
)  # fmt: skip
"""The SDK's names for an endpoint that does not answer."""

Key = tuple[str, str | None, str]
"""Service, region, operation."""


@dataclass(slots=True)
class _Trouble:
    count: int
    latest: Answer
    since: float


@dataclass(slots=True)
class Breaker:
    """Which operations are not worth asking now. Safe to share between threads.

    Attributes:
        clock: seconds, rising.
    """

    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _troubles: dict[Key, _Trouble] = field(default_factory=dict)

    def refuses(self, key: Key) -> Answer | None:
        """The answer to give without asking, or None to ask. After a pause, asking is tried again."""
        with self._lock:
            trouble = self._troubles.get(key)
            if trouble is None or trouble.count < IN_A_ROW or self.clock() - trouble.since >= PAUSE_SECONDS:
                return None
            return replace(
                trouble.latest, message=f"not asked again after {trouble.count} such answers in a row"
            )

    def note(self, key: Key, answer: Answer) -> None:
        """Take in what came of asking."""
        with self._lock:
            if answer.outcome == "throttled" or answer.code in UNREACHABLE:
                known = self._troubles.get(key)
                self._troubles[key] = _Trouble(1 + (known.count if known else 0), answer, self.clock())
            else:
                self._troubles.pop(key, None)
