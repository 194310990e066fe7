"""A difference in words: for the terminal, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from weightguard.plan.difference import Difference, Path, Turned
from weightguard.plan.document import COUNTED
from weightguard.report.text import code, visible

_SHOWN: Final = 40
_HOPS: Final = 4
_ENDS: Final = {
    0: "nothing new fails, and nobody gains access that is not meant to",
    3: "something newly fails, or somebody gains access who is not meant to",
    4: "nothing new fails, but a value that is known only after apply, or what could not be judged, could hide it",
}
Quote = Callable[[str], str]


def text(found: Difference) -> Iterator[str]:
    """For a terminal."""
    yield headline(found)
    yield from _body(found, visible, "  ", _titled)
    yield f"status {found.status}: {_ENDS[found.status]}"


def markdown(found: Difference) -> Iterator[str]:
    """For a pull request: new first, then what is mended."""
    yield f"### weightguard: {headline(found)}"
    yield ""
    yield from _body(found, code, "- ", lambda title: f"\n**{title}**\n")
    yield ""
    yield f"Status {found.status}: {_ENDS[found.status]}."


def headline(found: Difference) -> str:
    """One line: who gains and loses access, what newly fails, which levels move."""
    parts = [
        _moved(
            found.opened,
            "gain",
            "access",
            nobody="nobody is seen to gain" if found.hidden else "nobody gains",
        ),
        _moved(found.closed, "lose", "it", nobody="nobody loses"),
        f"{len(found.new)} newly failing",
        f"{len(found.fixed)} mended",
    ]
    parts += [
        f"{one.before or 'new'} -> {one.after or 'gone'} ({visible(one.name)})" for one in found.levels[:3]
    ]
    return "; ".join(parts)


def _moved(paths: Sequence[Path], verb: str, what: str, nobody: str) -> str:
    """Who gains or loses access: how many, or everybody."""
    who = {one.row.answer.principal for one in paths}
    if any(one.row.answer.kind == "anonymous" for one in paths):
        return f"EVERYBODY {verb}s {what}"
    if not who:
        return f"{nobody} {what}"
    return f"{len(who)} {verb}{'s' if len(who) == 1 else ''} {what}"


def _titled(title: str) -> str:
    return title


def _body(found: Difference, quote: Quote, start: str, titled: Callable[[str], str]) -> Iterator[str]:
    counts = [sum(plan.counts()[name] for plan in found.plans) for name in COUNTED]
    yield f"Changes: {', '.join(f'{count} {name}' for name, count in zip(COUNTED, counts, strict=True))}"
    yield from _listed(titled("Opens"), _paths(found.opened, quote), start)
    yield from _listed(
        titled("Newly failing"), [_result(one, quote) for one in (*found.new, *found.worse)], start
    )
    late = [
        f"{quote(one.address)} {quote(one.attribute)} could hide {', '.join(one.could_hide[:8])}"
        + (f" and {len(one.could_hide) - 8} more" if len(one.could_hide) > 8 else "")
        for one in found.hidden
    ]
    yield from _listed(titled("Known only after apply"), late, start)
    yield from _listed(titled("Closes"), _paths(found.closed, quote), start)
    yield from _listed(titled("Mended"), [_result(one, quote) for one in found.fixed], start)
    left = [f"{quote(one.address)}: {quote(one.why)}" for one in found.unjudged]
    yield from _listed(titled("Not judged"), left, start)
    if not all(plan.whole for plan in found.plans):
        yield "The plan is not whole: Terraform left changes out (targets, or changes that are put off)"
    if found.coverage[1] < found.coverage[0]:
        yield f"Coverage: {found.coverage[0]:.0%} of the verdicts could be decided before, {found.coverage[1]:.0%} after"


def _paths(paths: Sequence[Path], quote: Quote) -> list[str]:
    """A line for everybody at a place: what they may do there, on what way, and because of which changes."""
    alike: dict[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], list[Path]] = {}
    for one in paths:
        answer = one.row.answer
        hops = () if answer.direct else tuple((hop.how, hop.target) for hop in answer.path[:-1])
        alike.setdefault((answer.principal, one.row.question.place, one.because_of, hops), []).append(one)
    return [_together(each, hops, quote) for (_, _, _, hops), each in alike.items()]


def _together(paths: Sequence[Path], hops: Sequence[tuple[str, str]], quote: Quote) -> str:
    row = paths[0].row
    certain = {one.row.certainty for one in paths}
    who = f"{quote(row.answer.principal)} ({row.answer.kind}, {certain.pop() if len(certain) == 1 else 'partly certain'})"
    does = _listed_words([one.row.question.access.value for one in paths])
    way = ", then ".join(f"{quote(how)} on {quote(target)}" for how, target in hops[:_HOPS])
    by = f" by {way}{', and so on' if len(hops) > _HOPS else ''}" if way else ""
    return (
        f"{who} may {does} {quote(row.question.place)}{by}, because of {_causes(paths[0].because_of, quote)}"
    )


def _listed_words(words: Sequence[str]) -> str:
    every = list(dict.fromkeys(words))
    return " and ".join((", ".join(every[:-1]), every[-1])) if len(every) > 1 else every[0]


def _result(one: Turned, quote: Quote) -> str:
    entry = one.entry
    return f"{entry.severity} {entry.control} {quote(entry.subject)}: {quote(entry.message)}"


def _causes(addresses: Sequence[str], quote: Quote) -> str:
    return ", ".join(map(quote, addresses[:8])) or "the plan as a whole"


def _listed(title: str, lines: Iterable[str], start: str) -> Iterator[str]:
    held = list(lines)
    if not held:
        return
    yield title
    yield from (f"{start}{line}" for line in held[:_SHOWN])
    if len(held) > _SHOWN:
        yield f"{start}and {len(held) - _SHOWN} more; --json names them all"
