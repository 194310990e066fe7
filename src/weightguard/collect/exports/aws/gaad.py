"""``aws iam get-account-authorization-details``, as one file or as its pages, of one or several accounts.

Policy documents may be objects, as the AWS CLI prints them, or URL-encoded text, as the API answers them.

Source: IAM API reference, "GetAccountAuthorizationDetails".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from weightguard import files
from weightguard.collect.aws.services.iam import GET_DETAILS
from weightguard.collect.calls.keeping import kept
from weightguard.errors import InputError
from weightguard.json_text import OddJson, in_file, whole
from weightguard.snapshot import Call, SnapshotWriter, utc_now

OPERATION: Final = "GetAccountAuthorizationDetails"
LISTS: Final = {
    "UserDetailList": "iam.user",
    "GroupDetailList": "iam.group",
    "RoleDetailList": "iam.role",
    "Policies": "iam.policy",
}
COMMAND: Final = "aws iam get-account-authorization-details > gaad.json"
MAXIMUM_BYTES: Final = 1 << 30
ARN: Final = re.compile(r"arn:[a-z-]+:iam::(\d{12}|aws):.+")

_MOVING: Final = frozenset({"RoleLastUsed", "AttachmentCount", "PermissionsBoundaryUsageCount"})
"""Members that change without anybody changing the entry."""

Entries = dict[tuple[str, str], dict[str, Any]]


def collect(paths: Sequence[Path], writer: SnapshotWriter) -> tuple[str, ...]:
    """Writes what one or several files say; pages and files of one account are one account.

    Args:
        paths: JSON files with the members that the operation answers.
        writer: an open snapshot; it is not sealed here.

    Returns:
        The scopes that were written, sorted.

    Raises:
        InputError: a file is no answer of that operation, is one page of several without the rest, or names no account.
    """
    if not paths:
        raise InputError("no file was given", fix=f"name the files that `{COMMAND}` wrote")
    accounts: dict[str, _Told] = {}
    for path in map(Path, paths):
        for page in _pages(path):
            accounts.setdefault(_account(page, path), _Told()).take(page)
    for account in sorted(accounts):
        told = accounts[account]
        _write(account, told.entries, told.obstacle(), writer)
    return tuple(f"aws/{account}" for account in sorted(accounts))


@dataclass(slots=True)
class _Told:
    """What the pages of an account say between them.

    Attributes:
        lists: the members that some page had.
        ended: some page was the last one.
        odd: some entry has no ARN.
        differs: an ARN of which two entries say different things.
    """

    entries: Entries = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    ended: bool = False
    odd: bool = False
    differs: str = ""

    def take(self, page: Mapping[str, Any]) -> None:
        """Take notice of a page."""
        more = page.get("IsTruncated") is True or page.get("NextToken")
        self.ended = self.ended or not (more or (page.get("Marker") and "IsTruncated" not in page))
        self.lists.update(LISTS.keys() & page.keys())
        self.odd = self.odd or _dropped(page)
        for kind, arn, entry in _entries(page):
            known = self.entries.get((kind, arn))
            if known is not None and _settled(known) != _settled(entry):
                self.differs = self.differs or arn
            self.entries[(kind, arn)] = _merged(known, entry)

    def obstacle(self) -> tuple[str, str] | None:
        """The code and the words of what keeps the answer from being whole."""
        if not self.ended:
            return "Truncated", "every page that was given says that more follow"
        if self.differs:
            return "Contradiction", f"two entries say different things of {self.differs}"
        lacking = [name for name in LISTS if name not in self.lists]
        if lacking:
            return "Filtered", f"no page has {', '.join(lacking)}"
        return ("MalformedEntry", "an entry has no ARN of its own") if self.odd else None


def _settled(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says that a second export says alike, while nobody changed it."""
    return {name: value for name, value in kept(entry, GET_DETAILS.keeps).items() if name not in _MOVING}


def _write(account: str, entries: Entries, obstacle: tuple[str, str] | None, writer: SnapshotWriter) -> None:
    scope = f"aws/{account}"
    writer.add_scope(scope)
    writer.record(
        scope,
        "sts",
        kind="sts.identity",
        id=account,
        region=None,
        operation="GetCallerIdentity",
        data={"Account": account},
    )
    for kind, arn in sorted(entries):
        writer.record(
            scope,
            "iam",
            kind=kind,
            id=arn,
            region=None,
            operation=OPERATION,
            data=kept(entries[(kind, arn)], GET_DETAILS.keeps),
            reads={},
        )
    if obstacle is not None:
        code, message = obstacle
        writer.call(Call("iam", OPERATION, scope, "failed", utc_now(), code=code, message=message))
    else:
        writer.call(Call("iam", OPERATION, scope, "ok", utc_now()))


def _merged(known: dict[str, Any] | None, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry that was given twice: the fuller one."""
    return entry if known is None or len(json.dumps(entry)) >= len(json.dumps(known)) else known


def _pages(path: Path) -> Iterator[Mapping[str, Any]]:
    """The answers in a file: one, or a list of pages."""
    document = _parsed(path)
    pages = document if isinstance(document, list) else [document]
    if not pages:
        raise InputError("the file holds no answer", where=str(path), fix=f"write it with `{COMMAND}`")
    for page in pages:
        if not isinstance(page, dict) or not LISTS.keys() & page.keys():
            members = ", ".join(LISTS)
            raise InputError(
                f"the file has none of {members}", where=str(path), fix=f"write it with `{COMMAND}`"
            )
        for name in LISTS:
            if not isinstance(page.get(name, []), list):
                raise InputError(f"{name} is not a list", where=str(path), fix=f"write it with `{COMMAND}`")
        yield page


def _parsed(path: Path) -> Any:
    data = files.read(path, "the file", most=MAXIMUM_BYTES)
    try:
        return whole(data)
    except OddJson as error:
        raise InputError(
            f"the file {error}", where=in_file(path, error), fix=f"write it with `{COMMAND}`"
        ) from error


def _entries(page: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, kind in LISTS.items():
        for entry in page.get(name, []):
            arn = entry.get("Arn") if isinstance(entry, dict) else None
            if isinstance(arn, str) and ARN.fullmatch(arn):
                yield kind, arn, entry


def _dropped(page: Mapping[str, Any]) -> bool:
    """Whether an entry has no ARN that names it."""
    return sum(len(page.get(name, [])) for name in LISTS) != sum(1 for _ in _entries(page))


def _account(page: Mapping[str, Any], path: Path) -> str:
    """The account that owns the entries; AWS managed policies belong to none."""
    owners = Counter(match.group(1) for _, arn, _ in _entries(page) if (match := ARN.fullmatch(arn)))
    del owners["aws"]
    if not owners:
        raise InputError(
            "no entry has an ARN with an account", where=str(path), fix=f"write it with `{COMMAND}`"
        )
    if len(owners) > 1:
        named = ", ".join(sorted(owners))
        raise InputError(
            f"one answer names several accounts, {named}", where=str(path), fix="give a file an account"
        )
    return next(iter(owners))
