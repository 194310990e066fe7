"""S3's own layers: Block Public Access and access control lists.

Sources: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "Access control list (ACL) overview" (the
table that maps ACL permissions to policy permissions), "Controlling ownership of objects and disabling ACLs".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from weightguard.policy.aws.principal import Naming, Principal, PrincipalType

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"

_BUCKET_ACTIONS = {
    "READ": {"s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads"},
    "WRITE": {"s3:putobject"},
    "READ_ACP": {"s3:getbucketacl"},
    "WRITE_ACP": {"s3:putbucketacl"},
}
_OBJECT_ACTIONS = {
    "READ": {"s3:getobject", "s3:getobjectversion"},
    "READ_ACP": {"s3:getobjectacl", "s3:getobjectversionacl"},
    "WRITE_ACP": {"s3:putobjectacl", "s3:putobjectversionacl"},
}


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four settings, of one level (account, bucket or access point) or of all together."""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


NOTHING_BLOCKED = PublicAccessBlock()


def effective_block(blocks: Iterable[PublicAccessBlock]) -> PublicAccessBlock:
    """The settings that count: "the most restrictive combination" of organization, account, bucket and access point."""
    result = PublicAccessBlock()
    for block in blocks:
        result = replace(
            result,
            block_public_acls=result.block_public_acls or block.block_public_acls,
            ignore_public_acls=result.ignore_public_acls or block.ignore_public_acls,
            block_public_policy=result.block_public_policy or block.block_public_policy,
            restrict_public_buckets=result.restrict_public_buckets or block.restrict_public_buckets,
        )
    return result


@dataclass(frozen=True, slots=True)
class AclGrant:
    """One grant of an ACL.

    Args:
        grantee: a canonical user id, or the URI of a predefined group.
        permission: READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL.
    """

    grantee: str
    permission: str

    @property
    def is_public(self) -> bool:
        """Whether it names one of the groups that stand for everybody."""
        return self.grantee in {ALL_USERS, AUTHENTICATED_USERS}


@dataclass(frozen=True, slots=True)
class S3Access:
    """What S3 knows of a bucket beside its policy.

    Args:
        block: the effective Block Public Access settings.
        bucket_acl: grants of the bucket's ACL.
        object_acl: grants of the object's ACL.
        acls_disabled: whether object ownership is BucketOwnerEnforced: ACLs no longer affect permissions.
        canonical_accounts: (canonical user id, account id), where known.
        of_access_point: whether all this is of an access point, whose policy is public under slightly other rules.
    """

    block: PublicAccessBlock = NOTHING_BLOCKED
    bucket_acl: tuple[AclGrant, ...] = ()
    object_acl: tuple[AclGrant, ...] = ()
    acls_disabled: bool = False
    canonical_accounts: tuple[tuple[str, str], ...] = ()
    of_access_point: bool = False

    def acl_grants(self, principal: Principal, action: str) -> Iterator[tuple[Naming, AclGrant]]:
        """The grants of ACLs that let the principal do the action (lower-case), and whom each names.

        A predefined group names the principal itself. The canonical user of an account names the account: "if you
        grant permission to an AWS account, its administrator delegates to the account's users".
        """
        if self.acls_disabled:
            return
        for grants, actions in ((self.bucket_acl, _BUCKET_ACTIONS), (self.object_acl, _OBJECT_ACTIONS)):
            for grant in grants:
                naming = self._naming(grant, principal)
                if naming is not Naming.NOT and _permits(grant.permission, actions, action):
                    yield naming, grant

    def _naming(self, grant: AclGrant, principal: Principal) -> Naming:
        if grant.is_public:
            reached = grant.grantee == ALL_USERS or principal.type is not PrincipalType.ANONYMOUS
            return Naming.DIRECT if reached and not self.block.ignore_public_acls else Naming.NOT
        if principal.type is PrincipalType.CANONICAL_USER:
            return Naming.DIRECT if principal.identifier == grant.grantee else Naming.NOT
        known = (grant.grantee, principal.account) in self.canonical_accounts
        return Naming.ACCOUNT if known else Naming.NOT


def _permits(permission: str, actions: dict[str, set[str]], action: str) -> bool:
    if permission == "FULL_CONTROL":
        return any(action in permitted for permitted in actions.values())
    return action in actions.get(permission, set())
