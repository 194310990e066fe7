"""Whether a policy means somebody.

Allow policies, deny policies and boundaries write principals in two notations (``user:alice@example.com`` and
``principal://goog/subject/alice@example.com``); here both are one.

Sources: IAM documentation, "Principal identifiers" and "Principals overview".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, any_of
from weightguard.policy.gcp.groups import CONVENIENCE, EVERYBODY, SIGNED_IN, canonical
from weightguard.policy.gcp.model import Policies
from weightguard.policy.gcp.names import lineage

_CONTAINER: Final = "principalSet://cloudresourcemanager.googleapis.com/"
_CUSTOMER: Final = "principalSet://goog/cloudIdentityCustomerId/"
_PROJECT_OF_ACCOUNT: Final = re.compile(r"serviceAccount:[^@]+@([^.]+)\.iam\.gserviceaccount\.com")


@dataclass(frozen=True, slots=True)
class Audience:
    """Some members of a policy, by how it is told whether they mean somebody.

    Attributes:
        names: those that mean whoever is called so, or is known to be in what is called so.
        open: those of which more has to be asked.
    """

    names: frozenset[str]
    open: tuple[str, ...] = ()

    def meant(self, asker: Members) -> Formula:
        """When one of them is, or includes, whoever asks."""
        if not self.names.isdisjoint(asker.certain):
            return ALWAYS
        return any_of(map(asker.means, self.open)) if self.open else NEVER


def audience(written: Iterable[str], policies: Policies) -> Audience:
    """The audience of members as they are written; convenience members stand for whoever has the basic role on the project."""
    names: set[str] = set()
    waiting = [canonical(one) for one in written]
    while waiting:
        member = waiting.pop()
        if member not in names:
            names.add(member)
            waiting += map(canonical, _with_basic_role(member, policies))
    groups = policies.groups
    return Audience(
        frozenset(names),
        tuple(sorted(one for one in names if not one.startswith(_ALREADY) and not groups.tells(one))),
    )


_ALREADY: Final = (*CONVENIENCE, EVERYBODY, SIGNED_IN)
"""What an audience's names tell all of, besides sets that hold names alone."""


def _with_basic_role(member: str, policies: Policies) -> Iterable[str]:
    for prefix, role in CONVENIENCE.items():
        if member.startswith(prefix):
            bindings = policies.bindings.get(f"projects/{member.removeprefix(prefix)}", ())
            return [one for found in bindings if found.role == role for one in found.members]
    return ()


class Members:
    """Who is meant, for one who asks.

    Args:
        member: who asks.
        policies: with the groups, and the bindings that make somebody a project's owner, editor or viewer.
        told: what is known of whoever asks, by the names that conditions use.
        open: whether what is not told may be anything.

    Attributes:
        certain: whoever is called so is whoever asks, or means them.
    """

    def __init__(self, member: str, policies: Policies, told: Mapping[str, object], *, open: bool) -> None:
        self._asker = canonical(member)
        self._policies = policies
        self._told = told
        self._open = open
        self._groups = policies.groups
        self._known: dict[str, Formula] = {}
        self._opened: set[str] = set()
        self.certain = policies.groups.certain(member)

    def means(self, written: str) -> Formula:
        """When a member of a policy is, or includes, whoever asks."""
        member = canonical(written)
        if member in self.certain:
            return ALWAYS
        if self._groups.tells(member):
            return NEVER
        found = self._known.get(member)
        if found is not None:
            return found
        if member in self._opened:
            return NEVER  # A group that holds itself adds nobody.
        self._opened.add(member)
        found = self._means(member)
        self._opened.discard(member)
        if not self._opened:  # Inside another one, what that one adds may be lacking.
            self._known[member] = found
        return found

    def _means(self, member: str) -> Formula:
        if member == EVERYBODY or member == self._asker:
            return ALWAYS
        if member.startswith("deleted:"):
            return NEVER
        if member.startswith(tuple(CONVENIENCE)):
            return any_of(map(self.means, _with_basic_role(member, self._policies)))
        if self._asker == EVERYBODY:
            return NEVER  # Whoever is anonymous is in no group, of no domain, and nobody's account.
        if member == SIGNED_IN:
            # Whoever signs in elsewhere has no Google account.
            return NEVER if self._asker.startswith("principal") else ALWAYS
        if member in self._groups or member.startswith("group:"):
            return self._of_group(member)
        if member.startswith("domain:"):
            domain = "@" + member.removeprefix("domain:").lower()
            is_of = self._asker.startswith("user:") and self._asker.endswith(domain)
            return ALWAYS if is_of else NEVER
        return self._of_set(member)

    def _of_group(self, group: str) -> Formula:
        held = self._groups.get(group)
        if held is None:
            return Condition(group, "Member", (self._asker,), needs=(group,))
        return any_of(self.means(one) for one in held)

    def _of_set(self, member: str) -> Formula:
        if member.startswith(_CONTAINER):
            return self._of_container(member.removeprefix(_CONTAINER))
        if member.startswith(_CUSTOMER):
            return self._of_customer(member.removeprefix(_CUSTOMER))
        if self._asker.startswith("principalSet://") and member.endswith("/*"):
            # A part of a pool is in the whole of it.
            return ALWAYS if self._asker.startswith(member[:-1]) else NEVER
        if not member.startswith("principalSet://") or not self._asker.startswith("principal://"):
            return NEVER
        pool, slash, _ = self._asker.removeprefix("principal://").rpartition("/subject/")
        wanted = member.removeprefix("principalSet://")
        if wanted.endswith("/*"):
            return ALWAYS if self._asker.removeprefix("principal://").startswith(wanted[:-1]) else NEVER
        if not slash or not wanted.startswith(f"{pool}/"):
            return NEVER
        return self._by_attribute(wanted.removeprefix(f"{pool}/"))

    def _by_attribute(self, wanted: str) -> Formula:
        """``group/GROUP`` and ``attribute.NAME/VALUE``: what the pool's provider mapped for whoever asks."""
        name, _, value = wanted.partition("/")
        key = "google.groups" if name == "group" else name
        if key not in self._told:
            return Condition(key, "StringEquals", (value,), needs=(key,)) if self._open else NEVER
        told = self._told[key]
        values = told if isinstance(told, list | tuple) else [told]
        return ALWAYS if value in values else NEVER

    def _of_container(self, container: str) -> Formula:
        """All that belong to a project, a folder or an organisation: service accounts by the project that they were made in."""
        project = _PROJECT_OF_ACCOUNT.fullmatch(self._asker)
        if project is not None:
            above = lineage(f"projects/{project[1]}", self._policies.parents)
            return ALWAYS if container in above else NEVER
        if not container.startswith("organizations/") or not self._asker.startswith("user:"):
            return NEVER
        return self._of_customer(container)

    def _of_customer(self, customer: str) -> Formula:
        """Whether a person belongs to an organisation: nothing in the policies tells, unless the request does."""
        key = "principal.organization"
        if key in self._told:
            told = self._told[key]
            return ALWAYS if customer in (told if isinstance(told, list | tuple) else (told,)) else NEVER
        if not self._asker.startswith("user:"):
            return NEVER
        return Condition(key, "StringEquals", (customer,), needs=(key,)) if self._open else ALWAYS
