"""Fixtures of the tests over a wire that breaks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import emulators


@pytest.fixture
def broken(
    lab: None, _fault_proxy: emulators.Faults, monkeypatch: pytest.MonkeyPatch
) -> Iterator[emulators.Faults]:
    """The module's own `lab` behind a proxy that breaks what a test names."""
    for name, value in _fault_proxy.environment().items():
        monkeypatch.setenv(name, value)
    _fault_proxy.set()
    yield _fault_proxy
    _fault_proxy.set()
