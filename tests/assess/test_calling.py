"""Whom a sentence names is called by the name that people know too, where the id alone tells it to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_lab import Laboratory
from reference_lab.azure import AzureLaboratory
from reference_lab.azure.names import MEMBERS
from weightguard import api
from weightguard.assess.calling import calling
from weightguard.controls.said import Ref

GUEST = f"azure:{MEMBERS['guest']}"


@pytest.mark.parametrize("name", ["Dr. Ito", "{0} {who} \x1b[31m"])
def test_a_guest_is_called_by_name_and_id(tmp_path: Path, name: str) -> None:
    lab = AzureLaboratory()
    lab.change(
        [
            {"named": "guest"},
            {
                "named": "assigned",
                "who": "guest",
                "role": "Storage Blob Data Reader",
                "on": "container atlasazrelease/models",
            },
        ]
    )
    for one in lab.pages["users"]:
        if one["id"] == MEMBERS["guest"]:
            one["displayName"] = name
    report = api.assess(api.load(lab.write(tmp_path / "snapshot")))
    (found,) = [one for one in report.results if one.control == "WG-STO-16" and one.status == "fail"]
    assert found.message == f"outsiders are let in: {name} ({GUEST}) may read"


def test_an_id_that_holds_the_name_stands_alone(tmp_path: Path) -> None:
    estate = api.load(Laboratory().write(tmp_path / "snapshot")).estate
    called = calling(estate)
    roles = [one.id for one in estate.principals if one.id.startswith("arn:aws:iam:")]
    assert roles and [called(Ref(one)) for one in roles] == roles
    assert called(Ref("somebody else")) == "somebody else"
