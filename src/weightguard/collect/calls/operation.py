"""What a collector may call: operations declared as data, and nothing else.

Every call goes through a provider's caller, which takes an `Operation` that one of the provider's service modules declares. The
least-privilege policy, the contract tests and the words of a gap are all read from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One read operation of one service.

    Attributes:
        service: the SDK's client name (``s3control``).
        name: the API operation (``GetPublicAccessBlock``).
        permissions: what allows it, as the provider's policies name it, which is not always like the API (on AWS: Service
            Authorization Reference).
        hides: what could be there, unseen, when this read is refused; ends the sentence "... could hide".
        absent: error codes by which the provider says "not configured". Anything else that is not an answer is a gap.
        absent_messages: words by which a provider that has no code for it says the same (Macie refuses while it is off).
        required: members that the documentation promises in every answer; one without them is malformed.
        documents: members that hold a JSON document as text; one cut short is malformed.
        entries: of a listing, the members that hold what was listed.
        identity: members that every listed entry has, as text (none: entries are texts); without them the listing is malformed.
        paged: whether the answer comes in pages.
        page_size: entries to ask for per page, where the default is small.
        keeps: the fields that a reader of the estate asks for, dotted, lists opened; of a listing, those of an entry. ``.*`` keeps
            all below (a policy document, tags). Nothing else of an answer enters a snapshot.
        reads_only: False for the two operations that are not named like a read (see ADR 0401).
    """

    service: str
    name: str
    permissions: tuple[str, ...]
    hides: str
    absent: frozenset[str] = frozenset()
    absent_messages: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    paged: bool = False
    page_size: int | None = None
    keeps: tuple[str, ...] = ()
    reads_only: bool = True

    @property
    def id(self) -> str:
        """``service:Operation``, as a gap and a fact's source name it."""
        return f"{self.service}:{self.name}"
