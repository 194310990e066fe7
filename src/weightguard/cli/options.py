"""Options that several commands share, and what they do with them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from weightguard import files
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.assess.model import Report
    from weightguard.config import Config

Command = TypeVar("Command", bound=Callable[..., Any])

SEVERITIES = ("critical", "high", "medium", "low", "none")
LEVELS = ("SL1", "SL2", "SL3", "SL4", "SL5")


def _all(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def loudness(command: Command) -> Command:
    """-q, -v, --no-progress."""
    return _all(
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
        click.option("-v", "--verbose", is_flag=True, help="Log what goes on."),
        click.option("--no-progress", is_flag=True, help="Lines instead of a progress bar."),
    )(command)


def config(command: Command) -> Command:
    """--config."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(),
        help="weightguard.yaml; default: the one in this folder.",
    )(command)


def previous(command: Command) -> Command:
    """--previous."""
    return click.option(
        "--previous",
        multiple=True,
        type=click.Path(),
        metavar="REPORT.json",
        help="An earlier report, to show what changed; may be repeated.",
    )(command)


JUDGING = (
    "config_path", "fail_on", "target_level", "as_of", "what_if", "protocols", "formats", "as_json", "previous",
)  # fmt: skip


def judging(command: Command) -> Command:
    """What an assessment is told: the options of `JUDGING`."""
    return _all(
        config,
        click.option(
            "--fail-on",
            type=click.Choice(SEVERITIES),
            help="Exit with 3 from this severity on (default high).",
        ),
        click.option("--target-level", type=click.Choice(LEVELS), help="Exit with 3 below this level."),
        click.option("--as-of", help='Another "now" than the snapshot\'s, as 2026-01-31T12:00:00Z.'),
        click.option(
            "--what-if",
            multiple=True,
            metavar="CONTROL=pass",
            help="Show what a fix would buy; may be repeated.",
        ),
        click.option(
            "--protocol", "protocols", multiple=True, help="Play a red-team protocol; may be repeated."
        ),
        click.option(
            "-f", "--format", "formats", default="html", help="Formats beside report.json, comma-separated."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print report.json on standard output."),
        previous,
    )(command)


def configuration(config_path: str | None) -> Config:
    """The named configuration, the one in this folder, or the default.

    Raises:
        ConfigError: a named file that is not there, or one that is wrong, by line.
    """
    from weightguard.config import find, load

    return load(Path(config_path)) if config_path else find(Path.cwd())


def is_found(config_path: str | None) -> bool:
    """Whether a configuration is used that nobody named: the one of this folder."""
    from weightguard.config import FILE_NAME

    return config_path is None and (Path.cwd() / FILE_NAME).exists()


def given(**options: Any) -> dict[str, Any]:
    """The options that the user gave."""
    return {name: value for name, value in options.items() if value is not None and value != ()}


def logging_level(verbose: bool) -> None:
    """Set up logging to stderr for -v."""
    if verbose:
        import logging

        logging.basicConfig(
            level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
        )


def format_names(formats: str) -> tuple[str, ...]:
    """The formats of a comma-separated list, each once.

    Raises:
        InputError: there is no such format, or this machine lacks what it needs.
    """
    from weightguard.report import check

    wanted = tuple(dict.fromkeys(name.strip() for name in formats.split(",") if name.strip()))
    for name in wanted:
        check(name)
    return wanted


def earlier(paths: tuple[str, ...]) -> tuple[Report, ...]:
    """The reports that --previous names, oldest first.

    Raises:
        InputError: one of them is no report.
    """
    if not paths:
        return ()
    from weightguard.assess.serialise import read_report
    from weightguard.report.lookup import moment

    return tuple(sorted((read_report(Path(path), "earlier report") for path in paths), key=moment))


def write_formats(
    report: Report, folder: Path, names: tuple[str, ...], previous: tuple[Report, ...] = ()
) -> list[Path]:
    """Write a report in several formats beside each other.

    Args:
        previous: earlier reports, for the formats that show how the estate did over time.

    Raises:
        InputError: the folder cannot be written.
    """
    from weightguard.report import find, render
    from weightguard.report.trend import trend

    points = trend((*previous, report)) if previous else ()
    written = []
    for name in names:
        target = folder / find(name).FILE
        write_file(target, render(name, report, points))
        written.append(target)
    return written


def write_file(target: Path, content: bytes) -> None:
    """Write a file, and the folders it needs; it appears whole or not at all, and for its owner alone.

    Raises:
        InputError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write(target, content)
    except OSError as error:
        raise InputError(
            f"the file cannot be written, {error.strerror}",
            where=str(target),
            fix="choose another place with -o",
        ) from error
