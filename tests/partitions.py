"""The same things in another partition: names, regions and domains as they are written there."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
ELSEWHERE = tuple(name for name in REGIONS if name != "aws")
_ARN = re.compile(r"\barn:aws:")
_ENDPOINT = re.compile(r"(cn-[a-z]+-\d)\.amazonaws\.com(?!\.cn)")


def moved_text(text: str, partition: str) -> str:
    """A text as it would be written there."""
    found = _ARN.sub(f"arn:{partition}:", text).replace(REGIONS["aws"], REGIONS[partition])
    return _ENDPOINT.sub(r"\1.amazonaws.com.cn", found)


def moved(thing: Any, partition: str) -> Any:
    """Anything made of plain values, with all of its texts as they would be written there."""
    if isinstance(thing, Enum):
        return thing
    if isinstance(thing, str):
        return moved_text(thing, partition)
    if is_dataclass(thing) and not isinstance(thing, type):
        return type(thing)(**{one.name: moved(getattr(thing, one.name), partition) for one in fields(thing)})
    if isinstance(thing, dict):
        return {moved(key, partition): moved(value, partition) for key, value in thing.items()}
    if isinstance(thing, list | tuple | set | frozenset):
        return type(thing)(moved(one, partition) for one in thing)
    return thing
