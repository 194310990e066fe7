"""Who is in which set of principals, looked up from either end.

Most groups hold people, accounts and other groups of known members: whoever is in one is found from below, by the sets that hold a
name. What holds anything else (a domain, a group that nobody could read) says of each who asks whether it means them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

EVERYBODY, SIGNED_IN = "allUsers", "allAuthenticatedUsers"
CONVENIENCE: Final = {
    "projectOwner:": "roles/owner",
    "projectEditor:": "roles/editor",
    "projectViewer:": "roles/viewer",
}
_ONE: Final = ("user:", "serviceAccount:", "principal://", "deleted:")
"""How members begin that mean nobody but who is called so."""
_APART: Final = (EVERYBODY, SIGNED_IN, "deleted:", *CONVENIENCE)
"""How names begin that mean something of their own, whatever holds members by that name."""


_OTHER_NOTATION: Final = (
    ("principal://goog/subject/", "user:"),
    ("principal://iam.googleapis.com/projects/-/serviceAccounts/", "serviceAccount:"),
    ("principalSet://goog/group/", "group:"),
)


def canonical(member: str) -> str:
    """A principal or a set of them in the notation of allow policies; e-mail addresses in lower case, as IAM keeps them."""
    if member == "principalSet://goog/public:all":
        return EVERYBODY
    if member.startswith("principal"):
        for other, own in _OTHER_NOTATION:
            if member.startswith(other):
                member = own + member.removeprefix(other)
    kind, colon, name = member.partition(":")
    return f"{kind}:{name.lower()}" if colon and "@" in name and not name.startswith("//") else member


class Groups(Mapping[str, tuple[str, ...] | None]):
    """Sets of principals by name; None: nobody could read whom it holds.

    Args:
        held: group -> whom it holds, both in the notation of allow policies.
    """

    __slots__ = ("_certain", "_held", "_holders", "_told")

    def __init__(self, held: Mapping[str, tuple[str, ...] | None]) -> None:
        self._held = held
        self._holders: dict[str, list[str]] | None = None
        self._certain: dict[str, frozenset[str]] = {}
        self._told: dict[str, bool] = {}

    def __getitem__(self, name: str) -> tuple[str, ...] | None:
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held

    def get(self, name: str, otherwise: object = None) -> tuple[str, ...] | None:
        """Whom a set holds; None where nobody knows."""
        return self._held.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def certain(self, written: str) -> frozenset[str]:
        """As whom somebody is known by name alone: themselves, the sets that hold them, everybody."""
        found = self._certain.get(written)
        if found is None:
            found = self._certain[written] = self._known_as(canonical(written))
        return found

    def _known_as(self, member: str) -> frozenset[str]:
        if member == EVERYBODY:
            return frozenset((EVERYBODY,))
        found = {member, EVERYBODY, *self._upwards(member)}
        # Whoever signs in elsewhere has no Google account.
        return frozenset(found if member.startswith("principal") else {*found, SIGNED_IN})

    def _upwards(self, member: str) -> set[str]:
        if self._holders is None:
            self._holders = {}
            for group, inside in self._held.items():
                for one in inside or () if not group.startswith(_APART) else ():
                    self._holders.setdefault(one, []).append(group)
        found: set[str] = set()
        waiting = list(self._holders.get(member, ()))
        while waiting:
            group = waiting.pop()
            if group not in found:
                found.add(group)
                waiting += self._holders.get(group, ())
        return found

    def tells(self, member: str) -> bool:
        """Whether names alone tell whom a member of a policy means: one principal, or a set of such."""
        found = self._told.get(member)
        if found is None:
            found = self._told[member] = all(map(self._is_plain, self._inside(member)))
        return found

    def _inside(self, member: str) -> set[str]:
        """A member and everything that it holds, sets that hold sets opened."""
        found = {member}
        waiting = [member]
        while waiting:
            for one in self._held.get(waiting.pop()) or ():
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return found

    def _is_plain(self, member: str) -> bool:
        if member.startswith(_APART):
            return member.startswith("deleted:")
        return self._held[member] is not None if member in self._held else member.startswith(_ONE)
