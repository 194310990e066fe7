"""Whether a role assignment's condition holds: yes, no, or a formula over the attributes that nobody told.

An attribute that a request or a resource does not have makes a comparison false, and its negation true.

Sources: Azure RBAC documentation, "Azure role assignment condition format and syntax"; Azure Storage documentation, "Actions and
attributes for Azure role assignment conditions for Azure Blob Storage".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from weightguard.memory import Memory
from weightguard.policy.azure.model import Request
from weightguard.policy.azure.scopes import blob_of, matches, part
from weightguard.policy.azure.syntax import (
    Attribute,
    Both,
    Comparison,
    Either,
    Exists,
    Matches,
    Node,
    Not,
    NotACondition,
    parse,
)
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.pattern import glob

OPERATOR: Final = "ABAC"
"""The operator of a `Condition` whose one value is a comparison that is open."""
_BLOBS: Final = "microsoft.storage/storageaccounts/blobservices/containers/blobs"
_TAGS: Final = f"{_BLOBS}/tags:"
_TAG_KEYS: Final = f"{_BLOBS}/tags&$keys$&"
_ALWAYS_THERE: Final = frozenset({"environment:utcnow"})
Values = tuple[str, ...]


def holds(text: str, facts: Facts, memory: Memory) -> Formula:
    """When a condition is true; never where it does not parse. The memory keeps what it says."""
    try:
        return _when(memory.once(parse, text), facts)
    except NotACondition:
        return NEVER


class Facts:
    """What is known of a request's attributes."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._context = {name.lower(): value for name, value in request.context.items()}

    @property
    def suboperation(self) -> str:
        return str(self._context.get("suboperation") or "").lower()

    def find(self, attribute: Attribute) -> Values | Condition | None:
        """The values of an attribute; None where there is none; a condition where nobody knows."""
        name = attribute.name.lower()
        key = f"{attribute.source}:{name}"
        for written in (f"@{attribute.source}[{name}]", key, name):
            if written in self._context:
                return _values(self._context[written])
        found = self._of_resource(name) if attribute.source == "resource" else None
        tags = self._tags(attribute, name)
        if found is not None or tags is not None:
            return found if found is not None else tags
        if self.request.open or key in _ALWAYS_THERE:
            shown = f"@{attribute.source.capitalize()}[{attribute.name}]"
            return Condition(shown, OPERATOR, (), needs=(shown,))
        return None

    def _of_resource(self, name: str) -> Values | None:
        """What a resource's id tells."""
        reader = _OF_RESOURCE.get(name)
        found = None if reader is None else reader(self.request.resource)
        return None if found is None else (found,)

    def _tags(self, attribute: Attribute, name: str) -> Values | None:
        """The blob index tags that the resource has, or the request brings."""
        told = self._context.get(f"{attribute.source}_tags")
        if not isinstance(told, Mapping):
            return None
        if name == _TAG_KEYS:
            return tuple(map(str, told))
        if not name.startswith(_TAGS):
            return None
        wanted = attribute.name[len(_TAGS) :]
        same = str if attribute.case_sensitive else str.lower
        return tuple(str(value) for key, value in told.items() if same(str(key)) == same(wanted))


_OF_RESOURCE: Final[Mapping[str, Callable[[str], str | None]]] = {
    "microsoft.storage/storageaccounts:name": lambda resource: part(resource, "storageAccounts"),
    "microsoft.storage/storageaccounts/blobservices/containers:name": lambda resource: part(
        resource, "containers"
    ),
    f"{_BLOBS}:path": blob_of,
    "microsoft.storage/storageaccounts/queueservices/queues:name": lambda resource: part(resource, "queues"),
    "microsoft.keyvault/vaults/secrets:name": lambda resource: part(resource, "secrets"),
}


def _values(value: object) -> Values:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _when(node: Node, facts: Facts) -> Formula:
    if isinstance(node, Not):
        return negation(_when(node.of, facts))
    if isinstance(node, Both):
        return all_of((_when(node.left, facts), _when(node.right, facts)))
    if isinstance(node, Either):
        return any_of((_when(node.left, facts), _when(node.right, facts)))
    if isinstance(node, Matches):
        return _settled(_named(node, facts))
    if isinstance(node, Exists):
        return _exists(node, facts)
    return _compared(node, facts)


def _settled(value: bool) -> Formula:
    return ALWAYS if value else NEVER


def _named(node: Matches, facts: Facts) -> bool:
    if node.function == "actionmatches":
        return any(matches(pattern, facts.request.action) for pattern in node.values)
    return any(value.lower() == facts.suboperation for value in node.values)


def _exists(node: Exists, facts: Facts) -> Formula:
    found = facts.find(node.attribute)
    if isinstance(found, Condition):
        return Condition(found.key, OPERATOR, (f"exists {found.key}",), needs=found.needs)
    return _settled(bool(found))


def _compared(node: Comparison, facts: Facts) -> Formula:
    name, negated = _operator(node.operator)
    compare = _OPERATORS.get(name)
    if compare is None:
        return NEVER  # The provider refuses a condition with an operator that it does not have.
    left = facts.find(node.left)
    right = facts.find(node.values) if isinstance(node.values, Attribute) else node.values
    unknown = [one for one in (left, right) if isinstance(one, Condition)]
    if unknown:
        needs = tuple(sorted({name for one in unknown for name in one.needs}))
        turned = negated and node.quantifier is None
        plain = Condition(
            needs[0], OPERATOR, (_written(node, name if turned else node.operator),), needs=needs
        )
        return negation(plain) if turned else plain
    values, wanted = _known(left), _known(right)
    if node.quantifier is None:
        return _settled(any(compare(value, other) for value in values for other in wanted) is not negated)
    return _settled(_quantified(node.quantifier, values, wanted, _negated(compare) if negated else compare))


def _negated(compare: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda value, other: not compare(value, other)


def _known(found: Values | Condition | None) -> Values:
    return found if isinstance(found, tuple) else ()


def _operator(written: str) -> tuple[str, bool]:
    """An operator in its positive form, and whether it was negated: ``stringnotequals`` is not ``stringequals``."""
    kind = re.match(r"string|numeric|datetime|bool|guid", written)
    if kind is None or not written.startswith("not", kind.end()):
        return written, False
    return written[: kind.end()] + written[kind.end() + 3 :], True


def _quantified(quantifier: str, values: Values, wanted: Values, compare: Callable[[str, str], bool]) -> bool:
    """The cross product of two sets: ``ForAllOfAnyValues`` asks that every value on the left meets some on the right."""
    over = all if quantifier.endswith("allvalues") else any
    meets = [bool(wanted) and over(compare(value, other) for other in wanted) for value in values]
    return bool(meets) and all(meets) if quantifier.startswith("forall") else any(meets)


def _like(value: str, pattern: str) -> bool:
    return glob(pattern).matches(value)


def _without_case(compare: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda value, other: compare(value.lower(), other.lower())


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compared(value: str, other: str) -> bool:
        try:
            return compare(float(value), float(other))
        except ValueError:
            return False

    return compared


def _time(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    def compared(value: str, other: str) -> bool:
        try:
            return compare(*(_moment(one) for one in (value, other)))
        except ValueError:
            return False

    return compared


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_RELATIONS: Final[Mapping[str, Callable[..., bool]]] = {
    "equals": lambda one, other: one == other,
    "lessthan": lambda one, other: one < other,
    "lessthanequals": lambda one, other: one <= other,
    "greaterthan": lambda one, other: one > other,
    "greaterthanequals": lambda one, other: one >= other,
}
_OF_TEXT: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": lambda value, other: value == other,
    "startswith": str.startswith,
    "like": _like,
}
_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    **{f"string{name}": compare for name, compare in _OF_TEXT.items()},
    **{f"string{name}ignorecase": _without_case(compare) for name, compare in _OF_TEXT.items()},
    **{f"numeric{name}": _number(compare) for name, compare in _RELATIONS.items()},
    **{f"datetime{name}": _time(compare) for name, compare in _RELATIONS.items()},
    "boolequals": lambda value, other: value.lower() == other.lower(),
    "guidequals": lambda value, other: value.lower() == other.lower(),
}


def _written(node: Comparison, operator: str) -> str:
    """A comparison as text, in its positive form."""
    right = (
        f"@{node.values.source}[{node.values.name}]"
        if isinstance(node.values, Attribute)
        else "{" + ", ".join(repr(value) for value in node.values) + "}"
    )
    quantified = f"{node.quantifier}:{operator}" if node.quantifier else operator
    return f"@{node.left.source}[{node.left.name}] {quantified} {right}"
