"""What `scan`, `assess` and `demo` have in common: judge, write, summarise, and say how it ended."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weightguard.cli import options
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.assess.model import Report
    from weightguard.config import Config


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked of an assessment.

    Attributes:
        fail_on, target_level: None: what the configuration says.
        what_if: ``CONTROL=pass`` each.
        folder: where the formats go; None writes none.
    """

    config: Config
    folder: Path | None
    formats: tuple[str, ...]
    fail_on: str | None = None
    target_level: str | None = None
    as_of: str | None = None
    what_if: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    as_json: bool = False
    quiet: bool = False


def request(
    folder: Path | None, *, quiet: bool, config_path: str | None, formats: str, **asked: Any
) -> Request:
    """What the options of `options.judging` ask for.

    Raises:
        ConfigError: the configuration is wrong, by line. InputError: there is no such format.
    """
    return Request(
        options.configuration(config_path), folder, options.format_names(formats), quiet=quiet, **asked
    )


def judge(snapshots: tuple[Path, ...], request: Request) -> tuple[Report, int]:
    """Assess snapshots, write the formats, print the summary, and give the exit status."""
    from weightguard import api
    from weightguard.assess.assessment import Options
    from weightguard.assess.status import exit_status
    from weightguard.controls.engine import timestamp

    level = request.target_level or request.config.target_level
    wanted = Options(
        as_of=timestamp(request.as_of) if request.as_of else None,
        target_level=level,  # type: ignore[arg-type]  # click has checked it
        what_if=dict(_assumption(text) for text in request.what_if),
        protocols=request.protocols,
    )
    report = api.assess(api.load(*snapshots), config=request.config, options=wanted)
    written = options.write_formats(report, request.folder, request.formats) if request.folder else []
    _show(report, request, written)
    fail_on = request.fail_on or request.config.fail_on
    return report, exit_status(report, fail_on=fail_on, target_level=level)  # type: ignore[arg-type]


def _assumption(text: str) -> tuple[str, str]:
    control, equals, value = text.partition("=")
    if not equals or value != "pass":
        raise InputError(f"--what-if {text!r} is not understood", fix="write it as WG-STO-01=pass")
    return control, value


def _show(report: Report, request: Request, written: list[Path]) -> None:
    if request.as_json:
        from weightguard.assess.serialise import to_json

        sys.stdout.buffer.write(to_json(report))
        sys.stdout.buffer.flush()
    elif not request.quiet:
        from weightguard.report import terminal

        shown = [path for path in written if path.suffix == ".html"] + [
            path for path in written if path.suffix != ".html"
        ]
        click.echo(terminal.render(report, written=tuple(str(path) for path in shown)), nl=False)
