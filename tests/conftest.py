"""Fixtures shared by all tests: the emulators, and an environment without anybody's credentials.

The emulators' module imports the AWS SDK and the collector: fixtures import it when they are used, so that other tests do not wait.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

if TYPE_CHECKING:
    import emulators

# As the command line does: half of the time of judging went into looking for rubbish that is not there.
gc.set_threshold(50_000, 500, 50)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background, a shell's children ignore Ctrl-C, and so would the ones that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """No test cuts the power, and a killed process loses nothing that it wrote: the disk took longer than the judging."""
    with mock.patch("os.fsync"):
        yield


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the developer's profiles, keys, endpoints or proxies."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name)
    nowhere = str(tmp_path_factory.getbasetemp() / "no-such-file")
    monkeypatch.setenv("AWS_CONFIG_FILE", nowhere)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _no_check_fails_inside(request: pytest.FixtureRequest) -> Iterator[None]:
    """A check that breaks makes its verdict unknown and the run goes on: in a test it is a fault, unless the test wants it."""
    told: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                told.append(record.getMessage())

    listener, log = Listener(), logging.getLogger("weightguard.controls.engine")
    log.addHandler(listener)
    yield
    log.removeHandler(listener)
    if request.node.get_closest_marker("fails_inside") is None:
        assert told == [], "a check failed inside"


@pytest.fixture(scope="session")
def _moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import emulators

    folder = tmp_path_factory.mktemp("moto")
    with emulators.aws_server(folder) as url:
        yield url
    _refuse_holes(folder / "moto.log")


def _refuse_holes(log: Path) -> None:
    """An operation that the emulator lacks answers HTTP 500, so that nothing was tested there."""
    lines = log.read_text(errors="replace").splitlines()
    holes = sorted({line.strip() for line in lines if line.startswith("NotImplementedError")})
    assert not holes, f"moto does not implement: {holes}"


@pytest.fixture
def moto_url(_moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty moto server, with an overlay for what it lacks in front, and credentials that it takes."""
    import emulators

    emulators.reset(_moto_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return _moto_server


@pytest.fixture(scope="session")
def _fault_proxy(_moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulators.Faults]:
    import emulators

    with emulators.fault_proxy(_moto_server, tmp_path_factory.mktemp("microburst") / "proxy.log") as faults:
        yield faults


@pytest.fixture
def faults(_fault_proxy: emulators.Faults, moto_url: str) -> Iterator[emulators.Faults]:
    """microburst in front of the empty moto server of `moto_url`, without rules."""
    assert moto_url
    _fault_proxy.set()
    yield _fault_proxy
    _fault_proxy.set()
