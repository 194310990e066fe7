"""The only way to AWS: what its SDK answers or raises, as answers that `weightguard.collect.calls` guards and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from weightguard.collect.aws.codes import CODES, DOUBTFUL, UNREACHABLE
from weightguard.collect.aws.connections import Connections, Malformed, Wordless
from weightguard.collect.calls.answer import MALFORMED, Answer, Outcome, plain
from weightguard.collect.calls.breaker import Breaker
from weightguard.collect.calls.calls import Ask, Calls, Check, Question, joined
from weightguard.collect.calls.codes import Fault
from weightguard.collect.calls.operation import Operation
from weightguard.collect.calls.shape import shaped
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call

Transform = Callable[[Any], Mapping[str, Any]]

# What the SDK lets out when an answer breaks its parser in a way that it did not foresee.
_PARSER_ERRORS = (AttributeError, KeyError, IndexError, TypeError, ValueError)


_IDENTITY = "sts:GetCallerIdentity"


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
        self._calls = Calls(scope, declared, record, Breaker(UNREACHABLE))

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
            found = self.pages(operation, region=region, resource=resource, **parameters)
            return joined(found, operation.keeps)
        question = Question(operation, region, resource)
        return self._calls.ask(question, self._request(question, parameters, transform))

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
        self._calls.distrust(Question(operation, region), why)

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
        model = self.connections.page_model(operation.service, operation.name)
        if operation.page_size and model.limit:
            parameters = {model.limit: operation.page_size} | parameters
        question = Question(operation, region, resource)
        return self._calls.pages(question, self._request(question, parameters), model.read, check)

    def _request(
        self, question: Question, parameters: Mapping[str, Any], transform: Transform | None = None
    ) -> Ask:
        def ask(more: Mapping[str, Any]) -> tuple[Answer, int]:
            answer, attempts = self._once(question, {**parameters, **more}, transform)
            if answer.code in DOUBTFUL:
                self._check_credentials(question)
            return answer, attempts

        return ask

    def _check_credentials(self, question: Question) -> None:
        """Asks who the caller is, where something refuses the credentials themselves.

        Raises:
            CredentialsError: they are accepted nowhere any more. What was refused is then no property of the estate.
        """
        asked = next((one for one in self._calls.declared if one.id == _IDENTITY), None)
        if asked is None or question.operation is asked:
            return
        answer, attempts = self._once(Question(asked), {}, None)
        if answer.code in DOUBTFUL:
            self._calls.note(Question(asked), answer, attempts)
            raise CredentialsError(
                f"AWS does not accept the credentials any more ({answer.code})",
                where=question.operation.id,
                fix="sign in again",
            )

    def _once(
        self, question: Question, parameters: Mapping[str, Any], transform: Transform | None
    ) -> tuple[Answer, int]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
        from urllib3.exceptions import HTTPError

        operation = question.operation
        try:
            client = self.connections.client(operation.service, question.region)
            raw = getattr(client, xform_name(operation.name))(**parameters)
            attempts = _attempts(raw)
            data = transform(raw) if transform else raw
            return shaped(operation, _bare(data)), attempts
        except ClientError as error:
            if error.operation_name != operation.name:
                raise self._no_credentials(error) from error
            answer = CODES.answer(operation, _fault(error.response), about=question.resource)
            return answer, _attempts(error.response)
        except Wordless as error:
            code = str(error.status)
            outcome = CODES.outcome(code, error.status, frozenset())
            return Answer(outcome, code=code, message=str(error)), 1
        except (Malformed, ResponseParserError) as error:
            return Answer("failed", code=MALFORMED, message=plain(error)), 1
        except (BotoCoreError, HTTPError) as error:
            if isinstance(error, _without_credentials()):
                raise self._no_credentials(error) from error
            code = type(error).__name__
            known: Outcome = "absent" if code in operation.absent else "failed"
            return Answer(known, code=code, message=plain(error)), 1
        except OSError as error:
            # A file that the credentials come from: the SDK reads it when the first request is signed.
            raise self._no_credentials(error) from error
        except _PARSER_ERRORS as error:
            return Answer("failed", code=MALFORMED, message=plain(f"{type(error).__name__}: {error}")), 1

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


def _bare(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what the SDK adds of the transport."""
    return {name: value for name, value in raw.items() if name != "ResponseMetadata"}


def _fault(response: Mapping[str, Any]) -> Fault:
    error = response.get("Error") or {}
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    message = error.get("Message") or error.get("message")
    return Fault(str(error.get("Code") or status or "Unknown"), status, message)


def _attempts(response: Mapping[str, Any]) -> int:
    retries = (response.get("ResponseMetadata") or {}).get("RetryAttempts", 0)
    return int(retries) + 1
