"""Options of the providers: made from their settings, understood wherever they stand, each given to whom it belongs.

`scan` and `doctor` take any number of providers (`scan aws -o D --region R`, `scan aws gcp`, none for what the configuration
names). What a provider has no setting for is refused as it would be by a command of its own, and its help shows its own options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from weightguard.cli import options
from weightguard.provider import PROVIDERS
from weightguard.sources import SECTIONS, Flag, Source

if TYPE_CHECKING:
    from weightguard.config import Config

_CHOSEN = "weightguard.providers"


class ProviderCommand(click.Command):
    """A command over providers: it takes the options of all of them, and its help shows those of the providers that were named."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        argument = click.Argument(["providers"], nargs=-1, type=click.Choice(PROVIDERS))
        self.params = [argument, *self.params, *provider_options(PROVIDERS)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note which providers are named, which the help has to know."""
        found, _, _ = self.make_parser(ctx).parse_args(list(args))
        named = found.get("providers")  # of none, click's own mark for "not given"
        ctx.meta[_CHOSEN] = (
            [name for name in PROVIDERS if name in named] if isinstance(named, tuple | list) else []
        )
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options that all share, then those of each provider; without one, how to see them."""
        settings = {name: _flags(SECTIONS[name]) for name in PROVIDERS}
        everywhere = set.intersection(*(set(flags) for flags in settings.values()))
        own = set().union(*settings.values()) - everywhere
        _section(self, ctx, formatter, "Options", lambda key: key not in own)
        for name in ctx.meta[_CHOSEN]:
            _section(self, ctx, formatter, _titles()[name], (settings[name].keys() - everywhere).__contains__)
        if not ctx.meta[_CHOSEN]:
            with formatter.section("Providers, each with options of its own"):
                formatter.write_dl(
                    [(name, f"{_titles()[name]}: {ctx.command_path} {name} --help") for name in PROVIDERS]
                )


def _section(
    command: click.Command,
    ctx: click.Context,
    formatter: click.HelpFormatter,
    title: str,
    shown: Callable[[str | None], bool],
) -> None:
    records = [
        record
        for one in command.get_params(ctx)
        if isinstance(one, click.Option)
        and shown(one.name)
        and (record := one.get_help_record(ctx)) is not None
    ]
    if records:
        with formatter.section(title):
            formatter.write_dl(records)


def _titles() -> Mapping[str, str]:
    from weightguard.collect.providers import TITLES

    return TITLES


# From settings to options


def _flags(section: type[Source]) -> dict[str, tuple[str, FieldInfo, Flag]]:
    """What a command line calls a setting -> its name in the section, the field and the flag."""
    return {
        flag.key: (name, field, flag)
        for name, field in section.model_fields.items()
        for flag in field.metadata
        if isinstance(flag, Flag)
    }


def provider_options(providers: Iterable[str]) -> list[click.Option]:
    """The options of some providers, those that several share once."""
    found = {
        key: _option(field, flag)
        for provider in providers
        for key, (_, field, flag) in _flags(SECTIONS[provider]).items()
    }
    return list(found.values())


def _option(field: FieldInfo, flag: Flag) -> click.Option:
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if kind is bool:
        return click.Option([flag.name], default=None, help=flag.help)
    if kind is int:
        return click.Option([flag.name], type=int, help=flag.help)
    if kind is Path:
        return click.Option([flag.name], type=click.Path(), help=flag.help)
    if get_origin(kind) is Literal:
        return click.Option([flag.name], type=click.Choice(get_args(kind)), help=flag.help)
    if get_origin(kind) is dict:
        return click.Option(
            [flag.name], multiple=True, callback=_pairs, metavar="SERVICE=URL", help=flag.help
        )
    return click.Option([flag.name], multiple=get_origin(kind) is tuple, help=flag.help)


def _pairs(context: click.Context, option: click.Parameter, written: Sequence[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for text in written:
        name, separator, value = text.partition("=")
        if not (name and separator and value):
            raise click.BadParameter(f"{text!r} is not SERVICE=URL", context, option)
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice", context, option)
        found[name] = value
    return found or None


# From what was given to settings


def configured(config: Config) -> tuple[str, ...]:
    """The providers that a configuration names."""
    return tuple(name for name in PROVIDERS if getattr(config.sources, name) is not None)


def settings(providers: Sequence[str], config: Config, given: Mapping[str, Any]) -> dict[str, Source]:
    """How to reach each of some providers: what the configuration says, with the options of the command laid over it.

    Args:
        providers: their names, each once or more.
        given: option -> what the user wrote; None or empty where nothing was.

    Raises:
        UsageError: an option that none of them has, or that would mean another thing for each.
        InputError: this version does not collect from one of them.
    """
    chosen = tuple(dict.fromkeys(providers))
    told = options.given(**given)
    _check(chosen, told)
    return {name: _laid_over(name, config, told, chosen) for name in chosen}


def _check(chosen: Sequence[str], told: Mapping[str, Any]) -> None:
    for key in told:
        owners = [name for name in PROVIDERS if key in _flags(SECTIONS[name])]
        if not set(owners) & set(chosen):
            raise click.UsageError(
                f"--{key.replace('_', '-')} is an option of {' and '.join(owners)}, not of {' and '.join(chosen)}"
            )
    for name in chosen:
        ways = [f"--{key.replace('_', '-')}" for key in _exclusive(name) if key in told]
        if len(ways) > 1:
            raise click.UsageError(f"{' and '.join(ways)} both say where to look: give one of them")
    if len(chosen) > 1 and "endpoint_url" in told:
        raise click.UsageError(
            f"--endpoint-url would send {' and '.join(chosen)} to one place; name the service, --endpoint SERVICE=URL"
        )


def _exclusive(name: str) -> dict[str, str]:
    """The options of a provider of which one alone may be given, and the settings that they are."""
    section = SECTIONS[name]
    return {key: field for key, (field, _, _) in _flags(section).items() if field in section.exclusive}


def _laid_over(name: str, config: Config, told: Mapping[str, Any], chosen: Sequence[str]) -> Source:
    base: Source = getattr(config.sources, name) or SECTIONS[name]()
    own = {field: told[key] for key, (field, _, _) in _flags(SECTIONS[name]).items() if key in told}
    if not own.keys().isdisjoint(_exclusive(name).values()):
        # Whoever says where to look says so instead of the configuration.
        own = {
            **{field: SECTIONS[name].model_fields[field].default for field in _exclusive(name).values()},
            **own,
        }
    if "endpoints" in own:
        own["endpoints"] = {**base.endpoints, **_endpoints(name, own["endpoints"], chosen)}
    if "ca_bundle" in own:
        own["ca_bundle"] = Path(own["ca_bundle"])
    return base.model_copy(update=own)


def _endpoints(name: str, told: Mapping[str, str], chosen: Sequence[str]) -> dict[str, str]:
    """Those of some endpoints that are a provider's: all where it is the only one, else those of services of its name."""
    if len(chosen) == 1:
        return dict(told)
    from weightguard.collect.providers import package

    known = {provider: package(provider).services() for provider in chosen}
    for service in told:
        owners = [provider for provider in chosen if service in known[provider]]
        if len(owners) != 1:
            what = (
                "a service of " + " and of ".join(owners)
                if owners
                else f"no service of {' or '.join(chosen)}"
            )
            raise click.UsageError(
                f"--endpoint {service}: that is {what}; say it under endpoints: in weightguard.yaml"
            )
    return {service: url for service, url in told.items() if service in known[name]}
