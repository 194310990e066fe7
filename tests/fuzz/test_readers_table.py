"""No reader is forgotten: what the command line, the configuration and the modules read stands in the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from pydantic import BaseModel
from readers import ELSEWHERE, NOT_READ, READERS

import weightguard
from weightguard.cli import _weightguard
from weightguard.config import Config

PACKAGE = Path(weightguard.__file__).parent
_OPENS = re.compile(
    r"(?<!def )\b(?:files\.(?:read|opened)|yaml_file\.read|read_lines|open_regular|json\.loads?|loads|ParquetFile)\("
    r"|\.(?:read_text|read_bytes)\(|\.open\(\"?r?b?"
)
_OURS = "what ships with the package or was written by the same run"
_NOT_FROM_OUTSIDE = {
    "files": "the way to a file itself",
    "yaml_file": "the way to YAML itself",
    "json_pieces": "the way to JSON itself",
    "json_text": "the way to JSON itself",
    "access/aws/technique_data": _OURS,
    "access/azure/technique_data": _OURS,
    "access/gcp/technique_data": _OURS,
    "cli/outlet": _OURS,
    "cli/schema": _OURS,
    "collect/contents": _OURS,
    "controls/kept": _OURS,
    "demo": _OURS,
    "policy/aws/tables": _OURS,
    "policy/azure/roles": _OURS,
    "policy/gcp/roles": _OURS,
    "report/formats": _OURS,
    "collect/azure/caller": "an answer on the wire, which tests/wire makes odd",
    "collect/azure/credentials": "a token on the wire, which tests/collect makes odd",
    "collect/azure/wire": "a challenge on the wire, which tests/collect makes odd",
    "collect/aws/connections": "an answer on the wire, which tests/collect makes odd",
    "collect/gcp/caller": "an answer on the wire, which tests/wire makes odd",
    "collect/gcp/codes": "an answer on the wire, which tests/wire makes odd",
    "collect/calls/shape": "an answer on the wire, which tests/collect makes odd",
    "notify/post": "an answer on the wire, which tests/notify makes odd",
}


def _is_among(module: str, names: Iterable[str]) -> bool:
    return any(module == name or module.startswith(f"{name}/") for name in names)


def _arguments(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from _arguments(found, f"{name} {inner}".strip())
        return
    for parameter in command.params:
        if isinstance(parameter.type, click.Path | click.File):
            yield f"{name}.{parameter.name}"


def _paths(model: type[BaseModel], name: str) -> Iterator[str]:
    for field, held in model.model_fields.items():
        yield from _paths_in(held.annotation, f"{name}.{field}")


def _paths_in(annotation: object, name: str) -> Iterator[str]:
    if annotation is Path:
        yield name
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _paths(annotation, name)
    else:
        for inner in get_args(annotation):
            yield from _paths_in(inner, name)


def _held() -> set[str]:
    return {argument for reader in READERS.values() for argument in reader.arguments}


def _wanted() -> set[str]:
    every = {*_arguments(_weightguard, ""), *_paths(Config, "config")}
    return {one for one in every if one.rpartition(".")[2] not in NOT_READ}


def test_every_argument_and_key_that_names_a_file_is_fuzzed() -> None:
    assert _wanted() - _held() == set(), "add it to READERS, or say in NOT_READ why it is not read"


def test_the_table_names_nothing_that_is_not_there() -> None:
    every = {*_arguments(_weightguard, ""), *_paths(Config, "config")}
    assert _held() - every == set()
    assert set(NOT_READ) - {one.rpartition(".")[2] for one in every} == set()
    modules = {module for reader in READERS.values() for module in reader.modules} | set(ELSEWHERE)
    assert {
        one for one in modules if not ((PACKAGE / one).is_dir() or (PACKAGE / f"{one}.py").is_file())
    } == set()


def test_every_module_that_opens_a_file_is_fuzzed() -> None:
    modules = {module for reader in READERS.values() for module in reader.modules} | set(ELSEWHERE)
    opening = {
        path.relative_to(PACKAGE).with_suffix("").as_posix()
        for path in PACKAGE.rglob("*.py")
        if _OPENS.search(path.read_text())
    }
    assert opening > {"config", "snapshot/read", "collect/terraform/state", "policy/lines"}, (
        "the pattern still finds what it should"
    )
    assert {one for one in opening if not _is_among(one, {*modules, *_NOT_FROM_OUTSIDE})} == set()
