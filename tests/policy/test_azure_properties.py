"""Properties over random Azure worlds, and an independent reading of the rules that has to agree.

The other reading expands every role to the actions that it leaves, every scope to the resources below it and every group to its
members, over a small closed world, and then looks whether what is asked is in the sets.
"""

from __future__ import annotations

import fnmatch
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.policy.azure import Assignment, Denial, Lock, Permission, Policies, Request, decide

ST = "/subscriptions/s1/resourcegroups/a/providers/x/accounts/st"
SCOPES = {
    "/": None,
    "/providers/microsoft.management/managementgroups/labs": "/",
    "/subscriptions/s1": "/providers/microsoft.management/managementgroups/labs",
    "/subscriptions/s1/resourcegroups/a": "/subscriptions/s1",
    "/subscriptions/s1/resourcegroups/ab": "/subscriptions/s1",
    ST: "/subscriptions/s1/resourcegroups/a",
    f"{ST}/blobs/b": ST,
}
PARENTS = {"/subscriptions/s1": "/providers/microsoft.management/managementgroups/labs"}
ACTIONS = ["x/accounts/read", "x/accounts/write", "x/accounts/delete", "x/accounts/listkeys/action"]
DATA = ["x/accounts/blobs/read", "x/accounts/blobs/write"]
PATTERNS = ["*", "x/*", "*/read", "x/accounts/*/action", *ACTIONS, *DATA]
PEOPLE, GROUPS = ["ann", "bo"], {"g": ["ann"], "h": ["bo", "ann"]}
EVERYBODY = "00000000-0000-0000-0000-000000000000"


def some(of: list[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), min_size=least, max_size=2, unique=True).map(tuple)


PERMISSIONS = st.builds(Permission, some(PATTERNS), some(PATTERNS), some(PATTERNS), some(PATTERNS))
WHO = [*PEOPLE, *GROUPS]


@st.composite
def worlds(draw: st.DrawFn) -> Policies:
    roles = {f"r{number}": (draw(PERMISSIONS),) for number in range(3)}
    scopes = st.sampled_from(list(SCOPES))
    return Policies(
        roles=roles,
        assignments=tuple(
            draw(
                st.lists(
                    st.builds(Assignment, st.sampled_from(WHO), st.sampled_from(list(roles)), scopes),
                    max_size=4,
                )
            )
        ),
        denials=tuple(
            draw(
                st.lists(
                    st.builds(
                        Denial,
                        st.just("d"),
                        scopes,
                        st.tuples(PERMISSIONS),
                        some([*WHO, EVERYBODY], 1),
                        some(WHO),
                        st.booleans(),
                    ),
                    max_size=2,
                )
            )
        ),
        parents=PARENTS,
        locks=tuple(
            draw(st.lists(st.builds(Lock, scopes, st.sampled_from(["ReadOnly", "CanNotDelete"])), max_size=2))
        ),
    )


def above(scope: str) -> list[str]:
    found: list[str] = []
    at: str | None = scope
    while at is not None:
        found.append(at)
        at = SCOPES[at]
    return found


def permits(permission: Permission, action: str, is_data: bool) -> bool:
    wanted = permission.data_actions if is_data else permission.actions
    left_out = permission.not_data_actions if is_data else permission.not_actions
    return any(fnmatch.fnmatchcase(action, one) for one in wanted) and not any(
        fnmatch.fnmatchcase(action, one) for one in left_out
    )


def allows(world: Policies, who: str, action: str, is_data: bool, resource: str) -> bool:
    me = {who, *(group for group, members in GROUPS.items() if who in members)}
    for one in world.denials:
        here = resource == one.scope if one.only_here else one.scope in above(resource)
        meant = (me | {EVERYBODY}) & set(one.principals) and not me & set(one.excluded)
        if here and meant and permits(one.permissions[0], action, is_data):
            return False
    for lock in world.locks:
        if is_data or action.endswith("/read"):
            continue
        below = lock.scope in above(resource)
        if action.endswith("/delete") and (below or resource in above(lock.scope)):
            return False
        if lock.level == "ReadOnly" and below:
            return False
    return any(
        one.principal in me
        and one.scope in above(resource)
        and permits(world.roles[one.role][0], action, is_data)  # type: ignore[index]
        for one in world.assignments
    )


ASKED = [
    (who, action, action in DATA, scope)
    for who in PEOPLE
    for action in (*ACTIONS, *DATA)
    for scope in list(SCOPES)[2:]
]


def says(world: Policies, who: str, action: str, is_data: bool, resource: str) -> str:
    groups = frozenset(group for group, members in GROUPS.items() if who in members)
    return decide(Request(who, action, is_data, resource, groups=groups), world).outcome.value


def allowed(world: Policies) -> set[tuple[str, str, bool, str]]:
    return {asked for asked in ASKED if says(world, *asked) == "allowed"}


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_it_agrees_with_the_other_reading(world: Policies) -> None:
    assert allowed(world) == {asked for asked in ASKED if allows(world, *asked)}


@settings(max_examples=60, deadline=None)
@given(worlds(), worlds())
def test_more_denials_and_locks_never_add_access(world: Policies, other: Policies) -> None:
    denied = replace(world, denials=(*world.denials, *other.denials), locks=(*world.locks, *other.locks))
    assert allowed(denied) <= allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_an_assignment_that_is_removed_never_adds_access(world: Policies) -> None:
    assert allowed(replace(world, assignments=world.assignments[1:])) <= allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_an_assignment_further_up_allows_no_less(world: Policies) -> None:
    raised = replace(
        world, assignments=tuple(replace(one, scope=SCOPES[one.scope] or "/") for one in world.assignments)
    )
    assert allowed(world) <= allowed(raised)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_order_and_case_never_matter(world: Policies) -> None:
    turned = replace(
        world,
        assignments=tuple(replace(one, scope=one.scope.upper()) for one in reversed(world.assignments)),
        denials=tuple(reversed(world.denials)),
    )
    assert allowed(turned) == allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_what_is_said_without_knowing_a_role_is_said_with_it(world: Policies) -> None:
    unseen = replace(world, roles={**world.roles, "r0": None})
    for asked in ASKED:
        before, after = says(world, *asked), says(unseen, *asked)
        assert after == "unknown" or (before == "allowed") == (after == "allowed")


NOISE = tuple(
    Assignment("nobody", "r0", f"{scope}/x{number}") for number in range(3) for scope in list(SCOPES)[2:6]
)


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_many_assignments_are_looked_up_as_few_are_looked_at(world: Policies) -> None:
    many = replace(world, assignments=(*NOISE, *world.assignments))
    assert len(many.assignments) > 8
    for who, action, is_data, resource in ASKED:
        assert says(many, who, action, is_data, resource) == says(world, who, action, is_data, resource)
