"""What a condition demands for certain: the parts of which every one has to hold, by the names that they are about.

Sources: IAM documentation, "Overview of IAM Conditions" (request.time); Confidential Space documentation, "Attestation assertions".
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.policy.gcp.syntax import (
    Binary,
    Call,
    Items,
    Literal,
    Member,
    Name,
    Node,
    NotAnExpression,
    parse,
)

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def demands(expression: str) -> tuple[Node, ...]:
    """The parts of an expression that all have to hold; none where it is no expression of the language."""
    try:
        return tuple(_parts(parse(expression)))
    except NotAnExpression:
        return ()


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "&&":
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node


def dotted(node: Node) -> str | None:
    """``assertion.submods.container``; None for what is no plain name."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        above = dotted(node.of)
        return None if above is None else f"{above}.{node.name}"
    return None


def values(expression: str, name: str) -> frozenset[str] | None:
    """The texts of which a name has to be one; None: nothing is demanded of it."""
    found = [_values(one, name) for one in demands(expression)]
    known = [one for one in found if one is not None]
    return frozenset.intersection(*known) if known else None


def _values(node: Node, name: str) -> frozenset[str] | None:
    """What one part demands of a name: that it is a text, or one of several, by ``==``, ``in`` or ``||``."""
    if not isinstance(node, Binary):
        return None
    if node.operator == "||":
        left, right = _values(node.left, name), _values(node.right, name)
        return None if left is None or right is None else left | right
    if node.operator == "in" and dotted(node.left) == name and isinstance(node.right, Items):
        return _texts(node.right.items)
    if node.operator != "==" or name not in (dotted(node.left), dotted(node.right)):
        return None
    return _texts((node.right if dotted(node.left) == name else node.left,))


def _texts(nodes: tuple[Node, ...]) -> frozenset[str] | None:
    """Some texts; None where one is none."""
    found = [one.value for one in nodes if isinstance(one, Literal) and isinstance(one.value, str)]
    return frozenset(found) if len(found) == len(nodes) else None


def holds_one(expression: str, name: str, value: str) -> bool:
    """Whether it is demanded that a list of a name holds a text: ``'STABLE' in assertion.submods...``."""
    return any(
        isinstance(one, Binary)
        and one.operator == "in"
        and isinstance(one.left, Literal)
        and one.left.value == value
        and dotted(one.right) == name
        for one in demands(expression)
    )


def ends(expression: str) -> bool:
    """Whether a condition stops holding at a time: ``request.time < timestamp("...")``."""
    return any(_ends(one) for one in demands(expression))


def _ends(node: Node) -> bool:
    if not isinstance(node, Binary):
        return False
    for time, moment, operator in (
        (node.left, node.right, node.operator),
        (node.right, node.left, _MIRRORED.get(node.operator, "")),
    ):
        is_moment = isinstance(moment, Call) and moment.name == "timestamp" and moment.on is None
        if dotted(time) == "request.time" and is_moment and operator in ("<", "<="):
            return True
    return False
