"""How one type of Terraform's google provider becomes one resource of Google Cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
Adjust = Callable[[Data], Data]


@dataclass(frozen=True, slots=True)
class Shape:
    """One type of resource.

    Attributes:
        type: the asset type.
        name: its full resource name, from its attributes; ``{where}`` is its location, region or zone.
        renamed: attribute (as the API spells it) -> dotted path in the API's own description, where the two differ.
        adjust: what is left to do.
    """

    type: str
    name: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    adjust: Adjust | None = None


def inside(service: str, path: str) -> str:
    """The full name of what lies in a project."""
    return f"//{service}.googleapis.com/projects/{{project}}/{path}"
