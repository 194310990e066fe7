"""CloudTrail: trails, whether they log, and what they log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.calls.operation import Operation
from weightguard.collect.runner import Unit

DESCRIBE_TRAILS = Operation(
    service="cloudtrail",
    name="DescribeTrails",
    permissions=("cloudtrail:DescribeTrails",),
    hides="whether reads of weights and uses of keys are logged, and where to",
    required=("trailList",),
    entries=("trailList",),
    identity=("TrailARN",),
    keeps=(
        "TrailARN",
        "Name",
        "HomeRegion",
        "IsMultiRegionTrail",
        "IsOrganizationTrail",
        "IncludeGlobalServiceEvents",
        "LogFileValidationEnabled",
        "KmsKeyId",
        "S3BucketName",
        "S3KeyPrefix",
        "CloudWatchLogsLogGroupArn",
        "HasCustomEventSelectors",
        "HasInsightSelectors",
    ),
)
GET_TRAIL_STATUS = Operation(
    service="cloudtrail",
    name="GetTrailStatus",
    permissions=("cloudtrail:GetTrailStatus",),
    hides="a trail that was switched off",
    required=("IsLogging",),
    keeps=("IsLogging", "LatestDeliveryError", "LatestDeliveryTime"),
)
GET_EVENT_SELECTORS = Operation(
    service="cloudtrail",
    name="GetEventSelectors",
    permissions=("cloudtrail:GetEventSelectors",),
    hides="object reads and key uses that a trail leaves out",
    required=("TrailARN",),
    keeps=(
        "TrailARN",
        "EventSelectors.ReadWriteType",
        "EventSelectors.IncludeManagementEvents",
        "EventSelectors.DataResources.Type",
        "EventSelectors.DataResources.Values",
        "EventSelectors.ExcludeManagementEventSources",
        "AdvancedEventSelectors.FieldSelectors.Field",
        "AdvancedEventSelectors.FieldSelectors.Equals",
        "AdvancedEventSelectors.FieldSelectors.NotEquals",
        "AdvancedEventSelectors.FieldSelectors.StartsWith",
        "AdvancedEventSelectors.FieldSelectors.NotStartsWith",
        "AdvancedEventSelectors.FieldSelectors.EndsWith",
        "AdvancedEventSelectors.FieldSelectors.NotEndsWith",
    ),
)
OPERATIONS = (DESCRIBE_TRAILS, GET_TRAIL_STATUS, GET_EVENT_SELECTORS)


def units(account: Account, region: str) -> Iterator[Unit]:
    """The trails at home in a region; shadows of trails at home in a region that is not read go with the first.

    Shadow trails are asked for because a member account sees its organisation's trail as one.
    """
    for entry in account.caller.list(DESCRIBE_TRAILS, region=region, includeShadowTrails=True):
        home = entry.get("HomeRegion", region)
        if home == region or (home not in account.regions and region == account.regions[0]):
            yield account.unit(
                f"cloudtrail/{entry['TrailARN']}", GET_TRAIL_STATUS, partial(_trail, account, entry)
            )


def _trail(account: Account, entry: Mapping[str, Any]) -> Iterator[Row]:
    arn, region = entry["TrailARN"], entry.get("HomeRegion", account.home)
    reads = {
        GET_TRAIL_STATUS.name: account.caller.ask(GET_TRAIL_STATUS, region=region, resource=arn, Name=arn),
        GET_EVENT_SELECTORS.name: account.caller.ask(
            GET_EVENT_SELECTORS, region=region, resource=arn, TrailName=arn
        ),
    }
    yield row("cloudtrail.trail", arn, DESCRIBE_TRAILS, entry, region=region, reads=reads)
