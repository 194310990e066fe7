"""What the graph asks of a provider's package: its links, its stores, and what can be taken away to close a way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

OPEN_DOOR: Final = "AuthType NONE"
"""The statement of a reason that is a workload's own setting: it asks its callers for no credentials."""
SHARED: Final = "shared"
"""The statement of a reason that is a disk's own setting: it is shared with everybody, or with another account."""
WHOLE: Final = "*"
"""The statement of a unit that takes a whole policy away."""


class UnitKind(StrEnum):
    """What sort of thing is taken away."""

    STATEMENT = "statement"
    ATTACHMENT = "attachment"
    GRANT = "grant"
    ACL = "acl"
    SETTING = "setting"


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One removable thing.

    Attributes:
        rank: among equally small sets, what to touch first: an actor's own permission (0), what lets an actor in (1), what lets a
            service work (2).
        holder: whose policy it is: a principal, a group, a store, a key.
        policy: the policy's id, or the grant's.
        statement: its label; ``*`` where the whole policy is detached, or a grant revoked.
        words: the change, as somebody is told to make it.
        taken: (element, value) of each value that is taken out of a list of the statement, ``Principal.AWS`` or ``Action`` and
            the like; empty where the whole statement goes.
        locked: True for a statement that must not go as a whole.
    """

    rank: int
    holder: str
    policy: str
    statement: str
    words: str
    kind: UnitKind = UnitKind.STATEMENT
    taken: tuple[tuple[str, str], ...] = ()
    locked: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """What is changed: equal for whatever is done to one statement."""
        return self.holder, self.policy, self.statement
