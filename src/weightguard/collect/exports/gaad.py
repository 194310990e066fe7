"""``aws iam get-account-authorization-details``, as one file or as its pages, of one or several accounts.

Policy documents may be objects, as the AWS CLI prints them, or URL-encoded text, as the API answers them.

Source: IAM API reference, "GetAccountAuthorizationDetails".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    accounts: dict[str, Entries] = {}
    ended: set[str] = set()
    odd: set[str] = set()
    for path in map(Path, paths):
        for page in _pages(path):
            account = _account(page, path)
            if page.get("IsTruncated") is not True and not page.get("NextToken"):
                ended.add(account)
            found = accounts.setdefault(account, {})
            for kind, arn, entry in _entries(page):
                found[(kind, arn)] = _merged(found.get((kind, arn)), entry)
            if _dropped(page):
                odd.add(account)
    for account in sorted(accounts):
        _write(account, accounts[account], _obstacle(account, ended, odd), writer)
    return tuple(f"aws/{account}" for account in sorted(accounts))


def _obstacle(account: str, ended: set[str], odd: set[str]) -> tuple[str, str] | None:
    """The code and the words of what keeps the answer from being whole."""
    if account not in ended:
        return "Truncated", "every page that was given says that more follow"
    return ("MalformedEntry", "an entry has no ARN of its own") if account in odd else None


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
    """An entry that a filtered export gave twice: the fuller one."""
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
