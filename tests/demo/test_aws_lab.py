"""What only the demonstration on AWS shows."""

from __future__ import annotations

import json

import pytest
from audited import Audit

from weightguard.assess.serialise import from_json
from weightguard.assess.status import ending
from weightguard.demo.aws.lab import Lab
from weightguard.errors import InputError


@pytest.mark.slow
@pytest.mark.wire
def test_the_hardened_twin_is_judged_whole(audit: Audit) -> None:
    _, hardened = audit("aws", "--hardened")
    made = from_json(json.dumps(hardened).encode())
    assert made.coverage.gaps == ()
    assert ending(made).status == 0
    assert ending(made, target_level="SL1").status == 3  # nobody has attested anything
    assert made.summary.level_by_evidence == "SL3"


@pytest.mark.slow
@pytest.mark.wire
def test_nobody_but_declared_readers_reads(audit: Audit) -> None:
    _, weak = audit("aws")
    made = from_json(json.dumps(weak).encode())
    undeclared = [one for one in made.results if one.control == "WG-IAM-21" and one.status == "fail"]
    assert any("role/NightlyReports" in one.message and "user/dana" in one.message for one in undeclared)


def test_the_lab_refuses_any_address_but_loopback() -> None:
    with pytest.raises(InputError, match="loopback"):
        Lab("https://s3.amazonaws.com")
