"""INT, INV and SUP: images and models that services load, who fetches them, and whether they stay what was reviewed.

Sources: Artifact Registry REST reference, `Repository` (dockerConfig.immutableTags, vulnerabilityScanningConfig) and documentation,
"Access control with IAM"; Artifact Analysis documentation, "Container scanning"; Vertex AI REST reference, `Model.artifactUri`.
"""

from __future__ import annotations

from typing import Final

from weightguard.checks.gcp.decisions import prepared
from weightguard.checks.gcp.exposure import opened
from weightguard.checks.gcp.resources import all_in, attribute, enabled
from weightguard.checks.relations import counted
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, refs, said, some
from weightguard.estate.model import Account, Resource

_PULL: Final = (
    "artifactregistry.repositories.downloadArtifacts",
    "artifactregistry.repositories.setIamPolicy",
)
_REPOSITORY: Final = "artifactregistry.repository"
_OFF: Final = ("SCANNING_DISABLED", "SCANNING_UNSUPPORTED")


def image_repositories_closed(account: Account, context: Context) -> Verdict:
    """No repository lets an outsider fetch what it holds."""
    repositories = all_in(account, _REPOSITORY, context)
    if not repositories:
        return Verdict.not_applicable("the project has no repositories")
    named = prepared(context).source.named
    found = opened(((named(one.id), one.name, one.policy) for one in repositories), _PULL, context)
    if found:
        return Verdict.failed("repositories let outsiders pull images: {found}", found=refs(found))
    return Verdict.passed(
        "{count}, none lets outsiders pull", count=counted(len(repositories), "repository", "repositories")
    )


def _of_images(account: Account, context: Context) -> list[Resource]:
    """The repositories that images are pushed to: others mirror or bundle what lies elsewhere."""
    return [
        one
        for one in all_in(account, _REPOSITORY, context)
        if attribute(one, "format", context) == "DOCKER"
        and attribute(one, "mode", context) in (None, "MODE_UNSPECIFIED", "STANDARD_REPOSITORY")
    ]


def image_tags_immutable(account: Account, context: Context) -> Verdict:
    """An image that was reviewed stays the image that runs."""
    repositories = _of_images(account, context)
    if not repositories:
        return Verdict.not_applicable("the project has no container repositories")
    mutable = [
        one.name for one in repositories if attribute(one, "dockerConfig.immutableTags", context) is not True
    ]
    if mutable:
        return Verdict.failed("tags can be moved to another image: {mutable}", mutable=refs(mutable))
    return Verdict.passed(
        "tags are immutable in {count}, all of them",
        count=counted(len(repositories), "repository", "repositories"),
    )


def images_scanned(account: Account, context: Context) -> Verdict:
    """Images are scanned when they are pushed."""
    repositories = _of_images(account, context)
    if not repositories:
        return Verdict.not_applicable("the project has no container repositories")
    unscanned = [one.name for one in repositories if not _is_scanned(one, account, context)]
    if unscanned:
        return Verdict.failed(
            "images are not scanned for known weaknesses: {unscanned}", unscanned=refs(unscanned)
        )
    return Verdict.passed(
        "images are scanned in {count}, all of them",
        count=counted(len(repositories), "repository", "repositories"),
    )


def _is_scanned(repository: Resource, account: Account, context: Context) -> bool:
    """The state that a repository is told to have; else what it is set to, and whether the project's scanning is on."""
    state = attribute(repository, "vulnerabilityScanningConfig.enablementState", context)
    if state == "SCANNING_ACTIVE":
        return True
    if (
        state in _OFF
        or attribute(repository, "vulnerabilityScanningConfig.enablementConfig", context) == "DISABLED"
    ):
        return False
    return enabled(account, "containerscanning.googleapis.com", context)


def managed_models_declared(account: Account, context: Context) -> Verdict:
    """Each model object of Vertex AI loads from a store of declared weights."""
    models = all_in(account, "aiplatform.model", context)
    if not models:
        return Verdict.not_applicable("the project has no managed model objects")
    declared = _declared_stores(context)
    artefacts = [(one, attribute(one, "artifactUri", context)) for one in models]
    strays = [
        said("{model} ({address})", model=Ref(one.name), address=Ref(address))
        for one, address in artefacts
        if address and _bucket_of(address) not in declared
    ]
    if strays:
        return Verdict.failed(
            "model objects load weights from undeclared places: {strays}", strays=some(strays)
        )
    return Verdict.passed("all {count} model objects load from stores of declared weights", count=len(models))


def _declared_stores(context: Context) -> set[str]:
    """Buckets in which declared weights lie, or are said to lie."""
    stores = {one.store for one in context.estate.weight_sets if context.declarations.of(one) is not None}
    places = {place for model in context.models for place in model.config.locations}
    return {_bucket_of(name) for name in stores | places}


def _bucket_of(address: str) -> str:
    return address.removeprefix("gs://").partition("/")[0]
