"""The only way to an API: declared operations, every call recorded with what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from weightguard.collect.aws.answer import EXPIRED, GONE, Answer, classify, plain
from weightguard.collect.aws.breaker import Breaker
from weightguard.collect.aws.connections import Connections, Malformed, Wordless
from weightguard.collect.aws.operation import Operation
from weightguard.collect.aws.paging import Walk, merge
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call, Outcome, utc_now

Transform = Callable[[Any], Mapping[str, Any]]
Check = Callable[[Mapping[str, Any]], str | None]

# What the SDK lets out when an answer breaks its parser in a way that it did not foresee.
_PARSER_ERRORS = (AttributeError, KeyError, IndexError, TypeError, ValueError)


class Undeclared(AssertionError):
    """A call to an operation that nothing declares: a mistake in the collector itself."""


class Caller:
    """Calls one account's APIs.

    Args:
        connections: the account's clients.
        scope: ``aws/<account id>``, as calls.jsonl names it.
        declared: the operations that may be called.
        record: takes each call; called from any thread.
    """

    def __init__(
        self,
        connections: Connections,
        scope: str,
        declared: frozenset[Operation],
        record: Callable[[Call], None],
    ) -> None:
        self.connections = connections
        self.scope = scope
        self._declared = declared
        self._record = record
        self._breaker = Breaker()

    def ask(
        self,
        operation: Operation,
        *,
        region: str | None = None,
        resource: str | None = None,
        transform: Transform | None = None,
        **parameters: Any,
    ) -> Answer:
        """Make a call; of a paged one, every page, its lists joined.

        Args:
            operation: a declared operation.
            region: where; None for global services, which are asked in the home region.
            resource: the ARN or id that the call is about, for calls.jsonl; None for listings.
            transform: turns the raw answer into what is kept (to read a body's stream inside the call's guard).
            parameters: the API's own parameters.
        """
        if operation.paged:
            return self._all_pages(operation, region=region, resource=resource, **parameters)
        answer, attempts = self._guarded(operation, region, parameters, transform, resource)
        self._note(operation, region, resource, answer, attempts)
        return answer

    def list(
        self,
        operation: Operation,
        *,
        region: str | None = None,
        resource: str | None = None,
        **parameters: Any,
    ) -> list[Any]:
        """The entries of a listing: all of them, or those read before it broke off (calls.jsonl says which)."""
        answer = self.ask(operation, region=region, resource=resource, **parameters)
        return [entry for member in operation.entries for entry in answer.data.get(member) or []]

    def distrust(self, operation: Operation, region: str | None, why: str) -> None:
        """Note that a listing that seemed answered is not complete after all."""
        self._note(operation, region, None, Answer("failed", code=Malformed.__name__, message=why), 0)

    def pages(
        self,
        operation: Operation,
        *,
        region: str | None = None,
        resource: str | None = None,
        check: Check | None = None,
        **parameters: Any,
    ) -> Iterator[Answer]:
        """The pages of a listing one by one. The last is not ok when the listing broke off.

        Args:
            check: says of a page why the listing cannot be trusted, or None.
        """
        walk = Walk(self.connections.page_model(operation.service, operation.name))
        if operation.page_size and walk.model.limit:
            parameters = {walk.model.limit: operation.page_size} | parameters
        while not walk.finished:
            answer, attempts = self._guarded(operation, region, parameters | walk.parameters, None, resource)
            fault = (walk.step(answer.data) or (check(answer.data) if check else None)) if answer.ok else None
            if fault:
                answer = Answer("failed", answer.data, fault, "the listing does not page as documented")
            self._note(operation, region, resource, answer, attempts)
            yield answer
            if not answer.ok:
                return

    def _all_pages(
        self, operation: Operation, *, region: str | None, resource: str | None, **parameters: Any
    ) -> Answer:
        merged: dict[str, Any] = {}
        last = Answer("ok")
        for last in self.pages(operation, region=region, resource=resource, **parameters):
            merge(merged, last.data)
        return Answer(last.outcome, merged, last.code, last.message, operation.keeps, last.gone)

    def _guarded(
        self,
        operation: Operation,
        region: str | None,
        parameters: Mapping[str, Any],
        transform: Transform | None,
        about: str | None,
    ) -> tuple[Answer, int]:
        if operation not in self._declared:
            raise Undeclared(f"{operation.id} is not declared")
        key = (operation.service, region, operation.name)
        refused = self._breaker.refuses(key)
        if refused is not None:
            return refused, 0
        answer, attempts = self._once(operation, region, parameters, transform, about)
        if answer.code == Malformed.__name__:
            # The SDK retries what fails on the way, not what arrives broken; a cut answer is worth one more try.
            answer, again = self._once(operation, region, parameters, transform, about)
            attempts += again
        self._breaker.note(key, answer)
        return answer, attempts

    def _once(
        self,
        operation: Operation,
        region: str | None,
        parameters: Mapping[str, Any],
        transform: Transform | None,
        about: str | None,
    ) -> tuple[Answer, int]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
        from urllib3.exceptions import HTTPError

        try:
            client = self.connections.client(operation.service, region)
            raw = getattr(client, xform_name(operation.name))(**parameters)
            attempts = _attempts(raw)
            data = transform(raw) if transform else raw
            return _shaped(operation, data), attempts
        except ClientError as error:
            if error.operation_name != operation.name:
                raise self._no_credentials(error) from error
            return _refusal(operation, error.response, about), _attempts(error.response)
        except Wordless as error:
            code = str(error.status)
            return Answer(classify(code, error.status, frozenset()), code=code, message=str(error)), 1
        except (Malformed, ResponseParserError) as error:
            return Answer("failed", code=Malformed.__name__, message=plain(error)), 1
        except (BotoCoreError, HTTPError) as error:
            if isinstance(error, _without_credentials()):
                raise self._no_credentials(error) from error
            code = type(error).__name__
            outcome: Outcome = "absent" if code in operation.absent else "failed"
            return Answer(outcome, code=code, message=plain(error)), 1
        except OSError as error:
            # A file that the credentials come from: the SDK reads it when the first request is signed.
            raise self._no_credentials(error) from error
        except _PARSER_ERRORS as error:
            return Answer(
                "failed", code=Malformed.__name__, message=plain(f"{type(error).__name__}: {error}")
            ), 1

    def _no_credentials(self, error: Exception) -> CredentialsError:
        """What keeps the SDK from signing requests: an obstacle of the caller's, never a property of the estate."""
        role = self.connections.configured_role
        if role is not None:
            line, fix = (
                "the role of the AWS profile cannot be assumed",
                "check its trust policy, or sign in again",
            )
            return CredentialsError(line, where=f"sts:AssumeRole {role}: {plain(error)}", fix=fix)
        if isinstance(error, OSError) and error.filename:
            where = f"{error.filename}: {error.strerror}"
            return CredentialsError("a file of the AWS credentials cannot be read", where=where)
        return CredentialsError("the AWS credentials cannot be used", where=plain(error), fix="sign in again")

    def _note(
        self, operation: Operation, region: str | None, resource: str | None, answer: Answer, attempts: int
    ) -> None:
        self._record(
            Call(
                service=operation.service,
                operation=operation.name,
                scope=self.scope,
                outcome=cast(Outcome, answer.outcome),  # nothing that was called is skipped
                time=utc_now(),
                region=region,
                resource=resource,
                code=answer.code,
                message=answer.message,
                attempts=attempts,
            )
        )


@cache
def _without_credentials() -> tuple[type[Exception], ...]:
    """What the SDK raises when it has no credentials, or cannot renew them."""
    from botocore import exceptions

    return (
        exceptions.CredentialRetrievalError,
        exceptions.InfiniteLoopConfigError,
        exceptions.InvalidConfigError,
        exceptions.MetadataRetrievalError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.RefreshWithMFAUnsupportedError,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.UnknownCredentialError,
    )


def _shaped(operation: Operation, raw: Mapping[str, Any]) -> Answer:
    data = {name: to_json(value) for name, value in raw.items() if name != "ResponseMetadata"}
    missing = [name for name in operation.required if name not in data]
    if missing:
        return Answer("failed", code=Malformed.__name__, message=f"the answer lacks {', '.join(missing)}")
    broken = [name for name in operation.documents if not _is_document(data[name])]
    if broken:
        return Answer("failed", code=Malformed.__name__, message=f"{', '.join(broken)} is no JSON document")
    return _identified(operation, data) if operation.entries else Answer("ok", data, keeps=operation.keeps)


def _is_document(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False


def _identified(operation: Operation, data: dict[str, Any]) -> Answer:
    """A listing keeps the entries that say what they are; one that has others is not complete."""
    lost = 0
    for member in operation.entries:
        entries = data.get(member)
        if entries is not None:
            data[member] = [entry for entry in entries if _has_identity(entry, operation.identity)]
            lost += len(entries) - len(data[member])
    if not lost:
        return Answer("ok", data, keeps=operation.keeps)
    message = f"{lost} entries lack {' or '.join(operation.identity)}"
    return Answer("failed", data, Malformed.__name__, message)


def _has_identity(entry: Any, identity: tuple[str, ...]) -> bool:
    if not identity:
        return isinstance(entry, str) and bool(entry)
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), str) and entry[name] for name in identity
    )


def _refusal(operation: Operation, response: Mapping[str, Any], about: str | None) -> Answer:
    error = response.get("Error") or {}
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    code = plain(error.get("Code") or status or "Unknown")
    if code in EXPIRED:
        # Everything after this would be refused too: stop while the snapshot can still be resumed.
        raise CredentialsError("the AWS credentials have expired", where=operation.id, fix="sign in again")
    message = plain(error.get("Message") or error.get("message") or "")
    if about and code in GONE and code not in operation.absent and (status is None or 400 <= status < 500):
        # Between the listing and this read somebody deleted it: nothing is known of it, and nothing is missing.
        return Answer("absent", code=code, message=message, gone=True)
    if any(words in message for words in operation.absent_messages):
        return Answer("absent", code=code, message=message)
    return Answer(classify(code, status, operation.absent), code=code, message=message or None)


def _attempts(response: Mapping[str, Any]) -> int:
    retries = (response.get("ResponseMetadata") or {}).get("RetryAttempts", 0)
    return int(retries) + 1


def to_json(value: Any) -> Any:
    """An SDK's value as JSON has it: times in ISO-8601 UTC, bytes as their text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value
