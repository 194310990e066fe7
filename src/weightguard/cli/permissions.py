"""`weightguard permissions`: the least-privilege policy that `collect` needs."""

from __future__ import annotations

import json

import click

from weightguard.provider import PROVIDERS


@click.command()
@click.argument("provider", type=click.Choice(PROVIDERS))
def permissions(provider: str) -> None:
    """Print the read-only policy that `collect` needs, generated from the calls that it declares."""
    from weightguard.collect.providers import package

    needed = package(provider).permissions()
    click.echo(json.dumps(needed.document, indent=2))
    if needed.remark:
        click.echo(needed.remark, err=True)
