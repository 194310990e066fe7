"""Clients: one session per account, a client per service and region, made when first used.

Endpoints follow the SDK's own variables (``AWS_ENDPOINT_URL``, ``AWS_ENDPOINT_URL_S3`` ...); `Settings.endpoint_url` overrides
them for every service. S3 Control puts the account id into the host name, which no emulator resolves: against an endpoint that is
not Amazon's own the id stays in its header alone.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from weightguard.collect.aws.page_models import UNMODELLED, PageModel

CONNECT_TIMEOUT = 5
READ_TIMEOUT = 30
# The first call of all: an endpoint that takes the connection and says nothing is found out within a minute.
STS_READ_TIMEOUT = 10
_AMAZON_HOSTS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".aws.dev",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
)
_XML = frozenset({"rest-xml", "query", "ec2"})
_JSON = frozenset({"json", "rest-json"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to connect.

    Attributes:
        endpoint_url: one endpoint for every service; None: what the SDK finds.
        endpoints: another endpoint for one service.
        ca_bundle: a file of CA certificates to trust instead of the SDK's; None: what the SDK finds (``AWS_CA_BUNDLE``).
        threads: connections to keep open per client.
        max_attempts: requests made of one call before it is given up, the first included.
    """

    endpoint_url: str | None = None
    ca_bundle: str | None = None
    threads: int = 16
    max_attempts: int = 4
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, service: str) -> str | None:
        """The endpoint of a service; None: what the SDK finds."""
        return self.endpoints.get(service) or self.endpoint_url


class Malformed(Exception):
    """An answer that is not in the protocol its service speaks: cut short, empty, or a page meant for a browser."""


class Wordless(Exception):
    """An error answer whose body says nothing in the protocol: all that is known is its HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}, without a code")
        self.status = status


class ClientCache:
    """The clients in use, of all accounts: as many as `limit`, the longest unused goes first. One weighs some 300 kB."""

    def __init__(self, limit: int = 48) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._clients: OrderedDict[tuple[int, str, str], Any] = OrderedDict()

    def get(self, key: tuple[int, str, str], make: Callable[[], Any]) -> Any:
        """The client, made if it is not there. One is made at a time: sessions are not safe to share for that."""
        with self._lock:
            if key not in self._clients:
                self._clients[key] = make()
            self._clients.move_to_end(key)
            if len(self._clients) > self._limit:
                self._clients.popitem(last=False)
            return self._clients[key]


class Connections:
    """The clients of one account.

    Args:
        session: a botocore session with the account's credentials.
        settings: how to connect.
        region: the region for services without one of their own choice.
        cache: shared by the accounts of a collection.
        region_named: whether somebody chose the region, as opposed to the default of weightguard's own.
        own: whether these are the user's own credentials, as opposed to those of a role assumed with them.
    """

    def __init__(
        self,
        session: Any,
        settings: Settings,
        region: str,
        cache: ClientCache,
        *,
        own: bool = False,
        region_named: bool = True,
    ) -> None:
        self._own = own
        self.region_named = region_named
        self.region = region
        self.settings = settings
        self.cache = cache
        self._session = session
        self._lock = threading.Lock()
        self._pages: dict[tuple[str, str], PageModel] = {}
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        session.register("before-parse", _check_body)
        session.register("request-created.s3-control", _keep_account_out_of_host, unique_id="weightguard")

    @property
    def configured_role(self) -> str | None:
        """The role that the user's profile says to assume before anything else; None: the credentials are used as they are."""
        from botocore.exceptions import BotoCoreError

        try:
            role = self._session.get_scoped_config().get("role_arn")
        except BotoCoreError:
            return None
        return role if isinstance(role, str) and role and self._own else None

    @property
    def loader(self) -> Any:
        """The SDK's loader of service models, which caches what it has read."""
        return self._session.get_component("data_loader")

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service in a region; made once, safe to share between threads."""
        where = region or self.region
        return self.cache.get((id(self), service, where), partial(self._make, service, where))

    def page_model(self, service: str, operation: str) -> PageModel:
        """How an operation pages, by the SDK's model."""
        key = (service, operation)
        with self._lock:
            if key not in self._pages:
                model = self._session.get_paginator_model(service)
                self._pages[key] = UNMODELLED.get(key) or PageModel.of(model.get_paginator(operation))
            return self._pages[key]

    def _make(self, service: str, region: str) -> Any:
        named = self.settings.endpoint(service)
        client = self._create(service, region, path_style=bool(named))
        if service == "s3" and not named and not _is_amazon(client.meta.endpoint_url):
            # An endpoint named in the environment or in the profile: its bucket names are no host names either.
            client = self._create(service, region, path_style=True)
        return client

    def _create(self, service: str, region: str, *, path_style: bool) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=STS_READ_TIMEOUT if service == "sts" else READ_TIMEOUT,
            max_pool_connections=max(10, self.settings.threads),
            retries={"mode": "adaptive", "total_max_attempts": self.settings.max_attempts},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            user_agent_extra="weightguard",
            **({"s3": {"addressing_style": "path"}} if service == "s3" and path_style else {}),
        )
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self.settings.endpoint(service),
            verify=self.settings.ca_bundle,
            config=config,
        )


def _moment(value: Any) -> datetime:
    """A time of an answer. Most are ISO 8601, over which the SDK's own reading takes a hundred times as long."""
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # another writing: the SDK's reading knows more of them, and refuses what is none
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(value)
    return found


def _is_amazon(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_AMAZON_HOSTS)


def _keep_account_out_of_host(request: Any, **_: Any) -> None:
    parts = urlsplit(request.url)
    account = request.headers.get("x-amz-account-id")
    if isinstance(account, bytes):
        account = account.decode()
    if account and parts.netloc.startswith(f"{account}.") and not _is_amazon(request.url):
        request.url = urlunsplit(parts._replace(netloc=parts.netloc.removeprefix(f"{account}.")))


def _check_body(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Look at an answer before the SDK parses it.

    Raises:
        Malformed: the SDK would quietly read it as an empty answer.
        Wordless: it is an error that the SDK cannot parse, and would hide the status of.
    """
    protocol = operation_model.service_model.resolved_protocol
    status, body = response_dict["status_code"], response_dict["body"]
    if status >= 300:
        if protocol in _XML and body and not _is_xml(body):
            raise Wordless(status)
        if protocol in ("query", "ec2") and not body:
            raise Wordless(status)
    elif operation_model.has_streaming_output:
        return
    elif protocol in _JSON:
        _check_json(body)
    elif protocol in _XML and not _bare_payload(operation_model) and not _is_xml(body):
        raise Malformed("the answer is no XML, or empty")


def _bare_payload(operation_model: Any) -> bool:
    """Whether the body is a member's text as it is, as a bucket policy's."""
    shape = operation_model.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name in ("string", "blob")


def _check_json(body: bytes) -> None:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise Malformed("the answer is not JSON, or is cut short") from error
    if not isinstance(answer, dict):
        raise Malformed("the answer is no JSON object")


def _is_xml(body: bytes) -> bool:
    """Whether it begins like XML, and not like a page for a browser."""
    start = body[:512].lstrip().lower()
    return start.startswith(b"<") and not start.startswith((b"<!doctype html", b"<html"))
