"""Service perimeters and access levels of an evaluation case, as Access Context Manager's API writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.policy import reading
from weightguard.policy.case import CaseProblem
from weightguard.policy.gcp.names import relative
from weightguard.policy.gcp.perimeter import Perimeter, Perimeters

_BRIDGE: Final = "PERIMETER_TYPE_BRIDGE"
_NOT_LOOKED_AT: Final = "vpcAccessibleServices"


def perimeters_of(perimeters: object, levels: object) -> Perimeters:
    """The perimeters that are enforced: what is only tried (``spec``) refuses nothing.

    Raises:
        InputError: a part is not what it should be.
    """
    found = tuple(map(_perimeter, reading.rows(perimeters, "service_perimeters")))
    named = {
        reading.text(one, "name", "an access level"): one for one in reading.rows(levels, "access_levels")
    }
    return Perimeters(found, named)


def _perimeter(raw: Mapping[str, Any]) -> Perimeter:
    name = reading.text(raw, "name", "a service perimeter")
    status = reading.mapping(raw.get("status"), f"status of {name}")
    resources, services, levels = (
        reading.texts(status.get(part), f"{part} of {name}")
        for part in ("resources", "restrictedServices", "accessLevels")
    )
    ingress, egress = (
        tuple(reading.rows(status.get(part), f"{part} of {name}"))
        for part in ("ingressPolicies", "egressPolicies")
    )
    is_bridge = raw.get("perimeterType") == _BRIDGE
    held = frozenset(map(relative, resources))
    return Perimeter(name, held, frozenset(services), levels, ingress, egress, is_bridge)


def unheard_perimeters(perimeters: object) -> Iterator[CaseProblem]:
    """What of perimeters nothing here looks at."""
    for one in perimeters if isinstance(perimeters, list) else ():
        status = one.get("status")
        services = status.get(_NOT_LOOKED_AT) if isinstance(status, Mapping) else None
        if isinstance(services, Mapping) and services.get("enableRestriction"):
            message = "which services its networks reach was not looked at"
            yield CaseProblem("service_perimeters", str(one.get("name")), _NOT_LOOKED_AT, message, False)
