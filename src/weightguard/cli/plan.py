"""`weightguard plan`: what a Terraform change does to weights, before it is applied."""

from __future__ import annotations

import json
from pathlib import Path

import click

from weightguard.cli import options


@click.command()
@click.argument("plans", nargs=-1, required=True, type=click.Path())
@click.option(
    "--onto",
    metavar="SNAPSHOT",
    type=click.Path(),
    help="The estate before: a snapshot that the plan is laid over.",
)
@click.option(
    "--baseline",
    metavar="REPORT",
    type=click.Path(),
    help="A report whose failures are known: only others count.",
)
@click.option(
    "--fail-on",
    type=click.Choice(options.SEVERITIES),
    default=None,
    help="Exit with 3 when something of this severity or above newly fails; default: the configuration's, else high.",
)
@click.option(
    "-f", "--format", "formats", default="", help="Also write these formats into -o: markdown, sarif, json."
)
@click.option("-o", "--output", type=click.Path(), help="Folder for the formats.")
@click.option(
    "--source",
    type=click.Path(),
    help="Folder of the configuration, for lines in SARIF; default: beside the plan, else this one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@options.config
@options.loudness
@click.pass_context
def plan(
    context: click.Context,
    plans: tuple[str, ...],
    onto: str | None,
    baseline: str | None,
    fail_on: str | None,
    formats: str,
    output: str | None,
    source: str | None,
    as_json: bool,
    config_path: str | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
) -> None:
    """Judge Terraform plans before they are applied: which paths to weights open and close, what newly fails, who gains access.

    PLANS are files of `terraform show -json PLANFILE` (or OpenTofu's). Ends with 3 when something newly fails or a path to weights
    opens that nobody declared, with 4 when a value that is known only after apply could hide that.
    """
    from weightguard import api
    from weightguard.plan.formats import names, write
    from weightguard.plan.serial import difference_json
    from weightguard.plan.words import text

    options.logging_level(verbose)
    wanted = names(formats, output)
    config = options.configuration(config_path)
    found = api.plan(
        [Path(one) for one in plans],
        onto=onto,
        baseline=baseline,
        config=config,
        fail_on=fail_on or config.fail_on,  # type: ignore[arg-type]  # click and the configuration have checked it
    )
    if output is not None:
        write(found, Path(output), wanted, Path(source) if source else None)
    if as_json:
        click.echo(json.dumps(found.hide(difference_json(found)), indent=2))
    elif not quiet:
        click.echo("\n".join(found.hide(list(text(found)))))
    context.exit(found.status)
