"""The text of an ``aws_iam_policy_document`` that is read during apply, from its arguments.

Source: Terraform AWS provider documentation, data source ``aws_iam_policy_document``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from weightguard.collect.terraform.state import blocks

_LISTS = {
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}


def rendered(values: Mapping[str, Any]) -> str | None:
    """The document; None where it is put together from other documents."""
    if values.get("source_policy_documents") or values.get("override_policy_documents"):
        return None
    statements = [_statement(one) for one in blocks(values, "statement")]
    return json.dumps({"Version": values.get("version") or "2012-10-17", "Statement": statements})


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": block.get("effect") or "Allow"}
    if block.get("sid"):
        found["Sid"] = block["sid"]
    found |= {name: block[source] for name, source in _LISTS.items() if block.get(source)}
    for name, source in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        if held := _principals(blocks(block, source)):
            found[name] = held
    conditions: dict[str, dict[str, Any]] = {}
    for one in blocks(block, "condition"):
        conditions.setdefault(str(one.get("test")), {})[str(one.get("variable"))] = one.get("values") or []
    if conditions:
        found["Condition"] = conditions
    return found


def _principals(held: list[Mapping[str, Any]]) -> Any:
    found: dict[str, list[Any]] = {}
    for one in held:
        found.setdefault(str(one.get("type")), []).extend(one.get("identifiers") or ())
    return "*" if found == {"*": ["*"]} else found
