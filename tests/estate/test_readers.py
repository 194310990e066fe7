"""Which provider's scopes are read by whom: what nobody reads is a gap in everything, and shares of several become one estate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pytest
from estates import BUCKET, call, estate, record

from weightguard.estate import providers
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.share import LeftBehind, ScopeInput, Share
from weightguard.snapshot import Record

GCP, AZURE = "gcp/project-1", "azure/00000000-0000-0000-0000-000000000001"


def bucket(name: str = BUCKET.rpartition(":")[2]) -> Record:
    """A bucket of which nothing else was read."""
    return record("s3.bucket", f"arn:aws:s3:::{name}", {"Name": name})


def _unread(found: object) -> dict[str, set[str]]:
    """Collection -> the scopes that nobody read."""
    return {
        one.name: {gap.source.where for gap in value.gaps if gap.reason is Reason.NOT_READ}
        for one in fields(found)  # type: ignore[arg-type]
        if isinstance(value := getattr(found, one.name), Collection)
    }


@pytest.fixture
def aws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that reads AWS alone."""
    monkeypatch.setattr(providers, "_READERS", {"aws": providers._READERS["aws"]})


@pytest.mark.usefixtures("aws_alone")
@pytest.mark.parametrize("scopes", [(GCP,), (AZURE,), (GCP, AZURE)])
def test_a_scope_of_a_provider_without_a_reader_leaves_a_gap_in_everything(scopes: tuple[str, ...]) -> None:
    alone = [record("storage.bucket", "weights", scope=scope, region=None) for scope in scopes]
    for found in (estate(*alone, complete=False), estate(bucket(), *alone)):
        assert len(_unread(found)) >= 12
        assert all(told == set(scopes) for told in _unread(found).values()), _unread(found)
    assert [store.id for store in estate(bucket(), *alone).stores] == [BUCKET]


@pytest.mark.usefixtures("aws_alone")
def test_a_scope_that_left_no_record_is_a_gap_all_the_same() -> None:
    found = estate(bucket(), calls=[call("storage", "buckets.list", "denied", scope=GCP)])
    assert all(GCP in told for told in _unread(found).values())


def test_only_aws_leaves_no_such_gap() -> None:
    assert not any(_unread(estate(bucket())).values())


def test_a_reader_is_a_line_in_the_table_and_shares_become_one_estate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = Unknown(Reason.DENIED, Source.asked("gcp", "project-1", "storage", "buckets.list"))
    asked: list[str] = []

    def read(scopes: Sequence[ScopeInput], left_behind: LeftBehind) -> Share:
        asked.extend(given.name for given in scopes)
        share = estate(bucket("alpha"))
        (store,) = share.stores
        return Share({"stores": Collection((store,), (refused,))}, {"toy.thing": Collection()})

    table = {**providers._READERS, "gcp": lambda: read}
    monkeypatch.setattr(providers, "_READERS", table)
    mine = bucket()
    found = estate(mine, record("storage.bucket", "alpha", scope=GCP, region=None))
    assert asked == [GCP]
    assert [store.id for store in found.stores] == sorted([BUCKET, "arn:aws:s3:::alpha"])
    assert found.stores.gaps == (refused,)
    assert "toy.thing" in found.resources
    assert len(found.resources) > 1, "those of AWS stand beside it"
    assert not any(_unread(found).values())
