"""What a trail's selectors come to, by minimal pairs."""

from __future__ import annotations

from typing import Any

import pytest

from weightguard.estate.aws.event_selectors import recorded
from weightguard.estate.shape import Malformed

OBJECT = "arn:aws:s3:::weights/atlas/model.safetensors"
READS = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
]


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"AdvancedEventSelectors": [{"FieldSelectors": [*READS, *fields]}]}


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ([], True),
        ([{"Field": "readOnly", "Equals": ["true"]}], True),
        ([{"Field": "readOnly", "Equals": ["false"]}], False),
        ([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::weights/"]}], True),
        ([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::logs/"]}], False),
        (
            [{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::logs/"], "EndsWith": [".safetensors"]}],
            True,
        ),
        ([{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::weights/atlas/"]}], False),
        ([{"Field": "resources.ARN", "NotEquals": ["arn:aws:s3:::weights/other"]}], True),
        ([{"Field": "eventName", "NotEquals": ["GetObject"]}], False),
    ],
)
def test_advanced_selectors_take_what_all_of_their_fields_hold_for(fields: list[Any], read: bool) -> None:
    found = recorded(advanced(*fields))
    assert found.reading(OBJECT) == read
    assert not found.key_uses, "data events are no uses of keys"


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["arn:aws:s3"], True),
        (["arn:aws:s3:::weights/"], True),
        (["arn:aws:s3:::other/"], False),
        ([], False),
    ],
)
def test_basic_selectors_take_objects_by_the_beginning_of_their_names(values: list[str], read: bool) -> None:
    selector = {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": values}]}
    found = recorded({"EventSelectors": [selector]})
    assert found.reading(OBJECT) == read
    assert found.key_uses and found.key_grants and found.admin


def test_without_selectors_a_trail_records_management_alone_and_kms_can_be_left_out_of_it() -> None:
    assert (recorded({}).key_uses, recorded({}).admin, recorded({}).reading(OBJECT)) == (True, True, False)
    left_out = recorded({"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]})
    assert (left_out.key_uses, left_out.key_grants, left_out.admin) == (False, False, True)


@pytest.mark.parametrize("answer", [None, [], {"EventSelectors": "all"}, {"AdvancedEventSelectors": [7]}])
def test_an_odd_answer_is_malformed(answer: Any) -> None:
    with pytest.raises(Malformed):
        recorded(answer)


@pytest.mark.parametrize(
    ("kind", "reads", "changes"), [("All", True, True), ("ReadOnly", True, False), ("WriteOnly", False, True)]
)
def test_a_basic_selector_takes_one_half_or_both(kind: str, reads: bool, changes: bool) -> None:
    """CloudTrail API reference, "EventSelector", ReadWriteType: what is created is no read."""
    data = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::weights/"]}
    found = recorded({"EventSelectors": [{"ReadWriteType": kind, "DataResources": [data]}]})
    assert (found.reading(OBJECT), found.key_uses) == (reads, reads)
    assert (bool(found.writes), found.key_grants, found.admin) == (changes, changes, changes)
