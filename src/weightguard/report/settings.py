"""The settings that a report was judged under, in words: for the first page, the terminal and Markdown alike."""

from __future__ import annotations

from weightguard.assess.model import Report

SHOWN = 12


def differing(report: Report, most: int = SHOWN) -> tuple[str, ...]:
    """``setting = value (default)`` for what differs from the default, the run's own and the weightiest first; what is left is
    counted."""
    entries = report.settings.differs if report.settings else ()
    ordered = sorted(entries, key=lambda one: (_weight(one.setting), one.setting))
    lines = [
        f"{one.setting} = {one.value or 'none'}"
        + (f" (default {one.default})" if one.default is not None else "")
        for one in ordered[:most]
    ]
    if len(ordered) > most:
        lines.append(f"and {len(ordered) - most} more in report.json")
    return tuple(lines)


_WEIGHTY = ("run.", "controls.", "tiers.", "waivers", "attestations", "target_level")


def _weight(setting: str) -> int:
    """What turns most verdicts first; declared models, of which every laboratory has some, last."""
    if setting.endswith(".released"):
        return 0
    return next((place for place, name in enumerate(_WEIGHTY) if setting.startswith(name)), len(_WEIGHTY))
