"""What organisation policies demand of a container: the nearest counts, lists add up where they say so, a trial demands nothing."""

from __future__ import annotations

from typing import Any

import pytest

from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.gcp.constraints import ALL, TOLD, Constraints, Values
from weightguard.estate.model import NOT_HERE, Container, ContainerKind, PolicyForm, ScopedPolicy

SOURCE = Source.asked("gcp", "lab", "cloudresourcemanager", TOLD)
ORGANISATION, FOLDER, PROJECT = "organizations/9", "folders/8", "projects/lab"
SECURE, TLS = "storage.secureHttpTransport", "gcp.restrictTLSVersion"


def container(name: str, parent: str | None, *documents: dict[str, Any], told: bool = True) -> Container:
    limits = tuple(
        ScopedPolicy(f"{name}#{at}", one.pop("of"), one, "inline", form=PolicyForm.CONSTRAINT)
        for at, one in enumerate(documents)
    )
    fact = Known(True, SOURCE) if told else Unknown(Reason.NOT_COLLECTED, SOURCE)
    return Container(
        name,
        "gcp",
        ContainerKind.FOLDER,
        name,
        parent,
        None,
        NOT_HERE,
        Known(limits, SOURCE),
        attributes={TOLD: fact},
    )


def hierarchy(
    on_organisation: list[dict[str, Any]], on_folder: list[dict[str, Any]], told: bool = True
) -> Constraints:
    return Constraints(
        [
            container(PROJECT, FOLDER),
            container(FOLDER, ORGANISATION, *on_folder, told=told),
            container(ORGANISATION, None, *on_organisation),
        ]
    )


def boolean(enforced: bool) -> dict[str, Any]:
    return {
        "of": SECURE,
        "constraint": f"constraints/{SECURE}",
        "booleanPolicy": {"enforced": enforced},
    }


def newer(name: str, **policy: Any) -> dict[str, Any]:
    return {"of": name, "name": f"{FOLDER}/policies/{name}", **policy}


@pytest.mark.parametrize(
    ("on_organisation", "on_folder", "enforced"),
    [
        ([], [], False),
        ([boolean(True)], [], True),
        ([boolean(True)], [boolean(False)], False),
        ([boolean(False)], [newer(SECURE, spec={"rules": [{"enforce": True}]})], True),
        ([boolean(True)], [newer(SECURE, dryRunSpec={"rules": [{"enforce": False}]})], True),
        ([boolean(True)], [newer(SECURE, spec={"reset": True})], False),
        ([boolean(True)], [{"of": SECURE, "constraint": SECURE, "restoreDefault": {}}], False),
        ([], [boolean(False), newer(SECURE, spec={"rules": [{"enforce": True}]})], True),
    ],
)
def test_the_nearest_policy_counts(
    on_organisation: list[dict[str, Any]], on_folder: list[dict[str, Any]], enforced: bool
) -> None:
    found = hierarchy([dict(one) for one in on_organisation], [dict(one) for one in on_folder])
    assert found.enforced(SECURE, PROJECT) == Known(enforced, SOURCE)


def test_what_holds_for_tagged_resources_alone_is_not_known() -> None:
    rule = {"enforce": True, "condition": {"expression": "resource.matchTag('9/a', 'b')"}}
    found = hierarchy([boolean(True)], [newer(SECURE, spec={"rules": [rule, {"enforce": False}]})])
    assert found.enforced(SECURE, PROJECT) == Unknown(Reason.NOT_READ, SOURCE)


def test_a_container_whose_policies_nobody_told_hides_those_above_it() -> None:
    found = hierarchy([boolean(True)], [], told=False)
    assert found.enforced(SECURE, PROJECT) == Unknown(Reason.NOT_COLLECTED, SOURCE)
    assert hierarchy([], [boolean(True)], told=False).enforced(SECURE, PROJECT) == Known(True, SOURCE)
    assert isinstance(found.values(TLS, PROJECT), Unknown)


@pytest.mark.parametrize(
    ("on_folder", "expected"),
    [
        ([], Values(None, frozenset({"TLS_VERSION_1"}))),
        (
            [newer(TLS, spec={"rules": [{"values": {"deniedValues": ["TLS_VERSION_1_1"]}}]})],
            Values(None, frozenset({"TLS_VERSION_1_1"})),
        ),
        (
            [
                newer(
                    TLS,
                    spec={
                        "inheritFromParent": True,
                        "rules": [{"values": {"deniedValues": ["is:TLS_VERSION_1_1"]}}],
                    },
                )
            ],
            Values(None, frozenset({"TLS_VERSION_1", "TLS_VERSION_1_1"})),
        ),
        (
            [newer(TLS, spec={"rules": [{"denyAll": True}]})],
            Values(None, frozenset({ALL})),
        ),
        (
            [{"of": TLS, "constraint": TLS, "listPolicy": {"allowedValues": ["x"]}}],
            Values(frozenset({"x"}), frozenset()),
        ),
    ],
)
def test_lists_take_the_place_of_those_above_or_add_to_them(
    on_folder: list[dict[str, Any]], expected: Values
) -> None:
    above = {"of": TLS, "constraint": TLS, "listPolicy": {"deniedValues": ["TLS_VERSION_1"]}}
    found = hierarchy([above], [dict(one) for one in on_folder])
    assert found.values(TLS, PROJECT) == Known(expected, SOURCE)
