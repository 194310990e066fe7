"""The picture of who reaches the weights, and the cuts that stop them."""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from weightguard.assess.model.terms import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class PictureNode:
    """A principal or store. `kind`: an actor's, ``step`` on somebody's way, or ``store``; `count`: how many
    it stands for.
    """

    id: str
    kind: str
    count: int = 1


@dataclass(frozen=True, slots=True, config=STRICT)
class PictureEdge:
    """One hop."""

    origin: str
    target: str
    how: str
    certainty: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class CutChange:
    """One change that closes paths; `closes` names the first of the `closed` principals that it cuts off, `costs` the first of the
    `lost` ones to be kept that lose their access by it.
    """

    principal: str
    remove: str
    policy: str
    statement: str
    closes: tuple[str, ...]
    closed: int
    costs: tuple[str, ...] = ()
    lost: int = 0


@dataclass(frozen=True, slots=True, config=STRICT)
class CutEntry:
    """The smallest set of changes that closes every path to a store but its direct, intended readers'; `left` names the first of
    those who get in still.
    """

    store: str
    changes: tuple[CutChange, ...]
    complete: bool
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=STRICT)
class Picture:
    """The access graph as it is drawn. `gathered`: answers that stand behind a node of several."""

    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]
    cuts: tuple[CutEntry, ...]
    gathered: int
