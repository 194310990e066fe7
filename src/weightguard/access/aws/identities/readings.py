"""What the statements of a policy speak of, read once: their actions, their resources, and what they look at in a caller.

Nothing here decides. It tells who is worth asking about, who cannot be told from whom, and which resources are alike: an action
that no statement speaks of needs no question, and statements that do not speak of it tell nobody apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.aws.identities.sensitivity import (
    BLIND,
    Sensitivity,
    patterns_of,
    statements_of,
    tags_of,
    texts_of,
    told_by,
)
from weightguard.memory import Memory
from weightguard.policy.pattern import glob

_EVERYTHING: Final = "*"


class Actions:
    """An Action or NotAction element; within a memory, elements of the same texts are one object.

    Args:
        texts: its values in lower case.
        negated: whether it is a NotAction.
    """

    __slots__ = ("_globs", "_known", "_negated")

    def __init__(self, texts: tuple[str, ...], negated: bool) -> None:
        self._globs = tuple(glob(one) for one in texts)
        self._negated = negated
        self._known: dict[str, bool] = {}

    def concern(self, action: str) -> bool:
        """Whether they are about an action (lower-case)."""
        found = self._known.get(action)
        if found is None:
            named = any(pattern.matches(action) for pattern in self._globs)
            found = self._known[action] = named is not self._negated
        return found


ANY_ACTION: Final = Actions((), True)


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One statement.

    Attributes:
        allows: whether it allows; else it denies.
        patterns: the values of Resource and NotResource, with policy variables as ``*``; and ``*`` where there is a NotResource.
        tags: the context keys of resource tags that it looks at, in lower case.
        looks: what it looks at in its caller.
        content: the statement without its Sid: equal for statements that say the same.
    """

    allows: bool
    actions: Actions
    patterns: frozenset[str]
    tags: frozenset[str]
    looks: Sensitivity
    content: str

    @property
    def has_variables(self) -> bool:
        """Whether something in it becomes another thing for each request."""
        return "${" in self.content

    @property
    def looks_at_contexts(self) -> bool:
        """Whether it looks at the encryption context, which says what a key is used for."""
        return "kms:encryptioncontext" in self.content.lower()

    def concerns(self, actions: Iterable[str]) -> bool:
        """Whether it is about one of some actions (lower-case)."""
        concern = self.actions.concern
        return any(concern(action) for action in actions)


_UNREAD: Final = (
    Said(True, ANY_ACTION, frozenset(_EVERYTHING), frozenset(), BLIND, ""),
    Said(False, ANY_ACTION, frozenset(_EVERYTHING), frozenset(), BLIND, ""),
)


@dataclass(frozen=True, slots=True, eq=False)
class Concern:
    """What a policy says about some actions.

    Attributes:
        allows: whether some statement allows one of them somewhere.
        patterns: the resources that it speaks of in doing so, or in denying it.
        looks: what these statements look at in their caller.
        denials: their content, where none of them allows; equal for policies that deny the same. None where one allows.
    """

    allows: bool
    patterns: frozenset[str]
    looks: Sensitivity
    denials: frozenset[str] | None


class Reading:
    """A policy's statements, and what was found in them so far.

    Args:
        said: its statements; those of a policy that was not read allow and deny anything.
    """

    __slots__ = ("_about", "said")

    def __init__(self, said: tuple[Said, ...]) -> None:
        self.said = said
        self._about: dict[tuple[str, ...], Concern | None] = {}

    def about(self, actions: tuple[str, ...]) -> Concern | None:
        """What it says about some actions (lower-case); None where it says nothing."""
        try:
            return self._about[actions]
        except KeyError:
            found = self._about[actions] = self._gathered(actions)
            return found

    def _gathered(self, actions: tuple[str, ...]) -> Concern | None:
        relevant = [one for one in self.said if one.concerns(actions)]
        if not relevant:
            return None
        allows = any(one.allows for one in relevant)
        looks = BLIND
        for one in relevant:
            looks |= one.looks
        known = all(one.content for one in relevant)
        denials = frozenset(one.content for one in relevant) if known and not allows else None
        return Concern(allows, frozenset[str]().union(*(one.patterns for one in relevant)), looks, denials)

    def allows(self, action: str) -> bool:
        """Whether some statement allows an action (lower-case) on something."""
        return any(one.allows and one.actions.concern(action) for one in self.said)

    @property
    def looks(self) -> Sensitivity:
        """What the policy looks at in its caller."""
        found = BLIND
        for one in self.said:
            found |= one.looks
        return found

    @property
    def patterns(self) -> frozenset[str]:
        """Every resource that it speaks of."""
        return frozenset[str]().union(*(one.patterns for one in self.said))


UNREAD: Final = Reading(_UNREAD)
"""A policy whose text is not held."""


def reading(document: Mapping[str, Any] | str | None, memory: Memory) -> Reading:
    """A document's statements. One that cannot be parsed grants nothing and speaks of nothing; None was not read."""
    if document is None:
        return UNREAD
    text = document if isinstance(document, str) else json.dumps(document)
    return memory.once(_of_text, text, memory)


def _of_text(text: str, memory: Memory) -> Reading:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return Reading(())
    return Reading(tuple(_said(one, memory) for one in statements_of(parsed)))


def _said(statement: Mapping[str, Any], memory: Memory) -> Said:
    content = json.dumps({key: value for key, value in statement.items() if key != "Sid"}, sort_keys=True)
    return Said(
        statement.get("Effect") == "Allow",
        _actions(statement, memory),
        patterns_of(statement),
        tags_of(content),
        told_by(statement) if "Condition" in statement or "${" in content else BLIND,
        content,
    )


def _actions(statement: Mapping[str, Any], memory: Memory) -> Actions:
    for element in ("Action", "NotAction"):
        if element in statement:
            texts = tuple(one.lower() for one in texts_of(statement[element]))
            return memory.once(Actions, texts, element == "NotAction")
    return ANY_ACTION
