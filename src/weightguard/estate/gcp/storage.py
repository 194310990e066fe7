"""Buckets, with what they are set to in words that every provider's settings come down to.

Source: Cloud Storage JSON API reference, `Bucket`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from weightguard.estate.calls import OBJECT_LISTINGS
from weightguard.estate.evidence import Record, listing_source, read
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.gcp import transfers
from weightguard.estate.gcp.constraints import Constraints, public_access
from weightguard.estate.gcp.scope import (
    Records,
    allow_policy,
    labels,
    project_of,
    region_of,
    relative,
    told,
)
from weightguard.estate.model import (
    NOT_HERE,
    Contents,
    Encryption,
    EncryptionKind,
    LifecycleRule,
    NamedPolicy,
    NetworkRules,
    ObjectLists,
    PublicAccess,
    Retention,
    RetentionMode,
    ScopedPolicy,
    Store,
    Versioning,
)
from weightguard.estate.shape import Malformed, mapping, objects, text, text_or_none

_DAY: Final = 86_400
PREFIX: Final = "gs://"
RESTRICTED: Final = "FullyRestricted"
LIST_FOLDERS: Final = "ListManagedFolders"
OWN_PREVENTION: Final = "public access prevention"


def stores(records: Records, constraints: Constraints) -> list[Store]:
    """The buckets.

    Args:
        constraints: what organisation policies demand of them.
    """
    folders = _folder_policies(records)
    above: dict[str, Fact[PublicAccess | None]] = {}
    found = []
    for record in records.of("storage.bucket"):
        container = f"projects/{project_of(record)}"
        if container not in above:
            above[container] = public_access(constraints, container)
        found.append(_store(records, record, above[container], folders))
    return found


def _store(
    records: Records,
    record: Record,
    above: Fact[PublicAccess | None],
    folders: Mapping[str, list[ScopedPolicy]],
) -> Store:
    name = relative(record.id).rpartition("/")[2]
    project = project_of(record)
    store, container = f"{PREFIX}{name}", f"projects/{project}"
    held = folders.get(name)
    return Store(
        id=store, provider="gcp", account=project, region=region_of(record), name=name,
        created=text_or_none(told(record, "timeCreated")), public_access=_public_access(record, above),
        policy=allow_policy(record, store), object_lists=_settled(record, _lists),
        encryption=_settled(record, partial(_encryption, records)),
        versioning=_settled(record, _versioning), retention=_settled(record, _retention),
        replicas=transfers.of(records, record, name), log_store=_settled(record, _log_store),
        lifecycle=_settled(record, _lifecycle), public_access_block=NOT_HERE,
        acl=_settled(record, _acl), tags=labels(record), contents=_contents(records, store, project), container=container,
        folder_policies=_folders(record, project, held),
        networks=_settled(record, _networks),
    )  # fmt: skip


def _settled(record: Record, parse: Any) -> Fact[Any]:
    """A setting; not collected where the source does not describe the bucket."""
    if record.data is None:
        return Unknown(Reason.NOT_COLLECTED, listing_source(record))
    try:
        return Known(parse(mapping(record.data)), listing_source(record))
    except Malformed:
        return Unknown(Reason.MALFORMED, listing_source(record))


def _contents(records: Records, store: str, project: str) -> Fact[Contents]:
    source = Source.asked("gcp", project, "storage", "ListObjects")
    found = records.listings.get(store)
    log = records.logs.get(project)
    broken = None if log is None else log.obstacle_of(store, OBJECT_LISTINGS)
    if broken is not None:
        return broken
    if found is None and log is not None and log.listed(store):
        found = Contents(0, 0, 0)
    return Unknown(Reason.NOT_COLLECTED, source) if found is None else Known(found, source)


def _folders(record: Record, project: str, held: list[ScopedPolicy] | None) -> Fact[tuple[ScopedPolicy, ...]]:
    """The policies of a bucket's managed folders, all of them where they were listed; only buckets with uniform access have any."""
    if LIST_FOLDERS in record.reads:
        return read(record, LIST_FOLDERS, lambda _: tuple(held or ()), skipped=())
    if held is not None:
        return Known(tuple(held), listing_source(record))
    return Unknown(Reason.NOT_COLLECTED, Source.asked("gcp", project, "storage", LIST_FOLDERS))


def _folder_policies(records: Records) -> dict[str, list[ScopedPolicy]]:
    """Bucket -> the allow policies of its managed folders."""
    found: dict[str, list[ScopedPolicy]] = {}
    for record in records.of("storage.managed_folder"):
        path = relative(record.id).removeprefix("projects/_/").removeprefix("buckets/")
        bucket, _, folder = path.partition("/managedFolders/")
        policy = allow_policy(record, record.id)
        document = policy.value.document if isinstance(policy, Known) and policy.value is not None else None
        rows = found.setdefault(bucket, [])
        if folder and document is not None:
            prefix = folder.rstrip("/") + "/"
            rows.append(
                ScopedPolicy(
                    f"{PREFIX}{bucket}/{prefix}#allow", "allow policy", document, "inline", on=prefix
                )
            )
    return found


def _public_access(record: Record, above: Fact[PublicAccess | None]) -> Fact[PublicAccess | None]:
    """A bucket that does not enforce public access prevention itself is under what the organisation's policies say of it."""
    own: Fact[Any] = _settled(record, lambda data: _access(data).get("publicAccessPrevention"))
    if isinstance(own, Known) and own.value == "enforced":
        return Known(PublicAccess(True, (OWN_PREVENTION,)), own.source)
    if isinstance(above, Known) and above.value is not None:
        return above
    return own if isinstance(own, Unknown) else above


def _access(data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = data.get("iamConfiguration")
    return {} if found is None else mapping(found)


def _lists(data: Mapping[str, Any]) -> ObjectLists:
    """``bucketPolicyOnly`` is what uniform bucket-level access was called before."""
    for name in ("uniformBucketLevelAccess", "bucketPolicyOnly"):
        stated = _access(data).get(name)
        if stated is not None and mapping(stated).get("enabled") is True:
            return ObjectLists(False, "uniform bucket-level access")
    return ObjectLists(True, "fine-grained access")


def _acl(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The bucket's own list and that of new objects, as the API returns them; None where no list is in force."""
    if not _lists(data).in_force:
        return None
    return {name: _entries(data.get(name)) for name in ("acl", "defaultObjectAcl")}


def _entries(raw: Any) -> list[Mapping[str, Any]]:
    found = objects(raw)
    for one in found:
        text(one.get("entity"))
        text(one.get("role"))
    return found


def _encryption(records: Records, data: Mapping[str, Any]) -> Encryption:
    stated = data.get("encryption")
    held = {} if stated is None else mapping(stated)
    key = text_or_none(held.get("defaultKmsKeyName"))
    return Encryption(
        EncryptionKind.PROVIDER if key is None else EncryptionKind.NAMED,
        None if key is None else records.named(key),
        caller_keys_refused=_is_restricted(held, "customerSuppliedEncryptionEnforcementConfig"),
        provider_key_refused=_is_restricted(held, "googleManagedEncryptionEnforcementConfig"),
    )


def _is_restricted(encryption: Mapping[str, Any], name: str) -> bool:
    """Whether a bucket takes no new objects that are encrypted in one of the three ways."""
    stated = encryption.get(name)
    return stated is not None and mapping(stated).get("restrictionMode") == RESTRICTED


def _versioning(data: Mapping[str, Any]) -> Versioning:
    stated, soft = data.get("versioning"), data.get("softDeletePolicy")
    on = stated is not None and mapping(stated).get("enabled") is True
    seconds = None if soft is None else _whole(mapping(soft).get("retentionDurationSeconds", 0))
    # Nothing tells whether versions were kept before.
    return Versioning(on, True, None if seconds is None else seconds // _DAY)


def _retention(data: Mapping[str, Any]) -> Retention | None:
    stated = data.get("retentionPolicy")
    held = data.get("defaultEventBasedHold") is True
    policy = {} if stated is None else mapping(stated)
    if not policy and not held:
        return None
    mode = RetentionMode.COMPLIANCE if policy.get("isLocked") is True else RetentionMode.GOVERNANCE
    return Retention(mode, _whole(policy.get("retentionPeriod", 0)) // _DAY, held)


def _log_store(data: Mapping[str, Any]) -> str | None:
    stated = data.get("logging")
    bucket = text_or_none(mapping(stated).get("logBucket")) if stated is not None else None
    return None if bucket is None else f"{PREFIX}{bucket}"


def _lifecycle(data: Mapping[str, Any]) -> tuple[LifecycleRule, ...]:
    stated = data.get("lifecycle")
    return tuple(_rules(objects(mapping(stated).get("rule")))) if stated is not None else ()


_NARROWING: Final = frozenset(
    {
        "matchesSuffix",
        "matchesStorageClass",
        "createdBefore",
        "customTimeBefore",
        "daysSinceCustomTime",
        "noncurrentTimeBefore",
        "numNewerVersions",
    }
)
"""Conditions that spare some of what a rule would else delete in time: all conditions of a rule have to hold."""


def _rules(raw: list[Mapping[str, Any]]) -> Iterator[LifecycleRule]:
    for rule in raw:
        action = mapping(rule.get("action")).get("type")
        condition = mapping(rule.get("condition"))
        for prefix in condition.get("matchesPrefix") or ("",):
            if action == "AbortIncompleteMultipartUpload":
                narrowed = bool(_NARROWING & condition.keys())
                yield LifecycleRule(text(prefix), narrowed, unfinished_uploads_days=_days(condition, "age"))
            elif action == "Delete":
                yield _deleting(text(prefix), condition)


def _deleting(prefix: str, condition: Mapping[str, Any]) -> LifecycleRule:
    """What one rule deletes, and when: the latest of its times counts. A rule that names neither kind of version is for both."""
    narrowed = bool(_NARROWING & condition.keys())
    age, noncurrent = _days(condition, "age"), _days(condition, "daysSinceNoncurrentTime")
    live = condition.get("isLive")
    if noncurrent is not None or live is False:
        times = [one for one in (age, noncurrent) if one is not None]
        return LifecycleRule(prefix, narrowed, old_versions_days=max(times, default=0))
    days = 0 if age is None else age
    old = None if live is True else days
    return LifecycleRule(prefix, narrowed, expires_days=days, old_versions_days=old)


def _days(condition: Mapping[str, Any], name: str) -> int | None:
    found = condition.get(name)
    return None if found is None else _whole(found)


def _whole(raw: Any) -> int:
    """A number, which the JSON of 64-bit integers writes as text."""
    try:
        return int(raw)
    except (TypeError, ValueError) as error:
        raise Malformed("a number was expected") from error


def _networks(data: Mapping[str, Any]) -> NetworkRules | None:
    stated = data.get("ipFilter")
    rules = {} if stated is None else mapping(stated)
    if rules.get("mode") != "Enabled":
        return None
    public = mapping(rules.get("publicNetworkSource") or {})
    allowed = [str(one) for one in public.get("allowedIpCidrRanges") or ()]
    allowed += [str(one.get("network")) for one in objects(rules.get("vpcNetworkSources"))]
    bypass = ("service agents",) if rules.get("allowAllServiceAgentAccess") is True else ()
    return NetworkRules(False, tuple(allowed), bypass)


def policy_document(fact: Fact[NamedPolicy | None]) -> Mapping[str, Any] | None:
    """The document of a policy that is known."""
    held = fact.value if isinstance(fact, Known) else None
    return held.document if held is not None and isinstance(held.document, Mapping) else None
