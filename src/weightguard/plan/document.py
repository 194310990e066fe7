"""The JSON of a plan, as ``terraform show -json PLANFILE`` and OpenTofu's print it, read with suspicion.

Source: Terraform documentation, "JSON Output Format", plan representation, format versions 0.1 to 1.2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from weightguard import files
from weightguard.collect.terraform.state import Resource, blocks, shown
from weightguard.errors import InputError
from weightguard.json_text import OddJson, in_file, whole

SHOW: Final = "terraform show -json PLANFILE > plan.json"
MAXIMUM_BYTES: Final = 160 << 20
"""A plan of 5,000 resources has some 50 MB."""
_VERSION: Final = re.compile(r"(0|1)\.\d+")
_BINARY: Final = (b"PK\x03\x04", b"tfplan")
_MARK: Final = b"\xef\xbb\xbf"
_DEFERRED: Final = "deferred_changes"

Action = Literal["no-op", "create", "read", "update", "delete", "forget", "replace"]
_ACTIONS: Final[Mapping[tuple[str, ...], Action]] = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("forget", "create"): "replace",
    ("open",): "read",
}
COUNTED: Final = ("create", "update", "delete", "replace", "read")


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource instance.

    Attributes:
        module: the instance of the module that it lies in, empty for the root.
        name, index: of the resource in its module.
        before, after: its attributes; None where it is not there. after_unknown: true at what is known after apply alone.
        secret: where the values lie that the configuration or the provider calls sensitive, of either side.
        forgotten: it stays where it is, and Terraform no longer knows it.
        deferred: why the change is put off to a later plan, where it is.
    """

    address: str
    module: str
    mode: Literal["managed", "data"]
    type: str
    name: str
    index: str | int | None
    provider: str
    action: Action
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    after_unknown: Any
    secret: tuple[tuple[Any, Any], ...]
    previous: str | None = None
    forgotten: bool = False
    deferred: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that was read.

    Attributes:
        digest: of the file.
        timestamp: when it was made, where it says so.
        changes: in the order of the file, those that change nothing among them.
        prior: the resources of the state before, as that state names them; data sources among them.
        whole: whether everything that the configuration asks for is in it.
    """

    path: Path
    digest: str
    format_version: str
    tool_version: str
    timestamp: str | None
    changes: tuple[Change, ...]
    prior: tuple[Resource, ...]
    configuration: Mapping[str, Any] = field(repr=False)
    variables: Mapping[str, Any] = field(repr=False)
    whole: bool = True

    def counts(self) -> dict[str, int]:
        """How many resources each action meets; a replacement counts once, what stays as it is not at all."""
        found = dict.fromkeys(COUNTED, 0)
        for change in self.changes:
            if change.action in found and change.deferred is None:
                found[change.action] += 1
        return found


def read_plan(path: Path) -> Plan:
    """The plan in a file.

    Raises:
        InputError: it cannot be read, is not the JSON of a plan, is a plan that Terraform could not finish, or is too large.
    """
    data = files.read(path, "the plan", most=MAXIMUM_BYTES).removeprefix(_MARK)
    document = _parsed(data, path)
    version = _checked(document, path)
    return Plan(
        path=path,
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        format_version=version,
        tool_version=str(document.get("terraform_version") or ""),
        timestamp=_text(document.get("timestamp")),
        changes=tuple(_changes(document, path)),
        prior=tuple(shown(_mapping(document.get("prior_state")).get("values"))),
        configuration=_mapping(document.get("configuration")),
        variables=_mapping(document.get("variables")),
        whole=document.get("complete") is not False,
    )


def _refuse(what: str, path: Path, fix: str = f"write it with `{SHOW}`", where: str = "") -> NoReturn:
    raise InputError(what, where=f"{path}, {where}" if where else str(path), fix=fix)


def _parsed(data: bytes, path: Path) -> Mapping[str, Any]:
    if data.startswith(_BINARY):
        _refuse("this is a plan file, not its JSON", path)
    if not data.strip():
        _refuse("the plan is empty", path)
    if data.lstrip()[:1] != b"{" and data[:2] not in (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{"):
        _refuse(_noise(data), path)
    try:
        document = whole(data, lenient=True)
    except OddJson as error:
        if _is_log(data):
            _refuse(
                "this is the log of `terraform plan -json`, not a plan",
                path,
                f"plan with -out, then `{SHOW}`",
            )
        raise InputError(
            f"the plan {error}", where=in_file(path, error), fix=f"write it with `{SHOW}`"
        ) from error
    if not isinstance(document, dict):
        _refuse("the plan is not a JSON object", path)
    return document


def _noise(data: bytes) -> str:
    before = data.partition(b"{")[0]
    if b"{" not in data:
        return "this is not the JSON of a plan"
    return f"{len(before.strip().splitlines())} lines of something else stand before the JSON, as wrappers of terraform print them"


def _is_log(data: bytes) -> bool:
    first = data.lstrip().partition(b"\n")[0]
    return b'"@level"' in first and b'"@message"' in first


def _checked(document: Mapping[str, Any], path: Path) -> str:
    """The version of the format, of what is a plan that can be judged."""
    if "@level" in document:
        _refuse(
            "this is the log of `terraform plan -json`, not a plan", path, f"plan with -out, then `{SHOW}`"
        )
    is_plan = "planned_values" in document or "resource_changes" in document
    if not is_plan and ("values" in document or document.get("version") == 4 or "serial" in document):
        _refuse(
            "this is a state, not a plan",
            path,
            f"collect it with `weightguard collect terraform`; a plan: `{SHOW}`",
        )
    version = document.get("format_version")
    if not is_plan or not isinstance(version, str):
        _refuse("this is not the JSON of a plan", path)
    if not _VERSION.fullmatch(version):
        _refuse(
            f"a plan of format version {version[:20]!r} cannot be read", path, "this version reads 0.1 to 1.x"
        )
    if document.get("errored") is True:
        _refuse("the plan ended in an error and is not whole", path, "plan again once the error is mended")
    if "resource_changes" not in document and any(shown(document.get("planned_values"))):
        _refuse("the plan does not list its changes", path)
    return version


def _changes(document: Mapping[str, Any], path: Path) -> Iterator[Change]:
    entries = document.get("resource_changes")
    if not isinstance(entries, list | None):
        _refuse("the list of changes is no list", path)
    for at, entry in enumerate(entries or ()):
        yield _change(entry, path, f"resource_changes[{at}]")
    for at, held in enumerate(blocks(document, _DEFERRED)):
        reason = _text(held.get("reason")) or "unknown"
        yield _change(held.get("resource_change"), path, f"{_DEFERRED}[{at}]", reason)


def _change(entry: Any, path: Path, where: str, deferred: str | None = None) -> Change:
    held = entry.get("change") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(held, Mapping):
        _refuse("an entry of the plan is no change", path, where=where)
    address, type_ = _text(entry.get("address")), _text(entry.get("type"))
    if address is None or type_ is None:
        _refuse("a change lacks its address or its type", path, where=where)
    action, forgotten = _action(held.get("actions"), path, where)
    index = entry.get("index")
    deposed = _text(entry.get("deposed"))
    return Change(
        address=address if deposed is None else f"{address} (deposed {deposed})",
        module=_text(entry.get("module_address")) or "",
        mode="data" if entry.get("mode") == "data" or _is_data(address) else "managed",
        type=type_,
        name=_text(entry.get("name")) or "",
        index=index if isinstance(index, str | int) else None,
        provider=_text(entry.get("provider_name")) or "",
        action=action,
        before=_side(held, "before", path, where),
        after=_side(held, "after", path, where),
        after_unknown=held.get("after_unknown"),
        secret=tuple((held.get(side), held.get(f"{side}_sensitive")) for side in ("before", "after")),
        previous=_text(entry.get("previous_address")),
        forgotten=forgotten,
        deferred=deferred,
    )


def _is_data(address: str) -> bool:
    return address.startswith("data.") or ".data." in address.partition("[")[0]


def _action(written: Any, path: Path, where: str) -> tuple[Action, bool]:
    named = tuple(one for one in written if isinstance(one, str)) if isinstance(written, list) else ()
    action = _ACTIONS.get(named)
    if action is None:
        _refuse(f"a change of a kind that is not known, {', '.join(named)[:60] or 'none'}", path, where=where)
    return action, "forget" in named


def _side(held: Mapping[str, Any], side: str, path: Path, where: str) -> Mapping[str, Any] | None:
    found = held.get(side)
    if found is None:
        return None
    if not isinstance(found, Mapping):
        _refuse(f"what a resource is {side} the change is no object", path, where=f"{where}.change.{side}")
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
