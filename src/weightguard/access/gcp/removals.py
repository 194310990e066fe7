"""What can be taken out of a Google Cloud estate: a member of a binding of an allow policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from weightguard.access.gcp.candidates import Candidates
from weightguard.access.gcp.policies import Source, value
from weightguard.access.model import Because, Hop
from weightguard.access.provider import Rewritten, Unit
from weightguard.estate.fact import Collection, Fact, Known
from weightguard.estate.model import Estate, NamedPolicy
from weightguard.policy.gcp.groups import canonical

_MEMBERS: Final = "members"
_OWN, _LETS_IN = 0, 1


class GcpRemovals:
    """What can be taken out of an estate.

    Args:
        estate: what the reasons are about.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    @cached_property
    def _source(self) -> Source:
        return Source(self._estate)

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates(self._source.policies(), self._source.projects, frozenset())

    @cached_property
    def _documents(self) -> dict[str, Mapping[str, Any]]:
        """The allow policies, by id."""
        return {
            policy.id: policy.document
            for fact in _facts(self._estate)
            for policy in _held(fact)
            if isinstance(policy.document, Mapping)
        }

    def units(self, actor: str, because: Because, target: str) -> tuple[Unit, ...]:
        """The members of a binding by whom a reason lets somebody act; none where the policy does not say so yet."""
        document = self._documents.get(because.policy)
        found: list[Unit] = []
        for binding in _bindings(document, because.statement):
            for member in binding.get(_MEMBERS) or ():
                if (
                    actor in self._candidates.leaves(self._source.member(member))
                    or canonical(member) == actor
                ):
                    words = f"take {member} out of the binding of {binding['role']}"
                    taken = (("role", str(binding["role"])), (_MEMBERS, str(member)))
                    holder = because.policy.removesuffix("#allow")
                    found.append(
                        Unit(_LETS_IN, holder, because.policy, because.statement, words, taken=taken)
                    )
        return tuple(found)

    def narrower(self, unit: Unit, hop: Hop) -> Iterator[Unit]:
        """Nothing is less than one member of one binding."""
        yield from ()

    def serves(self, unit: Unit, hop: Hop) -> Mapping[str, frozenset[str]]:
        """A hop rests on every member of the binding that means whoever takes it."""
        units = self.units(hop.origin, Because(unit.policy, unit.statement), hop.target)
        return {
            _MEMBERS: frozenset(member for one in units for name, member in one.taken if name == _MEMBERS)
        }

    def members(self, unit: Unit) -> Iterable[str]:
        """An allow policy is no principal's own."""
        return ()

    def rewritten(self, policy: str, taken: Iterable[Unit]) -> Rewritten | None:
        """A policy without some members; a binding that nobody is left in goes."""
        document = self._documents.get(policy)
        return None if document is None else Rewritten(_without(document, _taken(taken, policy)))

    def without(self, taken: Iterable[Unit]) -> Estate:
        """The estate without some units."""
        units = list(taken)
        edited = {
            unit.policy: _without(self._documents[unit.policy], _taken(units, unit.policy))
            for unit in units
            if unit.policy in self._documents
        }
        return _edited(self._estate, edited)


def _taken(units: Iterable[Unit], policy: str) -> set[tuple[str, str, str]]:
    """Statement, role and member of everything that is taken from a policy."""
    return {
        (unit.statement, dict(unit.taken)["role"], dict(unit.taken)[_MEMBERS])
        for unit in units
        if unit.policy == policy
    }


def _bindings(document: Mapping[str, Any] | None, statement: str) -> Iterator[Mapping[str, Any]]:
    for binding in (document or {}).get("bindings") or ():
        if _label(binding) == statement:
            yield binding


def _label(binding: Mapping[str, Any]) -> str:
    """What a binding is known by: the title of its condition, else its role."""
    return str((binding.get("condition") or {}).get("title") or binding.get("role"))


def _without(document: Mapping[str, Any], taken: set[tuple[str, str, str]]) -> dict[str, Any]:
    left: list[dict[str, Any]] = []
    for binding in document.get("bindings") or ():
        role, label = str(binding.get("role")), _label(binding)
        members = [one for one in binding.get(_MEMBERS) or () if (label, role, one) not in taken]
        if members:
            left.append({**binding, _MEMBERS: members})
    return {**document, "bindings": left}


def _facts(estate: Estate) -> Iterator[Fact[Any]]:
    """Every fact that may hold allow policies."""
    yield from (one.policies for one in estate.containers if one.provider == "gcp")
    yield from (one.trust for one in estate.principals if one.provider == "gcp")
    for store in estate.stores:
        if store.provider == "gcp":
            yield from (store.policy, store.folder_policies)
    others: list[Iterable[Any]] = [estate.keys, estate.workloads, estate.secrets, *estate.resources.values()]
    for each in others:
        yield from (one.policy for one in each if one.provider == "gcp")


def _held(fact: Fact[Any]) -> Iterator[NamedPolicy]:
    held = value(fact)
    yield from (one for one in (held if isinstance(held, tuple) else (held,)) if isinstance(one, NamedPolicy))


def _edited(estate: Estate, edited: Mapping[str, Mapping[str, Any]]) -> Estate:
    """An estate with some policies' documents replaced."""

    def policy(fact: Fact[Any]) -> Fact[Any]:
        held = value(fact)
        if isinstance(held, tuple):
            return (
                replace(fact, value=tuple(_rewritten(one, edited) for one in held))
                if isinstance(fact, Known)
                else fact
            )
        return (
            replace(fact, value=_rewritten(held, edited))
            if isinstance(fact, Known) and held is not None
            else fact
        )

    def each(items: Collection[Any], *names: str) -> Collection[Any]:
        return replace(
            items,
            items=tuple(
                replace(one, **{name: policy(getattr(one, name)) for name in names})
                if one.provider == "gcp"
                else one
                for one in items
            ),
        )

    return replace(
        estate,
        containers=each(estate.containers, "policies"),
        principals=each(estate.principals, "trust"),
        stores=each(estate.stores, "policy", "folder_policies"),
        keys=each(estate.keys, "policy"),
        workloads=each(estate.workloads, "policy"),
        secrets=each(estate.secrets, "policy"),
        resources={kind: each(items, "policy") for kind, items in estate.resources.items()},
    )


def _rewritten(held: Any, edited: Mapping[str, Mapping[str, Any]]) -> Any:
    return (
        replace(held, document=edited[held.id])
        if isinstance(held, NamedPolicy) and held.id in edited
        else held
    )
