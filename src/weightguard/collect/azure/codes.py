"""What Azure's error codes mean: refused, too often, gone, ended, nobody there.

Sources: Azure Resource Manager documentation, "Troubleshoot common Azure deployment errors" and "Understand how Azure Resource
Manager throttles requests"; Microsoft Graph documentation, "Error responses and resource types"; Storage REST reference, "Blob
Storage error codes"; Key Vault documentation, "Azure Key Vault REST API error codes".
"""

from __future__ import annotations

from weightguard.collect.calls.codes import Codes

_DENIED = frozenset(
    {
        "AuthorizationFailed", "LinkedAuthorizationFailed", "AuthorizationPermissionMismatch", "AuthorizationFailure",
        "Authorization_RequestDenied", "AccessDenied", "Forbidden", "ForbiddenByPolicy", "ForbiddenByFirewall", "ForbiddenByRbac",
        "InsufficientAccountPermissions", "InsufficientPermissions", "InvalidAuthenticationToken", "InvalidAuthenticationInfo",
        "InvalidAuthenticationTokenTenant", "InvalidAuthenticationTokenAudience", "AuthenticationFailed", "Unauthorized",
        "UnauthorizedAccessException", "KeyBasedAuthenticationNotPermitted", "PublicAccessNotPermitted",
        "NoAuthenticationInformation", "DisallowedOperation",
    }
)  # fmt: skip
_THROTTLED = frozenset(
    {
        "TooManyRequests", "RateLimiting", "RequestThrottled", "SubscriptionRequestsThrottled", "TenantRequestsThrottled",
        "ServerBusy", "Throttled", "ThrottledRequest", "Request_ThrottledTemporarily", "OperationTimedOut",
        "GatewayRateLimitExceeded", "activityLimitReached",
    }
)  # fmt: skip
_GONE = frozenset(
    {
        "ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound", "NotFound", "ContainerNotFound", "BlobNotFound",
        "ContainerBeingDeleted", "Request_ResourceNotFound", "KeyNotFound", "VaultNotFound", "StorageAccountNotFound",
        "ContainerDisabled",
    }
)  # fmt: skip
UNREACHABLE = frozenset({"ConnectionError", "ConnectTimeout", "ReadTimeout", "SSLError", "ProxyError"})
"""The names of what `requests` raises where an endpoint that all share does not answer."""
ALONE = "HostUnreachable"
"""The same of a vault's or an account's own host: one that a private network hides says nothing of the others."""

CODES = Codes(
    provider="Azure",
    denied=_DENIED,
    throttled=_THROTTLED,
    gone=_GONE,
    expired=frozenset({"ExpiredAuthenticationToken", "TokenExpired"}),
    unreachable=UNREACHABLE,
)
