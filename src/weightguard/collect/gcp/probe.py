"""Trying a few reads before a long scan: what would be refused, without collecting anything."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from weightguard.collect.gcp.caller import Caller
from weightguard.collect.gcp.entry import Container, Entry
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.permissions import operations
from weightguard.collect.gcp.services import cloudasset, iam, orgpolicy, resourcemanager, storage
from weightguard.collect.package import Tried


def probe(entry: Entry) -> Iterator[Tried]:
    """Try what every scan hangs on, one page each, in every container that a scan would read, and what it asks of a first bucket.

    Args:
        entry: from `connect`.
    """
    with ThreadPoolExecutor(min(8, entry.options.threads), thread_name_prefix="containers") as pool:
        for tried in pool.map(partial(_of_container, entry), entry.containers):
            yield from tried


def _of_container(entry: Entry, container: Container) -> list[Tried]:
    caller = Caller(entry.transport, container.scope, operations(), lambda _: None)
    collection = container.name.partition("/")[0]
    name = container.name
    asked: list[tuple[Method, dict[str, Any]]] = [
        (cloudasset.LISTINGS[content], {"parent": name})
        for content in ("RESOURCE", "IAM_POLICY", "ORG_POLICY")
    ]
    asked += [
        (resourcemanager.GET_POLICY[collection], {"about": name, "resource": name}),
        (orgpolicy.LIST[collection], {"parent": name}),
        (iam.LIST_BINDINGS[collection], {"parent": f"{name}/locations/global"}),
    ]
    found = [Tried(caller.scope, resourcemanager.GET[collection].operation, container.described)]
    found += [_tried(caller, method, parameters) for method, parameters in asked]
    return [*found, *(_of_project(caller, name) if collection == "projects" else ())]


def _of_project(caller: Caller, name: str) -> Iterator[Tried]:
    project = name.partition("/")[2]
    listed = next(caller.pages(storage.LIST_BUCKETS, project=project))
    yield Tried(caller.scope, storage.LIST_BUCKETS.operation, listed)
    yield _tried(caller, storage.LIST_HMAC_KEYS, {"projectId": project})
    for entry in listed.data.get("items", ())[:1]:
        for method in (storage.GET_BUCKET_POLICY, storage.LIST_OBJECTS):
            yield _tried(caller, method, {"about": f"gs://{entry['name']}", "bucket": entry["name"]})


def _tried(caller: Caller, method: Method, parameters: dict[str, Any]) -> Tried:
    paged = method.operation.paged
    answer = next(caller.pages(method, **parameters)) if paged else caller.ask(method, **parameters)
    return Tried(caller.scope, method.operation, answer)
