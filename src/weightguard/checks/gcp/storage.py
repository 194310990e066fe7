"""STO: what a bucket and the organisation's policies refuse of uploads and of requests in the clear.

Sources: Cloud Storage documentation, "Enforce or restrict the encryption types for a bucket", "Organization policy constraints for
Cloud Storage", "Bucket Lock"; Assured Workloads documentation, "Restrict TLS versions"; Cloud KMS documentation, "CMEK organization
policies".
"""

from __future__ import annotations

from typing import Final

from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Value, each, some
from weightguard.estate.fact import Unknown
from weightguard.estate.gcp.constraints import ALL, Constraints, Values
from weightguard.estate.model import Retention, RetentionMode, Store

_SERVICE: Final = "storage.googleapis.com"
_OLD_TLS: Final = {"TLS_VERSION_1": "TLS 1.0", "TLS_VERSION_1_1": "TLS 1.1"}


def constraints(context: Context) -> Constraints:
    """The estate's organisation policies."""
    found: Constraints = context.once("gcp constraints", lambda: Constraints(context.estate.containers))
    return found


def _values(name: str, store: Store, context: Context) -> Values:
    return context.read(constraints(context).values(name, store.container or ""), f"constraint.{name}")


def weaker_encryption_refused(store: Store, context: Context) -> Verdict:
    """Uploads under Google's own key, under the caller's, or under a key of a project that nobody approved are refused."""
    encryption = context.read(store.encryption)
    ways: list[str] = []
    unread: list[Unknown] = []
    own = context.peek(constraints(context).values("gcp.restrictNonCmekServices", store.container or ""))
    demanded = not isinstance(own, Unknown) and bool({_SERVICE, ALL} & own.value.denied)
    weaker = [
        words
        for words, refused in (
            ("the provider's default encryption", encryption is not None and encryption.provider_key_refused),
            ("a key of the uploader's own", encryption is not None and encryption.caller_keys_refused),
        )
        if not refused and not demanded
    ]
    if weaker and isinstance(own, Unknown):
        unread.append(own)
    elif weaker:
        ways += weaker
    projects = context.peek(
        constraints(context).values("gcp.restrictCmekCryptoKeyProjects", store.container or "")
    )
    if isinstance(projects, Unknown):
        unread.append(projects)
    else:
        ways += _foreign_keys(projects.value, context)
    if ways:
        return Verdict.failed("uploads may choose {ways}", ways=some(ways))
    context.require(unread)
    return Verdict.passed("uploads with any other encryption are refused")


def _foreign_keys(projects: Values, context: Context) -> list[str]:
    """The keys of others that an upload may name."""
    if ALL in projects.denied:
        return []
    if projects.allowed is None:
        return ["a key of any project"]
    ours = {one.id for one in context.estate.containers}
    named = {one.removeprefix("under:") for one in projects.allowed}
    return [f"a key of {one}" for one in sorted(named - ours)]


def encrypted_transport_only(store: Store, context: Context) -> Verdict:
    """Organisation policies refuse requests in the clear and over TLS older than 1.2."""
    held = constraints(context)
    problems: list[Value] = []
    secure = context.peek(held.enforced("storage.secureHttpTransport", store.container or ""))
    if not isinstance(secure, Unknown) and not secure.value:
        problems.append("requests without TLS are not refused")
    versions = context.peek(held.values("gcp.restrictTLSVersion", store.container or ""))
    if not isinstance(versions, Unknown) and ALL not in versions.value.denied:
        taken = [words for value, words in _OLD_TLS.items() if value not in versions.value.denied]
        problems += [f"requests over {one} are taken" for one in taken]
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    context.require(one for one in (secure, versions) if isinstance(one, Unknown))
    return Verdict.passed("requests without TLS 1.2 are refused")


def releases_write_once(store: Store, context: Context) -> Verdict:
    """Versions are kept, and no object goes before its time or while it is held."""
    if not context.read(store.versioning).on:
        return Verdict.failed("versions are not kept: weights can be overwritten or deleted for good")
    retention = context.read(store.retention)
    if retention is None or not _holds(retention):
        return Verdict.failed(
            "no retention policy holds objects for a day or longer: whoever may delete versions can destroy the weights"
        )
    if retention.mode is not RetentionMode.COMPLIANCE and not retention.legal_hold:
        return Verdict.failed(
            "the retention policy is not locked: whoever may change the bucket can take it away and destroy the weights"
        )
    return Verdict.passed("versions are kept, and objects are held: nobody can end it early")


def _holds(retention: Retention) -> bool:
    return retention.days > 0 or retention.legal_hold
