"""LOG: whether what sinks write lasts, and whether a sink can be relied on.

Sources: Cloud Logging REST reference, `LogSink` and `LogBucket` (locked, retentionDays, cmekSettings); Cloud Storage documentation,
"Bucket Lock" (a locked policy can be lengthened and never shortened).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NoReturn

from weightguard.checks import logging as neutral
from weightguard.checks.gcp.decisions import prepared
from weightguard.checks.gcp.logging import SINK, aim
from weightguard.checks.gcp.resources import attribute
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, each
from weightguard.estate.fact import Source
from weightguard.estate.model import Resource, Store, Trail

_LOG_BUCKETS: Final = "logging.googleapis.com/"
_BUCKET: Final = "logging.log_bucket"


def logs_write_once(store: Store, context: Context) -> Verdict:
    """Nobody can change or delete what sinks write before a year is over."""
    sinks = [one for one in context.listed(context.estate.trails) if one.destination == store.id]
    if not sinks:
        return Verdict.not_applicable("no sink writes here")
    days, problems = neutral.unkept(store, context, "logs", "no locked retention policy", "project")
    if problems:
        return Verdict.failed("{problems}", problems=each(problems))
    return Verdict.passed("logs are locked for {days} days", days=days)


def sink_sound(trail: Trail, context: Context) -> Verdict:
    """A sink that is on, leaves nothing out, and writes to a place that is encrypted with our key and cannot be emptied."""
    sink = next(one for one in context.estate.resources_of(SINK) if one.id == trail.id)
    problems: list[Value] = [] if context.read(trail.logging) else ["it is switched off"]
    if any(one.get("disabled") is not True for one in attribute(sink, "exclusions", context) or ()):
        problems.append("it excludes some logs")
    problems += _of_store(trail, context) if trail.destination is not None else _of_log_bucket(sink, context)
    if problems:
        return Verdict.failed(
            "the sink {trail} cannot be relied on: {problems}",
            trail=Ref(trail.name),
            problems=each(problems),
        )
    return Verdict.passed(
        "the sink {trail} is on, leaves nothing out, and is encrypted", trail=Ref(trail.name)
    )


def _of_store(trail: Trail, context: Context) -> Iterator[Value]:
    """What is wrong with the bucket that a sink writes to; how long it keeps logs is asked of the bucket itself."""
    store = next((one for one in context.estate.stores if one.id == trail.destination), None)
    if store is None:
        _unseen(trail.destination or trail.id)
    encryption = context.read(store.encryption)
    if encryption is None or not encryption.key:
        yield "its bucket is not encrypted with a key of the organisation"


def _of_log_bucket(sink: Resource, context: Context) -> Iterator[Value]:
    """What is wrong with the log bucket that a sink writes to."""
    named = prepared(context).source.named
    place = named(aim(sink).removeprefix(_LOG_BUCKETS))
    buckets = {named(one.id): one for one in context.glance(context.estate.resources_of(_BUCKET))}
    bucket = buckets.get(place)
    if bucket is None:
        _unseen(aim(sink) or sink.id)
    if not attribute(bucket, "cmekSettings.kmsKeyName", context):
        yield "its log bucket is not encrypted with a key of the organisation"
    if attribute(bucket, "locked", context) is not True:
        yield "its log bucket is not locked"


def _unseen(name: str) -> NoReturn:
    """Stops where nothing tells of the place that a sink writes to.

    Raises:
        UnknownFact: always.
    """
    missing(Source.named("logging", "GetBucket", name, provider="gcp"))
