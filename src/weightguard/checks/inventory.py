"""INV: where weights are, whether that is known to be so, and how many copies there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weightguard.access.model import AccessKind
from weightguard.checks.relations import counted, missing, unknown_roles, weights_in, words, workloads_of
from weightguard.controls.declared import DeclaredModel, lies_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, each, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import DiskCopy, LifecycleRule, Store
from weightguard.estate.providers import vocabulary
from weightguard.weights import WeightSet

NOTEBOOKS = frozenset({"notebook", "domain", "user_profile", "space"})


def _sets_of(model: DeclaredModel, context: Context) -> tuple[WeightSet, ...]:
    wanted = set(model.weight_sets)
    return tuple(one for one in context.glance(context.estate.weight_sets) if one.id in wanted)


def declared_locations_found(model: DeclaredModel, context: Context) -> Verdict:
    """Every copy lies where the registry says, and every place that the registry names holds one."""
    found = _sets_of(model, context)
    elsewhere = [one.id for one in found if not any(lies_in(one, place) for place in model.config.locations)]
    if elsewhere:
        return Verdict.failed(
            "copies of {model} lie outside its declared locations: {elsewhere}",
            model=Ref(model.name),
            elsewhere=refs(elsewhere),
        )
    if not model.config.locations:
        return Verdict.failed(
            "no location is declared for {model}, and no weights of that name were found",
            model=Ref(model.name),
        )
    empty = [place for place in model.config.locations if not any(lies_in(one, place) for one in found)]
    if empty:
        missing(Source.named(*_listing(context), f"no weights of {model.name} were found in {words(empty)}"))
    context.require(context.unlisted)
    return Verdict.passed(
        "{count} of {model}, in declared locations alone",
        count=counted(len(found), "copy", "copies"),
        model=Ref(model.name),
    )


def _listing(context: Context) -> tuple[str, str]:
    """What lists the objects of stores, where all that was collected is one provider's; else no single call does."""
    providers = {one.provider for one in context.estate.accounts}
    named = vocabulary(next(iter(providers))) if len(providers) == 1 else None
    return named.objects if named else ("object", "listing")


def weights_declared(weight_set: WeightSet, context: Context) -> Verdict:
    """Somebody answers for these weights."""
    owner = context.declarations.of(weight_set)
    place = f"{weight_set.store}/{weight_set.prefix}"
    if owner is None:
        return Verdict.failed(
            "{count} of weights ({format}) in {place}, of no declared model",
            count=counted(weight_set.shards, "file"),
            format=weight_set.format,
            place=Ref(place),
        )
    if owner.config.locations and not any(lies_in(weight_set, one) for one in owner.config.locations):
        return Verdict.failed(
            "a copy of {owner} in {place} lies outside its declared locations",
            owner=Ref(owner.name),
            place=Ref(place),
        )
    return Verdict.passed(
        "{place} is a declared location of {owner}", place=Ref(place), owner=Ref(owner.name)
    )


def few_locations(model: DeclaredModel, context: Context) -> Verdict:
    """A model is kept in few stores."""
    stores = {one.store for one in _sets_of(model, context)}
    most = context.parameters["max_locations"]
    if len(stores) > most:
        return Verdict.failed(
            "{model} lies in {count} stores, at most {most} are wanted: {stores}",
            model=Ref(model.name),
            count=len(stores),
            most=most,
            stores=refs(stores),
        )
    context.require(context.unlisted)
    return Verdict.passed(
        "{model} lies in {count} stores, at most {most} are wanted",
        model=Ref(model.name),
        count=len(stores),
        most=most,
    )


def labelled(store: Store, context: Context) -> Verdict:
    """The mandatory labels are there, none of them empty."""
    tags = context.read(store.tags)
    lacking = [name for name in context.parameters["required_tags"] if not tags.get(name, "").strip()]
    if lacking:
        return Verdict.failed("the store has no label {lacking}", lacking=some(lacking))
    return Verdict.passed("the store carries its labels")


def notebook_cannot_fetch_weights(store: Store, context: Context) -> Verdict:
    """No interactive notebook runs as a role that reads these weights."""
    approved = set(context.parameters["approved_notebooks"])
    answer = context.access.who_can(AccessKind.READ, store.id)
    readers = {one.principal for one in answer.answers}
    notebooks = workloads_of(NOTEBOOKS, context)
    able = [
        one.id
        for one in notebooks
        if {one.id, *one.known_roles} & readers and not {one.id, one.name} & approved
    ]
    if able:
        return Verdict.failed(
            "notebooks can fetch these weights onto their own volumes: {able}", able=refs(able)
        )
    context.require((*answer.gaps, *context.estate.workloads.gaps, *unknown_roles(notebooks)))
    return Verdict.passed("no notebook runs as a role that reads these weights")


def old_copies_expire(store: Store, context: Context) -> Verdict:
    """Unfinished uploads are cleared, and checkpoints with their older versions are deleted in time."""
    rules = context.read(store.lifecycle)
    lacking: list[Value] = []
    if not _clears_uploads(rules, context.parameters["abort_upload_days"]):
        lacking.append("unfinished uploads are never cleared")
    checkpoints = [one for one in weights_in(store, context) if _is_checkpoint(one, context)]
    parts = [([(rule, rule.expires_days) for rule in rules], "never expire")]
    if checkpoints and context.read(store.versioning).on:
        parts.append(([(rule, rule.old_versions_days) for rule in rules], "keep their older versions"))
    for timed, consequence in parts:
        lacking += _kept_too_long(checkpoints, timed, consequence, context.parameters["retention_days"])
    if lacking:
        return Verdict.failed("{lacking}", lacking=each(lacking))
    return Verdict.passed("lifecycle rules clear unfinished uploads and old checkpoints")


def _clears_uploads(rules: Sequence[LifecycleRule], limit: float) -> bool:
    """Whether some rule clears unfinished uploads everywhere, in time."""
    return any(_covers(rule, "") and _within(rule.unfinished_uploads_days, limit) for rule in rules)


def _kept_too_long(
    checkpoints: Sequence[WeightSet],
    timed: Sequence[tuple[LifecycleRule, int | None]],
    consequence: str,
    limit: float,
) -> Iterator[Value]:
    """What is said of the checkpoints that no rule deletes within so many days."""
    kept = [
        one.prefix
        for one in checkpoints
        if not any(_covers(rule, one.prefix) and _within(days, limit) for rule, days in timed)
    ]
    if kept:
        yield said(
            "checkpoints in {kept} {consequence} within {limit} days",
            kept=refs(kept),
            consequence=consequence,
            limit=limit,
        )


def _is_checkpoint(weight_set: WeightSet, context: Context) -> bool:
    place = f"{weight_set.store.rpartition(':')[2]}/{weight_set.prefix}".lower()
    return any(word in place for word in context.parameters["checkpoint_words"])


def _covers(rule: LifecycleRule, prefix: str) -> bool:
    """Whether a lifecycle rule applies to everything under `prefix`: no filter but a prefix of it."""
    return not rule.narrowed and prefix.startswith(rule.prefix)


def _within(days: int | None, limit: float) -> bool:
    return days is not None and days <= limit


def disk_copy_accounted_for(copy: DiskCopy, context: Context) -> Verdict:
    """A snapshot or image has an owner and a class, and is not in the clear."""
    if copy.kind not in ("snapshot", "image"):
        return Verdict.not_applicable("a {kind} is no copy that outlives its host", kind=copy.kind)
    if not context.read(copy.encrypted):
        return Verdict.failed("the {kind} is not encrypted", kind=copy.kind)
    tags = context.read(copy.tags)
    lacking = [name for name in context.parameters["required_tags"] if not tags.get(name, "").strip()]
    if lacking:
        return Verdict.failed(
            "nobody answers for the {kind}: it has no label {lacking}", kind=copy.kind, lacking=some(lacking)
        )
    return Verdict.passed("the {kind} is encrypted and labelled", kind=copy.kind)
