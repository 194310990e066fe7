"""The answers as the public JSON of ``who-can``, ``paths`` and ``cut``."""

from __future__ import annotations

from typing import Any

from weightguard.access.model import Answer, Change, Cut, Hop, Paths, WhoCan
from weightguard.access.wording import all_worded
from weightguard.estate.fact import Unknown
from weightguard.estate.limit import in_play


def hop_json(hop: Hop) -> dict[str, Any]:
    """One hop; its conditions are there where it hangs on some."""
    found: dict[str, Any] = {
        "from": hop.origin,
        "to": hop.target,
        "how": hop.how,
        "because": [{"policy": one.policy, "statement": one.statement} for one in hop.because],
    }
    if hop.conditions:
        found["conditions"] = list(all_worded(hop.conditions))
    return found


def answer_json(answer: Answer) -> dict[str, Any]:
    """One principal and its path."""
    return {
        "principal": answer.principal,
        "kind": answer.kind,
        "certainty": answer.certainty,
        "direct": answer.direct,
        "conditions": list(all_worded(answer.conditions)),
        "path": [hop_json(hop) for hop in answer.path],
    }


def gap_json(gap: Unknown) -> dict[str, Any]:
    """What could not be read, why, and where it would have stood."""
    return {
        "call": gap.source.call,
        "reason": gap.reason.value,
        "code": gap.code,
        "where": gap.source.where,
    }


def who_can_json(found: WhoCan, store: str | None = None) -> dict[str, Any]:
    """The answer to ``who-can``; `store` as it was asked about, where that says more than the store's id."""
    return {
        "access": found.access.value,
        "store": store or found.store,
        "complete": found.complete,
        "answers": [answer_json(answer) for answer in found.answers],
        "gaps": [gap_json(gap) for gap in found.gaps],
        "limits": [limit.as_json() for limit in found.limits],
    }


def paths_json(access: str, store: str, principal: str, found: Paths, who: WhoCan) -> dict[str, Any]:
    """The answer to ``paths``."""
    limits = (*who.limits, *found.limits)
    return {
        "access": access,
        "store": store,
        "from": principal,
        "complete": who.complete and not in_play(found.limits),
        "paths": [[hop_json(hop) for hop in path] for path in found],
        "gaps": [gap_json(gap) for gap in who.gaps],
        "limits": [limit.as_json() for limit in limits],
    }


def change_json(change: Change) -> dict[str, Any]:
    """One change, whose paths it closes, the policy as it is to stand, and whom it costs their access."""
    return {
        "principal": change.principal,
        "remove": change.remove,
        "policy": change.policy,
        "statement": change.statement,
        "closes": list(change.closes),
        "after": change.after,
        "costs": list(change.costs),
    }


def cut_json(found: Cut, store: str | None = None) -> dict[str, Any]:
    """The answer to ``cut``."""
    return {
        "access": found.access.value,
        "store": store or found.store,
        "complete": found.complete,
        "changes": [change_json(change) for change in found.changes],
        "left": list(found.left),
        "gaps": [gap_json(gap) for gap in found.gaps],
        "limits": [limit.as_json() for limit in found.limits],
    }
