"""Google Cloud's things by the provider's own kinds and fields, and what it takes to say that there are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from weightguard.checks.gcp.hierarchy import above
from weightguard.checks.relations import lies_at
from weightguard.controls.judge import Context
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import Account, Resource, Workload

T = TypeVar("T")
_RESOURCES, _STATE = "RESOURCE", "PARTIAL_POLICY"
Listing = tuple[str, str]
"""The service and the operation that lists things of a kind: what a gap is blamed on."""
_INVENTORY: Final = ("cloudasset", "ExportAssets")


def in_project(account: Account, kind: str, context: Context) -> tuple[Resource, ...]:
    """The other resources of one kind in a project, for a verdict that one of them decides."""
    collection = context.glance(context.estate.resources_of(kind), f"estate.{kind}")
    found = context.once(("gcp by project", kind), lambda: grouped(collection, lambda one: one.account))
    return tuple(one for one in found.get(account.id, ()) if one.provider == "gcp")


def grouped(things: Iterable[T], by: Callable[[T], str]) -> dict[str, list[T]]:
    """Things by what each says."""
    found: dict[str, list[T]] = {}
    for one in things:
        found.setdefault(by(one), []).append(one)
    return found


def all_in(
    account: Account, kind: str, context: Context, listing: Listing = _INVENTORY
) -> tuple[Resource, ...]:
    """The same, for a check to which it matters that there are no others.

    Raises:
        UnknownFact: no source described the project's resources, or a state is the only one and tells of none.
    """
    found = in_project(account, kind, context)
    for gap in context.estate.resources_of(kind).gaps:
        if gap.source.at_scope is None or lies_at(gap, account) or (found and gap.reason is Reason.NOT_READ):
            context.require([gap])
    looked_for(account, found, context, listing)
    return found


def looked_for(
    account: Account, found: Iterable[Any], context: Context, listing: Listing = _INVENTORY
) -> None:
    """Where nothing was found it has to have been looked for: a Terraform state tells of what it made, and lists nothing.

    Raises:
        UnknownFact: nobody looked, or was let see all of the project's resources.
    """
    told = account.settings.get("contents")
    contents = told.value if isinstance(told, Known) else ()
    if _RESOURCES not in contents or (_STATE in contents and not any(True for _ in found)):
        context.require([Unknown(Reason.NOT_COLLECTED, Source.asked("gcp", account.id, *listing))])
    places = {account.id, *(one.id.replace("/", "-") for one in above(account.id, context))}
    context.require(
        gap
        for gap in context.estate.workloads.gaps
        if gap.source.service == _INVENTORY[0] and gap.source.at_scope in (*places, None)
    )


def attribute(resource: Resource | Workload, name: str, context: Context) -> Any:
    """A field by the provider's own name; None where the provider states none.

    Raises:
        UnknownFact: the source does not describe the resource.
    """
    found: Fact[Any] | None = resource.attributes.get(name)
    return None if found is None else context.read(found, f"{resource.kind}.{name}")


def enabled(account: Account, service: str, context: Context) -> bool:
    """Whether an API is switched on in a project.

    Raises:
        UnknownFact: no source tells which are: every project is born with some.
    """
    services = in_project(account, "serviceusage.service", context)
    looked_for(account, services, context, ("serviceusage", "ListServices"))
    if not services:
        context.require(
            [Unknown(Reason.NOT_COLLECTED, Source.asked("gcp", account.id, "serviceusage", "ListServices"))]
        )
    named = [one for one in services if one.id.rpartition("/")[2] == service]
    return any(attribute(one, "state", context) in ("ENABLED", None) for one in named)
