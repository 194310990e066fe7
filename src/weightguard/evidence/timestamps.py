"""Timestamps (RFC 3161): somebody else's word for when a signature was already there.

One is asked for over HTTP when something is signed, and checked without a network, against the authorities of the trust file.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from weightguard.errors import CredentialsError, InputError
from weightguard.evidence.trust import Authority

LARGEST: Final = 256 * 1024
_SECONDS: Final = 30.0
_SHA256, _SHA384, _SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
_HASHES: Final = {_SHA256: hashlib.sha256, _SHA384: hashlib.sha384, _SHA512: hashlib.sha512}


class NoTimestamp(ValueError):
    """Why a token proves no time."""


def fetch(url: str, sig: bytes) -> bytes:
    """A token over a signature, from the authority at `url`.

    Returns:
        the TimeStampResp in DER.

    Raises:
        InputError: no address of one. CredentialsError: it does not answer, or answers something else.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError("a timestamp authority has an address of http or https", where=url[:200])
    request = TimestampRequestBuilder().data(sig).hash_algorithm(HashAlgorithm.SHA256).build()
    token = _post(url, request.as_bytes())
    try:
        answer = _decoded(token)
        _refuse_other(answer, sig)
        if answer.tst_info.nonce != request.nonce:
            raise NoTimestamp("it answers another request")
    except NoTimestamp as problem:
        raise CredentialsError(
            f"the timestamp authority gives no timestamp: {problem}", where=url[:200]
        ) from problem
    return token


def _post(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - http or https, as checked
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            token: bytes = answer.read(LARGEST + 1)
    except (OSError, HTTPException, ValueError) as problem:
        raise CredentialsError(
            f"the timestamp authority does not answer, {str(problem)[:200]}",
            where=url[:200],
            fix="try again, name another one, or sign without --timestamp",
        ) from problem
    if len(token) > LARGEST:
        raise CredentialsError("the timestamp authority answers at too great a length", where=url[:200])
    return token


def _decoded(token: bytes) -> Any:
    from rfc3161_client import decode_timestamp_response

    if len(token) > LARGEST:
        raise NoTimestamp("it is too large")
    try:
        answer = decode_timestamp_response(token)
        if answer.status != 0:
            raise NoTimestamp("the authority did not grant it")
        _ = answer.tst_info.gen_time
    except NoTimestamp:
        raise
    except Exception as problem:
        raise NoTimestamp("it is no token of RFC 3161") from problem
    return answer


def _refuse_other(answer: Any, sig: bytes) -> None:
    imprint = answer.tst_info.message_imprint
    hashing = _HASHES.get(imprint.hash_algorithm.dotted_string)
    if hashing is None:
        raise NoTimestamp("it rests on a hash that is not used here")
    if imprint.message != hashing(sig).digest():
        raise NoTimestamp("it is over another signature")


def proven(token: bytes, sig: bytes, authorities: tuple[Authority, ...]) -> tuple[str, datetime]:
    """The authority that vouches for a token, and the time that it names.

    Args:
        sig: the signature that it has to be over.

    Raises:
        NoTimestamp: it is none, is over something else, or no authority that is trusted made it.
    """
    answer = _decoded(token)
    _refuse_other(answer, sig)
    moment = answer.tst_info.gen_time.replace(tzinfo=UTC)
    why = "no authority of the trust file made it"
    for one in authorities:
        problem = _problem(answer, sig, one)
        if problem is None:
            if one.validity.covers(moment):
                return one.name, moment
            why = f"{one.name} is trusted {one.validity.words()}, and it is of {moment.isoformat()}"
    raise NoTimestamp(why)


def _problem(answer: Any, sig: bytes, authority: Authority) -> str | None:
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder

    builder = VerifierBuilder(roots=[x509.load_der_x509_certificate(one) for one in authority.certificates])
    try:
        builder.build().verify_message(answer, sig)
    except (VerificationError, ValueError) as problem:
        return str(problem)[:120]
    return None
