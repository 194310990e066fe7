"""The two sides of plans: the resources that are there before and after, and what any mixture of the two comes to as a snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from weightguard.access.graph import build
from weightguard.access.model import Access
from weightguard.collect.terraform.collector import told as tell
from weightguard.collect.terraform.state import Resource
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate
from weightguard.plan.after import After, Waiting
from weightguard.plan.beside import Named, beside, own
from weightguard.plan.document import Change, Plan
from weightguard.plan.merge import laid
from weightguard.plan.surroundings import NO_ACCOUNT
from weightguard.provider import scope_parts
from weightguard.snapshot import Snapshot, utc_now
from weightguard.snapshot.memory import MemorySnapshot, Told

_CALLER: Final = "aws_caller_identity"
_CLOUDS: Final = {"aws": "aws", "google": "gcp", "azurerm": "azure", "azuread": "azure", "azapi": "azure"}
"""How types of resources begin -> whose they are."""
Mark = tuple[int, str]
"""A change: the number of its plan, and its address."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A resource, and the AWS account that its provider configuration leads to."""

    item: Resource
    account: str


@dataclass(slots=True)
class Side:
    """What is there at one time.

    Attributes:
        changing: what the plans touch. steady: everything else, data sources among them.
    """

    changing: dict[Mark, Lying] = field(default_factory=dict)
    steady: list[Lying] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    """One state of things, judged when it is asked.

    Attributes:
        providers: the clouds that anybody will ask about; None: any.
    """

    snapshot: Snapshot
    providers: frozenset[str] | None

    @cached_property
    def estate(self) -> Estate:
        """What it says exists."""
        return read_estate([self.snapshot])

    @cached_property
    def access(self) -> Access:
        """Who reaches what."""
        return build(self.estate, self.providers)


class Sides:
    """Both sides of one or several plans.

    Args:
        onto: the snapshot that they are laid over; None: the plans' own prior states are what was before.
    """

    def __init__(self, plans: Sequence[Plan], onto: Snapshot | None = None) -> None:
        self.plans, self.onto = tuple(plans), onto
        self.afters = [After(plan) for plan in plans]
        self.waiting: dict[Mark, list[Waiting]] = {}
        self.changes: dict[Mark, Change] = {}
        self.now = _now(plans, onto)
        self._only = _only_account(onto)
        self._before, self._after = Side(), Side()
        for number, (plan, after) in enumerate(zip(plans, self.afters, strict=True)):
            self._take(number, plan, after)

    # The resources

    def _take(self, number: int, plan: Plan, after: After) -> None:
        seen: set[str] = set()
        for change in plan.changes:
            seen |= {change.address, change.previous or change.address}
            self._change((number, change.address), change, after)
        for item in plan.prior:
            if item.address not in seen:
                lying = Lying(item, self._account(after, item))
                self._before.steady.append(lying)
                self._after.steady.append(lying)

    def _change(self, mark: Mark, change: Change, after: After) -> None:
        account = self._account_of(after, change)
        if change.mode == "managed":
            self.changes[mark] = change
        if change.before is not None:
            self._before.changing[mark] = _lying(change, change.before, account)
        if change.deferred is not None or (change.forgotten and change.after is None):
            if change.before is not None:
                self._after.changing[mark] = self._before.changing[mark]
        elif change.after is not None:
            values, waiting = after.values(change)
            if waiting:
                self.waiting[mark] = waiting
            self._after.changing[mark] = _lying(change, values, account)

    def _account_of(self, after: After, change: Change) -> str:
        found = after.around.account(after.around.key(change))
        return self._only if found == NO_ACCOUNT and self._only else found

    def _account(self, after: After, item: Resource) -> str:
        found = after.around.account(after.around.key_of(item))
        return self._only if found == NO_ACCOUNT and self._only else found

    @cached_property
    def touched(self) -> tuple[Mark, ...]:
        """The changes that leave something otherwise than it was."""
        return tuple(
            mark
            for mark, change in self.changes.items()
            if change.deferred is None
            and change.action not in ("no-op", "read")
            and not (change.forgotten and change.after is None)
        )

    # What they come to

    @cached_property
    def before(self) -> Standing:
        """What is there before."""
        if self.onto is not None:
            return self._of(laid(self.onto, Told(), self._untold(), self._digest("before"), self.now))
        return self._of(MemorySnapshot(self._told_before, self._digest("before"), self.now))

    def _untold(self) -> Told:
        """What the plan's side before says of scopes that the snapshot does not cover."""
        covered = set(self.onto.scopes) if self.onto is not None else set()
        held = self._told_before
        return Told(
            {key: record for key, record in held.records.items() if key[0] not in covered},
            held.scopes - covered,
            [call for call in held.calls if call.scope not in covered],
            {scope: rows for scope, rows in held.rows.items() if scope not in covered},
        )

    @cached_property
    def after(self) -> Standing:
        """What is there once everything was applied."""
        return self._standing(self._told(self._mixture(self._changing, self._after.changing)))

    def mixed(self, applied: Collection[Mark]) -> Standing:
        """What is there when some of the changes alone are made."""
        return self._standing(self._told(self._mixture(frozenset(applied), self._after.changing), as_is=True))

    def both(self, mark: Mark) -> Iterator[Mapping[str, Any]]:
        """The attributes of what a change is about, on the sides where it is there."""
        for side in (self._before, self._after):
            if mark in side.changing:
                yield side.changing[mark].item.values

    def supposed(self, values: Mapping[Mark, Mapping[str, Any]]) -> Standing:
        """What is there once everything was applied, were some resources to have other attributes."""
        changing = dict(self._after.changing)
        for mark, supposed in values.items():
            lying = changing[mark]
            item = lying.item
            changing[mark] = Lying(Resource(item.type, item.mode, item.address, supposed), lying.account)
        return self._standing(self._told(self._mixture(None, changing)))

    def values(self, mark: Mark) -> Mapping[str, Any]:
        """The attributes that a resource will have."""
        return self._after.changing[mark].item.values

    def _mixture(self, applied: frozenset[Mark] | None, after: Mapping[Mark, Lying]) -> list[Lying]:
        found = list(self._after.steady)
        for mark in dict.fromkeys((*self._before.changing, *after)):
            made = applied is None or mark in applied or mark not in self._changing
            lying = after.get(mark) if made else self._before.changing.get(mark)
            if lying is not None:
                found.append(lying)
        return found

    @cached_property
    def _changing(self) -> frozenset[Mark]:
        return frozenset(self.touched)

    @cached_property
    def own(self) -> set[Named]:
        """What the plans make, on either side."""
        return own(
            lying.item
            for side in (self._before, self._after)
            for lying in (*side.steady, *side.changing.values())
        )

    @cached_property
    def _told_before(self) -> Told:
        return self._told([*self._before.steady, *self._before.changing.values()])

    def _of(self, snapshot: Snapshot) -> Standing:
        return Standing(snapshot, self._providers)

    @cached_property
    def _providers(self) -> frozenset[str] | None:
        """The clouds that the plans and the snapshot are of; None where they are of none."""
        types = {change.type for plan in self.plans for change in plan.changes}
        types |= {item.type for plan in self.plans for item in plan.prior}
        found = {_CLOUDS[start] for type_ in types if (start := type_.partition("_")[0]) in _CLOUDS}
        found |= {scope_parts(scope)[0] for scope in (self.onto.scopes if self.onto is not None else ())}
        return frozenset(found) or None

    def _standing(self, told: Told) -> Standing:
        if self.onto is not None:
            return self._of(laid(self.onto, self._told_before, told, self._digest("after"), self.now))
        return self._of(MemorySnapshot(told, self._digest("after"), self.now))

    def _told(self, lying: Iterable[Lying], *, as_is: bool = False) -> Told:
        """Resources as the records that a collection would have made of them.

        Args:
            as_is: nothing of it is shown to anybody, so that nothing has to be looked through for secrets.
        """
        found = Told(as_is=as_is)
        states = dict(_by_account(lying))
        if self.onto is not None:
            for account, items in states.items():
                items += beside(items, account, self.onto, self.own)
        if any(states.values()):
            tell([(Path(account), [_caller(account), *items]) for account, items in states.items()], found)
        return found

    def _digest(self, side: str) -> str:
        parts = [
            side,
            *(plan.digest for plan in self.plans),
            self.onto.digest if self.onto is not None else "",
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _lying(change: Change, values: Mapping[str, Any], account: str) -> Lying:
    return Lying(Resource(change.type, change.mode, change.address, values), account)


def _by_account(lying: Iterable[Lying]) -> Iterator[tuple[str, list[Resource]]]:
    found: dict[str, list[Resource]] = {}
    for one in lying:
        if one.item.type != _CALLER:
            found.setdefault(one.account, []).append(one.item)
    yield from sorted(found.items())


def _caller(account: str) -> Resource:
    """Says whose account the resources beside it are."""
    return Resource(_CALLER, "data", f"data.{_CALLER}.plan", {"account_id": account})


def _now(plans: Sequence[Plan], onto: Snapshot | None) -> str:
    """The time that is judged for: when the latest plan was made, else when the snapshot was, else now."""
    times = [plan.timestamp for plan in plans if plan.timestamp is not None]
    if times:
        return max(times)
    return onto.collected_at if onto is not None else utc_now()


def _only_account(onto: Snapshot | None) -> str | None:
    """The one AWS account of a snapshot, where it is one."""
    found = [
        scope.partition("/")[2]
        for scope in (onto.scopes if onto is not None else ())
        if scope.startswith("aws/")
    ]
    return found[0] if len(found) == 1 else None
