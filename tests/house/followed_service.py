"""Run by `test_walks` against the copy of the sources in which the walk of a service was followed: prints what it leads to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "estate"))

from estates import ACCOUNT, call, estate, record

from weightguard.collect.aws.permissions import permissions
from weightguard.collect.aws.plan import EVERYWHERE
from weightguard.collect.calls.answer import Answer

BUCKET = f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/features"
POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3tables:*", "Resource": "*"}]}


def _ask(operation: Any, **_: Any) -> Answer:
    told = {
        "ListTableBuckets": {
            "tableBuckets": [{"arn": BUCKET, "name": "features", "createdAt": "2026-01-01"}]
        },
        "GetTableBucketPolicy": {"resourcePolicy": json.dumps(POLICY)},
    }
    return Answer("ok", told[operation.name], keeps=operation.keeps)


def main() -> None:
    """What the service's rows hold, what the estate makes of them, what has to be granted, and what is a gap."""
    (part,) = [part for part in EVERYWHERE if part.name == "s3tables"]
    account: Any = SimpleNamespace(id=ACCOUNT, partition="aws", caller=SimpleNamespace(ask=_ask))
    (row,) = part.read(account, "us-east-1")
    taken: Any = row
    made = record(
        taken["kind"],
        taken["id"],
        taken["data"],
        taken["reads"],
        operation=taken["operation"],
        region=taken["region"],
    )
    (bucket,) = estate(made).resources_of("s3tables.table_bucket")
    unasked = estate(made, calls=[call("s3tables", "ListTableBuckets", "denied")])
    granted = [action for statement in permissions()["Statement"] for action in statement["Action"]]
    told = {
        "kept": sorted(taken["data"]),
        "name": bucket.name,
        "policy": bucket.policy.value.document,
        "granted": sorted(action for action in granted if action.startswith("s3tables:")),
        "gaps": [gap.source.call for gap in unasked.resources_of("s3tables.table_bucket").gaps],
    }
    print(json.dumps(told))


main()
