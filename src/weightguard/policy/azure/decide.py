"""May this principal do this to that?

Deny assignments first, then locks (which stop whoever it is from changing, never from reading, and never data). Then roles, each
assignment with its condition; for data what else lets in: account keys and signatures made with them, anonymous access, lists of
the file system, access policies of vaults. Whoever comes to data comes through the network rules of its account.

Who unwraps a customer-managed key for whoever reads is the storage account's own identity: the reader needs no permission on the
key.

Sources: Azure RBAC documentation, "How Azure RBAC determines if a user has access to a resource", "Understand Azure deny
assignments"; Resource Manager documentation, "Lock your resources to protect your infrastructure".
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, cast

from weightguard.policy.azure import storage, vault
from weightguard.policy.azure.conditions import Facts, holds
from weightguard.policy.azure.ground import Asked, Held, ground
from weightguard.policy.azure.model import Policies, Request
from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation

_MOST_ASKED: Final = 4_096
"""Questions that are kept of one set of policies; one more, and they are forgotten."""
_WITHOUT_REFERENCES: Final = 2
_OBTAINED: Final = "key_obtained_by"
_Found = list[tuple[Formula, Reason]]


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one request."""
    return _question(request, policies).decision(request)


def _question(request: Request, policies: Policies) -> _Question:
    """The question that a request puts; the same one for all who ask the same and tell the same."""
    asked = Asked(request.action, request.is_data, request.resource)
    try:
        told = marshal.dumps(request.context, _WITHOUT_REFERENCES) if request.context else b""  # type: ignore[arg-type]
    except ValueError:  # A value that is not from JSON.
        return _Question(asked, request, policies)
    key = (asked, request.open, told)
    found = policies.asked.get(key)
    if found is None:
        if len(policies.asked) >= _MOST_ASKED:
            policies.asked.clear()
        found = policies.asked[key] = _Question(asked, request, policies)
    return cast(_Question, found)


class _Question:
    """May somebody do this to that? What does not hang on who asks is worked out once for all who do.

    Args:
        request: with what is told of it; whose it is does not matter here.
    """

    def __init__(self, asked: Asked, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        self._ground = ground(asked, policies)
        self._facts = Facts(request)
        self._formulas: dict[int, Formula] = {}
        self._by_names: dict[frozenset[str], Decision] = {}

    def decision(self, request: Request) -> Decision:
        """What all layers say together of somebody's request."""
        principals = frozenset(map(str.lower, (request.principal, *request.groups)))
        if (
            self._request.context.get(_OBTAINED) is not None
        ):  # Whether they may get the key is another question, of them.
            return self._decided(request, principals)
        known = principals & self._ground.names
        found = self._by_names.get(known)
        if found is None:
            found = self._by_names[known] = self._decided(request, known)
        return found

    def _decided(self, request: Request, principals: frozenset[str]) -> Decision:
        denied = [*self._denied(principals)]
        locked: _Found = [(ALWAYS, reason) for reason in self._ground.locked]
        allowed = [*self._allowed(request, principals)]
        network = self._network
        ways = tuple(dict.fromkeys(why.layer for _, why in allowed)) or ("rbac",)
        said = (
            ("deny", _denying(denied)),
            ("lock", _denying(locked)),
            *((layer, _allowing(allowed, layer)) for layer in ways),
            ("network", Verdict(allow=network)),
        )
        steps = tuple(
            (layer, verdict)
            for layer, verdict in said
            if layer in ways or verdict.deny is not NEVER or (layer == "network" and network is not ALWAYS)
        )
        return _concluded([*denied, *locked], allowed, network, steps)

    def _holds(self, condition: str | None) -> Formula:
        return ALWAYS if condition is None else holds(condition, self._facts, self._policies.memory)

    def _denied(self, principals: frozenset[str]) -> Iterator[tuple[Formula, Reason]]:
        for one in self._ground.refusals:
            if one.means(principals):
                formula = self._holds(one.condition)
                if formula is not NEVER:
                    yield formula, one.reason

    # What lets in

    def _allowed(self, request: Request, principals: frozenset[str]) -> Iterator[tuple[Formula, Reason]]:
        if not self._request.is_data:
            yield from self._by_role(principals)
        elif self._policies.vault is not None and vault.permission(self._request.action) is not None:
            yield from self._of_vault(principals)
        else:
            yield from self._of_storage(request, principals)

    def _by_role(self, principals: frozenset[str]) -> Iterator[tuple[Formula, Reason]]:
        for number, one in enumerate(self._ground.held):
            if one.principal in principals:
                formula = self._formulas.get(number)
                if formula is None:
                    formula = self._formulas[number] = self._assigned(one)
                if formula is not NEVER:
                    yield formula, one.reason

    def _assigned(self, one: Held) -> Formula:
        if one.permitting is None:
            role, action = one.reason.statement, self._request.action
            permits: Formula = Condition(role, "Permits", (action,), needs=(role,))
        else:
            permits = any_of(map(self._holds, one.permitting))
        return all_of((permits, self._holds(one.condition)))

    def _of_vault(self, principals: frozenset[str]) -> Iterator[tuple[Formula, Reason]]:
        """Roles decide, or access policies do: never both."""
        found = self._policies.vault
        if found is None or found.by_role:
            yield from self._by_role(principals)
            return
        principal = vault.by_policy(self._request.action, principals, found)
        if principal is not None:
            yield ALWAYS, Reason("access_policy", self._request.resource, principal)

    def _of_storage(self, request: Request, principals: frozenset[str]) -> Iterator[tuple[Formula, Reason]]:
        settings, context = self._policies.storage, self._request.context
        how = context.get("authorization", "Entra")
        if how is None:
            if settings is not None and storage.is_public(self._request, settings):
                yield ALWAYS, Reason("anonymous", self._request.resource, "public access")
        elif how in ("SharedKey", "account SAS", "service SAS"):
            yield from self._by_key(str(how), request)
        elif how == "user delegation SAS":
            if storage.signature_permits(self._request):
                yield ALWAYS, Reason("sas", self._request.resource, str(how))
        else:
            yield from self._by_role(principals)
            if settings is not None and (formula := storage.by_lists(self._request, settings)) is not NEVER:
                yield formula, Reason("acl", self._request.resource, "access control lists")

    def _by_key(self, how: str, request: Request) -> Iterator[tuple[Formula, Reason]]:
        """With an account key, or a signature that it made: nobody's roles are asked."""
        settings = self._policies.storage
        if settings is not None and not settings.shared_key:
            return
        if how != "SharedKey" and not storage.signature_permits(self._request):
            return
        obtained = self._obtained(request)
        if obtained is not NEVER:
            yield obtained, Reason("shared_key" if how == "SharedKey" else "sas", self._request.resource, how)

    def _obtained(self, request: Request) -> Formula:
        """When the principal may get the key that it is said to have got."""
        action = self._request.context.get(_OBTAINED)
        if not isinstance(action, str):
            return ALWAYS
        account = self._request.resource.lower().partition("/blobservices/")[0]
        asked = Request(request.principal, action, False, account, {}, self._request.open, request.groups)
        return decide(asked, self._policies).conditions

    @cached_property
    def _network(self) -> Formula:
        if not self._request.is_data:
            return ALWAYS
        found = self._policies.vault or self._policies.storage
        return ALWAYS if found is None else storage.through(found.network, self._request)


def _denying(found: _Found) -> Verdict:
    return Verdict(deny=any_of(one for one, _ in found), denied_by=tuple(why for _, why in found))


def _allowing(found: Iterable[tuple[Formula, Reason]], layer: str) -> Verdict:
    own = [(one, why) for one, why in found if why.layer == layer]
    return Verdict(allow=any_of(one for one, _ in own), allowed_by=tuple(why for _, why in own))


def _concluded(
    denied: _Found, allowed: _Found, network: Formula, steps: tuple[tuple[str, Verdict], ...]
) -> Decision:
    certain = _certain(denied)
    if certain:
        return Decision(Outcome.DENIED_EXPLICITLY, certain, NEVER, steps=steps)
    granted = any_of(formula for formula, _ in allowed)
    whole = all_of((negation(any_of(formula for formula, _ in denied)), granted, network))
    if whole is NEVER:
        lacking = tuple(layer for layer, found in (("rbac", granted), ("network", network)) if found is NEVER)
        return Decision(Outcome.DENIED_IMPLICITLY, (), NEVER, lacking, steps)
    if whole is ALWAYS:
        by = _certain(allowed) or tuple(why for _, why in allowed)
        return Decision(Outcome.ALLOWED, by, ALWAYS, steps=steps)
    return Decision(Outcome.UNKNOWN, tuple(why for _, why in (*allowed, *denied)), whole, steps=steps)


def _certain(found: _Found) -> tuple[Reason, ...]:
    """The statements that hold whatever the conditions."""
    return tuple(why for formula, why in found if formula is ALWAYS)
