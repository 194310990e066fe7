"""`weightguard permissions`: the least-privilege policy that `collect` needs."""

from __future__ import annotations

import json

import click

from weightguard.errors import InputError


@click.command()
@click.argument("provider", type=click.Choice(("aws", "gcp", "azure")))
def permissions(provider: str) -> None:
    """Print the read-only policy that `collect` needs, generated from the calls that it declares."""
    if provider != "aws":
        raise InputError(
            f"this version does not collect from {provider}", fix="write `weightguard permissions aws`"
        )
    from weightguard.collect.aws import permissions as policy

    click.echo(json.dumps(policy(), indent=2))
