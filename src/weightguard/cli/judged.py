"""What `scan`, `assess` and `demo` have in common: judge, write, summarise, and say how it ended."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weightguard.cli import options
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.assess.assessment import Options
    from weightguard.assess.model import Report
    from weightguard.config import Config
    from weightguard.controls import Catalogue


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked of an assessment, checked.

    Attributes:
        fail_on: the severity from which a failure fails the run.
        folder: where the formats go; None writes none.
        formats: in the order in which they are written.
        previous: earlier reports, oldest first.
        found: the configuration is that of this folder, which nobody named.
    """

    config: Config
    catalogue: Catalogue
    options: Options
    fail_on: str
    folder: Path | None
    formats: tuple[str, ...]
    as_json: bool
    quiet: bool
    previous: tuple[Report, ...] = ()
    found: bool = False


def request(
    folder: Path | None,
    *,
    quiet: bool,
    config_path: str | None,
    formats: str,
    fail_on: str | None = None,
    target_level: str | None = None,
    as_of: str | None = None,
    what_if: tuple[str, ...] = (),
    protocols: tuple[str, ...] = (),
    as_json: bool = False,
    previous: tuple[str, ...] = (),
) -> Request:
    """What the options of `options.judging` ask for. Everything that can be wrong in it is looked at here, before a collection.

    Raises:
        ConfigError, CatalogueError: the configuration, a file that it names, or a control is wrong, by line.
        InputError: there is no such format, time, control, protocol, or the folder cannot be written.
    """
    from weightguard.assess.assessment import Options
    from weightguard.controls import load_catalogue
    from weightguard.controls.moment import timestamp

    config = options.configuration(config_path)
    names = tuple(dict.fromkeys(("json", *options.format_names(formats))))
    catalogue = load_catalogue(*config.controls.directories)
    wanted = Options(
        as_of=timestamp(as_of) if as_of else None,
        target_level=target_level,  # type: ignore[arg-type]  # click has checked it
        what_if=dict(_assumption(text, catalogue) for text in what_if),
        protocols=protocols,
    )
    _check_files(config, catalogue, wanted)
    if folder is not None:
        _check_folder(folder)
        _check_declared(config, catalogue, wanted)
    return Request(
        config=config,
        catalogue=catalogue,
        options=wanted,
        fail_on=fail_on or config.fail_on,
        folder=folder,
        formats=names,
        as_json=as_json,
        quiet=quiet,
        previous=options.earlier(previous),
        found=options.is_found(config_path),
    )


def _assumption(text: str, catalogue: Catalogue) -> tuple[str, str]:
    control, equals, value = text.partition("=")
    if not equals or value != "pass":
        raise InputError(f"--what-if {text!r} is not understood", fix="write it as WG-STO-01=pass")
    if control not in catalogue.by_id:
        near = get_close_matches(control, catalogue.by_id, n=1)
        fix = f"did you mean {near[0]}?" if near else "`weightguard controls list` names them all"
        raise InputError(f"--what-if names the unknown control {control!r}", fix=fix)
    return control, value


def _check_files(config: Config, catalogue: Catalogue, wanted: Options) -> None:
    """Read what the assessment will read besides the snapshot, to learn now what is wrong with it."""
    from weightguard.assess.attestations import read_attestations
    from weightguard.assess.protocol import load_protocol
    from weightguard.assess.waivers import read_waivers
    from weightguard.controls.functions import parameters_of

    parameters_of(catalogue, config)
    moment = wanted.as_of or datetime.now(UTC)
    read_attestations(config.attestations, catalogue, moment, config.organisation)
    read_waivers(config.waivers, catalogue, moment)
    for name in wanted.protocols:
        load_protocol(name, catalogue)


def _check_declared(config: Config, catalogue: Catalogue, wanted: Options) -> None:
    """Whether what is declared beside the report can be, before a long collection rather than after it."""
    from weightguard.evidence.declaring import declare

    declare(config, catalogue, wanted)


def _check_folder(folder: Path) -> None:
    """A folder that can be written, made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        problem = "it is a file" if folder.is_file() else error.strerror
        raise InputError(
            f"the output folder cannot be used, {problem}", where=str(folder), fix="choose another with -o"
        ) from error
    if not usable:
        raise InputError(
            "the output folder cannot be written", where=str(folder), fix="choose another with -o"
        )


def judge(snapshots: tuple[Path, ...], request: Request, *, before: str = "") -> tuple[Report, int]:
    """Assess snapshots, write the formats, print the summary, and give the exit status.

    Args:
        before: stands before the last line, which says the status and why.
    """
    from weightguard import api
    from weightguard.assess.status import ending
    from weightguard.report.ending import why
    from weightguard.report.terminal import WIDTH

    evidence = api.load(*snapshots)
    report = api.assess(evidence, config=request.config, catalogue=request.catalogue, options=request.options)
    written = []
    if request.folder:
        written = options.write_formats(report, request.folder, request.formats, request.previous)
        _declare(request.folder, request)
    fail_on: Any = request.fail_on
    target = request.options.target_level or request.config.target_level
    end = ending(report, fail_on=fail_on, target_level=target)
    if request.found and not request.quiet:
        click.echo("weightguard: judged by the weightguard.yaml of this folder", err=True)
    _show(report, request, written)
    if not request.quiet:
        click.echo(f"{before}{why(end, fail_on, WIDTH)}", err=request.as_json)
    elif end.status:
        _say_quietly(report, why(end, fail_on))
    return report, end.status


def _declare(folder: Path, request: Request) -> None:
    """Write what the report was judged by beside it, so that somebody else can judge again."""
    from weightguard.evidence.declaring import write

    try:
        write(folder, request.config, request.catalogue, request.options)
    except OSError as error:
        raise InputError(
            f"what was declared cannot be written, {error.strerror}",
            where=str(folder),
            fix="choose another place with -o",
        ) from error


def _say_quietly(report: Report, ended: str) -> None:
    """What -q leaves of a run that did not pass: whoever reads the log of a schedule has to learn of it."""
    from weightguard.report.headline import headline
    from weightguard.report.text import visible

    click.echo(f"{visible(headline(report))}. {ended}", err=True)


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
