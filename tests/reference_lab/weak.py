"""The laboratory with as many weaknesses as bear each other: something to lose, or to miss, for most controls at once."""

from __future__ import annotations

from collections.abc import Iterable

from reference_lab.laboratory import Laboratory
from weightguard.controls.schema import Control, Example


def weak_laboratory(controls: Iterable[Control]) -> Laboratory:
    """With the first failing example of each control, where an earlier one did not take away what it changes."""
    laboratory = Laboratory()
    for control in controls:
        for example in control.examples.on("aws").fail[:1]:
            if not example.configuration:
                _try(laboratory, example)
    return laboratory


def _try(laboratory: Laboratory, example: Example) -> None:
    try:
        laboratory.change(example.change)
    except LookupError:
        return
