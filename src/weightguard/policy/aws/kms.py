"""KMS grants: permissions on a key that need neither key policy nor identity policy.

Source: AWS KMS Developer Guide, "Grants in AWS KMS", "Using grant constraints", "About grants for AWS services".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weightguard.errors import InputError
from weightguard.policy.aws.context import ABSENT, UNKNOWN, Context, Partly
from weightguard.policy.aws.principal import Naming, Principal, PrincipalElement, PrincipalType
from weightguard.policy.formula import ALWAYS, NEVER, Condition, Formula, all_of
from weightguard.policy.pattern import glob, is_pattern

_PREFIX = "kms:EncryptionContext:"
_SESSION_NAME = "sts:RoleSessionName"
_ALL_KEYS = "kms:EncryptionContextKeys"
_EMPTY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KmsGrant:
    """One grant of a key, as ListGrants returns it.

    Args:
        id: the grant's id.
        grantee: the ARN, account or service that may use the key.
        operations: names of the permitted operations, as ``Decrypt``.
        retiring: who may retire the grant, if named.
        encryption_context_equals: the encryption context must be exactly this.
        encryption_context_subset: the encryption context must include this.
    """

    id: str
    grantee: str
    operations: frozenset[str]
    retiring: str | None = None
    encryption_context_equals: tuple[tuple[str, str], ...] | None = None
    encryption_context_subset: tuple[tuple[str, str], ...] | None = None

    @property
    def is_bound(self) -> bool:
        """Whether it asks for some encryption context."""
        return bool(self.encryption_context_equals or self.encryption_context_subset)

    def formula(self, principal: Principal, action: str, context: Context) -> Formula:
        """When the grant lets the principal do the action (lower-case, with ``kms:``)."""
        if action == "kms:retiregrant" and self.retiring is not None and _is(self.retiring, principal):
            return ALWAYS
        permitted = {f"kms:{operation.lower()}" for operation in self.operations}
        reach = _reach(self.grantee, principal, context) if action in permitted else NEVER
        if reach is NEVER:
            return NEVER
        pairs = self.encryption_context_equals or self.encryption_context_subset or ()
        parts = [reach, *(_pair(key, value, context) for key, value in pairs)]
        if self.encryption_context_equals is not None:
            parts.append(_no_other_key(self.encryption_context_equals, context))
        return all_of(parts)


def parse_grant(entry: Mapping[str, object]) -> KmsGrant:
    """Read a grant in the shape of ListGrants.

    Raises:
        InputError: a field has the wrong type.
    """
    operations = entry.get("Operations") or []
    constraints = entry.get("Constraints") or {}
    grantee = entry.get("GranteePrincipal") or entry.get("GranteeServicePrincipal")
    if not isinstance(grantee, str):
        raise InputError("a KMS grant has no GranteePrincipal", fix="give grants as ListGrants returns them")
    if not isinstance(operations, list) or not all(isinstance(one, str) for one in operations):
        raise InputError("Operations of a KMS grant is not a list of texts", fix='for example ["Decrypt"]')
    if not isinstance(constraints, Mapping):
        raise InputError("Constraints of a KMS grant is not an object")
    retiring = entry.get("RetiringPrincipal")
    return KmsGrant(
        id=str(entry.get("GrantId") or entry.get("Name") or "grant"),
        grantee=grantee,
        operations=frozenset(operations),
        retiring=retiring if isinstance(retiring, str) else None,
        encryption_context_equals=_pairs(constraints.get("EncryptionContextEquals")),
        encryption_context_subset=_pairs(constraints.get("EncryptionContextSubset")),
    )


def _pairs(value: object) -> tuple[tuple[str, str], ...] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InputError("the encryption context of a grant's constraint is not an object")
    return tuple(sorted((str(key), str(text)) for key, text in value.items()))


def _is(named: str, principal: Principal) -> bool:
    return _naming(named, principal)[0] in {Naming.DIRECT, Naming.LIMITED, Naming.ACCOUNT}


def _naming(named: str, principal: Principal) -> tuple[Naming, str | None]:
    if principal.type is PrincipalType.SERVICE:
        return (Naming.DIRECT if named == principal.identifier else Naming.NOT), None
    if named == "*":
        return Naming.NOT, None
    return PrincipalElement(frozenset((named,)), _EMPTY, _EMPTY, _EMPTY, False).names(principal)


def _reach(named: str, principal: Principal, context: Context) -> Formula:
    """When a grant's grantee is the principal: the ARN of one session of a role, once the session has that name."""
    naming, session = _naming(named, principal)
    if naming is Naming.SESSION_OPEN and session is not None and not is_pattern(session):
        values = context.get(_SESSION_NAME)
        if values is UNKNOWN:
            return Condition(_SESSION_NAME, "StringEquals", (session,), needs=(_SESSION_NAME,))
        return ALWAYS if values == (session,) else NEVER
    return ALWAYS if naming in {Naming.DIRECT, Naming.LIMITED, Naming.ACCOUNT} else NEVER


def _pair(key: str, value: str, context: Context) -> Formula:
    name = _PREFIX + key
    values = context.get(name)
    if isinstance(values, Partly) and not any(glob(one).matches(value) for one in values.patterns):
        return NEVER
    if values is UNKNOWN or isinstance(values, Partly):
        return (
            ALWAYS if values == Partly((value,)) else Condition(name, "StringEquals", (value,), needs=(name,))
        )
    return ALWAYS if values == (value,) else NEVER


def _no_other_key(pairs: tuple[tuple[str, str], ...], context: Context) -> Formula:
    values = context.get(_ALL_KEYS)
    names = tuple(key for key, _ in pairs)
    if values is UNKNOWN or isinstance(values, Partly):
        return Condition(_ALL_KEYS, "ForAllValues:StringEquals", names, needs=(_ALL_KEYS,))
    return ALWAYS if values is ABSENT or set(values) <= set(names) else NEVER
