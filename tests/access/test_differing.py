"""Accounts whose principals all differ: what is worked out only where it is worth something leaves nobody out.

On small accounts every change that anybody may make to anybody, worth something or not, is worked out too, and must find the same.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from small_estates import STORE, allow, arn, deny, estate, group, role, store, trusting, user

from weightguard.access import AccessKind, Answer, build
from weightguard.access.graph import AccessGraph
from weightguard.access.links import Reached
from weightguard.access.provider import Wanted
from weightguard.collect.exports.aws.gaad import collect
from weightguard.estate.fact import Collection
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.snapshot import SnapshotWriter, open_snapshot

_GENERATOR = Path(__file__).parents[2] / "benchmarks" / "differing.py"
READS = allow("s3:GetObject", f"{STORE}/*")


@pytest.fixture(scope="module")
def differing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("differing", _GENERATOR)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["differing"] = module
    spec.loader.exec_module(module)
    return module


def of(generator: ModuleType, principals: int, seed: int, folder: Path) -> Estate:
    details = folder / "details.json"
    details.write_text(json.dumps(generator.account(principals, seed)), encoding="utf-8")
    with SnapshotWriter.create(folder / "snapshot", "test") as writer:
        collect([details], writer)
        writer.seal()
    read = read_estate([open_snapshot(folder / "snapshot")])
    held = store(generator.STORE, account=generator.ACCOUNT)
    return replace(read, stores=Collection((held,)))


def exhaustive(things: Estate) -> AccessGraph:
    """A graph in which every change was worked out, whatever it is worth."""
    graph = AccessGraph(things)
    wanted = Wanted(Reached({}, frozenset()), opened=True)
    assert graph.graph.into
    while any(port.links(wanted) for port in graph.ports):
        pass
    return graph


def told(answers: tuple[Answer, ...]) -> set[tuple[str, str, str, bool]]:
    return {(one.principal, one.kind, one.certainty, one.direct) for one in answers}


@pytest.mark.parametrize("seed", range(6))
def test_the_answers_are_those_of_trying_every_change(
    differing: ModuleType, seed: int, tmp_path: Path
) -> None:
    things = of(differing, 25, seed, tmp_path)
    everything = exhaustive(things)
    for access in AccessKind:
        found = build(things).who_can(access, differing.STORE)
        assert told(found.answers) == told(everything.who_can(access, differing.STORE).answers)
        for answer in found.answers:
            assert answer.path[0].origin == answer.principal


def test_one_group_is_joined_that_leads_there_and_no_other() -> None:
    """Of many groups the way names the one that it needs; a group that denies what another gives is left alone."""
    groups = [group(f"team-{number}", allow("sqs:SendMessage")) for number in range(12)]
    readers = group("readers", READS)
    against = group("against", deny("s3:*"))
    me = user("me", allow("iam:AddUserToGroup"))
    (answer,) = build(estate(me, *groups, readers, against, store())).who_can(AccessKind.READ, STORE).answers
    assert [(hop.how, hop.target) for hop in answer.path] == [
        ("iam:AddUserToGroup", arn("group", "readers")),
        ("s3:GetObject", STORE),
    ]


def test_groups_that_are_needed_together_are_joined_together() -> None:
    opener = group("openers", allow("iam:PassRole"))
    runner = group("runners", allow(["lambda:CreateFunction", "lambda:InvokeFunction"]))
    worker = role("worker", READS, trust=trusting({"Service": "lambda.amazonaws.com"}))
    me = user("me", allow("iam:AddUserToGroup"))
    things = (me, opener, runner, worker, store())
    found = {one.principal: one for one in build(estate(*things)).who_can(AccessKind.READ, STORE).answers}
    assert [hop.target for hop in found[me.id].path][:2] == [opener.id, runner.id]
    for missing in (opener, runner):
        left = [one for one in things if one is not missing]
        assert me.id not in {
            one.principal for one in build(estate(*left)).who_can(AccessKind.READ, STORE).answers
        }


def test_a_group_that_gives_and_denies_is_joined_where_what_it_denies_does_not_matter() -> None:
    me = user("me", allow("iam:AddUserToGroup"))
    both = group("both", READS, deny("sqs:*"))
    assert build(estate(me, both, store())).who_can(AccessKind.READ, STORE).answers
    stopped = group("both", READS, deny("s3:*"))
    assert not build(estate(me, stopped, store())).who_can(AccessKind.READ, STORE).answers


def test_a_role_that_a_policy_spells_out_is_decided_apart_from_those_like_it() -> None:
    """One policy lets its bearer assume any role, but denies one; another one names that very role."""
    mine = trusting("arn:aws:iam::111111111111:root")
    roles = [role(f"reader-{number}", READS, trust=mine) for number in range(3)]
    kept = roles[1].id
    wide = user("wide", allow("sts:AssumeRole"), deny("sts:AssumeRole", kept))
    narrow = user("narrow", allow("sts:AssumeRole", kept))
    graph = build(estate(wide, narrow, *roles, store()))
    ends = {path[-1].origin for path in graph.paths(wide.id, STORE)}
    assert ends == {roles[0].id, roles[2].id}
    assert {path[-1].origin for path in graph.paths(narrow.id, STORE)} == {kept}


def test_every_shortest_way_is_listed_those_that_begin_with_a_change_too() -> None:
    """Whoever reads by a role it assumes may as well attach a policy to itself: both ways take two hops."""
    reader = role("reader", READS, trust=trusting(arn("user", "me")))
    me = user("me", allow("iam:AttachUserPolicy"))
    found = {path[0].how for path in build(estate(me, reader, store())).paths(me.id, STORE)}
    assert found == {"sts:AssumeRole", "iam:AttachUserPolicy"}


def test_what_a_principal_reaches_counts_changes_of_others_though_it_reaches_the_store_anyhow() -> None:
    other = user("other")
    me = user("me", READS, allow(["iam:PutUserPolicy", "iam:CreateAccessKey"], other.id))
    far = role("far", trust=trusting(other.id))
    graph = build(estate(me, other, far, store()))
    assert {other.id, far.id, STORE} <= set(graph.blast_radius(me.id))
