"""Trying a few reads before a long scan: what would be refused, without collecting anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.entry import Entry
from weightguard.collect.azure.services import directory, inside, scoped, tables
from weightguard.collect.calls.answer import Answer
from weightguard.collect.package import Tried

_STORAGE: Final = "microsoft.storage/storageaccounts"


def probe(entry: Entry) -> Iterator[Tried]:
    """Try what every scan hangs on, one page each: the tables, the directory, what is set on each subscription, the first account.

    Args:
        entry: from `connect`.
    """
    above = _caller(entry, entry.scope)
    accounts: list[Mapping[str, Any]] = []
    for name, route in tables.QUERIES.items():
        body = {"subscriptions": list(entry.wanted.seen[: tables.MOST_SUBSCRIPTIONS]), "query": tables.query(name),
                "options": {"$top": 100, "resultFormat": "objectArray"}}  # fmt: skip
        answer = next(above.pages(route, body=body))
        accounts += [one for one in answer.data.get("data") or () if str(one["type"]).lower() == _STORAGE]
        yield Tried(above.scope, route.operation, answer)
    for of in directory.COLLECTIONS:
        listing = of.listing if of.along is None else of.along.expanded
        yield Tried(above.scope, listing.operation, next(above.pages(listing)))
    for one in entry.wanted.seen:
        yield from _of_subscription(_caller(entry, f"azure/{one}"), one)
    for account in accounts[:1]:
        yield from _of_account(_caller(entry, f"azure/{str(account['id']).split('/')[2].lower()}"), account)


def _of_subscription(caller: Caller, subscription: str) -> Iterator[Tried]:
    id = f"/subscriptions/{subscription}"
    place = Place({"subscription": subscription}, resource=id)
    held = tables.permissions(caller, subscription)
    told = Answer("ok") if held is not None else Answer("denied", code="SightUnknown")
    yield Tried(caller.scope, tables.SIGHT.operation, told)
    for operation in tables.OF_KIND.values():
        if held is not None and not all(tables.allows(held, each) for each in operation.permissions):
            yield Tried(caller.scope, operation, Answer("denied", code="AuthorizationFailed"))
    for _, route in scoped.LISTINGS:
        yield Tried(caller.scope, route.operation, next(caller.pages(route, place)))


def _of_account(caller: Caller, account: Mapping[str, Any]) -> Iterator[Tried]:
    id = str(account["id"])
    for part in inside.BY_PARENT[_STORAGE]:
        if part.asks(account):
            place = Place({"id": id}, resource=id)
            paged = part.route.operation.paged
            answer = next(caller.pages(part.route, place)) if paged else caller.ask(part.route, place)
            yield Tried(caller.scope, part.route.operation, answer)


def _caller(entry: Entry, scope: str) -> Caller:
    return entry.caller(scope, lambda _: None)
