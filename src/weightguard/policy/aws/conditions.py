"""The Condition element: compile its tests, evaluate them to a formula.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
values", "Set operators for multivalued context keys". In short: operators and keys are joined by AND, the values of a key by
OR; a negated operator is true when no value matches (NOR) and when the key is absent; ``IfExists`` is true on an absent
key; ``ForAllValues`` is true on an absent key, ``ForAnyValue`` false.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from weightguard.policy.aws.context import ABSENT, UNKNOWN, Context, Partly
from weightguard.policy.aws.keys import canonical_key
from weightguard.policy.aws.likeness import compares_texts, likeness
from weightguard.policy.aws.operators import MalformedValue, Matcher, Operator, find_operator
from weightguard.policy.aws.template import Template, Unresolved, template
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of
from weightguard.policy.pattern import Glob

_SET_OPERATORS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
_IF_EXISTS = "ifexists"


class MalformedCondition(ValueError):
    """A Condition element that the provider would refuse."""


@dataclass(frozen=True, slots=True)
class OperatorName:
    """A condition operator's name, taken apart."""

    operator: Operator
    negated: bool
    set_operator: str | None
    if_exists: bool

    @property
    def positive(self) -> str:
        """The operator as a formula names it: not negated, with what changes its meaning."""
        return self._normal()[0]

    @property
    def negates(self) -> bool:
        """Whether the test is the failing of `positive`."""
        return self._normal()[1]

    def _normal(self) -> tuple[str, bool]:
        name = self.operator.name
        if self.set_operator is None:
            # A negated test is met by an absent key anyway: the suffix adds nothing to it.
            return (name, True) if self.negated else (name + self._suffix, False)
        if self.set_operator == "ForAllValues":
            # Every value is none of these = not (some value is one of these).
            return (f"ForAnyValue:{name}", True) if self.negated else (f"ForAllValues:{name}", False)
        if self.negated and not self.if_exists:
            return f"ForAllValues:{name}", True
        negation = "Not" if self.negated else ""
        return f"ForAnyValue:{negation}{name}{self._suffix}", False

    @property
    def _suffix(self) -> str:
        return "IfExists" if self.if_exists else ""


def parse_operator(name: str) -> OperatorName:
    """Take apart ``ForAnyValue:StringNotLikeIfExists``; raises `MalformedCondition` when it is no operator."""
    rest = name
    set_operator = None
    prefix, colon, after = name.partition(":")
    if colon:
        set_operator = _SET_OPERATORS.get(prefix.lower())
        if set_operator is None:
            raise MalformedCondition(f"unknown set operator in {name!r}")
        rest = after
    if_exists = rest.lower().endswith(_IF_EXISTS)
    found = find_operator(rest[: -len(_IF_EXISTS)] if if_exists else rest)
    if found is None or (found[0].name == "Null" and if_exists):
        raise MalformedCondition(f"unknown condition operator {name!r}")
    return OperatorName(found[0], found[1], set_operator, if_exists)


class Test:
    """One operator applied to one key: ``{"StringEquals": {"aws:SourceVpce": [...]}}``.

    Args:
        name: the operator.
        key: the context key, as the policy spells it.
        templates: the policy's values.

    Raises:
        MalformedValue: a value that the operator cannot read.
    """

    __slots__ = ("_absent", "_matchers", "_open", "_templates", "key", "name")

    def __init__(self, name: OperatorName, key: str, templates: tuple[Template, ...]) -> None:
        self.name = name
        self.key = canonical_key(key)
        self._templates = templates
        self._matchers: tuple[Matcher, ...] | None = None
        if all(one.is_static for one in templates):
            self._matchers = tuple(_static_matcher(name.operator, one) for one in templates)
        self._absent = self._on_absent_key()
        self._open = self._residual([one.source for one in templates], [self.key])

    @property
    def keys(self) -> set[str]:
        """The context keys that the test looks at."""
        return {self.key, *(variable.key for one in self._templates for variable in one.variables)}

    @property
    def terms(self) -> Hashable:
        """Equal for tests that ask the same."""
        return self.name, self.key, tuple((one.source, one.is_static) for one in self._templates)

    @property
    def sources(self) -> tuple[str, ...]:
        """The policy's values as it has them."""
        return tuple(one.source for one in self._templates)

    def _on_absent_key(self) -> bool:
        if self.name.operator.name == "Null":
            return any(one.source.lower() == "true" for one in self._templates)
        if self.name.if_exists:
            return True
        if self.name.set_operator:
            return self.name.set_operator == "ForAllValues"
        return self.name.negated

    def _residual(self, values: list[str], needs: list[str], subject: str | None = None) -> Formula:
        return Condition(
            subject or self.key,
            self.name.positive,
            tuple(sorted(set(values))),
            self.name.negates,
            tuple(dict.fromkeys(needs)),
        )

    def evaluate(self, context: Context) -> Formula:
        """ALWAYS or NEVER where the context settles the test, else the open condition."""
        values = context.get(self.key)
        if values is ABSENT:
            return ALWAYS if self._absent else NEVER
        if isinstance(values, Partly):
            return self._evaluate_partly(values, context)
        if self._matchers is None:
            return self._evaluate_variables(context, None if values is UNKNOWN else values)
        if values is UNKNOWN:
            return context.narrow(self._open)
        return ALWAYS if self._met(values, self._matchers) else NEVER

    def _evaluate_partly(self, known: Partly, context: Context) -> Formula:
        """For a key that has one value, of which only patterns are known: set operators and suffix say nothing then."""
        name = self.name.operator.name
        if name == "Null":
            return ALWAYS if self._met((), self._matchers or ()) else NEVER
        resolved = [one.resolve(context) for one in self._templates]
        if not compares_texts(name) or any(isinstance(one, Unresolved) for one in resolved):
            return self._open if self._matchers is not None else self._evaluate_variables(context, None)
        settled = [one for one in resolved if not isinstance(one, Unresolved)]
        alike, open_values = likeness(name, settled, known)
        if alike is not None:
            return ALWAYS if alike is not self.name.negated else NEVER
        return Condition(self.key, name, open_values, self.name.negated, (self.key,))

    def _met(self, values: tuple[str, ...], matchers: tuple[Matcher, ...]) -> bool:
        set_operator, negated = self.name.set_operator, self.name.negated
        if self.name.operator.name == "Null":
            return any(matcher("") for matcher in matchers)
        if set_operator is None:
            # An operator without a set operator cannot compare a key that has several values.
            return len(values) == 1 and _meets(values[0], matchers, negated=negated)
        if values == ("",):
            # "... or if the key values resolve to a null data set, such as an empty string."
            return set_operator == "ForAllValues"
        met = (_meets(value, matchers, negated=negated) for value in values)
        return all(met) if set_operator == "ForAllValues" else any(met)

    def _evaluate_variables(self, context: Context, values: tuple[str, ...] | None) -> Formula:
        resolved = [one.resolve(context) for one in self._templates]
        unresolved = [one for one in resolved if isinstance(one, Unresolved)]
        if self.name.negated and any(not one.needs for one in unresolved):
            # "If AWS cannot resolve a variable, this might cause the entire statement to be invalid."
            return self._where_absent(values)
        needs = [key for one in unresolved for key in one.needs]
        if values is not None:
            settled = self._settled(values, resolved)
            if not needs or settled is not self.name.negated:
                return ALWAYS if settled else NEVER
        found = self._open_variables(resolved, needs, values)
        return self._negated(found, unresolved, values) if self.name.negated else found

    def _negated(
        self, found: Formula, unresolved: list[Unresolved], values: tuple[str, ...] | None
    ) -> Formula:
        """A variable that turns out to be absent makes a negated test fail, which its mere opposite would not."""
        found = all_of([found, *(presence(key) for one in unresolved for key in one.required)])
        absent = self._where_absent(values)
        return found if absent is NEVER else any_of([found, absent])

    def _where_absent(self, values: tuple[str, ...] | None) -> Formula:
        """What holds where the key itself turns out to be absent."""
        return self._key_absent() if values is None and self._absent else NEVER

    def _key_absent(self) -> Formula:
        return Condition(self.key, "Null", ("true",), needs=(self.key,))

    def _settled(self, values: tuple[str, ...], resolved: list[tuple[str, Glob] | Unresolved]) -> bool:
        """Whether the test is met by the policy values that are known."""
        known = (one for one in resolved if not isinstance(one, Unresolved))
        prepared = (_matcher(self.name.operator, text, pattern) for text, pattern in known)
        return self._met(values, tuple(matcher for matcher in prepared if matcher is not None))

    def _open_variables(
        self, resolved: list[tuple[str, Glob] | Unresolved], needs: list[str], known: tuple[str, ...] | None
    ) -> Formula:
        texts = [
            one.source if isinstance(value, Unresolved) else value[0]
            for one, value in zip(self._templates, resolved, strict=True)
            if not isinstance(value, Unresolved) or value.needs
        ]
        if not texts:
            return NEVER
        canonical = [canonical_key(key) for key in needs]
        if known is None:
            return self._residual(texts, [self.key, *canonical])
        return self._residual(texts, canonical, f"{self.key} ({', '.join(known)})")


class Unclear:
    """The test of a denial that cannot be understood: nobody can tell whether it is met.

    Args:
        label: the statement's.
        why: what is wrong with it.
    """

    __slots__ = ("_condition",)

    keys: frozenset[str] = frozenset()
    terms: None = None
    """It is like no other."""

    def __init__(self, label: str, why: str) -> None:
        subject = f"statement {label} ({why})"
        self._condition = Condition(subject, "Unclear", ("deny",), needs=(f"statement {label}",))

    def evaluate(self, _: Context) -> Formula:
        """The open condition."""
        return self._condition


def presence(key: str) -> Formula:
    """That a context key is there."""
    name = canonical_key(key)
    return Condition(name, "Null", ("true",), negated=True, needs=(name,))


def _meets(value: str, matchers: tuple[Matcher, ...], *, negated: bool) -> bool:
    unreadable = False
    for matcher in matchers:
        met = matcher(value)
        if met:
            return not negated
        unreadable = unreadable or met is None
    return negated and not unreadable


def _static_matcher(operator: Operator, value: Template) -> Matcher:
    text, pattern = value.static_text, value.static_glob
    if text is None or pattern is None:
        raise MalformedValue(f"{value.source!r} has a variable")
    return operator.prepare(text, pattern)


def _matcher(operator: Operator, text: str, pattern: Glob) -> Matcher | None:
    try:
        return operator.prepare(text, pattern)
    except MalformedValue:
        return None


def compile_conditions(element: object, *, with_variables: bool) -> tuple[Test, ...]:
    """Compile a Condition element.

    Args:
        element: the element's value; a mapping of operator to a mapping of key to value or values.
        with_variables: whether the document's version has policy variables.

    Raises:
        MalformedCondition: it is not what the grammar allows; the statement then never matches.
    """
    if not isinstance(element, Mapping):
        raise MalformedCondition("Condition is not an object")
    tests: list[Test] = []
    for operator_name, keys in element.items():
        name = parse_operator(str(operator_name))
        if not isinstance(keys, Mapping):
            raise MalformedCondition(f"{operator_name!r} is not followed by an object of context keys")
        tests.extend(_test(name, str(key), value, with_variables) for key, value in keys.items())
    return tuple(tests)


def _test(name: OperatorName, key: str, value: object, with_variables: bool) -> Test:
    variables = with_variables and name.operator.takes_variables
    templates = tuple(template(text, with_variables=variables) for text in _texts(key, value))
    try:
        return Test(name, key, templates)
    except MalformedValue as error:
        raise MalformedCondition(f"the value of {key!r} cannot be compared: {error}") from error


def _texts(key: str, value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    texts: list[str] = []
    for item in values:
        if isinstance(item, bool):
            texts.append("true" if item else "false")
        elif isinstance(item, str | int | float):
            texts.append(str(item))
        else:
            raise MalformedCondition(f"a value of {key!r} is neither text, number nor boolean")
    return texts
