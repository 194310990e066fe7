"""One statement of a policy, matched against an action and a resource; `statement_parser` reads it.

Sources: IAM User Guide, "IAM JSON policy elements: Effect / Action / NotAction / Resource / NotResource / Principal /
NotPrincipal / Condition".
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from weightguard.policy.aws.conditions import Test, Unclear, presence
from weightguard.policy.aws.context import Context
from weightguard.policy.aws.keys import canonical_key
from weightguard.policy.aws.principal import PrincipalElement
from weightguard.policy.aws.template import Template, Unresolved
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.pattern import Glob, glob


@dataclass(frozen=True, slots=True)
class Target:
    """The resource of a request.

    Args:
        text: its ARN or name, possibly with wildcards.
        pattern: the text as a pattern; for a concrete resource, a pattern without wildcards.
    """

    text: str
    pattern: Glob

    @property
    def is_open(self) -> bool:
        """Whether it stands for more than one resource."""
        return self.pattern.literal is None


def target(text: str, *, literal: bool) -> Target:
    """The target of a request.

    Args:
        text: the request's resource; ``*`` and ``?`` make it a pattern.
        literal: take wildcards as plain characters (an action without resource-level permissions is
            authorized against a literal ``*``).
    """
    return Target(text, Glob(text) if literal else glob(text))


class Statement:
    """A compiled statement.

    Args:
        label: its Sid, or its index where it has none.
        allows: whether its effect is Allow.
        actions: lower-case patterns of Action or NotAction.
        not_action: whether they are those of NotAction.
        resources: values of Resource or NotResource; None where the statement has neither.
        not_resource: whether they are those of NotResource.
        principals: its Principal or NotPrincipal, or None for policies that name none.
        not_principal: whether it is a NotPrincipal.
        tests: its conditions.
    """

    __slots__ = (
        "_actions",
        "_not_action",
        "_not_resource",
        "allows",
        "has_resource_variables",
        "label",
        "not_principal",
        "principals",
        "resources",
        "tests",
    )

    def __init__(
        self,
        label: str,
        *,
        allows: bool,
        actions: tuple[Glob, ...],
        not_action: bool,
        resources: tuple[Template, ...] | None,
        not_resource: bool,
        principals: PrincipalElement | None,
        not_principal: bool,
        tests: tuple[Test | Unclear, ...],
    ) -> None:
        self.label = label
        self.allows = allows
        self.principals = principals
        self.not_principal = not_principal
        self.tests = tests
        self._actions = actions
        self._not_action = not_action
        self.resources = resources
        self._not_resource = not_resource
        self.has_resource_variables = resources is not None and not all(one.is_static for one in resources)

    def may_apply(self, action: str, resource: Target) -> bool:
        """Whether it matches the action (lower-case) and could match the resource for some request context."""
        for pattern in self._actions:
            if pattern.matches(action):
                if self._not_action:
                    return False
                break
        else:
            if not self._not_action:
                return False
        if self.resources is None:
            # AWS KMS API Reference, PutKeyPolicy: without Resource "the policy statement has no effect".
            return not action.startswith("kms:")
        hits = [self._hit(one.static_glob or one.widest(), resource) for one in self.resources]
        if not self._not_resource:
            return True in hits
        static = [hit for hit, one in zip(hits, self.resources, strict=True) if one.is_static]
        return not any(static)

    @property
    def depends_on_request(self) -> bool:
        """Whether anything but action and resource decides if it matches."""
        return bool(self.tests) or self.principals is not None or self.has_resource_variables

    @property
    def terms(self) -> Hashable | None:
        """Equal for statements that say the same of whom and what they match; None for one that nobody can compare."""
        tests = [test.terms for test in self.tests]
        return None if None in tests else (self.allows, self.principals, self.not_principal, tuple(tests))

    @property
    def resource_sources(self) -> tuple[str, ...]:
        """The values of Resource, as the policy has them."""
        return () if self._not_resource else tuple(one.source for one in self.resources or ())

    @property
    def keys(self) -> set[str]:
        """The context keys that decide if it matches, with those of policy variables."""
        variables = {one.key for value in self.resources or () for one in value.variables}
        return variables.union(*(test.keys for test in self.tests))

    def resource_formula(self, resource: Target, context: Context) -> Formula:
        """When it matches the resource, given that `may_apply` says it could."""
        if self.resources is None or not self.has_resource_variables:
            return ALWAYS
        if self._not_resource:
            return all_of(self._outside(one, resource, context) for one in self.resources)
        return any_of(self._inside(one, resource, context) for one in self.resources)

    def _inside(self, value: Template, resource: Target, context: Context) -> Formula:
        """When one value of Resource matches."""
        resolved = value.resolve(context)
        if not isinstance(resolved, Unresolved):
            return ALWAYS if self._hit(resolved[1], resource) else NEVER
        if not resolved.needs or not self._hit(value.widest(), resource):
            return NEVER
        needs = tuple(dict.fromkeys(map(canonical_key, resolved.needs)))
        return Condition("Resource", "ResourceLike", (value.source,), needs=needs)

    def _outside(self, value: Template, resource: Target, context: Context) -> Formula:
        """When one value of NotResource does not match; a variable that is absent makes the statement invalid."""
        resolved = value.resolve(context)
        if not isinstance(resolved, Unresolved):
            return NEVER if self._hit(resolved[1], resource) else ALWAYS
        if not resolved.needs:
            return NEVER
        present = [presence(key) for key in resolved.required]
        return all_of([negation(self._inside(value, resource, context)), *present])

    def _hit(self, pattern: Glob, resource: Target) -> bool:
        """Whether one value of the element concerns the resource.

        For a resource that is a pattern: Allow with Resource and Deny with NotResource ask for an overlap,
        Deny with Resource and Allow with NotResource for the whole of it.
        """
        if not resource.is_open:
            return pattern.matches(resource.text)
        if self.allows is not self._not_resource:
            return pattern.overlaps(resource.pattern)
        return pattern.covers(resource.pattern)

    def condition_formula(self, context: Context) -> Formula:
        """When its conditions are met: all of them, so the conjunction of its tests."""
        open_parts: list[Formula] = []
        for test in self.tests:
            part = test.evaluate(context)
            if part is NEVER:
                return NEVER
            if part is not ALWAYS:
                open_parts.append(part)
        return all_of(open_parts) if open_parts else ALWAYS
