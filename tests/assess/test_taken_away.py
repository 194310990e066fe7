"""Whatever is taken away from a snapshot, no verdict turns towards pass, and no answer that became smaller stays complete.

Taken away: each operation, as if nobody had asked it and as if it had been refused; each region, account and service; the reader of
each kind of record. Every control is walked over the hardened laboratory with one of its own weaknesses in it, where there is
something to lose, and every question about every store.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from reference_lab import Laboratory
from reference_lab.weak import weak_laboratory
from taken_away import Held, alike
from weightguard.access.graph import build
from weightguard.access.model import AccessKind, WhoCan
from weightguard.assess.reach import Asked
from weightguard.collect.aws import operations
from weightguard.config import Config
from weightguard.controls.catalogue import load_catalogue
from weightguard.controls.engine import judge
from weightguard.controls.results import Result
from weightguard.controls.schema import Control
from weightguard.estate.aws.plan import PLAN
from weightguard.estate.fact import Reason
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import open_snapshot

SHIPPED = load_catalogue()
DECIDED = tuple(one for one in SHIPPED.controls if one.check is not None)
BETTER = ("pass", "not_applicable")
Verdicts = Mapping[tuple[str, str], Result]
Questions = Mapping[tuple[AccessKind, str], WhoCan]


@dataclass(frozen=True)
class Known:
    """A snapshot, and what was made of it before anything was taken away."""

    held: Held
    estate: Estate
    config: Config
    verdicts: Verdicts
    questions: Questions


FOLDER = TemporaryDirectory(prefix="weightguard-taken-away-")
NUMBERS = count()


def held(laboratory: Laboratory) -> tuple[Held, Config]:
    folder = Path(FOLDER.name) / str(next(NUMBERS))
    folder.mkdir()
    with open_snapshot(laboratory.write(folder / "snapshot")) as snapshot:
        return Held.of(snapshot), laboratory.config(folder / "documents")


def verdicts(estate: Estate, graph: Asked, config: Config, *controls: Control) -> Verdicts:
    """What bears on weights, by control and subject."""
    found = judge(replace(SHIPPED, controls=controls or DECIDED), estate, graph, config).results
    return {(one.control, one.subject): one for one in found if one.bears}


def questions(estate: Estate, graph: Asked) -> Questions:
    """Every question about every store."""
    return {
        (access, store.id): graph.who_can(access, store.id)
        for store in estate.stores
        for access in AccessKind
    }


def known(laboratory: Laboratory) -> Known:
    snapshot, config = held(laboratory)
    estate = read_estate([snapshot])  # type: ignore[list-item]
    graph = Asked(build(estate))
    return Known(snapshot, estate, config, verdicts(estate, graph, config), questions(estate, graph))


@cache
def hardened() -> Known:
    return known(Laboratory())


@cache
def weakened() -> Known:
    return known(weak_laboratory(DECIDED))


def better(before: Verdicts, after: Verdicts) -> list[str]:
    """The verdicts that turned towards pass, and those that went without an unknown of the same control in their place."""
    unknown = {control for (control, _), one in after.items() if one.status == "unknown"}
    wrong = []
    for (control, subject), one in before.items():
        now = after.get((control, subject))
        bad = one.status in ("fail", "unknown")
        if now is None:
            wrong += (
                [f"{control} on {subject}: {one.status} vanished"] if bad and control not in unknown else []
            )
        elif (bad and now.status in BETTER) or (one.status == "pass" and now.status == "not_applicable"):
            wrong.append(f"{control} on {subject}: {one.status} became {now.status}")
    return wrong


def smaller(before: Questions, graph: Asked) -> list[str]:
    """The answers that lost somebody and say that they are complete, and those that became complete by losing evidence."""
    wrong = []
    for (access, store), was in before.items():
        now = graph.who_can(access, store)
        lost = {one.principal for one in was.answers} - {one.principal for one in now.answers}
        if now.complete and (lost or not was.complete):
            wrong.append(f"{access} {store}: complete without {sorted(lost)[:3]}")
    return wrong


def wrong_without(before: Known, left: Mapping[str, Held]) -> list[str]:
    """What is claimed of what is left, and should not be: of each estate once that says anything else than those before it."""
    found: list[str] = []
    for how, estate in apart(before.estate, left):
        graph = Asked(build(estate))
        now = verdicts(estate, graph, before.config)
        wrong = [*better(before.verdicts, now), *smaller(before.questions, graph)]
        found += [f"{how}: {one}" for one in wrong]
    return found


def apart(whole: Estate, left: Mapping[str, Held]) -> Iterator[tuple[str, Estate]]:
    """What is left, without that which says the same as the whole or as what is left in another way."""
    seen = [whole]
    for how, held in left.items():
        estate = read_estate([held])  # type: ignore[list-item]
        if not any(alike(estate, other) for other in seen):
            seen.append(estate)
            yield how, estate


def without(whole: Held, operation: str) -> dict[str, Held]:
    """What is left where nobody asked, and where whoever asked was refused."""
    return {
        "not asked": whole.without_operation(operation),
        "refused": whole.without_operation(operation, denied=True),
    }


def take_aways(whole: Held) -> dict[str, Callable[[], Mapping[str, Held]]]:
    """What may be taken away, by name, and in which ways."""
    found: dict[str, Callable[[], Mapping[str, Held]]] = {}
    operations = sorted(DECLARED.intersection(whole.operations()))
    for name in operations:
        found[name] = partial(without, whole, name)
    for name in whole.regions():
        found[f"region {name}"] = lambda name=name: {"not read": whole.without_region(name)}  # type: ignore[misc]
    for name in whole.scopes:
        found[f"account {name}"] = lambda name=name: {"not read": whole.without_account(name)}  # type: ignore[misc]
    for name in sorted({one.partition(":")[0] for one in operations}):
        found[f"service {name}"] = lambda name=name: {"not known": whole.without_service(name)}  # type: ignore[misc]
    for name in whole.kinds():
        found[f"reader of {name}"] = lambda name=name: {"not there": whole.unreadable(name)}  # type: ignore[misc]
    return found


DECLARED = frozenset(operation.id for operation in operations())
"""What a collection asks; records of the laboratory that stand for what states and exports tell besides are not taken away."""
FAST = (
    "organizations:ListPolicies",
    "iam:GetAccountAuthorizationDetails",
    "s3:ListObjectsV2",
    "region us-east-1",
    "account aws/222222222222",
    "reader of iam.role",
)
NAMES = [*take_aways(held(Laboratory())[0])]


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_nothing_that_is_taken_away_from_the_hardened_laboratory_is_taken_for_good(name: str) -> None:
    assert wrong_without(hardened(), take_aways(hardened().held)[name]()) == []


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_nothing_that_is_taken_away_from_a_weak_laboratory_hides_a_weakness(name: str) -> None:
    before = weakened()
    taken = take_aways(before.held)
    if name not in taken:
        pytest.skip("a weakness took it away already")
    assert wrong_without(before, taken[name]()) == []


@pytest.mark.parametrize(
    ("services", "status"),
    [(["ec2.amazonaws.com"], "pass"), (["ec2.amazonaws.com", "bedrock-agentcore.amazonaws.com"], "unknown")],
)
def test_a_sandbox_that_no_collection_lists_may_run_as_any_reader_that_its_service_may_take(
    services: list[str], status: str
) -> None:
    """The role is seen; the sandbox itself only where a state or an export tells of it."""
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    role = "iam.role arn:aws:iam::333333333333:role/InferenceNode"
    change = {"record": role, "data": {"AssumeRolePolicyDocument": {"Statement": [trusted]}}}
    whole, config = held(Laboratory().change([change]))
    left = read_estate([whole.without_service("bedrock-agentcore-control")])  # type: ignore[list-item]
    found = verdicts(left, Asked(build(left)), config, SHIPPED.by_id["WG-IFC-05"])
    assert found["WG-IFC-05", "arn:aws:s3:::atlas-release"].status == status


def test_the_weak_laboratory_has_something_to_lose() -> None:
    failing = {control for (control, _), one in weakened().verdicts.items() if one.status == "fail"}
    assert len(failing) > 60
    assert sum(one.complete for one in hardened().questions.values()) == len(hardened().questions)


@pytest.mark.slow
@pytest.mark.parametrize("control", [one.id for one in DECIDED if one.examples.on("aws").fail])
def test_no_failure_of_a_control_is_cured_by_not_asking_for_its_evidence(control: str) -> None:
    """Every operation of the laboratory, for the control's own weaknesses."""
    judged = SHIPPED.by_id[control]
    for example in judged.examples.on("aws").fail:
        laboratory = Laboratory().change(example.change).configure(example.configuration)
        whole, config = held(laboratory)
        estate = read_estate([whole])  # type: ignore[list-item]
        before = verdicts(estate, Asked(build(estate)), config, judged)
        assert any(one.status == "fail" for one in before.values())
        for operation in sorted({*judged.evidence.aws} & {*whole.operations()}):
            for how, left in apart(estate, without(whole, operation)):
                now = verdicts(left, Asked(build(left)), config, judged)
                assert better(before, now) == [], f"{operation} {how}"


def test_every_listing_of_the_plan_feeds_something() -> None:
    from weightguard.estate.aws.listings import feeds

    assert [listing.operation for listing in PLAN if not feeds(listing.operation)] == []


@pytest.mark.parametrize("listing", [one.operation for one in PLAN])
def test_a_listing_of_the_plan_that_nobody_asked_is_a_gap_of_what_it_feeds(listing: str) -> None:
    """Also where nothing of its kind was there: an empty answer needs a question."""
    from weightguard.estate.aws.listings import feeds

    left = read_estate([hardened().held.without_operation(listing)])  # type: ignore[list-item]
    for name in feeds(listing):
        if name == "access_points":
            gaps = [gap for store in left.stores for gap in store.access_points.gaps]
        else:
            collection = left.resources_of(name) if "." in name else getattr(left, name)
            gaps = list(collection.gaps)
        expected = listing in {one.operation for one in PLAN if not one.trusted and not one.within}
        found = [gap for gap in gaps if gap.source.call == listing and gap.reason is Reason.NOT_COLLECTED]
        assert found or not expected, name
