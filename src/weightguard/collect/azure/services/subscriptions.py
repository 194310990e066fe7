"""Which subscriptions there are: those that the caller sees, and those below a management group.

Sources: Azure Resource Manager REST reference, "Subscriptions - List"; Management Groups REST reference, "Descendants";
Subscription REST reference, "Subscription Policy - Get Policy For Tenant".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.kinds import Row, resource_row
from weightguard.collect.azure.options import AzureOptions
from weightguard.collect.azure.route import listing, single
from weightguard.collect.azure.services import tables
from weightguard.collect.calls.answer import Answer
from weightguard.errors import CredentialsError, InputError

_SUBSCRIPTIONS: Final = listing(
    "Microsoft.Resources/subscriptions", "/subscriptions", "2022-12-01", "subscriptions that hold weights",
)  # fmt: skip
LIST: Final = replace(
    _SUBSCRIPTIONS,
    operation=replace(_SUBSCRIPTIONS.operation, name="ListSubscriptions", identity=("subscriptionId",)),
)
BELOW: Final = listing(
    "Microsoft.Management/managementGroups/descendants", "/providers/Microsoft.Management/managementGroups/{group}/descendants",
    "2020-05-01", "subscriptions below the management group that nobody looked into",
)  # fmt: skip
POLICY: Final = single(
    "Microsoft.Subscription/policies", "/providers/Microsoft.Subscription/policies/default", "2021-10-01",
    "whether subscriptions with weights can be taken out of the tenant", permission="Microsoft.Subscription/Policies/default/read",
    absent=("NotFound", "PolicyNotFound", "TenantPolicyNotFound"),
)  # fmt: skip
ROUTES: Final = (LIST, BELOW, POLICY)
OPERATIONS: Final = tuple(route.operation for route in ROUTES)
_UNSEEN: Final = Answer("denied", code="NotVisible", message="the credentials do not see this subscription")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to read.

    Attributes:
        seen: subscriptions to read, by id in lower case. unseen: those that lie in the scope and are not visible to the caller.
        tenants: the tenants that the subscriptions say they trust.
    """

    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    tenants: tuple[str, ...]


def wanted(caller: Caller, options: AzureOptions) -> Wanted:
    """The subscriptions that the options ask for.

    Raises:
        CredentialsError: the management interface does not answer, or takes no token.
        InputError: a subscription or a management group that does not exist or is not to be seen, or none at all.
    """
    answer = caller.ask(LIST)
    if not answer.ok:
        raise _no_way(answer)
    rows = {str(one["subscriptionId"]).lower(): one for one in answer.data.get("value") or ()}
    asked = _asked(caller, options, rows)
    seen = tuple(sorted(one for one in asked if one in rows))
    if not seen:
        raise InputError(
            "the credentials see no subscription" + (" of those asked for" if asked else ""),
            where=_told(options),
            fix="grant the role that `weightguard permissions azure` prints, or sign in to another --tenant",
        )
    tenants = dict.fromkeys(str(rows[one].get("tenantId") or "").lower() for one in seen)
    return Wanted(seen, tuple(sorted(asked - rows.keys())), tuple(one for one in tenants if one))


def _asked(caller: Caller, options: AzureOptions, rows: Mapping[str, Any]) -> set[str]:
    if options.management_group is not None:
        return _below(caller, options.management_group)
    for one in options.subscriptions:
        if one.lower() not in rows:
            close = get_close_matches(one.lower(), rows, n=1)
            fix = f"did you mean {close[0]}?" if close else "`az account list` shows those of the identity"
            raise InputError(f"the credentials see no subscription {one}", where=_told(options), fix=fix)
    return {one.lower() for one in options.subscriptions} or set(rows)


def _below(caller: Caller, group: str) -> set[str]:
    place = Place({"group": group}, resource=f"/providers/Microsoft.Management/managementGroups/{group}")
    answer = caller.ask(BELOW, place)
    if not answer.ok:
        why = answer.code or answer.outcome
        raise InputError(
            f"the management group {group!r} cannot be read", where=f"{BELOW.operation.id} {why}",
            fix="check its id, and grant Microsoft.Management/managementGroups/read there (Management Group Reader)",
        )  # fmt: skip
    return {
        str(one.get("name") or "").lower()
        for one in answer.data.get("value") or ()
        if str(one.get("type") or "").lower().endswith("/subscriptions")
    }


def _no_way(answer: Answer) -> CredentialsError:
    where = f"{LIST.operation.id}: {answer.code} {answer.message or ''}".strip()
    if answer.outcome == "denied":
        return CredentialsError(
            "Azure does not accept the credentials", where=where, fix="check --tenant and --cloud"
        )
    return CredentialsError(
        "Azure does not answer", where=where, fix="check the network, --endpoint and --ca-bundle"
    )


def _told(options: AzureOptions) -> str | None:
    return f"tenant {options.tenant}" if options.tenant else None


def note_unseen(caller: Caller) -> None:
    """Write down that nothing of a subscription can be seen, in its own scope."""
    for route in (LIST, *tables.QUERIES.values()):
        caller.note(route.operation, _UNSEEN, caller.scope)


def of_tenant(caller: Caller) -> Iterator[Row]:
    """What the tenant says of subscriptions that come and go."""
    answer = caller.ask(POLICY)
    if answer.ok:
        yield resource_row("Microsoft.Subscription/policies", answer.data)
