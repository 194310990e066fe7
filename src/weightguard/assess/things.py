"""What a result is about, as far as waivers ask: its account, and how a finding of another scanner would name and place it.

Source: Prowler 5.46, the checks' own reports: a finding carries the resource's id or, where it has none, its name, and the
resource's region. Findings about IAM carry the region in which the scan was begun, those about trails the last one that told of
them, and those about a policy, an access point or an account's settings another resource than the result: that is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from weightguard.estate.model import Estate

Kind = Literal[
    "store", "key", "user", "role", "group", "service_account", "federated", "application", "agent", "domain", "everybody",
    "trail", "endpoint", "workload",
    "disk_copy", "account", "weight_set", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """What a result is about.

    Attributes:
        name: the last part of the provider's id, or the name where the provider's findings go by it.
        service: the provider's service of a workload; empty for other kinds.
    """

    id: str
    kind: Kind
    account: str
    name: str
    region: str | None = None
    service: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """How the finding of a check about a thing is named and placed; None: that is not known."""

    name: str | None = None
    region: str | None = None


_NOT_KNOWN: Final = Named()
_SAME: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("s3_", "store", ""),
    ("kms_", "key", ""),
    ("ec2_", "disk_copy", ""),
    ("ec2_instance_", "workload", "ec2"),
    ("sagemaker_", "workload", "sagemaker"),
    ("vpc_endpoint_", "endpoint", ""),
)
"""How a check's name begins, and the kind (and service) of the results that are about the very resource of its findings."""

_OF_PRINCIPALS: Final[tuple[tuple[str, Kind], ...]] = (("iam_user_", "user"), ("iam_role_", "role"))
_OF_ACCOUNTS: Final = "s3_account_level_"
_OF_OTHERS: Final = (_OF_ACCOUNTS, "s3_access_point_", "s3_multi_region_")
"""How the names of checks begin whose findings are about something else than a bucket."""
_OF_A_KEY: Final = frozenset({"iam_user_accesskey_unused"})
"""Checks whose findings are named after one access key of a user."""


def named(check: str, thing: Thing) -> Named:
    """The name and region that a finding of the check has about the thing."""
    if not check.startswith(_OF_OTHERS) and any(
        check.startswith(begin) and thing.kind == kind and (not service or thing.service == service)
        for begin, kind, service in _SAME
    ):
        return Named(thing.name, thing.region)
    of_principal = any(check.startswith(begin) and thing.kind == kind for begin, kind in _OF_PRINCIPALS)
    if of_principal and check not in _OF_A_KEY:
        return Named(thing.name)
    if check.startswith(_OF_ACCOUNTS) and thing.kind == "account":
        return Named(thing.id)
    return _NOT_KNOWN


def things_of(estate: Estate) -> Mapping[str, Thing]:
    """Everything that a result may be about, by id."""
    found = [Thing(one.id, "account", one.id, one.id) for one in estate.accounts]
    found += [Thing(one.id, "store", one.account, one.name, one.region) for one in estate.stores]
    found += [Thing(one.id, "key", one.account, _last(one.id), one.region) for one in estate.keys]
    found += [Thing(one.id, one.kind.value, one.account, one.name) for one in estate.principals]
    found += [Thing(one.id, "trail", one.account, one.name) for one in estate.trails]
    found += [Thing(one.id, "endpoint", one.account, _last(one.id), one.region) for one in estate.endpoints]
    found += [
        Thing(one.id, "disk_copy", one.account, _last(one.id), one.region) for one in estate.disk_copies
    ]
    found += [
        Thing(one.id, "workload", one.account, _last(one.id), one.region, one.service)
        for one in estate.workloads
    ]
    stores = {store.id: store.account for store in estate.stores}
    found += [
        Thing(one.id, "weight_set", stores[one.store], one.id)
        for one in estate.weight_sets
        if one.store in stores
    ]
    return {thing.id: thing for thing in found}


def _last(identifier: str) -> str:
    """The last part of an ARN, after its last colon and slash."""
    return identifier.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
