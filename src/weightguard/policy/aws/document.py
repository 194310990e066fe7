"""Policy documents: read, check and compile them once, shared by content.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and the page of each element. What the provider would
refuse is a `Problem` of the document, and grants nothing: a statement that is malformed never allows, a document that cannot be
read as a whole has no statements that allow. What in them could only deny leaves what it may concern open.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeGuard
from urllib.parse import unquote

from weightguard.memory import Memory
from weightguard.policy.aws.public import is_public
from weightguard.policy.aws.statement import Statement
from weightguard.policy.aws.statement_parser import (
    MalformedStatement,
    StatementRules,
    compile_statement,
    unclear_denial,
)
from weightguard.policy.case import Remembered

_LONGEST_DOCUMENT = 262_144
"""Bytes. No customer's policy may have a tenth of it; some of the provider's own identity policies have more than that."""
_LONGEST_RESOURCE_POLICY = 32_768
"""Bytes. Source: AWS KMS Developer Guide, "Resource quotas": the key policy document size is the largest of resource policies'."""
LONGEST_BUCKET_POLICY = 20_480
"""Bytes. Source: Amazon S3 User Guide, "Bucket policies": "Bucket policies are limited to 20 KB in size"."""

_VERSIONS = {"2012-10-17", "2008-10-17"}
_DOCUMENT_ELEMENTS = {"Version", "Id", "Statement"}


class PolicyKind(StrEnum):
    """What a policy is attached to, which decides the elements it may have and what it can do."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    TRUST = "trust"
    VPC_ENDPOINT = "vpc_endpoint"

    # A member is a text and equal to it; Enum's own hash is a call into Python for each of the millions that are looked up.
    __hash__ = str.__hash__


_RULES = {
    PolicyKind.IDENTITY: StatementRules(principal=False, resource=True),
    PolicyKind.BOUNDARY: StatementRules(principal=False, resource=True),
    PolicyKind.SESSION: StatementRules(principal=False, resource=True),
    PolicyKind.SCP: StatementRules(principal=False, resource=True),
    PolicyKind.RCP: StatementRules(principal=True, resource=True, everybody=True),
    PolicyKind.RESOURCE: StatementRules(principal=True, resource=False),
    PolicyKind.TRUST: StatementRules(principal=True, resource=False),
    PolicyKind.VPC_ENDPOINT: StatementRules(principal=True, resource=True),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a policy that the provider would refuse, or that does not do what it seems to.

    Args:
        statement: the statement's Sid or index, or None for the document as a whole.
        message: what is wrong.
        grants_nothing: whether the statement (or document) is left out because of it.
    """

    statement: str | None
    message: str
    grants_nothing: bool


class Document:
    """A policy's content, compiled. Within a memory, documents of equal content and kind are one object.

    Args:
        kind: what it is attached to.
        statements: those that can match something.
        problems: what is wrong with it.
        unread: whether the document exists but could not be read, so that anything may be in it.
    """

    __slots__ = ("_public", "kind", "matches", "problems", "statements", "unread")

    def __init__(
        self,
        kind: PolicyKind,
        statements: tuple[Statement, ...],
        problems: tuple[Problem, ...],
        *,
        unread: bool = False,
    ) -> None:
        self.kind = kind
        self.statements = statements
        self.problems = problems
        self.unread = unread
        self.matches: dict[tuple[str, str], tuple[Statement, ...]] = {}
        self._public: dict[bool, bool] = {}

    def is_public(self, *, of_access_point: bool = False) -> bool:
        """Whether it grants access to everybody in the sense of S3 Block Public Access (see `public.is_public`)."""
        found = self._public.get(of_access_point)
        if found is None:
            found = is_public(self.statements, of_access_point=of_access_point)
            self._public[of_access_point] = found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPolicy:
    """A named policy: what a decision cites, over a document that others may share.

    Args:
        name: the policy's name or ARN.
        kind: what it is attached to.
        document: its compiled content.
        memory: where it was compiled, and what is worked out from it is kept.
    """

    name: str
    kind: PolicyKind
    document: Document
    memory: Memory

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the document."""
        return self.document.problems

    @property
    def is_public(self) -> bool:
        """Whether it grants access to everybody in the sense of S3 Block Public Access."""
        return self.document.is_public()


def compile_policy(
    document: object,
    *,
    kind: PolicyKind,
    name: str,
    longest: int | None = None,
    memory: Memory | None = None,
) -> CompiledPolicy:
    """Compile a policy; never raises for what is in it.

    Args:
        document: the policy as JSON text (plain or percent-encoded) or as the parsed object.
        kind: what it is attached to.
        name: what decisions cite it by.
        longest: how many bytes the provider takes; None: as many as of any policy of its kind.
        memory: what was compiled before; None: nothing was, and the policy is the first of a memory of its own.

    Returns:
        The policy; the same object for the same arguments. `problems` says what is wrong with it.
    """
    memory = Memory() if memory is None else memory
    try:
        text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        found = _refused(kind, f"the policy is not JSON: {type(error).__name__}")
        return CompiledPolicy(name, kind, found, memory)
    return memory.once(_compiled, text, kind, name, longest, memory)


def compile_parsed(
    document: object, remembered: Remembered, *, kind: PolicyKind, name: str, longest: int | None = None
) -> CompiledPolicy:
    """As `compile_policy`, for what came out of JSON just now: it is not read a second time.

    Args:
        remembered: what was read before; it keeps this, too.
    """
    if not isinstance(document, dict):
        return compile_policy(document, kind=kind, name=name, longest=longest, memory=remembered.memory)

    written = remembered.written(document)

    def read() -> Document:
        return _of_size(document, kind, longest, None if written is None else len(written), remembered)

    def compiled() -> CompiledPolicy:
        return CompiledPolicy(name, kind, remembered.kept(written, read, kind, longest), remembered.memory)

    return remembered.kept(written, compiled, kind, longest, name)


_LONGEST_ESCAPE = 6
"""Bytes of JSON for one character, at most."""


def _of_size(
    document: Mapping[str, object],
    kind: PolicyKind,
    longest: int | None,
    written: int | None,
    remembered: Remembered,
) -> Document:
    """A document, unless it is too long.

    Args:
        written: its bytes in Python's own notation, no byte of which stands for more than six of JSON.
        remembered: statements of other documents that were read before.
    """
    most = _most(kind, longest)
    try:
        if written is None or written * _LONGEST_ESCAPE > most:
            text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
            size = len(text.encode("utf-8", "replace"))
            if size > most:
                return _too_long(kind, size, most)
        return _from_object(document, kind, remembered)
    except RecursionError:
        return _refused(kind, "the policy is nested too deeply")


def _most(kind: PolicyKind, longest: int | None) -> int:
    if longest is not None:
        return longest
    return _LONGEST_RESOURCE_POLICY if kind is PolicyKind.RESOURCE else _LONGEST_DOCUMENT


def unread_policy(*, kind: PolicyKind, name: str, memory: Memory | None = None) -> CompiledPolicy:
    """A policy that exists but could not be read: decisions hang on it instead of ignoring it."""
    memory = Memory() if memory is None else memory
    return memory.once(_unread, kind, name, memory)


def _unread(kind: PolicyKind, name: str, memory: Memory) -> CompiledPolicy:
    problem = Problem(None, "the policy could not be read", False)
    return CompiledPolicy(name, kind, Document(kind, (), (problem,), unread=True), memory)


def _compiled(text: str, kind: PolicyKind, name: str, longest: int | None, memory: Memory) -> CompiledPolicy:
    return CompiledPolicy(name, kind, memory.once(_document, text, kind, longest), memory)


def _too_long(kind: PolicyKind, size: int, most: int) -> Document:
    """A document that the provider refuses for its size: it grants nothing, and what it may deny is left open unread."""
    message = f"the policy has {size:,} bytes, and the provider takes {most:,}"
    return Document(
        kind, (unclear_denial({}, "0", message, with_variables=False),), (Problem(None, message, True),)
    )


def _refused(kind: PolicyKind, message: str) -> Document:
    return Document(kind, (), (Problem(None, message, True),))


def _document(text: str, kind: PolicyKind, longest: int | None) -> Document:
    most = _most(kind, longest)
    size = len(text.encode("utf-8", "replace")) if len(text) * _LONGEST_ESCAPE > most else 0
    if size > most:
        return _too_long(kind, size, most)
    try:
        parsed = json.loads(
            unquote(text) if text.lstrip()[:3].upper() == "%7B" else text, object_pairs_hook=_object
        )
    except RecursionError:
        return _refused(kind, "the policy is nested too deeply")
    except ValueError as error:
        return _refused(kind, f"the policy is not JSON: {error}")
    try:
        return _from_object(parsed, kind)
    except RecursionError:
        return _refused(kind, "the policy is nested too deeply")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {repeated!r} stands twice in one object")
    return result


def _from_object(parsed: object, kind: PolicyKind, remembered: Remembered | None = None) -> Document:
    if not isinstance(parsed, dict):
        return _refused(kind, "the policy is not a JSON object")
    refusal = _document_refusal(parsed)
    if refusal is not None:
        return Document(kind, tuple(_denials(parsed, refusal)), (Problem(None, refusal, True),))
    raw = parsed["Statement"]
    entries = raw if isinstance(raw, list) else [raw]
    with_variables = parsed.get("Version") == "2012-10-17"
    statements: list[Statement] = []
    problems: list[Problem] = []
    for entry, label in zip(entries, statement_labels(entries), strict=True):
        read, told = (
            _read(entry, label, kind, with_variables)
            if remembered is None
            else remembered.once(
                entry,
                partial(_read, entry, label, kind, with_variables),
                "statement",
                label,
                kind,
                with_variables,
            )
        )
        statements += read
        problems += told
    sids = [sid for entry in entries if (sid := _sid(entry))]
    if len(set(sids)) < len(sids):
        problems.extend(
            Problem(sid, "the Sid stands on several statements", False)
            for sid, count in Counter(sids).items()
            if count > 1
        )
    return Document(kind, tuple(statements), tuple(problems))


def _denies(entry: object) -> TypeGuard[Mapping[str, object]]:
    """Whether a statement could only deny, whatever else is wrong with it."""
    effect = entry.get("Effect") if isinstance(entry, dict) else None
    return isinstance(effect, str) and effect.lower() == "deny"


def _denials(parsed: Mapping[str, object], refusal: str) -> Iterator[Statement]:
    """The denials of a document that the provider would refuse as a whole."""
    raw = parsed.get("Statement")
    entries = raw if isinstance(raw, list) else [raw]
    for entry, label in zip(entries, statement_labels(entries), strict=True):
        if _denies(entry):
            yield unclear_denial(entry, label, refusal, with_variables=False)


def statement_labels(entries: Sequence[object]) -> tuple[str, ...]:
    """What each statement of a document is called: its Sid where no other statement has it, else its position from 0.

    A position that is some other statement's Sid gets a ``#`` before it, as often as it takes: no two statements of a document
    share a label, and no label means another statement than it names. ("In IAM, the Sid value must be unique within a JSON
    policy": IAM User Guide, "IAM JSON policy elements: Sid"; other services do not ask for it.)
    """
    sids = [_sid(entry) for entry in entries]
    if not any(sids):
        return tuple(map(str, range(len(sids))))
    counts = Counter(sids)
    return tuple(
        sid if sid and counts[sid] == 1 else _position(index, counts) for index, sid in enumerate(sids)
    )


def _sid(entry: object) -> str:
    sid = entry.get("Sid") if isinstance(entry, dict) else None
    return sid if isinstance(sid, str) else ""


def _position(index: int, sids: Counter[str]) -> str:
    label = str(index)
    while label in sids:
        label = f"#{label}"
    return label


def _document_refusal(parsed: Mapping[str, object]) -> str | None:
    unknown = sorted(str(name) for name in parsed if name not in _DOCUMENT_ELEMENTS)
    if unknown:
        return f"unknown element {unknown[0]!r}"
    version = parsed.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in _VERSIONS:
        return f"unknown policy version {version!r}"
    if "Statement" not in parsed:
        return "the policy has no Statement"
    if not isinstance(parsed["Statement"], list | dict):
        return "Statement is neither an object nor a list of objects"
    return None


def _read(
    entry: object, label: str, kind: PolicyKind, with_variables: bool
) -> tuple[tuple[Statement, ...], tuple[Problem, ...]]:
    """What one entry of a document says, and what is wrong with it."""
    notes: list[str] = []
    statements: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        statements = (
            compile_statement(entry, label, _RULES[kind], with_variables=with_variables, notes=notes),
        )
    except MalformedStatement as error:
        problems = (Problem(label, str(error), True),)
        if _denies(entry):
            statements = (unclear_denial(entry, label, str(error), with_variables=with_variables),)
    return statements, (*problems, *(Problem(label, note, False) for note in notes))
