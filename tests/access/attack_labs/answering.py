"""From labs to answers, through the public API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from attack_labs.lab import HOME, Lab
from weightguard.api import collect_terraform, load, who_can

START = f"arn:aws:iam::{HOME}:user/starting-user"


def snapshot(folder: Path, labs: Iterable[Lab]) -> Path:
    """The labs' states as one snapshot."""
    return collect_terraform(folder / "snapshot", [lab.write(folder) for lab in labs])


def answers(folder: Path, *labs: Lab, store: str | None = None, everybody: bool = False) -> dict[str, str]:
    """Principals that read the first lab's weights, each with its certainty.

    No bystander is ever among them, unless the lab lets `everybody` in.
    """
    evidence = load(snapshot(folder, labs))
    found = who_can(evidence, "read", store or labs[0].weights).answers
    for lab in () if everybody else labs:
        assert lab.iam("user/bystander") not in {one.principal for one in found}
    return {one.principal: one.certainty for one in found}


def started(folder: Path, labs: Mapping[str, Lab]) -> list[str]:
    """Those of many labs, each an account of its own in one snapshot, whose start reads its weights."""
    evidence = load(snapshot(folder, labs.values()))
    found = {
        name: {one.principal for one in who_can(evidence, "read", lab.weights).answers}
        for name, lab in labs.items()
    }
    return [name for name, lab in labs.items() if lab.iam("user/starting-user") in found[name]]
