"""Which form a file of an export has, and what it says.

A form is told by its members: ``data`` with ``meta`` and kinds (AzureHound), ``data`` (Resource Graph), ``@odata.context``
(Microsoft Graph), ``value`` or a list of rows with ``id`` and ``type`` (Resource Manager, or Resource Graph by its columns).

Sources: Resource Graph REST reference, "Resources"; Microsoft Graph documentation, "Paging Microsoft Graph data in your app" and
"Customize Microsoft Graph responses with query parameters" (``$expand`` gives at most 20 directory objects of a relation).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from weightguard import files
from weightguard.collect.exports.azure import hound
from weightguard.collect.exports.azure.found import DIRECTORY, GRAPH, TABLES, Found, service_of
from weightguard.errors import InputError
from weightguard.json_text import OddJson, in_file, whole

MAXIMUM_BYTES: Final = 1 << 30
HOW: Final = (
    "give what `az graph query -q resources -o json` wrote, a page of Microsoft Graph (with @odata.context), "
    "a JSON list of Resource Manager's resources, or what AzureHound wrote"
)
_CONTEXT: Final = re.compile(r"\$metadata#([^(]+?)(?:\((.*)\))?(?:/\$entity)?$")
_EXPANDED: Final = re.compile(r"(\w+)\(\)")
_MOST_EXPANDED: Final = 20
_SIGN_INS: Final = "signInActivity"
"""A property that stands in a page only where it was asked for by name."""
_OF_TABLE: Final = ("resourceGroup", "subscriptionId", "extendedLocation", "zones", "tenantId")
_LIST_LIKE: Final = re.compile(r"(/|^)directoryObjects$")


@dataclass(slots=True)
class _Pages:
    """The answers of one table, or the pages of one collection.

    Attributes:
        more: pages that say that others follow.
        last: pages that say nothing of the kind.
        rows: how many rows there are in all, and how many an answer says there should be.
    """

    more: int = 0
    last: int = 0
    rows: int = 0
    total: int = 0

    def is_cut(self) -> bool:
        """Whether something that should follow is in no file."""
        return bool(self.more and not self.last) or self.rows < self.total


@dataclass(slots=True)
class Reading:
    """Reads files, one after another.

    Attributes:
        pages: (service, operation) -> how the answers of it end.
    """

    found: Found = field(default_factory=Found)
    pages: dict[tuple[str, str], _Pages] = field(default_factory=dict)

    def file(self, path: Path) -> None:
        """Take in a file.

        Raises:
            InputError: it is cut off, no JSON, or none of the forms.
        """
        document = _parsed(path)
        if isinstance(document, list):
            self._rows(document, path, None)
        elif not isinstance(document, Mapping):
            raise InputError("the file is neither a list nor an object", where=str(path), fix=HOW)
        elif hound.is_hound(document):
            hound.take(document, self.found, path)
        elif isinstance(document.get("data"), list):
            self._rows(document["data"], path, document)
        elif isinstance(document.get("@odata.context"), str):
            self._page(document, path)
        elif isinstance(document.get("value"), list):
            self._rows(document["value"], path, document)
        else:
            raise InputError(_what_else(document), where=str(path), fix=HOW)

    def finish(self) -> Found:
        """What all files say between them, and what of it was cut."""
        for listing, pages in self.pages.items():
            if pages.is_cut():
                self.found.cut[listing] = "the pages that were given say that more follow"
        return self.found

    def _rows(self, rows: list[Any], path: Path, answer: Mapping[str, Any] | None) -> None:
        tables: Counter[tuple[str, str]] = Counter()
        for number, row in enumerate(rows):
            if not _is_row(row):
                raise InputError(_no_row(row, number), where=str(path), fix=HOW)
            from_table = any(name in row for name in _OF_TABLE)
            table = self.found.resource(row, from_table=from_table)
            service, _, operation = row["type"].lower().partition("/")
            listing = (TABLES, table) if from_table else (service_of(service), operation)
            tables[listing] += 1
        for listing, count in tables.items():
            self._ended(listing, count, answer or {}, alone=len(tables) == 1)

    def _ended(self, listing: tuple[str, str], count: int, answer: Mapping[str, Any], *, alone: bool) -> None:
        pages = self.pages.setdefault(listing, _Pages())
        pages.rows += count
        if any(
            answer.get(name)
            for name in ("$skipToken", "skip_token", "skipToken", "nextLink", "@odata.nextLink")
        ):
            pages.more += 1
        else:
            pages.last += 1
        total = answer.get("totalRecords", answer.get("total_records"))
        if alone and isinstance(total, int):
            pages.total = max(pages.total, total)

    def _page(self, page: Mapping[str, Any], path: Path) -> None:
        collection, expanded, selected = _collection(page["@odata.context"], path)
        values = page.get("value", [page] if "id" in page else None)
        if not isinstance(values, list):
            raise InputError("the page has no list named value", where=str(path), fix=HOW)
        self.found.asked[(GRAPH, collection)] = None
        for relation in (*expanded, *(one for one in selected if one == _SIGN_INS)):
            self.found.asked[(GRAPH, f"{collection}/{relation}")] = None
        for number, one in enumerate(values):
            if not isinstance(one, Mapping) or not isinstance(one.get("id"), str):
                raise InputError(f"object {number} of the page has no id", where=str(path), fix=HOW)
            self._object(collection, one, expanded)
        names = (collection, *(f"{collection}/{relation}" for relation in expanded))
        for name in names[1:] or names:
            self._ended((GRAPH, name), len(values), page, alone=False)

    def _object(self, collection: str, one: Mapping[str, Any], expanded: tuple[str, ...]) -> None:
        if collection == "organization":
            self.found.tenant = self.found.tenant or one["id"].lower()
        whole_: dict[str, Any] = {}
        cut_: dict[str, Any] = {}
        for name in dict.fromkeys((*expanded, *(name for name in one if isinstance(one[name], list)))):
            listed = one.get(name)
            if not isinstance(listed, list) or (name not in expanded and not _is_relation(name)):
                continue
            is_cut = f"{name}@odata.nextLink" in one or (
                _of_directory(name) and len(listed) >= _MOST_EXPANDED
            )
            (cut_ if is_cut else whole_)[name] = listed
        self.found.object(collection, one, whole_)
        if cut_:
            self.found.object(collection, one, cut_, cut=True)


def _is_relation(name: str) -> bool:
    return name in ("members", "owners", "appRoleAssignments", "federatedIdentityCredentials")


def _of_directory(name: str) -> bool:
    """Whether a relation is one of those that an expansion gives twenty of at most."""
    return name in ("members", "owners")


def _collection(context: str, path: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The collection that a page is of, the relations that it expands, and the properties that were asked for by name."""
    match = _CONTEXT.search(context)
    if match is None:
        raise InputError("its @odata.context names no collection", where=str(path), fix=HOW)
    name, inside = match[1], match[2] or ""
    if _LIST_LIKE.search(name):
        raise InputError(
            "the page lists objects without saying whose they are", where=str(path),
            fix="ask for the relation with $expand (groups?$expand=members), or use AzureHound",
        )  # fmt: skip
    for known in DIRECTORY:
        if name.lower() == known.lower() or name.lower().startswith(f"{known.lower()}/microsoft.graph"):
            name = known
    return name, tuple(_EXPANDED.findall(inside)), tuple(one.strip() for one in inside.split(","))


def _parsed(path: Path) -> Any:
    data = files.read(path, "the file", most=MAXIMUM_BYTES)
    try:
        return whole(data)
    except OddJson as error:
        raise InputError(
            f"the file {error}", where=in_file(path, error), fix="export it again, whole"
        ) from error


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, Mapping)
        and all(isinstance(row.get(name), str) and row[name] for name in ("id", "type"))
        and "/" in row["type"]
    )


def _no_row(row: Any, number: int) -> str:
    if not isinstance(row, Mapping):
        return f"row {number} is no object"
    missing = next(
        (name for name in ("id", "type") if not isinstance(row.get(name), str) or not row[name]), None
    )
    return f"row {number} has no {missing}" if missing else f"the type of row {number} is none of Azure's"


def _what_else(document: Mapping[str, Any]) -> str:
    """What an object is that is none of the forms, where that can be told."""
    if "terraform_version" in document or "format_version" in document:
        return "the file is a Terraform state (`weightguard collect terraform` reads those)"
    if isinstance(document.get("error"), Mapping):
        return f"the file is an error that the provider answered, {str(document['error'].get('code'))[:60]!r}"
    return "the file is neither an answer of Resource Graph or Microsoft Graph nor a list of resources"
