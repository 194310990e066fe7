"""What an entry of the table says of a reader."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutation

Write = Callable[[Any, random.Random], bytes]


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        documents: valid ones; bytes are damaged as they are, everything else is changed and then written.
        write: how a document becomes bytes.
        read: reads the bytes, which it may put into the empty folder that it is given; raises nothing but weightguard's errors.
        arguments: ``command.parameter`` of the command line, and ``config.key``, that lead here.
        modules: those of weightguard that open the file.
        examples: how often it is tried in CI.
        seconds: of CPU that one small input may take, where it is more than one.
    """

    documents: Callable[[], list[Any]]
    read: Callable[[Path, bytes], object]
    write: Write = mutation.as_json
    arguments: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    examples: int = 60
    seconds: float = 1.0
