"""IAM Roles Anywhere: certificate authorities that are trusted, and the roles that their certificates become."""

from __future__ import annotations

from weightguard.collect.aws.resource import Resource, reader
from weightguard.collect.calls.operation import Operation

TRUST_ANCHORS = Operation(
    service="rolesanywhere",
    name="ListTrustAnchors",
    permissions=("rolesanywhere:ListTrustAnchors",),
    hides="certificate authorities whose certificates become roles",
    required=("trustAnchors",),
    paged=True,
    keeps=("trustAnchorArn", "trustAnchorId", "name", "enabled", "source.sourceType"),
)
PROFILES = Operation(
    service="rolesanywhere",
    name="ListProfiles",
    permissions=("rolesanywhere:ListProfiles",),
    hides="roles that a machine with a certificate becomes",
    required=("profiles",),
    paged=True,
    keeps=("profileArn", "profileId", "name", "enabled", "roleArns", "sessionPolicy", "durationSeconds"),
)
OPERATIONS = (TRUST_ANCHORS, PROFILES)
read = reader(
    Resource("rolesanywhere.trust_anchor", TRUST_ANCHORS, "trustAnchors[]", "{trustAnchorArn}"),
    Resource("rolesanywhere.profile", PROFILES, "profiles[]", "{profileArn}"),
)
