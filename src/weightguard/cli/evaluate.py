"""`weightguard evaluate`: decide single requests against given policies, a case a line."""

from __future__ import annotations

import json
from typing import BinaryIO

import click

from weightguard.errors import InputError

_LONGEST_LINE = 10_000


@click.command()
@click.argument("cases", type=click.File("rb"))
@click.option("--explain", is_flag=True, help="Say which layers said what, in order, instead of JSON.")
@click.pass_context
def evaluate(context: click.Context, cases: BinaryIO, explain: bool) -> None:
    """Decide every request in CASES.jsonl (or - for standard input) by the policies given with it.

    One JSON object a line in, one out. A line that cannot be decided gives an error for that line; the others
    are still answered, and the exit status is 2.
    """
    from weightguard.policy.cases import answer_lines
    from weightguard.report.text import visible

    answered = failed = 0
    for answer in answer_lines(cases):
        answered += 1
        failed += answer.failed
        if explain:
            click.echo("\n".join(visible(line, _LONGEST_LINE) for line in answer.explanation()))
        else:
            click.echo(json.dumps(answer.record))
    if not answered:
        raise InputError("there is no case to decide", where=cases.name, fix="give one JSON object a line")
    if failed:
        context.exit(InputError.exit_status)
