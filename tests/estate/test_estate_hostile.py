"""A snapshot may come from anybody: whatever JSON its records hold, the estate reads it without an exception."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from estates import ACCOUNT, call, estate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_estate_accounts import instance, organisation, policy, report, role, user
from test_estate_facts import account, bucket, key, point, trail

from weightguard.estate.aws.copies import COPIES, SECRETS
from weightguard.estate.aws.resources import ELSEWHERE, KINDS
from weightguard.estate.aws.workload_kinds import KINDS as WORKLOADS
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Estate
from weightguard.snapshot.model import Record

MODEST = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ODD = JSON | st.sampled_from(
    [{"redacted": True, "bytes": 3}, "%7B", "{", "[]", '"x"', {"Statement": None}, ["arn:aws:iam::1:role/x"]]
)
ALL_KINDS = sorted({*ELSEWHERE, *KINDS, *WORKLOADS, *COPIES, *SECRETS, "lambda.unheard_of", "odd"})
OPERATIONS = sorted(
    {
        operation
        for made in (bucket(), key(), trail(), point(), account(), *organisation())
        for operation in made.reads
    }
    | {
        "DescribeSnapshotAttribute",
        "GetPolicy",
        "ListFunctionUrlConfigs",
        "ListAccessKeys",
        "GetAccountSummary",
        "GetResourcePolicy",
    }
)
READ = st.fixed_dictionaries(
    {"outcome": st.sampled_from(["ok", "absent", "denied", "throttled", "failed", "skipped"])},
    optional={"data": ODD, "code": ODD, "why": ODD},
)
MADE = [
    bucket(),
    key(),
    trail(),
    point(),
    account(),
    policy(),
    role(),
    user(),
    report(),
    instance(),
    *organisation(),
]


@MODEST
@given(
    st.lists(
        st.builds(
            lambda kind, data, reads, region: Record(
                f"aws/{ACCOUNT}",
                kind.partition(".")[0],
                kind,
                f"id-{kind}",
                region,
                "List",
                data,
                reads,
                "records/x:1",
            ),
            st.sampled_from(ALL_KINDS),
            ODD,
            st.dictionaries(st.sampled_from(OPERATIONS), READ, max_size=3),
            st.none() | st.text(max_size=5),
        ),
        max_size=6,
    )
)
def test_any_json_in_any_record_gives_an_estate(records: list[Record]) -> None:
    check(estate(*records))


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in entries:
        yield from _paths(inner, (*at, name))


def _replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    value = copy.deepcopy(value)
    place = value
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = odd
    return value


@MODEST
@given(st.data())
def test_one_odd_value_anywhere_in_a_sound_record_gives_an_estate(data: st.DataObject) -> None:
    """Sound records reach deep into the readers; the odd value lands there."""
    at = data.draw(st.integers(0, len(MADE) - 1))
    made = MADE[at]
    body = json.loads(json.dumps({"data": made.data, "reads": dict(made.reads)}))
    places = [
        path
        for path in _paths(body)
        if path and path != ("reads",) and not (len(path) == 2 and path[0] == "reads")
    ]
    path = data.draw(st.sampled_from(places))
    odd = _replaced(body, path, data.draw(ODD))
    changed = Record(
        made.scope,
        made.service,
        made.kind,
        made.id,
        made.region,
        made.operation,
        odd["data"],
        odd["reads"],
        made.source,
    )
    check(
        estate(
            *(changed if index == at else item for index, item in enumerate(MADE)),
            calls=[call("s3", "ListObjectsV2", "denied")],
        )
    )


def check(found: Estate) -> None:
    """What every estate keeps to: sorted collections, and facts that are known or unknown with a source."""
    for collection in (
        found.stores,
        found.principals,
        found.keys,
        found.trails,
        found.workloads,
        found.accounts,
    ):
        identifiers = [item.id for item in collection]
        assert identifiers == sorted(set(identifiers))
    for store in found.stores:
        for fact in (
            store.policy,
            store.encryption,
            store.acl,
            store.public_access_block,
            store.tags,
            store.contents,
        ):
            assert isinstance(fact, Known | Unknown)
            assert fact.source.call.startswith("s3:")
