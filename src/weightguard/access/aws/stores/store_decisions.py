"""Decide an access to a store's objects and the use of its key, on a surface as it is or as a change leaves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.stores.s3_requests import (
    ask_key,
    ask_key_of_provider,
    store_context,
    store_layers,
    through_context,
)
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.condition import STORE_NOT_HELD, UNREAD_BUCKET_POLICY
from weightguard.access.grant import FREELY, Grant
from weightguard.policy.aws import AccessPoint, Layers, Principal


class StoreDecisions:
    """Decides for one caller at a time.

    Args:
        decisions: puts the questions.
    """

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def on_objects(
        self, actions: Iterable[str], place: StoreSurface, caller: Principal, own: Layers
    ) -> tuple[str, Grant] | None:
        """The best of some object actions, on the bucket itself or through an access point; certain ones first."""
        return best_of(self._object_ways(tuple(actions), place, caller, own))

    def _object_ways(
        self, actions: tuple[str, ...], place: StoreSurface, caller: Principal, own: Layers
    ) -> Iterator[tuple[str, Grant]]:
        for action in actions:
            grant = self.on_store(action, place.objects, place, caller, own)
            if grant is not None:
                yield action, grant
        yield from self.through_points(actions, place, caller, own)

    def through_points(
        self, actions: Iterable[str], place: StoreSurface, caller: Principal, own: Layers
    ) -> Iterator[tuple[str, Grant]]:
        """What each access point of the bucket lets through."""
        for point in place.points:
            for action in actions:
                grant = self._through(point, action, place, caller, own)
                if grant is not None:
                    yield action, grant

    def on_store(
        self, action: str, resource: str, place: StoreSurface, caller: Principal, own: Layers
    ) -> Grant | None:
        """An action on the bucket or its objects, asked of the bucket itself."""
        layers = store_layers(self._decisions, place, own)
        owner = place.account or caller.account
        context = store_context(self._decisions, place)
        return _told(
            self._decisions.ask(caller, action, resource, layers, owner=owner, context=context), place
        )

    def _through(
        self, point: AccessPoint, action: str, place: StoreSurface, caller: Principal, own: Layers
    ) -> Grant | None:
        layers = store_layers(self._decisions, place, own)
        context = through_context(self._decisions, place)
        grant = self._decisions.ask(
            caller, action, place.objects, layers, owner=place.account, context=context, point=point
        )
        return _told(grant, place)

    def behind_point(
        self, actions: Iterable[str], place: StoreSurface, caller: Principal, own: Layers
    ) -> tuple[str, Grant] | None:
        """What the bucket lets through an access point that no snapshot holds: its account has it allow what it likes."""
        layers, context = store_layers(self._decisions, place, own), through_context(self._decisions, place)
        for action in actions:
            grant = self._decisions.ask(
                caller, action, place.objects, layers, owner=place.account, context=context
            )
            if grant is not None:
                return action, grant
        return None

    def on_key(self, action: str, place: StoreSurface, caller: Principal, own: Layers) -> Grant | None:
        """The use of the store's key; free where there is none."""
        key = place.key
        if key is None:
            return FREELY
        if key.provider_managed:
            return ask_key_of_provider(self._decisions, action, place, key, caller, own)
        return ask_key(self._decisions, action, place, key, caller, own)


def best_of(ways: Iterable[tuple[str, Grant]]) -> tuple[str, Grant] | None:
    """The first certain one, else the first."""
    best: tuple[str, Grant] | None = None
    for way in ways:
        if way[1].is_certain:
            return way
        best = best or way
    return best


def _told(grant: Grant | None, place: StoreSurface) -> Grant | None:
    """With what is not known of the store."""
    if grant is None:
        return None
    if not place.held:
        return grant.provided(STORE_NOT_HELD)
    return grant.provided(UNREAD_BUCKET_POLICY) if place.policy_unread else grant
