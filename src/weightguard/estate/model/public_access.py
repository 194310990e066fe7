"""What keeps the public out, whatever a policy or an ACL says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """AWS: S3 Block Public Access. Google Cloud: public access prevention sets all four. Azure: allowBlobPublicAccess=false."""

    block_acls: bool
    ignore_acls: bool
    block_policy: bool
    restrict_buckets: bool

    @property
    def complete(self) -> bool:
        """True when all four switches are on."""
        return self.block_acls and self.ignore_acls and self.block_policy and self.restrict_buckets
