"""From a control to what decides it: the check's function or expression, and the values of its parameters."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from weightguard.config import Config
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.judge import Check
from weightguard.controls.schema import CelCheck, Control
from weightguard.errors import CatalogueError, ConfigError

CHECKS = "weightguard.checks"


def resolve(control: Control) -> Check | None:
    """The function that decides `control`; None when only an attestation can.

    Raises:
        CatalogueError: there is no such function, or the expression is none.
    """
    if control.check is None:
        return None
    if isinstance(control.check, CelCheck):
        # Imported here: a catalogue without expressions does not load the expression engine.
        from weightguard.controls.expressions import expression_check

        return expression_check(control, control.check)
    module_name, _, function_name = control.check.partition(".")
    name = f"{CHECKS}.{module_name}"
    function = getattr(import_module(name), function_name, None) if find_spec(name) else None
    if not callable(function):
        raise CatalogueError(
            "the check does not exist", where=f"{control.id}: {control.check}", fix=f"define it in {name}"
        )
    check: Check = function
    return check


def parameters_of(catalogue: Catalogue, config: Config) -> dict[str, Mapping[str, Any]]:
    """Parameter values by control id: the configuration's over the defaults.

    Raises:
        ConfigError: a control or parameter that does not exist, or a value of another type than the
        default's.
    """
    values: dict[str, Mapping[str, Any]] = {
        control.id: {name: parameter.default for name, parameter in control.parameters.items()}
        for control in catalogue.controls
    }
    for control_id, given in config.controls.parameters.items():
        if control_id not in values:
            raise _misnamed("control", control_id, values, "controls.parameters")
        for name, value in given.items():
            _check_value(control_id, name, value, values[control_id])
        values[control_id] = {**values[control_id], **given}
    return values


def _check_value(control_id: str, name: str, value: Any, defaults: Mapping[str, Any]) -> None:
    where = f"controls.parameters.{control_id}"
    if name not in defaults:
        raise _misnamed("parameter", name, defaults, where)
    default = defaults[name]
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
