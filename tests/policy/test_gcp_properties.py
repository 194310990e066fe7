"""Properties over random Google Cloud worlds, and an independent reading of the rules that has to agree.

The other reading knows no formulas and no notation: it expands every set to the people in it, every role to its permissions and
every resource to what lies above it, and then looks whether what is asked is in the sets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.policy.gcp import (
    Binding,
    Boundary,
    Bucket,
    Constraint,
    DenyPolicy,
    DenyRule,
    Groups,
    Policies,
    Request,
    RoleDefinition,
    decide,
)

PARENTS = {
    "buckets/a": "projects/p1",
    "buckets/b": "projects/p2",
    "projects/p1": "folders/10",
    "projects/p2": "organizations/1",
    "folders/10": "organizations/1",
}
PLACES = ["organizations/1", "folders/10", "projects/p1", "projects/p2", "buckets/a", "buckets/b"]
PEOPLE = [
    "user:ann@lab.test",
    "user:bo@lab.test",
    "user:cy@other.test",
    "serviceAccount:job@p1.iam.gserviceaccount.com",
]
EVERYBODY = [*PEOPLE, "allUsers"]
SETS = [
    "group:g@lab.test",
    "group:h@lab.test",
    "domain:lab.test",
    "allUsers",
    "allAuthenticatedUsers",
    "projectViewer:p1",
]
PERMISSIONS = ["storage.objects.get", "storage.objects.list", "storage.buckets.setIamPolicy"]
ROLES = {
    "custom/read": {"storage.objects.get", "storage.objects.list"},
    "custom/list": {"storage.objects.list"},
    "custom/own": {"storage.buckets.setIamPolicy"},
    "custom/off": set(PERMISSIONS),
    "roles/viewer": {"storage.objects.list"},
}
NOTATIONS = {
    "user:": "principal://goog/subject/",
    "serviceAccount:": "principal://iam.googleapis.com/projects/-/serviceAccounts/",
    "group:": "principalSet://goog/group/",
}
MEMBERS = st.lists(st.sampled_from([*PEOPLE, *SETS]), min_size=1, max_size=3, unique=True)
DENIED = st.lists(
    st.sampled_from([*PEOPLE, "group:g@lab.test", "allUsers"]), min_size=1, max_size=2, unique=True
)
REFUSED = [
    "storage.googleapis.com/objects.*",
    "storage.googleapis.com/*.list",
    "storage.googleapis.com/buckets.setIamPolicy",
]
CONDITIONS = {
    None: lambda place: True,
    "resource.name.startsWith('projects/_/buckets/a')": lambda place: place.startswith("buckets/a"),
    "resource.type == 'storage.googleapis.com/Object'": lambda place: "/objects/" in place,
    "resource.nothing == 'x'": None,
}
ASKED = ["buckets/a", "buckets/b", "buckets/a/objects/m", "buckets/b/objects/n/m"]


def other_notation(member: str) -> str:
    if member == "allUsers":
        return "principalSet://goog/public:all"
    kind, _, name = member.partition(":")
    return f"{NOTATIONS[kind + ':']}{name}"


@st.composite
def worlds(draw: st.DrawFn) -> Policies:
    bindings: dict[str, tuple[Binding, ...]] = {}
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=4)):
        role, members = draw(st.sampled_from(list(ROLES))), draw(MEMBERS)
        found = Binding(role, tuple(members), draw(st.sampled_from(list(CONDITIONS))))
        bindings[place] = (*bindings.get(place, ()), found)
    denials = tuple(
        DenyPolicy(
            f"d{number}",
            place,
            (
                DenyRule(
                    tuple(map(other_notation, draw(DENIED))),
                    tuple(draw(st.lists(st.sampled_from(REFUSED), min_size=1, max_size=2))),
                    tuple(map(other_notation, draw(st.lists(st.sampled_from(PEOPLE), max_size=1)))),
                    tuple(draw(st.lists(st.just("storage.googleapis.com/objects.list"), max_size=1))),
                    draw(st.sampled_from(list(CONDITIONS))),
                ),
            ),
        )
        for number, place in enumerate(draw(st.lists(st.sampled_from(PLACES[:4]), max_size=2)))
    )
    boundaries = tuple(
        Boundary(f"b{number}", tuple(draw(DENIED)), (place,))
        for number, place in enumerate(draw(st.lists(st.sampled_from(PLACES), max_size=2)))
    )
    return Policies(
        PARENTS,
        bindings,
        denials,
        {name: RoleDefinition(frozenset(held), name == "custom/off") for name, held in ROLES.items()},
        Groups(
            {
                "group:g@lab.test": tuple(
                    draw(st.lists(st.sampled_from([*PEOPLE, "group:h@lab.test"]), max_size=2))
                ),
                "group:h@lab.test": tuple(
                    draw(st.lists(st.sampled_from([*PEOPLE, "group:g@lab.test"]), max_size=2))
                ),
            }
        ),
        {name: Bucket(True, draw(st.sampled_from(["enforced", "inherited"]))) for name in "ab"},
        tuple(
            Constraint(place, "storage.publicAccessPrevention", draw(st.booleans()))
            for place in draw(st.lists(st.sampled_from(PLACES[:4]), max_size=2, unique=True))
        ),
        boundaries,
    )


class Expanded:
    """The other reading."""

    def __init__(self, world: Policies) -> None:
        self.world = world

    def people(self, member: str, seen: frozenset[str] = frozenset()) -> set[str]:
        for own, other in NOTATIONS.items():
            if member.startswith(other):
                member = own + member[len(other) :]
        if member in ("allUsers", "principalSet://goog/public:all"):
            return set(EVERYBODY)
        if member == "allAuthenticatedUsers":
            return set(PEOPLE)
        if member.startswith("domain:"):
            return {one for one in PEOPLE if one.startswith("user:") and one.split("@")[1] == member[7:]}
        if member == "projectViewer:p1":
            held = [one for one in self.world.bindings.get("projects/p1", ()) if one.role == "roles/viewer"]
            inner = [name for one in held for name in one.members if name != "projectViewer:p1"]
            return set().union(*(self.people(name, seen) for name in inner))
        if member.startswith("group:"):
            if member in seen:
                return set()
            return set().union(
                *(self.people(one, seen | {member}) for one in self.world.groups[member] or ())
            )
        return {member}

    @staticmethod
    def above(place: str) -> list[str]:
        found = [place]
        if "/objects/" in place:
            found.append(place.split("/objects/")[0])
        while found[-1] in PARENTS:
            found.append(PARENTS[found[-1]])
        return found

    def prevented(self, place: str) -> bool:
        bucket = self.world.buckets[place.split("/")[1]]
        nearest = [
            one.enforced for up in self.above(place) for one in self.world.constraints if one.resource == up
        ]
        return bucket.prevention == "enforced" or bool(nearest and nearest[0])

    def allows(self, who: str, permission: str, place: str) -> bool:
        above = self.above(place)
        under = [
            one for one in self.world.boundaries if any(who in self.people(bound) for bound in one.bound_to)
        ]
        if under and not any(one.resources[0] in above for one in under):
            return False
        for policy in self.world.denials:
            if policy.attached_to in above and self.denies(policy.rules[0], who, permission, place):
                return False
        return any(
            self.grants(binding, who, permission, place)
            for up in above
            for binding in self.world.bindings.get(up, ())
        )

    def denies(self, rule: DenyRule, who: str, permission: str, place: str) -> bool:
        _, kind, verb = permission.split(".")
        written = {
            f"storage.googleapis.com/{kind}.{verb}",
            f"storage.googleapis.com/{kind}.*",
            f"storage.googleapis.com/*.{verb}",
        }
        if not written & set(rule.permissions) or written & set(rule.except_permissions):
            return False
        if not any(who in self.people(one) for one in rule.principals):
            return False
        if any(who in self.people(one) for one in rule.except_principals):
            return False
        test = CONDITIONS[rule.condition]
        return test is None or test(place)

    def grants(self, binding: Binding, who: str, permission: str, place: str) -> bool:
        members = [
            one
            for one in binding.members
            if not (one in ("allUsers", "allAuthenticatedUsers") and self.prevented(place))
        ]
        test = CONDITIONS[binding.condition]
        return (
            binding.role != "custom/off"
            and permission in ROLES[binding.role]
            and any(who in self.people(one) for one in members)
            and test is not None
            and test(place)
        )


def allowed(world: Policies) -> set[tuple[str, str, str]]:
    return {
        (who, permission, place)
        for who in EVERYBODY
        for permission in PERMISSIONS
        for place in ASKED
        if decide(Request(who, permission, place), world).outcome.value == "allowed"
    }


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_it_agrees_with_the_other_reading(world: Policies) -> None:
    other = Expanded(world)
    expected = {
        (who, permission, place)
        for who in EVERYBODY
        for permission in PERMISSIONS
        for place in ASKED
        if other.allows(who, permission, place)
    }
    assert allowed(world) == expected


@settings(max_examples=60, deadline=None)
@given(worlds(), worlds())
def test_more_denials_and_boundaries_never_add_access(world: Policies, other: Policies) -> None:
    denied = replace(world, denials=(*world.denials, *other.denials))
    assert allowed(denied) <= allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_a_binding_that_is_removed_never_adds_access(world: Policies, data: Any) -> None:
    if not world.bindings:
        return
    place = data.draw(st.sampled_from(sorted(world.bindings)))
    left = {key: bindings for key, bindings in world.bindings.items() if key != place}
    assert allowed(replace(world, bindings=left)) <= allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_grant_further_up_allows_no_less(world: Policies) -> None:
    """Everything that lies on the bucket is laid on the organisation besides."""
    up = (*world.bindings.get("organizations/1", ()), *world.bindings.get("buckets/a", ()))
    raised = replace(world, bindings={**world.bindings, "organizations/1": up})
    assert allowed(world) <= allowed(raised)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_order_never_matters(world: Policies) -> None:
    turned = replace(
        world,
        bindings={key: tuple(reversed(items)) for key, items in reversed(world.bindings.items())},
        denials=tuple(reversed(world.denials)),
        boundaries=tuple(reversed(world.boundaries)),
    )
    assert allowed(turned) == allowed(world)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.sampled_from(["group:g@lab.test", "custom/read"]))
def test_what_is_said_without_knowing_is_said_with_it(world: Policies, hidden: str) -> None:
    """Take a group's members or a role's permissions away: nothing turns, it only becomes unknown."""
    if hidden.startswith("group:"):
        unseen = replace(world, groups=Groups({**world.groups, hidden: None}))
    else:
        unseen = replace(world, roles={**world.roles, hidden: RoleDefinition(None)})
    for who in EVERYBODY:
        for place in ASKED:
            request = Request(who, "storage.objects.get", place)
            before, after = decide(request, world).outcome.value, decide(request, unseen).outcome.value
            assert after == "unknown" or (before == "allowed") == (after == "allowed")
