"""Which stores no policy of a caller tells apart: what is decided on one of them holds for the others.

An identity policy sees a resource through the values of Resource and NotResource alone. Of two resources of which each value
matches all, some or nothing alike, everything is said alike. A value with a variable may become another one for each caller and
each resource: where it may be about a resource, the resource is like no other.

A store's own policy names the store. Two such policies say the same where the statements that concern an action ask the same of the
same callers. One that allows is cited by its name, which no other store's has; so only what denies is compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final

from weightguard.policy.aws import CompiledPolicy, Layers
from weightguard.policy.aws.statement import target
from weightguard.policy.pattern import Glob, glob

Met = tuple[tuple[int, bool], ...]
"""The values that match some of a resource, by number, and whether they match all of it."""
_CONTEXT: Final = "kms:encryptioncontext:"


class Alike:
    """Compares resources by what policies say of them."""

    def __init__(self) -> None:
        self._spoken: dict[Layers, tuple[tuple[str, Glob, bool], ...]] = {}
        self._asked: dict[str, tuple[str, Glob]] = {}
        self._met: dict[tuple[str, Layers], Met | None] = {}
        self._denied: dict[tuple[CompiledPolicy, str, str], Hashable] = {}
        self._looking: dict[CompiledPolicy, bool] = {}

    def signature(self, resource: str, layers: Layers) -> Met | None:
        """Equal for resources that no policy of some layers tells apart; None for one like no other.

        Args:
            resource: an ARN, or a pattern of ARNs.
        """
        key = (resource, layers)
        if key not in self._met:
            self._met[key] = self._meeting(resource, layers)
        return self._met[key]

    def _meeting(self, resource: str, layers: Layers) -> Met | None:
        spoken = self._spoken.get(layers)
        if spoken is None:
            spoken = self._spoken[layers] = tuple(dict.fromkeys(_values(layers)))
        known = self._asked.get(resource)
        if known is None:
            pattern = glob(resource)
            known = self._asked[resource] = (_beginning(pattern), pattern)
        start, asked = known
        found: list[tuple[int, bool]] = []
        for number, (other, pattern, varies) in enumerate(spoken):
            if not (start.startswith(other) or other.startswith(start)) or not pattern.overlaps(asked):
                continue
            if varies:
                return None
            found.append((number, pattern.covers(asked)))
        return tuple(found)

    def denied(self, policy: CompiledPolicy, action: str, resource: str) -> Hashable | None:
        """Equal for stores whose own policies say the same of an action on a resource; None for one like no other."""
        key = (policy, action, resource)
        if key not in self._denied:
            self._denied[key] = _denials(policy, action.lower(), resource)
        return self._denied[key]

    def looks_at_contexts(self, policies: Iterable[CompiledPolicy]) -> bool:
        """Whether one of some policies looks at the encryption context, which says what a key is used for."""
        return any(self._looks(policy) for policy in policies)

    def _looks(self, policy: CompiledPolicy) -> bool:
        found = self._looking.get(policy)
        if found is None:
            keys = (key.lower() for statement in policy.document.statements for key in statement.keys)
            found = self._looking[policy] = any(key.startswith(_CONTEXT) for key in keys)
        return found


def _denials(policy: CompiledPolicy, action: str, resource: str) -> Hashable | None:
    asked = target(resource, literal=False)
    found: list[Hashable] = []
    for statement in policy.document.statements:
        if not statement.may_apply(action, asked):
            continue
        terms = statement.terms
        if statement.allows or statement.has_resource_variables or terms is None:
            return None
        found.append(terms)
    return tuple(found)


def _values(layers: Layers) -> Iterator[tuple[str, Glob, bool]]:
    """The values of Resource and NotResource in some layers: how they begin, their pattern, whether it holds variables."""
    for policies in policies_in(layers):
        for policy in policies:
            for statement in policy.document.statements:
                for value in statement.resources or ():
                    pattern = value.static_glob
                    widest = pattern or value.widest()
                    yield _beginning(widest), widest, pattern is None


def policies_in(layers: Layers) -> Iterator[Iterable[CompiledPolicy]]:
    """The policies of some layers, set by set."""
    single = (layers.identity, layers.boundary, layers.session, layers.resource, layers.vpc_endpoint)
    yield from (policies for policies in single if policies is not None)
    for levels in (layers.scp, layers.rcp):
        yield from levels or ()


def _beginning(pattern: Glob) -> str:
    """What a pattern says before its first wildcard."""
    if pattern.literal is not None:
        return pattern.literal
    characters: list[str] = []
    for token in pattern.tokens:
        if not isinstance(token, str):
            break
        characters.append(token)
    return "".join(characters)
