"""Code that no collection lists, run as a role: the trust policy shows which service may run it, not whether it is there.

Source: the API reference of each service; AWS Batch user guide, "Job definition parameters" (jobs run as roles that trust
``ecs-tasks``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

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


def limits(estate: Estate) -> Iterator[Limit]:
    """The roles that such a service may take: in play; where jobs alone are not listed, standing."""
    asked = {account.id for account in estate.accounts if _is_asked(account)}
    batch = {one.account for one in estate.principals if "batch" in services_trusted(one)}
    takeable = [
        (role, services)
        for role in estate.principals
        if role.account in asked and not role.service_linked and (services := _services(role, batch))
    ]
    if not takeable:
        return
    seen = {(role, one.service) for one in estate.workloads for role in one.roles}
    for role, services in takeable:
        unseen = {one for one in services - JOBS if (role.id, one) not in seen}
        yield Limit(LimitKind.UNLISTED_WORKLOADS, role.id, in_play=bool(unseen))


def _services(role: Principal, batch: Collection[str]) -> frozenset[str]:
    """The services that may run code as the role that nobody lists.

    Args:
        batch: accounts in which some role is the Batch service's.
    """
    trusted = services_trusted(role)
    in_batch = "ecs-tasks" in trusted and role.account in batch
    return trusted & (UNLISTED | JOBS) | (frozenset({"batch"}) if in_batch else frozenset())


def _is_asked(account: Account) -> bool:
    """Whether the account itself was asked; of one that a file tells of, no listing is taken for whole."""
    return account.collected and account.provider == "aws" and FROM_STATE not in account.settings
