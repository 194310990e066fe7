"""Code that no collection lists, run as a role that reads weights: the trust policy shows who may run it, not whether it is there.

Source: the API reference of each service; AWS Batch user guide, "Job definition parameters" (jobs run as roles that trust
``ecs-tasks``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from weightguard.access.model import Access, AccessKind
from weightguard.estate.aws.settings import FROM_STATE
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Account, Estate, Principal

UNLISTED: Final = frozenset(
    {
        "airflow", "airflow-env", "amplify", "appsync", "batch", "bedrock", "codedeploy", "codepipeline",
        "datapipeline", "datasync", "elasticbeanstalk", "elasticmapreduce", "emr-serverless", "events", "firehose",
        "gamelift", "greengrass", "imagebuilder", "kinesisanalytics", "omics", "pipes", "scheduler", "ssm", "states",
        "transfer",
    }
)  # fmt: skip
"""Services that run code, or move data, as a role, and of which no collection lists what does so: names of the trust policy."""
JOBS: Final = frozenset({"sagemaker"})
"""Services whose standing code is listed, and whose jobs are not: nobody changes a job that runs."""


def limits(estate: Estate, access: Access) -> Iterator[Limit]:
    """The roles that read weights and that such a service may take: in play; where jobs alone are not listed, standing."""
    asked = {account.id for account in estate.accounts if _is_asked(account)}
    batch = {one.account for one in estate.principals if "batch" in services_trusted(one)}
    taken = [
        (role, services)
        for role in estate.principals
        if role.account in asked and not role.service_linked and (services := _services(role, batch))
    ]
    readers = _readers(estate, access) if taken else frozenset()
    for role, services in taken:
        if role.id in readers:
            seen = {one.service for one in estate.workloads if role.id in one.roles}
            yield Limit(LimitKind.UNLISTED_WORKLOADS, role.id, in_play=bool(services - JOBS - seen))


def _services(role: Principal, batch: Collection[str]) -> frozenset[str]:
    """The services that may run code as the role that nobody lists.

    Args:
        batch: accounts in which some role is the Batch service's.
    """
    trusted = services_trusted(role)
    in_batch = "ecs-tasks" in trusted and role.account in batch
    return trusted & (UNLISTED | JOBS) | (frozenset({"batch"}) if in_batch else frozenset())


def _readers(estate: Estate, access: Access) -> frozenset[str]:
    stores = sorted({one.store for one in estate.weight_sets})
    return frozenset(
        one.principal for store in stores for one in access.who_can(AccessKind.READ, store).answers
    )


def _is_asked(account: Account) -> bool:
    """Whether the account itself was asked; of one that a file tells of, no listing is taken for whole."""
    return account.collected and account.provider == "aws" and FROM_STATE not in account.settings
