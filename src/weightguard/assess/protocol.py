"""The red-team protocol: standard attacker starting points, played against the access graph.

The starting points are data with a version (controls/protocols/*.yaml); whom each of them stands for in this
estate is decided by `weightguard.assess.cast`. For every weight set the graph is asked who can read or copy it, and those
answers are matched with the actors of each starting point; the graph is not asked again for each actor. A starting point
that nobody stands for was not tried, and says so: "none falls" is a claim about somebody.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from weightguard import yaml_file
from weightguard.access.model import AccessKind, Answer, WhoCan
from weightguard.access.wording import all_worded
from weightguard.assess import sight
from weightguard.assess.cast import Cast, Who, casts
from weightguard.assess.model import Fall, Outcome, ProtocolResult, Start, Step
from weightguard.assess.reach import Reaches
from weightguard.assess.standing import Standing, Table
from weightguard.config import Config
from weightguard.controls.catalogue import PROTOCOLS, Catalogue
from weightguard.controls.schema import Capacity, Control, Strict, Text
from weightguard.errors import CatalogueError, InputError
from weightguard.estate.model import Estate

LISTED = 50
_HOLDS = (Standing.PASS, Standing.ATTESTED, Standing.SELF_ATTESTED)


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


def play(
    protocol: Protocol,
    estate: Estate,
    reaches: Reaches,
    table: Table,
    controls: Mapping[str, Control],
    config: Config,
) -> ProtocolResult:
    """Plays every starting point.

    Args:
        config: who is said to be a person, a workload or a vendor.
    """
    asked = [
        (weight_set.id, kind, reaches.who_can(kind, weight_set))
        for weight_set in estate.weight_sets
        for kind in (AccessKind.READ, AccessKind.COPY)
    ]
    seen = (
        bool(asked)
        and estate.weight_sets.complete
        and all(one.state == "read" for one in sight.accounts(estate))
        and all(answer.complete for _, _, answer in asked)
    )
    starts = [
        _start(point, cast, asked, seen, table, controls)
        for point in protocol.starting_points
        for cast in casts(point.who, estate, config)
    ]
    return ProtocolResult(protocol.id, protocol.version, protocol.digest, protocol.title, tuple(starts))


def _start(
    point: StartingPoint,
    cast: Cast,
    asked: Sequence[tuple[str, AccessKind, WhoCan]],
    everything_seen: bool,
    table: Table,
    controls: Mapping[str, Control],
) -> Start:
    found: dict[str, list[tuple[AccessKind, Answer]]] = defaultdict(list)
    actors_seen: set[str] = set()
    for name, kind, answer in asked:
        for one in answer.answers:
            if cast.plays(one):
                found[name].append((kind, one))
                actors_seen.add(one.principal)
    actors = cast.names | actors_seen
    seen, unseen = _detection(found, table, controls)
    complete = bool(actors) and cast.complete and cast.untried <= actors_seen and everything_seen
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
        complete=complete,
        outcome=_outcome(bool(found), bool(actors), complete),
    )


def _outcome(fell: bool, tried: bool, complete: bool) -> Outcome:
    if fell:
        return "falls"
    if not tried:
        return "not_tried"
    return "none" if complete else "none_seen"


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
