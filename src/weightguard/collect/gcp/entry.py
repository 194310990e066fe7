"""The way in: credentials that were tried, and what of the containers that were asked for answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from weightguard.collect.calls.answer import Answer
from weightguard.collect.gcp.caller import Caller
from weightguard.collect.gcp.codes import GONE, UNREACHABLE
from weightguard.collect.gcp.options import PROJECT, GcpOptions
from weightguard.collect.gcp.permissions import methods, operations
from weightguard.collect.gcp.services import cloudasset, resourcemanager
from weightguard.collect.gcp.sessions import Session, sign_in
from weightguard.collect.gcp.transport import Transport
from weightguard.collect.ways import check_endpoints
from weightguard.errors import CredentialsError, InputError
from weightguard.snapshot import Call

TOKENS: Final = "iamcredentials"
"""The service that gives tokens of the account to act as: google-auth calls it, no operation of ours does."""
_WORDS: Final = {"projects": "project", "folders": "folder", "organizations": "organization"}


@dataclass(frozen=True, slots=True)
class Container:
    """A container that was asked for.

    Attributes:
        name: ``projects/lab``, ``folders/800``, ``organizations/900``; a project by its id where that is known.
        described: what Resource Manager says of it.
        calls: the calls that it took to know.
    """

    name: str
    described: Answer
    calls: tuple[Call, ...]

    @property
    def scope(self) -> str:
        """The name that it has in a snapshot."""
        return scope_of(self.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """Credentials that were tried, and the containers to read."""

    options: GcpOptions
    transport: Transport
    containers: tuple[Container, ...]

    @property
    def place(self) -> str:
        """Where the credentials lead, in words."""
        named = ", ".join(f"{_word(one.name)} {one.name.partition('/')[2]}" for one in self.containers[:3])
        more = f" and {len(self.containers) - 3} more" if len(self.containers) > 3 else ""
        who = self.transport.session.who
        return named + more + (f" as {who}" if who else "")

    def source(self) -> dict[str, Any]:
        """What the manifest says of how the snapshot was taken, and of what: a resumed run must say the same."""
        who = self.transport.session.who
        told = {"containers": [one.name for one in self.containers]}
        return self.options.source() | told | ({"account": who} if who else {})


def scope_of(container: str) -> str:
    """``gcp/lab``, ``gcp/organizations-900``."""
    kind, _, name = container.partition("/")
    return f"gcp/{name if kind == 'projects' else f'{kind}-{name}'}"


def connect(options: GcpOptions) -> Entry:
    """Try the credentials and what was asked for, before anything is written.

    Raises:
        CredentialsError: no usable credentials, or an endpoint that does not answer.
        InputError: nothing says where to look, or there is nothing of it that may be read.
    """
    check_endpoints(options.endpoints, frozenset({one.operation.service for one in methods()} | {TOKENS}))
    session = sign_in(options)
    transport = Transport(session)
    tried = list(_tried(transport, options.asked or (_own(session),)))
    if not any(readable for _, readable in tried):
        raise _nothing([container for container, _ in tried])
    return Entry(options, transport, tuple(container for container, _ in tried))


def _own(session: Session) -> str:
    """The project of the credentials, where no container was named."""
    if session.project is None or not PROJECT.fullmatch(session.project):
        raise InputError(
            "nothing says what to read on Google Cloud",
            fix="write --organization, --folder or --project, or set GOOGLE_CLOUD_PROJECT",
        )
    return f"projects/{session.project}"


def _tried(transport: Transport, asked: tuple[str, ...]) -> Iterator[tuple[Container, bool]]:
    """Each container, and whether anything of it may be read."""
    for name in asked:
        calls: list[Call] = []
        caller = Caller(transport, scope_of(name), operations(), calls.append)
        described = caller.ask(resourcemanager.GET[name.partition("/")[0]], about=name, name=name)
        if described.code in UNREACHABLE:
            raise CredentialsError(
                "Google Cloud does not answer", where=transport.session.base("cloudresourcemanager"),
                fix="check the network, the proxy and the endpoints",
            )  # fmt: skip
        if described.code in GONE:
            raise _missing(name)
        readable = described.ok or _is_told(next(_first_page(caller, name)))
        yield Container(_by_id(name, described), described, tuple(calls)), readable


def _first_page(caller: Caller, name: str) -> Iterator[Answer]:
    return caller.pages(cloudasset.LISTINGS["RESOURCE"], about=name, parent=name)


def _is_told(page: Answer) -> bool:
    """Whether the inventory tells of a container. One that exists is in its own inventory: an empty one is nobody's."""
    return page.ok and bool(page.data.get("assets"))


def _by_id(name: str, described: Answer) -> str:
    """A project by its id, whichever way it was asked for."""
    found = described.data.get("projectId") if described.ok else None
    return f"projects/{found}" if isinstance(found, str) and found else name


def _word(name: str) -> str:
    return _WORDS[name.partition("/")[0]]


def _missing(name: str) -> InputError:
    return InputError(f"there is no {_word(name)} {name.partition('/')[2]!r}")


def _nothing(tried: list[Container]) -> InputError:
    one = tried[0]
    word, own = _word(one.name), one.name.partition("/")[2]
    more = f", and so with {len(tried) - 1} more" if len(tried) > 1 else ""
    return InputError(
        f"there is no {word} {own!r}, or these credentials may read nothing of it{more}",
        where=f"cloudresourcemanager:{one.described.code}",
        fix="check the name; `weightguard permissions gcp` prints what to grant",
    )
