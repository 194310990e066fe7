"""`weightguard doctor`: what is installed, reachable and permitted, before a long scan."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from weightguard import __version__
from weightguard.cli import options
from weightguard.cli.providers import ProviderCommand, configured, settings
from weightguard.config import Config
from weightguard.errors import WeightguardError

if TYPE_CHECKING:
    from weightguard.collect.package import Tried
    from weightguard.sources import Source

_PACKAGES = ("boto3", "pyarrow", "pydantic", "networkx", "moto")


@click.command(cls=ProviderCommand)
@options.config
@click.pass_context
def doctor(
    context: click.Context, /, providers: tuple[str, ...], config_path: str | None, **given: Any
) -> None:
    """Say what is installed, reachable and permitted. Writes nothing; ends in 2 when a scan could not start.

    Without an argument, the providers that weightguard.yaml names are asked; where it names none, those that can be scanned, of
    which one has to answer. Member accounts that a scan would read are asked too.
    """
    from weightguard.collect.providers import collected

    _installed()
    config = _configured(config_path)
    asked = config or Config()
    named = providers or configured(asked)
    sources = settings(named or collected(), asked, given)
    good = [_asked(name, source, wanted=bool(named)) for name, source in sources.items()]
    ready = all(good) if named else any(good)
    context.exit(0 if ready and config is not None else 2)


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


def _configured(config_path: str | None) -> Config | None:
    try:
        config = options.configuration(config_path)
    except WeightguardError as error:
        _line(False, error.one_line())
        return None
    count = len(config.models)
    _line(
        True,
        f"configuration: {count} model{'' if count == 1 else 's'} declared, target by tier, fails on {config.fail_on}",
    )
    return config


def _asked(provider: str, source: Source, *, wanted: bool) -> bool:
    """Whether a scan of a provider could start, and what would be refused to it; where it is not `wanted`, it need not."""
    from weightguard.collect.providers import TITLES, package

    try:
        found = package(provider)
        entry = found.connect(found.options(source))
        _line(True, f"{TITLES[provider]}: {entry.place}")
        refused = _tried(found.probe(entry))
    except WeightguardError as error:
        _line(False if wanted else None, f"{TITLES[provider]}: {error.one_line()}")
        return False
    if refused:
        gaps = f"{refused} gap{'' if refused == 1 else 's'} at least"
        click.echo(
            f"A scan would run, with {gaps}. `weightguard permissions {provider}` prints what to grant."
        )
    return True


def _tried(reads: Iterable[Tried]) -> int:
    """Print what came of some reads, one line for scopes that answer alike; how many were refused."""
    alike: dict[tuple[str, str, str | None], list[Tried]] = {}
    for one in reads:
        outcome = "answered" if one.answer.settled else one.answer.outcome
        alike.setdefault(
            (one.operation.id, outcome, one.answer.code if outcome != "answered" else None), []
        ).append(one)
    several = len({one.scope for group in alike.values() for one in group}) > 1
    for group in alike.values():
        where = f" in {_scopes(group)}" if several else ""
        if group[0].answer.settled:
            _line(True, f"{group[0].operation.id}{where}")
        else:
            _line(None, _refusal(group[0], where))
    return sum(len(group) for group in alike.values() if not group[0].answer.settled)


def _refusal(one: Tried, where: str) -> str:
    from weightguard.report.text import visible

    answer, operation = one.answer, one.operation
    code = f" ({visible(answer.code)})" if answer.code else ""
    grant = f"; grant {', '.join(operation.permissions)}" if answer.outcome == "denied" else ""
    return f"{operation.id} {answer.outcome}{code}{where}: could hide {operation.hides}{grant}"


_NAMED = 3
"""Scopes that a line names; of more it says how many."""


def _scopes(group: list[Tried]) -> str:
    names = [one.scope for one in group]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
