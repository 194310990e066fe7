"""Access control lists of a file system: what somebody may do at each level of a path.

Entries are asked in order: the owner's, a named user's, those of the owning group and of named groups, everybody else's; the
mask cuts what named users and groups get. What has no list of its own took the default entries of the folder that it was
made in.

Source: Azure Storage documentation, "Access control lists (ACLs) in Azure Data Lake Storage".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.access.azure.context import Context, named
from weightguard.estate.model import ScopedPolicy

ROOT: Final = ""
Entries = list[Mapping[str, Any]]


def listed(context: Context, policies: Iterable[ScopedPolicy]) -> list[str]:
    """Whoever some list names, members in place of groups; everybody known, where others are let in."""
    found: set[str] = set()
    for policy in policies:
        body = _body(policy)
        found.update(named(str(body[name])) for name in ("owner", "group") if _is_id(body.get(name)))
        for entry in _entries(policy):
            id, kind = entry.get("id"), entry.get("type")
            if _is_id(id):
                found.add(named(str(id)))
            if kind == "other" and "r" in str(entry.get("permissions")):
                found.update(context.principals)
    return sorted({leaf for name in found for leaf in context.leaves(name)})


def may_by_lists(
    context: Context, policies: Iterable[ScopedPolicy], name: str, path: str
) -> tuple[tuple[str, str], ...]:
    """What somebody may do at each level of a path, from the root: folders end in a slash."""
    by_path = {policy.on.strip("/"): policy for policy in policies}
    groups = {name, *context.groups_of.get(name, frozenset())}
    levels: list[tuple[str, str]] = []
    inherited: Entries = []
    parts = path.split("/")
    for depth in range(len(parts)):
        folder = "/".join(parts[:depth])
        policy = by_path.get(folder)
        entries = (
            inherited
            if policy is None
            else [one for one in _entries(policy) if one.get("scope") != "default"]
        )
        levels.append((f"{folder}/", _rights(entries, name, groups, policy)))
        if policy is not None:
            inherited = [one for one in _entries(policy) if one.get("scope") == "default"]
    own = by_path.get(path)
    entries = inherited if own is None else [one for one in _entries(own) if one.get("scope") != "default"]
    levels.append((path, _rights(entries, name, groups, own)))
    return tuple(levels)


def _rights(entries: Entries, name: str, groups: set[str], policy: ScopedPolicy | None) -> str:
    body = {} if policy is None else _body(policy)
    mask = _first((one for one in entries if one.get("type") == "mask"), "rwx")
    users = [one for one in entries if one.get("type") == "user"]
    if _is_named(body.get("owner"), name):
        return _first((one for one in users if not one.get("id")), "rwx")
    own = next((one for one in users if _is_named(one.get("id"), name)), None)
    if own is not None:
        return _cut(str(own.get("permissions")), mask)
    of_groups = list(_of_groups(entries, groups, body))
    if of_groups:
        return _cut("".join(of_groups), mask)
    return _first((one for one in entries if one.get("type") == "other"), "---")


def _first(entries: Iterable[Mapping[str, Any]], otherwise: str) -> str:
    """What the first of some entries lets do."""
    return next((str(one.get("permissions")) for one in entries), otherwise)


def _is_named(id: Any, name: str) -> bool:
    return _is_id(id) and named(str(id)) == name


def _of_groups(entries: Entries, groups: set[str], body: Mapping[str, Any]) -> Iterator[str]:
    for one in entries:
        if one.get("type") != "group":
            continue
        id = one.get("id") if _is_id(one.get("id")) else body.get("group")
        if _is_id(id) and named(str(id)) in groups:
            yield str(one.get("permissions"))


def _cut(permissions: str, mask: str) -> str:
    return "".join(letter if letter in permissions and letter in mask else "-" for letter in "rwx")


def _entries(policy: ScopedPolicy) -> Entries:
    return [one for one in _body(policy).get("ace") or () if isinstance(one, Mapping)]


def _body(policy: ScopedPolicy) -> Mapping[str, Any]:
    return policy.document if isinstance(policy.document, Mapping) else {}


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not value.startswith("$")
