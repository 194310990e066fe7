"""An export of Azure is judged honestly: what its rows show decides, and what is not decided there passes nothing."""

from __future__ import annotations

from pathlib import Path

import azure_exports as az
from weightguard import api
from weightguard.controls.catalogue import load_catalogue
from weightguard.estate.fact import Reason

DISK = f"{az.GROUP}/providers/Microsoft.Compute/disks/d"
ENDPOINT = f"{az.GROUP}/providers/Microsoft.Network/privateEndpoints/p"
SETTING = f"{az.ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/s"


def evidence(folder: Path) -> api.Evidence:
    rows = [
        az.account(), az.row(DISK, "Microsoft.Compute/disks", properties={}),
        az.row(ENDPOINT, "Microsoft.Network/privateEndpoints", properties={"subnet": {"id": "/s"}}),
        az.row(f"{az.GROUP}/providers/Contoso.Lab/things/t", "Contoso.Lab/things"),
    ]  # fmt: skip
    arm = [
        az.container(),
        az.resource(SETTING, "Microsoft.Insights/diagnosticSettings", storageAccountId=az.ACCOUNT),
    ]
    return api.load(az.collected(az.Export(rows, arm), folder))


def test_nothing_passes_but_what_the_rows_show(tmp_path: Path) -> None:
    report = api.assess(evidence(tmp_path))
    passing = {result.control for result in report.results if result.status == "pass"}
    assert passing == {"WG-STO-01", "WG-STO-04"}, "public access and ACLs are settings of the account's row"


def test_every_control_that_names_azure_and_asks_facts_is_decided_there() -> None:
    controls = load_catalogue().controls
    assert [one.id for one in controls if "azure" in one.undecided_on] == []
    assert len([one for one in controls if "azure" in one.decided_on]) > 90


def test_the_same_export_gives_the_same_report(tmp_path: Path) -> None:
    found = evidence(tmp_path)
    assert api.assess(found) == api.assess(found)


def test_what_no_reader_knows_is_a_counted_gap(tmp_path: Path) -> None:
    estate = evidence(tmp_path).estate
    (gap,) = estate.resources_of("contoso-lab.things").gaps
    assert gap.reason is Reason.NOT_READ and gap.source.where.endswith("1 of things")


def test_disks_and_private_endpoints_are_there(tmp_path: Path) -> None:
    estate = evidence(tmp_path).estate
    assert [one.id for one in estate.disk_copies] == [DISK]
    assert [(one.id, one.network) for one in estate.endpoints] == [(ENDPOINT, "/s")]
