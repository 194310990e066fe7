"""Every method that may be called, and the role that a collection needs: read from the declarations, nothing more."""

from __future__ import annotations

from typing import Any, Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.services import (
    accesscontextmanager,
    cloudasset,
    cloudidentity,
    iam,
    orgpolicy,
    resourcemanager,
    storage,
)

_MODULES: Final = (accesscontextmanager, cloudasset, cloudidentity, iam, orgpolicy, resourcemanager, storage)
ROLE: Final = "weightguardCollector"


_METHODS: Final = tuple(
    sorted(
        (method for module in _MODULES for method in module.METHODS),
        key=lambda one: (one.operation.id, one.id, one.query),
    )
)
_OPERATIONS: Final = frozenset(method.operation for method in _METHODS)


def methods() -> tuple[Method, ...]:
    """Every method that a service module declares, sorted."""
    return _METHODS


def operations() -> frozenset[Operation]:
    """The operations behind them."""
    return _OPERATIONS


def granted() -> tuple[str, ...]:
    """The permissions of IAM that the calls need, sorted; a group's members are not IAM's to give."""
    return tuple(
        sorted({one for operation in operations() for one in operation.permissions if one not in _DIRECTORY})
    )


_DIRECTORY: Final = frozenset({"groups.read"})


def permissions() -> dict[str, Any]:
    """A custom role for `collect`, as ``gcloud iam roles create --file`` takes it, and as Terraform; the same on every run."""
    included = list(granted())
    return {
        "title": "weightguard collector",
        "description": "Reads what weightguard audits, and changes nothing.",
        "stage": "GA",
        "includedPermissions": included,
    }


def terraform() -> str:
    """The same role as Terraform's google provider takes it, for an organisation."""
    lines = "\n".join(f'    "{one}",' for one in granted())
    return (
        'variable "organization" {\n  type = string\n}\n\n'
        f'resource "google_organization_iam_custom_role" "weightguard" {{\n'
        f'  org_id      = var.organization\n  role_id     = "{ROLE}"\n'
        '  title       = "weightguard collector"\n'
        '  description = "Reads what weightguard audits, and changes nothing."\n'
        f"  permissions = [\n{lines}\n  ]\n}}\n"
    )
