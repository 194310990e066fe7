"""Which weight set an object belongs to: what grouping decides, and what a listing streamed past is held against."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from weightguard.weights.model import Confidence, FileVerdict, ListedObject, Role
from weightguard.weights.names import Hint, believable


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

    @property
    def unread(self) -> bool:
        """Whether the header is not known."""
        return self.verdict is None or self.verdict.examined in ("denied", "failed")

    @property
    def effective(self) -> Effective | None:
        """What it counts as, None when it is no part of a model."""
        verdict = self.verdict
        if verdict is not None and verdict.examined == "header":
            if verdict.format in (None, "pointer"):
                return self._sealed(verdict)
            return Effective(verdict.format or "other", "header", verdict.role, verdict.note)
        if self.hint is not None and believable(self.obj.key, self.hint):
            why = verdict.note if verdict else "header was not read"
            return Effective(self.hint.format, "name", "weights", self.hint.note or why)
        return None

    def _sealed(self, verdict: FileVerdict) -> Effective | None:
        """An encrypted or unusually packed object under a name that says weights is opaque, not clean."""
        if self.hint is None or self.hint.note != "wrapped" or not verdict.traits & {"encrypted", "opaque"}:
            return None
        note = (
            "encrypted archive" if "encrypted" in verdict.traits else "packed archive that is not looked into"
        )
        return Effective("other", "name", "weights", note)

    def has(self, trait: str) -> bool:
        """Whether the header shows a trait."""
        return self.verdict is not None and trait in self.verdict.traits


Candidates = Mapping[str, Candidate]


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
