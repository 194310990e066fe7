"""`weightguard doctor`: what is installed, reachable and permitted, before a long scan."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from weightguard import __version__
from weightguard.cli import options
from weightguard.errors import WeightguardError

if TYPE_CHECKING:
    from weightguard.collect.calls.answer import Answer
    from weightguard.collect.calls.operation import Operation

_PACKAGES = ("boto3", "pyarrow", "pydantic", "networkx", "moto")


@click.command()
@click.option(
    "--config", "config_path", type=click.Path(), help="weightguard.yaml; default: the one in this folder."
)
@options.aws
@click.pass_context
def doctor(context: click.Context, /, config_path: str | None, **given: Any) -> None:
    """Say what is installed, reachable and permitted. Writes nothing; ends in 2 when a scan could not start."""
    _installed()
    good = _configured(config_path)
    good = _connected(config_path, given) and good
    context.exit(0 if good else 2)


def _line(good: bool | None, text: str) -> None:
    mark = {
        True: click.style("ok  ", fg="green"),
        False: click.style("NO  ", fg="red"),
        None: click.style("--  ", fg="yellow"),
    }
    click.echo(f"{mark[good]} {text}")


def _installed() -> None:
    _line(True, f"weightguard {__version__} on Python {platform.python_version()}")
    for name in _PACKAGES:
        try:
            _line(True, f"{name} {version(name)}")
        except PackageNotFoundError:
            _line(None, f"{name} is not installed: only `weightguard demo` needs it")


def _configured(config_path: str | None) -> bool:
    try:
        config = options.configuration(config_path)
    except WeightguardError as error:
        _line(False, error.one_line())
        return False
    count = len(config.models)
    _line(
        True,
        f"configuration: {count} model{'' if count == 1 else 's'} declared, target by tier, fails on {config.fail_on}",
    )
    return True


def _grant(answer: Answer, operation: Operation) -> str:
    return f"; grant {', '.join(operation.permissions)}" if answer.outcome == "denied" else ""


def _connected(config_path: str | None, given: dict[str, Any]) -> bool:
    from weightguard.cli.scan import aws_settings
    from weightguard.collect.aws import AwsOptions, connect
    from weightguard.collect.aws.probe import probe
    from weightguard.report.text import visible

    try:
        entry = connect(AwsOptions(**aws_settings(options.configuration(config_path), given)))
    except WeightguardError as error:
        _line(False, f"AWS: {error.one_line()}")
        return False
    _line(True, f"AWS: account {entry.account}, region {entry.connections.region}")
    refused = 0
    for operation, answer in probe(entry):
        if answer.outcome in ("ok", "absent"):
            _line(True, operation.id)
        else:
            refused += 1
            code = f" ({visible(answer.code)})" if answer.code else ""
            _line(
                None,
                f"{operation.id} {answer.outcome}{code}: could hide {operation.hides}{_grant(answer, operation)}",
            )
    if refused:
        click.echo(
            f"A scan would run, with {refused} gaps at least. `weightguard permissions aws` prints what to grant."
        )
    return True
