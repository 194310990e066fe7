"""What the starting points of a red-team protocol ask of a provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weightguard.estate.model import Estate, Principal


@dataclass(frozen=True, slots=True)
class Casting:
    """Whom an attacker may start as on one provider.

    Attributes:
        roots: for an estate, the name under which an account's own all-powerful user acts, by the account's id.
        handed_to_code: whether a service of the provider hands a principal's credentials to code that it runs, builds left out.
        signs_in: whether people take a role up by signing in.
        may_do_anything: whether a principal's own policies let it do anything.
    """

    roots: Callable[[Estate], Callable[[str], str]]
    handed_to_code: Callable[[Principal], bool]
    signs_in: Callable[[Principal], bool]
    may_do_anything: Callable[[Principal], bool]
