"""Try what the collector will call, before a long scan: one page of every listing that needs no parameter."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.answer import Answer
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.collector import Entry
from weightguard.collect.aws.operation import Operation
from weightguard.collect.aws.permissions import operations


def probe(entry: Entry) -> Iterator[tuple[Operation, Answer]]:
    """Each operation that can be tried by itself, and what came of it, in the home region. Nothing is stored.

    Calls about one resource (a bucket's policy, a key's grants) need a resource and are not tried.
    """
    caller = Caller(entry.connections, f"aws/{entry.account}", frozenset(operations()), lambda call: None)
    for operation in operations():
        if operation.reads_only and not _required(entry, operation):
            yield operation, _first_page(caller, operation)


def _required(entry: Entry, operation: Operation) -> bool:
    model = entry.connections.client(operation.service).meta.service_model.operation_model(operation.name)
    return bool(model.input_shape is not None and model.input_shape.required_members)


def _first_page(caller: Caller, operation: Operation) -> Answer:
    return next(caller.pages(operation)) if operation.paged else caller.ask(operation)
