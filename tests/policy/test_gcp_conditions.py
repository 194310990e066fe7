"""Conditions: against Google's own implementation of the language, over odd texts, and where something is not known."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.memory import Memory
from weightguard.policy.formula import ALWAYS, NEVER
from weightguard.policy.gcp.conditions import FALSE, NEITHER, TRUE, Attributes, holds, written
from weightguard.policy.gcp.syntax import NotAnExpression, parse

NAME = "projects/_/buckets/weights/objects/frontier/model.safetensors"
KNOWN: dict[str, Any] = {
    "resource.name": NAME,
    "resource.type": "storage.googleapis.com/Object",
    "resource.service": "storage.googleapis.com",
    "request.time": "2026-11-27T22:30:05Z",
    "destination.port": 443,
}


def truth(expression: str, **more: Any) -> bool | None:
    """True, false, or None where it cannot be evaluated."""
    found = holds(expression, Attributes({**KNOWN, **more}), Memory())
    return {TRUE: True, FALSE: False, NEITHER: None}[found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", True),
        ("!true", False),
        ("1 + 2 * 3 == 7", True),
        ("(1 + 2) * 3 == 9", True),
        ("-7 / 2 == -3", True),
        ("-7 % 2 == -1", True),
        ("7.5 / 2.5 == 3.0", True),
        ("1 / 0 == 1", None),
        ("1 == '1'", None),
        ("'a' + 'b' == \"ab\"", True),
        ("'it\\'s' == \"it's\"", True),
        ("r'\\d' == '\\\\d'", True),
        ("'\\u0041' == 'A'", True),
        ("2 in [1, 2, 3]", True),
        ("'x' in []", False),
        ("[1, 2][1] == 2", True),
        ("[1, 2][2] == 2", None),
        ("true ? 1 == 1 : 1 == 2", True),
        ("size('abc') == 3", True),
        ("resource.name.endsWith('.safetensors')", True),
        ("resource.name.matches('objects/[a-z]+/')", True),
        ("resource.name.matches('(')", None),
        ("resource.name.extract('objects/{folder}/') == 'frontier'", True),
        ("resource.name.extract('buckets/{rest}') == 'weights/objects/frontier/model.safetensors'", True),
        ("resource.name.extract('nothing/{here}/') == ''", True),
        ("resource.nothing == 'x'", None),
        ("nothing == 'x'", None),
        ("resource.nothing == 'x' || true", True),
        ("true || resource.nothing == 'x'", True),
        ("resource.nothing == 'x' && false", False),
        ("resource.nothing == 'x' && true", None),
        ("!(resource.nothing == 'x')", None),
        ("request.time < timestamp('2027-01-01T00:00:00Z')", True),
        ("request.time < date('2027-01-01')", True),
        ("request.time > timestamp('2026-11-27T22:30:05.5Z')", False),
        ("request.time.getHours() == 22", True),
        ("request.time.getHours('Europe/Berlin') == 23", True),
        ("request.time.getHours('-07:00') == 15", True),
        ("request.time.getHours('Nowhere/Land') == 15", None),
        ("request.time.getHours('../../etc/passwd') == 15", None),
        ("request.time.getDayOfWeek() == 5", True),
        ("request.time.getDayOfWeek('Asia/Tokyo') == 6", True),
        ("request.time.getMonth() == 10 && request.time.getFullYear() == 2026", True),
        ("request.time.getDate() == 27 && request.time.getDayOfMonth() == 26", True),
        ("request.time + duration('2h') > timestamp('2026-11-28T00:00:00Z')", True),
        ("request.time - timestamp('2026-11-27T22:30:00Z') == duration('5s')", True),
        ("timestamp('yesterday') < request.time", None),
        ("api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('open/')", False),
        ("api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])", True),
        ("destination.port == 443 && inIpRange('10.1.2.3', '10.0.0.0/8')", True),
        ("'accessPolicies/1/accessLevels/x' in request.auth.access_levels", None),
    ],
)
def test_what_an_expression_says(expression: str, expected: bool | None) -> None:
    assert truth(expression) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "", " ", "(", ")", "1 +", "a b", "a.", ".a", "a..b", "'open", "[1, 2", "f(1", "1 ? 2", "&& true", "a = b", "#", "in",
        "'\\x'", "'\\ud800'", "1 in", "=" * 50, "(" * 500 + ")" * 500, "!" * 500 + "true", "[" * 500, "true" + " " * 20_000,
    ],
)  # fmt: skip
def test_what_is_no_expression_is_neither_true_nor_false(expression: str) -> None:
    with pytest.raises(NotAnExpression):
        parse(expression)
    assert holds(expression, Attributes(), Memory()) == NEITHER


@settings(max_examples=300, deadline=timedelta(seconds=1))
@given(st.text(alphabet="ab.()[]!&|=<>'\"\\ 1,?:+-/*%x\n", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = holds(text, Attributes(open=True), Memory())
    assert found.true is not None


# Against Google's implementation.

TEXTS = st.sampled_from(["'a'", "'ab'", "'b'", "''", "resource.name", "resource.type"])
NUMBERS = st.sampled_from(["0", "1", "2", "7", "destination.port"])
TIMES = st.sampled_from(
    ["request.time", "timestamp('2026-11-27T22:30:05Z')", "timestamp('2020-01-01T00:00:00Z')"]
)


def comparisons() -> st.SearchStrategy[str]:
    signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    one_kind = [
        st.builds(lambda left, sign, right: f"{left} {sign} {right}", kind, signs, kind)
        for kind in (TEXTS, NUMBERS, TIMES)
    ]
    calls = st.builds(
        lambda on, name, of: f"{on}.{name}({of})",
        TEXTS,
        st.sampled_from(["startsWith", "endsWith", "contains", "matches"]),
        TEXTS,
    )
    sums = st.builds(
        lambda left, sign, right: f"{left} {sign} {right} == 3",
        NUMBERS,
        st.sampled_from(["+", "-", "*", "/", "%"]),
        NUMBERS,
    )
    held = st.builds(lambda one, items: f"{one} in [{', '.join(items)}]", TEXTS, st.lists(TEXTS, max_size=3))
    hours = st.builds(
        lambda at, name: f"{at}.{name}() > 10",
        TIMES,
        st.sampled_from(["getHours", "getDayOfWeek", "getMonth", "getDate"]),
    )
    return st.one_of(*one_kind, calls, sums, held, hours, st.sampled_from(["true", "false"]))


EXPRESSIONS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.builds(lambda one: f"!({one})", inner),
        st.builds(
            lambda left, sign, right: f"({left}) {sign} ({right})",
            inner,
            st.sampled_from(["&&", "||"]),
            inner,
        ),
        st.builds(lambda test, yes, no: f"({test}) ? ({yes}) : ({no})", inner, inner, inner),
    ),
    max_leaves=6,
)


def by_google(expression: str) -> bool | None:
    """What Google's implementation says of it; names are flat there."""
    names = {name: name.replace(".", "_") for name in KNOWN}
    flat = re.sub("|".join(re.escape(name) for name in names), lambda found: names[found[0]], expression)
    kinds = {"destination_port": cel.Type.INT, "request_time": cel.Type.TIMESTAMP}
    environment = cel.NewEnv(variables={name: kinds.get(name, cel.Type.STRING) for name in names.values()})
    values = {
        **{names[name]: value for name, value in KNOWN.items()},
        "request_time": datetime(2026, 11, 27, 22, 30, 5, tzinfo=UTC),
    }
    found = environment.compile(flat).eval(data=values)
    return bool(found.value()) if found.type().name() == "BOOL" else None


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_it_says_what_google_s_own_implementation_says(expression: str) -> None:
    assert truth(expression) == by_google(expression)


# What is not known.

UNKNOWN = Attributes({"resource.name": NAME}, tags=None, open=True)


@pytest.mark.parametrize(
    ("expression", "needs"),
    [
        ("request.time < timestamp('2030-01-01T00:00:00Z')", {"request.time"}),
        ("resource.matchTag('1/env', 'prod')", {"resource.tags.1/env"}),
        ("request.path.startsWith('/a') && request.host == 'b'", {"request.path", "request.host"}),
        ("request.path == '/a' || resource.name != ''", set()),
        ("request.path == '/a' && resource.name == ''", set()),
        ("(request.path == '/a') || !(request.path == '/a')", set()),
        ("request.path == '/a' && request.path != '/a'", set()),
        ("api.getAttribute('iam.googleapis.com/x', '') == ''", {"iam.googleapis.com/x"}),
    ],
)
def test_an_open_expression_names_what_would_settle_it(expression: str, needs: set[str]) -> None:
    found = holds(expression, UNKNOWN, Memory())
    settled = found.true in (ALWAYS, NEVER) and found.false in (ALWAYS, NEVER)
    assert settled == (not needs)
    assert {name for part in ([found.true] if needs else []) for name in _needs(part)} == needs


def _needs(formula: Any) -> set[str]:
    return set(formula.needs) if hasattr(formula, "needs") else set().union(*map(_needs, formula.parts))


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, st.booleans())
def test_what_is_said_without_an_attribute_is_true_of_all_its_values(expression: str, other: bool) -> None:
    """Whatever comes out settled while the name is unknown comes out so for every name."""
    open_world = {key: value for key, value in KNOWN.items() if key != "resource.name"}
    before = holds(expression, Attributes(open_world, open=True), Memory())
    after = holds(
        expression, Attributes({**open_world, "resource.name": "ab" if other else NAME}, open=True), Memory()
    )
    if before.true is ALWAYS:
        assert after.true is ALWAYS
    if before.false is ALWAYS:
        assert after.false is ALWAYS


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS)
def test_an_expression_that_is_written_out_is_the_same(expression: str) -> None:
    tree = parse(expression)
    assert parse(written(tree)) == tree
