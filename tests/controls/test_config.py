"""weightguard.yaml: a misspelt key is found, paths are taken from the file's folder, what is declared is
understood.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from weightguard import config
from weightguard.config import Config
from weightguard.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples" / "weightguard.yaml"


def write(folder: Path, text: str) -> Path:
    path = folder / "weightguard.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "line", "key", "meant"),
    [
        ("version: 1\nfail_onn: high\n", 2, "fail_onn", "fail_on"),
        ("models:\n  - name: a\n  - name: b\n    relased: true\n", 4, "relased", "released"),
        ("sources:\n  aws:\n    regoins: [us-east-1]\n", 3, "regoins", "regions"),
        ("disclosure:\n  security_text: a\n", 2, "security_text", "security_txt"),
        ("models:\n- name: a\n  evaluations:\n  - bencmark: x\n", 4, "bencmark", "benchmark"),
    ],
)
def test_a_misspelt_key_is_named_with_its_line_and_the_right_one(
    tmp_path: Path, text: str, line: int, key: str, meant: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert caught.value.one_line() == f"unknown key '{key}' ({path}:{line}): did you mean '{meant}'?"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("fail_on: severe\n", 1, "fail_on"),
        ("models:\n  - name: a\n    maximum_readers: many\n", 3, "maximum_readers"),
        ("models:\n  - tier: high\n", 2, "models.0.name"),
        ("models:\n  - name: a\n  - name: a\n", 1, "declared twice"),
        ("- a\n- b\n", 1, "valid"),
        ("version: 2\n", 1, "version"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert caught.value.where == f"{path}:{line}"
    assert words in caught.value.what


def test_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "waivers: [w.yaml]\nattestations: [a.yaml]\ncontrols: {directories: [own]}\ndisclosure: {policy: p.md}\n",
    )
    loaded = config.load(path)
    assert loaded.waivers == (tmp_path / "w.yaml",)
    assert loaded.attestations == (tmp_path / "a.yaml",)
    assert loaded.controls.directories == (tmp_path / "own",)
    assert loaded.disclosure.policy == tmp_path / "p.md"


def test_an_empty_file_and_no_file_are_configurations(tmp_path: Path) -> None:
    assert config.find(tmp_path) == Config()
    assert config.load(write(tmp_path, "# nothing yet\n")).fail_on == "high"


def test_the_example_is_a_configuration() -> None:
    assert config.load(EXAMPLE).models[0].name == "aurora-1"
