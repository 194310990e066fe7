"""What watches and what lets through: CloudTrail trails and VPC endpoints.

Sources: AWS CloudTrail API reference, "Trail", "GetEventSelectors"; Amazon EC2 API reference, "VpcEndpoint".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weightguard.estate.aws.event_selectors import recorded
from weightguard.estate.aws.scope import Scope, account_of, region_of
from weightguard.estate.evidence import Record, data_of, read, stated
from weightguard.estate.fact import Fact, Known
from weightguard.estate.model import Endpoint, NamedPolicy, Trail
from weightguard.estate.shape import flag, mapping, member, text_or_none


def trails(scope: Scope, records: Iterable[Record]) -> list[Trail]:
    """Every trail that the account sees, its organisation's included."""
    return [_trail(scope, record) for record in records if record.kind == "cloudtrail.trail"]


def _trail(scope: Scope, record: Record) -> Trail:
    data = data_of(record)
    bucket = text_or_none(data.get("S3BucketName"))
    return Trail(
        id=record.id,
        provider="aws",
        account=account_of(record.id) or scope.account,
        region=text_or_none(data.get("HomeRegion")) or region_of(record, record.id),
        name=text_or_none(data.get("Name")) or record.id.rpartition("/")[2],
        multi_region=data.get("IsMultiRegionTrail") is True,
        organisation_wide=data.get("IsOrganizationTrail") is True,
        validates_files=data.get("LogFileValidationEnabled") is True,
        destination=f"arn:{scope.partition}:s3:::{bucket}" if bucket else None,
        key=text_or_none(data.get("KmsKeyId")),
        logging=read(record, "GetTrailStatus", lambda answer: flag(member(answer, "IsLogging"))),
        records=read(record, "GetEventSelectors", recorded),
    )


def distinct_trails(found: Iterable[Trail]) -> list[Trail]:
    """One of each trail: a multi-region or organisation trail is seen from every region and member, best known at home."""
    best: dict[str, Trail] = {}
    for trail in found:
        known = best.get(trail.id)
        if known is None or _knowledge(trail) > _knowledge(known):
            best[trail.id] = trail
    return list(best.values())


def _knowledge(trail: Trail) -> int:
    return sum(isinstance(fact, Known) for fact in (trail.logging, trail.records))


def endpoints(scope: Scope, records: Iterable[Record]) -> list[Endpoint]:
    """VPC endpoints among the records of EC2."""
    return [_endpoint(scope, record) for record in records if record.kind == "ec2.vpc_endpoint"]


def _endpoint(scope: Scope, record: Record) -> Endpoint:
    data = data_of(record)
    return Endpoint(
        id=record.id,
        provider="aws",
        account=scope.account,
        region=region_of(record, record.id),
        network=text_or_none(data.get("VpcId")),
        service=text_or_none(data.get("ServiceName")) or "",
        kind=text_or_none(data.get("VpcEndpointType")) or "",
        policy=_endpoint_policy(scope, record),
    )


def _endpoint_policy(scope: Scope, record: Record) -> Fact[NamedPolicy | None]:
    def parse(data: Any) -> NamedPolicy | None:
        member(data, "ServiceName")
        raw = mapping(data).get("PolicyDocument")
        return None if raw in (None, "") else scope.document(raw, record.id, "endpoint policy")

    return stated(record, parse)
