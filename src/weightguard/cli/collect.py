"""`weightguard collect`: write a snapshot, judge nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from weightguard.cli import options


@click.group()
def collect() -> None:
    """Write a snapshot, judge nothing. Ends in 0 when one was written, gaps or not, and names the gaps."""


_OUTPUT = click.option(
    "-o",
    "--output",
    default="weightguard-snapshot",
    show_default=True,
    type=click.Path(),
    help="The snapshot's folder.",
)


@collect.command()
@_OUTPUT
@click.option(
    "--config", "config_path", type=click.Path(), help="weightguard.yaml; default: the one in this folder."
)
@options.aws
@options.loudness
def aws(
    output: str, config_path: str | None, quiet: bool, verbose: bool, no_progress: bool, **given: Any
) -> None:
    """Collect from AWS. The same command again resumes a collection that was interrupted."""
    from weightguard.cli.scan import collect_aws
    from weightguard.collect.progress import choose_progress

    options.logging_level(verbose)
    progress = choose_progress(sys.stderr, quiet=quiet, show=not no_progress)
    collect_aws(Path(output), options.configuration(config_path), given, progress)
    _finish(output, quiet)


@collect.command()
@click.argument("states", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@options.loudness
def terraform(states: tuple[str, ...], output: str, quiet: bool, verbose: bool, no_progress: bool) -> None:
    """Collect from Terraform states: the JSON of `terraform show -json`, one or several accounts."""
    from weightguard import api

    options.logging_level(verbose)
    api.collect_terraform(output, states)
    _finish(output, quiet)


@collect.command()
@click.argument("answers", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@options.loudness
def gaad(answers: tuple[str, ...], output: str, quiet: bool, verbose: bool, no_progress: bool) -> None:
    """Collect from answers of `aws iam get-account-authorization-details`, one or several accounts."""
    from weightguard import api

    options.logging_level(verbose)
    api.collect_gaad(output, answers)
    _finish(output, quiet)


def _finish(output: str, quiet: bool) -> None:
    from weightguard.report.text import visible
    from weightguard.snapshot import open_snapshot

    if quiet:
        return
    with open_snapshot(Path(output)) as snapshot:
        outcomes = snapshot.outcomes()
        gaps = [
            group for group in snapshot.calls_summary() if group.outcome in ("denied", "throttled", "failed")
        ]
        total = sum(outcomes.values())
        click.echo(f"Snapshot: {visible(output)} ({total:,} calls, {len(snapshot.scopes)} scopes)", err=True)
        for group in gaps[:20]:
            code = f" ({visible(group.code)})" if group.code else ""
            click.echo(
                f"  not seen: {group.service}:{group.operation} {group.outcome}{code} in {group.scope}, {group.count} times",
                err=True,
            )
        if len(gaps) > 20:
            click.echo(f"  and {len(gaps) - 20} more; calls.jsonl has all of them", err=True)
