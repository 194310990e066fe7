"""What an entry of the technique data holds.

A technique is: the kind of resource, what the actor must be allowed to do, what must be so of the resource, and what hangs
on facts that no inventory holds. The engine decides every need on the resource as it would be asked; nothing here is a mere
action name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weightguard.access.azure.context import attribute

Thing = Any
"""A resource or a workload of the estate."""


@dataclass(frozen=True, slots=True)
class Technique:
    """One way to run code as a resource's identity, or to get what it holds.

    Attributes:
        id: with the provider's name before it.
        kind: of the resource, as records name it.
        needs: what it takes, all of it: actions on the resource; one that begins with ``data:`` is a data action.
        reference: the page that says so.
        when: whether the resource is set up so that it works; None: always.
        conditional: what must hold besides and no snapshot can tell; empty: nothing.
        at: which resource the actions are needed on: the resource itself, or the one it lies in.
        anywhere: actions of which one is needed at a scope of the actor's own choosing.
    """

    id: str
    kind: str
    needs: tuple[str, ...]
    reference: str
    when: Callable[[Thing], bool] | None = None
    conditional: str = ""
    at: str = "self"
    anywhere: tuple[str, ...] = ()


def says(path: str, *values: Any) -> Callable[[Thing], bool]:
    """Whether a resource states one of some values."""
    return lambda thing: attribute(thing, path) in values


def says_not(path: str, *values: Any) -> Callable[[Thing], bool]:
    """Whether a resource states none of some values; what it does not state, it does not forbid."""
    return lambda thing: attribute(thing, path) not in values


def both(one: Callable[[Thing], bool], other: Callable[[Thing], bool]) -> Callable[[Thing], bool]:
    """Whether both hold."""
    return lambda thing: one(thing) and other(thing)
