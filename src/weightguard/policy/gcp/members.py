"""Whether a policy means somebody.

Allow policies, deny policies and boundaries write principals in two notations (``user:alice@example.com`` and
``principal://goog/subject/alice@example.com``); here both are one.

Sources: IAM documentation, "Principal identifiers" and "Principals overview".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, any_of
from weightguard.policy.gcp.model import Policies, Request
from weightguard.policy.gcp.names import lineage

EVERYBODY, SIGNED_IN = "allUsers", "allAuthenticatedUsers"
_OTHER_NOTATION: Final = (
    ("principal://goog/subject/", "user:"),
    ("principal://iam.googleapis.com/projects/-/serviceAccounts/", "serviceAccount:"),
    ("principalSet://goog/group/", "group:"),
)
_CONTAINER: Final = "principalSet://cloudresourcemanager.googleapis.com/"
_CUSTOMER: Final = "principalSet://goog/cloudIdentityCustomerId/"
_PROJECT_OF_ACCOUNT: Final = re.compile(r"serviceAccount:[^@]+@([^.]+)\.iam\.gserviceaccount\.com")
_BASIC: Final = {
    "projectOwner:": "roles/owner",
    "projectEditor:": "roles/editor",
    "projectViewer:": "roles/viewer",
}


def canonical(member: str) -> str:
    """A principal or a set of them in the notation of allow policies; e-mail addresses in lower case, as IAM keeps them."""
    if member == "principalSet://goog/public:all":
        return EVERYBODY
    for other, own in _OTHER_NOTATION:
        if member.startswith(other):
            member = own + member.removeprefix(other)
    kind, colon, name = member.partition(":")
    return f"{kind}:{name.lower()}" if colon and "@" in name and not name.startswith("//") else member


class Members:
    """Who is meant, for one request.

    Args:
        request: who asks.
        policies: with the groups, and the bindings that make somebody a project's owner, editor or viewer.
    """

    def __init__(self, request: Request, policies: Policies) -> None:
        self._asker = canonical(request.member)
        self._request = request
        self._policies = policies
        self._groups = policies.groups
        self._known: dict[str, Formula] = {}
        self._opened: set[str] = set()

    def means(self, written: str) -> Formula:
        """When a member of a policy is, or includes, whoever asks."""
        member = canonical(written)
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

    def any_means(self, written: Iterator[str] | tuple[str, ...]) -> Formula:
        """When one of some members does."""
        return any_of(map(self.means, written))

    def _means(self, member: str) -> Formula:
        if member == EVERYBODY or member == self._asker:
            return ALWAYS
        if member.startswith("deleted:"):
            return NEVER
        for prefix, role in _BASIC.items():
            if member.startswith(prefix):
                return self._by_basic_role(member.removeprefix(prefix), role)
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

    def _by_basic_role(self, project: str, role: str) -> Formula:
        """The convenience members: whoever has the basic role on the project."""
        bindings = self._policies.bindings.get(f"projects/{project}", ())
        return any_of(self.means(one) for found in bindings if found.role == role for one in found.members)

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
        if key not in self._request.context:
            return Condition(key, "StringEquals", (value,), needs=(key,)) if self._request.open else NEVER
        told = self._request.context[key]
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
        if key in self._request.context:
            told = self._request.context[key]
            return ALWAYS if customer in (told if isinstance(told, list | tuple) else (told,)) else NEVER
        if not self._asker.startswith("user:"):
            return NEVER
        return Condition(key, "StringEquals", (customer,), needs=(key,)) if self._request.open else ALWAYS
