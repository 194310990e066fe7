"""Which weight set an object belongs to: what grouping decides, and what a listing streamed past is held against."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from weightguard.weights.model import SMALLEST, Confidence, FileVerdict, ListedObject, Role
from weightguard.weights.names import ENCRYPTED, Hint, believable, extension

_BLIND = frozenset({"denied", "failed", "name", "archived", "not_needed"})


class Effective(NamedTuple):
    """What an object counts as: by its header, or by its name where the header could not be read."""

    format: str
    confidence: Confidence
    role: Role
    note: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that a name or a header makes interesting. `verdict` is None when it was not read."""

    obj: ListedObject
    hint: Hint | None
    verdict: FileVerdict | None
    archived: bool = False

    @property
    def passed_over(self) -> bool:
        """Whether the reading budget did not reach it."""
        return self.verdict is None and not self.archived

    @property
    def unread(self) -> bool:
        """Whether the header is not known, though there is one to read."""
        if self.obj.bytes < SMALLEST:
            return False
        return self.verdict is None or self.verdict.examined in _BLIND or self.has("client")

    @property
    def effective(self) -> Effective | None:
        """What it counts as, None when it is no part of a model."""
        verdict = self.verdict
        if verdict is not None and not self.unread:
            if verdict.format in (None, "pointer"):
                return self._sealed(verdict)
            confidence = verdict.confidence or "header"
            return Effective(verdict.format or "other", confidence, verdict.role, verdict.note)
        if self.hint is not None and self.obj.bytes >= SMALLEST and believable(self.obj.key, self.hint):
            unread = "archived" if self.archived else "not examined: reading budget used up"
            why = verdict.note if verdict else unread
            return Effective(self.hint.format, "name", "weights", self.hint.note or why)
        return None

    def _sealed(self, verdict: FileVerdict) -> Effective | None:
        """An encrypted or unusually packed object under a name that says weights is opaque, not clean."""
        if self.hint is None or self.hint.note != "wrapped" or verdict.format == "pointer":
            return None
        encrypted = "encrypted" in verdict.traits or extension(self.obj.key) in ENCRYPTED
        if not encrypted and "opaque" not in verdict.traits:
            return None
        note = "encrypted archive" if encrypted else "packed archive that is not looked into"
        return Effective("other", "name", "weights", note)

    def has(self, trait: str) -> bool:
        """Whether the header shows a trait."""
        return self.verdict is not None and trait in self.verdict.traits


class Shelf:
    """Candidates by key and by folder, so that looking at a candidate's neighbours costs no walk over all of them."""

    def __init__(self, candidates: Mapping[str, Candidate]) -> None:
        self.candidates = candidates
        self._folders: dict[str, list[str]] = defaultdict(list)
        self._below: dict[str, set[str]] = defaultdict(set)
        for key in candidates:
            self._place(key)

    def _place(self, key: str) -> None:
        place = folder(key)
        known = place in self._folders
        self._folders[place].append(key)
        while place and not known:
            above = parent(place)
            known = above in self._below and place in self._below[above]
            self._below[above].add(place)
            place = above

    def __iter__(self) -> Iterator[tuple[str, Candidate]]:
        return iter(self.candidates.items())

    def __contains__(self, key: str) -> bool:
        return key in self.candidates

    def get(self, key: str) -> Candidate | None:
        """The candidate of that key."""
        return self.candidates.get(key)

    def files(self, place: str) -> list[tuple[str, Candidate]]:
        """Candidates directly in a folder."""
        return [(key, self.candidates[key]) for key in self._folders.get(place, ())]

    def below(self, place: str) -> Iterator[tuple[str, Candidate]]:
        """Candidates in a folder and in those below it."""
        yield from self.files(place)
        for inner in self._below.get(place, ()):
            yield from self.below(inner)

    def folders(self, place: str) -> set[str]:
        """Folders directly in a folder, with a candidate somewhere below each."""
        return self._below.get(place, set())


@dataclass(frozen=True, slots=True)
class Claim:
    """An object's place in a weight set."""

    set_id: str
    format: str
    role: Role
    note: str | None = None
    confidence: Confidence = "layout"


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder that is one model. `accept` gives the role of a key relative to the folder, None for a stranger."""

    root: str
    format: str
    accept: Callable[[str], Role | None]
    note: str | None = None


@dataclass(slots=True)
class Claims:
    """Every claim on the objects of one store."""

    store: str
    trees: dict[str, Tree] = field(default_factory=dict)
    keys: dict[str, Claim] = field(default_factory=dict)

    def find(self, key: str) -> Claim | None:
        """The claim on a key: its own, or that of the outermost folder that takes it."""
        own = self.keys.get(key)
        return own if own is not None else self.in_tree(key)

    def in_tree(self, key: str) -> Claim | None:
        """The claim of the outermost folder that takes a key."""
        if not self.trees:
            return None
        end = -1
        while True:
            tree = self.trees.get(key[: end + 1])
            role = tree.accept(key[end + 1 :]) if tree else None
            if tree is not None and role is not None:
                return Claim(self.identify(tree.root, tree.format, ""), tree.format, role, tree.note)
            end = key.find("/", end + 1)
            if end < 0:
                return None

    def identify(self, prefix: str, kind: str, stem: str) -> str:
        """A set's identifier, the same in every run: store, place, format and family decide it."""
        digest = hashlib.sha256("\0".join((self.store, prefix, kind, stem)).encode("utf-8", "surrogatepass"))
        return f"ws-{digest.hexdigest()[:16]}"


def folder(key: str) -> str:
    """The key's folder with its trailing slash, empty for the store's root."""
    return key[: key.rfind("/") + 1]


def parent(folder_key: str) -> str:
    """The folder above a folder."""
    return folder(folder_key[:-1])
