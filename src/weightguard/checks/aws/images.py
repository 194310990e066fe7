"""INT, INV and SUP: container images, who pulls them, and whether they stay what was reviewed."""

from __future__ import annotations

from weightguard.checks.aws.resource_policies import outside_grants
from weightguard.checks.aws.resources import all_in, attribute
from weightguard.checks.relations import counted
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import refs
from weightguard.estate.model import Account


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


def image_tags_immutable(account: Account, context: Context) -> Verdict:
    """An image that was reviewed stays the image that runs."""
    repositories = all_in(account, "ecr.repository", ("ecr", "DescribeRepositories"), context)
    if not repositories:
        return Verdict.not_applicable("the account has no container repositories")
    mutable = [
        one.name
        for one in repositories
        if not str(attribute(one, "imageTagMutability", context)).startswith("IMMUTABLE")
    ]
    if mutable:
        return Verdict.failed("tags can be moved to another image: {mutable}", mutable=refs(mutable))
    return Verdict.passed(
        "tags are immutable in {count}, all of them",
        count=counted(len(repositories), "repository", "repositories"),
    )


def images_scanned(account: Account, context: Context) -> Verdict:
    """Images are scanned when they are pushed."""
    repositories = all_in(account, "ecr.repository", ("ecr", "DescribeRepositories"), context)
    if not repositories:
        return Verdict.not_applicable("the account has no container repositories")
    unscanned = [
        one.name
        for one in repositories
        if (attribute(one, "imageScanningConfiguration", context) or {}).get("scanOnPush") is not True
    ]
    if unscanned:
        return Verdict.failed(
            "images are not scanned for known weaknesses: {unscanned}", unscanned=refs(unscanned)
        )
    return Verdict.passed(
        "images are scanned in {count}, all of them",
        count=counted(len(repositories), "repository", "repositories"),
    )
