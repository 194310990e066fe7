"""YAML that a person wrote, read with care and with its line numbers.

Configuration, controls, waivers and attestations all come through here, so that every complaint names a file
and a line. What a hostile file could do is refused: tags beyond plain data, anchors and aliases (expansion
bombs), a key given twice, a document that is larger or deeper than anything a person writes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from weightguard import files
from weightguard.errors import ConfigError, InputError

MAXIMUM_BYTES = 1024 * 1024
MAXIMUM_DEPTH = 24

Location = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_MAXIMUM_DIGITS = 100


_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Its parser alone: what a word means is ours to say (`_Builder.plain`), by the rules of YAML 1.2."""
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes:
        name: the path as a message shows it.
        value: mappings, lists and plain scalars.
        lines: line (from 1) of each node, by its keys and indexes from the root.
    """

    name: str
    value: Any
    lines: Mapping[Location, int]

    def where(self, *location: str | int) -> str:
        """``file:line`` of the node at `location`, or of its nearest parent that has a line."""
        for length in range(len(location), -1, -1):
            line = self.lines.get(location[:length])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name

    def at(self, *location: str | int) -> Document:
        """The part of this document below `location`, with its lines."""
        value = self.value
        for key in location:
            value = value[key]
        size = len(location)
        return Document(
            self.name, value, {at[size:]: line for at, line in self.lines.items() if at[:size] == location}
        )


def read(path: Path, *, error: type[InputError] = ConfigError) -> Document:
    """Reads one YAML file.

    Args:
        path: the file.
        error: the class of error to raise.

    Raises:
        InputError: of the class `error`, when the file is missing, is not UTF-8, is not YAML or is refused.
    """
    name = str(path)
    data = files.read(path, "the file", most=MAXIMUM_BYTES, error=error)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error("the file is not UTF-8 text", where=name) from problem
    return parse(text, name, error=error)


def parse(text: str, name: str, *, error: type[InputError] = ConfigError) -> Document:
    """Reads YAML from `text`; `name` stands for the file in messages. Raises as `read` does."""
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER), name, error).document()
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        what = getattr(problem, "problem", None) or "unreadable"
        raise error(f"the file is not YAML: {what}", where=where) from problem


def _line(event: Any) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1


class _Builder:
    """Turns the parser's events into plain values as they come, and notes their lines; nothing is expanded on the way.

    Args:
        events: what the parser finds, in order.
        name: the file, as messages show it.
        error: the class of error to raise.
    """

    def __init__(self, events: Iterator[Any], name: str, error: type[InputError]) -> None:
        self.name, self.error = name, error
        self.lines: dict[Location, int] = {}
        self._events = events

    def _next(self) -> Any:
        return next(self._events)

    def document(self) -> Document:
        """The only document of the text."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Document(self.name, None, {})
        value = self.build(self._next(), (), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refused("the file is not YAML: it holds a second document", event)
        return Document(self.name, value, self.lines)

    def build(self, event: Any, at: Location, depth: int) -> Any:
        self._refuse(event, depth)
        self.lines.setdefault(at, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(at, depth + 1)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(at, depth + 1)
        return event.value if event.style else self.plain(event)

    def _refuse(self, event: Any, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._refused("anchors and aliases are not accepted here", event, "write the value out")
        if event.tag is not None:
            raise self._refused(f"a value of the kind {event.tag} is not accepted", event)
        if depth >= MAXIMUM_DEPTH and isinstance(event, yaml.CollectionStartEvent):
            raise self._refused(f"nested deeper than {MAXIMUM_DEPTH} levels", event)

    def _refused(self, what: str, event: Any, fix: str | None = None) -> InputError:
        return self.error(what, where=f"{self.name}:{_line(event)}", fix=fix)

    def sequence(self, at: Location, depth: int) -> list[Any]:
        built: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            built.append(self.build(event, (*at, len(built)), depth))
        return built

    def mapping(self, at: Location, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            self._refuse(event, depth)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused("a key is not plain text", event)
            key = str(event.value)
            if key in built:
                raise self._refused(f"the key {key!r} is given twice", event, "remove one")
            self.lines[(*at, key)] = _line(event)
            built[key] = self.build(self._next(), (*at, key), depth)
        return built

    def plain(self, event: Any) -> Any:
        """A scalar without quotes, by the core schema of YAML 1.2 (section 10.3.2). Dates stay text."""
        text = str(event.value)
        if text in _NOTHING:
            return None
        if text in _TRUTH:
            return _TRUTH[text]
        if _WHOLE.fullmatch(text):
            if len(text) > _MAXIMUM_DIGITS:
                raise self._refused("a number has too many digits", event)
            return int(text, 0) if text[1:2] in ("o", "x") else int(text)
        if _NUMBER.fullmatch(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return text


def validate(model: type[Model], document: Document, *, error: type[InputError] = ConfigError) -> Model:
    """The document as `model`, or one error that names the file, the line and the likeliest meant key.

    Raises:
        InputError: of the class `error`, for the first problem in the order of lines.
    """
    value = {} if document.value is None else document.value
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise first_problem(model, document, problem, error) from problem


def first_problem(
    model: type[BaseModel], document: Document, problem: ValidationError, error: type[InputError]
) -> InputError:
    """The problem nearest the top of the file, as an error to raise; a misspelt key before the one that it
    leaves missing.
    """
    found = [(_location(document, item["loc"]), item) for item in problem.errors(include_url=False)]
    found.sort(key=lambda pair: (pair[1]["type"] != "extra_forbidden", document.lines.get(pair[0], 0)))
    location, item = found[0]
    where = document.where(*location)
    if item["type"] == "extra_forbidden":
        return _unknown_key(model, location, where, error)
    said = item["msg"].removeprefix("Value error, ")
    return error(f"{_dotted(location) or 'the document'}: {said[:1].lower()}{said[1:]}", where=where)


def _unknown_key(
    model: type[BaseModel], location: Location, where: str, error: type[InputError]
) -> InputError:
    key = str(location[-1])
    known = sorted(_fields_at(model, location[:-1]))
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    fix = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
    return error(f"unknown key {key!r}", where=where, fix=fix)


def _location(document: Document, loc: Location) -> Location:
    """pydantic's location without the union members and validators it names, which are no keys of the
    file."""
    at: Location = ()
    for part in loc:
        if (*at, part) in document.lines:
            at = (*at, part)
    last = loc[-1] if loc else None
    missing = isinstance(last, str) and last.isidentifier() and at[-1:] != (last,) and len(at) == len(loc) - 1
    return (*at, last) if missing and last is not None else at


def _dotted(location: Location) -> str:
    return ".".join(str(part) for part in location)


def _fields_at(model: type[BaseModel], location: Location) -> set[str]:
    """Names of the keys that a mapping at `location` may have."""
    models = [model]
    for part in location:
        if isinstance(part, int):
            continue
        models = [inner for outer in models for inner in _models_below(outer, part)]
    return {field.alias or name for inner in models for name, field in inner.model_fields.items()}


def _models_below(model: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            yield from _models_in(field.annotation)
            return
    yield model  # a key of a plain mapping: its values' model was found with the mapping


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _models_in(argument)
