"""Times of answers are read as the SDK reads them, faster."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from weightguard.collect.aws.connections import _moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-28T04:33:00Z", "2026-11-28T04:33:00.123Z", "2026-11-28T04:33:00+02:00", "2026-11-28T04:33:00",
        "2026-11-28T04:33:00.000+0000", 1_700_000_000, 1_700_000_000.5, "1700000000", "Wed, 12 Oct 2009 17:50:00 GMT",
        "20261128T043300Z", "2026-11-28",
    ],
)  # fmt: skip
def test_a_moment_is_what_the_sdk_reads(value: str | float) -> None:
    assert _moment(value).isoformat() == parse_timestamp(value).isoformat()


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["auto", "seconds", "milliseconds"]))
def test_every_moment_that_a_provider_writes_is_what_the_sdk_reads(value: datetime, precision: str) -> None:
    text = value.isoformat(timespec=precision).replace("+00:00", "Z")
    assert _moment(text) == parse_timestamp(text)


@pytest.mark.parametrize("text", ["", "2026-13-40T99:00:00Z", "soon", "2026-11-28Tnoon"])
def test_what_the_sdk_refuses_is_refused(text: str) -> None:
    for read in (parse_timestamp, _moment):
        with pytest.raises(ValueError):
            read(text)
