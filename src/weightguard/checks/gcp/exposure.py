"""STO and KEY: who is let in from outside by allow policies and lists, inherited ones among them.

Sources: IAM documentation, "Principal identifiers" (allUsers, allAuthenticatedUsers) and "Policy inheritance"; Cloud Storage
documentation, "Public access prevention".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from weightguard.access.model import AccessKind, Answer
from weightguard.checks.gcp.decisions import gaps, granted, is_unread, kind_of, prepared
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, said, some
from weightguard.estate.fact import Fact, Known, Unknown
from weightguard.estate.model import Key, Store

_EVERYBODY: Final = ("allUsers", "allAuthenticatedUsers")
_LISTING: Final = ("storage.objects.list",)
_DECIDED: Final = {
    "storage.objects.list": "list",
    "storage.objects.create": "write",
    "storage.objects.delete": "delete",
}
_ASKED: Final = (AccessKind.READ, AccessKind.WRITE, AccessKind.DELETE, AccessKind.ADMINISTER)
_OF_KEYS: Final = (
    "cloudkms.cryptoKeyVersions.useToDecrypt",
    "cloudkms.cryptoKeyVersions.useToEncrypt",
    "cloudkms.cryptoKeyVersions.destroy",
    "cloudkms.cryptoKeys.setIamPolicy",
    "cloudkms.cryptoKeys.update",
)


def not_public(store: Store, context: Context) -> Verdict:
    """Nobody at large reads, lists or writes, once public access prevention is counted."""
    access = context.peek(store.public_access)
    if isinstance(access, Known) and access.value is not None:
        return Verdict.passed(
            "public access prevention keeps the public out, whatever policies and lists say"
        )
    policy, _ = context.peek(store.policy), context.peek(store.acl)
    found, missing = _direct(store, ("anonymous",), context)
    found += _listed(store, _EVERYBODY, context)
    if found:
        context.require(one for one in (access,) if isinstance(one, Unknown))
        return Verdict.failed("anybody can reach this store: {found}", found=some(found))
    context.require((*missing, *(one for one in (policy,) if isinstance(one, Unknown))))
    return Verdict.passed("neither policy nor list lets the public in")


def no_outside_account(store: Store, context: Context) -> Verdict:
    """Nobody of another organisation is let in by the policies and lists that bear on the store."""
    policy, _ = context.peek(store.policy), context.peek(store.acl)
    found, missing = _direct(store, ("external", "anonymous"), context)
    named = {*granted(f"buckets/{store.name}", _LISTING, context), *_in_lists(store)}
    found += _listed(store, sorted(one for one in named if is_outside(one, context)), context)
    if found:
        return Verdict.failed("outsiders are let in: {found}", found=some(found))
    context.require((*missing, *(one for one in (policy,) if isinstance(one, Unknown))))
    return Verdict.passed("no policy and no list lets in anybody of another organisation")


def _listed(store: Store, members: Iterable[str], context: Context) -> list[Value]:
    """Which of some members may list the store, or are let in by its own list, as things stand."""
    who = prepared(context).who
    bucket = f"buckets/{store.name}"
    found: list[Value] = []
    for member in members:
        for permission, verb in _DECIDED.items():
            resource = bucket if permission in _LISTING else f"{bucket}/objects/weights"
            if who.decisions.decide(member, permission, resource, who.policies) is not None:
                found.append(said("{who} may {verb}", who=named(member), verb=verb))
    return found


def _in_lists(store: Store) -> Iterator[str]:
    """Whom the store's own list names, as policies write them."""
    held = store.acl.value if isinstance(store.acl, Known) and store.acl.value else {}
    for entry in held.get("acl", ()):
        kind, dash, name = str(entry["entity"]).partition("-")
        if dash and kind in ("user", "group", "domain"):
            is_account = name.endswith(".gserviceaccount.com")
            yield f"{'serviceAccount' if is_account else kind}:{name.lower()}"


def _direct(store: Store, kinds: Iterable[str], context: Context) -> tuple[list[Value], tuple[Unknown, ...]]:
    """Who of some kinds may do something to the store without changing anything first, and what is not known of it."""
    wanted = frozenset(kinds)
    found: list[Value] = []
    missing: dict[Unknown, None] = {}
    for kind in _ASKED:
        answer = context.access.who_can(kind, store.id)
        missing.update(dict.fromkeys(answer.gaps))
        found += [_told(one, kind) for one in answer.answers if _counts(one, wanted, context)]
    return found, tuple(missing)


def _counts(one: Answer, wanted: frozenset[str], context: Context) -> bool:
    if not one.direct or one.goes_around:
        return False
    if one.principal.startswith("group:"):
        return "external" in wanted and is_outside(one.principal, context)
    return one.kind in wanted and (one.kind == "anonymous" or is_outside(one.principal, context))


def _told(one: Answer, kind: AccessKind) -> Value:
    template = "{who} may {verb}" if one.certainty == "certain" else "{who} may {verb} (on a condition)"
    return said(template, who=named(one.principal), verb=kind.value)


def named(member: str) -> Value:
    return {"allUsers": "anybody", "allAuthenticatedUsers": "anybody with a Google account"}.get(
        member
    ) or Ref(member)


def is_outside(member: str, context: Context) -> bool:
    """Whether a member is of another organisation, and neither its domain nor its project is trusted."""
    if kind_of(member, context) not in ("external", "anonymous"):
        return False
    trusted = context.parameters.get("trusted_accounts", ())
    domain = member.rpartition("@")[2]
    return not {domain, domain.removesuffix(".iam.gserviceaccount.com"), member} & set(trusted)


def key_closed_to_outsiders(key: Key, context: Context) -> Verdict:
    """Nobody at large, and nobody of another organisation, may use a key or change who may."""
    if certain := outsiders(key.id, _OF_KEYS, key.policy, context):
        return Verdict.failed("outsiders may use the key: {found}", found=some(certain))
    return Verdict.passed("nobody outside the organisation may use the key")


def outsiders(resource: str, permissions: Iterable[str], policy: Fact[Any], context: Context) -> list[Value]:
    """Who of another organisation, or at large, has some permission on a resource.

    Args:
        resource: its relative name.
        policy: its own allow policy.

    Raises:
        UnknownFact: nobody, as far as is known, and not every policy and group that bears on it is.
    """
    own = context.peek(policy)
    found = _certain(resource, tuple(permissions), context)
    if not found:
        context.require((*((own,) if isinstance(own, Unknown) else ()), *gaps(resource, context)))
    return found


def _certain(resource: str, permissions: tuple[str, ...], context: Context) -> list[Value]:
    """Outsiders who have some permission for certain: of a role that nobody knows it is not known what it gives."""
    rights = granted(resource, permissions, context)
    outside = [member for member in rights if is_outside(member, context)]
    certain = [one for one in outside if not all(map(is_unread, rights[one].values()))]
    return [named(one) for one in sorted(certain)]


def opened(
    things: Iterable[tuple[str, str, Fact[Any]]], permissions: tuple[str, ...], context: Context
) -> list[str]:
    """Names of the things on which an outsider has some permission.

    Args:
        things: relative name, short name and own allow policy of each.

    Raises:
        UnknownFact: none, as far as is known, and not every policy and group that bears on them is.
    """
    known = [*things]
    found = [short for name, short, _ in known if _certain(name, permissions, context)]
    if not found:
        for name, _, policy in known:
            outsiders(name, permissions, policy, context)
    return found
