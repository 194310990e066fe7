"""From classified objects to claims: shards, indexes, side files and folders of one model become one weight set.

Rules: a folder format claims its folder; a shard index claims the files it names; names such as
``model-00001-of-00004.safetensors`` make a family; numbered files without a total make one only when their tensors show that
they do not repeat each other; anything else stands alone. Two formats of one model in one folder are two sets.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from weightguard.weights.claims import Candidate, Claim, Claims, Effective, Shelf, folder
from weightguard.weights.model import FileVerdict
from weightguard.weights.names import family, numbered, ranked, raw_data
from weightguard.weights.scattered import (
    apart,
    claim_parts,
    claim_scattered,
    is_shard,
    renamed_shards,
    waiting,
)
from weightguard.weights.sketch import disjoint
from weightguard.weights.trees import find_trees, only_moments
from weightguard.weights.vocabulary import name_kind

# Families that need no proof by tensor names: one parameter a file, and ranks of one DeepSpeed checkpoint.
_TOGETHER = frozenset({"*.npy", "deepspeed"})
_PIECES = ("part", "shard", "split", "chunk", "piece", "slice")
_SPLIT_FORMATS = frozenset({"safetensors", "pytorch", "gguf", "flax", "keras", "numpy"})


def resolve(store: str, candidates: Mapping[str, Candidate], contexts: frozenset[str]) -> Claims:
    """Decide which weight set every candidate, and every file that a candidate names, belongs to.

    Args:
        store: the store's identifier, part of every set's identifier.
        candidates: interesting objects by key.
        contexts: folders that have a ``context/`` folder (NeMo 2).
    """
    claims = Claims(store)
    shelf = Shelf(candidates)
    claims.trees = {tree.root: tree for tree in find_trees(shelf, contexts)}
    free = Shelf(
        {
            key: candidate
            for key, candidate in candidates.items()
            if claims.in_tree(key) is None and not _of_moments(key, candidate, shelf)
        }
    )
    _claim_tensorflow(claims, free)
    _claim_indexed(claims, free)
    claim_scattered(claims, free)
    claim_parts(claims, free)
    _claim_families(claims, free)
    _claim_ranks(claims, free)
    _claim_numbered(claims, free)
    _claim_single(claims, free)
    _claim_side_files(claims, free)
    return claims


def _of_moments(key: str, candidate: Candidate, shelf: Shelf) -> bool:
    """A shard of a distributed checkpoint that holds an optimiser's state alone."""
    return candidate.has("dcp.shard") and only_moments(folder(key), shelf)


def _claim_tensorflow(claims: Claims, shelf: Shelf) -> None:
    """``stem.index`` with ``stem.data-*``, ``stem.meta`` and the folder's ``checkpoint`` file."""
    indexes = [key for key, candidate in shelf if candidate.has("tf.index") or _unread_index(key, candidate)]
    models = Counter(folder(key) for key in indexes)
    parts: dict[str, list[str]] = defaultdict(list)
    for key, _ in shelf:
        stem, dot, _ = key.rpartition(".data-")
        if dot:
            parts[stem].append(key)
    for key in indexes:
        stem = key.removesuffix(".index")
        if not parts[stem]:
            continue
        set_id = claims.identify(folder(key), "savedmodel", stem)
        note = "TensorFlow checkpoint"
        claims.keys[key] = Claim(set_id, "savedmodel", "index", note)
        claims.keys.update({part: Claim(set_id, "savedmodel", "weights", note) for part in parts[stem]})
        for name in (f"{stem}.meta", f"{folder(key)}checkpoint"):
            marker = shelf.get(name)
            if marker is not None and _belongs(marker, stem, models[folder(key)]):
                claims.keys[name] = Claim(set_id, "savedmodel", "marker", note)


def _unread_index(key: str, candidate: Candidate) -> bool:
    return candidate.unread and key.endswith(".index")


def _belongs(marker: Candidate, stem: str, models: int) -> bool:
    """Whether a ``checkpoint`` file names this checkpoint; the graph beside it always belongs."""
    if marker.obj.key.endswith(".meta") or models == 1:
        return True
    links = marker.verdict.links if marker.verdict else ()
    return any(link.rsplit("/", 1)[-1] == stem.rsplit("/", 1)[-1] for link in links)


def _claim_indexed(claims: Claims, shelf: Shelf) -> None:
    """A shard index and the files that it names, as far as they are there."""
    for key, candidate in shelf:
        if not candidate.has("index") or candidate.verdict is None:
            continue
        place = folder(key)
        raw = candidate.has("raw_index")
        named = _named_by_index(candidate, candidate.verdict, place, shelf)
        shards = named if raw else [name for name in named if is_shard(shelf.get(name))]
        if not shards:
            shards = renamed_shards(candidate, len(named), claims, shelf.files(folder(candidate.obj.key)))
        if not shards:
            continue
        kind = _format_of(shards, shelf) or candidate.verdict.format or "other"
        set_id = claims.identify(place, kind, _stem_of(shards[0], key))
        note = candidate.verdict.note if raw else None
        missing = len(named) - len(shards)
        if missing:
            note = f"{missing} of {len(named)} shards missing or damaged"
        claims.keys[key] = Claim(set_id, kind, "index", note)
        claims.keys.update({shard: Claim(set_id, kind, "weights", note) for shard in shards})


def _named_by_index(candidate: Candidate, verdict: FileVerdict, place: str, shelf: Shelf) -> list[str]:
    """The files that an index names; of one that was not read to its end also those that it is likely to name."""
    named = [f"{place}{link}" for link in verdict.links]
    if not candidate.has("index.partial"):
        return named
    if not candidate.has("raw_index"):
        return _whole_families(named, place, shelf)
    return named + [other for other, _ in shelf.files(place) if raw_data(other) and other not in named]


def _whole_families(named: Sequence[str], place: str, shelf: Shelf) -> list[str]:
    """The files of an index that was not read to its end: those that it was seen to name, and the rest of their families."""
    families = {found.name for name in named if (found := family(name.rsplit("/", 1)[-1]))}
    others = [
        key
        for key, _ in shelf.files(place)
        if (found := family(key.rsplit("/", 1)[-1])) and found.name in families
    ]
    there = [name for name in dict.fromkeys([*named, *others]) if name in shelf]
    totals = [found.total for name in named if (found := family(name.rsplit("/", 1)[-1]))]
    lost = max([*totals, len(named)], default=0) - len(there)
    return there + [f"{place}\0{n}" for n in range(max(0, min(lost, 100_000)))]


def _format_of(shards: Sequence[str], shelf: Shelf) -> str | None:
    """The format that most shards show; an index tells it by file endings only."""
    found = [candidate.effective for shard in shards if (candidate := shelf.get(shard))]
    formats = [effective.format for effective in found if effective]
    return max(sorted(set(formats)), key=formats.count, default=None)


def _stem_of(shard: str, index: str) -> str:
    found = family(shard.rsplit("/", 1)[-1])
    return found.name if found else index


def _claim_families(claims: Claims, shelf: Shelf) -> None:
    """Shards numbered ``1-of-4``; where ranks stand in the names beside it, all ranks are one model."""
    families: dict[tuple[str, str, str], list[tuple[str, int, int, str]]] = defaultdict(list)
    for key, _, effective in waiting(claims, shelf):
        place, skeleton, ranks = ranked(key)
        found = family(skeleton.rsplit("/", 1)[-1])
        if found:
            inner = skeleton.rpartition("/")[0]
            families[place, effective.format, f"{inner}|{found.name}" if inner else found.name].append(
                (key, found.total, found.index, ranks)
            )
    for (place, kind, name), members in families.items():
        total = members[0][1] * len({ranks for _, _, _, ranks in members})
        missing = total - len(members)
        note = f"{missing} of {total} shards missing or damaged" if missing > 0 else None
        set_id = claims.identify(place, kind, name)
        claims.keys.update({key: Claim(set_id, kind, "weights", note) for key, *_ in members})


def _claim_ranks(claims: Claims, shelf: Shelf) -> None:
    """Files that only a rank tells apart are parts of one model: each holds a piece of the tensors that all of them name."""
    families: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for key, _, effective in waiting(claims, shelf):
        place, skeleton, ranks = ranked(key)
        if ranks:
            families[place, effective.format, skeleton].append(key)
    for (place, kind, skeleton), members in families.items():
        if len(members) > 1:
            set_id = claims.identify(place, kind, skeleton)
            claims.keys.update({key: Claim(set_id, kind, "weights") for key in members})


def _claim_numbered(claims: Claims, shelf: Shelf) -> None:
    """Files numbered without a total, and arrays saved one parameter a file."""
    families: dict[tuple[str, str, str], list[Candidate]] = defaultdict(list)
    for key, candidate, effective in waiting(claims, shelf):
        name = _loose_family(key, candidate, effective)
        if name:
            families[folder(key), effective.format, name].append(candidate)
    for (place, kind, name), members in families.items():
        if len(members) > 1 and (name in _TOGETHER or (apart(members) and _akin(members, name))):
            set_id = claims.identify(place, kind, name)
            claims.keys.update({member.obj.key: Claim(set_id, kind, "weights") for member in members})


def _loose_family(key: str, candidate: Candidate, effective: Effective) -> str | None:
    base = key.rsplit("/", 1)[-1]
    if candidate.has("npy") and name_kind(base.removesuffix(".npy")) == "parameters":
        return "*.npy"
    if effective.format == "deepspeed":
        return "deepspeed"
    traits = candidate.verdict.traits if candidate.verdict else frozenset()
    split = next((trait for trait in traits if trait.startswith("split:")), None)
    found = numbered(base)
    return split or (found.name if found and effective.format in _SPLIT_FORMATS else None)


def _akin(members: Sequence[Candidate], name: str) -> bool:
    """Whether files that share no tensor are pieces of one model and not two models: their tensors are named alike but for the
    numbers, or the files' names say that they are pieces.
    """
    stem = name.partition("|")[0].lower()
    if stem.rstrip("-_. ").endswith(_PIECES) or name.startswith("split:"):
        return True
    stems = [member.verdict.stems if member.verdict else frozenset() for member in members]
    return all(not disjoint(stems[0], other) for other in stems[1:]) if all(stems) else len(members) > 2


def _claim_single(claims: Claims, shelf: Shelf) -> None:
    """What is left stands alone; files of one kind in a folder that the reading budget did not reach are kept together."""
    for key, candidate, effective in list(waiting(claims, shelf)):
        place, stem = (folder(key), "unread") if candidate.passed_over else (key, "")
        set_id = claims.identify(place, effective.format, stem)
        claims.keys[key] = Claim(set_id, effective.format, "weights", effective.note, effective.confidence)


def _claim_side_files(claims: Claims, shelf: Shelf) -> None:
    """Files that a header names or implies: ONNX external data, the blob beside an OpenVINO or ncnn description."""
    for key, candidate in shelf:
        verdict = candidate.verdict
        if verdict is None:
            continue
        if verdict.format == "onnx" and key in claims.keys:
            own = claims.keys[key]
            named = {f"{folder(key)}{link}" for link in verdict.links}
            if verdict.examined == "partial":
                named.update(_beside(key, shelf))
            for name in sorted(named):
                claims.keys.setdefault(name, Claim(own.set_id, "onnx", "weights", "ONNX external data"))
        elif "stem:.bin" in verdict.traits:
            _claim_stem(claims, key, verdict.note, shelf)


def _beside(key: str, shelf: Shelf) -> Iterator[str]:
    """Raw data beside a graph that was not read to its end: what is called after it (``model.onnx_data``, ``model.data``)."""
    base = key.rsplit("/", 1)[-1]
    stem = base.rpartition(".")[0]
    for name, candidate in shelf.files(folder(key)):
        other = name.rsplit("/", 1)[-1]
        after = other.startswith((f"{base}_", f"{base}.", f"{stem}.data", f"{stem}.weight", f"{stem}_data"))
        silent = candidate.verdict is None or candidate.verdict.format is None
        if name != key and after and silent and not other.endswith((".json", ".txt")):
            yield name


def _claim_stem(claims: Claims, key: str, note: str | None, shelf: Shelf) -> None:
    blob = f"{key.rpartition('.')[0]}.bin"
    if blob not in shelf:
        return
    set_id = claims.identify(folder(key), "other", key)
    claims.keys[key] = Claim(set_id, "other", "index", note)
    claims.keys[blob] = Claim(set_id, "other", "weights", note)
