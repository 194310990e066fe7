"""Which services a role's trust policy names.

Source: IAM user guide, "AWS JSON policy elements: Principal", section "AWS service principals".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.estate.fact import Known
from weightguard.estate.model import Principal


def services_trusted(principal: Principal) -> frozenset[str]:
    """The services that may take the role, without their domain (``ecs-tasks``, ``access-grants.s3``); conditions are not asked.

    Empty where the trust policy is not known: what lacks it says so itself.
    """
    trust = principal.trust.value if isinstance(principal.trust, Known) else None
    document = trust.document if trust is not None else None
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    return frozenset(
        name.partition(".amazonaws.com")[0].lower()
        for statement in _listed(statements)
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow"
        for name in _named(statement.get("Principal"))
    )


def _named(element: Any) -> Iterator[str]:
    services = element.get("Service") if isinstance(element, Mapping) else None
    yield from (name for name in _listed(services) if isinstance(name, str))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
