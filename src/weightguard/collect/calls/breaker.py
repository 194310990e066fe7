"""Knowing when to stop asking: an operation that is throttled or unreachable again and again costs its tries only so often.

SDKs wait out their retries of every call, and some slow a whole client down when one operation is throttled. Without a limit, one
operation that a provider throttles for good would hold up everything else for hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from weightguard.collect.calls.answer import Answer

IN_A_ROW = 3
PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class _Trouble:
    count: int
    latest: Answer
    since: float


@dataclass(slots=True)
class Breaker:
    """Which operations are not worth asking now. Safe to share between threads.

    Attributes:
        unreachable: the codes of answers that say that nobody answered.
        clock: seconds, rising.
    """

    unreachable: frozenset[str] = frozenset()
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _troubles: dict[Hashable, _Trouble] = field(default_factory=dict)

    def refuses(self, key: Hashable) -> Answer | None:
        """The answer to give without asking, or None to ask. After a pause, asking is tried again."""
        with self._lock:
            trouble = self._troubles.get(key)
            if trouble is None or trouble.count < IN_A_ROW or self.clock() - trouble.since >= PAUSE_SECONDS:
                return None
            return replace(
                trouble.latest, message=f"not asked again after {trouble.count} such answers in a row"
            )

    def note(self, key: Hashable, answer: Answer) -> None:
        """Take in what came of asking."""
        with self._lock:
            if answer.outcome == "throttled" or answer.code in self.unreachable:
                known = self._troubles.get(key)
                self._troubles[key] = _Trouble(1 + (known.count if known else 0), answer, self.clock())
            else:
                self._troubles.pop(key, None)
