"""`weightguard permissions`: the least-privilege policy that `collect` needs."""

from __future__ import annotations

import json

import click

from weightguard.errors import InputError
from weightguard.provider import PROVIDERS


@click.command()
@click.argument("provider", type=click.Choice(PROVIDERS))
@click.option("--terraform", is_flag=True, help="As Terraform takes it, where it is written for that.")
def permissions(provider: str, terraform: bool) -> None:
    """Print the read-only policy that `collect` needs, generated from the calls that it declares."""
    from weightguard.collect.providers import TITLES, package

    needed = package(provider).permissions()
    if terraform and needed.terraform is None:
        raise InputError(
            f"what {TITLES[provider]} needs is not written for Terraform", fix="leave out --terraform"
        )
    click.echo(needed.terraform if terraform else json.dumps(needed.document, indent=2))
    if needed.remark:
        click.echo(needed.remark, err=True)
