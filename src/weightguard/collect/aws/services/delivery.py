"""What builds, deploys and transforms under a role: build projects, stacks, jobs, services from source."""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.collect.aws.account import Account, Row, row
from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation

PROJECTS = Operation(
    service="codebuild",
    name="ListProjects",
    permissions=("codebuild:ListProjects",),
    hides="build projects whose code runs with a role that reads weights",
    required=("projects",),
    paged=True,
)
PROJECT = Operation(
    service="codebuild",
    name="BatchGetProjects",
    permissions=("codebuild:BatchGetProjects",),
    hides="a build project's role, and who may start it",
    required=("projects",),
    entries=("projects",),
    identity=("arn",),
    keeps=(
        "arn",
        "name",
        "serviceRole",
        "buildBatchConfig.serviceRole",
        "resourceAccessRole",
        "source.type",
        "source.location",
        "projectVisibility",
        "encryptionKey",
        "environment.privilegedMode",
        "environment.image",
        "vpcConfig.vpcId",
        "vpcConfig.subnets",
        "vpcConfig.securityGroupIds",
        "webhook.buildType",
        "webhook.filterGroups.type",
        "webhook.filterGroups.pattern",
        "webhook.filterGroups.excludeMatchedPattern",
        "tags.*",
    ),
)
JOBS = Operation(
    service="glue",
    name="GetJobs",
    permissions=("glue:GetJobs",),
    hides="jobs whose script runs with a role that reads weights",
    required=("Jobs",),
    paged=True,
    keeps=("Name", "Role", "Command.Name", "Command.ScriptLocation", "SecurityConfiguration"),
)
DEV_ENDPOINTS = Operation(
    service="glue",
    name="GetDevEndpoints",
    permissions=("glue:GetDevEndpoints",),
    hides="shells that hold a role that reads weights",
    required=("DevEndpoints",),
    paged=True,
    keeps=("EndpointName", "RoleArn", "Status", "PublicAddress"),
)
STACKS = Operation(
    service="cloudformation",
    name="DescribeStacks",
    permissions=("cloudformation:DescribeStacks",),
    hides="stacks whose templates run with a role of their own",
    required=("Stacks",),
    paged=True,
    keeps=(
        "StackId",
        "StackName",
        "StackStatus",
        "RoleARN",
        "Capabilities",
        "EnableTerminationProtection",
        "Tags.*",
    ),
)
STACK_SETS = Operation(
    service="cloudformation",
    name="ListStackSets",
    permissions=("cloudformation:ListStackSets",),
    hides="templates that run in many accounts at once",
    required=("Summaries",),
    paged=True,
    keeps=("StackSetName", "Status", "PermissionModel", "AutoDeployment.Enabled"),
)
STACK_SET = Operation(
    service="cloudformation",
    name="DescribeStackSet",
    permissions=("cloudformation:DescribeStackSet",),
    hides="the role that a stack set administers other accounts with",
    required=("StackSet",),
    keeps=(
        "StackSet.StackSetName",
        "StackSet.Status",
        "StackSet.PermissionModel",
        "StackSet.AdministrationRoleARN",
        "StackSet.ExecutionRoleName",
        "StackSet.AutoDeployment.Enabled",
        "StackSet.Tags.*",
    ),
)
SERVICES = Operation(
    service="apprunner",
    name="ListServices",
    permissions=("apprunner:ListServices",),
    hides="services on the internet that hold a role that reads weights",
    required=("ServiceSummaryList",),
    paged=True,
    keeps=("ServiceArn", "ServiceName", "Status"),
)
SERVICE = Operation(
    service="apprunner",
    name="DescribeService",
    permissions=("apprunner:DescribeService",),
    hides="a service's role, and whether the internet reaches it",
    required=("Service",),
    keeps=(
        "Service.ServiceArn",
        "Service.ServiceName",
        "Service.Status",
        "Service.InstanceConfiguration.InstanceRoleArn",
        "Service.SourceConfiguration.AuthenticationConfiguration.AccessRoleArn",
        "Service.NetworkConfiguration.EgressConfiguration.EgressType",
        "Service.NetworkConfiguration.IngressConfiguration.IsPubliclyAccessible",
    ),
)
OPERATIONS = (PROJECTS, PROJECT, JOBS, DEV_ENDPOINTS, STACKS, STACK_SETS, STACK_SET, SERVICES, SERVICE)
_BATCH = 100  # names that BatchGetProjects takes

read_glue = reader(
    Resource("glue.job", JOBS, "Jobs[]", "arn:{partition}:glue:{region}:{account}:job/{Name}"),
    Resource(
        "glue.dev_endpoint",
        DEV_ENDPOINTS,
        "DevEndpoints[]",
        "arn:{partition}:glue:{region}:{account}:devEndpoint/{EndpointName}",
    ),
)
read_cloudformation = reader(
    Resource("cloudformation.stack", STACKS, "Stacks[]", "{StackId}"),
    Resource(
        "cloudformation.stack_set",
        STACK_SETS,
        "Summaries[]",
        "arn:{partition}:cloudformation:{region}:{account}:stackset/{StackSetName}",
        parameters={"Status": "ACTIVE"},
        reads=(Read(STACK_SET, {"StackSetName": "{StackSetName}"}),),
    ),
)
read_apprunner = reader(
    Resource(
        "apprunner.service",
        SERVICES,
        "ServiceSummaryList[]",
        "{ServiceArn}",
        reads=(Read(SERVICE, {"ServiceArn": "{ServiceArn}"}),),
    )
)


def read_codebuild(account: Account, region: str) -> Iterator[Row]:
    """Build projects, a hundred a call."""
    names = account.caller.ask(PROJECTS, region=region).data.get("projects", [])
    for start in range(0, len(names), _BATCH):
        for entry in account.caller.list(PROJECT, region=region, names=names[start : start + _BATCH]):
            yield row("codebuild.project", entry["arn"], PROJECT, entry, region=region)
