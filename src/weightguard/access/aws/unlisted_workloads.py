"""Code that no collection lists, run as a role: the trust policy shows which service may run it, not whether it is there.

Whoever may change what the service does becomes the role, and would not be seen. Where nobody may change anything of the service in
the role's account but those who are found anyway, nobody is hidden.

Source: the API reference of each service; AWS Batch user guide, "Job definition parameters" (jobs run as roles that trust
``ecs-tasks``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.estate.aws.settings import FROM_STATE
from weightguard.estate.aws.trust import services_trusted
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Account, Principal
from weightguard.policy.aws.tables import changing_actions

UNLISTED: Final = frozenset(
    {
        "airflow", "airflow-env", "amplify", "appsync", "batch", "bedrock", "codedeploy", "codepipeline",
        "datapipeline", "datasync", "elasticbeanstalk", "emr-serverless", "events", "firehose",
        "gamelift", "greengrass", "imagebuilder", "kinesisanalytics", "omics", "pipes", "scheduler", "ssm", "states",
        "transfer",
    }
)  # fmt: skip
"""Services that run code, or move data, as a role, and of which no collection lists what does so: names of the trust policy."""
JOBS: Final = frozenset({"sagemaker"})
"""Services whose standing code is listed, and whose jobs are not: nobody changes a job that runs."""
_PREFIXES: Final = {"airflow-env": "airflow"}
"""How the actions of a service begin, where it is not as trust policies name it."""


class UnlistedWorkloads:
    """Which roles such a service may take, and who may change what it does.

    Args:
        context: what techniques may ask.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._changers: dict[tuple[str, str], frozenset[str] | None] = {}

    def of(self, name: str) -> tuple[Limit, ...]:
        """The limit on what is known of who may act as a role: in play; where jobs alone are not listed, standing."""
        role = self._takeable.get(name)
        if role is None:
            return ()
        services = self._services(role)
        unseen = sorted(one for one in services - JOBS if (name, one) not in self._seen)
        behind: list[frozenset[str] | None] = [self._changing(role.account, one) for one in unseen]
        known = [one for one in behind if one is not None]
        hidden = frozenset[str]().union(*known) if len(known) == len(behind) else None
        return (Limit(LimitKind.UNLISTED_WORKLOADS, name, bool(unseen), hidden),)

    @cached_property
    def _takeable(self) -> dict[str, Principal]:
        estate = self._context.estate
        asked = {account.id for account in estate.accounts if _is_asked(account)}
        return {
            one.id: one
            for one in estate.principals
            if one.account in asked and not one.service_linked and self._services(one)
        }

    @cached_property
    def _seen(self) -> frozenset[tuple[str, str]]:
        """The roles that listed code of a service runs as."""
        return frozenset(
            (role, one.service) for one in self._context.estate.workloads for role in one.known_roles
        )

    def _services(self, role: Principal) -> frozenset[str]:
        """The services that may run code as the role that nobody lists."""
        trusted = services_trusted(role)
        in_batch = "ecs-tasks" in trusted and role.account in self._batch
        return trusted & (UNLISTED | JOBS) | (frozenset({"batch"}) if in_batch else frozenset())

    @cached_property
    def _batch(self) -> frozenset[str]:
        """The accounts in which some role is the Batch service's."""
        return frozenset(
            one.account for one in self._context.estate.principals if "batch" in services_trusted(one)
        )

    def _changing(self, account: str, service: str) -> frozenset[str] | None:
        """The principals of an account that may change anything of a service; None where its actions are not known."""
        key = (account, service)
        if key not in self._changers:
            actions = changing_actions(_PREFIXES.get(service, service))
            self._changers[key] = frozenset(self._able(account, actions)) if actions else None
        return self._changers[key]

    def _able(self, account: str, actions: Iterable[str]) -> Iterator[str]:
        population, decisions = self._context.population, self._context.decisions
        actors = Actors(population, [one for one in population.groups if not one.change])
        actions = tuple(actions)
        for cohort in actors.cohorts(account, actions).groups:
            if any(decisions.may(cohort, action, "*", owner=account) is not None for action in actions):
                for group in cohort.parts or (cohort,):
                    yield from group.names


def _is_asked(account: Account) -> bool:
    """Whether the account itself was asked; of one that a file tells of, no listing is taken for whole."""
    return account.collected and account.provider == "aws" and FROM_STATE not in account.settings
