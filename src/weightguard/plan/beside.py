"""What a plan changes of things that it does not hold: the role of another configuration, the bucket that somebody made by hand.

A snapshot that the plan is laid over knows them. They are put beside the plan's resources, on both of its sides, so that what the
plan hangs on them is read as theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import tail
from weightguard.collect.terraform.state import Resource
from weightguard.snapshot import Record, Snapshot

_PRINCIPALS: Final = {"role": "aws_iam_role", "user": "aws_iam_user", "group": "aws_iam_group"}
_KINDS: Final = {
    "aws_iam_role": ("iam.role", "name"),
    "aws_iam_user": ("iam.user", "name"),
    "aws_iam_group": ("iam.group", "name"),
    "aws_s3_bucket": ("s3.bucket", "bucket"),
    "aws_kms_key": ("kms.key", "key_id"),
}
"""Type -> the kind of its record, and the attribute that names it."""


Named = tuple[str, str]
"""A type, and the name of a thing."""


def own(items: Iterable[Resource]) -> set[Named]:
    """The things that resources make, of those that others may hang on."""
    return {(item.type, _name(item)) for item in items if item.type in _KINDS and item.mode == "managed"}


def beside(
    items: Iterable[Resource], account: str, base: Snapshot, plans: Collection[Named]
) -> list[Resource]:
    """The things of an account that resources hang something on, that no plan makes, and that the snapshot knows.

    Args:
        plans: what the plans make, on either side.
    """
    held = list(items)
    wanted = {one for item in held for one in hung_on(item)}
    missing = wanted - set(plans)
    if not missing:
        return []
    services = {_KINDS[type_][0].partition(".")[0] for type_, _ in missing}
    found: list[Resource] = []
    for service in sorted(services):
        for record in base.records(f"aws/{account}", service):
            found += [_resource(type_, record) for type_, name in missing if _is(type_, name, record)]
    return found


def _name(item: Resource) -> str:
    return tail(item.text(_KINDS[item.type][1]) or "")


def of_record(record: Record) -> Iterator[Named]:
    """What a record is, of the things that others may hang on."""
    for type_, (kind, _) in _KINDS.items():
        if record.kind == kind:
            yield type_, tail(record.id)


def _is(type_: str, name: str, record: Record) -> bool:
    return record.kind == _KINDS[type_][0] and tail(record.id) == name


def _resource(type_: str, record: Record) -> Resource:
    """A thing that a snapshot knows, as far as others hang on it."""
    name = tail(record.id)
    values: dict[str, Any] = {"arn": record.id, "id": name, _KINDS[type_][1]: name}
    if type_ == "aws_s3_bucket":
        values["region"] = record.region
    if isinstance(record.data, Mapping) and isinstance(path := record.data.get("Path"), str):
        values["path"] = path
    return Resource(type_, "managed", f"{type_}.{name}", values)


def hung_on(item: Resource) -> Iterator[tuple[str, str]]:
    """What a resource says something of: type and name."""
    if item.mode == "data" or item.type in _KINDS:
        return
    if item.type.startswith("aws_iam_"):
        for attribute, type_ in _PRINCIPALS.items():
            named = [item.text(attribute), *item.texts(f"{attribute}s"), item.text(f"{attribute}_name")]
            yield from ((type_, tail(one)) for one in named if one)
    if item.type.startswith("aws_s3_bucket_") and (bucket := item.text("bucket")):
        yield "aws_s3_bucket", tail(bucket)
    if item.type in ("aws_kms_key_policy", "aws_kms_grant") and (key := item.text("key_id")):
        yield "aws_kms_key", tail(key)
