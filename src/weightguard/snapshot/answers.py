"""Answers of a provider as a snapshot records them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.snapshot.secrets import scrub, without_secrets

MESSAGE_CHARACTERS: Final = 300


def bare(answer: Any) -> Any:
    """An answer without what the SDK says about the call."""
    if isinstance(answer, Mapping) and "ResponseMetadata" in answer:
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    return answer


def clean_read(read: Mapping[str, Any]) -> dict[str, Any]:
    """A read as it is recorded: what it answered, or why it did not, without secrets."""
    cleaned = {name: value for name, value in read.items() if value is not None}
    if "data" in cleaned:
        cleaned["data"] = without_secrets(bare(cleaned["data"]))
    for name in ("message", "why"):
        if name in cleaned:
            cleaned[name] = scrub(str(cleaned[name]))[:MESSAGE_CHARACTERS]
    return cleaned
