"""`weightguard diff`: what changed between two snapshots or two reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from weightguard.cli import options

if TYPE_CHECKING:
    from weightguard.snapshot.changes import RecordChange, SnapshotChanges

_SHOWN = 40
_VALUE = 100
_WORDS = {
    "new": "new",
    "gone": "gone",
    "changed": "changed",
    "unseen": "not seen any more: its listing does not answer",
    "seen": "seen again: its listing did not answer before",
}


@click.command()
@click.argument("old", type=click.Path(exists=True))
@click.argument("new", type=click.Path(exists=True))
@click.option(
    "--fail-on",
    type=click.Choice(options.SEVERITIES),
    default="high",
    show_default=True,
    help="Of reports: exit with 3 when something of this severity or above newly fails.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.pass_context
def diff(context: click.Context, old: str, new: str, fail_on: str, as_json: bool) -> None:
    """What changed between two snapshots or two reports.

    OLD and NEW are snapshots (folders or .tar.zst), or reports (report.json, or the folder of a scan). Of snapshots it says what
    is different and judges nothing. Of reports it ends with 3 when something newly fails or outsiders newly read weights, with 4
    when something is newly unknown, as the comparison of a pull request needs it.
    """
    from weightguard import api
    from weightguard.snapshot.changes import SnapshotChanges, as_object

    found = api.diff(Path(old), Path(new))
    if isinstance(found, SnapshotChanges):
        click.echo(_json(as_object(found)) if as_json else "\n".join(_snapshots_lines(found)))
        return
    from weightguard.notify.message import as_changes, in_words, plain
    from weightguard.report.changes import exit_status as exit_status_of

    if as_json:
        click.echo(_json({"of": "reports", **as_changes(found)}))
    else:
        click.echo("\n".join(in_words(found, plain)) or "nothing changed")
    context.exit(exit_status_of(found, fail_on=fail_on))  # type: ignore[arg-type]  # click has checked it


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)


def _snapshots_lines(found: SnapshotChanges) -> Iterator[str]:
    if found.nothing:
        yield "nothing changed"
        return
    for what, scope in found.scopes:
        yield f"{what} {_safe(scope)}"
    if found.weights:
        yield "Weights"
        yield from _first(
            f"  {_WORDS[one.what]}: {_safe(one.key)} in {_safe(one.store)}" for one in found.weights
        )
    if found.records:
        counts = Counter(one.what for one in found.records)
        yield "Resources: " + ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
        for one in found.records[:_SHOWN]:
            yield from _record_lines(one)
        yield from _rest(len(found.records))
    if found.reads:
        yield "Reads"
        yield from _first(
            f"  {_safe(f'{one.service}:{one.operation} in {one.scope}')}: "
            f"{one.before or 'answered'} -> {one.after or 'answers'}"
            for one in found.reads
        )


def _record_lines(one: RecordChange) -> Iterator[str]:
    where = ", ".join(filter(None, (one.scope, one.region)))
    yield f"  {_safe(f'{one.kind} {one.id} ({where})')}: {_WORDS[one.what]}"
    for difference in one.differences[:_SHOWN]:
        before, after = _short(difference.before), _short(difference.after)
        yield f"    {_safe(difference.path)}: {before} -> {after}"
    yield from _rest(len(one.differences), "    ")


def _first(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_SHOWN]
    yield from _rest(len(every))


def _rest(count: int, indent: str = "  ") -> Iterator[str]:
    if count > _SHOWN:
        yield f"{indent}and {count - _SHOWN:,} more; --json names them all"


def _short(value: Any) -> str:
    """A value in one piece of a line."""
    from weightguard.snapshot.changes import MISSING

    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return _safe(text if len(text) <= _VALUE else f"{text[: _VALUE - 3]}...")


def _safe(text: str) -> str:
    """Names come from clouds: nothing of them may steer the terminal."""
    from weightguard.report.text import visible

    return visible(text)
