"""Whatever could not be read, no verdict gets better and none vanishes: every fact, every listing and every
operation in turn.

Through a real snapshot of the reference laboratory, which is changed, written, read back and judged by the
whole catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest

from reference_lab import Laboratory
from weightguard.access.graph import build
from weightguard.assess.assessment import assess, provenance
from weightguard.assess.model import Report
from weightguard.assess.serialise import to_json
from weightguard.assess.status import exit_status
from weightguard.config import Config
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.engine import judge
from weightguard.controls.results import Result
from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import open_snapshot

SHIPPED = load_catalogue()
AUTOMATED = replace(SHIPPED, controls=tuple(one for one in SHIPPED.controls if one.mode != "attested"))
Verdicts = dict[tuple[str, str], Result]


def read(laboratory: Laboratory, folder: Path) -> tuple[Estate, Config]:
    with open_snapshot(laboratory.write(folder / "snapshot")) as snapshot:
        return read_estate([snapshot]), laboratory.config(folder / "documents")


def verdicts(estate: Estate, config: Config) -> Verdicts:
    found = judge(AUTOMATED, estate, build(estate), config).results
    return {(one.control, one.subject): one for one in found if one.bears}


def worse(before: Verdicts, after: Verdicts) -> list[str]:
    """What got better, or vanished without an unknown verdict of the same control, though less was known."""
    unknown = {control for (control, _), one in after.items() if one.status == "unknown"}
    wrong = []
    for (control, subject), one in before.items():
        now = after.get((control, subject))
        if now is None:
            wrong += [] if control in unknown else [f"{control} on {subject}: {one.status} vanished"]
        elif one.status in ("fail", "unknown") and now.status in ("pass", "not_applicable"):
            wrong.append(f"{control} on {subject}: {one.status} became {now.status}")
        elif one.status == "pass" and now.status == "not_applicable":
            wrong.append(f"{control} on {subject}: pass became not_applicable")
    return wrong


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> tuple[Estate, Config, Verdicts]:
    estate, config = read(Laboratory(), tmp_path_factory.mktemp("laboratory"))
    return estate, config, verdicts(estate, config)


def facts(estate: Estate) -> Iterator[tuple[str, str]]:
    """Every kind of things, and each of its attributes that may be unknown."""
    for kind in fields(estate):
        collection = getattr(estate, kind.name)
        if isinstance(collection, Collection) and collection.items:
            for attribute in fields(collection.items[0]):
                if isinstance(getattr(collection.items[0], attribute.name), (Known, Unknown)):
                    yield kind.name, attribute.name


def unread(estate: Estate, kind: str, attribute: str) -> Estate:
    """The estate with one attribute of all things of a kind refused."""
    collection = getattr(estate, kind)
    source = Source.asked("aws", "222222222222", "x", attribute)
    refused = Unknown(Reason.DENIED, source, "AccessDenied")
    items = tuple(replace(one, **{attribute: refused}) for one in collection.items)
    return replace(estate, **{kind: replace(collection, items=items)})


def unread_listings(estate: Estate) -> Iterator[tuple[str, Estate]]:
    """The estate with one listing refused in every account; objects that nobody listed leave their store's
    contents unknown.
    """
    for kind in fields(estate):
        collection = getattr(estate, kind.name)
        if isinstance(collection, Collection):
            # A check may know which service would have listed what it asks for: the gap is of that service.
            services = sorted({getattr(one, "service", "x") for one in collection.items} or {"x"})
            gaps = tuple(
                Unknown(
                    Reason.DENIED, Source.asked("aws", one.id, service, f"List{kind.name}"), "AccessDenied"
                )
                for service in services
                for one in estate.accounts
            )
            yield kind.name, replace(estate, **{kind.name: Collection((), gaps)})
    for store in estate.stores:
        source = Source.asked("aws", store.account, "s3", "ListObjectsV2", store.id)
        refused = Unknown(Reason.DENIED, source, "AccessDenied")
        stores = tuple(replace(one, contents=refused) if one.id == store.id else one for one in estate.stores)
        sets = tuple(one for one in estate.weight_sets if one.store != store.id)
        yield (
            f"objects of {store.name}",
            replace(estate, stores=Collection(stores), weight_sets=Collection(sets, (refused,))),
        )


KINDS = (
    "accounts", "containers", "disk_copies", "endpoints", "federated_providers", "keys", "principals", "secrets", "stores",
    "trails", "workloads",
)  # fmt: skip


@pytest.mark.slow
def test_every_kind_of_things_has_its_turn(laboratory: tuple[Estate, Config, Verdicts]) -> None:
    found = list(facts(laboratory[0]))
    assert {kind for kind, _ in found} == {*KINDS}
    assert len(found) > 50


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_fact_that_is_missing_improves_a_verdict(
    kind: str, laboratory: tuple[Estate, Config, Verdicts]
) -> None:
    estate, config, before = laboratory
    attributes = [attribute for name, attribute in facts(estate) if name == kind]
    wrong = {name: worse(before, verdicts(unread(estate, kind, name), config)) for name in attributes}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.slow
def test_no_listing_that_is_refused_improves_a_verdict(laboratory: tuple[Estate, Config, Verdicts]) -> None:
    estate, config, before = laboratory
    wrong = {name: worse(before, verdicts(changed, config)) for name, changed in unread_listings(estate)}
    assert len(wrong) > 15
    assert {name: found for name, found in wrong.items() if found} == {}


def operations() -> list[str]:
    """Every operation behind the laboratory's records."""
    found: set[str] = set()
    for one in Laboratory().records:
        found.update(f"{one['service']}:{name}" for name in (one["operation"], *one["reads"]))
    return sorted(found)


def assessed(catalogue: Catalogue, laboratory: Laboratory, folder: Path) -> Report:
    with open_snapshot(laboratory.write(folder / "snapshot")) as snapshot:
        estate, source = read_estate([snapshot]), provenance([snapshot])
        return assess(
            estate, build(estate), catalogue, laboratory.config(folder / "documents"), source=source
        )


def decided(report: Report) -> Mapping[str, set[str]]:
    statuses: dict[str, set[str]] = {}
    for one in report.results:
        statuses.setdefault(one.control, set()).add(one.status)
    return statuses


@pytest.fixture(scope="module")
def was(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    return decided(assessed(AUTOMATED, Laboratory(), tmp_path_factory.mktemp("whole")))


@pytest.mark.slow
@pytest.mark.parametrize("operation", operations())
def test_a_denied_operation_is_named_with_every_control_that_it_cost(
    tmp_path: Path, was: Mapping[str, set[str]], operation: str
) -> None:
    denied = assessed(AUTOMATED, Laboratory().deny([operation]), tmp_path)
    named = {
        control
        for gap in denied.coverage.gaps
        if f"{gap.service}:{gap.operation}" == operation
        for control in gap.controls
    }
    now = decided(denied)
    named |= {control for limit in denied.limits if limit.in_play for control in limit.controls}
    lost = {control for control, found in now.items() if "unknown" in found - was.get(control, set())}
    assert lost <= named
    # Evidence that is missing for nothing that would fail a run by default ends none; asked for everything, it does.
    target = denied.summary.target_level
    below = [SHIPPED.by_id[control] for control in lost if SHIPPED.by_id[control].level <= target]
    if any(control.severity in ("critical", "high") for control in below):
        assert exit_status(denied) in (3, 4)
    if below:
        assert exit_status(denied, fail_on="low") in (3, 4)
    assert now.keys() >= was.keys()


def test_two_runs_on_the_same_snapshot_agree_byte_for_byte(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    assert to_json(assessed(SHIPPED, Laboratory(), first)) == to_json(assessed(SHIPPED, Laboratory(), second))


def test_the_hardened_laboratory_holds_all_that_facts_decide_up_to_sl3(tmp_path: Path) -> None:
    made = assessed(SHIPPED, Laboratory(), tmp_path)
    failing = sorted({one.control for one in made.results if one.status == "fail" and one.level <= "SL3"})
    assert failing == []
    assert made.summary.level_by_evidence == "SL3"
    assert made.summary.level_reached == "SL0"  # nobody has attested anything
    assert exit_status(made, fail_on="critical") in (0, 3)
