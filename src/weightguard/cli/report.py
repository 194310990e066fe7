"""`weightguard report`: other formats from a report.json."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from weightguard.cli import options
from weightguard.errors import InputError


@click.command()
@click.argument("report_json", type=click.Path())
@click.option(
    "-f", "--format", "formats", default="html", show_default=True, help="Formats, comma-separated."
)
@click.option(
    "-o", "--output", type=click.Path(), help="A folder, or a file for one format; - for standard output."
)
@options.previous
def report(report_json: str, formats: str, output: str | None, previous: tuple[str, ...]) -> None:
    """Render other formats from a report.json. Without -o they are written beside it."""
    from weightguard.assess.serialise import read_report
    from weightguard.report import render
    from weightguard.report.trend import trend

    names = options.format_names(formats)
    if not names:
        raise InputError("no format was named", fix="write -f html")
    source = Path(report_json)
    parsed = read_report(source)
    before = options.earlier(previous)
    if output is None or (output != "-" and (Path(output).is_dir() or Path(output).suffix == "")):
        for path in options.write_formats(parsed, Path(output) if output else source.parent, names, before):
            click.echo(str(path))
        return
    if len(names) != 1:
        raise InputError("one file holds one format", fix="name a folder, or one format")
    content = render(names[0], parsed, trend((*before, parsed)) if before else ())
    if output == "-":
        sys.stdout.buffer.write(content)
    else:
        options.write_file(Path(output), content)
