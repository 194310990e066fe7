"""Demonstrations as tests run them: by the command, and one weakness at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from weightguard import api
from weightguard.assess.model import Report
from weightguard.config import load, resolve
from weightguard.demo.declared import configuration
from weightguard.demo.demonstration import Weakness
from weightguard.demo.providers import demonstration

Audit = Callable[..., tuple[Path, dict[str, Any]]]
"""What `weightguard demo --cloud` leaves, by the cloud and more arguments: its folder, and the report in it."""
UP_TO_SL3 = ("SL1", "SL2", "SL3")


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`weightguard demo`, quietly."""
    line = [sys.executable, "-m", "weightguard", "demo", "-q", "-o", str(folder), *arguments]
    return subprocess.run(
        line, capture_output=True, text=True, timeout=600, check=False, env=environment or None
    )


def demo(folder: Path, *arguments: str) -> dict[str, Any]:
    """The report that `weightguard demo` leaves."""
    done = command(folder, *arguments)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return report


def planted(folder: Path, cloud: str, *weaknesses: Weakness[Any]) -> Report:
    """The hardened lab with these weaknesses and no others, scanned and judged."""
    declared = resolve(load(configuration(folder / "declared", cloud, hardened=True)), folder / "declared")
    with demonstration(cloud).running(weaknesses) as settings:
        api.collect(folder / "snapshot", {cloud: settings})
    return api.assess(api.load(folder / "snapshot"), config=declared)


def caught(
    results: Iterable[Mapping[str, Any]], weakness: Weakness[Any], names: Mapping[str, str] | None = None
) -> bool:
    """Whether the control that a weakness names fails where it says; `names` are ids of what goes by a name in the lab."""
    places = {weakness.subject, (names or {}).get(weakness.subject, weakness.subject)}
    return any(
        one["control"] == weakness.control
        and one["status"] == "fail"
        and any(place in one["subject"] + one["message"] for place in places)
        for one in results
    )


def failing(results: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """The controls up to SL3 that fail, and where."""
    found = defaultdict(list)
    for one in results:
        if one["status"] == "fail" and one["level"] in UP_TO_SL3:
            found[one["control"]].append((one["subject"], one["message"]))
    return dict(found)
