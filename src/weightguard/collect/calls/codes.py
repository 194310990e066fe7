"""What a provider's error codes mean: which of them refuse, which say "too often", which say that something is gone."""

from __future__ import annotations

from dataclasses import dataclass

from weightguard.collect.calls.answer import Answer, Outcome, plain
from weightguard.collect.calls.operation import Operation
from weightguard.errors import CredentialsError

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as its provider told it, whatever the SDK wrapped it in.

    Attributes:
        code: the provider's error code; the HTTP status as text where the body names none.
        status: the HTTP status; None where there is none.
        message: the provider's own words.
    """

    code: str
    status: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Codes:
    """The error codes of one provider.

    Attributes:
        provider: its name in words, for an error that ends the collection.
        denied: the caller may not; whatever their HTTP status.
        throttled: not now; likewise.
        not_refused: errors with HTTP status 401 or 403 that are no matter of permission.
        gone: what is answered about something that was there when it was listed and is no more.
        expired: the session has ended: everything after this would be refused too.
        skewed: the caller's clock is wrong: likewise.
        unreachable: the SDK's names for an endpoint that does not answer.
    """

    provider: str
    denied: frozenset[str] = _NONE
    throttled: frozenset[str] = _NONE
    not_refused: frozenset[str] = _NONE
    gone: frozenset[str] = _NONE
    expired: frozenset[str] = _NONE
    skewed: frozenset[str] = _NONE
    unreachable: frozenset[str] = _NONE

    def outcome(self, code: str, status: int | None, absent: frozenset[str]) -> Outcome:
        """Name the outcome of an error answer.

        Args:
            absent: the codes that mean "not configured" for the operation.
        """
        if code in self.throttled or status == 429:
            return "throttled"
        if code in self.denied:
            return "denied"
        if code in absent and _is_clients(status):
            return "absent"
        return "denied" if status in (401, 403) and code not in self.not_refused else "failed"

    def answer(self, operation: Operation, fault: Fault, *, about: str | None) -> Answer:
        """The answer that an error is.

        Args:
            about: the thing that was asked about; None for a listing.

        Raises:
            CredentialsError: the session has ended, or the clock is wrong; the snapshot can still be resumed.
        """
        code, message = plain(fault.code), plain(fault.message or "")
        if code in self.expired:
            line = f"the {self.provider} credentials have expired"
            raise CredentialsError(line, where=operation.id, fix="sign in again")
        if code in self.skewed:
            line = f"the clock of this machine is wrong: {self.provider} does not take its requests"
            raise CredentialsError(line, where=f"{operation.id} {code}", fix="set the clock")
        if about and code in self.gone and code not in operation.absent and _is_clients(fault.status):
            # Between the listing and this read somebody deleted it: nothing is known of it, and nothing is missing.
            return Answer("absent", code=code, message=message, gone=True)
        if any(words in message for words in operation.absent_messages):
            return Answer("absent", code=code, message=message)
        outcome = self.outcome(code, fault.status, operation.absent)
        return Answer(outcome, code=code, message=message or None)


def _is_clients(status: int | None) -> bool:
    """Whether the error may be about the request, and is not the server's own."""
    return status is None or 400 <= status < 500
