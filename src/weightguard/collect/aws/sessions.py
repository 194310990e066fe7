"""Getting in: the SDK session of the user's credentials, and those of the roles assumed from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from weightguard.collect.aws import models
from weightguard.collect.aws.caller import Caller
from weightguard.collect.aws.codes import DOUBTFUL, UNREACHABLE
from weightguard.collect.aws.connections import ClientCache, Connections, Settings
from weightguard.collect.aws.options import AwsOptions
from weightguard.collect.aws.services import kms, sts
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.ways import check_bundle
from weightguard.errors import CredentialsError, InputError

DEFAULT_REGION = "us-east-1"
SESSION_NAME = "weightguard"
_UNSIGNED = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})


def settings(options: AwsOptions) -> Settings:
    """The connection settings that the options ask for."""
    return Settings(
        options.endpoint_url, options.ca_bundle, options.threads, options.max_attempts, options.endpoints
    )


def base(options: AwsOptions, operations: tuple[Operation, ...]) -> Connections:
    """Connections with the user's own credentials, whose clients can do the given operations and no others.

    Raises:
        CredentialsError: no such profile, or no credentials at all.
        InputError: an endpoint in the environment that is no URL.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError, ProfileNotFound

    session = botocore.session.Session(profile=options.profile)
    session.register_component("data_loader", models.loader(operations))
    try:
        region = session.get_config_variable("region")
        credentials = session.get_credentials()
    except ProfileNotFound as error:
        raise _no_profile(options.profile or os.environ.get("AWS_PROFILE", ""), _profiles()) from error
    except (BotoCoreError, OSError) as error:
        raise CredentialsError("the AWS credentials cannot be used", where=str(error)) from error
    if credentials is None:
        raise CredentialsError(
            "no AWS credentials were found",
            fix="sign in (`aws sso login`, `aws configure`), or name a profile with --profile",
        )
    check_bundle(options.ca_bundle or session.get_config_variable("ca_bundle"), "--ca-bundle, AWS_CA_BUNDLE")
    home = _home(session, [*options.regions[:1], region, os.environ.get("AWS_REGION")])
    connections = Connections(
        session,
        settings(options),
        home or DEFAULT_REGION,
        ClientCache(),
        own=True,
        region_named=home is not None,
    )
    try:
        connections.client("sts")
    except (ValueError, BotoCoreError) as error:
        raise InputError("an endpoint or region for AWS cannot be used", where=str(error)) from error
    return connections


def _home(session: Any, wanted: list[str | None]) -> str | None:
    """The region that answers for global services: the first wanted that exists, as far as the SDK knows."""
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
    }
    return next((region for region in wanted if region in known), None)


def _profiles() -> list[str]:
    import botocore.session

    return sorted(botocore.session.Session().available_profiles)


def _no_profile(name: str, known: list[str]) -> CredentialsError:
    close = get_close_matches(name, known, n=1)
    fix = (
        f"did you mean {close[0]!r}?"
        if close
        else f"known profiles: {', '.join(known)}"
        if known
        else "run `aws configure`"
    )
    return CredentialsError(f"there is no AWS profile {name!r}", fix=fix)


def identity(caller: Caller) -> tuple[str, str, Answer]:
    """Account id and partition that the credentials belong to, and the answer of GetCallerIdentity.

    Where that call is refused, the ARNs of the account's own KMS aliases tell, which every account has.

    Raises:
        CredentialsError: the credentials are not accepted, the endpoint does not answer, or neither call tells the account.
    """
    answer = caller.ask(sts.GET_CALLER_IDENTITY)
    arn = str(answer.data.get("Arn", ""))
    if not answer.ok:
        _refuse_hopeless(answer, caller)
        arn = next(
            (entry["AliasArn"] for entry in caller.list(kms.LIST_ALIASES, region=caller.connections.region)),
            "",
        )
    parts = arn.split(":")
    if len(parts) < 6 or not (parts[4].isdigit() and len(parts[4]) == 12):
        raise CredentialsError(
            "AWS does not tell which account the credentials belong to",
            where=f"sts:GetCallerIdentity {answer.outcome}, {answer.code}"
            if answer.code
            else "sts:GetCallerIdentity",
            fix="allow sts:GetCallerIdentity, or check the endpoint",
        )
    return parts[4], parts[1], answer


def _refuse_hopeless(answer: Answer, caller: Caller) -> None:
    endpoint = caller.connections.client("sts").meta.endpoint_url
    if answer.code in DOUBTFUL and not caller.connections.region_named:
        raise CredentialsError(
            f"AWS does not accept the credentials ({answer.code}), and no region is set",
            where=endpoint,
            fix="keys of another partition (GovCloud, China) need a region of theirs: --region us-gov-west-1; else sign in again",
        )
    if answer.code in DOUBTFUL:
        fix = (
            "check the secret key, and this machine's clock" if answer.code in _UNSIGNED else "sign in again"
        )
        raise CredentialsError(
            f"AWS does not accept the credentials ({answer.code})", where=endpoint, fix=fix
        )
    if answer.code == "SSLError":
        raise CredentialsError(
            "the certificate of the AWS endpoint is not trusted",
            where=endpoint,
            fix="name the CA of your proxy with --ca-bundle FILE; a CA bundle that is empty or no PEM trusts nobody",
        )
    if answer.code in UNREACHABLE:
        raise CredentialsError(
            "the AWS endpoint does not answer", where=endpoint, fix="check the network, proxy and endpoint"
        )
    if answer.code in ("NoCredentialsError", "PartialCredentialsError") or "Token" in (answer.code or ""):
        raise CredentialsError(
            "the AWS credentials cannot be used", where=answer.message, fix="sign in again"
        )


class _Assumed:
    """The SDK's credential provider for a role that was assumed here."""

    METHOD = "sts-assume-role"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        """The credentials, which renew themselves."""
        return self._credentials


def assume(origin: Caller, role_arn: str, options: AwsOptions) -> tuple[Connections | None, Answer]:
    """Connections as a role of another account; None where the role cannot be assumed, which is a gap.

    Args:
        origin: makes the call: the user's own connections, the scope of the other account.
        role_arn: the role.
        options: its external id, and how to connect.
    """
    import botocore.session
    from botocore.credentials import CredentialResolver, RefreshableCredentials

    request = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}
    if options.external_id:
        request["ExternalId"] = options.external_id
    held: dict[str, Any] = {}

    def fetch() -> Mapping[str, Any]:
        if origin.ask(sts.ASSUME_ROLE, resource=role_arn, transform=_keep(held), **request).ok:
            return held
        raise CredentialsError("an assumed role cannot be renewed", where=role_arn)

    answer = origin.ask(sts.ASSUME_ROLE, resource=role_arn, transform=_keep(held), **request)
    if not answer.ok:
        return None, answer
    # The profile says more than who asks: where the services are (endpoint_url, services, use_fips_endpoint). That holds for every
    # account. Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    session = botocore.session.Session(profile=options.profile)
    session.register_component("data_loader", origin.connections.loader)
    credentials = RefreshableCredentials.create_from_metadata(
        dict(held), refresh_using=fetch, method=_Assumed.METHOD
    )
    session.register_component("credential_provider", CredentialResolver([_Assumed(credentials)]))
    shared = origin.connections
    return Connections(session, shared.settings, shared.region, shared.cache), answer


def _keep(held: dict[str, Any]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Puts the credentials into `held`, for the session alone, and leaves who was assumed."""

    def transform(raw: Mapping[str, Any]) -> Mapping[str, Any]:
        credentials = raw["Credentials"]
        held["access_key"] = credentials["AccessKeyId"]
        held["secret_key"] = credentials["SecretAccessKey"]
        held["token"] = credentials["SessionToken"]
        held["expiry_time"] = credentials["Expiration"].isoformat()
        return {"AssumedRoleUser": raw["AssumedRoleUser"]}

    return transform
