"""`weightguard assess`: judge snapshots offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from weightguard.cli import options


@click.command()
@click.argument("snapshots", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Folder for report.json and the formats; default: none is written.",
)
@options.judging
@options.loudness
@click.pass_context
def assess(
    context: click.Context,
    /,
    snapshots: tuple[str, ...],
    output: str | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    **judging: Any,
) -> None:
    """Judge one or several snapshots (folders or .tar.zst) offline; the same input gives the same bytes."""
    from weightguard.cli import judged

    options.logging_level(verbose)
    request = judged.request(Path(output) if output else None, quiet=quiet, **judging)
    _, status = judged.judge(tuple(Path(path) for path in snapshots), request)
    context.exit(status)
