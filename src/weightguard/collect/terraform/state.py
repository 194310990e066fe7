"""Terraform and OpenTofu states as a flat list of resources.

Two formats are read: the JSON that ``terraform show -json`` prints (its ``values`` object), and a raw state file of version 4.

Sources: Terraform documentation, "JSON Output Format"; the state format of version 4 as Terraform writes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from weightguard import files
from weightguard.errors import InputError
from weightguard.json_text import OddJson, in_file, whole

SHOW: Final = "terraform show -json > state.json"
ACCOUNT: Final = re.compile(r"\d{12}")
MAXIMUM_BYTES: Final = 1 << 30
DEEPEST_MODULE: Final = 100


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource instance or data source of a state.

    Attributes:
        values: its attributes by the provider schema's names; unknown ones are None or missing.
        account: the account it lies in: that of its ARN, else that of its state.
        region: that of its ARN or ``region`` attribute, else that of its state.
    """

    type: str
    mode: Literal["managed", "data"]
    address: str
    values: Mapping[str, Any]
    account: str = ""
    region: str = ""
    partition: str = "aws"

    def text(self, path: str) -> str | None:
        """A non-empty string at a dotted path (blocks that stand alone in a list are opened), else None."""
        found = pick(self.values, path)
        if isinstance(found, bool):
            return None
        if isinstance(found, int):
            return str(found)
        return found if isinstance(found, str) and found else None

    def texts(self, path: str) -> list[str]:
        """The non-empty strings of a list at a dotted path."""
        found = pick(self.values, path)
        return [item for item in found if isinstance(item, str) and item] if isinstance(found, list) else []

    def blocks(self, path: str) -> list[Mapping[str, Any]]:
        """The nested blocks at a dotted path."""
        return blocks(self.values, path)

    def flag(self, path: str) -> bool:
        """Whether a boolean attribute is set."""
        return pick(self.values, path) is True


def pick(values: Any, path: str) -> Any:
    """What stands at a dotted path; a list of blocks on the way stands for its first block."""
    for name in path.split("."):
        if isinstance(values, list):
            values = next((item for item in values if isinstance(item, Mapping)), None)
        if not isinstance(values, Mapping):
            return None
        values = values.get(name)
    return values


def blocks(values: Any, path: str) -> list[Mapping[str, Any]]:
    """The nested blocks at a dotted path; a block that the schema gives as an object counts as one."""
    found = pick(values, path)
    if isinstance(found, Mapping):
        return [found]
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def resources(path: Path) -> list[Resource]:
    """The resources of a state file, of whatever provider.

    Raises:
        InputError: it cannot be read, is not JSON, is a plan, or is empty.
    """
    found = list(_resources(_parsed(path), path))
    if not found:
        raise InputError(
            "the state holds no resources", where=str(path), fix=f"run `{SHOW}` where the state is not empty"
        )
    return found


def placed(path: Path, found: list[Resource], account: str | None = None) -> tuple[str, list[Resource]]:
    """The AWS account that a state is about, and its resources, each with its own account and region.

    Args:
        account: the one to take where the state itself names none.

    Raises:
        InputError: it names no account and none was given.
    """
    partition, region, home = _home(found, path, account)
    return home, [_placed(item, partition, region, home) for item in found]


def names_account(path: Path, found: list[Resource]) -> str | None:
    """The account that a state names, by whatever of it says so; None where nothing does."""
    try:
        return _home(found, path, None)[2]
    except NoAccount:
        return None


def _parsed(path: Path) -> Mapping[str, Any]:
    raw = files.read(path, "the state", most=MAXIMUM_BYTES)
    try:
        # UTF-8, or UTF-16 as PowerShell redirects it; an attribute that nobody reads may hold a number that is none.
        document = whole(raw, lenient=True)
    except OddJson as error:
        raise InputError(
            f"the state {error}", where=in_file(path, error), fix=f"write it with `{SHOW}`"
        ) from error
    if not isinstance(document, dict):
        raise InputError("the state is not a JSON object", where=str(path), fix=f"write it with `{SHOW}`")
    return document


def _resources(document: Mapping[str, Any], path: Path) -> Iterator[Resource]:
    if "planned_values" in document or "resource_changes" in document:
        fix = f"apply it first, then write the state with `{SHOW}`"
        raise InputError("this is a Terraform plan, not a state", where=str(path), fix=fix)
    if "values" in document or ("terraform_version" in document and "format_version" in document):
        yield from shown(document.get("values"))
    elif document.get("version") == 4:
        yield from _raw(document)
    elif "version" in document and "serial" in document:
        raise InputError(
            f"a raw state of version {document['version']!r} is too old to read",
            where=str(path),
            fix=f"run `{SHOW}`",
        )
    else:
        raise InputError("this is no Terraform state", where=str(path), fix=f"write it with `{SHOW}`")


def shown(values: Any) -> Iterator[Resource]:
    """The resources of a ``values`` (or ``planned_values``) object, all modules."""
    pending = [(pick(values, "root_module"), 0)]
    while pending:
        module, depth = pending.pop()
        if not isinstance(module, Mapping) or depth > DEEPEST_MODULE:
            continue
        for entry in blocks(module, "resources"):
            attributes = entry.get("values")
            yield _resource(
                entry, attributes if isinstance(attributes, Mapping) else {}, str(entry.get("address", ""))
            )
        pending += [(child, depth + 1) for child in reversed(blocks(module, "child_modules"))]


def _raw(document: Mapping[str, Any]) -> Iterator[Resource]:
    """A state file of version 4: resources with instances, each with its attributes."""
    for entry in blocks(document, "resources"):
        parts = (
            entry.get("module"),
            "data" if entry.get("mode") == "data" else None,
            entry.get("type"),
            entry.get("name"),
        )
        address = ".".join(str(part) for part in parts if part)
        for instance in blocks(entry, "instances"):
            attributes = instance.get("attributes")
            yield _resource(entry, attributes if isinstance(attributes, Mapping) else {}, address)


def _resource(entry: Mapping[str, Any], values: Mapping[str, Any], address: str) -> Resource:
    mode: Literal["managed", "data"] = "data" if entry.get("mode") == "data" else "managed"
    return Resource(str(entry.get("type", "")), mode, address, values)


# Where a resource lies


def _arn_parts(item: Resource) -> tuple[str, str, str] | None:
    """Partition, region and account of the resource's own ARN."""
    for name in ("arn", "id"):
        written = item.values.get(name)
        parts = written.split(":", 5) if isinstance(written, str) else []
        if len(parts) == 6 and parts[0] == "arn":
            return parts[1], parts[3], parts[4]
    return None


class NoAccount(InputError):
    """A state that names no account: an auditor cannot add a data source to it, but can say whose it is."""


def _home(found: list[Resource], path: Path, given: str | None) -> tuple[str, str, str]:
    """Partition, region and account that most of a state lies in."""
    places = [place for item in found if (place := _arn_parts(item)) is not None]
    accounts = Counter(place[2] for item, place in _owned(found) if ACCOUNT.fullmatch(place[2]))
    account = _account(_callers(found), accounts) or _only(found) or given
    if account is None:
        fix = "say whose it is with --account ID, or give a state of the same account that names it beside it"
        raise NoAccount("the state names no AWS account", where=str(path), fix=fix)
    region = _asked_region(found) or _most((place[1] for place in places if place[1]), "")
    return _most((place[0] for place in places), "aws"), region, account


def _callers(found: list[Resource]) -> list[str]:
    """The accounts that whoever ran Terraform belonged to."""
    named = [item.text("account_id") for item in found if item.type == "aws_caller_identity"]
    return [account for account in named if account and ACCOUNT.fullmatch(account)]


def _asked_region(found: list[Resource]) -> str | None:
    """The region that the state asked the provider for."""
    named = [item.text("name") or item.text("region") for item in found if item.type == "aws_region"]
    return next(filter(None, named), None)


def _most(values: Iterable[str], otherwise: str) -> str:
    """The value that is there most often, the first of several."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else otherwise


def _owned(found: list[Resource]) -> Iterator[tuple[Resource, tuple[str, str, str]]]:
    """What the state manages, with its place: a data source may describe another account's resource."""
    for item in found:
        place = _arn_parts(item)
        if place is not None and item.mode == "managed":
            yield item, place


def _account(stated: list[str], accounts: Counter[str]) -> str | None:
    """The caller's account; with several callers (aliased providers) the one that owns most."""
    if len(set(stated)) == 1:
        return stated[0]
    among = Counter({account: accounts[account] + 1 for account in stated}) if stated else accounts
    return min(among, key=lambda account: (-among[account], account)) if among else None


_OWN: Final = ("account_id", "owner_id", "owner_account_id", "aws_account_id", "registry_id", "catalog_id")
"""Attributes in which a resource says whose it is, or whom it is looked up for (Terraform AWS provider, "Attribute Reference")."""


def _only(found: list[Resource]) -> str | None:
    """The one account that resources name as their own in other ways; None where there is none or more than one."""
    named = {
        account
        for item in found
        if item.mode == "managed" and item.type.startswith("aws_")
        for name, value in item.values.items()
        if (account := _account_in(name, value)) is not None
    }
    return named.pop() if len(named) == 1 else None


def _account_in(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    if name in _OWN and ACCOUNT.fullmatch(value):
        return value
    parts = value.split(":", 5) if name.endswith("_arn") and value.startswith("arn:") else []
    return parts[4] if len(parts) == 6 and ACCOUNT.fullmatch(parts[4]) else None


def _placed(item: Resource, partition: str, region: str, account: str) -> Resource:
    own = _arn_parts(item) or (partition, "", "")
    return replace(
        item,
        partition=own[0],
        region=own[1] or item.text("region") or region,
        account=own[2] if ACCOUNT.fullmatch(own[2]) else account,
    )
