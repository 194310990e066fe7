"""A request's context: what is known of it, what is known to be absent, what is unknown.

Sources: IAM User Guide, "AWS global condition context keys" and "IAM policy elements: Variables and tags" (the table
of principal key values). Keys are not case-sensitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from weightguard.memory import Memory
from weightguard.policy.aws.request_keys import may_have_key
from weightguard.policy.aws.somebody import Bounds, narrowed
from weightguard.policy.formula import Condition, Formula


class Missing(Enum):
    """Why a key has no value."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


ABSENT: Final = Missing.ABSENT
UNKNOWN: Final = Missing.UNKNOWN


@dataclass(frozen=True, slots=True)
class Partly:
    """One value that is there and known in part: it matches some of these patterns (``*`` and ``?`` are wildcards).

    The id of a role's session is ``AROA...:*``: the role's own id, then any name.
    """

    patterns: tuple[str, ...]


Values = tuple[str, ...] | Partly | Literal[Missing.ABSENT, Missing.UNKNOWN]

ContextValue = str | bool | int | float | None | Sequence[str | bool | int | float] | Partly
"""What a caller may give for a key. None says: known to be absent."""


class Context:
    """Looks up context keys of one request.

    Args:
        given: keys and values as the caller gave them; they win over what is derived.
        derive: gives the keys that follow from the request itself, with lower-case names: called where a key is looked up that
            was not given, once.
        assume_unknown: whether a key that is not given is unknown rather than absent.
        action: the request's action in lower case: keys that no request for it has are absent.
        bounds: what an unknown caller is known to be or not to be.
        memory: where it is kept which keys a request may have, and what bounds leave of a test.
    """

    __slots__ = ("_action", "_assume_unknown", "_bounds", "_derive", "_derived", "_given", "_memory")

    def __init__(
        self,
        given: Mapping[str, ContextValue],
        derive: Callable[[], Mapping[str, Values]],
        *,
        assume_unknown: bool,
        action: str,
        bounds: Bounds | None,
        memory: Memory,
    ) -> None:
        self._action = action
        self._bounds = bounds
        self._memory = memory
        self._given: dict[str, Values] = {
            key.lower(): (value,) if type(value) is str else as_values(value) for key, value in given.items()
        }
        self._derive = derive
        self._derived: Mapping[str, Values] | None = None
        self._assume_unknown = assume_unknown

    @property
    def assume_unknown(self) -> bool:
        """Whether a key that is not given is unknown rather than absent."""
        return self._assume_unknown

    def get(self, key: str) -> Values:
        """The values of a key; ABSENT where it is known not to be there, UNKNOWN where nothing is known."""
        return self.get_lowered(key.lower())

    def get_lowered(self, key: str) -> Values:
        """As `get`, of a key in lower case."""
        found = self._given.get(key)
        if found is None:
            following = self._derived
            if following is None:
                following = self._derived = self._derive()
            found = following.get(key)
        if found is None:
            return UNKNOWN if self._assume_unknown and self._may_have(key) else ABSENT
        return found

    def narrow(self, formula: Formula) -> Formula:
        """A test of a caller of whom only part is known, without the values that this caller cannot have."""
        if self._bounds is None or not isinstance(formula, Condition):
            return formula
        return self._memory.once(narrowed, self._bounds, formula)

    def _may_have(self, key: str) -> bool:
        return self._memory.once(may_have_key, self._action, key) and not self._is_ruled_out(key)

    def _is_ruled_out(self, key: str) -> bool:
        prefix, slash, _ = key.partition("/")
        return bool(slash) and self._following().get(prefix + slash) is ABSENT

    def _following(self) -> Mapping[str, Values]:
        found = self._derived
        if found is None:
            found = self._derived = self._derive()
        return found


def as_values(value: ContextValue) -> Values:
    """A caller's value as the provider sees it: texts; nothing and the empty list are absence."""
    if value is None:
        return ABSENT
    if isinstance(value, Partly):
        return value
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool | int | float):
        return (_text(value),)
    values = tuple(_text(item) for item in value if item is not None)
    return values or ABSENT


def _text(value: str | bool | int | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
