"""What service perimeters and address filters ask of a request for a bucket's objects.

A perimeter refuses what comes from outside, unless an ingress rule or an access level lets it in. Where a request comes from is
nothing that a snapshot tells: what a perimeter does not settle by who asks stays a condition.

Sources: VPC Service Controls documentation, "Ingress and egress rules", "Context-aware access with ingress rules"; Access Context
Manager documentation, "Access level attributes"; Cloud Storage documentation, "Bucket IP filtering".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from weightguard.access.condition import Condition, ConditionKind, Matter
from weightguard.access.gcp.candidates import EVERYBODY
from weightguard.access.gcp.policies import Source, value
from weightguard.estate.model import Perimeter, Store

_STORAGE: Final = "storage.googleapis.com"
_LEVEL: Final = "accesscontextmanager.access_level"
_IDENTITY_TYPES: Final = {
    "ANY_IDENTITY": ("",),
    "ANY_USER_ACCOUNT": ("user:",),
    "ANY_SERVICE_ACCOUNT": ("serviceAccount:",),
}
_ANYWHERE: Final = "*"
_METHODS: Final = ("*", "google.storage.objects.get")


class Perimeters:
    """The perimeters of an estate.

    Args:
        source: the estate.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._by_project: dict[str, list[Perimeter]] = {}
        for one in source.estate.perimeters:
            if one.provider == "gcp" and not one.dry_run and {_STORAGE, "*"} & set(one.services):
                for member in one.members:
                    self._by_project.setdefault(member, []).append(one)
        self._levels = {
            one.name: value(one.attributes["basic"]) for one in source.estate.resources_of(_LEVEL)
        }

    def conditions(self, member: str, store: Store | None) -> tuple[Condition, ...]:
        """What has to hold of where a member's request comes from."""
        if store is None:
            return ()
        home = store.container or ""
        found = [
            one for each in self._by_project.get(home, ()) for one in self._of_perimeter(each, member, home)
        ]
        return (*found, *_addresses(store))

    def _of_perimeter(self, perimeter: Perimeter, member: str, home: str) -> Iterator[Condition]:
        rules = value(perimeter.ingress) or ()
        doors = [door for rule in rules for door in self._doors(rule, member, home)]
        if _ANYWHERE in doors:
            return
        if doors:
            yield Condition(ConditionKind.NETWORK, Matter.ACCESS_LEVEL, (doors[0],))
        else:
            yield Condition(ConditionKind.NETWORK, Matter.PERIMETER, (perimeter.name,))

    def _doors(self, rule: Mapping[str, Any], member: str, home: str) -> Iterator[str]:
        """Through what a rule lets a member in: ``*`` for from anywhere, the name of an access level, of a network."""
        level = rule.get("accessLevel")
        if isinstance(level, str):
            yield from self._of_level(level, member)
            return
        origin, aim = _mapping(rule.get("ingressFrom")), _mapping(rule.get("ingressTo"))
        if not self._means(origin, member) or not _is_about_storage(aim) or not self._is_into(aim, home):
            return
        for one in origin.get("sources") or ():
            named = one.get("accessLevel") if isinstance(one, Mapping) else None
            if named == _ANYWHERE:
                yield _ANYWHERE
            elif isinstance(named, str):
                yield from self._of_level(named, member)
            elif isinstance(one, Mapping) and isinstance(one.get("resource"), str):
                yield str(one["resource"])

    def _is_into(self, aim: Mapping[str, Any], home: str) -> bool:
        """Whether a rule lets into a project."""
        resources = aim.get("resources")
        named = [str(one) for one in resources] if isinstance(resources, list) else []
        return "*" in named or home in map(self._source.named, named)

    def _of_level(self, name: str, member: str) -> Iterator[str]:
        """An access level that asks nothing but who somebody is lets in from anywhere."""
        basic = self._levels.get(name)
        asked = _asked(basic)
        listed = [member in map(self._source.member, one["members"]) for one in asked if one.get("members")]
        either = isinstance(basic, Mapping) and basic.get("combiningFunction") == "OR"
        if listed and not (any(listed) or len(listed) < len(asked) if either else all(listed)):
            return
        only = asked and all({key for key in one if one[key]} <= {"members"} for one in asked)
        yield _ANYWHERE if only else name

    def _means(self, origin: Mapping[str, Any], member: str) -> bool:
        kind = origin.get("identityType")
        if isinstance(kind, str) and kind in _IDENTITY_TYPES:
            return member.startswith(_IDENTITY_TYPES[kind]) and (
                kind == "ANY_IDENTITY" or member not in EVERYBODY
            )
        identities = origin.get("identities")
        names: Iterable[str] = map(str, identities) if isinstance(identities, list) else ()
        return any(self._includes(self._source.member(one), member) for one in names)

    def _includes(self, identity: str, member: str) -> bool:
        if identity.endswith("/*"):
            return member.partition("://")[2].startswith(identity.partition("://")[2][:-1])
        return identity == member or member in (self._source.members.get(identity) or ())


def _mapping(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _is_about_storage(aim: Mapping[str, Any]) -> bool:
    operations = aim.get("operations")
    for one in operations if isinstance(operations, list) else ():
        service = one.get("serviceName") if isinstance(one, Mapping) else None
        if service == "*":
            return True
        selectors = one.get("methodSelectors") or () if service == _STORAGE else ()
        for selector in selectors:
            named = (
                (selector.get("method"), selector.get("permission")) if isinstance(selector, Mapping) else ()
            )
            if set(named) & set(_METHODS):
                return True
    return False


def _addresses(store: Store) -> Iterator[Condition]:
    """A bucket that filters addresses."""
    rules = value(store.networks)
    if rules is not None and not rules.open_to_all and not {"0.0.0.0/0", "::/0"} & set(rules.allowed):
        yield Condition(ConditionKind.NETWORK, Matter.ADDRESSES, (store.id,))


def _asked(level: Any) -> list[Mapping[str, Any]]:
    """The conditions of a basic access level."""
    conditions = level.get("conditions") if isinstance(level, Mapping) else None
    return [one for one in conditions if isinstance(one, Mapping)] if isinstance(conditions, list) else []
