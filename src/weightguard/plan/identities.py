"""Names that providers give when they make a thing, in the place of those that a plan does not know yet.

Most follow from what is known: the ARN of a role from its name. The others are made up from the address, always the same way, so
that everything in the plan that refers to the thing refers to the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any, Final

from weightguard.plan.document import Change
from weightguard.plan.providers import templates
from weightguard.plan.surroundings import Surroundings, digits, identifier, slug

_NAMES: Final = frozenset(
    {"display_name", "family", "group_name", "identifier", "mail_nickname", "name", "user_principal_name"}
)
_NAMES_OF: Final = {
    "account_id": "google_service_account",
    "bucket": "aws_s3_bucket",
    "function_name": "aws_lambda_function",
    "project_id": "google_project",
    "role_id": "google_project_iam_custom_role",
    "secret_id": "google_secret_manager_secret",
    "workload_identity_pool_id": "google_iam_workload_identity_pool",
}


def is_name(type: str, attribute: str) -> bool:
    """Whether resources of a type are told apart by an attribute: where one is not known, the address stands for it."""
    return attribute in _NAMES or _NAMES_OF.get(attribute) == type


GIVEN: Final = frozenset({
    "app_id", "application_id", "arn", "client_id", "email", "id", "key_id", "member", "number", "object_id", "principal_id",
    "resource_id", "resource_manager_id", "role_definition_resource_id", "self_link", "tenant_id", "unique_id", "versionless_id",
})  # fmt: skip
"""Attributes that a provider gives, and by which others refer to the thing."""

Lookup = Callable[[str], str | None]
"""A known attribute as text; None where it is not known."""


class Identities:
    """Names what a plan makes."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings

    def of(self, change: Change, name: str, known: Lookup) -> str | None:
        """What stands for an attribute that names a thing; None for one that does not.

        Args:
            known: the attributes of the same thing, those that stand for unknown ones among them.
        """
        own = templates(change.type).get(name)
        if own is not None:
            return self._filled(own, change, known)
        if is_name(change.type, name):
            return slug(change.address)
        if name in GIVEN:
            return self._general(change, name, known)
        return None

    def nested(self, change: Change, path: tuple[str | int, ...]) -> str | None:
        """What stands for an attribute of a nested block: an identity's own principal."""
        leaf = next((one for one in reversed(path) if isinstance(one, str)), "")
        return (
            identifier(change.address, *map(str, path))
            if leaf in ("principal_id", "client_id", "object_id")
            else None
        )

    def _general(self, change: Change, name: str, known: Lookup) -> str:
        service = change.type.partition("_")[2].partition("_")[0]
        if name == "arn" and change.type.startswith("aws_"):
            around = self._values(change)
            return f"arn:{around['partition']}:{service}:{around['region']}:{around['account']}:{slug(change.address)}"
        if name.endswith(("principal_id", "object_id", "client_id", "app_id")):
            return identifier(change.address, name)
        if name == "id":
            return known("name") or slug(change.address)
        return slug(change.address)

    def _values(self, change: Change) -> Mapping[str, str]:
        key, around = self._around.key(change), self._around
        return {
            "account": around.account(key), "partition": around.partition(), "region": around.region(key),
            "default_project": around.project(key), "subscription": around.subscription(key), "tenant": around.tenant(),
            "slug": slug(change.address), "uuid": identifier(change.address), "uuid2": identifier(change.address, "second"),
            "digits": digits(change.address), "hex": identifier(change.address).replace("-", "")[:17],
            "code": identifier(change.address).replace("-", "")[:17].upper(),
        }  # fmt: skip

    def _filled(self, template: str, change: Change, known: Lookup) -> str | None:
        """A template with its fields: attributes of the thing, or what surrounds it. ``a|b`` takes the first that is known."""
        given = self._values(change)
        parts: list[str] = []
        for text, field, how, _ in Formatter().parse(template):
            parts.append(text)
            if field is None:
                continue
            found = _first(field, given, known)
            if found is None:
                return None
            parts.append(_shaped(found, how or ""))
        return "".join(parts)


def _first(field: str, given: Mapping[str, str], known: Lookup) -> str | None:
    for name in field.split("|"):
        found = known(name) if name not in given else given[name]
        if found is None and name == "path":
            found = "/"
        if found:
            return found
    return None


def _shaped(value: str, how: str) -> str:
    """A value as a template asks for it: ``tail`` what follows the last slash, ``host`` without a scheme, ``path`` with slashes."""
    if how == "tail":
        return value.rstrip("/").rpartition("/")[2]
    if how == "host":
        return value.partition("://")[2] or value
    if how == "lower":
        return value.lower()
    return value


def leaf_of(path: tuple[Any, ...]) -> str:
    """The name of an attribute at a path, without indexes."""
    return next((one for one in reversed(path) if isinstance(one, str)), "")
