"""INV: the model objects of the managed service, and where they load weights from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weightguard.checks.aws.resources import field, looked_for, seen_in
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, said, some
from weightguard.estate.model import Account


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
            for address in _s3_addresses(field(model, name, context))
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
