"""`weightguard evaluate`: decide single requests against given policies, a case a line."""

from __future__ import annotations

import gc
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import click

from weightguard.errors import InputError

_LONGEST_CASE = 1 << 25
_LONGEST_LINE = 10_000
_MANY: Final = 100_000


@contextmanager
def _uncollected() -> Iterator[None]:
    """What a line needed is freed with its last name; looking for circles in all that is kept finds none, and costs a sixth."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


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

    answered = failed = 0
    out = sys.stdout.buffer
    is_awaited = not _is_file(cases)
    with _uncollected():
        for answer in answer_lines(_lines(cases)):
            answered += 1
            failed += answer.failed
            if explain:
                _explain(answer.explanation())
            else:
                out.write(answer.written() + b"\n")
                if is_awaited:
                    out.flush()
            if answered % _MANY == 0:
                gc.collect()
    if not answered:
        raise InputError("there is no case to decide", where=cases.name, fix="give one JSON object a line")
    if failed:
        context.exit(InputError.exit_status)


def _lines(cases: BinaryIO) -> Iterator[bytes]:
    """The lines, none longer than a case may be: what has no end is not waited for.

    Raises:
        InputError: one is.
    """
    number = 0
    while line := cases.readline(_LONGEST_CASE + 1):
        number += 1
        if len(line) > _LONGEST_CASE:
            where = f"{cases.name} line {number}"
            raise InputError("a case is too long", where=where, fix=f"{_LONGEST_CASE:,} bytes are the most")
        yield line


def _is_file(cases: BinaryIO) -> bool:
    """Whether the cases lie in a file: else somebody may ask line by line, and wait for each answer."""
    try:
        return stat.S_ISREG(os.fstat(cases.fileno()).st_mode)
    except OSError:  # Nothing that the system knows of, as where the command is called in-process.
        return False


def _explain(lines: list[str]) -> None:
    from weightguard.report.text import visible

    click.echo("\n".join(visible(line, _LONGEST_LINE) for line in lines))
