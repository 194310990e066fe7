"""The command line: parse, call `weightguard.api`, print. No logic lives here.

Commands load on use, so that ``weightguard --help`` imports neither a cloud SDK nor the engines.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from weightguard import __version__
from weightguard.cli.outlet import standard_output
from weightguard.errors import WeightguardError

# command -> (module, attribute, the line that --help shows)
_COMMANDS: dict[str, tuple[str, str, str]] = {
    "scan": ("scan", "scan", "Collect, judge and report, in one go."),
    "collect": ("collect", "collect", "Write a snapshot, judge nothing."),
    "assess": ("assess", "assess", "Judge a snapshot offline; same input, same bytes out."),
    "report": ("report", "report", "Render other formats from a report.json."),
    "comment": ("comment", "comment", "Say a Markdown file on the pull request that a CI job runs for."),
    "who-can": ("access", "who_can", "Who can read, write, copy, decrypt, delete or administer weights."),
    "paths": ("access", "paths", "How a principal gets to a store, hop by hop."),
    "cut": ("access", "cut", "The smallest set of changes that closes the paths."),
    "evaluate": ("evaluate", "evaluate", "Decide single requests against given policies, offline."),
    "plan": ("plan", "plan", "Judge a Terraform plan before it is applied, alone or onto a snapshot."),
    "diff": ("diff", "diff", "What changed between two snapshots or two reports."),
    "check-config": (
        "check_config",
        "check_config",
        "Whether weightguard.yaml, and what it names, can be judged by.",
    ),
    "sign": ("evidence", "sign", "Vouch for an audit with a key."),
    "bundle": ("evidence", "bundle", "Pack an audit for somebody else to check."),
    "verify": ("evidence", "verify", "Check an audit that somebody hands over, and judge it again."),
    "controls": ("controls", "controls", "List, show, lint and export the catalogue."),
    "permissions": ("permissions", "permissions", "Print the least-privilege policy that collect needs."),
    "demo": ("demo", "demo", "Build a small lab on loopback and audit it."),
    "doctor": ("doctor", "doctor", "What is installed, reachable and permitted, before a long scan."),
    "schema": ("schema", "schema", "Print a JSON schema of what weightguard reads and writes."),
}


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command = getattr(import_module(f"weightguard.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"weightguard.cli.{module}.{attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="weightguard")
def _weightguard() -> None:
    """Could somebody steal these model weights, how, and what is the smallest change that stops them?

    Exit status: 0 passed; 1 weightguard itself failed; 2 usage, or input that is not what it should be; 3 an unwaived failure
    at or above --fail-on, or a target level missed; 4 no such failure, but evidence is missing that could hide one; 130 stopped
    by Ctrl-C.
    """


_LONGEST_LINE = 4_000


def _fail(line: str, status: int) -> int:
    """Say what went wrong, on one line. It may repeat what a file or a cloud made up: nothing of it steers the terminal."""
    from weightguard.report.text import visible

    said = visible(line, _LONGEST_LINE)
    click.echo(click.style("weightguard: ", fg="red", bold=True, reset=True) + said, err=True)
    return status


def _usage(error: click.ClickException) -> str:
    """What is wrong with a command line, on one line."""
    line = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{line} (see `{context.command_path} --help`)" if context else line


def _unexpected(error: Exception) -> int:
    if os.environ.get("WEIGHTGUARD_DEBUG"):
        raise error
    kind = type(error).__name__
    return _fail(f"internal error, {kind}: {error} (set WEIGHTGUARD_DEBUG=1 for the traceback)", 1)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status; every error becomes one line on stderr."""
    told = sys.stdout
    sys.stdout = standard_output()
    try:
        status = _weightguard.main(arguments, prog_name="weightguard", standalone_mode=False)
    except WeightguardError as error:
        return _fail(error.one_line(), error.exit_status)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail(_usage(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped", 130)
    except Exception as error:  # noqa: BLE001 - the one place that turns a bug into an exit status
        return _unexpected(error)
    finally:
        sys.stdout.flush()
        sys.stdout = told
    return status if isinstance(status, int) else 0


def main() -> None:
    """The console script."""
    # Millions of small things are made that live to the end. Looking for rubbish among them after every 700, as Python does by
    # default, took half of the time of judging a thousand roles and stores.
    gc.set_threshold(50_000, 500, 50)
    sys.exit(run())
