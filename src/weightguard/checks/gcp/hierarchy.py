"""What a project lies in, and what it takes to say that something is nowhere above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weightguard.controls.judge import Context
from weightguard.estate.fact import Reason, Source, Unknown
from weightguard.estate.gcp.constraints import TOLD
from weightguard.estate.model import Account, Container, ContainerKind, Resource


def above(project: str, context: Context) -> list[Container]:
    """A project and what it lies in, innermost first."""
    by_id: Mapping[str, Container] = context.once(
        "gcp containers", lambda: {one.id: one for one in context.estate.containers if one.provider == "gcp"}
    )
    found: list[Container] = []
    name: str | None = f"projects/{project}"
    while name is not None and name in by_id and by_id[name] not in found:
        found.append(by_id[name])
        name = by_id[name].parent
    return found


def described(project: str, context: Context) -> None:
    """Stops a check to which it matters what lies in the containers above a project, unless all of them were exported.

    Raises:
        UnknownFact: one was not, or nobody knows in which organisation the project lies.
    """
    found = above(project, context)
    context.require(_missing(one.id) for one in found if TOLD not in one.attributes)
    if not found or found[-1].kind is not ContainerKind.ORGANISATION:
        context.require([_missing(f"projects/{project}")])


def _missing(container: str) -> Unknown:
    return Unknown(
        Reason.NOT_COLLECTED, Source.named("cloudasset", "ExportAssets", container, provider="gcp")
    )


def covering(account: Account, kind: str, context: Context) -> Iterator[Resource]:
    """The resources of a kind that lie in a project or above it, the nearest first."""
    places = [one.id for one in above(account.id, context)]
    own = {f"projects/{account.id}", f"projects/{_number(account)}"}
    listed = context.glance(context.estate.resources_of(kind), f"estate.{kind}")
    found = context.once(("gcp by container", kind), lambda: _by_container(listed))
    for place in places:
        for name in sorted(own if place == f"projects/{account.id}" else {place}):
            yield from found.get(name, ())


def _by_container(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for one in resources:
        found.setdefault(container_of(one), []).append(one)
    return found


def container_of(resource: Resource) -> str:
    """The container that a resource's full name begins with: ``organizations/1``."""
    return "/".join(resource.id.removeprefix("//").split("/")[1:3])


def _number(account: Account) -> str:
    told = account.settings.get("number")
    return "" if told is None or isinstance(told, Unknown) else str(told.value)
