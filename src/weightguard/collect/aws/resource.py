"""Kinds of resources that are read alike, as data: one listing, an id, and a few reads about each entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from string import Formatter
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit

Reader = Callable[[Account, str], Iterable[Row | Unit]]


@dataclass(frozen=True, slots=True)
class Read:
    """A call made for one entry of a listing.

    Attributes:
        parameters: API parameter -> template over the entry's members (``{FunctionArn}``).
        several: the parameter takes a list, and is given one of one.
    """

    operation: Operation
    parameters: Mapping[str, str]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of resource of a region.

    Attributes:
        kind: the records' kind (``lambda.function``).
        listing: the operation that lists them.
        path: where the entries are in its answer, as JMESPath.
        id: template of the id, over the entry's members, ``{partition}``, ``{region}`` and ``{account}``.
        parameters: what to ask the listing for, templates over the same but for the entry.
        reads: calls for each entry.
        named: what an entry that is a bare text is recorded as.
    """

    kind: str
    listing: Operation
    path: str
    id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    named: str = "Name"


def ec2_id(resource: str, member: str) -> str:
    """The id template of something that EC2 names by a bare id."""
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{{member}}}"


def rows(
    account: Account, region: str, resource: Resource, *, around: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """Everything of one kind in a region.

    Args:
        around: members of what contains the resources, for templates and for the entries (a cluster's name).
    """
    import jmespath  # type: ignore[import-untyped]

    place = {"partition": account.partition, "region": region, "account": account.id} | dict(around or {})
    parameters = {name: _filled(value, place) for name, value in resource.parameters.items()}
    answer = account.caller.ask(resource.listing, region=region, **parameters)
    lost = 0
    for found in jmespath.search(resource.path, dict(answer.data)) or []:
        entry = dict(around or {}) | (dict(found) if isinstance(found, Mapping) else {resource.named: found})
        members = place | entry
        if not _can_fill(resource.id, members):
            lost += 1
            continue
        identifier = resource.id.format(**members)
        reads = {
            read.operation.name: _read(account, region, identifier, read, members) for read in resource.reads
        }
        yield row(resource.kind, identifier, resource.listing, entry, region=region, reads=reads)
    if lost:
        account.caller.distrust(resource.listing, region, f"{lost} entries do not say what they are")


def _read(account: Account, region: str, identifier: str, read: Read, members: Mapping[str, Any]) -> Answer:
    parameters = {name: _filled(value, members) for name, value in read.parameters.items()}
    if read.several:
        parameters = {name: [value] for name, value in parameters.items()}
    return account.caller.ask(read.operation, region=region, resource=identifier, **parameters)


def _filled(value: Any, members: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, members) for item in value]
    if isinstance(value, Mapping):
        return {name: _filled(item, members) for name, item in value.items()}
    return value.format(**members) if isinstance(value, str) else value


def _can_fill(template: str, members: Mapping[str, Any]) -> bool:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return all(isinstance(members.get(name), str) and members[name] for name in names)


def reader(*resources: Resource) -> Reader:
    """Reads several kinds of a region one after the other."""
    return partial(_each, resources)


def _each(resources: tuple[Resource, ...], account: Account, region: str) -> Iterator[Row]:
    for resource in resources:
        yield from rows(account, region, resource)


def settings_row(
    account: Account, service: str, operations: Iterable[Operation], region: str | None, **parameters: Any
) -> Row:
    """What holds for a whole account, or for a region of it: a record of reads alone, ``<service>.region`` or ``.account``."""
    asked = list(operations)
    reads = {
        operation.name: account.caller.ask(operation, region=region, **parameters) for operation in asked
    }
    kind = f"{service}.region" if region else f"{service}.account"
    return row(kind, region or account.id, asked[0], {}, region=region, reads=reads)
