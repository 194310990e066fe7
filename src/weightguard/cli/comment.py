"""`weightguard comment`: one comment on the pull request that a job runs for."""

from __future__ import annotations

import os
from pathlib import Path

import click

from weightguard import files

_MOST = 16 * 1024 * 1024


@click.command()
@click.argument("markdown", type=click.Path())
@click.option(
    "--name",
    default="weightguard",
    show_default=True,
    help="Tells several comments on one pull request apart.",
)
def comment(markdown: str, name: str) -> None:
    """Say a Markdown file on the pull request that this job runs for.

    In GitHub Actions, GitLab CI and Azure Pipelines. The comment is made the first time and rewritten ever after, so that a pull
    request has one. The token comes from GITHUB_TOKEN, WEIGHTGUARD_GITLAB_TOKEN or SYSTEM_ACCESSTOKEN.
    """
    from weightguard.errors import InputError
    from weightguard.notify.pull_request import comment as say
    from weightguard.report.text import visible

    content = files.read(Path(markdown), "the comment", most=_MOST)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the comment is no UTF-8", where=markdown) from error
    told = say(text, os.environ, name=name)
    if told is None:
        click.echo("This job runs for no pull request: nothing was said.")
        return
    click.echo(f"The comment on {visible(told.place, 200)} was {told.did}.")
