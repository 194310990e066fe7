"""LOG: whether Data Access audit logs are written, for whom not, and whether a sink of the project keeps them.

Audit configurations add up: of everything that a project lies in, and of all services and the one in question. Nothing further in
takes away what is switched on further out, and whoever is spared by one configuration is spared.

Sources: IAM REST reference, `AuditConfig`; Cloud Logging documentation, "Enable Data Access audit logs", "Route log entries" (the
sinks that every project is born with) and "Logging query language" (LOG_ID); Cloud KMS documentation, "Audit logging".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.checks.gcp import hierarchy
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.gcp.sinks import KIND
from weightguard.estate.model import Container, Key, Resource, Store

_READING: Final = "DATA_READ"
_EVERY_SERVICE: Final = "allServices"
SINK: Final = KIND
_LEFT_OUT: Final = re.compile(r'\s*NOT\s+LOG_ID\(\s*"([^"]+)"\s*\)\s*')
_REQUIRED: Final = "_Required"
"""The sink that takes the audit logs that cannot be switched off, and no others; nobody can change it."""
_DATA_ACCESS: Final = "cloudaudit.googleapis.com/data_access"


def reads_logged(store: Store, context: Context) -> Verdict:
    """Reads of the store's objects are logged, whoever reads, and the log goes somewhere."""
    found = _not_logged("storage.googleapis.com", store.account, context)
    return found or Verdict.passed("every read of these weights is logged, and a sink keeps the log")


def key_use_logged(key: Key, context: Context) -> Verdict:
    """Uses of the key are logged, whoever uses it; changes of who may use it always are."""
    found = _not_logged("cloudkms.googleapis.com", key.account, context)
    return found or Verdict.passed("every use of the key is logged, and a sink keeps the log")


def _not_logged(service: str, project: str, context: Context) -> Verdict | None:
    """What of the reading of a service's data in a project leaves no trace; None: nothing.

    Raises:
        UnknownFact: policies, or sinks, that would tell are not known.
    """
    outer = above(f"projects/{project}", context)
    found = [config for one in outer for config in configs(one, service)]
    spared = {name for config in found for name in config.get("exemptedMembers") or ()}
    if found and spared:
        return Verdict.failed("what {spared} read is not logged", spared=refs(sorted(spared)))
    context.require(gap for one in outer if (gap := untold(one)) is not None)
    if not found:
        return Verdict.failed(
            "Data Access audit logs of {service} are not switched on: a theft leaves no trace",
            service=service,
        )
    return (
        None
        if _is_kept(project, outer, context)
        else Verdict.failed("no sink of the project takes Data Access audit logs")
    )


def above(container: str, context: Context) -> list[Container]:
    """A container and those that it lies in, innermost first.

    Raises:
        UnknownFact: the container itself is in no source.
    """
    found = hierarchy.above(container.removeprefix("projects/"), context)
    if not found:
        context.require([_missing(container)])
    for one in found:
        context.peek(one.policies, "container.policies")
    return found


def _missing(container: str) -> Unknown:
    told = Source.named("cloudresourcemanager", "GetIamPolicy", container, provider="gcp")
    return Unknown(Reason.NOT_COLLECTED, told)


def _documents(container: Container) -> list[Mapping[str, Any]]:
    held = container.policies.value if isinstance(container.policies, Known) else ()
    return [one.document for one in held if isinstance(one.document, Mapping)]


def configs(container: Container, service: str) -> Iterator[Mapping[str, Any]]:
    """What a container's policy says of the reading of a service's data."""
    for document in _documents(container):
        for config in document.get("auditConfigs") or ():
            if config.get("service") in (service, _EVERY_SERVICE):
                yield from (
                    one for one in config.get("auditLogConfigs") or () if one.get("logType") == _READING
                )


def untold(container: Container) -> Unknown | None:
    """Why a container's audit configuration is not known: a search returns the bindings of a policy alone, without its etag."""
    if isinstance(container.policies, Unknown):
        return container.policies
    whole = any("etag" in one for one in _documents(container))
    return None if whole else _missing(container.id)


def _is_kept(project: str, outer: list[Container], context: Context) -> bool:
    """Whether some sink takes the logs.

    Raises:
        UnknownFact: a sink may, by a filter that is not read here; or no sink is told, though every project is born with two.
    """
    places = {one.id for one in outer}
    own = f"projects/{project}"
    sinks = [
        one
        for one in context.glance(context.estate.resources_of(SINK))
        if (at := place(one)) == own or (at in places and _value(one, "includeChildren") is True)
    ]
    if not any(place(one) == own for one in sinks):
        told = Source.named("logging", "ListSinks", own, provider="gcp", scope=project)
        context.require([Unknown(Reason.NOT_COLLECTED, told)])
    answers = [takes(one) for one in sinks if _value(one, "disabled") is not True]
    if True in answers:
        return True
    if None in answers:
        told = Source.named("logging", "GetSink", f"the filters of the sinks of {own}", provider="gcp")
        context.require([Unknown(Reason.NOT_READ, told)])
    return False


def place(sink: Resource) -> str:
    """The container that a sink is of."""
    kind, _, rest = sink.id.removeprefix("//logging.googleapis.com/").partition("/")
    return f"projects/{sink.account}" if kind == "projects" else f"{kind}/{rest.partition('/')[0]}"


def aim(sink: Resource) -> str:
    """Where a sink writes."""
    return str(_value(sink, "destination") or "")


def reaches_inside(sink: Resource) -> bool:
    """Whether a sink is on and takes the logs of what lies inside its container."""
    return _value(sink, "includeChildren") is True and _value(sink, "disabled") is not True


def _value(sink: Resource, name: str) -> Any:
    fact = sink.attributes.get(name)
    return fact.value if isinstance(fact, Known) else None


def takes(sink: Resource) -> bool | None:
    """Whether a sink takes Data Access audit logs; None: its filter or its exclusions say something that is not read here."""
    if sink.name == _REQUIRED:
        return False
    if isinstance(sink.attributes.get("filter"), Unknown):
        return None
    if any(one.get("disabled") is not True for one in _value(sink, "exclusions") or ()):
        return None
    text = (_value(sink, "filter") or "").strip()
    if not text:
        return True
    parts = [_LEFT_OUT.fullmatch(part) for part in text.split(" AND ")]
    if None in parts:
        return None
    return _DATA_ACCESS not in {part[1] for part in parts if part is not None}
