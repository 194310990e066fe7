"""`weightguard demo`: a small lab on loopback, audited."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from weightguard.cli import options
from weightguard.demo.providers import CLOUDS
from weightguard.errors import InputError

_MARK = ".weightguard-demo"


@click.command()
@click.option(
    "-o",
    "--output",
    default="weightguard-demo",
    show_default=True,
    type=click.Path(),
    help="Folder for snapshot and reports.",
)
@click.option(
    "--cloud", type=click.Choice(CLOUDS), default=CLOUDS[0], show_default=True, help="Whose lab to build."
)
@click.option("--hardened", is_flag=True, help="Audit the lab without the planted weaknesses.")
@click.option(
    "-f", "--format", "formats", default="html", show_default=True, help="Formats beside report.json."
)
@options.loudness
def demo(
    output: str, cloud: str, hardened: bool, formats: str, quiet: bool, verbose: bool, no_progress: bool
) -> None:
    """Build a small lab on loopback and audit it.

    A frontier lab's organisation in miniature, with some two dozen planted weaknesses (examples/demo-lab*.md list them). It is
    scanned over HTTP by the ordinary collector; nothing leaves this machine. Ends in 0 when the audit worked, whatever it found.
    """
    from weightguard import api
    from weightguard.cli import judged
    from weightguard.collect.progress import choose_progress
    from weightguard.demo.declared import configuration
    from weightguard.demo.providers import demonstration

    options.logging_level(verbose)
    found = demonstration(cloud)
    folder = _fresh(Path(output))
    declared = configuration(folder, cloud, hardened=hardened)
    request = judged.request(folder, quiet=quiet, config_path=str(declared), formats=formats)
    _say(quiet, f"Building a lab on {found.title} here...")
    with found.running(() if hardened else found.weaknesses) as settings:
        _say(quiet, f"Scanning it at {settings.endpoint_url}...")
        progress = choose_progress(sys.stderr, quiet=quiet, show=not no_progress)
        api.collect(folder / "snapshot", {cloud: settings}, progress=progress)
    judged.judge((folder / "snapshot",), request, before="A scan that found this would have ended in ")


def _say(quiet: bool, line: str) -> None:
    if not quiet:
        click.echo(line, err=True)


def _fresh(folder: Path) -> Path:
    """Clear what an earlier demonstration wrote, and nothing else."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / _MARK).exists())):
        raise InputError("the folder holds something else", where=str(folder), fix="choose another with -o")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).write_text(
        "Written by `weightguard demo`, which clears this folder when it runs again.\n"
    )
    return folder
