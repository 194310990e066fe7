"""A report that is read back takes at most ten times its size, and never a gigabyte, whatever somebody made of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import build
import pytest

from weightguard.assess.serialise import MAXIMUM_BYTES, from_json, read_report, to_json
from weightguard.errors import InputError
from weightguard.json_pieces import Pieces
from weightguard.json_text import Meter, OddJson, loads

MB = 1_000_000
_MEASURE = """
import resource, sys
from pathlib import Path
from weightguard.assess import parsing, serialise
serialise.from_json(Path(sys.argv[2]).read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    serialise.read_report(Path(sys.argv[1]))
    print("read")
except serialise.InputError as error:
    print(error.one_line().replace(chr(10), " "))
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def _list(size: int, piece: str) -> str:
    """A list of as many pieces as fit."""
    return "[" + ",".join([piece] * (size // (len(piece) + 1))) + "]"


def _numbered(size: int, form: str, width: int) -> str:
    return ",".join(form % number for number in range(size // width))


# What a report may hold where any JSON may stand, of about `size` bytes.
VALUES: dict[str, Callable[[int], str]] = {
    "lists": lambda size: _list(size, "[]"),
    "objects": lambda size: _list(size, "{}"),
    "objects of one": lambda size: _list(size, '{"a":0}'),
    "numbers": lambda size: _list(size, "999"),
    "fractions": lambda size: _list(size, "0.1"),
    "texts": lambda size: "[" + _numbered(size, '"%x"', 8) + "]",
    "keys": lambda size: "{" + _numbered(size, '"%x":0', 9) + "}",
    "one text": lambda size: '"' + "x" * size + '"',
    "one wide text": lambda size: '"' + "x" * size + '\\ud83d\\ude00"',
    "one wide text unescaped": lambda size: '"' + "x" * size + '\U0001f600"',
    "depth": lambda size: _list(size, "[" * 150 + "]" * 150),
    "spaced lists": lambda size: _list(size, "[]" + " " * 16),
    "spaced objects": lambda size: _list(size, '{"a":0}' + " " * 32),
    "spaced texts": lambda size: "[" + _numbered(size, '"%x"          ', 18) + "]",
    "spaced keys": lambda size: _list(size, "{" + _numbered(300_000, '"%05x":0' + " " * 20, 29) + "}"),
}
ROWS: dict[str, Callable[[int], str]] = {
    "empty results": lambda size: _list(size, "{}"),
    "odd results": lambda size: _list(size, '{"control":0}'),
    "numbers for results": lambda size: _list(size, "9"),
    "unknown keys": lambda size: "[{" + _numbered(size, '"%x":0', 9) + "}]",
}


def _with(member: str, value: str) -> bytes:
    document = json.loads(to_json(build.sample())) | {member: "@@"}
    return json.dumps(document, separators=(",", ":")).replace('"@@"', value, 1).encode()


def _measured(path: Path, small: Path) -> tuple[str, int]:
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), str(small)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said, took = run.stdout.splitlines()
    return said, int(took)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "report.json"
    path.write_bytes(to_json(build.sample()))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", [*VALUES, *ROWS])
def test_memory_of_a_hostile_report(name: str, small: Path, tmp_path: Path) -> None:
    size = 12 * MB
    path = tmp_path / "report.json"
    path.write_bytes(
        _with("values", '{"a":' + VALUES[name](size) + "}")
        if name in VALUES
        else _with("results", ROWS[name](size))
    )
    said, took = _measured(path, small)
    assert took < 10 * path.stat().st_size
    assert said == "read" or "takes more than" in said or "this is no report" in said or "more than" in said


@pytest.mark.slow
@pytest.mark.parametrize("count", [1_000, 20_000])
def test_a_real_report_is_read_in_much_less(count: int, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(to_json(build.large(count, weights=20, stores=200)))
    said, took = _measured(path, small)
    assert said == "read"
    assert took < 5 * path.stat().st_size + 4 * MB


def test_a_report_beyond_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with path.open("wb") as file:
        file.truncate(MAXIMUM_BYTES + 1)  # a hole: reading it as text would say that it is no report
    with pytest.raises(
        InputError, match=r"the report is larger than 268,435,456 bytes .*judge fewer accounts"
    ):
        read_report(path)


def test_what_is_read_in_pieces_is_the_same_report(tmp_path: Path) -> None:
    report = build.large(1_500, weights=20, stores=20)
    path = tmp_path / "report.json"
    path.write_bytes(to_json(report))
    assert to_json(read_report(path)) == path.read_bytes()
    spaced = json.dumps(json.loads(path.read_bytes()), indent=2).encode()
    assert to_json(from_json(spaced)) == path.read_bytes()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b'{"a":1}x', "goes on after its end"),
        (b'{"a":1', "is cut off"),
        (b'{"a', "is cut off"),
        (b'{"a":[1,', "is cut off"),
        (b"{a:1}", "is not JSON"),
        (b'{"a":1,"a":2}', "gives the key 'a' twice"),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "is nested too deeply"),
    ],
)
def test_pieces_of_what_is_no_whole_object(text: bytes, what: str) -> None:
    pieces = Pieces(io.BytesIO(text), Meter(len(text)))
    with pytest.raises(OddJson, match=what):
        for _ in pieces.members():
            pieces.value()
        pieces.ends()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_pieces_are_the_same_however_the_file_comes(size: int) -> None:
    text = b' { "a\\"{" : [ 1 , "],\\\\" , {"b":[[]]} ] , "c":{},"d":"\xc3\xa9[" } '

    class Dribble(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            return super().read(size)

    pieces = Pieces(Dribble(text), Meter(len(text)))
    found = {}
    for key in pieces.members():
        found[key] = list(pieces.items()) if pieces.begins(b"[") else pieces.value().strip()
    pieces.ends()
    assert {key: [loads(item) for item in value] if isinstance(value, list) else loads(value)
            for key, value in found.items()} == json.loads(text)  # fmt: skip


@pytest.mark.parametrize(
    "text", [b'{"a":NaN}', b"[1e400]", b"-Infinity", b"9" * 5000, b'{"a":1,"a":1}', b"\xff", b'["\\x"]']
)
def test_what_parsers_differ_about_is_refused(text: bytes) -> None:
    with pytest.raises(OddJson):
        loads(text)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(InputError, match="half of a surrogate pair"):
        from_json(_with("values", '{"a":"\\ud800"}'))
    assert from_json(_with("values", '{"a":"\\ud83d\\ude00"}')).values["a"] == "\U0001f600"
