"""The SDK's service models, cut down to what is declared.

A client made from such a model has no method for anything else: that nothing mutating is called is a matter of construction. It
also keeps the thousand operations of EC2 or SageMaker out of memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePath
from typing import Any

from weightguard.collect.calls.operation import Operation


@cache
def loader(operations: tuple[Operation, ...]) -> Any:
    """A loader of service models for the SDK's sessions; one for all of them, as it keeps what it has read."""
    from botocore.loaders import JSONFileLoader, Loader

    declared: dict[str, set[str]] = {}
    for operation in operations:
        declared.setdefault(operation.service, set()).add(operation.name)

    class DeclaredFiles(JSONFileLoader):  # type: ignore[misc]
        """Reads the SDK's files; of a service's model only what is declared."""

        def load_file(self, file_path: str) -> Any:
            data = super().load_file(file_path)
            path = PurePath(file_path)
            if data is not None and path.name == "service-2":
                return pruned(data, declared.get(path.parent.parent.name, set()))
            return data

    return Loader(file_loader=DeclaredFiles())


def pruned(model: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A service model with the named operations alone, and the shapes that they use."""
    operations = {name: model["operations"][name] for name in sorted(names)}
    shapes = model["shapes"]
    kept: dict[str, Any] = {}
    waiting = [reference for operation in operations.values() for reference in _references(operation)]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = shapes[name]
            waiting.extend(_references(shapes[name]))
    return {**model, "operations": operations, "shapes": kept}


def _references(node: Any) -> list[str]:
    """The names of the shapes that an operation or a shape refers to."""
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["shape"]] if isinstance(node.get("shape"), str) else []
    return own + [
        name for key, value in node.items() if key != "documentation" for name in _references(value)
    ]
