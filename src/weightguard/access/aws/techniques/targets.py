"""Link actors to alike targets: one decision for all that an actor's policies do not spell out, and one for each that they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.resource_classes import Alike
from weightguard.access.links import Hub, Link, Node, Step

Decide = Callable[[PrincipalGroup, tuple[str, ...]], Mapping[Node, Step]]
"""What a cohort does to one of some targets that are the same to it: the step, by what stands for its members."""


class Targets:
    """The hubs of alike targets, so that each leads on once.

    A target alone is its own hub.
    """

    def __init__(self) -> None:
        self._hubs: dict[Alike, Hub] = {}

    def links(
        self, same: Alike, actors: Iterable[PrincipalGroup], decide: Decide, *, must_speak: bool = False
    ) -> Iterator[Link]:
        """The links of actors to alike targets.

        Args:
            must_speak: whether nobody may do it whose policies do not speak of the target.
        """
        for group in actors:
            spelt = same.spelt_by(group)
            rest = same.others(spelt) if not (must_speak and spelt) or same.is_spoken_of_by(group) else ()
            general = decide(group, rest) if rest else {}
            apart = {name: decide(group, (name,)) for name in spelt}
            for name, steps in apart.items():
                for node, step in steps.items():
                    if node != name:
                        yield Link(node, name, (step,))
            for node, step in general.items():
                worse = {name for name, steps in apart.items() if _is_worse(steps.get(node), step)}
                yield from self._to_all(same, node, step, worse)

    def _to_all(self, same: Alike, node: Node, step: Step, but: set[str]) -> Iterator[Link]:
        """Links to all targets but some that the node reaches less well."""
        if but:
            own = Hub(tuple(name for name in same.names if name not in but))
            yield Link(node, own, (step,))
            yield from (Link(own, name) for name in own.targets)
        elif node != same.names[0] or len(same.names) > 1:
            hub, onward = self.hub(same)
            yield from onward
            yield Link(node, hub, (step,))

    def hub(self, same: Alike) -> tuple[Node, list[Link]]:
        """What leads to each of alike targets, and the links that it leads on by, where it is new."""
        if len(same.names) == 1:
            return same.names[0], []
        hub = self._hubs.get(same)
        if hub is not None:
            return hub, []
        hub = self._hubs[same] = Hub(same.names)
        return hub, [Link(hub, name) for name in same.names]


def _is_worse(apart: Step | None, general: Step) -> bool:
    """Whether what a policy that spells a target out leaves of it is less than what holds for the others."""
    return apart is None or (general.grant.is_certain and not apart.grant.is_certain)
