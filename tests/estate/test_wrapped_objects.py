"""How listed objects are encrypted, run by run."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest

from weightguard.estate import contents
from weightguard.estate.model import LAST_CHARACTER, Wrapped


def runs(*batches: list[tuple[str, str, str | None, str | None]]) -> dict[str, list[tuple[Any, ...]]]:
    stores: dict[str, contents._Tally] = defaultdict(contents._Tally)
    for batch in batches:
        columns = list(zip(*batch, strict=True)) or [(), (), (), ()]
        names = ("store", "key", "encryption", "kms_key")
        table = pa.table(
            {name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
        )
        contents._add_runs(stores, table)
    return {
        store: [(run.first, run.last, run.key) for run in tally.contents().wrapped]
        for store, tally in stores.items()
    }


def test_objects_alike_are_one_run_also_over_batches() -> None:
    first = [("s", "a", "aws:kms", "k1"), ("s", "b", "aws:kms", "k1"), ("s", "c", "aws:kms", "k2")]
    second = [("s", "d", "aws:kms", "k2"), ("t", "a", "aws:kms", "k2")]
    assert runs(first, [], second) == {"s": [("a", "b", "k1"), ("c", "d", "k2")], "t": [("a", "a", "k2")]}


def test_what_the_listing_says_of_encryption() -> None:
    said = [
        ("s", "a", None, None),
        ("s", "b", "AES256", None),
        ("s", "c", "aws:kms", None),
        ("s", "d", "aws:kms:dsse", "k"),
        ("s", "e", None, "k"),
    ]
    assert runs(said) == {
        "s": [("a", "a", None), ("b", "b", ""), ("c", "c", "alias/aws/s3"), ("d", "e", "k")]
    }


def test_a_run_that_is_out_of_order_spans_its_names() -> None:
    assert runs([("s", "z", None, "k"), ("s", "b", None, "k"), ("s", "m", None, "k")]) == {
        "s": [("b", "z", "k")]
    }


def test_very_many_runs_are_told_apart_by_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_MOST_RUNS", 3)
    rows = [("s", f"o{number}", None, f"k{number % 2}") for number in range(9)]
    found = runs(rows)["s"]
    assert {key for _, _, key in found} == {"k0", "k1"}
    assert len(found) <= 4
    tally = contents._Tally()
    for number in range(9):
        tally.add_run(f"o{number}", f"o{number}", f"k{number % 2}")
    assert Wrapped("", LAST_CHARACTER, "k0") in tally.runs or Wrapped("", LAST_CHARACTER, "k1") in tally.runs
