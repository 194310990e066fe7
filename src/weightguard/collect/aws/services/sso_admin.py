"""IAM Identity Center: permission sets, what they allow, and to whom they are assigned in which account."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation


def _operation(
    name: str,
    member: str,
    hides: str,
    *,
    paged: bool = True,
    absent: frozenset[str] = frozenset(),
    keeps: tuple[str, ...] = (),
) -> Operation:
    return Operation(
        "sso-admin",
        name,
        (f"sso:{name}",),
        hides,
        absent=absent,
        required=(member,),
        paged=paged,
        keeps=keeps,
    )


_NONE = frozenset({"ResourceNotFoundException"})
INSTANCES = _operation("ListInstances", "Instances", "people who sign in through an identity centre")
PERMISSION_SETS = _operation(
    "ListPermissionSets",
    "PermissionSets",
    "roles that people are given in every account",
    keeps=("PermissionSetArn", "InstanceArn"),
)
PERMISSION_SET = _operation(
    "DescribePermissionSet",
    "PermissionSet",
    "how long a person's session lasts",
    paged=False,
    keeps=(
        "PermissionSet.Name",
        "PermissionSet.PermissionSetArn",
        "PermissionSet.SessionDuration",
        "PermissionSet.CreatedDate",
    ),
)
INLINE_POLICY = _operation(
    "GetInlinePolicyForPermissionSet",
    "InlinePolicy",
    "what a permission set allows",
    paged=False,
    keeps=("InlinePolicy",),
)
MANAGED = _operation(
    "ListManagedPoliciesInPermissionSet",
    "AttachedManagedPolicies",
    "what a permission set allows",
    keeps=("AttachedManagedPolicies.Name", "AttachedManagedPolicies.Arn"),
)
CUSTOMER_MANAGED = _operation(
    "ListCustomerManagedPolicyReferencesInPermissionSet",
    "CustomerManagedPolicyReferences",
    "what a permission set allows",
    keeps=("CustomerManagedPolicyReferences.Name", "CustomerManagedPolicyReferences.Path"),
)
BOUNDARY = _operation(
    "GetPermissionsBoundaryForPermissionSet",
    "PermissionsBoundary",
    "what bounds a permission set",
    paged=False,
    absent=_NONE,
    keeps=(
        "PermissionsBoundary.ManagedPolicyArn",
        "PermissionsBoundary.CustomerManagedPolicyReference.Name",
        "PermissionsBoundary.CustomerManagedPolicyReference.Path",
    ),
)
PROVISIONED = _operation(
    "ListAccountsForProvisionedPermissionSet", "AccountIds", "accounts that people may enter"
)
ASSIGNMENTS = _operation(
    "ListAccountAssignments",
    "AccountAssignments",
    "people and groups that may enter an account",
    keeps=("TargetId", "AccountId", "PermissionSetArn", "PrincipalId", "PrincipalType"),
)
OPERATIONS = (
    INSTANCES,
    PERMISSION_SETS,
    PERMISSION_SET,
    INLINE_POLICY,
    MANAGED,
    CUSTOMER_MANAGED,
    BOUNDARY,
    PROVISIONED,
    ASSIGNMENTS,
)
_DETAILS = (PERMISSION_SET, INLINE_POLICY, MANAGED, CUSTOMER_MANAGED, BOUNDARY)


def read(account: Account, region: str) -> Iterator[Row]:
    """The identity centre of a region, which only the management account and delegated administrators see."""
    for instance in account.caller.ask(INSTANCES, region=region).data.get("Instances", []):
        # A listing of instances also names those of member accounts and of other owners, which do not answer here.
        if instance.get("OwnerAccountId", account.id) == account.id and instance.get("InstanceArn"):
            yield from _instance(account, region, instance["InstanceArn"])


def _instance(account: Account, region: str, instance: str) -> Iterator[Row]:
    listed = account.caller.ask(PERMISSION_SETS, region=region, InstanceArn=instance).data.get(
        "PermissionSets", []
    )
    for arn in listed:
        reads = {operation.name: _ask(account, region, operation, instance, arn) for operation in _DETAILS}
        data = {"PermissionSetArn": arn, "InstanceArn": instance}
        yield row("sso-admin.permission_set", arn, PERMISSION_SETS, data, region=region, reads=reads)
        for target in _ask(account, region, PROVISIONED, instance, arn).data.get("AccountIds", []):
            assigned = account.caller.ask(
                ASSIGNMENTS,
                region=region,
                resource=arn,
                InstanceArn=instance,
                PermissionSetArn=arn,
                AccountId=target,
            )
            for entry in assigned.data.get("AccountAssignments", []):
                identifier = f"{arn}#{target}#{entry.get('PrincipalType')}#{entry.get('PrincipalId')}"
                data = {**entry, "TargetId": target}
                yield row("sso-admin.account_assignment", identifier, ASSIGNMENTS, data, region=region)


def _ask(account: Account, region: str, operation: Operation, instance: str, arn: str) -> Answer:
    return account.caller.ask(
        operation, region=region, resource=arn, InstanceArn=instance, PermissionSetArn=arn
    )
