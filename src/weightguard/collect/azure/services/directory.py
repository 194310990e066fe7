"""Entra through Microsoft Graph: who there is, who is in which group, who owns and vouches for what, who has which role.

Relations are read with the objects they are of, a page of objects at a time; an expansion gives twenty directory objects at most,
so a longer relation is then read by itself. What is held meanwhile are the ids of owners: everything else goes to the snapshot page
by page.

Sources: Microsoft Graph v1.0 reference, the listing of each collection with its least privileged permission; "Use query parameters
to customize responses" (``$expand``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.collect.azure.caller import Caller, Place
from weightguard.collect.azure.kinds import Row
from weightguard.collect.azure.route import Route
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.keeping import kept
from weightguard.collect.calls.operation import Operation
from weightguard.collect.exports.azure.found import DIRECTORY, GRAPH, RELATED

_LARGEST: Final = ("$top", "999")
_EXPANDED: Final = 20
"""Entries that an expansion gives at most."""
_NO_LICENCE: Final = frozenset({"AadPremiumLicenseRequired", "MissingLicense", "NoLicense"})
_USER_FIELDS: Final = (
    "id,displayName,userPrincipalName,mail,userType,accountEnabled,onPremisesSyncEnabled,externalUserState,department,jobTitle,"
    "creationType,createdDateTime,companyName,country,employeeType,usageLocation"
)  # fmt: skip


def _route(
    name: str, permission: str, hides: str, *query: tuple[str, str], path: str | None = None, absent: frozenset[str] = frozenset(),
    keeps: tuple[str, ...] | None = None,
) -> Route:  # fmt: skip
    operation = Operation(
        GRAPH, name, (permission,), hides, absent=absent, required=("value",), entries=("value",), identity=("id",), paged=True,
        keeps=DIRECTORY.get(name, RELATED) if keeps is None else keeps,
    )  # fmt: skip
    return Route(operation, "graph", f"/v1.0/{path or name}", query)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of the objects of a collection.

    Attributes:
        name: as Graph calls it. expanded: reads it with the objects; ``alone``: of one object, all of it.
    """

    name: str
    expanded: Route
    alone: Route


@dataclass(frozen=True, slots=True)
class Members:
    """A collection of the directory.

    Attributes:
        held: relations that are read before the objects, and whose ids are held until then.
        along: the one that is read with the objects.
    """

    listing: Route
    held: tuple[Relation, ...] = ()
    along: Relation | None = None

    @property
    def name(self) -> str:
        """Its path."""
        return self.listing.operation.name


def _relation(collection: str, name: str, permission: str, hides: str, *, whole: bool = False) -> Relation:
    """A relation.

    Args:
        whole: whether the expanding listing gives the objects themselves too, and not their ids alone.
    """
    query = (_LARGEST, ("$expand", name)) if whole else (_LARGEST, ("$select", "id"), ("$expand", name))
    # What is read along keeps the fields of the collection.
    expanded = _route(f"{collection}/{name}", permission, hides, *query, path=collection)
    alone = _route(
        f"{collection}/{name}/all", permission, hides, _LARGEST, path=f"{collection}/{{id}}/{name}"
    )
    return Relation(name, expanded, alone)


COLLECTIONS: Final = (
    Members(_route("organization", "Organization.Read.All", "which tenant this is")),
    Members(_route("users", "User.Read.All", "people and guests who reach weights", _LARGEST, ("$select", _USER_FIELDS))),
    Members(
        _route("groups", "GroupMember.Read.All", "groups that reach weights", _LARGEST),
        (_relation("groups", "owners", "GroupMember.Read.All", "who may put people into groups that reach weights"),),
        _relation("groups", "members", "GroupMember.Read.All", "who is in groups that reach weights", whole=True),
    ),
    Members(
        _route("servicePrincipals", "Application.Read.All", "applications that reach weights", _LARGEST),
        (_relation("servicePrincipals", "owners", "Application.Read.All", "who may sign in as applications that reach weights"),),
        _relation("servicePrincipals", "appRoleAssignments", "Application.Read.All",
                  "permissions of applications over the directory", whole=True),
    ),
    Members(
        _route("applications", "Application.Read.All", "registrations of applications that reach weights", _LARGEST),
        (_relation("applications", "owners", "Application.Read.All", "who may add credentials to such applications"),),
        _relation("applications", "federatedIdentityCredentials", "Application.Read.All",
                  "outside issuers that vouch for applications that reach weights", whole=True),
    ),
    Members(
        _route("directory/administrativeUnits", "AdministrativeUnit.Read.All", "whom roles of a part of the directory reach"),
        along=_relation("directory/administrativeUnits", "members", "AdministrativeUnit.Read.All",
                        "whom roles of a part of the directory reach", whole=True),
    ),
    Members(_route("roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory", "who administers the directory")),
    Members(_route("roleManagement/directory/roleDefinitions", "RoleManagement.Read.Directory", "what its roles allow")),
    Members(_route("roleManagement/directory/roleEligibilityScheduleInstances", "RoleEligibilitySchedule.Read.Directory",
                   "who may activate a role of the directory", absent=_NO_LICENCE)),
    Members(_route("identity/conditionalAccess/policies", "Policy.Read.All", "what is asked of whoever signs in")),
)  # fmt: skip
"""Collections that are read whole. With a relation along, the listing itself is not made: the relation's gives the objects too."""

AUTHORIZATION: Final = Route(
    Operation(GRAPH, "policies/authorizationPolicy", ("Policy.Read.All",), "what every user and guest may do in the directory",
              required=("id",), keeps=DIRECTORY["policies/authorizationPolicy"]),
    "graph", "/v1.0/policies/authorizationPolicy",
)  # fmt: skip
ELIGIBLE: Final = _route(
    "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances", "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "who may activate being in a group that reaches weights", ("$filter", "groupId eq '{id}'"), absent=_NO_LICENCE,
)  # fmt: skip
"""Told of one group at a time alone."""
_ACTIVITY: Final = "users/signInActivity"
_UNLICENSED: Final = _NO_LICENCE | {"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}
SIGN_INS: Final = Route(
    Operation(GRAPH, _ACTIVITY, ("AuditLog.Read.All",), "when people who reach weights last signed in", absent=_UNLICENSED,
              required=("id",), keeps=DIRECTORY[_ACTIVITY]),
    "graph", "/v1.0/users/{id}", (("$select", "id,signInActivity"),),
)  # fmt: skip
EVERYBODY: Final = _route(
    f"{_ACTIVITY}/all", "AuditLog.Read.All", "when people who reach weights last signed in", ("$select", "id,signInActivity"),
    ("$top", "500"), path="users", absent=_UNLICENSED, keeps=DIRECTORY[_ACTIVITY],
)  # fmt: skip
MOST_ALONE: Final = 500
"""Of more people than these the whole directory is asked, a page of as many at a time."""


def _routes() -> Iterator[Route]:
    for one in COLLECTIONS:
        yield one.listing
        for relation in (*one.held, *((one.along,) if one.along else ())):
            yield relation.expanded
            yield relation.alone
    yield AUTHORIZATION
    yield ELIGIBLE
    yield SIGN_INS
    yield EVERYBODY


ROUTES: Final = tuple(_routes())
OPERATIONS: Final = tuple(route.operation for route in ROUTES)


@dataclass(slots=True)
class _Read:
    """What stands in a relation of one object, and whether more may."""

    value: list[dict[str, Any]] = field(default_factory=list)
    truncated: bool = False

    def as_read(self) -> dict[str, Any]:
        return {"outcome": "ok", "data": {"value": self.value, "truncated": self.truncated}}


def rows(caller: Caller, of: Members) -> Iterator[Row]:
    """The objects of a collection with their relations."""
    held = {relation.name: _held(caller, of, relation) for relation in of.held}
    listing = of.listing if of.along is None else of.along.expanded
    last = Answer("ok")
    for last in caller.pages(listing):
        for one in last.data.get("value") or ():
            reads = {name: found[one["id"]].as_read() for name, found in held.items() if one["id"] in found}
            if of.along is not None:
                reads[of.along.name] = _along(caller, of.along, one).as_read()
            yield _row(of.name, one, reads)
    if of.along is not None:
        yield from _after(caller, of, of.along, last, held)


def _after(
    caller: Caller, of: Members, along: Relation, last: Answer, held: Mapping[str, Mapping[str, _Read]]
) -> Iterator[Row]:
    """What is said of the collection itself by the listing that expands: where that is refused, the objects are listed without."""
    if last.ok:
        caller.note(of.listing.operation, last)
        return
    for answer in caller.pages(of.listing):
        for one in answer.data.get("value") or ():
            yield _row(
                of.name,
                one,
                {name: found[one["id"]].as_read() for name, found in held.items() if one["id"] in found},
            )


def _held(caller: Caller, of: Members, relation: Relation) -> dict[str, _Read]:
    """Object -> what stands in a relation of it, of every object that was told of."""
    found: dict[str, _Read] = {}
    for answer in caller.pages(relation.expanded):
        for one in answer.data.get("value") or ():
            found[str(one["id"])] = _along(caller, relation, one)
    return found


def _along(caller: Caller, relation: Relation, one: Mapping[str, Any]) -> _Read:
    """What an object's expansion holds; where that may be cut, the relation read by itself."""
    listed = one.get(relation.name)
    if not isinstance(listed, list):
        return _Read(truncated=True)
    more = f"{relation.name}@odata.nextLink" in one or len(listed) >= _EXPANDED
    if not more:
        return _Read(_entries(listed))
    id = str(one["id"])
    answer = caller.ask(relation.alone, Place({"id": id}, resource=id))
    return _Read(_entries(answer.data.get("value") or listed), truncated=not answer.settled)


def _entries(listed: Iterable[Any]) -> list[dict[str, Any]]:
    found = []
    for one in listed:
        if isinstance(one, Mapping):
            kind = str(one.get("@odata.type", "")).rpartition(".")[2]
            found.append({**kept(one, RELATED), **({"kind": kind} if kind else {})})
    return found


def _row(collection: str, one: Mapping[str, Any], reads: Mapping[str, Any]) -> Row:
    told = {name: value for name, value in one.items() if value is not None}
    return {
        "service": GRAPH,
        "kind": f"{GRAPH}.{collection}",
        "id": str(one["id"]),
        "region": None,
        "operation": collection,
        "data": kept(told, DIRECTORY.get(collection, ("id",))),
        "reads": dict(sorted(reads.items())),
    }


def authorization(caller: Caller) -> Iterator[Row]:
    """What everybody may do in the directory."""
    answer = caller.ask(AUTHORIZATION)
    if answer.ok:
        yield _row(AUTHORIZATION.operation.name, answer.data, {})


def eligible(caller: Caller, groups: Iterable[str]) -> Iterator[Row]:
    """Who may activate being in one of some groups."""
    asked = False
    for group in groups:
        asked = True
        answer = caller.ask(ELIGIBLE, Place({"id": group}, resource=group))
        for one in answer.data.get("value") or ():
            yield _row(ELIGIBLE.operation.name, one, {})
        if answer.outcome == "absent":
            return
    if not asked:
        caller.note(ELIGIBLE.operation, Answer("ok"))


def sign_ins(caller: Caller, people: Sequence[str]) -> Iterator[Row]:
    """When some people last signed in."""
    if len(people) > MOST_ALONE:
        wanted = frozenset(people)
        last = Answer("ok")
        for last in caller.pages(EVERYBODY):
            for one in last.data.get("value") or ():
                if str(one["id"]).lower() in wanted:
                    yield _row(_ACTIVITY, one, {})
        caller.note(SIGN_INS.operation, last)
        return
    for id in people:
        answer = caller.ask(SIGN_INS, Place({"id": id}, resource=id))
        if answer.ok:
            yield _row(_ACTIVITY, answer.data, {})
        if answer.outcome == "absent":
            return
    if not people:
        caller.note(SIGN_INS.operation, Answer("ok"))
