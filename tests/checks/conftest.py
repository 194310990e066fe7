"""A laboratory is written, opened, read and judged: checks see what they would see of a real estate."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import AnyLaboratory, Judge, judge_in

from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.results import Judgement


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def judged(catalogue: Catalogue, tmp_path: Path) -> Judge:
    """Judges a laboratory by the whole catalogue, or by the controls that are named."""

    def judge_it(laboratory: AnyLaboratory, *controls: str) -> Judgement:
        return judge_in(catalogue, laboratory, tmp_path, *controls)

    return judge_it
