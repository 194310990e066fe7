"""The red-team protocol: standard attacker starting points, played against the access graph.

The starting points are data with a version (controls/protocols/*.yaml); whom each of them stands for in this
estate is decided here. For every weight set the graph is asked who can read or copy it, and those answers are
matched with the actors of each starting point; the graph is not asked again for each actor.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from weightguard import yaml_file
from weightguard.access.model import AccessKind, Answer, WhoCan
from weightguard.access.wording import all_worded
from weightguard.assess.model import Fall, ProtocolResult, Start, Step
from weightguard.assess.reach import Reaches
from weightguard.assess.standing import Standing, Table
from weightguard.controls.catalogue import PROTOCOLS, Catalogue
from weightguard.controls.schema import Capacity, Control, Strict, Text
from weightguard.errors import CatalogueError, InputError
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Estate, NamedPolicy, Principal, PrincipalKind

LISTED = 50
_HOLDS = (Standing.PASS, Standing.ATTESTED, Standing.SELF_ATTESTED)
_BUILD_KINDS = frozenset({"build_project", "pipeline", "stack", "stack_set"})
_BUILD_ISSUERS = (
    "token.actions.githubusercontent.com",
    "gitlab",
    "app.terraform.io",
    "buildkite",
    "circleci",
    "bitbucket",
)

Who = Literal[
    "anonymous", "holders_of_long_lived_keys", "people_by_group", "build_jobs", "serving_workloads", "people_with_read",
    "outside_accounts", "organisation_administrators",
]  # fmt: skip


class StartingPoint(Strict):
    """One entry of a protocol."""

    id: Text
    title: Text
    capacity: Capacity
    who: Who
    vectors: tuple[Text, ...] = ()


class Protocol(Strict):
    """A protocol file."""

    id: Text
    version: Text
    title: Text
    starting_points: tuple[StartingPoint, ...]

    @property
    def digest(self) -> str:
        """``sha256:`` over the normalised content."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def load_protocol(name: str, catalogue: Catalogue) -> Protocol:
    """A protocol of the catalogue by name, or one of one's own by path.

    Raises:
        InputError: there is no such protocol. CatalogueError: the file breaks the schema.
    """
    folder = catalogue.directory / PROTOCOLS
    own = Path(name)
    path = own if own.suffix == ".yaml" and own.is_file() else folder / f"{Path(name).name}.yaml"
    if not path.is_file():
        known = sorted(one.stem for one in folder.glob("*.yaml"))
        close = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
        raise InputError(f"there is no protocol {name!r}", where=str(folder), fix=fix)
    return yaml_file.validate(Protocol, yaml_file.read(path, error=CatalogueError), error=CatalogueError)


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who an attacker may be at a starting point: by name, or by what the graph says of them."""

    names: frozenset[str]
    test: Callable[[Answer], bool]
    complete: bool
    group: str | None = None

    def plays(self, answer: Answer) -> bool:
        return answer.principal in self.names or self.test(answer)


def play(
    protocol: Protocol, estate: Estate, reaches: Reaches, table: Table, controls: Mapping[str, Control]
) -> ProtocolResult:
    """Plays every starting point."""
    asked = [
        (weight_set.id, kind, reaches.who_can(kind, weight_set))
        for weight_set in estate.weight_sets
        for kind in (AccessKind.READ, AccessKind.COPY)
    ]
    starts = [
        _start(point, cast, asked, table, controls)
        for point in protocol.starting_points
        for cast in _casts(point.who, estate)
    ]
    return ProtocolResult(protocol.id, protocol.version, protocol.digest, protocol.title, tuple(starts))


def _start(
    point: StartingPoint,
    cast: _Cast,
    asked: Sequence[tuple[str, AccessKind, WhoCan]],
    table: Table,
    controls: Mapping[str, Control],
) -> Start:
    found: dict[str, list[tuple[AccessKind, Answer]]] = defaultdict(list)
    actors = set(cast.names)
    for name, kind, answer in asked:
        for one in answer.answers:
            if cast.plays(one):
                found[name].append((kind, one))
                actors.add(one.principal)
    seen, unseen = _detection(found, table, controls)
    return Start(
        id=point.id,
        title=point.title,
        capacity=point.capacity,
        group=cast.group,
        actors=tuple(sorted(actors)[:LISTED]),
        actor_count=len(actors),
        falls=tuple(_fall(name, found[name]) for name in sorted(found)),
        seen_by=seen,
        unseen_by=unseen,
        complete=cast.complete and all(answer.complete for _, _, answer in asked),
    )


def _fall(name: str, found: list[tuple[AccessKind, Answer]]) -> Fall:
    """The shortest certain way first, reading before copying."""
    kind, one = min(
        found,
        key=lambda pair: (
            pair[1].certainty != "certain",
            len(pair[1].path),
            pair[0] is not AccessKind.READ,
            pair[1].principal,
        ),
    )
    return Fall(
        weights=name,
        principal=one.principal,
        access=kind.value,
        certainty=one.certainty,
        direct=one.direct,
        principals=len({answer.principal for _, answer in found}),
        path=tuple(Step(hop.origin, hop.target, hop.how, all_worded(hop.conditions)) for hop in one.path),
    )


def _detection(
    found: Iterable[str], table: Table, controls: Mapping[str, Control]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Detection controls on the weights that fall: those that hold for all of them, and the others."""
    standing: dict[str, Standing] = {}
    for name in found:
        for control_id, one in table[name].items():
            if controls[control_id].detects and one is not Standing.NOT_APPLICABLE:
                standing[control_id] = max(standing.get(control_id, Standing.PASS), one)
    seen = sorted(name for name, one in standing.items() if one in _HOLDS)
    return tuple(seen), tuple(sorted(standing.keys() - set(seen)))


def _casts(who: Who, estate: Estate) -> Iterator[_Cast]:
    complete = estate.principals.complete
    if who == "people_by_group":
        yield from _groups(estate)
    elif who == "holders_of_long_lived_keys":
        unread = any(isinstance(one.access_keys, Unknown) for one in estate.principals)
        yield _Cast(frozenset(_with_keys(estate)), _nobody, complete and not unread)
    elif who == "build_jobs":
        names = {one.id for one in estate.workloads if one.kind in _BUILD_KINDS}
        yield _Cast(frozenset(names), _is_pipeline(estate), estate.workloads.complete)
    elif who == "serving_workloads":
        names = {one.id for one in estate.workloads if one.kind not in _BUILD_KINDS}
        yield _Cast(frozenset(names), _nobody, estate.workloads.complete)
    elif who == "organisation_administrators":
        yield _Cast(frozenset(_administrators(estate)), _nobody, complete and estate.organisations.complete)
    else:
        yield _Cast(frozenset(), _TESTS[who], complete=True)


def _nobody(_answer: Answer) -> bool:
    return False


_TESTS: Mapping[str, Callable[[Answer], bool]] = {
    "anonymous": lambda answer: answer.kind == "anonymous",
    "people_with_read": lambda answer: answer.kind == "person" and answer.direct,
    "outside_accounts": lambda answer: answer.kind == "external",
}


def _groups(estate: Estate) -> Iterator[_Cast]:
    """People by group. A role that people take up through single sign-on is a group of its own."""
    members: dict[str, set[str]] = defaultdict(set)
    for one in estate.principals:
        if one.kind is PrincipalKind.USER:
            for group in one.groups or ("(no group)",):
                members[group].add(one.id)
        elif one.kind is PrincipalKind.ROLE and "/aws-reserved/sso.amazonaws.com/" in one.id:
            members[one.name].add(one.id)
    for group in sorted(members):
        yield _Cast(frozenset(members[group]), _nobody, estate.principals.complete, group)


def _with_keys(estate: Estate) -> Iterator[str]:
    for one in estate.principals:
        if isinstance(one.access_keys, Known) and any(key.active for key in one.access_keys.value):
            yield one.id


def _is_pipeline(estate: Estate) -> Callable[[Answer], bool]:
    """A federated subject of an identity provider that speaks for build jobs."""
    providers = {
        one.id
        for one in estate.federated_providers
        if any(
            name in f"{one.id} {one.issuer.value if isinstance(one.issuer, Known) else ''}"
            for name in _BUILD_ISSUERS
        )
    }
    return lambda answer: "#" in answer.principal and answer.principal.split("#", 1)[0] in providers


def _administrators(estate: Estate) -> Iterator[str]:
    managing = {organisation.management_account for organisation in estate.organisations}
    groups = {one.id: one for one in estate.principals if one.kind is PrincipalKind.GROUP}
    for one in estate.principals:
        own = [one, *(groups[name] for name in one.groups if name in groups)]
        if (
            one.account in managing
            and one.kind is not PrincipalKind.GROUP
            and any(map(_may_do_anything, own))
        ):
            yield one.id


def _may_do_anything(principal: Principal) -> bool:
    return isinstance(principal.policies, Known) and any(map(_allows_everything, principal.policies.value))


def _allows_everything(policy: NamedPolicy) -> bool:
    if policy.id.endswith(":policy/AdministratorAccess"):
        return True
    document = policy.document
    statements = document.get("Statement", ()) if isinstance(document, Mapping) else ()
    return any(
        _is_star(one) for one in ([statements] if isinstance(statements, Mapping) else statements or ())
    )


def _is_star(statement: Any) -> bool:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow" or statement.get("Condition"):
        return False
    return all("*" in _listed(statement.get(key)) for key in ("Action", "Resource"))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]
