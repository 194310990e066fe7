"""What in a policy tells one principal from another.

Two principals with the same policies get the same decisions, unless a policy looks at who asks: at the caller's ARN, name, id or
tags. This reads a document once for what it looks at, so that principals are told apart only where some policy does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.memory import Memory
from weightguard.policy.pattern import glob

_VARIABLE = re.compile(r"\$\{([^}*?$]+)\}")
_OWN_NAME = re.compile(
    r"^arn:[^:]*:iam::[^:]*:(user|mfa|sms-mfa|access-key)/(.*/)?\$\{aws:username\}$", re.IGNORECASE
)
_OF_THE_CALLER = (
    "aws:username",
    "aws:userid",
    "aws:principalarn",
    "aws:principaltag/",
    "aws:sourceidentity",
    "kms:granteeprincipal",
    "aws:multifactorauth",
)
_OF_ITS_ARN = ("aws:principalarn", "kms:granteeprincipal")
"""The keys that hold the caller's ARN; the second one where a caller gives a key to itself."""
_RESOURCE_TAG = re.compile(r'"((?:aws|[a-z0-9-]+):resourcetag/[^"]{1,128})"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a document looks at in its caller.

    Attributes:
        arns: values that it compares the caller's ARN with.
        tags: keys of principal tags, in lower case.
        by_name: it looks at the name, the id, or at something that only the caller itself settles.
        by_credentials: it looks at the second factor, which requests with long-term credentials say nothing of.
    """

    arns: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    by_name: bool = False
    by_credentials: bool = False

    def __or__(self, other: Sensitivity) -> Sensitivity:
        return Sensitivity(
            self.arns | other.arns,
            self.tags | other.tags,
            self.by_name or other.by_name,
            self.by_credentials or other.by_credentials,
        )

    @property
    def is_blind(self) -> bool:
        """Whether every caller with the same policies is the same to the document."""
        return not (self.arns or self.tags or self.by_name or self.by_credentials)

    def signature(self, arn: str, tags: Mapping[str, str] | None, long_term: bool = False) -> tuple[Any, ...]:
        """Equal for principals that the document cannot tell apart.

        Args:
            long_term: whether the principal is known to have long-term credentials in use.
        """
        if self.is_blind:
            return ()
        if self.by_name:
            return (arn,)
        matching = tuple(sorted(pattern for pattern in self.arns if _matches(pattern, arn)))
        held = (
            None
            if tags is None
            else tuple(sorted((key, value) for key, value in tags.items() if key.lower() in self.tags))
        )
        return (matching, held, self.by_credentials and long_term)


BLIND = Sensitivity()


def _matches(pattern: str, arn: str) -> bool:
    return glob(pattern).matches(arn)


def sensitivity(document: Mapping[str, Any] | str | None, memory: Memory) -> Sensitivity:
    """What a document looks at. A document that cannot be parsed grants nothing and looks at nothing."""
    text = document if isinstance(document, str) else json.dumps(document, sort_keys=True)
    return memory.once(_of_text, text)


def _of_text(text: str) -> Sensitivity:
    lowered = text.lower()
    if "${" not in text and not any(key in lowered for key in _OF_THE_CALLER):
        return BLIND
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return BLIND
    found = BLIND
    for statement in statements_of(parsed):
        found |= told_by(statement)
    return found


def statements_of(parsed: object) -> Iterator[Mapping[str, Any]]:
    """The statements of a parsed document, as far as they are objects."""
    entries = parsed.get("Statement") if isinstance(parsed, Mapping) else None
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, Mapping):
            yield entry


def told_by(statement: Mapping[str, Any]) -> Sensitivity:
    """What a statement looks at in its caller."""
    found = BLIND
    for element in ("Resource", "NotResource"):
        for value in texts_of(statement.get(element)):
            # A statement about one's own user concerns nobody else, and is asked about apart (see `PrincipalGroup.on_itself`).
            if _VARIABLE.search(value) and not (element == "Resource" and _OWN_NAME.match(value)):
                found |= _of_variables(value)
    conditions = statement.get("Condition")
    for tests in conditions.values() if isinstance(conditions, Mapping) else ():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            found |= _of_test(str(key), texts_of(values))
    return found


def _of_test(key: str, values: list[str]) -> Sensitivity:
    found = BLIND
    for value in values:
        if _VARIABLE.search(value):
            found |= _of_variables(value)
    lowered = key.lower()
    if lowered in _OF_ITS_ARN:
        return found | Sensitivity(arns=frozenset(values))
    if lowered.startswith("aws:multifactorauth"):
        return found | Sensitivity(by_credentials=True)
    if lowered.startswith("aws:principaltag/"):
        return found | Sensitivity(tags=frozenset({lowered.removeprefix("aws:principaltag/")}))
    return found | Sensitivity(by_name=lowered in _OF_THE_CALLER)


def _of_variables(value: str) -> Sensitivity:
    found = BLIND
    for name in _VARIABLE.findall(value):
        key = name.partition(",")[0].strip().lower()
        if key.startswith("aws:principaltag/"):
            found |= Sensitivity(tags=frozenset({key.removeprefix("aws:principaltag/")}))
        elif key not in ("aws:principalaccount", "aws:principalorgid", "aws:principaltype"):
            found |= Sensitivity(by_name=True)
    return found


def texts_of(value: object) -> list[str]:
    """The texts of an element that may be one or a list."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]


def patterns_of(statement: Mapping[str, Any]) -> frozenset[str]:
    """The values of Resource and NotResource, with policy variables as ``*``; and ``*`` where there is a NotResource."""
    found: set[str] = set()
    for element in ("Resource", "NotResource"):
        values = texts_of(statement.get(element))
        found.update(_VARIABLE.sub("*", value) for value in values)
        if values and element == "NotResource":
            found.add("*")
    return frozenset(found)


def looks_at_grants(document: Mapping[str, Any] | str | None) -> bool:
    """Whether a document looks at whom or what a grant of a key is made for."""
    text = document if isinstance(document, str) else json.dumps(document)
    return "kms:gran" in text.lower()


def looks_at_aliases(document: Mapping[str, Any] | str | None) -> bool:
    """Whether a document looks at the aliases of the key that is asked for."""
    text = document if isinstance(document, str) else json.dumps(document)
    return "kms:resourcealiases" in text.lower()


def tags_of(text: str) -> frozenset[str]:
    """The context keys of resource tags that a statement's text looks at, in lower case."""
    return frozenset(found.lower() for found in _RESOURCE_TAG.findall(text))
