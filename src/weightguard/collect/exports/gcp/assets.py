"""Exports of Cloud Asset Inventory, group memberships, and the policies that the inventory never holds.

Read: JSON lines as ExportAssets and ``gcloud asset export`` write them, of any content type, several in one file or one a file; the
results of ``gcloud asset list`` and ``gcloud asset search-all-* --format=json``; group memberships, one a line; IAM v2 deny
policies, IAM v3 principal access boundary policies and policy bindings as their APIs return them.

Source: Cloud Asset Inventory documentation, "Export asset metadata", REST resources `Asset`, `ResourceSearchResult` and
`IamPolicySearchResult`; IAM REST v2 `policies` and v3 `principalAccessBoundaryPolicies`, `policyBindings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from weightguard import files
from weightguard.collect.gcp.entries import AGAIN, CONTENT, Entry, camel_name, take_asset
from weightguard.collect.gcp.fields import camel
from weightguard.collect.gcp.inventory import Asset, Inventory, Policy, attachment, policy_of
from weightguard.errors import InputError
from weightguard.json_text import Meter, OddJson, in_file, loads, whole
from weightguard.snapshot import SnapshotWriter

COMMAND: Final = "gcloud asset export --content-type=resource|iam-policy|org-policy|access-policy"
MAXIMUM_BYTES: Final = 4 << 30
LONGEST_LINE: Final = 64 << 20


def collect(paths: Sequence[Path], writer: SnapshotWriter) -> tuple[str, ...]:
    """Writes what some files say; all of them are one inventory.

    Args:
        paths: the files; see the module.
        writer: an open snapshot; it is not sealed here.

    Returns:
        The scopes that were written, sorted.

    Raises:
        InputError: a file is cut off, of another content type, or holds nothing of what is read here.
    """
    if not paths:
        raise InputError("no file was given", fix=f"name the files that `{COMMAND}` wrote")
    found = Inventory()
    for path in map(Path, paths):
        _read(path, found)
    return found.write(writer)


def _read(path: Path, found: Inventory) -> None:
    """Take in one file."""
    count = 0
    for number, entry in _entries(path):
        count += 1
        where = f"{path}:{number}"
        if not isinstance(entry, dict):
            raise InputError("this is no asset", where=where, fix=f"write the file with `{COMMAND}`")
        _reader(entry, where)(entry, found, where)
    if not count:
        raise InputError("the file holds nothing", where=str(path), fix=f"write it with `{COMMAND}`")


def _entries(path: Path) -> Iterator[tuple[int, Any]]:
    """What a file holds, one by one, with the number of the line or of the item."""
    with files.opened(path, "the file", most=MAXIMUM_BYTES) as file:
        first = file.peek(4096)[:4096].lstrip()
        if not first.startswith(b"["):
            yield from _lines(path, iter(lambda: file.readline(LONGEST_LINE + 1), b""))
            return
        data = file.read(MAXIMUM_BYTES + 1)
    try:
        yield from enumerate(whole(data), start=1)
    except OddJson as error:
        raise InputError(f"the file {error}", where=in_file(path, error), fix=AGAIN) from error


def _lines(path: Path, lines: Iterator[bytes]) -> Iterator[tuple[int, Any]]:
    meter = Meter(path.stat().st_size)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            raise InputError("a line of the file is too long", where=f"{path}:{number}", fix=AGAIN)
        try:
            meter.add(line)
            yield number, loads(line)
        except OddJson as error:
            cut = "" if line.endswith(b"\n") else ": the file ends in the middle of it"
            raise InputError(f"the line {error}{cut}", where=f"{path}:{number}", fix=AGAIN) from error


_Take = Callable[[Entry, Inventory, str], None]


def _reader(entry: Entry, where: str) -> _Take:
    """What reads an entry, by the members that it has."""
    name = entry.get("name")
    if "group" in entry and "members" in entry:
        return _group
    if isinstance(entry.get("resource"), str) and "policy" in entry:
        return _policy_found
    if isinstance(name, str) and "asset_type" not in entry and "assetType" not in entry:
        found = _POLICIES.get(_collection(name))
        if found is not None:
            return found
    if isinstance(name, str) and isinstance(entry.get("assetType", entry.get("asset_type")), str):
        return take_asset if CONTENT & {camel_name(key) for key in entry} else _resource_found
    raise InputError(
        "this is no asset, no search result, no group with its members and no IAM policy", where=where,
        fix=f"write the file with `{COMMAND}`; raw Terraform states go to `weightguard collect terraform`",
    )  # fmt: skip


def _collection(name: str) -> str:
    """The collection that a policy's name says it is of: the last word but one."""
    parts = name.split("/")
    return parts[-2] if len(parts) > 1 else ""


def _policy_found(entry: Entry, found: Inventory, where: str) -> None:
    """A result of a search for policies."""
    asset = found.asset(str(entry["resource"]), str(entry.get("assetType", "unknown.googleapis.com/Unknown")))
    _searched(asset, entry)
    found.contents.add("IAM_POLICY")
    asset.reads["GetIamPolicy"] = policy_of(entry["policy"])


def _resource_found(entry: Entry, found: Inventory, where: str) -> None:
    """A result of a search for resources: what it is, and where; its settings where they were asked for."""
    if (
        not {"project", "folders", "organization", "displayName", "parentFullResourceName", "state"}
        & entry.keys()
    ):
        held = sorted(key for key in entry if key not in ("name", "assetType", "asset_type", "ancestors"))
        raise InputError(
            f"the asset has no content that is read here ({', '.join(held) or 'a name alone'})", where=where,
            fix=f"write the file with `{COMMAND}`",
        )  # fmt: skip
    asset = found.asset(str(entry["name"]), str(entry.get("assetType", entry.get("asset_type"))))
    _searched(asset, entry)
    found.contents.add("SEARCH")
    versions = [
        one["resource"]
        for one in entry.get("versionedResources") or ()
        if isinstance(one, dict) and isinstance(one.get("resource"), dict)
    ]
    if versions and asset.data is None:
        found.contents.add("RESOURCE")
        asset.data = versions[-1]
    location = entry.get("location")
    if isinstance(location, str) and location not in ("", "global"):
        asset.location = location


def _searched(asset: Asset, entry: Entry) -> None:
    above = [entry.get("project"), *(entry.get("folders") or ()), entry.get("organization")]
    named = tuple(one for one in above if isinstance(one, str) and one)
    if named and not asset.ancestors:
        asset.ancestors = named


def _group(entry: Entry, found: Inventory, where: str) -> None:
    group, members = entry["group"], entry["members"]
    if (
        not isinstance(group, str)
        or not isinstance(members, list)
        or not all(isinstance(m, str) for m in members)
    ):
        raise InputError(
            "the members of a group are not a list of names", where=where,
            fix='write {"group": "eng@example.com", "members": ["user:ada@example.com"]}',
        )  # fmt: skip
    found.contents.add("GROUP")
    name = group.removeprefix("group:").lower()
    found.add(Policy("cloudidentity.group", f"group:{name}", "", {"members": members}))


def _denial(entry: Entry, found: Inventory, where: str) -> None:
    found.contents.add("POLICY")
    found.add(Policy("iam.deny_policy", entry["name"], attachment(entry["name"]), camel(entry)))


def _boundary(entry: Entry, found: Inventory, where: str) -> None:
    found.contents.add("POLICY")
    found.add(
        Policy("iam.principal_access_boundary_policy", entry["name"], _owner(entry["name"]), camel(entry))
    )


def _bound(entry: Entry, found: Inventory, where: str) -> None:
    found.contents.add("POLICY")
    found.add(Policy("iam.policy_binding", entry["name"], _owner(entry["name"]), camel(entry)))


def _owner(name: str) -> str:
    """``organizations/1`` of ``organizations/1/locations/global/...``."""
    return "/".join(name.split("/")[:2])


_POLICIES: Final[Mapping[str, _Take]] = {
    "denypolicies": _denial,
    "principalAccessBoundaryPolicies": _boundary,
    "policyBindings": _bound,
}
