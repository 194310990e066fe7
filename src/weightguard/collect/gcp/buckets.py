"""The buckets of a project: their settings, policies and managed folders, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from weightguard.collect.calls.answer import Answer, skipped
from weightguard.collect.contents import read_store
from weightguard.collect.gcp.assets import BUCKET_TYPE
from weightguard.collect.gcp.fields import fields_of
from weightguard.collect.gcp.inventory import Asset
from weightguard.collect.gcp.place import Place
from weightguard.collect.gcp.services import storage
from weightguard.collect.gcp.shelf import Shelf
from weightguard.collect.runner import Unit

_FULL: Final = "//storage.googleapis.com/"
_FOLDERS: Final = "//storage.googleapis.com/projects/_/buckets/"
_UNIFORM_ONLY: Final = "managed folders are of buckets with uniform access"


@dataclass(frozen=True, slots=True)
class Told:
    """What the inventory tells of the buckets of a project.

    Attributes:
        assets: by the bucket's name.
    """

    assets: Mapping[str, Asset]
    ancestors: tuple[str, ...]


def units(place: Place, told: Told, readers: Executor, budget: int) -> Iterator[Unit]:
    """A unit a bucket, of those that storage lists, or else those that the inventory tells of; and one that reads HMAC keys.

    Args:
        readers: reads headers in parallel.
        budget: objects whose header is read in one bucket, at most.
    """
    project = place.container.partition("/")[2]
    answer = place.caller.ask(storage.LIST_BUCKETS, project=project)
    listed = {entry["name"]: entry for entry in answer.data.get("items", ())}
    names = sorted(listed) if answer.ok else sorted({*listed, *told.assets})
    for name in names:
        asset = told.assets.get(name) or Asset(_FULL + name, BUCKET_TYPE)
        settings = listed.get(name, asset.data)
        read = partial(_read, place, asset, settings, told.ancestors, readers, budget)
        yield place.unit(f"storage/{name}", storage.LIST_OBJECTS, read)
    yield place.unit("hmac", storage.LIST_HMAC_KEYS, partial(read_hmac_keys, place))
    if answer.ok:
        place.contents("storage", storage.LIST_BUCKETS, ["BUCKETS"])


def _read(
    place: Place,
    asset: Asset,
    settings: Mapping[str, Any] | None,
    ancestors: tuple[str, ...],
    readers: Executor,
    budget: int,
) -> None:
    name = asset.name.rpartition("/")[2]
    shelf = Shelf(place, name, _keeps_deleted(settings))
    read_store(shelf, readers, budget, partial(place.writer.objects, place.scope))
    reads: dict[str, Answer | Mapping[str, Any]] = dict(asset.reads)
    if "GetIamPolicy" not in reads:
        policy = place.caller.ask(storage.GET_BUCKET_POLICY, about=shelf.id, bucket=name)
        if policy.gone:
            return  # deleted since it was listed
        reads["GetIamPolicy"] = policy
    reads["GetAncestry"] = {"outcome": "ok", "data": list(ancestors)}
    reads["ListManagedFolders"] = (
        _folders(place, name) if _is_uniform(settings) is not False else skipped(_UNIFORM_ONLY)
    )
    region = asset.location or str((settings or {}).get("location", "")).lower() or None
    data = None if settings is None else fields_of(BUCKET_TYPE, settings)
    place.record("storage.bucket", asset.name, storage.LIST_BUCKETS, data, reads, region)


def _folders(place: Place, bucket: str) -> Answer:
    """The managed folders of a bucket: a record each, with its policy. Where one of the policies is not told, not all are."""
    answer = place.caller.ask(storage.LIST_MANAGED_FOLDERS, about=f"gs://{bucket}", bucket=bucket)
    told = answer
    for entry in answer.data.get("items", ()):
        name = str(entry["name"])
        policy = place.caller.ask(
            storage.GET_FOLDER_POLICY, about=f"gs://{bucket}/{name}", bucket=bucket, managedFolder=name
        )
        if policy.gone:
            continue
        told = told if policy.ok else policy
        place.record(
            "storage.managed_folder", f"{_FOLDERS}{bucket}/managedFolders/{name}", storage.LIST_MANAGED_FOLDERS,
            {"name": name, "bucket": bucket}, {"GetIamPolicy": policy},
        )  # fmt: skip
    count = {"Folders": len(answer.data.get("items", ()))}
    return Answer(told.outcome, count, told.code, told.message, keeps=("Folders",))


def _keeps_deleted(settings: Mapping[str, Any] | None) -> bool:
    """Whether deleted objects are there for a while; where nothing says, it is asked."""
    policy = (settings or {}).get("softDeletePolicy")
    if settings is None or not isinstance(policy, dict):
        return settings is None
    return str(policy.get("retentionDurationSeconds", "0")) != "0"


def _is_uniform(settings: Mapping[str, Any] | None) -> bool | None:
    if settings is None:
        return None
    access = settings.get("iamConfiguration")
    uniform = access.get("uniformBucketLevelAccess") if isinstance(access, dict) else None
    return isinstance(uniform, dict) and uniform.get("enabled") is True


def read_hmac_keys(place: Place) -> None:
    """The keys by which accounts of a project read storage as if it were Amazon's."""
    answer = place.caller.ask(storage.LIST_HMAC_KEYS, projectId=place.container.partition("/")[2])
    for entry in answer.data.get("items", ()):
        kept = {name: entry.get(name) for name in storage.LIST_HMAC_KEYS.operation.keeps}
        place.record("storage.hmac_key", f"{_FULL}hmacKeys/{entry['accessId']}", storage.LIST_HMAC_KEYS, kept)
    if answer.ok:
        place.contents("storage", storage.LIST_HMAC_KEYS, ["HMAC_KEYS"])
