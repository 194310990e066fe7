"""What watches an account: threat detection, data discovery, recorded configuration, analysis of outside access."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation

DETECTORS = Operation(
    service="guardduty",
    name="ListDetectors",
    permissions=("guardduty:ListDetectors",),
    hides="whether anything looks for theft in the logs",
    required=("DetectorIds",),
    paged=True,
    keeps=("DetectorId",),
)
DETECTOR = Operation(
    service="guardduty",
    name="GetDetector",
    permissions=("guardduty:GetDetector",),
    hides="threat detection that is off, or does not watch storage",
    required=("Status",),
    keeps=(
        "Status",
        "FindingPublishingFrequency",
        "Features.Name",
        "Features.Status",
        "DataSources.S3Logs.Status",
        "DataSources.CloudTrail.Status",
        "Tags.*",
    ),
)
MACIE = Operation(
    service="macie2",
    name="GetMacieSession",
    permissions=("macie2:GetMacieSession",),
    hides="whether the provider's own discovery looks into stores",
    absent_messages=("Macie is not enabled",),
    required=("status",),
    keeps=("status", "findingPublishingFrequency", "serviceRole"),
)
RECORDERS = Operation(
    service="config",
    name="DescribeConfigurationRecorders",
    permissions=("config:DescribeConfigurationRecorders",),
    hides="whether changes of configuration are kept",
    required=("ConfigurationRecorders",),
    keeps=(
        "name",
        "recordingGroup.allSupported",
        "recordingGroup.includeGlobalResourceTypes",
        "recordingGroup.resourceTypes",
        "recordingGroup.exclusionByResourceTypes.resourceTypes",
        "recordingGroup.recordingStrategy.useOnly",
    ),
)
RECORDER_STATUS = Operation(
    service="config",
    name="DescribeConfigurationRecorderStatus",
    permissions=("config:DescribeConfigurationRecorderStatus",),
    hides="a recorder that was switched off",
    required=("ConfigurationRecordersStatus",),
    keeps=(
        "ConfigurationRecordersStatus.name",
        "ConfigurationRecordersStatus.recording",
        "ConfigurationRecordersStatus.lastStatus",
    ),
)
ANALYZERS = Operation(
    service="accessanalyzer",
    name="ListAnalyzers",
    permissions=("access-analyzer:ListAnalyzers",),
    hides="whether anything watches for access from outside",
    required=("analyzers",),
    paged=True,
    keeps=("arn", "name", "status", "type", "tags.*"),
)
OPERATIONS = (DETECTORS, DETECTOR, MACIE, RECORDERS, RECORDER_STATUS, ANALYZERS)
read_guardduty = reader(
    Resource(
        "guardduty.detector",
        DETECTORS,
        "DetectorIds[]",
        "arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}",
        reads=(Read(DETECTOR, {"DetectorId": "{DetectorId}"}),),
        named="DetectorId",
    )
)
read_config = reader(
    Resource(
        "config.configuration_recorder",
        RECORDERS,
        "ConfigurationRecorders[]",
        "arn:{partition}:config:{region}:{account}:configuration-recorder/{name}",
        reads=(Read(RECORDER_STATUS, {"ConfigurationRecorderNames": "{name}"}, several=True),),
    )
)
read_analyzers = reader(Resource("accessanalyzer.analyzer", ANALYZERS, "analyzers[]", "{arn}"))


def read_macie(account: Account, region: str) -> Iterator[Row]:
    """The session of a region, where Macie is on."""
    answer = account.caller.ask(MACIE, region=region)
    if answer.ok:
        yield row(
            "macie2.session", account.arn("macie2", region, "session"), MACIE, answer.data, region=region
        )
