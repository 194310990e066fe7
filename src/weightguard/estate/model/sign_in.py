"""What an account asks of those who sign in to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What passwords must be.

    Attributes:
        minimum_length: 0 where the policy says nothing.
        remembered: how many earlier passwords are refused.
    """

    minimum_length: int = 0
    remembered: int = 0
