"""`weightguard who-can`, `paths` and `cut`: questions to the access graph of one or several snapshots."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from weightguard.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from weightguard.access.model import Answer, Cut, Hop, WhoCan
    from weightguard.api import Evidence
    from weightguard.estate.limit import Limit

ACCESSES = ("read", "write", "copy", "decrypt", "delete", "administer")
_STORE = re.compile(
    r"arn:aws[a-z-]*:(s3:::[a-z0-9][a-z0-9._-]{1,62}(/.*)?|ec2:[^:]*:[^:]*:(snapshot|image|volume)/.+)$", re.I
)
_WHOLE = ("gs://", "//storage.googleapis.com/")
_BUCKET = re.compile(
    r"(gs://|//storage\.googleapis\.com/(projects/_/buckets/)?)[a-z0-9][a-z0-9._-]{1,221}(/.*)?$", re.I
)
_AZURE = re.compile(
    r"https://[a-z0-9]{3,24}\.(z\d+\.)?(blob|dfs)\.[a-z0-9.-]+/[^/]|/subscriptions/.+/containers/[^/]", re.I
)
Command = TypeVar("Command", bound=Callable[..., Any])

_GAPS = 6
_ALIKE = 10
"""Answers that differ in nothing but the name: as many are shown one by one, of more the first `_OF_MANY`."""
_OF_MANY = 3
_PLURALS = {"person": "people", "workload": "workloads", "service": "services"}


def _questions(command: Command) -> Command:
    """The options of every question."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text."),
        click.option(
            "--store",
            help="A store (its ARN, gs://bucket), with or without /prefix; default: every weight set found.",
        ),
        click.option(
            "--snapshot",
            "snapshots",
            multiple=True,
            required=True,
            type=click.Path(exists=True),
            help="A snapshot; may be repeated: one graph spans them all.",
        ),
    ):
        command = option(command)
    return command


@click.command("who-can")
@click.argument("access", type=click.Choice(ACCESSES))
@_questions
def who_can(access: str, snapshots: tuple[str, ...], store: str | None, as_json: bool) -> None:
    """Who can read, write, copy, decrypt, delete or administer weights, directly or by becoming somebody else."""
    from weightguard.access.serial import who_can_json
    from weightguard.api import load
    from weightguard.api import who_can as ask

    evidence = load(*snapshots)
    asked = [(name, ask(evidence, access, *place)) for name, place in _places(evidence, store)]
    if as_json:
        _print_json([who_can_json(found, name) for name, found in asked], store)
        return
    for name, found in asked:
        _show_answers(_console(), name, found)


@click.command("paths")
@click.option("--from", "principal", required=True, help="The principal that the paths begin at.")
@click.option("--access", type=click.Choice(ACCESSES), default="read", show_default=True)
@_questions
def paths(principal: str, access: str, snapshots: tuple[str, ...], store: str | None, as_json: bool) -> None:
    """How a principal gets to a store: every shortest path, hop by hop."""
    from weightguard.access.serial import paths_json
    from weightguard.api import load
    from weightguard.api import paths as ask
    from weightguard.api import who_can as all_of

    evidence = load(*snapshots)
    _refuse_stranger(evidence, principal)
    asked = [
        (name, ask(evidence, principal, name, access), all_of(evidence, access, *place))
        for name, place in _places(evidence, store)
    ]
    if as_json:
        _print_json([paths_json(access, name, principal, found, who) for name, found, who in asked], store)
        return
    console = _console()
    for name, found, who in asked:
        console.print(_safe(f"{principal} -> {name}"), style="bold", highlight=False)
        for path in found:
            _show_path(console, path)
        if not found:
            console.print("  no path" + ("" if who.complete else " that the snapshot shows"))
        _show_gaps(console, who, found.limits)


def _refuse_stranger(evidence: Evidence, principal: str) -> None:
    """A name that nobody bears gets the likeliest meant one rather than "no path"."""
    from difflib import get_close_matches

    estate = evidence.estate
    names = [one.id for one in (*estate.principals, *estate.workloads)]
    known = (
        principal in names
        or principal == "*"
        or "#" in principal
        or principal.startswith("azure:")
        or principal.endswith((":root", ".amazonaws.com", ".amazonaws.com.cn"))
    )
    if known or not estate.principals.complete:
        return
    close = get_close_matches(principal, names, n=1)
    fix = f"did you mean {close[0]}?" if close else "name it by its ARN, as who-can prints it"
    raise InputError("the snapshot knows no such principal", where=principal, fix=fix)


@click.command("cut")
@click.option("--access", type=click.Choice(ACCESSES), default="read", show_default=True)
@_questions
def cut(access: str, snapshots: tuple[str, ...], store: str | None, as_json: bool) -> None:
    """The fewest changes after which only direct readers of the organisation are left."""
    from weightguard.access.serial import cut_json
    from weightguard.api import cut as ask
    from weightguard.api import load

    evidence = load(*snapshots)
    asked = [(name, ask(evidence, name, access)) for name, _ in _places(evidence, store)]
    if as_json:
        _print_json([cut_json(found, name) for name, found in asked], store)
        return
    for name, found in asked:
        _show_cut(_console(), name, found)


def _bare(evidence: Evidence, name: str) -> str:
    """The id of a store, or of a prefix in it, that is named without a provider."""
    from weightguard.estate.providers import bare_store

    return bare_store(evidence.estate, name)


def _places(evidence: Evidence, store: str | None) -> list[tuple[str, tuple[str, str | None]]]:
    """What is asked about: per question its name, the store's id and the key prefix."""
    if store is not None:
        if _AZURE.match(store):
            return [(store, (store, None))]
        whole = store.startswith(("arn:", *_WHOLE))
        name = store if whole else _bare(evidence, store.removeprefix("s3://"))
        if not (_STORE.match(name) or _BUCKET.match(name) or name in _held(evidence)):
            raise InputError(
                "this names no store",
                where=store,
                fix="write arn:aws:s3:::bucket or gs://bucket, with or without /prefix",
            )
        return [(name, (name, None))]
    found = {
        (f"{weights.store}/{weights.prefix}" if weights.prefix else weights.store): (
            weights.store,
            weights.prefix,
        )
        for weights in evidence.estate.weight_sets
    }
    if not found:
        raise InputError("the snapshot shows no weight set", fix="name a store with --store")
    return list(found.items())


def _held(evidence: Evidence) -> set[str]:
    estate = evidence.estate
    return {one.id for one in (*estate.stores, *estate.disk_copies)}


def _print_json(rows: list[dict[str, Any]], store: str | None) -> None:
    """One object for one store, a list for every weight set."""
    click.echo(json.dumps(rows[0] if store is not None else rows, indent=2))


def _console() -> Console:
    from rich.console import Console

    class Terminal(Console):
        """Leaves it to the command line what a reader that went away (`| head`) means."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Terminal(soft_wrap=True)


def _safe(text: str) -> str:
    """Names come from clouds: nothing of them may steer the terminal, or be taken for mark-up."""
    from rich.markup import escape

    from weightguard.report.text import visible

    return escape(visible(text))


def _show_answers(console: Console, name: str, found: WhoCan) -> None:
    console.print(_safe(f"{found.access.value} {name}"), style="bold", highlight=False)
    console.print(f"  {_counted(found.answers)}", highlight=False)
    for alike in _gathered(found.answers):
        shown = alike if len(alike) <= _ALIKE else alike[:_OF_MANY]
        for answer in shown:
            _show_answer(console, answer)
        if len(shown) < len(alike):
            more = len(alike) - len(shown)
            console.print(f"\n  and {more:,} more like these; --json names them all", highlight=False)
    _show_gaps(console, found)


def _gathered(answers: Iterable[Answer]) -> Iterable[list[Answer]]:
    """Those who read directly first; those who differ in nothing but the name together."""
    found: dict[tuple[object, ...], list[Answer]] = {}
    for answer in sorted(answers, key=lambda one: (not one.direct, one.kind, one.principal)):
        way = tuple((hop.how, hop.target, hop.conditions) for hop in answer.path)
        found.setdefault((answer.direct, answer.kind, way), []).append(answer)
    return found.values()


def _show_answer(console: Console, answer: Answer) -> None:
    manner = "directly" if answer.direct else "indirectly"
    console.print(
        f"\n  {_safe(answer.principal)}  [dim]{answer.kind}, {answer.certainty}, {manner}[/dim]",
        highlight=False,
    )
    _show_path(console, answer.path)


def _counted(answers: Iterable[Answer]) -> str:
    kinds = [answer.kind for answer in answers]
    if not kinds:
        return "nobody"
    counts = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    return ", ".join(
        f"{count:,} {_PLURALS.get(kind, kind) if count > 1 else kind}" for kind, count in counts.items()
    )


def _show_path(console: Console, path: tuple[Hop, ...]) -> None:
    from weightguard.access.wording import all_worded

    for hop in path:
        statements = ", ".join(f"{one.policy} [{one.statement}]" for one in hop.because)
        reason = f"  [dim]{_safe(statements)}[/dim]" if statements else ""
        console.print(
            f"    {_safe(hop.origin)} -> {_safe(hop.how)} -> {_safe(hop.target)}{reason}", highlight=False
        )
        for condition in all_worded(hop.conditions):
            console.print(f"      [yellow]{_safe(condition)}[/yellow]", highlight=False)


def _show_cut(console: Console, name: str, found: Cut) -> None:
    console.print(_safe(f"cut {found.access.value} {name}"), style="bold", highlight=False)
    for change in found.changes:
        console.print(f"  {_safe(change.remove)}", highlight=False)
        console.print(f"    [dim]closes {_safe(_listed(change.closes))}[/dim]", highlight=False)
        if change.costs:
            console.print(f"    [red]costs {_safe(_listed(change.costs))} the access[/red]", highlight=False)
    if not found.changes:
        console.print("  nothing to change" if not found.left else "  no change is known that closes a way")
    if found.left:
        console.print(f"  [red]still in: {_safe(_listed(found.left))}[/red]", highlight=False)
    if any(change.after is not None for change in found.changes):
        console.print("  [dim]--json has the policies as they are to stand[/dim]", highlight=False)
    _show_gaps(console, found)


def _listed(names: tuple[str, ...]) -> str:
    """Names, of many the first ones."""
    more = len(names) - _ALIKE
    return ", ".join(names[:_ALIKE]) + (f" and {more:,} more" if more > 0 else "")


def _show_gaps(console: Console, found: WhoCan | Cut, besides: Iterable[Limit] = ()) -> None:
    """What keeps the answer from being complete."""
    met = list(dict.fromkeys(one.kind.hides for one in (*found.limits, *besides) if one.in_play))
    if found.gaps:
        # The same listing is missing in many accounts at once: say each once.
        words = list(dict.fromkeys(gap.words() for gap in found.gaps))
        shown = "; ".join(words[:_GAPS]) + (f"; and {len(words) - _GAPS} more" if len(words) > _GAPS else "")
        console.print(f"  [yellow]not known: {_safe(shown)}[/yellow]", highlight=False)
    for hidden in met:
        console.print(f"  [yellow]not complete, there may be {_safe(hidden)}[/yellow]", highlight=False)
    if not (found.complete or found.gaps or met or getattr(found, "left", ())):
        console.print("  [yellow]not complete: no snapshot holds this store[/yellow]")
