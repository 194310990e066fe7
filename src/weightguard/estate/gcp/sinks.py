"""Log sinks as trails: what takes logs somewhere. Which of them, filters say, and audit configurations say what is written at all.

Source: Cloud Logging REST reference, `LogSink`.
"""

from __future__ import annotations

from typing import Final

from weightguard.estate.evidence import Record, listing_source
from weightguard.estate.fact import Reason, Unknown
from weightguard.estate.gcp.scope import Records, ancestry, fact, project_of, relative, told
from weightguard.estate.model import Trail
from weightguard.estate.shape import text_or_none

KIND: Final = "logging.log_sink"
_BUCKET: Final = "storage.googleapis.com/"


def trails(records: Records) -> list[Trail]:
    """The sinks. Google Cloud signs no log files, and its sinks know no regions."""
    return [
        Trail(
            id=record.id, provider="gcp", account=project_of(record), region=None,
            name=text_or_none(told(record, "name")) or relative(record.id).rpartition("/")[2], multi_region=True,
            organisation_wide=_reaches_inside(record), validates_files=False,
            destination=_store(text_or_none(told(record, "destination"))), key=None,
            logging=fact(record, told(record, "disabled") is not True),
            records=Unknown(Reason.NOT_READ, listing_source(record)),
        )
        for record in records.of(KIND)
    ]  # fmt: skip


def _reaches_inside(record: Record) -> bool:
    """Whether a sink takes what lies inside its container; of one that nobody describes, it may."""
    in_project = any(one.startswith("projects/") for one in ancestry(record))
    return told(record, "includeChildren") is True or (record.data is None and not in_project)


def _store(destination: str | None) -> str | None:
    """The id of the bucket that a sink writes to; None: it writes elsewhere."""
    name = (destination or "").removeprefix(_BUCKET)
    return f"gs://{name}" if destination and name != destination else None
