"""Service perimeters: what they refuse, whatever IAM allows.

A perimeter refuses requests for its services in its projects that come from outside, unless an access level or an ingress rule lets
them in; and requests that go out of it, unless an egress rule lets them. Where a request comes from is told by ``origin.ip``,
``origin.resource`` (its project or network), ``request.auth.access_levels`` (the levels that it meets) and ``api.operation``; while
nobody tells, a decision hangs on that.

Sources: VPC Service Controls documentation, "Ingress and egress rules", "Service perimeter details and configuration"; Access
Context Manager documentation, "Access level attributes"; REST reference, `accessPolicies.servicePerimeters`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from weightguard.policy.decision import Reason
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation
from weightguard.policy.gcp import values
from weightguard.policy.gcp.members import Members
from weightguard.policy.gcp.names import relative
from weightguard.policy.gcp.perimeter import OPERATOR, Perimeter, Perimeters, Rule
from weightguard.policy.gcp.values import Invalid

ADDRESS: Final = "origin.ip"
ORIGIN: Final = "origin.resource"
LEVELS: Final = "request.auth.access_levels"
METHOD: Final = "api.operation"
_TELLING: Final = (ADDRESS, ORIGIN, LEVELS)
"""What tells where a request comes from: of one of them told, the others are absent."""
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "ANY_USER_ACCOUNT": ("user:",),
    "ANY_SERVICE_ACCOUNT": ("serviceAccount:",),
}
_DEEPEST: Final = 32
"""Levels that ask for one another; of deeper ones it is not known whether they are met."""
_DECIDED: Final = frozenset({"ipSubnetworks", "members", "requiredAccessLevels", "negate"})
"""What is decided of a condition of an access level; the rest (devices, regions, networks) stays open."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A request as perimeters see it.

    Args:
        places: the resource and all that it lies in.
        told: what is known of the request.
        open: whether what is not told may be anything.
        met: when it meets the access levels that were looked at.
    """

    permission: str
    places: tuple[str, ...]
    told: Mapping[str, object]
    open: bool
    member: str
    asker: Members
    met: dict[str, Formula] = field(default_factory=dict)

    def find(self, key: str) -> object | None:
        """What is told under a key."""
        return self.told.get(key)

    def unknown(self, key: str, *values: str) -> Formula:
        """A test of something that is not told: open, unless something else tells where the request comes from."""
        if not self.open and any(one in self.told for one in _TELLING):
            return NEVER
        return Condition(key, OPERATOR, tuple(sorted(values)), needs=(key,))

    def origin(self) -> tuple[str, ...]:
        """The project and network that it comes from, by relative names."""
        named = self.find(ORIGIN)
        if not isinstance(named, str) or not named:
            return ()
        at = relative(named)
        return (at, "/".join(at.split("/")[:2])) if at.startswith("projects/") else (at,)


def refusing(coming: Coming, perimeters: Perimeters) -> Iterator[tuple[Formula, Reason]]:
    """The perimeters that refuse a request, and when they do."""
    for one in perimeters.all:
        if not one.restricts(coming.permission):
            continue
        inside, origin = one.holds(coming.places), coming.origin()
        from_inside = one.holds(origin) if origin else coming.unknown(ORIGIN, *one.resources)
        entering = all_of((inside, negation(from_inside), negation(_let_in(one, coming, perimeters))))
        # What lies elsewhere is asked about only for whoever is known to come from here, or may come from anywhere.
        leaving = (
            all_of((from_inside, negation(inside), negation(_let_out(one, coming, perimeters))))
            if origin or coming.open
            else NEVER
        )
        for formula, way in ((entering, "ingress"), (leaving, "egress")):
            if formula is not NEVER:
                yield formula, Reason("perimeter", one.name, way)


def _let_in(one: Perimeter, coming: Coming, perimeters: Perimeters) -> Formula:
    return any_of(
        (
            _bridged(coming, perimeters),
            *(_level(level, coming, perimeters, ()) for level in one.levels),
            *(_enters(rule, coming, perimeters) for rule in one.ingress),
        )
    )


def _let_out(one: Perimeter, coming: Coming, perimeters: Perimeters) -> Formula:
    return any_of((_bridged(coming, perimeters), *(_leaves(rule, coming) for rule in one.egress)))


def _bridged(coming: Coming, perimeters: Perimeters) -> Formula:
    """Whether a bridge holds both ends."""
    origin = coming.origin()
    bridges = [one for one in perimeters.all if one.is_bridge] if origin else []
    return any_of(all_of((one.holds(coming.places), one.holds(origin))) for one in bridges)


def _enters(rule: Rule, coming: Coming, perimeters: Perimeters) -> Formula:
    come, aim = _object(rule, "ingressFrom"), _object(rule, "ingressTo")
    sources = any_of(_source(one, coming, perimeters) for one in _objects(come, "sources"))
    return all_of((_means(come, coming), sources, _does(aim, coming), _aims(aim, coming)))


def _leaves(rule: Rule, coming: Coming) -> Formula:
    come, aim = _object(rule, "egressFrom"), _object(rule, "egressTo")
    if come.get("sources") or aim.get("externalResources"):
        return Condition("egressFrom.sources", OPERATOR, (), needs=("egressFrom.sources",))
    return all_of((_means(come, coming), _does(aim, coming), _aims(aim, coming)))


def _source(source: Rule, coming: Coming, perimeters: Perimeters) -> Formula:
    level, resource = source.get("accessLevel"), source.get("resource")
    if level == "*":
        return ALWAYS
    if isinstance(level, str):
        return _level(level, coming, perimeters, ())
    if not isinstance(resource, str):
        return NEVER
    at = relative(resource)
    return (
        (ALWAYS if at in coming.origin() else NEVER) if ORIGIN in coming.told else coming.unknown(ORIGIN, at)
    )


def _means(come: Rule, coming: Coming) -> Formula:
    kind = come.get("identityType")
    if kind == "ANY_IDENTITY":
        return ALWAYS
    if isinstance(kind, str) and kind in _KINDS:
        return ALWAYS if coming.member.startswith(_KINDS[kind]) else NEVER
    return any_of(map(coming.asker.means, _texts(come, "identities")))


def _does(aim: Rule, coming: Coming) -> Formula:
    return any_of(_operation(one, coming) for one in _objects(aim, "operations"))


def _operation(one: Rule, coming: Coming) -> Formula:
    service = f"{coming.permission.partition('.')[0]}.googleapis.com"
    if one.get("serviceName") == "*":
        return ALWAYS
    if one.get("serviceName") != service:
        return NEVER
    return any_of(_selected(selector, coming) for selector in _objects(one, "methodSelectors"))


def _selected(selector: Rule, coming: Coming) -> Formula:
    method, permission = selector.get("method"), selector.get("permission")
    if "*" in (method, permission) or permission == coming.permission:
        return ALWAYS
    if not isinstance(method, str):
        return NEVER
    if coming.permission.startswith("storage."):  # Whose methods are called as its permissions are.
        return ALWAYS if method == f"google.{coming.permission}" else NEVER
    told = coming.find(METHOD)
    if told is None:  # Which method a permission is asked for by is nothing that its name tells.
        return Condition(METHOD, OPERATOR, (method,), needs=(METHOD,))
    return ALWAYS if told == method else NEVER


def _aims(aim: Rule, coming: Coming) -> Formula:
    named = _texts(aim, "resources")
    return ALWAYS if "*" in named else Perimeter("", frozenset(map(relative, named))).holds(coming.places)


# Access levels


def _level(name: str, coming: Coming, perimeters: Perimeters, within: tuple[str, ...]) -> Formula:
    """When a request meets an access level.

    Args:
        within: the levels that ask for it, the outermost first.
    """
    told = coming.find(LEVELS)
    if told is not None:
        return ALWAYS if name in (told if isinstance(told, list | tuple) else (told,)) else NEVER
    if name in within:
        return NEVER  # A level that asks for itself is met by nobody.
    if name not in coming.met:
        coming.met[name] = _asked_of(name, coming, perimeters, (*within, name))
    return coming.met[name]


def _asked_of(name: str, coming: Coming, perimeters: Perimeters, within: tuple[str, ...]) -> Formula:
    basic = perimeters.levels.get(name, {}).get("basic")
    if not isinstance(basic, Mapping) or len(within) > _DEEPEST:
        return Condition(LEVELS, OPERATOR, (name,), needs=(LEVELS,))
    join: Callable[[Iterable[Formula]], Formula] = (
        any_of if basic.get("combiningFunction") == "OR" else all_of
    )
    conditions = [_condition(one, name, coming, perimeters, within) for one in _objects(basic, "conditions")]
    return join(conditions) if conditions else NEVER


def _condition(
    one: Rule, name: str, coming: Coming, perimeters: Perimeters, within: tuple[str, ...]
) -> Formula:
    parts = [_level(each, coming, perimeters, within) for each in _texts(one, "requiredAccessLevels")]
    if blocks := _texts(one, "ipSubnetworks"):
        parts.append(_comes_from(blocks, coming, is_negated=one.get("negate") is True))
    if members := _texts(one, "members"):
        parts.append(any_of(map(coming.asker.means, members)))
    if any(one[key] for key in one if key not in _DECIDED):
        parts.append(coming.unknown(LEVELS, name))
    met = all_of(parts)
    return negation(met) if one.get("negate") is True else met


def _comes_from(blocks: tuple[str, ...], coming: Coming, *, is_negated: bool) -> Formula:
    address = coming.find(ADDRESS)
    if address is None and is_negated:  # Nobody is let in for an address that was not told.
        return Condition(ADDRESS, OPERATOR, tuple(sorted(blocks)), needs=(ADDRESS,))
    if address is None:
        return coming.unknown(ADDRESS, *blocks)
    try:
        found = [values.function("inIpRange", (str(address), one)) for one in blocks]
    except Invalid:
        return NEVER
    return ALWAYS if any(found) else NEVER


def _object(of: Rule, name: str) -> Rule:
    found = of.get(name)
    return found if isinstance(found, Mapping) else {}


def _objects(of: Rule, name: str) -> list[Rule]:
    found = of.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _texts(of: Rule, name: str) -> tuple[str, ...]:
    found = of.get(name)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
