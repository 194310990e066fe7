"""Settings that hold for an account or a region of it: what is on by default, what watches, what is blocked.

A record whose kind ends in ``.account``, ``.region`` or ``.settings`` carries them as reads. Each becomes
``<service>[.<region>].<Operation>`` with the raw answer as its value, or why there is none. ``terraform.state`` stands beside them
where a state told of the account: it knows what Terraform made, as of its last run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from weightguard.estate.aws.scope import Scope
from weightguard.estate.calls import STATE_SERVICE
from weightguard.estate.evidence import Record, read, service_of
from weightguard.estate.fact import Fact, Known

FROM_STATE: Final = "terraform.state"
UNREAD_TYPES: Final = "terraform.UnreadTypes"
"""Terraform's provider -> resource type that no mapper reads -> ``{"count", "stores"}``, the stores that it names."""
KINDS: Final = (".account", ".account_summary", ".region", ".settings")


def is_setting(kind: str) -> bool:
    """Whether records of a kind carry settings."""
    return kind.endswith(KINDS)


def account_settings(scope: Scope, records: Iterable[Record]) -> Mapping[str, Fact[Any]]:
    """Every setting among the records of an account."""
    found: dict[str, Fact[Any]] = {}
    for record in records:
        place = ".".join(part for part in (service_of(record), record.region) if part)
        for operation in sorted(record.reads):
            found[f"{place}.{operation}"] = read(record, operation, lambda answer: answer, absent=None)
    if scope.calls.from_state:
        found[FROM_STATE] = Known(True, scope.asked(STATE_SERVICE, "ShowState"))
    return dict(sorted(found.items()))
