"""A file that a person or an enemy wrote: read with its lines, or refused in one line that says where."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard import files, yaml_file
from weightguard.errors import CatalogueError, ConfigError


def test_lines_are_kept_for_every_key() -> None:
    document = yaml_file.parse("a: 1\nb:\n  - x\n  - c: 2\n", "f.yaml")
    assert document.value == {"a": 1, "b": ["x", {"c": 2}]}
    assert document.where("b", 1, "c") == "f.yaml:4"
    assert document.where("b", 7, "none") == "f.yaml:2"  # the nearest parent that has a line


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("a: 1\na: 2\n", 2, "given twice"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "kind"),
        ("a: [1,\n", 2, "not YAML"),
        ("[" * 60 + "]" * 60, 1, "nested deeper"),
        ("? [a]\n: 1\n", 1, "not plain text"),
        ("a: !!bool abc\n", 1, "kind"),
        ('a: !!int ""\n', 1, "kind"),
        ("a: !!timestamp abc\n", 1, "kind"),
        ("a: 1" + "0" * 200 + "\n", 1, "digits"),
    ],
)
def test_what_is_refused_names_file_and_line(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        yaml_file.parse(text, "f.yaml")
    assert what in caught.value.what
    assert caught.value.where == f"f.yaml:{line}"


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(CatalogueError, match="aliases"):
        yaml_file.parse(bomb, "bomb.yaml", error=CatalogueError)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        yaml_file.read(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        yaml_file.read(binary)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (yaml_file.MAXIMUM_BYTES + 1))
    with pytest.raises(ConfigError, match="larger"):
        yaml_file.read(large)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        document = yaml_file.parse(text, "f.yaml")
    except ConfigError as refused:
        assert "\n" not in refused.one_line()
    else:
        assert document.name == "f.yaml"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("true", True), ("FALSE", False), ("~", None), ("", None), ("null", None),
        ("1:30", "1:30"), ("1" + ":1" * 100_000, "1" + ":1" * 100_000), ("017", 17), ("0o17", 15), ("0x1f", 31), ("-4", -4),
        ("1_000", "1_000"), ("1e3", 1000.0), (".5", 0.5), ("-.inf", float("-inf")), ("2026-03-31", "2026-03-31"),
        ("'1'", "1"), ('"true"', "true"), ("12345678901234567890", 12345678901234567890), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_read_by_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    assert yaml_file.parse(f"a: {text}\n", "x.yaml").value == {"a": value}


def test_a_byte_order_mark_is_none_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert yaml_file.read(tmp_path / "a.yaml").value == {"a": 1}


def test_a_name_longer_than_names_can_be_is_refused_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="File name too long"):
        files.below(tmp_path, Path("a" * 300), "what waivers names", error=ConfigError)
