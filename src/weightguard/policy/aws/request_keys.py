"""Which context keys a request for an action can have at all.

Source: Service Authorization Reference, "Actions, resources, and condition keys for" S3, KMS, IAM and STS: a key stands beside the
actions whose requests it describes. ``s3:prefix`` is a parameter of listings; a statement that asks for it beside
``s3:GetObject`` is never met there. Keys that describe the resource stand in that reference beside the resource, not beside the
action, and keys that describe the caller's session stand beside none: both are left open.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from weightguard.policy.aws.tables import condition_keys, find_action

_SERVICES: Final = frozenset({"s3", "kms", "iam", "sts"})
"""Services whose own keys describe nothing but requests to them."""
_OF_TAGGING: Final = ("aws:requesttag/", "aws:tagkeys")
_OF_RESOURCES: Final = (
    "s3:accesspointnetworkorigin",
    "s3:accesspointtag/",
    "s3:buckettag/",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:resourceaccount",
    "sts:rolesessionname",
    "kms:calleraccount",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:multiregion",
    "kms:multiregionkeytype",
    "kms:resourcealiases",
    "kms:viaservice",
    "iam:resourcetag/",
)


def may_have_key(action: str, key: str) -> bool:
    """Whether a request for an action may have a context key; True where the packaged tables cannot tell.

    Args:
        action: in lower case, with its service.
        key: in lower case.
    """
    service = key.partition(":")[0]
    if service not in _SERVICES and not key.startswith(_OF_TAGGING):
        return True
    entry = find_action(action)
    if entry is None or key.startswith(_OF_RESOURCES):
        return True
    if service in _SERVICES and not _is_known(service, key):
        return True
    return any(_is_of(key, _stem(one)) for one in entry.condition_keys)


@cache
def _known_stems(service: str) -> frozenset[str]:
    """The keys of a service that the tables hold, up to where a name of the policy author's begins."""
    return frozenset(_stem(one) for one in condition_keys(service))


def _is_known(service: str, key: str) -> bool:
    return any(_is_of(key, stem) for stem in _known_stems(service))


def _is_of(key: str, stem: str) -> bool:
    return key == stem or (stem.endswith(("/", ":")) and key.startswith(stem))


def _stem(documented: str) -> str:
    """``s3:existingobjecttag/`` of ``s3:ExistingObjectTag/<key>``; a key without such a part as it is."""
    lowered = documented.lower()
    ends = [place for place in (lowered.find("<"), lowered.find("${")) if place >= 0]
    return lowered[: min(ends)] if ends else lowered
