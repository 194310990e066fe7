"""What builds, deploys, schedules and moves, as data: where its roles stand.

Paths are the members of the provider's own answers, dotted; lists on the way are opened. Source: the API reference of each
service, under the operation that describes the resource.
"""

from __future__ import annotations

from typing import Final

from weightguard.estate.aws.workload_kind import WorkloadKind

DELIVERY: Final = (
    WorkloadKind(
        "codebuild.project",
        "build_project",
        "codebuild",
        roles=("serviceRole", "buildBatchConfig.serviceRole", "resourceAccessRole"),
        policy=("GetResourcePolicy", "policy"),
        attributes=(
            "source.type",
            "source.location",
            "projectVisibility",
            "encryptionKey",
            "environment.privilegedMode",
            "vpcConfig",
            "webhook",
        ),
    ),
    WorkloadKind(
        "codepipeline.pipeline", "pipeline", "codepipeline", roles=("roleArn", "stages.actions.roleArn")
    ),
    WorkloadKind(
        "codedeploy.deployment_group",
        "deployment_group",
        "codedeploy",
        roles=("serviceRoleArn",),
        name=("deploymentGroupName",),
    ),
    WorkloadKind(
        "cloudformation.stack",
        "stack",
        "cloudformation",
        roles=("RoleARN",),
        name=("StackName",),
        attributes=("StackStatus", "Capabilities", "EnableTerminationProtection"),
    ),
    WorkloadKind(
        "cloudformation.stack_set",
        "stack_set",
        "cloudformation",
        roles=("AdministrationRoleARN",),
        name=("StackSetName",),
        attributes=(
            "AdministrationRoleARN",
            "ExecutionRoleName",
            "PermissionModel",
            "Summaries",
            "Status",
            "AutoDeployment",
        ),
    ),
    WorkloadKind(
        "glue.job",
        "job",
        "glue",
        roles=("Role",),
        attributes=("Command.ScriptLocation", "Command.Name", "SecurityConfiguration"),
    ),
    WorkloadKind(
        "glue.dev_endpoint",
        "dev_endpoint",
        "glue",
        roles=("RoleArn",),
        name=("EndpointName",),
        attributes=("Status", "PublicAddress"),
    ),
    WorkloadKind("glue.session", "session", "glue", roles=("Role",), name=("Id",), attributes=("Status",)),
    WorkloadKind("glue.crawler", "crawler", "glue", roles=("Role",)),
    WorkloadKind("glue.trigger", "trigger", "glue", attributes=("State", "Type", "Actions")),
    WorkloadKind(
        "datapipeline.pipeline",
        "pipeline",
        "datapipeline",
        roles=("roles",),
        profiles=("resourceRoles",),
        attributes=("pipelineState",),
    ),
    WorkloadKind(
        "stepfunctions.state_machine",
        "state_machine",
        "states",
        roles=("roleArn",),
        attributes=("status", "type"),
    ),
    WorkloadKind(
        "events.rule",
        "rule",
        "events",
        roles=("RoleArn", "Targets.RoleArn"),
        attributes=("State", "EventPattern"),
    ),
    WorkloadKind(
        "scheduler.schedule", "schedule", "scheduler", roles=("Target.RoleArn",), attributes=("State",)
    ),
    WorkloadKind("pipes.pipe", "pipe", "pipes", roles=("RoleArn",)),
    WorkloadKind(
        "ssm.association",
        "association",
        "ssm",
        roles=("Parameters.AutomationAssumeRole",),
        name=("AssociationName",),
        attributes=("Targets", "Name"),
    ),
    WorkloadKind("ssm.maintenance_window_task", "maintenance_window_task", "ssm", roles=("ServiceRoleArn",)),
    WorkloadKind(
        "datasync.task",
        "data_transfer",
        "datasync",
        attributes=("SourceLocationArn", "DestinationLocationArn", "Status"),
    ),
    WorkloadKind(
        "datasync.location",
        "data_location",
        "datasync",
        roles=("S3Config.BucketAccessRoleArn",),
        attributes=("LocationUri", "S3BucketArn"),
    ),
    WorkloadKind(
        "transfer.user",
        "transfer_user",
        "transfer",
        roles=("Role",),
        name=("UserName",),
        attributes=("HomeDirectory",),
    ),
    WorkloadKind(
        "firehose.delivery_stream",
        "delivery_stream",
        "firehose",
        roles=(
            "Destinations.ExtendedS3DestinationDescription.RoleARN",
            "Destinations.S3DestinationDescription.RoleARN",
        ),
        name=("DeliveryStreamName",),
    ),
    WorkloadKind(
        "cognito-identity.identity_pool",
        "identity_pool",
        "cognito-identity",
        roles=("Roles.authenticated", "Roles.unauthenticated"),
        name=("IdentityPoolName",),
        attributes=("AllowUnauthenticatedIdentities", "Roles"),
    ),
    WorkloadKind("iot.role_alias", "role_alias", "iot", roles=("roleArn",), name=("roleAlias",)),
    WorkloadKind("amplify.app", "app", "amplify", roles=("iamServiceRoleArn", "computeRoleArn")),
    WorkloadKind("appsync.data_source", "data_source", "appsync", roles=("serviceRoleArn",)),
    WorkloadKind(
        "rolesanywhere.profile",
        "profile",
        "rolesanywhere",
        roles=("roleArns",),
        attributes=("enabled", "sessionPolicy", "durationSeconds"),
    ),
    WorkloadKind(
        "terraform.resource",
        "resource",
        "terraform",
        roles=("roles",),
        profiles=("instanceProfiles",),
        attributes=("type",),
    ),
)
