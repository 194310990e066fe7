"""One account's resources across all its states, found by type and by name; and the records that mappers make of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.terraform.state import Resource

NOT_IN_STATE: Final = "NotInState"

Read = dict[str, Any]


@dataclass(slots=True)
class Row:
    """A record to write: the shape of `weightguard.snapshot.SnapshotWriter.record`."""

    service: str
    kind: str
    id: str
    region: str | None
    operation: str
    data: dict[str, Any]
    reads: dict[str, Read] = field(default_factory=dict)


class Inventory:
    """The resources of one account."""

    def __init__(self, account: str, items: Iterable[Resource]) -> None:
        self.account = account
        self._managed: dict[str, list[Resource]] = {}
        self._data: dict[str, list[Resource]] = {}
        self._indexes: dict[tuple[str, str], dict[str, list[Resource]]] = {}
        self._asked: set[str] = set()
        for item in items:
            (self._managed if item.mode == "managed" else self._data).setdefault(item.type, []).append(item)
        first = next((item for found in self._managed.values() for item in found), None)
        self.partition = first.partition if first else "aws"

    def of(self, *types: str) -> list[Resource]:
        """The managed resources of these types."""
        self._asked.update(types)
        return [item for name in types for item in self._managed.get(name, [])]

    def unasked(self) -> Mapping[str, list[Resource]]:
        """The managed resources of the types that nobody asked for, by type."""
        return {name: self._managed[name] for name in sorted(self._managed) if name not in self._asked}

    def beside(self, types: Collection[str]) -> list[Resource]:
        """The managed resources of all other types."""
        return [item for name in sorted(self._managed) if name not in types for item in self._managed[name]]

    def data(self, name: str) -> list[Resource]:
        """The data sources of one type."""
        return self._data.get(name, [])

    def by(self, name: str, attribute: str) -> Mapping[str, list[Resource]]:
        """The managed resources of a type by the last part of an attribute, which may be a name, an id or an ARN."""

        def key(item: Resource) -> str | None:
            written = item.text(attribute)
            return tail(written) if written is not None else None

        return self.grouped(name, key, attribute)

    def grouped(
        self, name: str, key: Callable[[Resource], str | None], mark: str = ""
    ) -> Mapping[str, list[Resource]]:
        """The managed resources of a type by a key, worked out once for each `mark`."""
        index = self._indexes.get((name, mark))
        if index is None:
            index = self._indexes[(name, mark)] = {}
            for item in self.of(name):
                found = key(item)
                if found is not None:
                    index.setdefault(found, []).append(item)
        return index

    def about(self, name: str, attribute: str, wanted: str | None) -> list[Resource]:
        """The managed resources of a type that name `wanted` (a name, an id or an ARN) in an attribute."""
        if not wanted:
            return []
        found = self.by(name, attribute).get(tail(wanted), [])
        return [item for item in found if same(item.text(attribute) or "", wanted)]


def same(one: str, other: str) -> bool:
    """Whether two references mean one thing: they are equal, or one is an ARN that ends in the other."""
    short, long = sorted((one, other), key=len)
    return short == long or (
        long.startswith("arn:") and not short.startswith("arn:") and long.endswith((f"/{short}", f":{short}"))
    )


def tail(written: str) -> str:
    """The name in an ARN or id: what follows the last ``/``, else the last ``:``."""
    return written.rpartition("/")[2] if "/" in written else written.rpartition(":")[2]


def ok(data: Mapping[str, Any]) -> Read:
    """An answered read."""
    return {"outcome": "ok", "data": dict(data)}


def absent() -> Read:
    """Terraform would have had it as a resource of its own, and the state does not."""
    return {"outcome": "absent", "code": NOT_IN_STATE}


def contradictory() -> Read:
    """The answer where several resources of a state set one thing, and not to the same: whichever was applied last holds."""
    return {"outcome": "failed", "code": "SeveralResources"}


def agreed(answers: Iterable[Read]) -> Read:
    """The one answer that several resources give; failed where they differ, absent where there is none."""
    found = list(answers)
    if not found:
        return absent()
    return found[0] if all(answer == found[0] for answer in found) else contradictory()


def skipped(why: str) -> Read:
    """A read that a state cannot answer."""
    return {"outcome": "skipped", "why": why}


UNRESOLVED: Final = "the state does not resolve it"


def attached_policy(member: str, sources: Iterable[tuple[Resource, str]]) -> Read:
    """The answer about a resource policy that these attributes hold.

    Absent where there is none of them; skipped where one is there and its text is not resolved; failed where several say
    different things: which of them holds, the state does not tell.
    """
    found = list(sources)
    texts = [policy_text(item.values.get(attribute)) for item, attribute in found]
    if len({_canonical(text) for text in texts}) > 1:
        return contradictory()
    if found and texts[0] is not None:
        return ok({member: texts[0]})
    return skipped(UNRESOLVED) if found else absent()


def _canonical(text: str | None) -> str | None:
    """A policy's text as every writing of the same document gives it."""
    return None if text is None else json.dumps(document(text), sort_keys=True)


def stated(data: Mapping[str, Any] | None) -> Read:
    """An answer where there is one, else absent."""
    return ok(data) if data is not None else absent()


def document(written: str | None) -> Any:
    """A policy's text as the object it is; the text where it is none."""
    if written is None:
        return None
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written


def policy_text(written: Any) -> str | None:
    """A policy as the JSON text that resource policy reads answer."""
    if isinstance(written, Mapping):
        return json.dumps(written, separators=(",", ":"))
    return written if isinstance(written, str) and written.strip() else None


def tags_of(item: Resource) -> list[dict[str, str]]:
    """A resource's tags, the provider's default ones included, as AWS lists them."""
    merged: dict[str, str] = {}
    for name in ("tags", "tags_all"):
        written = item.values.get(name)
        if isinstance(written, Mapping):
            merged.update((str(key), value) for key, value in written.items() if isinstance(value, str))
    return [{"Key": key, "Value": merged[key]} for key in sorted(merged)]


def present(**members: Any) -> dict[str, Any]:
    """An object of the members that have a value."""
    return {name: value for name, value in members.items() if value not in (None, "")}
