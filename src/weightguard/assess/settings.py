"""What a judgement was made under, stamped into its report: every setting that differs from the default, and a digest of all.

A parameter, a tier, an accepted risk or another day turns verdicts as surely as a fact does. Whoever compares two reports has to
see which of them was judged how, without the file that said so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from weightguard.assess.model import SettingEntry, SettingsStamp
from weightguard.config import Config

_SILENT = ("sources", "notify", "version", "organisation", "fail_on")
"""Parts of the configuration that turn no verdict: where to collect, whom to tell, whose it is, when a run fails."""
_LONGEST_VALUE = 300


def stamp(config: Config, asked: Mapping[str, Any], own: tuple[str, ...]) -> SettingsStamp:
    """The settings of one judgement.

    Args:
        asked: what was asked of the run itself (``as_of``, ``target_level``, ``what_if``); what is None was not.
        own: ids of controls of the laboratory's own.
    """
    given, usual = (dict(_leaves(_bare(one))) for one in (config, Config()))
    differs = [
        SettingEntry(key, _said(given.get(key)), _said(usual.get(key)))
        for key in sorted(given.keys() | usual.keys())
        if given.get(key) != usual.get(key)
    ]
    differs += [SettingEntry(f"run.{key}", _said(value), None) for key, value in asked.items() if value]
    if own:
        differs.append(SettingEntry("controls.own", _said(list(own)), None))
    canonical = json.dumps([[one.setting, one.value] for one in differs], ensure_ascii=False)
    return SettingsStamp(f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}", tuple(differs))


def _bare(config: Config) -> dict[str, Any]:
    return {name: getattr(config, name) for name in type(config).model_fields if name not in _SILENT}


def _leaves(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value below a configuration, by its dotted place; a list of plain values is one."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{above}.{key}".lstrip("."))
    elif isinstance(value, list | tuple) and any(isinstance(item, BaseModel | Mapping) for item in value):
        for place, item in enumerate(value):
            name = getattr(item, "name", None)
            yield from _leaves(item, f"{above}[{name if isinstance(name, str) else place}]")
    elif value not in (None, (), [], {}):
        yield above, _plain(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it; of a path its name alone, so that a report is the same wherever its inputs lie."""
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _said(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}... ({len(text)} characters)"
