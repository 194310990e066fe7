"""Why a run ended as it did, in one line: the last one on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weightguard.assess.status import Deciding, Ending, FailOn, Lack, Missing
from weightguard.report.text import visible
from weightguard.report.words import counted

_NAMED = 3
_LETS_IN: Mapping[str, str] = {
    "public": "the public can reach weights",
    "outsider": "outsiders can reach weights",
    "escalation": "a privilege escalation leads to weights",
}


def why(ending: Ending, fail_on: FailOn) -> str:
    """``status 3: WG-CON-01 fails in 4 places``."""
    reasons = list(_failures(ending))
    if ending.short:
        reached, asked = ending.short
        reasons.append(f"{asked} was asked for and {reached} is reached")
    if not reasons:
        reasons = [_lacking(one) for one in ending.missing]
    if not reasons:
        reasons.append(
            "no threshold was set (--fail-on none)"
            if fail_on == "none"
            else f"nothing of {_at_least(fail_on)} severity fails that the weights aim at, and no evidence is missing for it"
        )
    return visible(f"status {ending.status}: {'; '.join(reasons)}")


def _failures(ending: Ending) -> Iterator[str]:
    for one in ending.failing[:_NAMED]:
        yield _failure(one)
    more = len(ending.failing) - _NAMED
    if more > 0:
        yield f"and {counted(more, 'more control fails', 'more controls fail')}"


def _failure(one: Deciding) -> str:
    because = f" ({_LETS_IN[one.lets_in]})" if one.lets_in else ""
    return f"{one.control} fails in {counted(one.places, 'place')}{because}"


def _lacking(one: Missing) -> str:
    if one.lack is Lack.NOTHING_EVALUATED:
        return "nothing that bears on weights was evaluated"
    number = len(one.names)
    if one.lack is Lack.ACCOUNTS:
        return (
            f"{counted(number, 'account')} {'was' if number == 1 else 'were'} not read ({_some(one.names)})"
        )
    if one.lack is Lack.LIMITS:
        verb = "is" if number == 1 else "are"
        return f"{counted(number, 'limit')} of weightguard's own {verb} in play ({_some(one.names)})"
    if one.lack is Lack.CONTROLS:
        return f"{counted(number, 'control')} could not be decided ({_some(one.names)})"
    return f"{counted(number, 'kind of read', 'kinds of read')} did not answer ({_some(one.names)})"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _at_least(fail_on: FailOn) -> str:
    return fail_on if fail_on == "critical" else f"{fail_on} or higher"
