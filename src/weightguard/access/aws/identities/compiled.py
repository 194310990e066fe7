"""Policies compiled so that what cannot be understood in them stays in sight.

The engine leaves a malformed statement out, as the provider would refuse it. But the provider accepted what a snapshot holds: a
condition that cannot be understood is then one that nobody here knows yet, and the statement holds under that condition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from weightguard.memory import Memory
from weightguard.policy.aws import CompiledPolicy, PolicyKind, compile_policy, unread_policy

_OF_CALLERS: Final = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SCP})
_LONGEST: Final = 120
"""Characters of a condition that an answer repeats."""


def understood(
    document: Mapping[str, Any] | str, kind: PolicyKind, name: str, memory: Memory
) -> CompiledPolicy:
    """The policy; statements whose condition alone is malformed hang on that condition, whatever it says.

    A policy of a caller's that cannot be read as a whole is one that nobody read: it may allow and deny anything. What a store's or
    a key's may say is told by its place, as for one that was refused.
    """
    found = compile_policy(document, kind=kind, name=name, memory=memory)
    if not is_malformed(found):
        return found
    if kind in _OF_CALLERS and any(one.statement is None and one.grants_nothing for one in found.problems):
        return unread_policy(kind=kind, name=name, memory=memory)
    text = document if isinstance(document, str) else json.dumps(document)
    return compile_policy(memory.once(_opened, text, kind), kind=kind, name=name, memory=memory)


def is_malformed(policy: CompiledPolicy) -> bool:
    """Whether the policy, or some statement of it, was left out because it cannot be understood."""
    return any(problem.grants_nothing for problem in policy.problems)


def parsed(document: Mapping[str, Any] | str | None) -> object:
    """The document as an object; None where its text is no JSON: nothing can be read from it, or taken out of it."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def _opened(text: str, kind: PolicyKind) -> str:
    document = parsed(text)
    if not isinstance(document, Mapping):
        return text
    return json.dumps({**document, "Statement": list(_rows(document, kind))})


def _rows(document: Mapping[str, Any], kind: PolicyKind) -> Iterator[object]:
    rows = document.get("Statement")
    for row in rows if isinstance(rows, list) else [rows]:
        alone = compile_policy({**document, "Statement": [row]}, kind=kind, name="")
        if is_malformed(alone) and isinstance(row, Mapping) and "Condition" in row:
            yield {**row, "Condition": _not_understood(row["Condition"])}
        else:
            yield row


def _not_understood(condition: object) -> dict[str, Any]:
    """A condition on something that no request tells."""
    words = json.dumps(condition)
    short = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."
    return {"Bool": {f"the condition {short}, which cannot be understood,": "true"}}
