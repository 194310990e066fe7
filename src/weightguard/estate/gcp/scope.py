"""What the readers of Google Cloud's records share: all records by kind, what things lie in, and small parsers for names.

Projects are known by their ids here, wherever a source has their numbers; a container is named as ``organizations/1``,
``folders/2``, ``projects/prod``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.estate.calls import CallLog
from weightguard.estate.evidence import Record, data_of, listing_source, read
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import Contents, NamedPolicy, ScopedPolicy
from weightguard.estate.shape import mapping, objects, text, texts
from weightguard.provider import scope_parts

PROJECT, FOLDER, ORGANISATION = (
    f"cloudresourcemanager.{name}" for name in ("project", "folder", "organization")
)
CONTENTS: Final = "cloudasset.contents"
_FULL: Final = re.compile(r"//[a-z0-9.-]+/")
_NUMBER: Final = re.compile(r"projects/(\d+)(?=/|$)")


@dataclass(slots=True)
class Records:
    """The records of all scopes.

    Attributes:
        by_kind: in the order of the files.
        numbers: number of a project -> its id.
        told: scope -> which kinds of content the sources hold of it, each to its end.
        from_state: whether some of them are told of by a Terraform state.
        listings: what object listings found, by store.
        logs: the calls that were made in each scope.
    """

    by_kind: dict[str, list[Record]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    told: dict[str, set[str]] = field(default_factory=dict)
    from_state: bool = False
    listings: dict[str, Contents] = field(default_factory=dict)
    logs: dict[str, CallLog] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in one record."""
        self.by_kind.setdefault(record.kind, []).append(record)
        if record.kind.endswith(".contents"):
            listed = data_of(record).get("contents")
            words = {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
            self.told.setdefault(record.scope, set()).update(words)
        if record.kind == PROJECT:
            number, identifier = (
                str(data_of(record).get(name) or "") for name in ("projectNumber", "projectId")
            )
            if number and identifier:
                self.numbers[number] = identifier

    @property
    def contents(self) -> frozenset[str]:
        """Which kinds of content the sources hold of any scope."""
        return frozenset().union(*self.told.values())

    def tells(self, scope: str, content: str) -> bool:
        """Whether a kind of content was told of a scope, to its end."""
        return content in self.told.get(scope, ())

    def of(self, *kinds: str) -> Iterator[Record]:
        """The records of some kinds."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())

    def named(self, name: str) -> str:
        """A relative name with projects by their ids."""
        return _NUMBER.sub(lambda found: f"projects/{self.numbers.get(found[1], found[1])}", name, count=1)

    def number(self, project: str) -> str | None:
        """The number of a project, by its id."""
        return next((number for number, known in self.numbers.items() if known == project), None)


def relative(name: str) -> str:
    """A resource's name without the service in front: ``projects/p/locations/l/keyRings/r``."""
    return _FULL.sub("", name, count=1)


def ancestry(record: Record) -> tuple[str, ...]:
    """What a record's resource lies in, innermost first; itself for a container."""
    found = record.reads.get("GetAncestry")
    held = found.get("data") if isinstance(found, Mapping) else None
    return tuple(one for one in held if isinstance(one, str)) if isinstance(held, list) else ()


def project_of(record: Record) -> str:
    """The id of the project that a record is of; of what lies in none, the scope's."""
    inside = next((one for one in ancestry(record) if one.startswith("projects/")), None)
    return inside.removeprefix("projects/") if inside is not None else scope_parts(record.scope)[1]


def region_of(record: Record) -> str | None:
    """Where a resource lies, in lower case."""
    return record.region.lower() if record.region else None


def allow_policy(record: Record, owner: str) -> Fact[NamedPolicy | None]:
    """The allow policy that lies on a resource itself; None: none does."""
    return read(
        record,
        "GetIamPolicy",
        lambda raw: NamedPolicy(f"{owner}#allow", "allow policy", bound(raw), "inline"),
        absent=None,
    )


def scoped_policy(record: Record, owner: str) -> Fact[tuple[ScopedPolicy, ...]]:
    """The same, of a container."""
    return read(
        record,
        "GetIamPolicy",
        lambda raw: (ScopedPolicy(f"{owner}#allow", "allow policy", bound(raw), "inline"),),
        absent=(),
    )


def bound(raw: Any) -> Mapping[str, Any]:
    """An allow policy whose bindings are what they should be; raises `Malformed` on others."""
    document = mapping(raw)
    for binding in objects(document.get("bindings")):
        text(binding.get("role"))
        texts(binding.get("members"))
        condition = binding.get("condition")
        if condition is not None:
            text(mapping(condition).get("expression"))
    return document


def unasked(scope: str, service: str, operation: str) -> Unknown:
    """What no source told of a scope."""
    return Unknown(Reason.NOT_COLLECTED, Source.asked("gcp", scope, service, operation))


def told(record: Record, path: str) -> Any:
    """What stands at a dotted path of the resource's own description; None where nothing does."""
    found: Any = record.data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def fact(record: Record, value: Any) -> Fact[Any]:
    """A value that was worked out of a record's description; not collected where the source does not hold that."""
    source = listing_source(record)
    return Unknown(Reason.NOT_COLLECTED, source) if record.data is None else Known(value, source)


def labels(record: Record) -> Fact[Mapping[str, str]]:
    """Labels, by key."""
    found = told(record, "labels")
    return fact(record, {str(k): str(v) for k, v in found.items()} if isinstance(found, Mapping) else {})


def documents(record: Record, operation: str) -> Iterable[Mapping[str, Any]]:
    """The objects of a list that a read answered; nothing else in it counts."""
    found = record.reads.get(operation)
    data = found.get("data") if isinstance(found, Mapping) and found.get("outcome") == "ok" else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
