"""`weightguard collect`: write a snapshot, judge nothing."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from weightguard.cli import options
from weightguard.cli.providers import provider_options, settings
from weightguard.collect.providers import TITLES
from weightguard.errors import InputError
from weightguard.provider import PROVIDERS


@click.group()
def collect() -> None:
    """Write a snapshot, judge nothing. Ends in 0 when one was written, gaps or not, and names the gaps."""


_OUTPUT = click.option(
    "-o",
    "--output",
    default="weightguard-snapshot",
    show_default=True,
    type=click.Path(),
    help="The snapshot's folder, or FILE.tar.zst for one file.",
)
_PACKED = ".tar.zst"


def _of_provider(name: str) -> click.Command:
    """`weightguard collect aws`, with the provider's own options."""

    def run(
        output: str, config_path: str | None, quiet: bool, verbose: bool, no_progress: bool, **given: Any
    ) -> None:
        from weightguard import api
        from weightguard.collect.progress import choose_progress

        options.logging_level(verbose)
        sources = settings((name,), options.configuration(config_path), given)
        progress = choose_progress(sys.stderr, quiet=quiet, show=not no_progress)
        again = "weightguard " + shlex.join(sys.argv[1:])
        _collect(output, quiet, lambda folder: api.collect(folder, sources, progress=progress, again=again))

    run.__doc__ = (
        f"Collect from {TITLES[name]}. The same command again resumes a collection that was interrupted."
    )
    command = click.command(name)(_OUTPUT(options.config(options.loudness(run))))
    command.params = [*command.params, *provider_options((name,))]
    return command


for _name in PROVIDERS:
    collect.add_command(_of_provider(_name))


@collect.command()
@click.argument("states", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@click.option("--account", metavar="ID", help="The account of states that name none.")
@options.loudness
def terraform(
    states: tuple[str, ...],
    output: str,
    account: str | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
) -> None:
    """Collect from Terraform states: the JSON of `terraform show -json`, one or several accounts."""
    from weightguard import api

    options.logging_level(verbose)
    if account is not None and not re.fullmatch(r"[0-9]{12}", account):
        raise InputError(f"{account!r} is no AWS account", fix="write its twelve digits")
    _collect(output, quiet, lambda folder: api.collect_terraform(folder, states, account=account))


@collect.command()
@click.argument("answers", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@options.loudness
def gaad(answers: tuple[str, ...], output: str, quiet: bool, verbose: bool, no_progress: bool) -> None:
    """Collect from answers of `aws iam get-account-authorization-details`, one or several accounts."""
    from weightguard import api

    options.logging_level(verbose)
    _collect(output, quiet, lambda folder: api.collect_gaad(folder, answers))


@collect.command("graph-export")
@click.argument("exports", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@options.loudness
def graph_export(
    exports: tuple[str, ...], output: str, quiet: bool, verbose: bool, no_progress: bool
) -> None:
    """Collect from exports of Azure: Resource Graph, Microsoft Graph, Resource Manager, AzureHound; several make one snapshot."""
    from weightguard import api

    options.logging_level(verbose)
    _collect(output, quiet, lambda folder: api.collect_graph_export(folder, exports))


@collect.command()
@click.argument("exports", nargs=-1, required=True, type=click.Path())
@_OUTPUT
@options.loudness
def assets(exports: tuple[str, ...], output: str, quiet: bool, verbose: bool, no_progress: bool) -> None:
    """Collect from exports of Google's Cloud Asset Inventory: all FILES make one snapshot.

    Beside `gcloud asset export` (resource, iam-policy, org-policy, access-policy, relationship content) and `gcloud asset
    search-all-*`: group memberships, one {"group", "members"} a line, and IAM's deny and principal access boundary policies.
    """
    from weightguard import api

    options.logging_level(verbose)
    _collect(output, quiet, lambda folder: api.collect_assets(folder, exports))


def _collect(output: str, quiet: bool, write: Callable[[Path], object]) -> None:
    """Write a snapshot where the user wants it: a folder, or packed beside the folder that it is collected in."""
    target = Path(output)
    if not output.endswith(_PACKED):
        write(target)
        _finish(target, target, quiet)
        return
    if target.exists():
        raise InputError(
            "a file of this name is there already",
            where=output,
            fix="a snapshot is never edited; choose another",
        )
    folder = target.with_name(target.name.removesuffix(_PACKED) + ".collecting")
    if not (folder / "manifest.json").exists():  # else a run ended after collecting and before packing
        write(folder)
    _pack(folder, target)
    _finish(target, folder, quiet)
    shutil.rmtree(folder)


def _pack(folder: Path, target: Path) -> None:
    from weightguard.snapshot import pack

    try:
        pack(folder, target)
    except OSError as error:
        raise InputError(
            f"the file cannot be written, {error.strerror}",
            where=str(target),
            fix=f"the snapshot itself is whole, in {folder}; make room and run the same command again",
        ) from error


def _finish(target: Path, folder: Path, quiet: bool) -> None:
    from weightguard.report.text import visible
    from weightguard.snapshot import open_snapshot

    if quiet:
        return
    with open_snapshot(folder) as snapshot:
        outcomes = snapshot.outcomes()
        gaps = [
            group for group in snapshot.calls_summary() if group.outcome in ("denied", "throttled", "failed")
        ]
        total = sum(outcomes.values())
        scopes = ", ".join(snapshot.scopes[:3]) + (", ..." if len(snapshot.scopes) > 3 else "")
        click.echo(f"Snapshot: {visible(str(target))} ({total:,} calls; {scopes})", err=True)
        for group in gaps[:20]:
            code = f" ({visible(group.code)})" if group.code else ""
            click.echo(
                f"  not seen: {group.service}:{group.operation} {group.outcome}{code} in {group.scope}, {group.count} times",
                err=True,
            )
        if len(gaps) > 20:
            click.echo(f"  and {len(gaps) - 20} more; calls.jsonl has all of them", err=True)
