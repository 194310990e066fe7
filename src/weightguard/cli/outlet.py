"""Standard output whose reader may leave: what is left to say goes nowhere, and the run goes on to its end.

``weightguard scan | head`` has to end in the status of its verdict and tell whom it was to tell, whoever stops reading.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


class Outlet:
    """A text or byte stream that goes quiet when its reader has gone.

    Args:
        stream: what is written to.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> Outlet:
        """The bytes below the text."""
        return Outlet(self._stream.buffer)

    def write(self, content: Any) -> int:
        """Write, while somebody reads."""
        try:
            return int(self._stream.write(content))
        except BrokenPipeError:
            _to_nowhere(self._stream)
            return len(content)

    def flush(self) -> None:
        """Hand on what was written, while somebody reads."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _to_nowhere(self._stream)


def _to_nowhere(stream: Any) -> None:
    """Let the stream's descriptor lead to nothing: what is buffered, and all that follows, is dropped without an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def standard_output() -> TextIO:
    """Standard output as an `Outlet`."""
    return Outlet(sys.stdout)  # type: ignore[return-value]  # it has what a text stream has
