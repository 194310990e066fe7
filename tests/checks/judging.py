"""From a laboratory to a judgement, the whole way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from reference_lab import Laboratory
from reference_lab.azure import AzureLaboratory
from reference_lab.google import GoogleLaboratory
from weightguard.access.graph import build
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.engine import judge
from weightguard.controls.results import Judgement
from weightguard.estate.read import read_estate
from weightguard.snapshot import open_snapshot

AnyLaboratory = Laboratory | GoogleLaboratory | AzureLaboratory


class Judge(Protocol):
    """Judges a laboratory by the whole catalogue, or by the controls that are named."""

    def __call__(self, laboratory: AnyLaboratory, *controls: str) -> Judgement: ...


def judge_in(catalogue: Catalogue, laboratory: AnyLaboratory, folder: Path, *controls: str) -> Judgement:
    """Writes the laboratory into `folder` as a snapshot, and judges what is read back."""
    with open_snapshot(laboratory.write(folder / "snapshot")) as snapshot:
        estate = read_estate([snapshot])
    wanted = tuple(one for one in catalogue.controls if not controls or one.id in controls)
    return judge(
        replace(catalogue, controls=wanted), estate, build(estate), laboratory.config(folder / "documents")
    )
