"""What lies on a container: policies that deny and that bound; of a container above what was asked for, all that it hands down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from weightguard.collect.calls.answer import Answer
from weightguard.collect.gcp.fields import camel, fields_of
from weightguard.collect.gcp.inventory import CONTAINERS
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import accesscontextmanager, iam, orgpolicy, resourcemanager

_RM: Final = "cloudresourcemanager.googleapis.com"
_ORG_POLICY: Final = "orgpolicy.googleapis.com/Policy"


def read_forbidding(place: Place) -> None:
    """The deny policies that are attached to a container, and to whom boundaries are bound there."""
    complete = all([_read_denials(place), _read_bindings(place)])
    if place.collection == "organizations":
        complete = _read_boundaries(place) and complete
    if complete:
        place.contents("iam", iam.LIST_DENY_POLICIES, ["POLICY"])


def _read_denials(place: Place) -> bool:
    """A listing tells the names of deny policies, and not what they deny."""
    attached = quote(f"{_RM}/{place.container}", safe="")
    listed = place.caller.ask(iam.LIST_DENY_POLICIES, parent=f"policies/{attached}/denypolicies")
    complete = listed.ok
    for entry in listed.data.get("policies", ()):
        name = entry["name"]
        answer = place.caller.ask(iam.GET_DENY_POLICY, about=name, name=name)
        if answer.ok:
            place.record("iam.deny_policy", name, iam.GET_DENY_POLICY, camel(dict(answer.data)))
        complete = complete and (answer.ok or answer.gone)
    return complete


def _read_bindings(place: Place) -> bool:
    return _read_all(place, iam.LIST_BINDINGS[place.collection], "iam.policy_binding")


def _read_boundaries(place: Place) -> bool:
    return _read_all(place, iam.LIST_BOUNDARIES, "iam.principal_access_boundary_policy")


def _read_all(place: Place, method: Method, kind: str, parent: str | None = None) -> bool:
    """Whether a listing could be read to its end; each entry is a record."""
    answer = place.caller.ask(method, parent=parent or f"{place.container}/locations/global")
    for entry in answer.data.get(method.operation.entries[0], ()):
        place.record(kind, entry["name"], method, camel(entry))
    return answer.ok


def read_above(place: Place, around: str | None) -> Iterator[str]:
    """A container that what was asked for lies in: what it is, whom it lets in, what it demands.

    Args:
        around: the container that it lies in, as far as that is known.

    Yields:
        the container that it lies in, by its own word.
    """
    name = place.container
    described = place.caller.ask(resourcemanager.GET[place.collection], about=name, name=name)
    policy = _policy(place)
    parent = described.data.get("parent")
    if isinstance(parent, str) and parent.partition("/")[0] in CONTAINERS:
        around = parent
    demanded = read_constraints(place)
    asset_type = CONTAINERS[place.collection]
    place.record(
        f"cloudresourcemanager.{resourcemanager.TYPES[place.collection].lower()}", f"//{_RM}/{name}",
        resourcemanager.GET[place.collection],
        fields_of(asset_type, resourcemanager.described(described.data)) if described.ok else None,
        {"GetIamPolicy": policy, "ListOrgPolicies": demanded, "GetAncestry": _ancestry(name, around)},
    )  # fmt: skip
    told = [word for word, answer in (("IAM_POLICY", policy), ("ORG_POLICY", demanded)) if answer.ok]
    if place.collection == "organizations" and read_perimeters(place):
        told.append("ACCESS_POLICY")
    place.contents("cloudresourcemanager", resourcemanager.GET[place.collection], told)
    if around is not None:
        yield around


def _policy(place: Place) -> Answer:
    method = resourcemanager.GET_POLICY[place.collection]
    return place.caller.ask(method, about=place.container, resource=place.container)


def _ancestry(name: str, around: str | None) -> Mapping[str, Any]:
    return {"outcome": "ok", "data": [name, *([around] if around else [])]}


def read_constraints(place: Place) -> Answer:
    """The organisation policies on a container, each a record; the answer tells that all were told."""
    answer = place.caller.ask(orgpolicy.LIST[place.collection], parent=place.container)
    for entry in answer.data.get("policies", ()):
        id = f"//orgpolicy.googleapis.com/{entry['name']}"
        place.record("orgpolicy.policy", id, orgpolicy.LIST[place.collection], fields_of(_ORG_POLICY, entry))
    return Answer("absent") if answer.ok else answer


def read_perimeters(place: Place) -> bool:
    """The perimeters and access levels of an organisation; whether all could be read."""
    method = accesscontextmanager.LIST_POLICIES
    answer = place.caller.ask(method, parent=place.container)
    complete = answer.ok
    for entry in answer.data.get(method.operation.entries[0], ()):
        name = entry["name"]
        place.record("accesscontextmanager.access_policy", name, method, camel(entry))
        for listing, kind in (
            (accesscontextmanager.LIST_PERIMETERS, "service_perimeter"),
            (accesscontextmanager.LIST_LEVELS, "access_level"),
        ):
            complete = _read_all(place, listing, f"accesscontextmanager.{kind}", name) and complete
    return complete
