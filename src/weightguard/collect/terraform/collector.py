"""From state files to records: states by account, each service's mapper over them, one call line a scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from weightguard.collect.terraform import (
    buckets,
    compute,
    credentials,
    delivery,
    duplicates,
    identity,
    joined,
    keys,
    learning,
    network,
    objects,
    organisation,
    others,
    storage,
    switches,
    unread,
)
from weightguard.collect.terraform.attached import enriched
from weightguard.collect.terraform.inventory import Inventory, Row
from weightguard.collect.terraform.providers import collect_others, is_others
from weightguard.collect.terraform.shapes import rows as table_rows
from weightguard.collect.terraform.state import Resource, names_account, placed, resources
from weightguard.errors import InputError
from weightguard.snapshot import Call, Recorder, utc_now

SERVICE = "terraform"
OPERATION = "ShowState"
MAPPERS = (identity.rows, buckets.rows, keys.rows, joined.rows, organisation.rows, switches.rows)
JOINED = frozenset(
    {
        "aws_lambda_function",
        "aws_lambda_event_source_mapping",
        "aws_batch_job_definition",
        "aws_cloudformation_stack_set",
        "aws_cognito_identity_pool_roles_attachment",
        "aws_cloudwatch_event_target",
        "aws_config_configuration_recorder",
    }
)
"""Types that `joined` maps and that hold a role."""
TABLES = (*compute.SHAPES, *learning.SHAPES, *delivery.SHAPES, *storage.SHAPES, *network.SHAPES)
KNOWN = JOINED | {shape.type for shape in TABLES}


def collect(paths: Sequence[Path], writer: Recorder, account: str | None = None) -> tuple[str, ...]:
    """Writes what one or several states say; several states of one account are one account.

    Args:
        paths: files as ``terraform show -json`` prints them, or raw state files of version 4.
        writer: an open snapshot; it is not sealed here.
        account: the account of states that name none; None: the one that all the others name, where it is one.

    Returns:
        The scopes that were written, sorted.

    Raises:
        InputError: a file is no state, or names no account.
    """
    if not paths:
        raise InputError("no state was given", fix="name the files that `terraform show -json` printed")
    return told([(Path(path), resources(Path(path))) for path in paths], writer, account)


def told(
    states: Sequence[tuple[Path, list[Resource]]], writer: Recorder, account: str | None = None
) -> tuple[str, ...]:
    """The same of the resources of states, each under the name that it is told by."""
    others = collect_others((item for _, items in states for item in items if is_others(item)), writer)
    own = [(path, [item for item in items if not is_others(item)]) for path, items in states]
    return (
        *_own([(path, items) for path, items in own if _is_needed(items, others)], writer, account),
        *others,
    )


def _is_needed(items: Sequence[Resource], others: Sequence[str]) -> bool:
    """Whether a state has to say whose AWS account it is: not where all that it makes is in another cloud."""
    made = [
        item for item in items if item.mode == "managed" and item.type.partition("_")[0] not in unread.IDLE
    ]
    return bool(made) or not others


def _own(
    states: Sequence[tuple[Path, list[Resource]]], writer: Recorder, account: str | None
) -> tuple[str, ...]:
    by_account: dict[str, list[Resource]] = {}
    account = account or _shared(states)
    for path, found in states:
        home, items = placed(path, found, account)
        by_account.setdefault(home, [])
        for item in items:
            if (
                item.mode == "managed" or item.account == home
            ):  # what was looked up in another account is not that account's state
                by_account.setdefault(item.account, []).append(item)
    inventories = [Inventory(account, by_account[account]) for account in sorted(by_account)]
    keys = credentials.keys(inventories)
    return tuple(_write(inventory, keys, writer) for inventory in inventories)


def _shared(states: Sequence[tuple[Path, list[Resource]]]) -> str | None:
    """The one account that several states name between them."""
    named = {names_account(*state) for state in states} - {None} if len(states) > 1 else set()
    return named.pop() if len(named) == 1 else None


def _write(inventory: Inventory, keys: Mapping[str, str], writer: Recorder) -> str:
    scope = f"aws/{inventory.account}"
    writer.add_scope(scope)
    for row in duplicates.joined(_rows(inventory, keys)):
        writer.record(
            scope,
            row.service,
            kind=row.kind,
            id=row.id,
            region=row.region,
            operation=row.operation,
            data=row.data,
            reads=row.reads,
        )
    writer.objects(scope, objects.rows(objects.in_s3(inventory.of(*objects.TYPES))))
    writer.call(Call(SERVICE, OPERATION, scope, "ok", utc_now()))
    return scope


def _rows(inventory: Inventory, keys: Mapping[str, str]) -> Iterator[Row]:
    yield Row(
        "sts", "sts.identity", inventory.account, None, "GetCallerIdentity", {"Account": inventory.account}
    )
    for mapper in MAPPERS:
        yield from mapper(inventory)
    yield from credentials.mark(inventory, keys, enriched(inventory, table_rows(inventory, TABLES)))
    other = list(others.rows(inventory, KNOWN))
    yield from other
    yield from unread.rows(inventory, {str(row.data["type"]) for row in other})
