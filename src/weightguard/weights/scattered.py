"""One model in many objects that no name joins: stores by content address, and pieces of a file that was cut by bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from weightguard.weights.claims import Candidate, Claim, Claims, Effective, Shelf, folder
from weightguard.weights.names import Hint, addresses, family, part_of
from weightguard.weights.sketch import disjoint, within

# What the recogniser that found a beginning cut off knows the format to be; for the others a name has to say so.
_CUT = {"safetensors": "safetensors", "gguf": "gguf", "tensorizer": "tensorizer", "torch_archive": "pytorch"}
_BY_NAME = frozenset({"denied", "failed", "budget", "archived", "name"})
_MOST_BLOBS = 20_000


def waiting(claims: Claims, shelf: Shelf) -> Iterator[tuple[str, Candidate, Effective]]:
    """Unclaimed objects that hold weights."""
    for key, candidate in shelf:
        effective = candidate.effective
        if effective is not None and effective.role == "weights" and key not in claims.keys:
            yield key, candidate, effective


def is_shard(candidate: Candidate | None) -> bool:
    """Whether an object may be a shard that an index names."""
    if candidate is None:
        return False
    effective = candidate.effective
    return candidate.has("optimizer") or (effective is not None and effective.role == "weights")


def apart(members: Sequence[Candidate]) -> bool:
    """Whether no two files share a tensor, as far as their samples of names tell."""
    sketches = [member.verdict.sketch if member.verdict else frozenset() for member in members]
    union: frozenset[int] = frozenset()
    for sketch in sketches:
        if not sketch or (union and not disjoint(union, sketch)):
            return False
        union |= sketch
    return True


def renamed_shards(
    index: Candidate, count: int, claims: Claims, among: Iterable[tuple[str, Candidate]]
) -> list[str]:
    """Files whose tensors an index lists, where none of the names that it gives is there; at most `count`, no two alike."""
    whole = index.verdict.sketch if index.verdict else frozenset()
    if not whole:
        return []
    found = [
        candidate
        for key, candidate in among
        if key not in claims.keys
        and is_shard(candidate)
        and candidate.verdict
        and within(candidate.verdict.sketch, whole)
    ]
    distinct = _distinct(found)
    if not 0 < len(distinct) <= count or not apart(distinct):
        return []
    return [candidate.obj.key for candidate in found]


def _distinct(found: Sequence[Candidate]) -> list[Candidate]:
    """One of each content: a store may hold the same blob twice."""
    return list(
        {(one.obj.bytes, one.verdict.content if one.verdict else None): one for one in found}.values()
    )


def claim_scattered(claims: Claims, shelf: Shelf) -> None:
    """Objects kept under their digest, joined by what lists them: a manifest, a directory's list, an index."""
    blobs: dict[str, list[str]] = defaultdict(list)
    for key, _ in shelf:
        for address in addresses(key):
            blobs[address].append(key)
    if not blobs:
        return
    for key, candidate in shelf:
        if candidate.verdict is None:
            continue
        if candidate.has("manifest"):
            _claim_layers(claims, key, candidate.verdict.links, blobs, shelf)
        elif candidate.has("addresses"):
            _claim_listed(claims, key, candidate.verdict.links, blobs, shelf)
    pool = {key for keys in blobs.values() for key in keys if is_shard(shelf.get(key))}
    if len(pool) <= _MOST_BLOBS:
        _claim_by_index(claims, shelf, pool)


def _claim_layers(
    claims: Claims, key: str, links: Iterable[str], blobs: dict[str, list[str]], shelf: Shelf
) -> None:
    """A manifest's layers are one model, the part of each format of it a set."""
    formats: dict[str, list[str]] = defaultdict(list)
    for link in links:
        for name in blobs.get(link.lower(), ()):
            candidate = shelf.get(name)
            effective = candidate.effective if candidate else None
            if effective and effective.role == "weights" and name not in claims.keys:
                formats[effective.format].append(name)
    for kind, names in formats.items():
        if len(names) > 1:
            set_id = claims.identify(key, kind, "manifest")
            claims.keys.update({name: Claim(set_id, kind, "weights") for name in names})


def _claim_listed(
    claims: Claims, key: str, links: Iterable[str], blobs: dict[str, list[str]], shelf: Shelf
) -> None:
    """A directory's list gives every blob the name that it had: shards of one family in one folder are one model."""
    families: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for link in links:
        address, _, path = link.partition(":")
        for name in blobs.get(address.lower(), ()):
            candidate = shelf.get(name)
            effective = candidate.effective if candidate else None
            found = family(path.rsplit("/", 1)[-1])
            if effective and effective.role == "weights" and found and name not in claims.keys:
                families[folder(path), effective.format, found.name].append(name)
    for (place, kind, stem), names in families.items():
        set_id = claims.identify(f"{key}!{place}", kind, stem)
        claims.keys.update({name: Claim(set_id, kind, "weights") for name in names})


def _claim_by_index(claims: Claims, shelf: Shelf, pool: set[str]) -> None:
    """An index whose shards are kept under digests, wherever in the store they lie."""
    for key, candidate in shelf:
        if not candidate.has("index") or candidate.verdict is None or key in claims.keys:
            continue
        among = ((name, shelf.candidates[name]) for name in sorted(pool) if name not in claims.keys)
        found = renamed_shards(candidate, len(candidate.verdict.links), claims, among)
        if found:
            kind = _format_of(found, shelf)
            set_id = claims.identify(key, kind, "scattered")
            claims.keys[key] = Claim(set_id, kind, "index")
            claims.keys.update({name: Claim(set_id, kind, "weights") for name in found})


def _format_of(found: Sequence[str], shelf: Shelf) -> str:
    effective = shelf.candidates[found[0]].effective
    return effective.format if effective else "other"


def claim_parts(claims: Claims, shelf: Shelf) -> None:
    """Pieces of a file that was cut by bytes, led by the one that begins as the whole would."""
    pieces: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key, _ in shelf:
        part = part_of(key.rsplit("/", 1)[-1])
        if part and key not in claims.keys:
            pieces[folder(key), part.stem].append((part.order, key))
    for (place, stem), found in pieces.items():
        keys = [key for _, key in sorted(found)]
        kind = _led(keys, shelf)
        if kind:
            note = f"{len(keys)} pieces of a file cut by bytes"
            set_id = claims.identify(place, kind, stem)
            claims.keys.update({key: Claim(set_id, kind, "weights", note) for key in keys})


def _led(keys: Sequence[str], shelf: Shelf) -> str | None:
    """The format of the whole, where the first piece begins one and no other piece is something of its own."""
    lead, others = shelf.candidates[keys[0]], [shelf.candidates[key] for key in keys[1:]]
    return None if not others or any(map(_own, others)) else _begun(lead)


def _begun(lead: Candidate) -> str | None:
    """The format that a first piece begins."""
    said = lead.hint.format if isinstance(lead.hint, Hint) and lead.hint.note == "part" else None
    verdict = lead.verdict
    if verdict is None or verdict.examined in _BY_NAME:
        return said
    if verdict.format not in (None, "pointer"):
        return verdict.format if verdict.examined != "header" or verdict.note else None
    if verdict.examined in ("damaged", "partial", "opaque", "sealed"):
        cut = next((trait.removeprefix("cut:") for trait in verdict.traits if trait.startswith("cut:")), "")
        return _CUT.get(cut) or said
    return None


def _own(piece: Candidate) -> bool:
    """Whether a piece is a file in its own right."""
    verdict = piece.verdict
    return verdict is not None and verdict.format is not None
