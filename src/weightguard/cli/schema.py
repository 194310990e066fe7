"""`weightguard schema`: the JSON schemas of what weightguard reads and writes."""

from __future__ import annotations

from importlib.resources import files

import click

NAMES = ("report", "snapshot", "control", "config", "case")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def schema(name: str) -> None:
    """Print a JSON schema: report, snapshot, control, config or case."""
    click.echo((files("weightguard") / "schemas" / f"{name}.json").read_text(encoding="utf-8"), nl=False)
