"""Private ways from a network to Google's services: Private Service Connect endpoints for a bundle of them.

Source: Compute Engine REST reference, `globalForwardingRules` (target ``all-apis`` or ``vpc-sc``).
"""

from __future__ import annotations

from typing import Final

from weightguard.estate.gcp.scope import Records, project_of, relative, told
from weightguard.estate.model import NOT_HERE, Endpoint
from weightguard.estate.shape import text_or_none

KIND: Final = "compute.global_forwarding_rule"
_BUNDLES: Final = ("all-apis", "vpc-sc")


def endpoints(records: Records) -> list[Endpoint]:
    """The endpoints. They have no policies: what passes them, perimeters say."""
    return [
        Endpoint(
            id=records.named(relative(record.id)), provider="gcp", account=project_of(record), region=None,
            network=text_or_none(told(record, "network")), service=bundle, kind="PrivateServiceConnect", policy=NOT_HERE,
        )
        for record in records.of(KIND)
        if (bundle := str(told(record, "target") or "").rpartition("/")[2]) in _BUNDLES
    ]  # fmt: skip
