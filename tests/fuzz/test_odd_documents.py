"""Whatever is handed to a reader, it is read or refused, by one of weightguard's errors, in bounded time and memory.

In CI each reader is tried some dozens of times. By hand, for hours if one likes: ``WEIGHTGUARD_FUZZ=200 pytest tests/fuzz`` tries
each 200 times as often, from other beginnings.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from pathlib import Path

import mutation
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reader import Reader
from readers import READERS

from weightguard.errors import WeightguardError

TIMES = int(os.environ.get("WEIGHTGUARD_FUZZ", "1"))
_MEMORY = 300 << 20
_SMALL = 200_000
"""Bytes of an input whose reading may take `Reader.seconds`; larger ones take longer in proportion."""


def attempt(reader: Reader, data: bytes) -> str:
    """Read once within bounds; what it was refused for, or nothing."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    refused = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            reader.read(Path(folder), data)
        except WeightguardError as error:
            refused = error.one_line()
            assert error.exit_status == 2, refused
    took = time.process_time() - started
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    larger = max(1, len(data) / _SMALL)
    assert took < reader.seconds * larger, f"{took:.1f} s for {len(data):,} bytes"
    assert grown < _MEMORY * larger, f"{grown:,} bytes of memory for {len(data):,}"
    return refused


def _spoilt(reader: Reader, chance: random.Random) -> bytes:
    document = chance.choice(reader.documents())
    if isinstance(document, bytes):
        return mutation.damaged(document, chance)
    kind = chance.random()
    if kind < 0.75:
        return reader.write(mutation.mutated(document, chance), chance)
    return mutation.damaged(reader.write(document, chance), chance)


class _Plain(random.Random):
    """Never decides for anything odd."""

    def random(self) -> float:
        return 0.99


def _written(reader: Reader, document: object) -> bytes:
    return document if isinstance(document, bytes) else reader.write(document, _Plain())


@pytest.mark.parametrize("name", READERS)
def test_a_valid_document_is_read(name: str) -> None:
    """Else nothing behind the first look at it would be tried."""
    reader = READERS[name]
    for document in reader.documents():
        _read(reader, _written(reader, document))


@pytest.mark.parametrize("name", READERS)
def test_an_odd_document_is_read_or_refused(name: str) -> None:
    reader = READERS[name]
    for document in reader.documents():  # what is loaded on first use is in no measure
        _read(reader, _written(reader, document))
    phases = (Phase.explicit, Phase.generate) if TIMES == 1 else tuple(Phase)

    @settings(
        max_examples=reader.examples * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**63))
    def tried(seed: int) -> None:
        attempt(reader, _spoilt(reader, random.Random(seed)))

    tried()


def _read(reader: Reader, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reader.read(Path(folder), data)
