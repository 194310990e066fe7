"""Stores are decided once where nothing tells them apart, and keys for all their stores; what does is seen, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import small_estates as made
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.access import AccessKind, build
from weightguard.access.aws.stores.prefixes import Prefixes
from weightguard.access.aws.stores.store_decisions import StoreDecisions
from weightguard.estate.model import Estate, NamedPolicy

FIRST, SECOND = "arn:aws:s3:::weights-a", "arn:aws:s3:::weights-b"
EVERYTHING = made.document(made.allow("*"))
READING = made.allow("s3:GetObject")
KEPT = made.deny("s3:*", [FIRST, f"{FIRST}/*"])
PARTLY = made.deny("s3:*", f"{FIRST}/secret/*")
ALIKE_AND_LIKE_IT = made.deny("s3:*", "arn:aws:s3:::*a/*")
"""Meets objects of both, and covers the first's."""
PERSON = made.arn("user", "kim")


def guarded(*statements: Mapping[str, Any]) -> list[Any]:
    return [
        made.user("kim", READING),
        made.account(made.HOME, EVERYTHING, made.document(made.allow("*"), *statements)),
    ]


def limited(*statements: Mapping[str, Any]) -> list[Any]:
    return [made.user("kim", READING, boundary=made.boundary(made.allow("*"), *statements))]


def own(*statements: Mapping[str, Any]) -> list[Any]:
    return [made.user("kim", READING, *statements)]


def owning(*statements: Mapping[str, Any]) -> list[Any]:
    said = [{**one, "Principal": "*"} for one in (made.allow("*"), *statements)]
    levels = ((NamedPolicy("p-0", "rcp", made.document(*said), "customer"),),)
    return [made.user("kim", READING), replace(made.account(), resource_guardrails=made.known(levels))]


def answers(estate: Estate, order: Iterable[str]) -> dict[str, Any]:
    """What is said of each store when they are asked in this order."""
    graph = build(estate)
    return {store: list(graph.who_can(AccessKind.READ, store).answers) for store in order}


@pytest.mark.parametrize(
    "statement", [KEPT, PARTLY, ALIKE_AND_LIKE_IT], ids=["all", "some", "all of one, some of another"]
)
@pytest.mark.parametrize(
    ("layer", "held"),
    [
        (guarded, True),
        (guarded, False),
        (limited, True),
        (limited, False),
        (own, True),
        (own, False),
        (owning, True),
    ],
)
def test_what_is_said_of_a_store_does_not_hang_on_which_was_asked_before(
    layer: Any, statement: Any, held: bool
) -> None:
    stores = [made.store(FIRST), made.store(SECOND)] if held else []
    estate = made.estate(*layer(statement), *stores)
    alone = {store: answers(estate, [store])[store] for store in (FIRST, SECOND)}
    assert answers(estate, [FIRST, SECOND]) == alone
    assert answers(estate, [SECOND, FIRST]) == alone
    assert [one.principal for one in alone[SECOND]] == [PERSON]
    assert bool(alone[FIRST]) == (statement is PARTLY)


@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
def test_a_value_with_a_variable_is_told_apart_for_each_store(held: bool) -> None:
    """``weights-${aws:username}`` is about one of the two, for each of two people whom no policy tells apart otherwise."""
    home = made.managed("home", made.allow("s3:GetObject", "arn:aws:s3:::weights-${aws:username}/*"))
    stores = [made.store(FIRST), made.store(SECOND)] if held else []
    estate = made.estate(*(made.user(name, attached=[home]) for name in "ab"), *stores)
    found = answers(estate, [FIRST, SECOND])
    assert {store: [one.principal for one in said] for store, said in found.items()} == {
        FIRST: [made.arn("user", "a")],
        SECOND: [made.arn("user", "b")],
    }


STORES = [FIRST, SECOND, "arn:aws:s3:::other-a"]
PATTERNS = [
    "*",
    *(f"{one}/*" for one in STORES),
    "arn:aws:s3:::*a/*",
    "arn:aws:s3:::weights-?/*",
    "arn:aws:s3:::weights-*",
    f"{FIRST}/secret/*",
    "arn:aws:s3:::*-${aws:username}/*",
]
STATEMENTS = st.builds(
    lambda effect, actions, element, patterns: {"Effect": effect, "Action": actions, element: patterns},
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(
        [["s3:GetObject"], ["s3:*"], ["s3:GetObjectVersion", "s3:PutObject"], ["s3:PutBucketPolicy"]]
    ),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
    st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2, unique=True),
)
SOME = st.lists(STATEMENTS, max_size=2)


TLS = {"Bool": {"aws:SecureTransport": "false"}}
ROOT = {"AWS": f"arn:aws:iam::{made.HOME}:root"}
OF_FIRST = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": f"{FIRST}*"}}
KEY_USES = [
    [],
    [made.allow("kms:Decrypt")],
    [made.allow("kms:Decrypt", Condition=OF_FIRST)],
    [made.allow("kms:Decrypt"), made.deny("kms:*", Condition=OF_FIRST)],
]
KEY_POLICIES = [
    [made.allow("kms:*", Principal=ROOT)],
    [made.allow("kms:*", Principal=ROOT, Condition=OF_FIRST)],
    [made.allow("kms:*", Principal=ROOT), made.deny("kms:*", Principal="*", Condition=OF_FIRST)],
]


def own_policies(store: str) -> st.SearchStrategy[Mapping[str, Any] | None]:
    """What a store may say of itself: mostly what another one says of itself, too."""
    both = [store, f"{store}/*"]
    named = {"AWS": PERSON.replace("kim", "a")}
    statements = st.sampled_from(
        [
            made.deny("s3:*", both, Principal="*", Condition=TLS),
            made.deny("s3:*", f"{store}/secret/*", Principal="*"),
            made.deny("s3:GetObject", both, Principal=named),
            made.deny("s3:GetObject", both, NotPrincipal=named),
            made.deny("s3:GetObject", f"{store}/${{aws:username}}/*", Principal="*"),
            made.allow("s3:GetObject", f"{store}/*", Principal=named),
        ]
    )
    return st.none() | st.lists(statements, max_size=2).map(lambda said: made.document(*said))


def test_stores_that_deny_the_same_are_told_apart_where_one_lets_somebody_in() -> None:
    """The one who is let in by a store's own policy is answered for by that policy, under its name."""
    tls = [made.deny("s3:*", f"{one}/*", Principal="*", Condition=TLS) for one in (FIRST, SECOND)]
    guest = made.allow("s3:GetObject", f"{SECOND}/*", Principal={"AWS": PERSON})
    stores = [
        made.store(FIRST, made.document(tls[0])),
        made.store(SECOND, made.document(tls[1], guest)),
    ]
    found = answers(made.estate(made.user("kim", READING), *stores), [FIRST, SECOND])
    cited = {store: {one.policy for one in said[0].path[-1].because} for store, said in found.items()}
    assert f"{SECOND}#bucket policy" in cited[SECOND]
    assert f"{SECOND}#bucket policy" not in cited[FIRST]


@pytest.mark.parametrize("where", ["caller", "key"])
def test_a_key_that_is_used_for_one_store_alone_is_asked_about_for_each(where: str) -> None:
    """Both stores lie under one key, and the encryption context says for which of them it may be used."""
    uses = KEY_USES[2] if where == "caller" else KEY_USES[1]
    policy = KEY_POLICIES[0] if where == "caller" else KEY_POLICIES[1]
    stores = [made.store(one, key=made.KEY) for one in (FIRST, SECOND)]
    estate = made.estate(made.user("kim", READING, *uses), made.key(made.document(*policy)), *stores)
    for order in ([FIRST, SECOND], [SECOND, FIRST]):
        found = answers(estate, order)
        assert [one.principal for one in found[FIRST]] == [PERSON]
        assert found[SECOND] == []


@st.composite
def worlds(draw: st.DrawFn) -> Estate:
    """Two people and a role under guardrails, boundaries and policies that look at three stores by name."""
    anything = made.allow("*")
    people = [
        made.user(
            name,
            *draw(SOME),
            *([READING] if draw(st.booleans()) else []),
            *draw(st.sampled_from(KEY_USES)),
            boundary=made.boundary(anything, *draw(SOME)) if draw(st.booleans()) else made.known(None),
        )
        for name in "ab"
    ]
    worker = made.role("worker", *draw(SOME), trust=made.trusting(people[0].id))
    guard = made.account(made.HOME, EVERYTHING, made.document(anything, *draw(SOME)))
    held = [
        made.store(one, draw(own_policies(one)), key=draw(st.sampled_from([None, made.KEY])))
        for one in STORES
        if draw(st.booleans())
    ]
    key = made.key(made.document(*draw(st.sampled_from(KEY_POLICIES))))
    return made.estate(*people, worker, guard, key, *held)


def checked(estate: Estate, order: list[str]) -> None:
    alone = {store: answers(estate, [store])[store] for store in STORES}
    assert answers(estate, order) == alone


@settings(max_examples=40, deadline=None)
@given(worlds(), st.permutations(STORES))
def test_asking_for_several_stores_says_what_asking_for_each_says(estate: Estate, order: list[str]) -> None:
    checked(estate, order)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@given(worlds(), st.permutations(STORES))
def test_asking_for_several_stores_says_what_asking_for_each_says_in_many_worlds(
    estate: Estate, order: list[str]
) -> None:
    checked(estate, order)


WITHIN = f"{FIRST}/secret/*"
ELSEWHERE = f"{SECOND}/secret/*"
IN_PART = [
    made.allow("s3:GetObject", WITHIN),
    made.deny("s3:*", WITHIN),
    made.deny("s3:GetObject", "arn:aws:s3:::*/secret/*"),
    {"Effect": "Deny", "Action": "s3:*", "NotResource": WITHIN},
    made.allow("s3:PutObject", "arn:aws:s3:::weights-a/${aws:username}/*"),
]
AS_A_WHOLE = [READING, KEPT, made.deny("s3:*", "arn:aws:s3:::weights-*"), made.allow("s3:*", ELSEWHERE)]


def places_asked(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], list[Any]]:
    """Of which objects the engine was asked, and what is said of a prefix in the end."""
    asked: set[str] = set()
    decide = StoreDecisions.on_store

    def noting(self: StoreDecisions, action: str, resource: str, *given: Any) -> Any:
        asked.add(resource)
        return decide(self, action, resource, *given)

    with monkeypatch.context() as patched:
        patched.setattr(StoreDecisions, "on_store", noting)
        graph = build(estate)
        said = [graph.who_can(access, FIRST, prefix) for access in AccessKind for prefix in (None, "secret/")]
    return {one for one in asked if "/" in one}, said


def as_if_told_apart(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    with monkeypatch.context() as patched:
        patched.setattr(Prefixes, "widest", lambda _, place, whole: place)
        return places_asked(estate, monkeypatch)[1]


@pytest.mark.parametrize("layer", [own, limited, guarded, owning])
@pytest.mark.parametrize("statement", [*IN_PART, *AS_A_WHOLE])
def test_a_prefix_is_decided_apart_where_some_policy_is_about_part_of_the_store(
    layer: Any, statement: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = made.estate(*layer(statement), made.store(FIRST), made.store(SECOND))
    asked, said = places_asked(estate, monkeypatch)
    assert (WITHIN in asked) == (statement in IN_PART)
    assert [(one.answers, one.gaps, one.limits) for one in said] == [
        (one.answers, one.gaps, one.limits) for one in as_if_told_apart(estate, monkeypatch)
    ]
