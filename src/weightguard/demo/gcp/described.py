"""What Google's discovery documents say of the methods that a collection calls: how they are asked, and what they answer.

`apis/` holds it without its words (`scripts/google_discovery.py`); ``iam.v3.json`` is written after the REST reference, as no
discovery document of it is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

APIS: Final = Path(__file__).parent / "apis"
_TYPES: Final[Mapping[str, Any]] = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}
_LISTED_WHOLE: Final = ".keys.list"
"""How the one listing is called that has no pages."""


@dataclass(frozen=True)
class Described:
    """A method as a discovery document describes it.

    Attributes:
        path: of a request; its groups are the parameters that stand in it.
        common: parameters that every method of the API takes.
        response: the name of the answer's schema.
    """

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Mapping[str, Any]
    common: frozenset[str]
    response: str | None
    schemas: Mapping[str, Any]

    @property
    def entries(self) -> str | None:
        """The member of a listing's answer that holds its entries; None: the method lists nothing."""
        properties = self.schemas[self.response]["properties"] if self.response else {}
        if "nextPageToken" not in properties and not self.id.endswith(_LISTED_WHOLE):
            return None
        lists = [
            name
            for name, one in properties.items()
            if one.get("type") == "array" and "$ref" in one.get("items", {})
        ]
        return lists[0] if len(lists) == 1 else "items"

    def unlike(self, answer: Any) -> Iterator[str]:
        """What of an answer its schema does not know; below what `apis/` keeps, anything may stand."""
        yield from _unlike(answer, {"$ref": self.response}, self.schemas, "")


@cache
def described() -> tuple[Described, ...]:
    """Every method."""
    return tuple(
        one for file in sorted(APIS.glob("*.json")) for one in _methods(json.loads(file.read_text()))
    )


def _methods(document: Mapping[str, Any]) -> Iterator[Described]:
    common = frozenset(document["parameters"])
    for id, method in document["methods"].items():
        yield Described(
            id=id,
            verb=method["httpMethod"],
            path=_pattern(method),
            parameters=method["parameters"],
            common=common,
            response=method.get("response"),
            schemas=document["schemas"],
        )


def _pattern(method: Mapping[str, Any]) -> re.Pattern[str]:
    """A request's path, its parts by their parameters' own patterns."""
    text = ""
    for part in re.split(r"(\{[^}]+\})", method["path"]):
        if part.startswith("{"):
            name = part.strip("{+}")
            own = method["parameters"][name].get("pattern", "^[^/]+$")
            text += f"(?P<{name}>{own.strip('^$')})"
        else:
            text += re.escape(part)
    return re.compile(f"/{text}")


def _unlike(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], where: str) -> Iterator[str]:
    if "$ref" in schema:
        named = schemas.get(schema["$ref"])
        if named is not None:
            yield from _unlike(value, named, schemas, where)
        return
    kind = schema.get("type", "any")
    if kind == "object":
        yield from _unlike_members(value, schema, schemas, where)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for one in value:
            yield from _unlike(one, schema["items"], schemas, f"{where}[]")
    elif not isinstance(value, _TYPES.get(kind, object)):
        yield f"{where} is no {kind}"


def _unlike_members(
    value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], where: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    properties = schema.get("properties", {})
    for name, one in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is None:
            yield f"{where}.{name} is not known"
        else:
            yield from _unlike(one, inner, schemas, f"{where}.{name}")
