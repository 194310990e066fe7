"""`weightguard controls`: list, show, lint and export the catalogue."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from weightguard.cli import options
from weightguard.errors import CatalogueError, InputError
from weightguard.provider import PROVIDERS

if TYPE_CHECKING:
    from weightguard.controls import Catalogue, Control

Command = TypeVar("Command", bound=Callable[..., Any])
_MODES = ("automated", "hybrid", "attested")
_KINDS = ("json", "csv", "markdown", "oscal")
_BRIEF = ("id", "family", "title", "level", "level_basis", "severity", "mode", "providers", "subject")
_COLUMNS = 80


@click.group()
def controls() -> None:
    """List, show, lint and export the catalogue, with the controls of your own that weightguard.yaml names."""


def _catalogue_of(command: Command) -> Command:
    """Where controls come from besides the shipped ones."""
    for option in (
        click.option(
            "--directory",
            "directories",
            multiple=True,
            type=click.Path(),
            help="A folder of controls of your own, besides the shipped ones; may be repeated.",
        ),
        click.option(
            "--config",
            "config_path",
            type=click.Path(),
            help="weightguard.yaml; default: the one in this folder.",
        ),
    ):
        command = option(command)
    return command


def _load(config_path: str | None, directories: Sequence[str]) -> Catalogue:
    from weightguard.controls import load_catalogue

    own = options.configuration(config_path).controls.directories
    return load_catalogue(*own, *(Path(directory) for directory in directories))


def _family_of(catalogue: Catalogue, given: str | None) -> str | None:
    """The family as the catalogue writes it; raises `InputError` for one that there is not."""
    families = [one.id for one in catalogue.families]
    if given is not None and given.upper() not in families:
        raise InputError(f"there is no family {given!r}", fix=f"choose from {', '.join(families)}")
    return given.upper() if given is not None else None


def _row(control: Control) -> dict[str, Any]:
    return {**control.model_dump(mode="json", include=set(_BRIEF)), "decided_on": list(control.decided_on)}


@controls.command("list")
@click.option("--family", help="Controls of this family alone, such as STO.")
@click.option("--level", type=click.Choice(options.LEVELS), help="Controls that this level asks for.")
@click.option("--severity", type=click.Choice(options.SEVERITIES[:-1]), help="Controls of this severity.")
@click.option("--mode", type=click.Choice(_MODES), help="Who decides: facts, both, or a named party.")
@click.option("--provider", type=click.Choice(PROVIDERS), help="Controls for this provider.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@_catalogue_of
def list_(
    family: str | None,
    level: str | None,
    severity: str | None,
    mode: str | None,
    provider: str | None,
    as_json: bool,
    config_path: str | None,
    directories: tuple[str, ...],
) -> None:
    """List the controls, a line each: id, level, severity, mode, the providers on which facts decide it, title."""
    catalogue = _load(config_path, directories)
    wanted = {"family": _family_of(catalogue, family), "severity": severity, "mode": mode}
    found = [
        control
        for control in catalogue.controls
        if all(value is None or getattr(control, name) == value for name, value in wanted.items())
        and (level is None or control.level <= level)
        and (provider is None or provider in control.providers)
    ]
    if as_json:
        click.echo(json.dumps([_row(control) for control in found], indent=2))
        return
    for control in found:
        click.echo(_brief(control))
    decided = "".join(_decided(found, provider))
    click.echo(
        f"{len(found)} of {len(catalogue.controls)} controls, {catalogue.header.aligned_with}.{decided}"
    )


def _decided(found: Sequence[Control], provider: str | None) -> Iterator[str]:
    """How many of these controls facts decide, a sentence a provider; what is only attested is not counted."""
    from weightguard.controls.schema import PROVIDERS

    for name in PROVIDERS if provider is None else (provider,):
        here = sum(name in control.decided_on for control in found)
        lacking = sum(name in control.undecided_on for control in found)
        if here or lacking:
            yield f" On {name} facts decide {here}{f', {lacking} not yet' if lacking else ''}."


def _brief(control: Control) -> str:
    from weightguard.report.text import visible

    everywhere = len(control.decided_on) > 1 and not control.undecided_on
    where = "all" if everywhere else ",".join(control.decided_on) or "-"
    line = (
        f"{control.id:<10} {control.level} {control.severity:<8} {control.mode:<9} {where:<3} "
        f"{visible(control.title)}"
    )
    return line if len(line) <= _COLUMNS else line[: _COLUMNS - 3] + "..."


@controls.command()
@click.argument("control_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@_catalogue_of
def show(control_id: str, as_json: bool, config_path: str | None, directories: tuple[str, ...]) -> None:
    """Show one control: what it asks, why, what it cannot see, how to put it right, where it is mapped."""
    from weightguard.controls.export import entry, page

    catalogue = _load(config_path, directories)
    control = catalogue.by_id.get(control_id.upper())
    if control is None:
        near = get_close_matches(control_id.upper(), catalogue.by_id, n=1)
        raise InputError(
            f"there is no control {control_id!r}",
            fix=f"did you mean {near[0]}?" if near else "`weightguard controls list` names them all",
        )
    if as_json:
        click.echo(json.dumps(entry(control), indent=2))
    else:
        click.echo(page(control))


@controls.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--config", "config_path", type=click.Path(), help="weightguard.yaml, for the folders it names."
)
def lint(paths: tuple[str, ...], config_path: str | None) -> None:
    """Say what is wrong with controls, by file and line; end in 2 if anything is.

    PATHS are control files, folders of them, or one folder with a whole catalogue; none: the shipped catalogue and the folders
    that weightguard.yaml names.
    """
    from weightguard.controls import catalogue_directory
    from weightguard.controls.lint import lint_files
    from weightguard.report.text import visible

    asked = [Path(path) for path in paths]
    if not asked:
        asked = [catalogue_directory(), *options.configuration(config_path).controls.directories]
    problems = lint_files(*asked)
    for problem in problems:
        click.echo(visible(problem.one_line()))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise CatalogueError(f"{count} in the controls, the first", where=visible(problems[0].where))
    click.echo("no problem found", err=True)


@controls.command()
@click.option("-f", "--format", "kind", type=click.Choice(_KINDS), default="json", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="A file, or a folder; default: standard output. OSCAL needs a folder: a catalog and a profile a level.",
)
@_catalogue_of
def export(kind: str, output: str | None, config_path: str | None, directories: tuple[str, ...]) -> None:
    """Write the catalogue in other tools' formats."""
    from weightguard.controls.export import export as files_of

    files = files_of(_load(config_path, directories), kind)
    if output is None:
        if len(files) > 1:
            raise InputError(f"{kind} is {len(files)} files", fix="name a folder with -o")
        sys.stdout.buffer.write(*files.values())
        return
    for path, content in _targets(Path(output), files):
        options.write_file(path, content)
        click.echo(str(path))


def _targets(output: Path, files: dict[str, bytes]) -> list[tuple[Path, bytes]]:
    if output.suffix == "" or output.is_dir():
        return [(output / name, content) for name, content in files.items()]
    if len(files) == 1:
        return [(output, content) for content in files.values()]
    raise InputError(
        "one file does not hold a catalog and its profiles", where=str(output), fix="name a folder"
    )
