"""Trails and detectors, and the networks with the hosts and jobs that run in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference_lab.names import (
    ACCOUNTS,
    LOGS,
    LONG_AGO,
    MANAGEMENT,
    ORGANISATION,
    REGION,
    SERVING,
    TRAINING,
    absent,
    ec2_arn,
    key_arn,
    ok,
    record,
    role_arn,
    text,
)
from reference_lab.storage import STORES

WATCHED = [account for account in STORES.values() if account != LOGS]
SELECTORS = [
    {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
    {
        "Name": "objects",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        ],
    },
]


def trails() -> Iterator[dict[str, Any]]:
    arn = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/organisation"
    trail = {
        "Name": "organisation",
        "TrailARN": arn,
        "HomeRegion": REGION,
        "S3BucketName": "atlas-audit-logs",
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "KmsKeyId": key_arn(LOGS),
    }
    reads = {
        "GetTrailStatus": ok({"IsLogging": True}),
        "GetEventSelectors": ok({"TrailARN": arn, "AdvancedEventSelectors": SELECTORS}),
    }
    yield record(MANAGEMENT, "cloudtrail.trail", arn, "DescribeTrails", trail, reads, region=REGION)


def detectors() -> Iterator[dict[str, Any]]:
    features = [
        {"Name": name, "Status": "ENABLED"}
        for name in ("S3_DATA_EVENTS", "RUNTIME_MONITORING", "EBS_MALWARE_PROTECTION")
    ]
    for account in WATCHED:
        detector = f"{account[0] * 32}"
        arn = f"arn:aws:guardduty:{REGION}:{account}:detector/{detector}"
        yield record(
            account,
            "guardduty.detector",
            arn,
            "ListDetectors",
            {"DetectorId": detector},
            {"GetDetector": ok({"Status": "ENABLED", "Features": features})},
            region=REGION,
        )
        recorder = {
            "name": "default",
            "roleARN": role_arn(account, "config"),
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
        status = ok({"ConfigurationRecordersStatus": [{"name": "default", "recording": True}]})
        yield record(
            account,
            "config.configuration_recorder",
            f"arn:aws:config:{REGION}:{account}:configuration-recorder/default",
            "DescribeConfigurationRecorders",
            recorder,
            {"DescribeConfigurationRecorderStatus": status},
            region=REGION,
        )
        yield record(
            account,
            "macie2.session",
            f"{account}/{REGION}",
            "GetMacieSession",
            {"status": "ENABLED", "findingPublishingFrequency": "FIFTEEN_MINUTES"},
            region=REGION,
        )
    analyser = f"arn:aws:access-analyzer:{REGION}:{MANAGEMENT}:analyzer/organisation"
    yield record(
        MANAGEMENT,
        "accessanalyzer.analyzer",
        analyser,
        "ListAnalyzers",
        {"arn": analyser, "name": "organisation", "type": "ORGANIZATION", "status": "ACTIVE"},
        region=REGION,
    )
    for account in ACCOUNTS:
        settings = {
            "GetSnapshotBlockPublicAccessState": ok({"State": "block-all-sharing"}),
            "GetImageBlockPublicAccessState": ok({"ImageBlockPublicAccessState": "block-new-sharing"}),
            "GetEbsEncryptionByDefault": ok({"EbsEncryptionByDefault": True}),
        }
        yield record(
            account,
            "ec2.region",
            f"{account}/{REGION}",
            "DescribeRegions",
            {"RegionName": REGION},
            settings,
            region=REGION,
        )


def networks() -> Iterator[dict[str, Any]]:
    for account in WATCHED:
        digits = account[:4]
        network = f"vpc-{digits}"
        yield record(
            account,
            "ec2.vpc",
            ec2_arn(account, "vpc", network),
            "DescribeVpcs",
            {"VpcId": network, "CidrBlock": "10.20.0.0/16", "IsDefault": False},
            region=REGION,
        )
        local = {"DestinationCidrBlock": "10.20.0.0/16", "GatewayId": "local", "State": "active"}
        yield record(
            account,
            "ec2.route_table",
            ec2_arn(account, "route-table", f"rtb-{digits}"),
            "DescribeRouteTables",
            {"RouteTableId": f"rtb-{digits}", "VpcId": network, "Routes": [local]},
            region=REGION,
        )
        out = {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [{"PrefixListId": "pl-63a5400a"}],
        }
        group = {
            "GroupId": f"sg-{digits}",
            "GroupName": "hosts",
            "VpcId": network,
            "IpPermissions": [],
            "IpPermissionsEgress": [out],
        }
        yield record(
            account,
            "ec2.security_group",
            ec2_arn(account, "security-group", f"sg-{digits}"),
            "DescribeSecurityGroups",
            group,
            region=REGION,
        )
        log = {
            "FlowLogId": f"fl-{digits}",
            "ResourceId": network,
            "FlowLogStatus": "ACTIVE",
            "TrafficType": "ALL",
        }
        yield record(
            account,
            "ec2.flow_log",
            ec2_arn(account, "vpc-flow-log", f"fl-{digits}"),
            "DescribeFlowLogs",
            log,
            region=REGION,
        )
        for service in ("s3", "kms"):
            yield _endpoint(account, service, network)
    peering = {
        "VpcPeeringConnectionId": "pcx-1111",
        "Status": {"Code": "deleted"},
        "RequesterVpcInfo": {"VpcId": "vpc-3333"},
        "AccepterVpcInfo": {"VpcId": "vpc-2222"},
    }
    yield record(
        SERVING,
        "ec2.vpc_peering_connection",
        ec2_arn(SERVING, "vpc-peering-connection", "pcx-1111"),
        "DescribeVpcPeeringConnections",
        peering,
        region=REGION,
    )
    attachment = {
        "TransitGatewayAttachmentId": "tgw-attach-1111",
        "ResourceType": "vpc",
        "ResourceId": "vpc-shared",
        "State": "available",
    }
    yield record(
        MANAGEMENT,
        "ec2.transit_gateway_attachment",
        ec2_arn(MANAGEMENT, "transit-gateway-attachment", "tgw-attach-1111"),
        "DescribeTransitGatewayAttachments",
        attachment,
        region=REGION,
    )


def _endpoint(account: str, service: str, network: str) -> dict[str, Any]:
    name = f"vpce-{service}{account[:4]}"
    ours = {
        "Sid": "OurResourcesOnly",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceOrgID": ORGANISATION}},
    }
    data = {
        "VpcEndpointId": name,
        "VpcEndpointType": "Gateway" if service == "s3" else "Interface",
        "VpcId": network,
        "ServiceName": f"com.amazonaws.{REGION}.{service}",
        "State": "available",
        "PolicyDocument": text(ours),
    }
    return record(
        account,
        "ec2.vpc_endpoint",
        ec2_arn(account, "vpc-endpoint", name),
        "DescribeVpcEndpoints",
        data,
        region=REGION,
    )


def hosts() -> Iterator[dict[str, Any]]:
    for account, role in ((SERVING, "InferenceNode"), (TRAINING, "TrainingNode")):
        digits = account[:4]
        instance = {
            "InstanceId": f"i-{digits}",
            "InstanceType": "p5.48xlarge",
            "State": {"Name": "running"},
            "VpcId": f"vpc-{digits}",
            "SecurityGroups": [{"GroupId": f"sg-{digits}", "GroupName": "hosts"}],
            "IamInstanceProfile": {"Arn": f"arn:aws:iam::{account}:instance-profile/{role}"},
            "MetadataOptions": {
                "HttpTokens": "required",
                "HttpPutResponseHopLimit": 1,
                "HttpEndpoint": "enabled",
            },
            "EnclaveOptions": {"Enabled": True},
            "CpuOptions": {"AmdSevSnp": "enabled"},
            "Placement": {"Tenancy": "dedicated"},
            "BootMode": "uefi",
            "CurrentInstanceBootMode": "uefi",
            "TpmSupport": "v2.0",
            "LaunchTime": LONG_AGO,
        }
        yield record(
            account,
            "ec2.instance",
            ec2_arn(account, "instance", f"i-{digits}"),
            "DescribeInstances",
            instance,
            region=REGION,
        )
    yield from _learning()
    function = f"arn:aws:lambda:{REGION}:{SERVING}:function:api"
    data = {
        "FunctionName": "api",
        "FunctionArn": function,
        "Role": role_arn(SERVING, "Api"),
        "Runtime": "python3.13",
    }
    yield record(
        SERVING,
        "lambda.function",
        function,
        "ListFunctions",
        data,
        {
            "GetPolicy": absent("ResourceNotFoundException"),
            "ListFunctionUrlConfigs": ok({"FunctionUrlConfigs": []}),
        },
        region=REGION,
    )
    sandbox = f"arn:aws:bedrock-agentcore:{REGION}:{SERVING}:code-interpreter/sandbox"
    data = {
        "codeInterpreterArn": sandbox,
        "name": "sandbox",
        "status": "READY",
        "executionRoleArn": role_arn(SERVING, "Sandbox"),
    }
    yield record(
        SERVING,
        "bedrock-agentcore-control.code_interpreter",
        sandbox,
        "ListCodeInterpreters",
        data,
        region=REGION,
    )


def _learning() -> Iterator[dict[str, Any]]:
    notebook = f"arn:aws:sagemaker:{REGION}:{TRAINING}:notebook-instance/lab"
    detail = {
        "NotebookInstanceName": "lab",
        "NotebookInstanceArn": notebook,
        "RoleArn": role_arn(TRAINING, "Notebook"),
        "DirectInternetAccess": "Disabled",
        "RootAccess": "Disabled",
        "KmsKeyId": key_arn(TRAINING),
    }
    yield record(
        TRAINING,
        "sagemaker.notebook_instance",
        notebook,
        "ListNotebookInstances",
        {"NotebookInstanceName": "lab", "NotebookInstanceArn": notebook},
        {"DescribeNotebookInstance": ok(detail)},
        region=REGION,
    )
    job = f"arn:aws:sagemaker:{REGION}:{TRAINING}:training-job/run-17"
    detail = {
        "TrainingJobName": "run-17",
        "TrainingJobArn": job,
        "RoleArn": role_arn(TRAINING, "TrainingJob"),
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "TrainingJobStatus": "Completed",
    }
    yield record(
        TRAINING,
        "sagemaker.training_job",
        job,
        "ListTrainingJobs",
        {"TrainingJobName": "run-17", "TrainingJobArn": job},
        {"DescribeTrainingJob": ok(detail)},
        region=REGION,
    )
    model = f"arn:aws:sagemaker:{REGION}:{SERVING}:model/atlas-1"
    container = {
        "Image": f"{SERVING}.dkr.ecr.{REGION}.amazonaws.com/serving@sha256:{'a' * 64}",
        "ModelDataUrl": "s3://atlas-release/atlas-1/",
    }
    detail = {
        "ModelName": "atlas-1",
        "ModelArn": model,
        "ExecutionRoleArn": role_arn(SERVING, "InferenceNode"),
        "EnableNetworkIsolation": True,
        "PrimaryContainer": container,
    }
    yield record(
        SERVING,
        "sagemaker.model",
        model,
        "ListModels",
        {"ModelName": "atlas-1", "ModelArn": model},
        {"DescribeModel": ok(detail)},
        region=REGION,
    )
