"""What the collector asks is what the estate's reader expects to have been asked: two tables, held against each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from weightguard.collect.aws import plan as collecting
from weightguard.collect.aws.permissions import operations
from weightguard.collect.aws.resource import Resource
from weightguard.collect.aws.services import eks
from weightguard.estate.aws.plan import PLAN, READS, Where, any_trusted
from weightguard.estate.aws.resources import is_known

EXPECTED = {listing.operation: listing for listing in PLAN}
PARTS = [
    *((part, Where.REGIONS) for part in (*collecting.EVERYWHERE, *collecting.BY_ROLE)),
    *((part, Where.IN_USE) for part in collecting.IN_USE if part.name != "defaults"),
]


@pytest.mark.parametrize(("part", "where"), PARTS, ids=lambda one: getattr(one, "name", ""))
def test_every_part_that_is_collected_is_expected_under_the_same_condition(
    part: collecting.Part, where: Where
) -> None:
    listing = EXPECTED[part.operation.id]
    assert (listing.where, listing.trusted) == (where, part.trusted)


def test_nothing_is_expected_that_the_collector_cannot_ask() -> None:
    assert sorted(EXPECTED.keys() - {operation.id for operation in operations()}) == []


def declared() -> Iterator[Resource]:
    """The kinds of resources that parts read by table."""
    for part, _ in PARTS:
        for given in getattr(part.read, "args", ()):
            yield from (one for one in given if isinstance(one, Resource))
    yield from (eks._CLUSTERS, *eks._INSIDE)


KINDS_OF_THEIR_OWN = frozenset({"ec2.snapshot", "ec2.image", "secretsmanager.secret"})
"""Each of their facts names the read that tells it."""


def test_the_reads_that_are_made_for_a_thing_are_expected_of_it() -> None:
    found = {one.kind: tuple(read.operation.name for read in one.reads) for one in declared() if one.reads}
    assert len(found) > 12
    assert {kind: reads for kind, reads in found.items() if kind not in KINDS_OF_THEIR_OWN} == {
        kind: READS.get(kind) for kind in found if kind not in KINDS_OF_THEIR_OWN
    }


def test_every_kind_that_is_collected_has_a_reader() -> None:
    assert [one.kind for one in declared() if not is_known(one.kind)] == []


@pytest.mark.parametrize(
    ("services", "names"),
    [(("eks",), {"pods.eks"}), (("ecs-tasks", "ecs"), {"ecs"}), (("glue",), {"gluelike"})],
)
def test_trust_is_read_alike_on_both_sides(services: tuple[str, ...], names: set[str]) -> None:
    from weightguard.collect.aws.trust import Trusted

    assert any_trusted(services, names) is Trusted(names=names).any_of(services)
