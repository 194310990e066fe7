"""Decide a technique's needs for a group, each at most once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.technique_data.schema import Need
from weightguard.access.grant import Grant
from weightguard.policy.aws import CompiledPolicy, ContextValue, Principal
from weightguard.policy.pattern import glob

PASSING: Final = "iam:PassRole"
_NEW: Final = "weightguard-new"
_PARTS, _REGION = 6, 3


class Permissions:
    """Asks for what techniques need.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._own: dict[tuple[PrincipalGroup, str, tuple[str, ...]], Grant | None] = {}

    def chosen(self, group: PrincipalGroup, resource: str, actions: tuple[str, ...]) -> Grant | None:
        """Some actions on one thing of the actor's choosing in its own account: the name that serves best is chosen."""
        key = (group, resource, actions)
        if key not in self._own:
            self._own[key] = self._best(group, resource, actions)
        return self._own[key]

    def _best(self, group: PrincipalGroup, resource: str, actions: tuple[str, ...]) -> Grant | None:
        best: Grant | None = None
        for name in self.names(group, resource):
            grant: Grant | None = Grant()
            for action in actions:
                allowed = self._context.decisions.may(group, action, name, owner=group.account)
                grant = None if allowed is None or grant is None else grant.and_also(allowed)
                if grant is None:
                    break
            if grant is not None and grant.is_certain:
                return grant
            best = best or grant
        return best

    def names(self, group: PrincipalGroup, resource: str) -> list[str]:
        """Names that a new thing may be given: any, and those that the group's own policies speak of."""
        wanted = self.fill(resource, group.account)
        if wanted == "*":
            return ["*"]
        found = {_named(wanted): None}
        parts = wanted.split(":", _PARTS - 1)
        for pattern in sorted(group.patterns):
            named = pattern.split(":", _PARTS - 1)
            if len(named) == _PARTS and len(parts) == _PARTS and _fits(named, parts):
                found[
                    _named(":".join(_narrower(one, other) for one, other in zip(named, parts, strict=True)))
                ] = None
        return list(found)

    def fill(self, resource: str, account: str) -> str:
        """A need's resource with the account's own names filled in."""
        if "{" not in resource:
            return resource
        return resource.format(partition=self._context.population.realm(account).partition, account=account)

    def all_chosen(self, group: PrincipalGroup, needs: Iterable[Need]) -> Grant | None:
        """Every one of some needs on things of the actor's choosing; None when one is denied."""
        together: dict[str, list[str]] = {}
        for need in needs:
            together.setdefault(need.resource, []).append(need.action)
        found = Grant()
        for resource, actions in together.items():
            grant = self.chosen(group, resource, tuple(actions))
            if grant is None:
                return None
            found = found.and_also(grant)
        return found

    def settles(self, group: PrincipalGroup, settled_by: tuple[tuple[Need, ...], ...]) -> Grant | None:
        """The first set of needs that makes a technique's condition moot."""
        for needs in settled_by:
            grant = self.all_chosen(group, needs)
            if grant is not None and grant.is_certain:
                return grant
        return None

    def on(
        self,
        group: PrincipalGroup,
        action: str,
        resource: str,
        *,
        caller: Principal | None = None,
        policy: CompiledPolicy | None = None,
        owner: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Grant | None:
        """One action on one resource, with the resource's own policy where it has one."""
        layers = None if policy is None else group.layers.replace(resource=(policy,))
        return self._context.decisions.may(
            group,
            action,
            resource,
            caller=caller,
            layers=layers,
            owner=owner or group.account,
            context=context,
        )


def _fits(named: list[str], parts: list[str]) -> bool:
    """Whether a pattern speaks of things of a kind, part by part: a wildcard in one part of an ARN stays in it."""
    return all(glob(one).overlaps(glob(other)) for one, other in zip(named, parts, strict=True))


def _narrower(one: str, other: str) -> str:
    """The part that says more: what both match, where one of them is the other with wildcards filled in."""
    if glob(other).covers(glob(one)):
        return one
    return other if glob(one).covers(glob(other)) else one


def _named(pattern: str) -> str:
    """A thing that matches a pattern: in the usual region, under a name that nobody has."""
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) == _PARTS and parts[_REGION] == "*":
        parts[_REGION] = "us-east-1"
    return ":".join(part.replace("*", _NEW).replace("?", "x") for part in parts)


def how_of(actions: Iterable[str]) -> str:
    """The actions of a step as its hop says them, each once."""
    return " + ".join(dict.fromkeys(actions))
