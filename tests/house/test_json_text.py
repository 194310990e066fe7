"""The quick reader of JSON says what Python's own would: the same value, or the same objection."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.json_text import OddJson, loads

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


def _said(text: bytes | str) -> object:
    try:
        return repr(loads(text))  # -0.0 and 0.0, 1 and 1.0 differ
    except OddJson as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_values_of_every_kind(value: object, indent: int | None, escaped: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert _said(text) == _said(text.decode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"b":[{"a":1, "a":2}]}',
        b'{"a b":1,"ab":2,"a b":3}',
        b"NaN",
        b"[1e400]",
        b"[-0, -0.0, 1.0, 1.10, 1E5, 0.1, 1e-7]",
        b"[18446744073709551616, -9223372036854775809]",
        b'["\\u00e9", "\\/", "\\ud83d\\ude00"]',
        b'"\\ud800"',
        b"[" * 300 + b"1" + b"]" * 300,
        b"[" * 100_000,
        b"\xef\xbb\xbf{}",
        b"",
        b"1 2",
        b'["\x01"]',
        b"\xff",
    ],
)
def test_what_readers_differ_about(text: bytes) -> None:
    decoded = text.decode("utf-8-sig", "surrogateescape")
    if text != b"\xff":
        assert _said(text) == _said(decoded)
    else:
        with pytest.raises(OddJson):
            loads(text)
