"""Why a run ended as it did, in one line: the last one on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from weightguard.assess.status import Deciding, Ending, FailOn, Lack, Missing
from weightguard.report.text import visible
from weightguard.report.words import counted

_NAMED = 3
_LETS_IN: Mapping[str, str] = {
    "public": "the public can reach weights",
    "outsider": "outsiders can reach weights",
    "escalation": "a privilege escalation leads to weights",
}


def why(ending: Ending, fail_on: FailOn, width: int | None = None) -> str:
    """``status 3: WG-CON-01 fails in 4 places``.

    Args:
        width: columns to keep to, by leaving out names and then reasons, saying how many; None: as long as it is.
    """
    lines = [
        _line(ending, fail_on, named) for named in ((_NAMED,) if width is None else range(_NAMED, -1, -1))
    ]
    if width is None:
        return lines[0](len(_reasons(ending, fail_on, _NAMED)))
    most = len(_reasons(ending, fail_on, 0))
    fitting = (line(count) for count in range(most, 0, -1) for line in lines)
    return next((one for one in fitting if len(one) <= width), lines[-1](1))


def _line(ending: Ending, fail_on: FailOn, named: int) -> Callable[[int], str]:
    """The line with the first so many reasons, each with at most `named` names."""
    reasons = _reasons(ending, fail_on, named)

    def written(count: int) -> str:
        left = len(reasons) - count
        told = [*reasons[:count], *([f"and {left} more"] if left else [])]
        return visible(f"status {ending.status}: {'; '.join(told)}")

    return written


def _reasons(ending: Ending, fail_on: FailOn, named: int) -> list[str]:
    reasons = [_failure(one, brief=not named) for one in ending.failing]
    if ending.short:
        reached, asked = ending.short
        reasons.insert(0, f"{asked} was asked for and {reached} is reached")
    if not reasons:
        reasons = [_lacking(one, named) for one in ending.missing]
    if reasons:
        return reasons
    if fail_on == "none":
        return ["no threshold was set (--fail-on none)"]
    return [f"no {_at_least(fail_on)} failure up to the target, no evidence missing"]


def _failure(one: Deciding, *, brief: bool) -> str:
    because = f" ({_LETS_IN[one.lets_in]})" if one.lets_in and not brief else ""
    return f"{one.control} fails in {counted(one.places, 'place')}{because}"


def _lacking(one: Missing, named: int) -> str:
    if one.lack is Lack.NOTHING_EVALUATED:
        return "nothing that bears on weights was evaluated"
    number, names = len(one.names), _some(one.names, named)
    if one.lack is Lack.ACCOUNTS:
        return f"{counted(number, 'account')} {'was' if number == 1 else 'were'} not read{names}"
    if one.lack is Lack.LIMITS:
        verb = "is" if number == 1 else "are"
        return f"{counted(number, 'limit')} of weightguard's own {verb} in play{names}"
    if one.lack is Lack.CONTROLS:
        return f"{counted(number, 'control')} could not be decided{names}"
    return f"{counted(number, 'kind of read', 'kinds of read')} did not answer{names}"


def _some(names: Sequence[str], named: int) -> str:
    if not named:
        return ""
    more = f" and {len(names) - named} more" if len(names) > named else ""
    return f" ({', '.join(names[:named])}{more})"


def _at_least(fail_on: FailOn) -> str:
    return fail_on if fail_on == "critical" else f"{fail_on} or higher"
