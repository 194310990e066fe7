"""`weightguard scan`: collect, judge and report, in one go."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weightguard.cli import options
from weightguard.cli.providers import ProviderCommand, configured, settings
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.assess.model import Report
    from weightguard.config import Config
    from weightguard.notify import Channel


@click.command(cls=ProviderCommand)
@click.option(
    "-o",
    "--output",
    default="weightguard-audit",
    show_default=True,
    type=click.Path(),
    help="Folder for snapshot and reports.",
)
@options.judging
@click.option(
    "--notify",
    is_flag=True,
    help="Tell those whom notify: in weightguard.yaml names what was found or changed.",
)
@options.loudness
@click.pass_context
def scan(
    context: click.Context,
    /,
    providers: tuple[str, ...],
    output: str,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    notify: bool,
    **given: Any,
) -> None:
    """Collect, judge and report, in one go.

    Without an argument, what weightguard.yaml names is scanned; several providers make one snapshot and one report. Writes
    OUTPUT/snapshot/, OUTPUT/report.json and the formats asked for. The same command again resumes a scan that was interrupted, and
    starts afresh after one that ended. With --notify and --previous, people are told what changed since the latest of the earlier
    reports, and nothing where nothing did.
    """
    from weightguard import api
    from weightguard.cli import judged
    from weightguard.collect.progress import choose_progress

    options.logging_level(verbose)
    folder = Path(output)
    request = judged.request(folder, quiet=quiet, **{name: given.pop(name) for name in options.JUDGING})
    sources = settings(providers or _configured(request.config), request.config, given)
    channels = _channels(request.config) if notify else ()
    snapshot = folder / "snapshot"
    progress = choose_progress(sys.stderr, quiet=quiet, show=not no_progress)
    again = "weightguard " + shlex.join(sys.argv[1:])
    api.collect(snapshot, sources, progress=progress, again=again, replace=True)
    report, status = judged.judge((snapshot,), request)
    if channels:
        _tell(channels, report, request.previous, quiet=quiet)
    context.exit(status)


def _channels(config: Config) -> tuple[Channel, ...]:
    """Whom to tell, their secrets read before a long scan rather than after it."""
    from weightguard.notify import prepare

    return prepare(config.notify, os.environ)


def _tell(
    channels: tuple[Channel, ...], report: Report, previous: tuple[Report, ...], *, quiet: bool
) -> None:
    from weightguard.notify import send

    for outcome in send(channels, report, previous[-1] if previous else None):
        if not quiet:
            said = "told" if outcome.told else "nothing changed, not told"
            click.echo(f"weightguard: {outcome.channel}: {said}", err=True)


def _configured(config: Config) -> tuple[str, ...]:
    """The providers that the configuration names.

    Raises:
        InputError: it names none.
    """
    named = configured(config)
    if not named:
        raise InputError(
            "nothing to scan was named", fix="write `weightguard scan aws`, or sources: in weightguard.yaml"
        )
    return named
