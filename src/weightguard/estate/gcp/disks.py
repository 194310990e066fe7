"""Disks, file systems, and their copies, which may hold what lay in memory or was staged for training.

Everything at rest is encrypted; what differs is whose key it is under: Google's own, one of Cloud KMS, or one that the caller sends
along with each request and Google keeps no copy of.

Sources: Compute Engine documentation, "About disk encryption"; REST references of Compute Engine (`disks`, `snapshots`, `images`,
`machineImages`) and Filestore (`instances.kmsKeyName`, `backups.kmsKey`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Fact, Reason, Unknown
from weightguard.estate.gcp.scope import Records, fact, labels, project_of, region_of, relative, told
from weightguard.estate.model import NOT_HERE, DiskCopy
from weightguard.estate.shape import text_or_none

Kind = Literal["snapshot", "image", "volume", "backup"]
KINDS: Final[Mapping[str, tuple[Kind, str]]] = {
    "compute.disk": ("volume", "diskEncryptionKey.kmsKeyName"),
    "compute.region_disk": ("volume", "diskEncryptionKey.kmsKeyName"),
    "compute.snapshot": ("snapshot", "snapshotEncryptionKey.kmsKeyName"),
    "compute.image": ("image", "imageEncryptionKey.kmsKeyName"),
    "compute.machine_image": ("image", "machineImageEncryptionKey.kmsKeyName"),
    "file.instance": ("volume", "kmsKeyName"),
    "file.backup": ("backup", "kmsKey"),
}
"""Kind of record -> what it is, and where its key stands."""
_VERSION: Final = "/cryptoKeyVersions/"


def disk_copies(records: Records) -> list[DiskCopy]:
    """Every disk, file system and copy of one. Whom it is shared with, policies decide: nothing of its own says so."""
    return [_copy(records, record, *KINDS[kind]) for kind in KINDS for record in records.of(kind)]


def _copy(records: Records, record: Record, kind: Kind, path: str) -> DiskCopy:
    return DiskCopy(
        records.named(relative(record.id)), "gcp", project_of(record), region_of(record), kind, public=NOT_HERE,
        shared_with=NOT_HERE, encrypted=fact(record, True), key=_key(records, record, path), tags=labels(record),
    )  # fmt: skip


def _key(records: Records, record: Record, path: str) -> Fact[str | None]:
    """The key by its own name; not read where the caller brings one, which nobody can name."""
    name = text_or_none(told(record, path))
    if name is not None:
        return fact(record, records.named(relative(name).partition(_VERSION)[0]))
    holder = path.rpartition(".")[0]
    if holder and told(record, f"{holder}.sha256") is not None:
        return Unknown(Reason.NOT_READ, listing_source(record))
    return fact(record, None)
