"""INV: where weights are, whether that is known to be so, and how many copies there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.access.model import AccessKind
from weightguard.checks.relations import (
    all_in,
    counted,
    looked_for,
    missing,
    seen_in,
    weights_in,
    words,
    workloads_of,
)
from weightguard.checks.resource_policies import outside_grants
from weightguard.controls.declared import DeclaredModel, lies_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, each, refs, said, some
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, DiskCopy, LifecycleRule, Store
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
        missing(
            Source.named("s3", "ListObjectsV2", f"no weights of {model.name} were found in {words(empty)}")
        )
    context.require(context.unlisted)
    return Verdict.passed(
        "{count} of {model}, in declared locations alone",
        count=counted(len(found), "copy", "copies"),
        model=Ref(model.name),
    )


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
        one.id for one in notebooks if {one.id, *one.roles} & readers and not {one.id, one.name} & approved
    ]
    if able:
        return Verdict.failed(
            "notebooks can fetch these weights onto their own volumes: {able}", able=refs(able)
        )
    context.require((*answer.gaps, *context.estate.workloads.gaps))
    return Verdict.passed("no notebook runs as a role that reads these weights")


def old_copies_expire(store: Store, context: Context) -> Verdict:
    """Unfinished uploads are cleared, and checkpoints with their older versions are deleted in time."""
    rules = context.read(store.lifecycle)
    lacking: list[Value] = []
    if not any(
        _covers(rule, "") and _within(rule.unfinished_uploads_days, context.parameters["abort_upload_days"])
        for rule in rules
    ):
        lacking.append("unfinished uploads are never cleared")
    checkpoints = [one for one in weights_in(store, context) if _is_checkpoint(one, context)]
    limit = context.parameters["retention_days"]
    parts = [([(rule, rule.expires_days) for rule in rules], "never expire")]
    if checkpoints and context.read(store.versioning).on:
        parts.append(([(rule, rule.old_versions_days) for rule in rules], "keep their older versions"))
    for timed, consequence in parts:
        kept = [
            one.prefix
            for one in checkpoints
            if not any(_covers(rule, one.prefix) and _within(days, limit) for rule, days in timed)
        ]
        if kept:
            lacking.append(
                said(
                    "checkpoints in {kept} {consequence} within {limit} days",
                    kept=refs(kept),
                    consequence=consequence,
                    limit=limit,
                )
            )
    if lacking:
        return Verdict.failed("{lacking}", lacking=each(lacking))
    return Verdict.passed("lifecycle rules clear unfinished uploads and old checkpoints")


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


def image_repositories_closed(account: Account, context: Context) -> Verdict:
    """No repository of container images lets an outsider pull."""
    repositories = all_in(account, "ecr.repository", ("ecr", "DescribeRepositories"), context)
    if not repositories:
        return Verdict.not_applicable("the account has no container repositories")
    actions = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    opened = outside_grants(repositories, actions, account, context)
    if opened:
        return Verdict.failed("repositories let outsiders pull images: {opened}", opened=refs(opened))
    return Verdict.passed(
        "{count}, none lets outsiders pull", count=counted(len(repositories), "repository", "repositories")
    )


def managed_models_declared(account: Account, context: Context) -> Verdict:
    """Each model object of the managed service loads from a store of declared weights."""
    models = [
        one
        for one in seen_in(account, context.estate.workloads, ("sagemaker",), context)
        if one.kind == "model"
    ]
    if not models:
        looked_for(account, models, ("sagemaker", "ListModels"))
        return Verdict.not_applicable("the account has no managed model objects")
    declared = _declared_stores(context)
    strays = []
    for model in models:
        artefacts = [
            address
            for name in ("PrimaryContainer", "Containers")
            for address in _s3_addresses(attribute_of(model, name, context))
        ]
        strays += [
            said("{model} ({address})", model=Ref(model.name), address=Ref(address))
            for address in artefacts
            if _bucket_of(address) not in declared
        ]
    if strays:
        return Verdict.failed(
            "model objects load weights from undeclared places: {strays}", strays=some(strays)
        )
    return Verdict.passed("all {count} model objects load from stores of declared weights", count=len(models))


def attribute_of(model: Any, name: str, context: Context) -> Any:
    """A field of a workload; None where the provider states none."""
    fact = model.attributes.get(name)
    return None if fact is None else context.read(fact, f"workload.{name}")


def _declared_stores(context: Context) -> set[str]:
    stores = {one.store for one in context.estate.weight_sets if context.declarations.of(one) is not None}
    places = {place for model in context.models for place in model.config.locations}
    return {name.rpartition(":")[2].partition("/")[0] for name in stores | places}


def _s3_addresses(container: Any) -> list[str]:
    """Every ``s3://`` address in a container definition."""
    if isinstance(container, str):
        return [container] if container.startswith("s3://") else []
    if isinstance(container, Mapping):
        return [found for value in container.values() for found in _s3_addresses(value)]
    if isinstance(container, list | tuple):
        return [found for value in container for found in _s3_addresses(value)]
    return []


def _bucket_of(address: str) -> str:
    return address.removeprefix("s3://").partition("/")[0]
