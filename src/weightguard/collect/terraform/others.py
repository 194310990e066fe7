"""Resources of types that no table knows, yet that run as a role: recorded with the role and nothing else of them.

New services come faster than tables. What such a resource may do is what its role may do, whoever may run code on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from weightguard.collect.terraform.inventory import Inventory, Row
from weightguard.collect.terraform.state import Resource

ROLES: Final = frozenset(
    {
        "computation_role_arn", "execution_role", "execution_role_arn", "iam_role", "iam_role_arn", "instance_role_arn",
        "job_role_arn", "role", "role_arn", "role_arns", "runtime_role_arn", "service_role", "service_role_arn", "task_role_arn",
    }
)  # fmt: skip
PROFILES: Final = frozenset(
    {"iam_instance_profile", "iam_instance_profile_arn", "instance_profile", "instance_profile_arn"}
)
NO_CODE: Final = (
    "aws_api_gateway", "aws_appautoscaling", "aws_backup_selection", "aws_cloudtrail", "aws_cloudwatch_log", "aws_config",
    "aws_default_", "aws_dlm", "aws_flow_log", "aws_iam_", "aws_kms", "aws_lakeformation", "aws_organizations", "aws_quicksight",
    "aws_ram", "aws_redshift", "aws_rds", "aws_db_", "aws_s3", "aws_ssoadmin", "aws_ssm_service_setting", "aws_vpc",
)  # fmt: skip
"""Types that name a role under which the service itself acts, where nobody's code runs."""
DEEPEST: Final = 6


def rows(inventory: Inventory, known: Collection[str]) -> Iterator[Row]:
    """Resources of types beside `known` that hold a role."""
    for item in inventory.beside(known):
        if item.type.startswith("aws_") and not item.type.startswith(NO_CODE):
            row = _row(item)
            if row is not None:
                yield row


def _row(item: Resource) -> Row | None:
    roles = sorted(name for name in _named(item.values, ROLES, 0) if ":role/" in name)
    profiles = sorted(_named(item.values, PROFILES, 0))
    identifier = item.text("arn") or item.text("id")
    if identifier is None or not (roles or profiles):
        return None
    data = {
        "type": item.type,
        "name": item.text("name") or item.address,
        "roles": roles,
        "instanceProfiles": profiles,
    }
    return Row("terraform", "terraform.resource", identifier, item.region or None, "ShowState", data)


def _named(values: Any, names: frozenset[str], depth: int) -> set[str]:
    """The words that attributes of these names hold, in nested blocks too."""
    if depth > DEEPEST:
        return set()
    if isinstance(values, list):
        return set().union(*(_named(value, names, depth + 1) for value in values))
    found: set[str] = set()
    for name, value in values.items() if isinstance(values, Mapping) else ():
        if name in names:
            found.update(
                word
                for word in (value if isinstance(value, list) else [value])
                if isinstance(word, str) and word
            )
        elif isinstance(value, list | Mapping):
            found |= _named(value, names, depth + 1)
    return found
