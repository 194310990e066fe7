"""KEY: what Google Cloud's key versions add, and who may both administer a key and use it.

Sources: Cloud KMS REST reference, `CryptoKeyVersion` (importJob, state); Cloud KMS documentation, "Key versions" (what a version
encrypted needs that version) and "Separation of duties".
"""

from __future__ import annotations

from typing import Final

from weightguard.checks import keys as neutral
from weightguard.checks.gcp.decisions import gaps, granted, is_unread
from weightguard.checks.relations import key_named, missing, words
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs, said, some
from weightguard.controls.schema import Status
from weightguard.estate.fact import Source, Unknown
from weightguard.estate.model import Key, KeyState

_USE: Final = "cloudkms.cryptoKeyVersions.useToDecrypt"
_ASLEEP: Final = (None, KeyState.DISABLED, KeyState.UNAVAILABLE)
"""States of an older version in which what it encrypted cannot be read."""
_ADMINISTER: Final = ("cloudkms.cryptoKeys.setIamPolicy", "cloudkms.cryptoKeyVersions.destroy")


def in_hardware(key: Key, context: Context) -> Verdict:
    """The material was generated in certified hardware, that of every version."""
    found = neutral.in_hardware(key, context)
    if found.status is not Status.PASS:
        return found
    imported = [one.name for one in context.read(key.versions, "key.versions") if one.imported]
    if imported:
        return Verdict.failed(
            "the material of {imported} was imported: copies may exist outside", imported=refs(imported)
        )
    return found


def alive(key: Key, context: Context) -> Verdict:
    """The key works, and none of its versions is about to be destroyed."""
    found = neutral.alive(key, context)
    if found.status is not Status.PASS:
        return found
    versions = context.read(key.versions, "key.versions")
    doomed = [
        said(
            "{version} on {when}",
            version=one.name.rpartition("/")[2],
            when=one.destroyed_on or "a date that is not told",
        )
        for one in versions
        if one.state is KeyState.PENDING_DELETION
    ]
    if doomed:
        return Verdict.failed(
            "versions of the key are to be destroyed: {doomed}; what is still encrypted under them is lost then",
            doomed=some(doomed),
        )
    asleep = [one.name for one in versions if one.state in _ASLEEP]
    if asleep:
        missing(
            Source.named("storage", "GetObject", f"whether weights lie under {words(asleep)}", provider="gcp")
        )
    return Verdict.passed("the key is enabled, and none of its versions is about to be destroyed")


def administration_apart_from_use(key: Key, context: Context) -> Verdict:
    """Nobody may both rewrite a key's policy, or destroy it, and decrypt."""
    policy = context.peek(key.policy)
    use = granted(key.id, (_USE,), context)
    both = {
        member: rights for member, rights in granted(key.id, _ADMINISTER, context).items() if member in use
    }
    certain = [
        member
        for member, rights in both.items()
        if not is_unread(use[member][_USE]) and not all(map(is_unread, rights.values()))
    ]
    if certain:
        return Verdict.failed(
            "whoever administers the key can decrypt as well: {both}", both=refs(sorted(certain))
        )
    context.require((*((policy,) if isinstance(policy, Unknown) else ()), *gaps(key.id, context)))
    return Verdict.passed("whoever administers the key cannot decrypt with it")


_NAMED_KEY: Final = (
    "kmsKeyName",
    "encryptionSpec.kmsKeyName",
    "cmekSettings.kmsKeyName",
    "encryptionConfig.kmsKeyName",
)
"""Where resources name the key that they are encrypted with; disks and their copies are things of their own."""


def dedicated(key: Key, context: Context) -> Verdict:
    """The key protects weights of one tier and nothing else, no disk and no repository either."""
    found = neutral.dedicated(key, context)
    if found.status is not Status.PASS:
        return found
    users, unread = context.once("gcp users of keys", lambda: _users_of_keys(context))
    if others := users.get(key.id, ()):
        return Verdict.failed("the key protects other things as well: {others}", others=refs(others))
    context.require((*unread, *context.estate.disk_copies.gaps))
    return found


def _users_of_keys(context: Context) -> tuple[dict[str, list[str]], list[Unknown]]:
    """Key -> the things that are no stores and are encrypted with it, and the settings that nobody could read."""
    users: dict[str, list[str]] = {}
    unread: list[Unknown] = []
    copies = [(one.id, one.account, one.key) for one in context.estate.disk_copies if one.provider == "gcp"]
    others = [
        (one.id, one.account, fact)
        for each in context.estate.resources.values()
        for one in each
        if one.provider == "gcp"
        for name, fact in one.attributes.items()
        if name in _NAMED_KEY
    ]
    for name, account, fact in (*copies, *others):
        if isinstance(fact, Unknown):
            unread.append(fact)
        elif fact.value and (found := key_named(str(fact.value), account, None, context)) is not None:
            users.setdefault(found.id, []).append(name)
    return users, unread
