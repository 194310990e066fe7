"""Which tags of a principal, or of a session of its, are worth choosing: those that some statement which bears on it looks at.

Source: IAM User Guide, "Pass session tags in AWS STS" (session tags override a role's own) and "Controlling access for IAM
resources using tags" (aws:PrincipalTag).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.policy_texts import compiled, policies_of_resources
from weightguard.access.aws.identities.principals import Population
from weightguard.access.aws.identities.sensitivity import sensitivity
from weightguard.access.aws.identities.tags import Tags, chosen_for
from weightguard.estate.fact import Known
from weightguard.policy.aws import CompiledPolicy, Condition
from weightguard.policy.aws.conditions import Test
from weightguard.policy.aws.statement import Statement

Choice = tuple[tuple[str, str | None], ...]
"""Tags to set, by key, in a fixed order; None for one to take away."""

_PRINCIPAL: Final = ("aws:principaltag/",)
_RESOURCE: Final = re.compile(r"^(?:aws|[a-z0-9-]+):resourcetag/(.+)$")
_VARIABLE: Final = re.compile(r"\$\{aws:principaltag/([^},]+)[^}]*\}", re.IGNORECASE)
_MOST: Final = 16
"""Choices tried for one statement."""


class TagChoices:
    """Finds tags to choose.

    Args:
        population: whose policies.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._found: dict[tuple[CompiledPolicy, ...], tuple[Choice, ...]] = {}

    def of(self, group: PrincipalGroup) -> tuple[Choice, ...]:
        """The choices worth trying for a group's principals: all at once as far as they agree, then each statement's own."""
        looking = tuple(one for one in group.documents if self._population.looks_of(one).tags)
        if not looking and not self._everywhere:
            return ()
        found = self._found.get(looking)
        if found is None:
            singly = dict.fromkeys(
                [choice for one in looking for choice in self._of_policy(one)] + list(self._everywhere)
            )
            together: dict[str, str | None] = {}
            for choice in singly:
                for key, value in choice:
                    together.setdefault(key, value)
            found = self._found[looking] = tuple(dict.fromkeys([tuple(sorted(together.items())), *singly]))
        return found

    @cached_property
    def _everywhere(self) -> tuple[Choice, ...]:
        """What the policies of resources and the guardrails look at."""
        found: dict[Choice, None] = {}
        memory = self._population.memory
        for policy, kind in policies_of_resources(self._population.estate):
            if sensitivity(policy.document, memory).tags:
                found.update(dict.fromkeys(self._of_policy(compiled(policy, kind, memory))))
        return tuple(found)

    def _of_policy(self, policy: CompiledPolicy) -> Iterator[Choice]:
        for statement in policy.document.statements:
            for tags in (*self._by_tests(statement), *self._by_resources(statement)):
                if tags:
                    yield tuple(sorted(tags.items()))

    def _by_tests(self, statement: Statement) -> Iterator[Tags]:
        """The tags that make an allowing statement apply, or a denying one not."""
        tests = [
            Condition(one.key, one.name.positive, one.sources, one.name.negates)
            for one in statement.tests
            if isinstance(one, Test)
        ]
        own = [one for one in tests if one.key.lower().startswith(_PRINCIPAL)]
        if statement.allows:
            yield chosen_for(own, _PRINCIPAL)
        else:
            for one in own:
                yield chosen_for([Condition(one.key, one.operator, one.values, not one.negated)], _PRINCIPAL)
        yield from self._by_variables(tests)

    def _by_variables(self, tests: Iterable[Condition]) -> Iterator[Tags]:
        """Where a tag of the resource has to be the caller's: the values that resources hold."""
        for test in tests:
            tag = _RESOURCE.match(test.key.lower())
            for key in (key for text in test.values for key in _VARIABLE.findall(text)):
                for value in self._held.get(tag.group(1), ()) if tag is not None else ():
                    yield {key: value}

    def _by_resources(self, statement: Statement) -> Iterator[Tags]:
        """Where a resource's name has the caller's tag in it: the values that name one of the estate's stores."""
        for source in statement.resource_sources:
            keys = _VARIABLE.findall(source)
            if len(set(keys)) != 1:
                continue
            pattern = re.compile("([^:/]+)".join(map(_literally, _VARIABLE.split(source)[::2])))
            for store in self._population.estate.stores:
                for name in (store.id, f"{store.id}/any"):
                    match = pattern.fullmatch(name)
                    if match is not None:
                        yield {keys[0]: match.group(1)}

    @cached_property
    def _held(self) -> dict[str, tuple[str, ...]]:
        """The values that the estate's stores, keys and principals hold under each tag, by its key in lower case."""
        estate = self._population.estate
        found: dict[str, dict[str, None]] = {}
        for fact in [one.tags for group in (estate.stores, estate.keys, estate.principals) for one in group]:
            for key, value in (fact.value if isinstance(fact, Known) else {}).items():
                found.setdefault(key.lower(), {})[value] = None
        return {key: tuple(values)[:_MOST] for key, values in found.items()}


def _literally(text: str) -> str:
    """A part of a resource's pattern as a regular expression."""
    return "".join(".*" if one == "*" else "." if one == "?" else re.escape(one) for one in text)
