"""Release policies of Azure's keys: the ways to meet one, and what is none."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from weightguard.estate.azure.release_policies import MOST, Way, ways
from weightguard.estate.shape import Malformed


def written(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def claim(name: str, value: Any) -> dict[str, Any]:
    return {"claim": name, "equals": value}


def policy(**conditions: Any) -> dict[str, Any]:
    return {"version": "1.0.0", "anyOf": [{"authority": "https://a.example/", **conditions}]}


def test_every_choice_is_a_way_of_its_own() -> None:
    either = {"anyOf": [claim("b", 1), {"allOf": [claim("c", 2), claim("d", 3)]}]}
    assert ways(written(policy(allOf=[claim("a", False), either]))) == (
        Way("https://a.example/", {"a": False, "b": 1}),
        Way("https://a.example/", {"a": False, "c": 2, "d": 3}),
    )


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"anyOf": [{"allOf": []}]},
        policy(allOf=[{"claim": "a", "exists": True}]),
        policy(allOf=[claim("a", 1)], anyOf=[claim("b", 1)]),
        policy(oneOf=[claim("a", 1)]),
        policy(allOf=[{"anyOf": [claim("a", one) for one in range(MOST)]}] * 3),
        policy(anyOf=[claim("a", one) for one in range(MOST + 1)]),
    ],
)
def test_what_is_no_such_policy_or_too_much_of_one_is_not_read(document: Any) -> None:
    with pytest.raises(Malformed):
        ways(written(document))


@pytest.mark.parametrize("data", ["", "é", "e30 e30", "ey", "W10="])
def test_what_is_no_document_is_none(data: str) -> None:
    with pytest.raises(Malformed):
        ways(data)
