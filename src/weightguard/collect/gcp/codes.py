"""What the error answers of Google's APIs mean: refused, too often, gone, not signed in, switched off, nobody there.

Sources: Cloud APIs, "Errors" (`google.rpc.Status`, `ErrorInfo`); Cloud Storage, "HTTP status and error codes for JSON".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.calls.codes import Codes, Fault

DISABLED: Final = frozenset({"SERVICE_DISABLED", "accessNotConfigured"})
"""The API is switched off in the project that the call counts against."""
GONE: Final = frozenset({"NOT_FOUND", "notFound"})
"""Said by the API itself; a 404 without such a word may be anybody's."""
UNREACHABLE: Final = frozenset(
    {"ConnectTimeout", "ConnectionError", "ProxyError", "ReadTimeout", "SSLError", "TransportError"}
)
"""The names of what `requests` raises where an endpoint does not answer."""
_THROTTLED: Final = frozenset(
    {
        "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "dailyLimitExceeded", "quotaExceeded", "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)  # fmt: skip
_DENIED: Final = frozenset(
    {
        *DISABLED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "CONSUMER_INVALID", "IAM_PERMISSION_DENIED", "PERMISSION_DENIED",
        "SECURITY_POLICY_VIOLATED", "USER_PROJECT_DENIED", "forbidden", "insufficientPermissions", "vpcServiceControls",
    }
)  # fmt: skip
CODES: Final = Codes(
    provider="Google Cloud", denied=_DENIED, throttled=_THROTTLED, gone=GONE, unreachable=UNREACHABLE
)


def fault(status: int, body: bytes) -> Fault:
    """An error answer by its most telling word: the reason of its `ErrorInfo`, else its gRPC status, else its HTTP status."""
    error = _error(body)
    reasons = [one.get("reason") for one in _objects(error.get("details")) if "reason" in one]
    older = [one.get("reason") for one in _objects(error.get("errors"))]
    words = [word for word in (*reasons, error.get("status"), *older) if isinstance(word, str) and word]
    message = error.get("message")
    return Fault(words[0] if words else str(status), status, message if isinstance(message, str) else None)


def _error(body: bytes) -> Mapping[str, Any]:
    """The error of a body that has one; a page meant for a browser has none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list) and found:  # how streaming endpoints answer
        found = found[0]
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {"message": error}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
