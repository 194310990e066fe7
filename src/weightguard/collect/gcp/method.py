"""A method of a Google API: an operation that may be called, and how it is written as a request.

Source: Google API discovery documents, `resources.*.methods` (``httpMethod``, ``path``, ``parameters``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final, Literal
from urllib.parse import quote

from weightguard.collect.calls.operation import Operation

POLICY_READ: Final = ":getIamPolicy"
"""The one kind of request that reads by POST: the version of the policy that is wanted stands in its body."""


@dataclass(frozen=True, slots=True)
class Method:
    """How an operation is called. One that could change something cannot be written down: `ValueError`.

    Attributes:
        id: the method's id in the API's discovery document (``storage.buckets.list``).
        operation: what a refusal hides, what allows it, what of its answers is kept.
        path: from the API's root; ``{name}`` is one segment, ``{+name}`` a resource's name, with its slashes and what it has
            written as ``%2F``.
        query: parameters that every request has.
        verb: ``GET``, or ``POST`` for reading a policy.
        size: the parameter that takes `Operation.page_size`.
        about: the type of resource, where several methods have the operation's name (``Project``).
    """

    id: str
    operation: Operation
    path: str
    query: tuple[tuple[str, str], ...] = ()
    verb: Literal["GET", "POST"] = "GET"
    size: str = "pageSize"
    about: str = ""

    def __post_init__(self) -> None:
        reads = self.verb == "GET" or (self.verb == "POST" and self.path.endswith(POLICY_READ))
        if not reads or (self.verb == "GET" and self.path.rpartition(":")[2] in _ACTING):
            raise ValueError(f"{self.id} is no read")

    def url(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """The path of a request, and its query: what is no part of the path.

        Raises:
            KeyError: a part of the path is missing.
        """
        path, used = "", set()
        for text, name, _, _ in Formatter().parse(self.path):
            path += text
            if name:
                used.add(name.removeprefix("+"))
                path += quote(str(parameters[name.removeprefix("+")]), safe="/%" if name[0] == "+" else "")
        query = dict(self.query)
        if self.operation.page_size:
            query[self.size] = str(self.operation.page_size)
        query.update({name: str(value) for name, value in parameters.items() if name not in used})
        return path, query


_ACTING: Final = frozenset({"setIamPolicy", "undelete", "enable", "disable", "exportAssets"})
