"""The organisation's root, its units and its accounts, each with the policies that limit whatever lies in it.

Grants are not handed down on AWS: what an account's policies allow stands with its principals and things. Its organization's root
is the organization here: both are one, and policies are attached to the root.

Source: AWS Organizations user guide, "Terminology and concepts" (one root; units in units) and "Service control policies (SCPs)".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weightguard.estate.aws.organizations import Tree
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import (
    NOT_HERE,
    Account,
    Container,
    ContainerKind,
    NamedPolicy,
    ScopedPolicy,
)

ROOT = "r-"


def containers(accounts: Iterable[Account], trees: Mapping[str, Tree]) -> list[Container]:
    """Every container, by id.

    Args:
        accounts: those that are known. trees: organisation -> its tree.
    """
    found = [one for tree in trees.values() for one in _of_tree(tree)]
    found += [_account(one, trees.get(one.organisation or "")) for one in accounts]
    return sorted(found, key=lambda one: one.id)


def _of_tree(tree: Tree) -> Iterator[Container]:
    """The organisation and its units."""
    organisation = tree.organisation
    roots = sorted({one for one in organisation.parents.values() if one.startswith(ROOT)})
    limits = _scoped(tree.attached_to(*roots))
    yield _container(organisation.id, ContainerKind.ORGANISATION, organisation.id, None, None, limits)
    units = {one for edge in organisation.parents.items() for one in edge if one.startswith("ou-")}
    for unit in sorted(units):
        name, limits = tree.unit_names.get(unit, unit), _scoped(tree.attached_to(unit))
        yield _container(unit, ContainerKind.FOLDER, name, _above(tree, unit), None, limits)


def _account(account: Account, tree: Tree | None) -> Container:
    """An account: what limits it is as its guardrails tell where no tree does."""
    if tree is None:
        guardrails = account.guardrails
        limits: Fact[tuple[ScopedPolicy, ...]] = (
            guardrails if isinstance(guardrails, Unknown) else Known((), guardrails.source)
        )
        return _container(
            account.id, ContainerKind.ACCOUNT, account.name, account.organisation, account.id, limits
        )
    limits = _scoped(tree.attached_to(account.id))
    above = _above(tree, account.id)
    return _container(account.id, ContainerKind.ACCOUNT, account.name, above, account.id, limits)


def _above(tree: Tree, child: str) -> str:
    """What a unit or an account lies in: the organisation, where no unit is known to be between."""
    parent = tree.organisation.parents.get(child, ROOT)
    return tree.organisation.id if parent.startswith(ROOT) else parent


def _container(
    identifier: str,
    kind: ContainerKind,
    name: str,
    parent: str | None,
    account: str | None,
    limits: Fact[tuple[ScopedPolicy, ...]],
) -> Container:
    return Container(identifier, "aws", kind, name, parent, account, policies=NOT_HERE, limits=limits)


def _scoped(limits: Fact[tuple[NamedPolicy, ...]]) -> Fact[tuple[ScopedPolicy, ...]]:
    if isinstance(limits, Unknown):
        return limits
    return Known(
        tuple(ScopedPolicy(one.id, one.name, one.document, one.origin) for one in limits.value), limits.source
    )
