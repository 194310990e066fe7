"""A request made ready for evaluation: action in lower case, resource as a pattern, context with what follows from it.

Sources: IAM User Guide, "AWS global condition context keys" and the table of principal key values in "IAM policy
elements: Variables and tags"; AWS KMS Developer Guide, "AWS KMS condition keys".
"""

from __future__ import annotations

from weightguard.memory import Memory
from weightguard.policy.aws.arn import account_of
from weightguard.policy.aws.context import ABSENT, UNKNOWN, Context, Partly, Values
from weightguard.policy.aws.model import Request
from weightguard.policy.aws.principal import Principal, PrincipalType
from weightguard.policy.aws.statement import Target, target
from weightguard.policy.aws.tables import has_no_resource_types


class Question:
    """What the layers are asked.

    Args:
        request: the request as it was given.
        memory: where it is kept what follows from its parts.
    """

    __slots__ = (
        "action",
        "bounds",
        "context",
        "principal",
        "request",
        "resource_account",
        "same_account",
        "target",
    )

    def __init__(self, request: Request, memory: Memory) -> None:
        principal = request.principal
        self.request = request
        self.principal = principal
        self.action, self.target, named = memory.once(_scope, request.action, request.resource)
        owner = request.resource_account or named
        self.resource_account = owner or principal.account
        self.same_account = principal.account is not None and self.resource_account == principal.account
        self.bounds = principal.bounds
        self.context = Context(
            request.context,
            lambda: memory.once(
                _derived, principal, self.action.partition(":")[0], owner, request.assume_unknown
            ),
            assume_unknown=request.assume_unknown,
            action=self.action,
            bounds=principal.bounds,
            memory=memory,
        )


def _scope(action: str, resource: str) -> tuple[str, Target, str | None]:
    """The action in lower case, what it is asked for, and the account that the resource's ARN names."""
    lowered, account = action.lower(), account_of(resource)
    if has_no_resource_types(lowered):
        # "If the Resource types column includes no value, you must specify all resources ("*")".
        return lowered, target("*", literal=True), account
    return lowered, target(resource, literal=False), account


def _derived(
    principal: Principal, service: str, resource_account: str | None, guessing: bool
) -> dict[str, Values]:
    keys = _of_principal(principal)
    if guessing and "aws:userid" not in keys and principal.type in _ID_PREFIXES:
        # Nobody said which id it has, but every id tells what it is of.
        keys["aws:userid"] = Partly((_ID_PREFIXES[principal.type],))
    if resource_account is not None:
        keys["aws:resourceaccount"] = (resource_account,)
        if service == "s3":
            keys["s3:resourceaccount"] = (resource_account,)
    if service == "kms" and (principal.account or principal.type not in _OF_SOME_ACCOUNT):
        keys["kms:calleraccount"] = (principal.account,) if principal.account else ABSENT
    return keys


_PRINCIPAL_TYPES = {
    PrincipalType.USER: "User",
    PrincipalType.ROLE: "AssumedRole",
    PrincipalType.ROLE_SESSION: "AssumedRole",
    PrincipalType.FEDERATED_USER: "FederatedUser",
    PrincipalType.ROOT: "Account",
    PrincipalType.ANONYMOUS: "Anonymous",
}


_ID_PREFIXES = {
    PrincipalType.USER: "AIDA*",
    PrincipalType.ROLE: "AROA*:*",
    PrincipalType.ROLE_SESSION: "AROA*:*",
}
"""IAM User Guide, "IAM identifiers": what unique ids begin with. A session's name follows its role's id."""


def _of_principal(principal: Principal) -> dict[str, Values]:
    kind = principal.type
    if kind in (PrincipalType.SOMEBODY, PrincipalType.CANONICAL_USER):
        return _of_somebody(principal)
    is_service = kind is PrincipalType.SERVICE
    arn = principal.principal_arn
    keys: dict[str, Values] = {
        "aws:principalisawsservice": ("true" if is_service else "false",),
        "aws:principalarn": (arn,) if arn else ABSENT,
        "aws:principalaccount": (principal.account,) if principal.account else ABSENT,
        "aws:username": (principal.name,) if kind is PrincipalType.USER else ABSENT,
        "aws:principalservicename": (principal.identifier,) if is_service else ABSENT,
    }
    if kind in _PRINCIPAL_TYPES:
        keys["aws:principaltype"] = (_PRINCIPAL_TYPES[kind],)
    user_id = _user_id(principal)
    if user_id is not None:
        keys["aws:userid"] = (user_id,)
    elif principal.unique_id is not None:
        # The id of a role with the name of some session of it.
        keys["aws:userid"] = Partly((f"{principal.unique_id}:*",))
    if principal.account is None:
        # Nobody's account: such a principal has no organization and no tags of its own either.
        for name in ("aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/"):
            keys[name] = ABSENT
    elif principal.tags is not None:
        keys["aws:principaltag/"] = ABSENT
        keys.update({f"aws:principaltag/{name.lower()}": (value,) for name, value in principal.tags})
        keys.update({f"aws:principaltag/{name.lower()}": UNKNOWN for name in principal.open_tags})
    return keys


_OF_SOME_ACCOUNT = frozenset({PrincipalType.SOMEBODY, PrincipalType.CANONICAL_USER, PrincipalType.SERVICE})
"""Callers that are of an account, or act on behalf of one, which the request need not show."""


def _of_somebody(principal: Principal) -> dict[str, Values]:
    """All but the account stays open, and that too where it is not known."""
    keys: dict[str, Values] = {"aws:principalisawsservice": ("false",), "aws:principalservicename": ABSENT}
    if principal.account:
        keys["aws:principalaccount"] = (principal.account,)
    if principal.bounds is not None and principal.bounds.organisation is not None:
        keys["aws:principalorgid"] = (principal.bounds.organisation,)
    return keys


def _user_id(principal: Principal) -> str | None:
    if principal.type is PrincipalType.ANONYMOUS:
        return "anonymous"
    if principal.type is PrincipalType.ROOT:
        return principal.account
    if principal.type is PrincipalType.FEDERATED_USER:
        return f"{principal.account}:{principal.name}"
    if principal.type is PrincipalType.USER:
        return principal.unique_id
    if principal.unique_id is not None and principal.session_name is not None:
        return f"{principal.unique_id}:{principal.session_name}"
    return None
