"""What only the demonstration on Azure shows."""

from __future__ import annotations

import pytest
from audited import Audit

from weightguard import api
from weightguard.demo.azure.hardened import build
from weightguard.demo.azure.weaknesses import WEAKNESSES


@pytest.mark.slow
@pytest.mark.wire
def test_a_container_that_is_open_has_anonymous_readers(audit: Audit) -> None:
    folder, _ = audit("azure")
    evidence = api.load(folder / "snapshot")
    readers = api.who_can(evidence, "read", "https://auroraeval.blob.core.windows.net/probe").answers
    assert any(one.kind == "anonymous" and one.direct for one in readers)


def test_a_lab_is_built_anew_each_time() -> None:
    first = build()
    for weakness in WEAKNESSES:
        weakness.plant(first)
    assert build() == build() != first
