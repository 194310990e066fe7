"""What techniques and stores of Google Cloud may ask: what is worked out once for an estate, and nothing of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from weightguard.access.gcp.candidates import Candidates
from weightguard.access.gcp.decisions import Decisions
from weightguard.access.gcp.federation import Federation
from weightguard.access.gcp.policies import Source
from weightguard.access.gcp.ways import WhoMay
from weightguard.estate.model import Estate

ENABLE: Final = "iam.serviceAccounts.enable"


@dataclass(frozen=True, slots=True)
class Context:
    """An estate, prepared for questions.

    Attributes:
        estate: everything that the snapshots say exists.
        source: its policies, with the names that the estate knows them by.
        who: answers who may do what.
        federation: which identities pools vouch for.
    """

    estate: Estate
    source: Source
    who: WhoMay
    federation: Federation


def context_of(estate: Estate) -> Context:
    """The context of an estate."""
    source = Source(estate)
    policies = source.policies()
    federation = Federation(estate)
    vouched_by_none = {
        member
        for rows in policies.bindings.values()
        for row in rows
        for member in row.members
        if not federation.may_be(member)
    }
    decisions = Decisions(estate.collected_at, source.ids, source.organisations)

    def who(asleep: frozenset[str]) -> WhoMay:
        candidates = Candidates(policies, source.projects, asleep | vouched_by_none)
        return WhoMay(source, policies, decisions, candidates)

    found = who(source.disabled)
    woken = {one for one in source.disabled if found.may(ENABLE, source.account(one))}
    return Context(estate, source, who(source.disabled - woken) if woken else found, federation)
