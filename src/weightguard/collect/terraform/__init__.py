"""Terraform and OpenTofu states as a snapshot: what a state says, in the record kinds and shapes of the AWS collector.

collect([Path("state-111111111111.json")], writer)
"""

from weightguard.collect.terraform.collector import collect

__all__ = ["collect"]
