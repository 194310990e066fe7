"""Tables: what builds, deploys, schedules and moves.

Source: Terraform AWS provider documentation, the page of each resource type.
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.terraform.shapes import Policy, Shape


def _glue(resource: str) -> str:
    return f"arn:{{partition}}:glue:{{region}}:{{account}}:{resource}/{{id}}"


SHAPES: Final = (
    Shape(
        "aws_codebuild_project",
        "codebuild.project",
        "ListProjects",
        {
            "name": "name",
            "arn": "arn",
            "serviceRole": "service_role",
            "resourceAccessRole": "resource_access_role",
            "buildBatchConfig.serviceRole": "build_batch_config.service_role",
            "projectVisibility": "project_visibility",
            "encryptionKey": "encryption_key",
            "source.type": "source.type",
            "source.location": "source.location",
            "environment.type": "environment.type",
            "environment.image": "environment.image",
            "environment.computeType": "environment.compute_type",
            "environment.privilegedMode": "environment.privileged_mode",
        },
        policy=Policy("GetResourcePolicy", "policy", type="aws_codebuild_resource_policy", by="resource_arn"),
    ),
    Shape(
        "aws_codepipeline",
        "codepipeline.pipeline",
        "ListPipelines",
        {"name": "name", "roleArn": "role_arn", "artifactStore.location": "artifact_store.location"},
    ),
    Shape(
        "aws_codedeploy_deployment_group",
        "codedeploy.deployment_group",
        "ListDeploymentGroups",
        {
            "deploymentGroupName": "deployment_group_name",
            "applicationName": "app_name",
            "serviceRoleArn": "service_role_arn",
        },
    ),
    Shape(
        "aws_cloudformation_stack",
        "cloudformation.stack",
        "DescribeStacks",
        {"StackId": "id", "StackName": "name", "RoleARN": "iam_role_arn", "Capabilities": "capabilities[]"},
        id=("id",),
    ),
    Shape(
        "aws_glue_job",
        "glue.job",
        "GetJobs",
        {
            "Name": "name",
            "Role": "role_arn",
            "Command.Name": "command.name",
            "Command.ScriptLocation": "command.script_location",
            "GlueVersion": "glue_version",
            "SecurityConfiguration": "security_configuration",
        },
        id=("arn", "name"),
        arn=_glue("job"),
    ),
    Shape(
        "aws_glue_dev_endpoint",
        "glue.dev_endpoint",
        "GetDevEndpoints",
        {
            "EndpointName": "name",
            "RoleArn": "role_arn",
            "Status": "status",
            "PublicAddress": "public_address",
            "SecurityConfiguration": "security_configuration",
        },
        id=("arn", "name"),
        arn=_glue("devEndpoint"),
    ),
    Shape(
        "aws_glue_crawler",
        "glue.crawler",
        "GetCrawlers",
        {"Name": "name", "Role": "role"},
        id=("arn", "name"),
        arn=_glue("crawler"),
    ),
    Shape(
        "aws_glue_trigger",
        "glue.trigger",
        "GetTriggers",
        {"Name": "name", "Type": "type", "State": "state"},
        id=("arn", "name"),
        arn=_glue("trigger"),
    ),
    Shape(
        "aws_sfn_state_machine",
        "stepfunctions.state_machine",
        "ListStateMachines",
        {"name": "name", "roleArn": "role_arn", "type": "type", "status": "status"},
    ),
    Shape(
        "aws_cloudwatch_event_rule",
        "events.rule",
        "ListRules",
        {"Name": "name", "RoleArn": "role_arn", "State": "state"},
    ),
    Shape(
        "aws_scheduler_schedule",
        "scheduler.schedule",
        "ListSchedules",
        {"Name": "name", "State": "state", "Target.Arn": "target.arn", "Target.RoleArn": "target.role_arn"},
    ),
    Shape(
        "aws_pipes_pipe",
        "pipes.pipe",
        "ListPipes",
        {"Name": "name", "RoleArn": "role_arn", "Source": "source", "Target": "target"},
    ),
    Shape(
        "aws_ssm_maintenance_window_task",
        "ssm.maintenance_window_task",
        "DescribeMaintenanceWindowTasks",
        {"Name": "name", "ServiceRoleArn": "service_role_arn", "TaskArn": "task_arn", "Type": "task_type"},
    ),
    Shape(
        "aws_ssm_association",
        "ssm.association",
        "ListAssociations",
        {"AssociationId": "association_id", "AssociationName": "association_name", "Name": "name"},
        id=("arn", "association_id"),
    ),
    Shape(
        "aws_ssm_document",
        "ssm.document",
        "ListDocuments",
        {"Name": "name", "DocumentType": "document_type", "Owner": "owner"},
    ),
    Shape(
        "aws_ssm_activation",
        "ssm.activation",
        "DescribeActivations",
        {"ActivationId": "id", "IamRole": "iam_role", "Expired": "expired"},
        id=("id",),
    ),
    Shape(
        "aws_datasync_location_s3",
        "datasync.location",
        "ListLocations",
        {
            "LocationUri": "uri",
            "S3BucketArn": "s3_bucket_arn",
            "S3Config.BucketAccessRoleArn": "s3_config.bucket_access_role_arn",
        },
    ),
    Shape(
        "aws_datasync_task",
        "datasync.task",
        "ListTasks",
        {
            "Name": "name",
            "SourceLocationArn": "source_location_arn",
            "DestinationLocationArn": "destination_location_arn",
        },
    ),
    Shape(
        "aws_transfer_user",
        "transfer.user",
        "ListUsers",
        {"UserName": "user_name", "Role": "role", "HomeDirectory": "home_directory", "ServerId": "server_id"},
    ),
    Shape(
        "aws_kinesis_firehose_delivery_stream",
        "firehose.delivery_stream",
        "ListDeliveryStreams",
        {
            "DeliveryStreamName": "name",
            "Destinations.ExtendedS3DestinationDescription.RoleARN": "extended_s3_configuration.role_arn",
            "Destinations.ExtendedS3DestinationDescription.BucketARN": "extended_s3_configuration.bucket_arn",
        },
    ),
    Shape(
        "aws_iot_role_alias",
        "iot.role_alias",
        "ListRoleAliases",
        {"roleAlias": "alias", "roleArn": "role_arn"},
    ),
    Shape(
        "aws_amplify_app",
        "amplify.app",
        "ListApps",
        {"name": "name", "iamServiceRoleArn": "iam_service_role_arn", "computeRoleArn": "compute_role_arn"},
    ),
    Shape(
        "aws_appsync_datasource",
        "appsync.data_source",
        "ListDataSources",
        {"name": "name", "serviceRoleArn": "service_role_arn"},
    ),
    Shape(
        "aws_rolesanywhere_profile",
        "rolesanywhere.profile",
        "ListProfiles",
        {
            "name": "name",
            "roleArns": "role_arns[]",
            "enabled": "enabled",
            "durationSeconds": "duration_seconds",
        },
    ),
    Shape(
        "aws_rolesanywhere_trust_anchor",
        "rolesanywhere.trust_anchor",
        "ListTrustAnchors",
        {"name": "name", "enabled": "enabled", "source.sourceType": "source.source_type"},
    ),
)
