"""What can be taken out of an AWS estate: found, written out, and the estate without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from weightguard.access.aws.removals.applied import applied, taken_from
from weightguard.access.aws.removals.policy_edits import Hung, hung_on, made_up, without
from weightguard.access.aws.removals.removable import Removable
from weightguard.access.provider import Rewritten, Unit
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import Estate, NamedPolicy

_INSTEAD: Final = {
    Hung.TRUST: "; a role has to have a trust policy, so let it deny everybody",
    Hung.KEY: "; somebody has to be able to change the key's policy, so let it name the key's own account",
    Hung.MANAGED: "; nothing is left of it then, so let it allow what everybody may, or detach and delete it",
    Hung.POINT: "; nothing is left of the policy then, so let it deny other accounts",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """A policy as it stands, what it hangs on and whose that is."""

    document: Mapping[str, Any] | str | None
    hung: Hung
    account: str


class AwsRemovals(Removable):
    """What can be taken out of an estate.

    Args:
        estate: what the reasons are about.
    """

    def __init__(self, estate: Estate) -> None:
        super().__init__(estate)
        self._estate = estate

    @cached_property
    def _written(self) -> dict[str, _Written]:
        return dict(_documents(self._estate))

    def rewritten(self, policy: str, taken: Iterable[Unit]) -> Rewritten | None:
        """A policy without some units; None where it is none that can be edited."""
        written = self._written.get(policy)
        if written is None:
            return None
        after = without(written.document, taken_from(taken)[policy], written.hung, written.account)
        is_made_up = made_up(after, written.document)
        return Rewritten(after, _INSTEAD.get(written.hung, "") if is_made_up else "")

    def without(self, taken: Iterable[Unit]) -> Estate:
        """The estate without some units."""
        return applied(self._estate, taken)


def _documents(estate: Estate) -> Iterator[tuple[str, _Written]]:
    """Every policy that can be edited, by id."""
    for principal in estate.principals:
        for policy in principal.policies.value if isinstance(principal.policies, Known) else ():
            yield policy.id, _Written(policy.document, hung_on(policy), principal.account)
        yield from _on(principal.trust, Hung.TRUST, principal.account)
    for store in estate.stores:
        yield from _on(store.policy, Hung.RESOURCE, store.account)
        for point in store.access_points:
            yield from _on(point.policy, Hung.POINT, point.account)
    for key in estate.keys:
        yield from _on(key.policy, Hung.KEY, key.account)
    for holder in (*estate.workloads, *estate.secrets):
        yield from _on(holder.policy, Hung.RESOURCE, holder.account)


def _on(fact: Fact[NamedPolicy | None], hung: Hung, account: str) -> Iterator[tuple[str, _Written]]:
    if isinstance(fact, Known) and fact.value is not None:
        yield fact.value.id, _Written(fact.value.document, hung, account)
