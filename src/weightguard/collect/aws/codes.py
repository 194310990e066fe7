"""What AWS error codes mean: refused, too often, gone, ended, nobody there."""

from __future__ import annotations

from weightguard.collect.calls.codes import Codes

_DENIED = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "AccessDeniedForDependencyException", "AllAccessDisabled", "AuthFailure",
        "AuthorizationError", "AuthorizationErrorException", "Forbidden", "ForbiddenException", "InsufficientPrivilegesException",
        "InvalidAccessKeyId", "InvalidClientTokenId", "NotAuthorized", "NotAuthorizedException", "OptInRequired",
        "SignatureDoesNotMatch", "SubscriptionRequiredException", "Unauthorized", "UnauthorizedAccess", "UnauthorizedException",
        "UnauthorizedOperation", "UnrecognizedClientException",
        "InvalidToken", "MissingAuthenticationToken",
    }
)  # fmt: skip
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
        "SlowDown", "Throttled", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequests",
        "TooManyRequestsException", "TransactionInProgressException",
    }
)  # fmt: skip
_NOT_REFUSED = frozenset({"InvalidObjectState"})
"""Errors with HTTP status 403 that are no matter of permission: an archived object has to be restored first."""
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""The session has ended: EC2 says so with RequestExpired (EC2 API reference, "Error codes"), S3 and STS with ExpiredToken."""
DOUBTFUL = frozenset(
    {
        "AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSignatureException",
        "InvalidToken", "MissingAuthenticationToken", "SignatureDoesNotMatch", "UnrecognizedClientException",
    }
)  # fmt: skip
"""The credentials themselves are not accepted: everywhere, where the key was deleted while it was in use; or in a region alone that
the account or the session's kind may not use (IAM user guide, "Managing AWS STS in an AWS Region")."""
_SKEWED = frozenset({"RequestTimeTooSkewed"})
"""The caller's clock is wrong (Amazon S3 API reference, "Error responses")."""
_GONE = frozenset(
    {
        "AccessPointNotFound", "AccountNotFoundException", "ChildNotFoundException", "ClusterNotFoundException",
        "CustomKeyStoreNotFoundException", "FileSystemNotFound", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable",
        "InvalidSnapshot.NotFound", "NoSuchAccessPoint", "NoSuchBucket", "NoSuchConfigurationRecorderException", "NoSuchEntity",
        "NoSuchEntityException", "NoSuchKey", "NotFoundException", "OrganizationalUnitNotFoundException",
        "ParentNotFoundException", "PolicyNotFoundException", "RepositoryNotFoundException", "ResourceNotFound",
        "ResourceNotFoundException", "ServiceNotFoundException", "StackSetNotFoundException", "TargetNotFoundException",
        "TrailNotFoundException",
    }
)  # fmt: skip
"""What the services answer about something that was there when it was listed and is no more."""
UNREACHABLE = frozenset(
    {
        "ConnectTimeoutError", "ConnectionClosedError", "ConnectionError", "EndpointConnectionError", "ProxyConnectionError",
        "ReadTimeoutError", "SSLError",
    }
)  # fmt: skip
"""The SDK's names for an endpoint that does not answer."""

CODES = Codes(
    provider="AWS",
    denied=_DENIED,
    throttled=_THROTTLED,
    not_refused=_NOT_REFUSED,
    gone=_GONE,
    expired=_EXPIRED,
    skewed=_SKEWED,
    unreachable=UNREACHABLE,
)
