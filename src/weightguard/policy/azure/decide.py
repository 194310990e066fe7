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

from collections.abc import Iterable, Iterator

from weightguard.policy.azure import roles, storage, vault
from weightguard.policy.azure.conditions import holds
from weightguard.policy.azure.model import Assignment, Denial, Lock, Permission, Policies, Request
from weightguard.policy.azure.scopes import lies_in, matches, plain
from weightguard.policy.decision import Decision, Outcome, Reason, Verdict
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of, any_of, negation

_EVERYBODY = "00000000-0000-0000-0000-000000000000"
_LOCKS = "microsoft.authorization/locks/"
_Found = list[tuple[Formula, Reason]]


def decide(request: Request, policies: Policies) -> Decision:
    """Decide one request."""
    return _Question(request, policies).decision()


class _Question:
    def __init__(self, request: Request, policies: Policies) -> None:
        self._request = request
        self._policies = policies
        self._principals = frozenset(one.lower() for one in (request.principal, *policies.groups))

    def decision(self) -> Decision:
        """What all layers say together."""
        denied = [*self._denied()]
        locked = [*self._locked()]
        allowed = [*self._allowed()]
        network = self._network()
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

    def _holds(self, condition: str) -> Formula:
        return holds(condition, self._request, self._policies.memory)

    # What stops

    def _denied(self) -> Iterator[tuple[Formula, Reason]]:
        for denial in self._policies.denials:
            if not self._concerns(denial) or not any(map(self._permits, denial.permissions)):
                continue
            formula = ALWAYS if denial.condition is None else self._holds(denial.condition)
            if formula is not NEVER:
                yield formula, Reason("deny", denial.name, denial.scope)

    def _concerns(self, denial: Denial) -> bool:
        if denial.only_here and plain(denial.scope) != plain(self._request.resource):
            return False
        if not lies_in(self._request.resource, denial.scope, self._policies.parents):
            return False
        meant = {one.lower() for one in denial.principals}
        spared = {one.lower() for one in denial.excluded}
        return bool(meant & {*self._principals, _EVERYBODY}) and not spared & self._principals

    def _locked(self) -> Iterator[tuple[Formula, Reason]]:
        if self._request.is_data or not self._changes():
            return
        for lock in self._policies.locks:
            if self._stops(lock):
                yield ALWAYS, Reason("lock", lock.scope, lock.level)

    def _changes(self) -> bool:
        action = self._request.action.lower()
        return not action.endswith("/read") and not action.startswith(_LOCKS)

    def _stops(self, lock: Lock) -> bool:
        deletes = self._request.action.lower().endswith("/delete")
        if not deletes and lock.level.lower() != "readonly":
            return False
        inside = lies_in(self._request.resource, lock.scope, self._policies.parents)
        # What holds something that is locked cannot be deleted either.
        return inside or (deletes and lies_in(lock.scope, self._request.resource, self._policies.parents))

    # What lets in

    def _allowed(self) -> Iterator[tuple[Formula, Reason]]:
        if not self._request.is_data:
            yield from self._by_role()
        elif self._policies.vault is not None and vault.permission(self._request.action) is not None:
            yield from self._of_vault()
        else:
            yield from self._of_storage()

    def _by_role(self) -> Iterator[tuple[Formula, Reason]]:
        for assignment in self._policies.assignments:
            if assignment.principal.lower() not in self._principals:
                continue
            if lies_in(self._request.resource, assignment.scope, self._policies.parents):
                formula = self._assigned(assignment)
                if formula is not NEVER:
                    yield formula, Reason("rbac", assignment.scope, assignment.role)

    def _assigned(self, assignment: Assignment) -> Formula:
        permissions = roles.find(assignment.role, self._policies.roles)
        condition = ALWAYS if assignment.condition is None else self._holds(assignment.condition)
        if permissions is None:
            action = self._request.action
            return all_of(
                (Condition(assignment.role, "Permits", (action,), needs=(assignment.role,)), condition)
            )
        permits = any_of(
            ALWAYS if one.condition is None else self._holds(one.condition)
            for one in permissions
            if self._permits(one)
        )
        return all_of((permits, condition))

    def _permits(self, permission: Permission) -> bool:
        if self._request.is_data:
            wanted, left_out = permission.data_actions, permission.not_data_actions
        else:
            wanted, left_out = permission.actions, permission.not_actions
        action = self._request.action
        return any(matches(one, action) for one in wanted) and not any(
            matches(one, action) for one in left_out
        )

    def _of_vault(self) -> Iterator[tuple[Formula, Reason]]:
        """Roles decide, or access policies do: never both."""
        found = self._policies.vault
        if found is None or found.by_role:
            yield from self._by_role()
            return
        principal = vault.by_policy(self._request.action, self._principals, found)
        if principal is not None:
            yield ALWAYS, Reason("access_policy", self._request.resource, principal)

    def _of_storage(self) -> Iterator[tuple[Formula, Reason]]:
        settings, context = self._policies.storage, self._request.context
        how = context.get("authorization", "Entra")
        if how is None:
            if settings is not None and storage.is_public(self._request, settings):
                yield ALWAYS, Reason("anonymous", self._request.resource, "public access")
        elif how in ("SharedKey", "account SAS", "service SAS"):
            yield from self._by_key(str(how))
        elif how == "user delegation SAS":
            if storage.signature_permits(self._request):
                yield ALWAYS, Reason("sas", self._request.resource, str(how))
        else:
            yield from self._by_role()
            if settings is not None and (formula := storage.by_lists(self._request, settings)) is not NEVER:
                yield formula, Reason("acl", self._request.resource, "access control lists")

    def _by_key(self, how: str) -> Iterator[tuple[Formula, Reason]]:
        """With an account key, or a signature that it made: nobody's roles are asked."""
        settings = self._policies.storage
        if settings is not None and not settings.shared_key:
            return
        if how != "SharedKey" and not storage.signature_permits(self._request):
            return
        obtained = self._obtained()
        if obtained is not NEVER:
            yield obtained, Reason("shared_key" if how == "SharedKey" else "sas", self._request.resource, how)

    def _obtained(self) -> Formula:
        """When the principal may get the key that it is said to have got."""
        action = self._request.context.get("key_obtained_by")
        if not isinstance(action, str):
            return ALWAYS
        account = self._request.resource.lower().partition("/blobservices/")[0]
        asked = Request(self._request.principal, action, False, account, {}, self._request.open)
        return decide(asked, self._policies).conditions

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
