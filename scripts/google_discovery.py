"""Writes `src/weightguard/demo/gcp/apis/*.json`: what Google's discovery documents say of the methods that a collection calls.

    python scripts/google_discovery.py FOLDER

FOLDER holds discovery documents as google-api-python-client ships them (``googleapiclient/discovery_cache/documents``). What an
answer nests below a resource's own description (a bucket's settings, an asset's data) is kept as far as schemas are named.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from weightguard.collect.gcp.permissions import methods

TARGET = Path(__file__).parents[1] / "src" / "weightguard" / "demo" / "gcp" / "apis"
VERSIONS = {
    "accesscontextmanager": ("v1",),
    "cloudasset": ("v1",),
    "cloudidentity": ("v1",),
    "cloudresourcemanager": ("v3",),
    "iam": ("v1", "v2"),
    "orgpolicy": ("v2",),
    "storage": ("v1",),
}
DEEPEST = 3
"""Schemas in schemas that are kept below an answer; what lies deeper may be anything."""


def found(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every method of a document."""
    yield from document.get("methods", {}).values()
    for resource in document.get("resources", {}).values():
        yield from found(resource)


def slim(schema: Any) -> Any:
    """A schema without words."""
    if isinstance(schema, list):
        return [slim(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = (
        "description",
        "enumDescriptions",
        "enumDeprecated",
        "annotations",
        "readOnly",
        "deprecated",
        "id",
    )
    return {
        name: slim(value) for name, value in schema.items() if name not in dropped or isinstance(value, dict)
    }


def names(schema: Any) -> Iterator[str]:
    """The schemas that a schema names."""
    if isinstance(schema, list):
        for one in schema:
            yield from names(one)
    elif isinstance(schema, dict):
        for name, value in schema.items():
            if name == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from names(value)


def extract(document: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    """What is kept of a document."""
    kept = {
        method["id"]: {
            "httpMethod": method["httpMethod"],
            "path": document["servicePath"] + method["path"],
            "parameters": {
                name: {
                    key: value[key]
                    for key in ("location", "type", "required", "pattern", "enum", "repeated")
                    if key in value
                }
                for name, value in method.get("parameters", {}).items()
            },
            **({"response": method["response"]["$ref"]} if "response" in method else {}),
        }
        for method in found(document)
        if method["id"] in wanted
    }
    level = {method["response"] for method in kept.values() if "response" in method}
    schemas: dict[str, Any] = {}
    for _ in range(DEEPEST):
        level -= schemas.keys()
        for name in level:
            schemas[name] = slim(document["schemas"][name])
        level = {inner for name in level for inner in names(schemas[name])}
    return {
        "parameters": sorted(document["parameters"]),
        "methods": dict(sorted(kept.items())),
        "schemas": dict(sorted(schemas.items())),
    }


def main(folder: Path) -> None:
    """Write every extract."""
    wanted = frozenset(method.id for method in methods())
    for service, versions in VERSIONS.items():
        for version in versions:
            document = json.loads((folder / f"{service}.{version}.json").read_text())
            written = json.dumps(extract(document, wanted), indent=1, sort_keys=True)
            (TARGET / f"{service}.{version}.json").write_text(written + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
