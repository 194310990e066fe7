"""What a result carries to put it right: the command with what it does and what to look at before, or what the console asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap

from weightguard.controls.effects import caution
from weightguard.controls.schema import Control, Effect, Remediation

_WIDTH = 100
_DECLARED = "  - name: <MODEL>"


@dataclass(frozen=True, slots=True)
class Place:
    """Where weights lie, and the model that they belong to: the declared one, or the name that they go by."""

    model: str
    location: str


def remedy(control: Control, provider: str | None, places: Sequence[Place] = ()) -> str | None:
    """How to put a control right on a provider: several lines, of which those that begin with ``#`` are comments.

    Args:
        places: the weights that it fails on, for a text that declares them in weightguard.yaml.
    """
    text = control.remediation.on(_on(control, provider))
    if text is None:
        return control.attestation.statement if control.attestation else None
    if text.cli is None:
        return text.console
    return f"{_before(text)}{_declaring(text.cli, places)}"


def effect_of(control: Control, provider: str | None) -> tuple[Effect, str | None]:
    """What the remedy does to what is there, and the warning that belongs to it."""
    text = control.remediation.on(_on(control, provider))
    if text is None or text.cli is None:
        return "adds", None
    return text.effect or "adds", text.warning


def _on(control: Control, provider: str | None) -> str:
    """Whose remedy is told: the provider's; of what spans providers, that of the first that the control is meant for."""
    return provider or next(iter(control.providers), "anywhere")


def _before(text: Remediation) -> str:
    """What is said before the command, as comment lines."""
    return _commented(caution(text.effect, text.warning))


@lru_cache(maxsize=1_024)
def _commented(words: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(words, _WIDTH))


def _declaring(text: str, places: Sequence[Place]) -> str:
    """The text with each of `places` declared, where it declares one; names are quoted as YAML and JSON both quote them."""
    head, mark, item = text.partition(_DECLARED)
    if not mark or not places:
        return text
    return head + "\n".join(_entry(mark + item.rstrip("\n"), one) for one in places)


def _entry(item: str, place: Place) -> str:
    return item.replace("<MODEL>", json.dumps(place.model)).replace("<LOCATION>", json.dumps(place.location))
