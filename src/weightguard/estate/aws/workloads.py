"""Code that runs as a role: from the record of any kind that `workload_kinds` lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from weightguard.estate.aws.scope import Scope, last_name, region_of
from weightguard.estate.aws.workload_kind import WorkloadKind
from weightguard.estate.aws.workload_kinds import KINDS
from weightguard.estate.evidence import (
    Record,
    attribute,
    derived,
    listing_source,
    obstacle,
    read,
    recorded,
    views,
)
from weightguard.estate.fact import Fact, Known, Reason, Source, Unknown
from weightguard.estate.model import MetadataService, Workload
from weightguard.estate.model.provider import NOT_HERE
from weightguard.estate.shape import Malformed, every, find, mapping, number, objects, tags, text_or_none

URL_READS = ("ListFunctionUrlConfigs", "GetFunctionUrlConfig")


def workloads(scope: Scope, records: Iterable[Record]) -> list[Workload]:
    """The workloads among the records of one service's file."""
    found: dict[str, Workload] = {}
    for record in records:
        shape = KINDS.get(record.kind)
        if shape is not None:
            workload = _workload(scope, record, shape)
            found[workload.id] = workload
    return list(found.values())


def link_tasks(scope: Scope, found: list[Workload]) -> list[Workload]:
    """Services and tasks run as the roles of their task definition; of one that is not there, nobody knows as whom."""
    roles = {item.id: item.known_roles for item in found if item.kind == "task_definition"}
    families: dict[str, tuple[str, ...]] = {}
    for arn in sorted(roles, key=_revision):
        families[arn.rpartition(":")[0]] = roles[arn]
    return [_linked(scope, item, roles, families) for item in found]


def _revision(arn: str) -> tuple[str, int]:
    base, _, revision = arn.rpartition(":")
    return base, int(revision) if revision.isdecimal() else 0


def _linked(
    scope: Scope,
    item: Workload,
    roles: Mapping[str, tuple[str, ...]],
    families: Mapping[str, tuple[str, ...]],
) -> Workload:
    if item.service != "ecs" or item.kind not in ("service", "task"):
        return item
    fact = item.attributes.get("taskDefinition") or item.attributes.get("taskDefinitionArn")
    named = fact.value if isinstance(fact, Known) else None
    if not isinstance(named, str):
        return item
    known = (roles.get(named), families.get(named), families.get(_family_arn(item, named)))
    inherited = next(filter(None, known), ())
    if all(one is None for one in known) and not item.known_roles:
        return replace(item, roles=_unseen(scope, "ecs", "DescribeTaskDefinition", named))
    return replace(
        item, roles=Known(tuple(dict.fromkeys((*item.known_roles, *inherited))), item.roles.source)
    )


def _unseen(scope: Scope, service: str, operation: str, name: str) -> Unknown:
    """Why it is not known as whom something runs: what says so is named, and not there."""
    source = Source.named(service, operation, name, provider="aws", scope=scope.account)
    unknown = Unknown(Reason.NOT_COLLECTED, source)
    scope.gap("workloads", unknown)
    return unknown


def _family_arn(item: Workload, named: str) -> str:
    """A task definition named by ``family`` or ``family:revision`` instead of by ARN, as the ARN without its revision."""
    base = item.id.partition(f":{item.account}:")[0]
    return f"{base}:{item.account}:task-definition/{named.partition(':')[0]}"


def _workload(scope: Scope, record: Record, shape: WorkloadKind) -> Workload:
    identifier = _identifier(scope, record, shape)
    return Workload(
        id=identifier,
        provider="aws",
        account=scope.account,
        region=region_of(record, identifier),
        kind=shape.kind,
        service=shape.service,
        name=_name(record, shape),
        roles=_roles(scope, record, shape),
        public=_public(record, shape),
        policy=_policy(scope, record, shape, identifier),
        attributes=_attributes(record, shape),
        metadata=derived(attribute(record, "MetadataOptions"), _metadata)
        if shape.kind == "instance"
        else NOT_HERE,
    )


def _metadata(options: Any) -> MetadataService:
    """Member MetadataOptions of an instance; one that says nothing has the provider's oldest default."""
    body = mapping(options or {})
    return MetadataService(
        on=body.get("HttpEndpoint") != "disabled",
        session_tokens=body.get("HttpTokens") == "required",
        hops=number(body.get("HttpPutResponseHopLimit", 1)),
    )


def _identifier(scope: Scope, record: Record, shape: WorkloadKind) -> str:
    if record.id.startswith("arn:") or not shape.arn:
        return record.id
    return shape.arn.format(
        partition=scope.partition, region=record.region or "", account=scope.account, id=record.id
    )


def _name(record: Record, shape: WorkloadKind) -> str:
    for path in shape.name:
        for _, view in views(record):
            found = text_or_none(find(view, path))
            if found is not None:
                return found
    return last_name(record.id)


def _roles(scope: Scope, record: Record, shape: WorkloadKind) -> Fact[tuple[str, ...]]:
    """The roles that are named; where none is, and what would name one was refused or is elsewhere, why they are not known."""
    found = _named_roles(scope, record, shape)
    if found or not (shape.roles or shape.profiles):
        return Known(found, listing_source(record))
    hidden = obstacle(record)
    if hidden is not None:
        scope.gap("workloads", hidden)
        return hidden
    profiles = [name for name in _profiles(record, shape) if scope.roles_of_profile(name) is None]
    if profiles and scope.calls.from_state:
        # A state holds no list of all profiles: this one was made elsewhere.
        return _unseen(scope, "iam", "GetInstanceProfile", profiles[0])
    return Known((), listing_source(record))


def _profiles(record: Record, shape: WorkloadKind) -> Iterator[str]:
    for _, view in views(record):
        for path in shape.profiles:
            yield from (name for name in every(view, path) if isinstance(name, str) and name)


def _named_roles(scope: Scope, record: Record, shape: WorkloadKind) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for _, view in views(record):
        for path in shape.roles:
            found.update(
                (scope.role_arn(name), None) for name in every(view, path) if isinstance(name, str) and name
            )
    for name in _profiles(record, shape):
        found.update((arn, None) for arn in _behind(scope, name))
    return tuple(found)


def _behind(scope: Scope, profile: str) -> tuple[str, ...]:
    """The roles of an instance profile; services that create one give it the name of its role."""
    found = scope.roles_of_profile(profile)
    if found:
        return found
    name = profile.rpartition("/")[2]
    return (scope.roles[name],) if name in scope.roles else ()


def _policy(scope: Scope, record: Record, shape: WorkloadKind, identifier: str) -> Fact[Any]:
    if shape.policy is None:
        return Known(None, listing_source(record))
    operation, path = shape.policy
    return scope.policy_read(record, operation, path, owner=identifier, name="resource policy")


def _public(record: Record, shape: WorkloadKind) -> Fact[bool]:
    """A function URL without authentication, a public build project, an identity pool that lets guests in."""
    if shape.record == "lambda.function":
        return _open_url(record)
    if shape.record == "codebuild.project":
        return _equals(attribute(record, "projectVisibility"), "PUBLIC_READ")
    if shape.record == "cognito-identity.identity_pool":
        return _equals(attribute(record, "AllowUnauthenticatedIdentities"), True)
    return Known(False, listing_source(record))


def _equals(fact: Fact[Any], wanted: object) -> Fact[bool]:
    return fact if isinstance(fact, Unknown) else Known(fact.value == wanted, fact.source)


def _open_url(record: Record) -> Fact[bool]:
    def parse(answer: Any) -> bool:
        body = mapping(answer)
        configurations = objects(body.get("FunctionUrlConfigs")) if "FunctionUrlConfigs" in body else [body]
        return any(configuration.get("AuthType") == "NONE" for configuration in configurations)

    for operation in URL_READS:
        if operation in record.reads:
            return read(record, operation, parse, absent=False)
    return Unknown(Reason.NOT_COLLECTED, recorded(record, "lambda", URL_READS[0]))


def _attributes(record: Record, shape: WorkloadKind) -> dict[str, Fact[Any]]:
    found: dict[str, Fact[Any]] = {path: attribute(record, path) for path in shape.attributes}
    found["tags"] = tags_of(record)
    return found


def tags_of(record: Record) -> Fact[Mapping[str, str]]:
    """The tags of any resource, wherever its service writes them."""
    fact = attribute(record, "Tags", "tags", "TagList")
    if isinstance(fact, Unknown):
        return fact
    try:
        return Known({} if fact.value is None else tags(fact.value), fact.source)
    except Malformed:
        return Unknown(Reason.MALFORMED, fact.source)
