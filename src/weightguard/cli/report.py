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
def report(report_json: str, formats: str, output: str | None) -> None:
    """Render other formats from a report.json. Without -o they are written beside it."""
    from weightguard.assess.serialise import from_json
    from weightguard.report import find

    source = Path(report_json)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError("the report cannot be read", where=report_json, fix=str(error.strerror)) from error
    parsed = from_json(content, report_json)
    names = tuple(name.strip() for name in formats.split(",") if name.strip())
    one_file = output is not None and (output == "-" or Path(output).suffix != "")
    if one_file and len(names) != 1:
        raise InputError("one file holds one format", fix="name a folder, or one format")
    if output == "-":
        sys.stdout.buffer.write(find(names[0]).render(parsed))
        return
    if one_file:
        Path(str(output)).write_bytes(find(names[0]).render(parsed))
        return
    for path in options.write_formats(parsed, Path(output) if output else source.parent, names):
        click.echo(str(path))
