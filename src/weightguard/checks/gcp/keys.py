"""KEY: what Google Cloud's key versions add, and who may both administer a key and use it.

Sources: Cloud KMS REST reference, `CryptoKeyVersion` (importJob, state); Cloud KMS documentation, "Key versions" (what a version
encrypted needs that version) and "Separation of duties".
"""

from __future__ import annotations

from typing import Final

from weightguard.checks import keys as neutral
from weightguard.checks.gcp.decisions import gaps, granted, is_unread
from weightguard.checks.relations import missing, words
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
