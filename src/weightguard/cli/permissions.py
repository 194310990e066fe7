"""`weightguard permissions`: the least-privilege policy that `collect` needs."""

from __future__ import annotations

import json

import click

from weightguard.errors import InputError

# IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, white space not counted.
MANAGED_POLICY_LIMIT = 6_144


@click.command()
@click.argument("provider", type=click.Choice(("aws", "gcp", "azure")))
def permissions(provider: str) -> None:
    """Print the read-only policy that `collect` needs, generated from the calls that it declares."""
    if provider != "aws":
        raise InputError(
            f"this version does not collect from {provider}", fix="write `weightguard permissions aws`"
        )
    from weightguard.collect.aws import permissions as policy

    document = policy()
    click.echo(json.dumps(document, indent=2))
    characters = len(json.dumps(document, separators=(",", ":")))
    if characters > MANAGED_POLICY_LIMIT:
        click.echo(
            f"{characters:,} characters without white space: more than the {MANAGED_POLICY_LIMIT:,} of one managed policy. "
            "Attach its statements as two.",
            err=True,
        )
