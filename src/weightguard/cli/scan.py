"""`weightguard scan`: collect, judge and report, in one go."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weightguard.cli import options
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.assess.model import Report
    from weightguard.config import Config
    from weightguard.notify import Channel

_PROVIDERS = ("aws", "gcp", "azure")
_NOT_YET = {"gcp": "Google Cloud", "azure": "Azure"}


@click.command()
@click.argument("providers", nargs=-1, type=click.Choice(_PROVIDERS))
@click.option(
    "-o",
    "--output",
    default="weightguard-audit",
    show_default=True,
    type=click.Path(),
    help="Folder for snapshot and reports.",
)
@options.aws
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

    Without an argument, what weightguard.yaml names is scanned. Writes OUTPUT/snapshot/, OUTPUT/report.json and the formats
    asked for. The same command again resumes a scan that was interrupted, and starts afresh after one that ended. With
    --notify and --previous, people are told what changed since the latest of the earlier reports, and nothing where nothing did.
    """
    from weightguard.cli import judged
    from weightguard.collect.progress import choose_progress

    options.logging_level(verbose)
    folder = Path(output)
    request = judged.request(folder, quiet=quiet, **{name: given.pop(name) for name in options.JUDGING})
    check(providers or configured(request.config))
    channels = _channels(request.config) if notify else ()
    snapshot = folder / "snapshot"
    progress = choose_progress(sys.stderr, quiet=quiet, show=not no_progress)
    collect_aws(snapshot, request.config, given, progress, replace=True)
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


def configured(config: Config) -> tuple[str, ...]:
    """The providers that the configuration names.

    Raises:
        InputError: it names none.
    """
    named = tuple(name for name in _PROVIDERS if getattr(config.sources, name) is not None)
    if not named:
        raise InputError(
            "nothing to scan was named", fix="write `weightguard scan aws`, or sources: in weightguard.yaml"
        )
    return named


def check(providers: tuple[str, ...]) -> None:
    """Refuse a provider that this version does not collect from.

    Raises:
        InputError: naming it.
    """
    for provider in providers:
        if provider in _NOT_YET:
            raise InputError(
                f"this version does not collect from {_NOT_YET[provider]}",
                fix="scan aws, or collect from files",
            )


def aws_settings(config: Config, given: dict[str, Any]) -> dict[str, Any]:
    """How to collect from AWS, as the configuration says, options first: fields of `AwsOptions`."""
    settings: dict[str, Any] = {}
    if source := config.sources.aws:
        settings = options.given(
            profile=source.profile,
            regions=source.regions,
            org=source.organization,
            role_name=source.role_name,
            role_arns=source.role_arns,
            external_id=source.external_id,
            endpoint_url=source.endpoint_url,
            ca_bundle=str(source.ca_bundle) if source.ca_bundle else None,
            services=source.services,
        )
    return settings | options.given(**given)


def collect_aws(
    snapshot: Path, config: Config, given: dict[str, Any], progress: Any, *, replace: bool = False
) -> None:
    """Collect from AWS; an interruption says what to type to go on."""
    from weightguard import api

    again = "weightguard " + shlex.join(sys.argv[1:])
    api.collect_aws(snapshot, progress=progress, again=again, replace=replace, **aws_settings(config, given))
