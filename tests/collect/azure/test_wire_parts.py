"""What comes over the wire and is read before anything else is: tokens, challenges, links, listings; made odd."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightguard.collect.azure.caller import Caller, Malformed
from weightguard.collect.azure.credentials import Tokens, claim
from weightguard.collect.azure.options import AzureOptions
from weightguard.collect.azure.services import blob
from weightguard.collect.azure.wire import Answered, Elsewhere, Wire, _claims, _pause, same_origin, session

_ENTRY = (
    b"<Blob><Name>a</Name><Properties><Etag>1</Etag><Content-Length>7</Content-Length></Properties></Blob>"
)


def _listing(inside: bytes, before: bytes = b"") -> Answered:
    return Answered(
        200, {}, before + b"<EnumerationResults><Blobs>" + inside + b"</Blobs></EnumerationResults>", 1
    )


def test_a_listing_names_its_blobs() -> None:
    (found,) = blob.listed(_listing(_ENTRY))["blobs"]
    assert (found["name"], found["bytes"], found["committed"], found["deleted"]) == ("a", 7, True, False)
    encoded = _listing(_ENTRY.replace(b"<Name>a", b'<Name Encoded="true">a%EF%BF%BE'))
    assert blob.listed(encoded)["blobs"][0]["name"] == "a￾"
    folder = _listing(_ENTRY.replace(b"<Etag>", b"<ResourceType>directory</ResourceType><Etag>"))
    assert blob.listed(folder)["blobs"] == []


@pytest.mark.parametrize(
    "found",
    [
        _listing(_ENTRY.replace(b"7", b"many")),
        _listing(_ENTRY.replace(b"7", b"-7")),
        _listing(_ENTRY[:-5]),
        _listing(_ENTRY, b'<!DOCTYPE a [<!ENTITY b "c">]>'),
        _listing(_ENTRY, b"<!--" + b"x" * 9_000 + b'--><!DOCTYPE a [<!ENTITY b "c">]>'),
        Answered(200, {}, b"", 1),
        Answered(200, {}, b"<html>sign in</html>", 1),
        Answered(200, {}, b"{}", 1),
    ],
)
def test_an_odd_listing_is_malformed(found: Answered) -> None:
    with pytest.raises(Malformed):
        blob.listed(found)


@given(
    st.text() | st.builds(lambda said: f"e30.{base64.urlsafe_b64encode(said.encode()).decode()}.x", st.text())
)
def test_an_odd_token_names_no_tenant(token: str) -> None:
    found = claim(token, "tid")
    assert found is None or isinstance(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")), dict)


@given(st.text(max_size=200))
def test_an_odd_challenge_asks_for_nothing(said: str) -> None:
    assert (
        _claims({"WWW-Authenticate": f'Bearer claims="{said}"'}) is None
        or json.loads(base64.urlsafe_b64decode(said + "==")) is not Ellipsis
    )
    assert 0 <= _pause({"Retry-After": said, "x-ms-user-quota-resets-after": said}, 1) <= 60


@pytest.mark.parametrize(
    "link",
    ["https://graph.microsoft.com.evil.example/x", "http://graph.microsoft.com/x", "https://graph.microsoft.com:444/x",
     "https://user@evil.example/graph.microsoft.com", "//evil.example/x", "/v1.0/users?x", "https://graph.microsoft.com:x/", ""],
)  # fmt: skip
def test_no_link_leads_elsewhere(link: str) -> None:
    with pytest.raises(Elsewhere):
        same_origin("https://graph.microsoft.com/v1.0/users", link)


@pytest.mark.parametrize(
    ("at", "address", "host"),
    [
        ("vault", "https://Keys.vault.azure.net/", "https://keys.vault.azure.net"),
        ("vault", "https://keys.vault.azure.net.evil.example/", None),
        ("vault", "https://evil.example/.vault.azure.net", None),
        ("vault", "http://keys.vault.azure.net/", None),
        ("blob", "https://a.blob.core.windows.net/", "https://a.blob.core.windows.net"),
        ("blob", "https://a.z01.blob.storage.azure.net/", "https://a.z01.blob.storage.azure.net"),
        ("blob", "https://a.vault.azure.net/", None),
    ],
)
def test_a_token_goes_to_hosts_of_the_cloud_alone(at: str, address: str, host: str | None) -> None:
    wire = Wire(session(1, None), Tokens(None))
    caller = Caller(wire, AzureOptions(), "azure/x", frozenset(), print)
    assert caller.at_host(at, address) == host  # type: ignore[arg-type]
