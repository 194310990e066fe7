"""Release policies of keys: what a workload has to prove before a vault hands a key over to it.

A policy is a choice between environments, each an authority that attests and claims that have to be so. It is written out here as
the ways to meet it: every way is an authority with the claims that it asks to be equal to something.

Source: Key Vault documentation, "Azure Key Vault secure key release policy grammar" (``equals`` is the only operator that
is taken).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from weightguard.estate.shape import Malformed, mapping, objects, text
from weightguard.json_text import OddJson, loads

MOST: Final = 200
"""Ways to meet a policy, at most: one that has more is not read."""
_DEEPEST: Final = 10
Claims = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to meet a policy.

    Attributes:
        claims: name of a claim -> the value that it has to have.
    """

    authority: str
    claims: Mapping[str, Any]


def ways(data: str) -> tuple[Way, ...]:
    """The ways to meet a policy.

    Args:
        data: the policy as a key states it, in base64 for addresses.

    Raises:
        Malformed: it is no such policy, asks for something else than equality, or has more than `MOST` ways.
    """
    document = mapping(_decoded(data))
    found = []
    for environment in objects(document.get("anyOf")):
        authority = text(environment.get("authority"))
        conditions = {name: environment[name] for name in ("anyOf", "allOf") if name in environment}
        for claims in _condition(conditions, _DEEPEST):
            found.append(Way(authority, dict(claims)))
    if len(found) > MOST:
        raise Malformed("a release policy with very many ways to meet it")
    return tuple(found)


def _decoded(data: str) -> Any:
    try:
        return loads(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError, ValueError, OddJson) as error:
        raise Malformed("no release policy") from error


def _condition(told: Mapping[str, Any], deepest: int) -> list[Claims]:
    """The ways to meet a condition, each as the claims that it asks for."""
    if not deepest:
        raise Malformed("a release policy that goes very deep")
    if "claim" in told:
        if set(told) != {"claim", "equals"}:
            raise Malformed("a claim that is asked for otherwise than by equality")
        return [((text(told["claim"]), told["equals"]),)]
    if len(told) != 1 or not told.keys() <= {"anyOf", "allOf"}:
        raise Malformed("no condition of a release policy")
    ((name, inner),) = told.items()
    each = [_condition(one, deepest - 1) for one in objects(inner)]
    if name == "anyOf":
        return [way for one in each for way in one]
    count = 1
    for one in each:
        count *= len(one)
    if count > MOST:
        raise Malformed("a release policy with very many ways to meet it")
    return [tuple(claim for part in one for claim in part) for one in product(*each)]
