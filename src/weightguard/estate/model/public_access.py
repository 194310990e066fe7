"""What keeps the public out, whatever a policy or a list says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicAccess:
    """Whether a store, or all of an account's, can be opened to everybody at all.

    Attributes:
        blocked: whether nothing that somebody writes into a policy or a list lets the public in.
        by: what does that, in words. AWS: the switches that are on. Google Cloud: public access prevention, of the bucket or of
            the organisation. Azure: allowBlobPublicAccess switched off.
        left_open: what is not blocked, where it is blocked in part.
    """

    blocked: bool
    by: tuple[str, ...] = ()
    left_open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """S3 Block Public Access, as AWS's decisions on policies and lists ask for it: see `weightguard.policy.aws`."""

    block_acls: bool
    ignore_acls: bool
    block_policy: bool
    restrict_buckets: bool

    @property
    def complete(self) -> bool:
        """True when all four switches are on."""
        return self.block_acls and self.ignore_acls and self.block_policy and self.restrict_buckets
