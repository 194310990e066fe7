"""`weightguard schema`: the JSON schemas of what weightguard reads and writes."""

from __future__ import annotations

from importlib.resources import files

import click

NAMES = (
    "report",
    "snapshot",
    "control",
    "config",
    "case",
    "attestations",
    "waivers",
    "protocol",
    "declared",
    "audit",
    "trust",
)


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def schema(name: str) -> None:
    """Print a JSON schema of what weightguard reads or writes."""
    click.echo((files("weightguard") / "schemas" / f"{name}.json").read_text(encoding="utf-8"), nl=False)
