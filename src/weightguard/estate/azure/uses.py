"""When people last signed in, and what applications and identities are tagged with.

A sign-in that came to nothing counts only where no successful one is told. Users themselves carry no tags.

Sources: Microsoft Graph v1.0 reference, `signInActivity` (told with a premium licence alone) and `servicePrincipal` (tags are words
of one's own); Azure Resource Manager documentation, "Use tags to organize your Azure resources".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.estate.azure.tenant import Tenant, plain
from weightguard.estate.evidence import Record, data_of, listing_source
from weightguard.estate.fact import Fact, Known, Reason, Unknown

ACTIVITY: Final = "users/signInActivity"
_SUCCESS: Final = "lastSuccessfulSignInDateTime"
_TRIED: Final = ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")
_IDENTITIES: Final = "managedidentity.userassignedidentities"


def activities(tenant: Tenant) -> dict[str, Record]:
    """Id of a user, in lower case -> what was told of his sign-ins, where that was asked by itself."""
    return {one.id.lower(): one for one in tenant.of(f"graph.{ACTIVITY}")}


def last_used(tenant: Tenant, user: Record, told: Mapping[str, Record]) -> Fact[str | None]:
    """When a user last signed in; None: never."""
    by_itself = told.get(user.id.lower())
    for record in (user, by_itself) if by_itself is not None else (user,):
        activity = data_of(record).get("signInActivity")
        if isinstance(activity, dict):
            return Known(_latest(activity), listing_source(record))
    gap = tenant.gap(f"graph.{ACTIVITY}")
    if gap is None and by_itself is not None:
        return Known(None, listing_source(by_itself))
    return gap or Unknown(Reason.NOT_COLLECTED, tenant.source("graph", ACTIVITY))


def _latest(activity: Mapping[str, Any]) -> str | None:
    success = activity.get(_SUCCESS)
    if isinstance(success, str) and success:
        return success
    tried = [one for name in _TRIED if isinstance(one := activity.get(name), str) and one]
    return max(tried, default=None)


def identities(tenant: Tenant) -> dict[str, Record]:
    """The identities that are resources of their own, by plain id."""
    return {plain(one.id): one for one in tenant.of(_IDENTITIES)}


def tags_of_service(record: Record, known: Mapping[str, Record]) -> Fact[Mapping[str, str]]:
    """The tags of a service principal, which are words (``name=value``), with those of the resource that it is.

    Args:
        known: identities by plain id.
    """
    words = data_of(record).get("tags")
    found = dict(_pair(one) for one in words or () if isinstance(one, str)) if isinstance(words, list) else {}
    names = [plain(str(one)) for one in data_of(record).get("alternativeNames") or ()]
    own = next((known[one] for one in names if one in known), None)
    return Known({**found, **(_tags(own) if own is not None else {})}, listing_source(record))


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def tags_of_resource(record: Record) -> Fact[Mapping[str, str]]:
    """The tags of a resource that is an identity, or has one."""
    return Known(_tags(record), listing_source(record))


def _tags(record: Record) -> dict[str, str]:
    found = data_of(record).get("tags")
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
