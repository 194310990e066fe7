"""From a control to what decides it: the check's function or expression, and the values of its parameters."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from weightguard.config import Config
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.judge import Check
from weightguard.controls.schema import PROVIDERS, CelCheck, Control, Parameter
from weightguard.errors import CatalogueError, ConfigError

CHECKS = "weightguard.checks"


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides a control: by provider, the function or expression and the values of its parameters.

    Attributes:
        checks: by provider; under None what decides on all of them.
        decided_on: the providers on which it is decided, see `Control.decided_on`.
        undecided_on: those that it is meant for besides.
        parameters: see `parameters_of`.
    """

    control: Control
    checks: Mapping[str | None, Check]
    decided_on: frozenset[str]
    undecided_on: frozenset[str]
    parameters: Parameters

    def check_on(self, provider: str | None) -> Check | None:
        """What decides a subject of `provider`, or one that spans providers (None); None where nothing does yet."""
        if not self.decided_on or (provider is not None and provider not in self.decided_on):
            return None
        return self.checks.get(provider) or self.checks.get(None)


def rule_of(control: Control, parameters: Parameters) -> Rule:
    """The rule of `control`, its functions found and its expression compiled.

    Raises:
        CatalogueError: there is no such function, or the expression is none.
    """
    found = {place: resolve(control, place) for place in control.checks}
    checks: dict[str | None, Check] = {place: check for place, check in found.items() if check is not None}
    return Rule(control, checks, frozenset(control.decided_on), frozenset(control.undecided_on), parameters)


def resolve(control: Control, provider: str | None = None) -> Check | None:
    """The function that decides `control` on `provider`; None when only an attestation can.

    Raises:
        CatalogueError: there is no such function, or the expression is none.
    """
    named = control.check_on(provider)
    if named is None:
        return None
    if isinstance(named, CelCheck):
        # Imported here: a catalogue without expressions does not load the expression engine.
        from weightguard.controls.expressions import expression_check

        return expression_check(control, named)
    module_name, _, function_name = named.rpartition(".")
    name = f"{CHECKS}.{module_name}"
    function = getattr(import_module(name), function_name, None) if _is_module(name) else None
    if not callable(function):
        raise CatalogueError(
            "the check does not exist", where=f"{control.id}: {named}", fix=f"define it in {name}"
        )
    check: Check = function
    return check


def _is_module(name: str) -> bool:
    package = name.rpartition(".")[0]
    return (package == CHECKS or find_spec(package) is not None) and find_spec(name) is not None


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values of a control's parameters.

    Attributes:
        everywhere: by name.
        by_provider: by provider and name, where they are others.
    """

    everywhere: Mapping[str, Any]
    by_provider: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def on(self, provider: str | None) -> Mapping[str, Any]:
        """The values that hold on a provider."""
        apart = self.by_provider.get(provider) if provider else None
        return {**self.everywhere, **apart} if apart else self.everywhere


def parameters_of(catalogue: Catalogue, config: Config) -> dict[str, Parameters]:
    """Parameter values by control id: the configuration's over the defaults.

    Raises:
        ConfigError: a control or parameter that does not exist, or a value of another type than the
        default's.
    """
    for name in config.controls.parameters:
        if name not in catalogue.by_id:
            raise _misnamed("control", name, catalogue.by_id, "controls.parameters")
    return {
        control.id: _values(control, config.controls.parameters.get(control.id, {}))
        for control in catalogue.controls
    }


def _values(control: Control, given: Mapping[str, Any]) -> Parameters:
    where = f"controls.parameters.{control.id}"
    for name in given:
        if name not in control.parameters:
            raise _misnamed("parameter", name, control.parameters, where)
    everywhere: dict[str, Any] = {}
    by_provider: dict[str, dict[str, Any]] = {}
    for name, parameter in control.parameters.items():
        usual: dict[str, Any] = dict((parameter.by_provider or {}).items())
        everywhere[name], apart = parameter.default, usual
        if name in given and _is_by_provider(parameter, given[name]):
            apart = {**usual, **given[name]}
        elif name in given:
            everywhere[name], apart = given[name], {}
        _check_value(where, name, everywhere[name], parameter.default)
        for provider, value in apart.items():
            _check_value(where, f"{name}.{provider}", value, usual.get(provider, parameter.default))
            by_provider.setdefault(provider, {})[name] = value
    return Parameters(everywhere, by_provider)


def _is_by_provider(parameter: Parameter, value: Any) -> bool:
    """Whether a configured value is one a provider: of a parameter that differs between them."""
    return (
        bool(parameter.by_provider)
        and isinstance(value, Mapping)
        and bool(value)
        and set(value) <= {*PROVIDERS}
    )


def _check_value(where: str, name: str, value: Any, default: Any) -> None:
    if not _alike(value, default):
        raise ConfigError(
            f"the parameter {name} is given as {type(value).__name__}",
            where=where,
            fix=f"its default is {default!r}",
        )


def _alike(value: Any, default: Any) -> bool:
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float))
    return isinstance(value, type(default))


def _misnamed(kind: str, name: str, known: Iterable[str], where: str) -> ConfigError:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    fix = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known)[:12]) or 'none'}"
    return ConfigError(f"unknown {kind} {name!r}", where=where, fix=fix)
