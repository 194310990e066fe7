"""Valid documents made odd: values swapped, repeated, deepened and enlarged, then written with what JSON cannot hold, then damaged.

Everything hangs on the `Random` that is handed in, so that hypothesis can repeat and shrink a failure.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import yaml

_RAW = {
    "@huge@": "1e400",
    "@minus@": "-0",
    "@nan@": "NaN",
    "@infinite@": "-Infinity",
    "@digits@": "9" * 5_000,
    "@twice@": '{"a":1,"a":2}',
    "@half@": '"\\ud800"',
    "@deep@": "[" * 300 + "]" * 300,
    "@deeper@": '{"a":' * 20_000 + "0" + "}" * 20_000,
}
"""What stands for text that no value is written as."""

ODD: tuple[Any, ...] = (
    *_RAW,
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    10**30,
    -1.5,
    1e308,
    "",
    " ",
    "0",
    "*",
    "**",
    "?" * 300,
    "[",
    "a" * 5_000,
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\u200b",
    "\U000e0041",
    "\ufffe",
    "\U0001f600",
    "../../etc/passwd",
    "/dev/zero",
    "%7B%22",
    "{}",
    "[]",
    "${aws:username}",
    "${",
    "arn:aws:iam::111111111111:role/x",
    "arn:aws:s3:::",
    "arn:::::::",
    "2026-13-45",
    "9999-12-31",
    "0001-01-01T00:00:00Z",
    "2026-03-31T00:00:00+23:59",
    "(a+)+c",
    "__proto__",
    "=1+1",
    "\r\n",
    "-" * 3,
    "ok",
    "denied",
    [],
    {},
    [[]],
    [None],
    [""],
    {"": ""},
    {"a": {"b": []}},
    [{}],
    [[[[[[]]]]]],
    {"Fn::GetAtt": ["a", "b"]},
    {"AWS": "*"},
    {"redacted": True},
)
_LARGE = 2_000
_CHARACTERS = 100_000


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every place in a document, as what holds it and the key or index there."""
    if isinstance(value, dict):
        found.extend((value, key) for key in value)
        for item in value.values():
            _places(item, found)
    elif isinstance(value, list):
        found.extend((value, index) for index in range(len(value)))
        for item in value:
            _places(item, found)
    return found


def _most(value: Any) -> int:
    """How often a value may be repeated: several steps must not multiply beyond all measure."""
    return _CHARACTERS // len(json.dumps(value)) + 1


def _swap(holder: Any, key: Any, chance: random.Random) -> None:
    holder[key] = copy.deepcopy(chance.choice(ODD))


def _remove(holder: Any, key: Any, chance: random.Random) -> None:
    del holder[key]


def _rename(holder: Any, key: Any, chance: random.Random) -> None:
    if isinstance(holder, dict):
        holder[chance.choice([key.upper(), f"{key}s", "", key[:-1], "a" * 3_000])] = holder.pop(key)
    else:
        holder.reverse()


def _repeat(holder: Any, key: Any, chance: random.Random) -> None:
    """The same thing many times: lists grow, in mappings names do."""
    count = min(chance.choice([2, 50, _LARGE]), _most(holder[key]))
    if isinstance(holder, list):
        holder.extend([holder[key]] * count)
    else:
        holder.update((f"{key}{number}", holder[key]) for number in range(min(count, 200)))


def _wrap(holder: Any, key: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 2, 30])):
        holder[key] = chance.choice([[holder[key]], {"a": holder[key]}])


def _unwrap(holder: Any, key: Any, chance: random.Random) -> None:
    value = holder[key]
    if isinstance(value, dict | list) and value:
        holder[key] = next(iter(value.values())) if isinstance(value, dict) else value[0]
    else:
        holder[key] = str(value)


def _stretch(holder: Any, key: Any, chance: random.Random) -> None:
    value = holder[key]
    if isinstance(value, str):
        cut = chance.randrange(len(value) + 1)
        holder[key] = value[:cut] + str(chance.choice(ODD)) * chance.choice([1, 3, 40]) + value[cut:]
    else:
        holder[key] = [value] * min(chance.choice([1, 300]), _most(value))


_STEPS: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    _swap,
    _swap,
    _swap,
    _remove,
    _rename,
    _repeat,
    _wrap,
    _unwrap,
    _stretch,
)


def mutated(document: Any, chance: random.Random) -> Any:
    """A copy of a document with one to four changes."""
    root = [json.loads(json.dumps(document))]
    for _ in range(chance.choice([1, 1, 2, 4])):
        holder, key = chance.choice(_places(root, []) or [(root, 0)])
        chance.choice(_STEPS)(holder, key, chance)
        if not root:
            return None
        root = json.loads(json.dumps(root))  # what stands in several places is several things from here on
    return root[0]


def as_json(document: Any, chance: random.Random) -> bytes:
    """The document as text, with what JSON cannot hold put where it was asked for; sometimes with a key twice."""
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5, separators=(",", ":"))
    for stands, raw in _RAW.items():
        text = text.replace(f'"{stands}"', raw, 3)
    if chance.random() < 0.1 and '{"' in text:
        text = text.replace('{"', '{"a":1,"a":2,"', chance.choice([1, 3]))
    return text.encode("utf-8", "surrogatepass")


def as_yaml(document: Any, chance: random.Random) -> bytes:
    """The document in block style, or as JSON, which is YAML too."""
    if chance.random() < 0.3:
        return as_json(document, chance)
    text = yaml.safe_dump(document, allow_unicode=True, width=10_000)
    for odd in (
        ": &a ",
        ": *a\n",
        ": !!binary ",
        ": |\n",
        "\t",
        "\n---\n",
        "\n%YAML 1.1\n",
        ": 0x1g",
        ": .nan",
    ):
        if chance.random() < 0.03:
            text = text.replace(": ", odd, chance.choice([1, 2]))
    return text.encode("utf-8", "surrogatepass")


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut, doubled or put in."""
    hurt = bytearray(content)
    for _ in range(chance.choice([1, 2, 8])):
        at = chance.randrange(len(hurt) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(hurt):
            hurt[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del hurt[at:]
        elif kind == 2:
            hurt[at:at] = chance.choice(
                [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\n", b'"', b"[" * 500, b"{", b"1e999", b"\\"]
            )
        elif kind == 3:
            hurt[at:at] = hurt[max(0, at - 40) : at]
        else:
            del hurt[at : at + chance.randrange(1, 20)]
    return bytes(hurt)
