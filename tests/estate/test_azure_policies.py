"""What assignments of Azure Policy refuse: definitions of one's own, sets of them, and what is no such thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import azure_exports as az
from weightguard import api
from weightguard.estate.azure.policies import Refusals, _is_of_types

FOLDER = "/providers/Microsoft.Management/managementGroups/lab"
OWN = f"{FOLDER}/providers/Microsoft.Authorization/policyDefinitions/own"
CHAIN = [{"name": "lab", "displayName": "lab"}, {"name": az.TENANT, "displayName": "root"}]


def refused(folder: Path, rule: Any, mode: str = "All", given: Any = None, **told: Any) -> Refusals:
    """What is refused in a subscription below the management group that a definition is assigned to."""
    rows = [
        az.row(
            f"/subscriptions/{az.SUBSCRIPTION}",
            "microsoft.resources/subscriptions",
            properties={"managementGroupAncestorsChain": CHAIN},
        ),
        az.row(
            f"{FOLDER}/providers/Microsoft.Authorization/policyAssignments/a",
            "microsoft.authorization/policyassignments",
            properties={"policyDefinitionId": OWN, "scope": FOLDER, "parameters": given or {}},
        ),
        az.row(
            OWN,
            "microsoft.authorization/policydefinitions",
            properties={"policyType": "Custom", "mode": mode, "policyRule": rule, **told},
        ),
        az.account(),
    ]
    estate = api.load(az.collected(az.Export(rows, [az.container()]), folder)).estate
    (found,) = [one for one in estate.accounts if one.id == az.SUBSCRIPTION]
    value: Refusals = found.settings["refused_above"].value  # type: ignore[union-attr]
    return value


def typed(**condition: Any) -> dict[str, Any]:
    return {"if": {"field": "type", **condition}, "then": {"effect": "deny"}}


@pytest.mark.parametrize(
    ("rule", "created"),
    [
        (typed(equals="Microsoft.X/y"), ("microsoft.x/y",)),
        (typed(like="Microsoft.X/*"), ("microsoft.x/*",)),
        (typed(exists="true"), ("*",)),
        (typed(**{"in": ["Microsoft.X/y", "Microsoft.X/z"]}), ("microsoft.x/y", "microsoft.x/z")),
        (typed(notEquals="Microsoft.X/y"), ()),
        ({"if": {"allOf": [{"field": "type", "equals": "a/b"}]}, "then": {"effect": "Deny"}}, ("a/b",)),
        ({"if": {"anyOf": [{"field": "type", "equals": "a/b"}, {"field": "name", "equals": "n"}]}, "then": {"effect": "deny"}},
         ("a/b",)),
        ({"if": {"allOf": [{"field": "type", "equals": "a/b"}, {"field": "location", "equals": "x"}]},
          "then": {"effect": "deny"}}, ()),
        ({"if": {"field": "type", "equals": "a/b"}, "then": {"effect": "audit"}}, ()),
        ({"if": {"not": {"field": "type", "equals": "a/b"}}, "then": {"effect": "deny"}}, ()),
        ({"if": {"field": "type", "equals": "[concat('a', '/b')]"}, "then": {"effect": "deny"}}, ()),
    ],
)  # fmt: skip
def test_a_rule_refuses_the_types_that_it_is_always_true_of(
    rule: Any, created: tuple[str, ...], tmp_path: Path
) -> None:
    found = refused(tmp_path, rule)
    assert (found.created, found.deleted, found.unread) == (created, (), ())


def test_a_rule_that_sees_only_what_has_a_place_is_not_counted_on(tmp_path: Path) -> None:
    assert refused(tmp_path, typed(equals="a/b"), mode="Indexed").created == ()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ("a/b",)),
        ({"effect": {"value": "Disabled"}}, ()),
        ({"effect": {"value": "DenyAction"}}, ("a/b",)),
    ],
)
def test_an_effect_is_what_the_assignment_says_or_the_definition(
    given: Any, kept: tuple[str, ...], tmp_path: Path
) -> None:
    rule = {
        "if": {"field": "type", "in": ["a/b"]},
        "then": {"effect": "[parameters('effect')]", "details": {"actionNames": ["delete"]}},
    }
    found = refused(
        tmp_path,
        rule,
        "Indexed",
        given,
        parameters={"effect": {"type": "String", "defaultValue": "denyAction"}},
    )
    assert found.deleted == kept


@pytest.mark.parametrize(
    "rule",
    [None, {}, {"if": {}, "then": 3}, {"if": {}, "then": {"effect": "[parameters('x')]"}}, typed(equals=3)],
)
def test_what_is_no_rule_or_says_no_effect_may_refuse_anything_and_counts_for_nothing(
    rule: Any, tmp_path: Path
) -> None:
    found = refused(tmp_path, rule)
    assert (found.created, found.deleted) == ((), ())
    assert bool(found.unread) is (rule != typed(equals=3))


def test_whoever_allows_types_refuses_the_others() -> None:
    found = Refusals(allowed=("microsoft.storage/*",))
    assert found.keeps_from_making("Microsoft.DataBox/jobs")
    assert not found.keeps_from_making("Microsoft.Storage/storageAccounts")
    assert not Refusals().keeps_from_making("Microsoft.DataBox/jobs")


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        (typed(equals="a/b"), True),
        (
            {
                "if": {
                    "allOf": [{"field": "type", "equals": "a/b"}, {"not": {"field": "type", "like": "a/*"}}]
                }
            },
            True,
        ),
        ({"if": {"allOf": [{"field": "name", "equals": "n"}]}}, False),
        (
            {
                "if": {
                    "anyOf": [
                        {"field": "type", "equals": "a/b"},
                        {"field": "Microsoft.Storage/x", "equals": True},
                    ]
                }
            },
            False,
        ),
        ({"if": 3}, False),
    ],
)
def test_what_asks_about_types_alone_bears_on_no_setting(rule: Any, known: bool) -> None:
    assert bool(_is_of_types({"policyRule": rule})) is known
