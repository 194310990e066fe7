"""Whom direct access is decided for, and which of several ways is the better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from weightguard.access.aws.identities.condition_keys import confines
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.grant import Grant
from weightguard.access.links import Step
from weightguard.policy.aws import ANONYMOUS, Layers, Principal


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to decide for: a group as a whole, or principals that the store's policies tell apart from it.

    Attributes:
        nodes: what the answer's links start from.
    """

    caller: Principal
    layers: Layers
    nodes: tuple[PrincipalGroup | str, ...]


EVERYBODY: Final = "*"
PUBLIC: Final = Candidate(ANONYMOUS, Layers(), (EVERYBODY,))


def is_certain(steps: tuple[Step, ...] | None) -> bool:
    return steps is not None and all(step.grant.is_certain for step in steps)


def better(one: tuple[Step, ...] | None, other: tuple[Step, ...] | None) -> tuple[Step, ...] | None:
    """The certain one before the conditional one, then the shorter, then the first."""
    found = [steps for steps in (one, other) if steps is not None]
    return min(found, key=rank, default=None)


def rank(steps: tuple[Step, ...]) -> tuple[bool, int]:
    return not is_certain(steps), len(steps)


def is_confined(steps: tuple[Step, ...]) -> bool:
    """Whether some condition ties the reader to a network: within it, reading is not yet taking away."""
    return any(confines(condition) for step in steps for condition in step.grant.conditions)


def together(objects: tuple[str, Grant], key: Grant, key_action: str | None, place: StoreSurface) -> Step:
    action, grant = objects
    if place.key is None or key_action is None:
        return Step(action, grant, place.id)
    return Step(f"{action} + {key_action}", grant.and_also(key), place.id)
