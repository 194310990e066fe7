"""How to reach each cloud: one declaration per provider, of which the configuration's section and the commands' options are made.

A setting is a field; its `Flag` says how it is written on a command line and what its help says. Who reads the settings is the
provider's package (`weightguard.collect.providers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from weightguard.section import Section, Text


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting on a command line.

    Attributes:
        name: ``--region``; ``--org/--no-org`` for one that can be said both ways.
        help: what `--help` says of it.
    """

    name: str
    help: str

    @property
    def key(self) -> str:
        """Its name as a Python identifier: ``region``."""
        return self.name.partition("/")[0].lstrip("-").replace("-", "_")


class Source(Section):
    """What can be said of every provider. The standard environment variables of its SDK hold besides.

    Attributes:
        endpoint_url: another endpoint for every service (an emulator, a sovereign cloud).
        endpoints: another endpoint for one service, by the SDK's or API's own name (``s3``, ``storage``, ``graph``).
        ca_bundle: CA certificates to trust.
        threads: calls in flight at a time.
        header_reads: objects whose header is read, at most, in one store.
    """

    exclusive: ClassVar[tuple[str, ...]] = ()
    """The settings of which one alone says where to look."""

    endpoint_url: Annotated[
        Text | None,
        Flag("--endpoint-url", "One endpoint for every service: an emulator, a sovereign cloud."),
    ] = None
    endpoints: Annotated[
        dict[Text, Text], Flag("--endpoint", "The endpoint of one service; may be repeated.")
    ] = Field(default_factory=dict)
    ca_bundle: Annotated[Path | None, Flag("--ca-bundle", "CA certificates to trust.")] = None
    threads: Annotated[int | None, Flag("--threads", "Calls in flight at a time.")] = None
    header_reads: Annotated[
        int | None, Flag("--header-reads", "Object headers to read in one store, at most.")
    ] = None

    @model_validator(mode="after")
    def _looks_in_one_way(self) -> Source:
        said = [name for name in self.exclusive if getattr(self, name)]
        if len(said) > 1:
            raise ValueError(f"{' and '.join(said)} both say where to look: keep one of them")
        return self


class AwsSource(Source):
    """Where `scan` looks on AWS.

    Attributes:
        profile: a profile of the shared configuration.
        regions: regional services are read in these alone.
        organization: read every account of the organization (True), the one account (False), or all of them
            where the credentials are the management account's (None).
        role_name: the role to assume in the organization's accounts.
        role_arns: roles of other accounts to read as well.
        external_id: what the roles' trust policies ask for as ``sts:ExternalId``.
        services: the optional services to read; None: all of them.
    """

    profile: Annotated[Text | None, Flag("--profile", "A profile of the shared AWS configuration.")] = None
    regions: Annotated[
        tuple[Text, ...], Flag("--region", "Read regional services here alone; may be repeated.")
    ] = ()
    organization: Annotated[
        bool | None, Flag("--org/--no-org", "Read every account of the organization, or this one alone.")
    ] = None
    role_name: Annotated[
        Text | None, Flag("--role-name", "The role to assume in the organization's accounts.")
    ] = None
    role_arns: Annotated[
        tuple[Text, ...], Flag("--role-arn", "Read through this role as well; may be repeated.")
    ] = ()
    external_id: Annotated[
        Text | None, Flag("--external-id", "What those roles' trust policies ask for.")
    ] = None
    services: Annotated[
        tuple[Text, ...] | None, Flag("--service", "Read this optional service; may be repeated.")
    ] = None


class GcpSource(Source):
    """Where `scan` looks on Google Cloud.

    Attributes:
        organization: everything below this organization, by its number.
        folders: everything below these folders. projects: these projects.
        impersonate: the service account to act as.
        quota_project: the project that the calls are counted against.
    """

    exclusive = ("organization", "folders", "projects")
    organization: Annotated[
        Text | None, Flag("--organization", "Read every project of this organization.")
    ] = None
    folders: Annotated[
        tuple[Text, ...], Flag("--folder", "Read every project below this folder; may be repeated.")
    ] = ()
    projects: Annotated[tuple[Text, ...], Flag("--project", "Read this project; may be repeated.")] = ()
    impersonate: Annotated[Text | None, Flag("--impersonate", "Read as this service account.")] = None
    quota_project: Annotated[
        Text | None, Flag("--quota-project", "The project that the calls are counted against.")
    ] = None


class AzureSource(Source):
    """Where `scan` looks on Azure.

    Attributes:
        tenant: the directory to sign in to.
        management_group: every subscription below this group. subscriptions: these subscriptions.
        cloud: which of Microsoft's clouds; None: the public one.
    """

    exclusive = ("management_group", "subscriptions")
    tenant: Annotated[Text | None, Flag("--tenant", "The tenant to sign in to.")] = None
    management_group: Annotated[
        Text | None, Flag("--management-group", "Read every subscription below this management group.")
    ] = None
    subscriptions: Annotated[
        tuple[Text, ...], Flag("--subscription", "Read this subscription; may be repeated.")
    ] = ()
    cloud: Annotated[
        Literal["public", "usgov", "china"] | None, Flag("--cloud", "Which of Microsoft's clouds.")
    ] = None


class Sources(Section):
    """What `weightguard scan` without an argument collects."""

    aws: AwsSource | None = None
    gcp: GcpSource | None = None
    azure: AzureSource | None = None


SECTIONS: dict[str, type[Source]] = {"aws": AwsSource, "gcp": GcpSource, "azure": AzureSource}
"""Provider -> the settings that it has."""
