"""What only the demonstration on Google Cloud shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from audited import Audit

from weightguard import api
from weightguard.demo.gcp.hardened import build
from weightguard.demo.gcp.running import credentials, lab
from weightguard.demo.gcp.server import serving
from weightguard.demo.gcp.tree import cloud
from weightguard.demo.gcp.weaknesses import WEAKNESSES
from weightguard.sources import GcpSource


@pytest.mark.slow
@pytest.mark.wire
def test_a_group_in_a_group_lets_a_partner_in(audit: Audit) -> None:
    folder, _ = audit("gcp")
    readers = api.who_can(api.load(folder / "snapshot"), "read", "gs://aurora-release").answers
    assert any(one.principal == "user:eve@partner.example" and one.direct for one in readers)


@pytest.mark.wire
@pytest.mark.parametrize("planted", [(), WEAKNESSES], ids=["hardened", "weak"])
def test_google_s_own_descriptions_know_what_is_asked_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: Any
) -> None:
    world = cloud(lab(planted))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with serving(world) as url:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials(tmp_path, url)))
        api.collect(tmp_path / "snapshot", {"gcp": GcpSource(endpoint_url=url, organization="480100")})
    assert world.asked
    assert not world.odd, world.odd


def test_a_lab_is_built_anew_each_time() -> None:
    assert build() == build() != lab(WEAKNESSES)
