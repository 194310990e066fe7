"""Start moto's server on a free loopback port, and stop it again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from weightguard.demo.aws.server import HARDENED
from weightguard.errors import InputError, WeightguardError

_START_SECONDS = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _environment() -> dict[str, str]:
    # The emulator must not see real credentials or a proxy; PATH and the Python settings are all that it needs.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "LANG"}
    }
    return kept | {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=2) as answer:  # noqa: S310 - http on loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise WeightguardError(
                "the emulator stopped before it answered",
                where=log.read_text(errors="replace")[-300:].strip(),
            )
        if _answers(url):
            return
        time.sleep(0.1)
    raise WeightguardError(f"the emulator did not answer within {_START_SECONDS:.0f} s", where=url)


@contextmanager
def emulator(*, seed: int = 7, hardened: bool = False) -> Iterator[str]:
    """Run moto's server for the length of the block and yield its URL (``http://127.0.0.1:PORT``).

    Args:
        hardened: what the server says of the things that moto cannot be told (see `server`).
        seed: makes the identifiers that moto invents (account numbers, key ids) the same on every run.

    Raises:
        InputError: moto is not installed.
        WeightguardError: the server does not come up.
    """
    if find_spec("moto") is None or find_spec("flask") is None:
        raise InputError("the emulator is not installed", fix="pip install 'weightguard[demo]'")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix="weightguard-emulator-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "weightguard.demo.aws.server", str(port)]
            command += [HARDENED] if hardened else []
            process = subprocess.Popen(command, stdout=output, stderr=output, env=_environment())  # noqa: S603
            try:
                _wait_until_up(process, url, log)
                request = urllib.request.Request(f"{url}/moto-api/seed?a={seed}", method="POST")  # noqa: S310
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                    pass
                yield url
            finally:
                process.terminate()
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
