"""How context keys are spelled.

Source: IAM User Guide, "AWS global condition context keys"; the keys of KMS, S3, STS, EC2 and IAM that access to weights meets.
"""

from __future__ import annotations

_KNOWN_KEYS = (
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "kms:CallerAccount",
    "kms:ViaService",
    "kms:EncryptionContextKeys",
    "kms:GrantOperations",
    "kms:GrantIsForAWSResource",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:ResourceAccount",
    "s3:prefix",
    "s3:TlsVersion",
    "s3:signatureversion",
    "s3:authType",
    "s3:AccessPointNetworkOrigin",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "ec2:SourceInstanceARN",
    "iam:PassedToService",
    "iam:PermissionsBoundary",
    "iam:PolicyARN",
    "iam:AssociatedResourceArn",
)

_PREFIXES = ("aws:PrincipalTag/", "aws:ResourceTag/", "aws:RequestTag/", "kms:EncryptionContext:")

_SPELLING = {key.lower(): key for key in _KNOWN_KEYS}


def canonical_key(key: str) -> str:
    """A context key as the documentation spells it: policies may write ``AWS:sourceip``, and mean the same.

    A key that this table does not hold stays as the policy has it.
    """
    lowered = key.lower()
    known = _SPELLING.get(lowered)
    if known is not None:
        return known
    for prefix in _PREFIXES:
        if lowered.startswith(prefix.lower()):
            return prefix + key[len(prefix) :]
    return key
