"""`weightguard check-config`: whether configurations, and what they name, can be judged by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command("check-config")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
def check_config(files: tuple[str, ...]) -> None:
    """Say what is wrong with configurations and the controls, waivers and attestations that they name; end in 2 if anything is.

    FILE is a weightguard.yaml; none: the one of this folder. No cloud is asked, and no secret is read. Waivers and attestations
    that count for nothing, by their date or their evidence, are said too.
    """
    from weightguard.config import FILE_NAME
    from weightguard.report.text import visible

    for file in files or (FILE_NAME,):
        for line in _idle(Path(file)):
            click.echo(visible(line, 1_000))
        click.echo(f"{visible(file, 300)}: nothing is wrong", err=True)


def _idle(file: Path) -> Iterator[str]:
    """What a configuration names and nothing comes of, a line each.

    Raises:
        ConfigError, CatalogueError: the configuration, or a file that it names, is wrong, by line.
    """
    from weightguard.assess.attestations import read_attestations
    from weightguard.assess.waivers import read_waivers
    from weightguard.config import load
    from weightguard.controls import load_catalogue
    from weightguard.controls.functions import parameters_of

    config, now = load(file), datetime.now(UTC)
    catalogue = load_catalogue(*config.controls.directories)
    parameters_of(catalogue, config)
    for one in read_attestations(config.attestations, catalogue, now, config.organisation):
        if one.state != "accepted":
            yield f"{one.source}: the attestation of {one.attestation.control} counts for nothing: {one.why}"
    for waiver in read_waivers(config.waivers, catalogue, now):
        over = waiver.expires is not None and waiver.expires < now.date()
        if why := waiver.refused or (f"it expired on {waiver.expires}" if over else ""):
            yield f"{waiver.source}: the waiver of {waiver.control} counts for nothing: {why}"
