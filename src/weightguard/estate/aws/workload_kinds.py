"""Every kind of code that AWS runs as a role, as data: where its role, its resource policy and its name stand.

Paths are the members of the provider's own answers, dotted; lists on the way are opened. Source: the API reference of each
service, under the operation that describes the resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WorkloadKind:
    """One kind of workload.

    Attributes:
        record: the record kind.
        kind: what the model calls it.
        service: the service's IAM prefix.
        roles: paths of role ARNs or names.
        profiles: paths of instance profiles.
        name: paths of the name, first found wins; else the last part of the id.
        arn: the ARN where the provider gives a bare id; ``{id}`` and the scope's parts are filled in.
        policy: the read and path of a resource policy, where the kind has one.
        attributes: further paths that techniques and controls read.
    """

    record: str
    kind: str
    service: str
    roles: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    name: tuple[str, ...] = ("Name", "name")
    arn: str = ""
    policy: tuple[str, str] | None = None
    attributes: tuple[str, ...] = ()


def _ec2(resource: str) -> str:
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{id}}"


COMPUTE: Final = (
    WorkloadKind(
        "lambda.function",
        "function",
        "lambda",
        roles=("Role",),
        name=("FunctionName",),
        policy=("GetPolicy", "Policy"),
        attributes=(
            "VpcConfig",
            "Runtime",
            "PackageType",
            "LastModified",
            "KMSKeyArn",
            "CodeSigningConfigArn",
            "State",
        ),
    ),
    WorkloadKind(
        "ec2.instance",
        "instance",
        "ec2",
        profiles=("IamInstanceProfile.Arn", "IamInstanceProfile.Name"),
        name=("InstanceId",),
        arn=_ec2("instance"),
        attributes=(
            "State.Name",
            "PublicIpAddress",
            "MetadataOptions",
            "KeyName",
            "ImageId",
            "VpcId",
            "SubnetId",
            "SecurityGroups",
            "BlockDeviceMappings",
            "InstanceType",
            "Platform",
            "IamInstanceProfile",
            "EnclaveOptions",
            "CpuOptions",
            "Placement",
            "BootMode",
            "CurrentInstanceBootMode",
            "TpmSupport",
        ),
    ),
    WorkloadKind(
        "ec2.launch_template",
        "launch_template",
        "ec2",
        profiles=(
            "LaunchTemplateVersions.LaunchTemplateData.IamInstanceProfile.Arn",
            "LaunchTemplateVersions.LaunchTemplateData.IamInstanceProfile.Name",
            "LaunchTemplateData.IamInstanceProfile.Arn",
            "LaunchTemplateData.IamInstanceProfile.Name",
        ),
        name=("LaunchTemplateName",),
        arn=_ec2("launch-template"),
        attributes=("DefaultVersionNumber", "LatestVersionNumber", "LaunchTemplateId"),
    ),
    WorkloadKind(
        "autoscaling.auto_scaling_group",
        "auto_scaling_group",
        "autoscaling",
        roles=(),
        name=("AutoScalingGroupName",),
        attributes=(
            "LaunchTemplate",
            "MixedInstancesPolicy",
            "LaunchConfigurationName",
            "Instances",
            "DesiredCapacity",
        ),
    ),
    WorkloadKind(
        "autoscaling.launch_configuration",
        "launch_configuration",
        "autoscaling",
        profiles=("IamInstanceProfile",),
        name=("LaunchConfigurationName",),
    ),
    WorkloadKind(
        "ecs.task_definition",
        "task_definition",
        "ecs",
        roles=("taskRoleArn", "executionRoleArn"),
        name=("family",),
        attributes=(
            "taskRoleArn",
            "executionRoleArn",
            "family",
            "revision",
            "status",
            "networkMode",
            "requiresCompatibilities",
        ),
    ),
    WorkloadKind(
        "ecs.service",
        "service",
        "ecs",
        name=("serviceName",),
        attributes=(
            "taskDefinition",
            "clusterArn",
            "enableExecuteCommand",
            "launchType",
            "desiredCount",
            "status",
        ),
    ),
    WorkloadKind(
        "ecs.task",
        "task",
        "ecs",
        roles=("overrides.taskRoleArn", "overrides.executionRoleArn"),
        attributes=(
            "taskDefinitionArn",
            "clusterArn",
            "enableExecuteCommand",
            "launchType",
            "lastStatus",
            "containerInstanceArn",
        ),
    ),
    WorkloadKind(
        "ecs.cluster",
        "cluster",
        "ecs",
        name=("clusterName",),
        attributes=("status", "registeredContainerInstancesCount"),
    ),
    WorkloadKind(
        "ecs.container_instance",
        "container_instance",
        "ecs",
        attributes=("ec2InstanceId", "status", "clusterArn"),
    ),
    WorkloadKind(
        "batch.job_definition",
        "job_definition",
        "batch",
        roles=(
            "containerProperties.jobRoleArn",
            "containerProperties.executionRoleArn",
            "nodeProperties.nodeRangeProperties.container.jobRoleArn",
            "nodeProperties.nodeRangeProperties.container.executionRoleArn",
            "ecsProperties.taskProperties.taskRoleArn",
            "ecsProperties.taskProperties.executionRoleArn",
        ),
        name=("jobDefinitionName",),
        attributes=("status", "revision", "type"),
    ),
    WorkloadKind(
        "batch.compute_environment",
        "compute_environment",
        "batch",
        roles=("serviceRole",),
        profiles=("computeResources.instanceRole",),
        name=("computeEnvironmentName",),
        attributes=("state", "type"),
    ),
    WorkloadKind(
        "batch.job_queue",
        "job_queue",
        "batch",
        name=("jobQueueName",),
        attributes=("state", "computeEnvironmentOrder"),
    ),
    WorkloadKind(
        "apprunner.service",
        "service",
        "apprunner",
        roles=(
            "InstanceConfiguration.InstanceRoleArn",
            "SourceConfiguration.AuthenticationConfiguration.AccessRoleArn",
        ),
        name=("ServiceName",),
        attributes=("InstanceConfiguration.InstanceRoleArn", "Status", "NetworkConfiguration"),
    ),
    WorkloadKind(
        "emr.cluster",
        "cluster",
        "elasticmapreduce",
        roles=("ServiceRole", "AutoScalingRole"),
        profiles=("Ec2InstanceAttributes.IamInstanceProfile",),
        attributes=("Status.State", "ServiceRole", "SecurityConfiguration"),
    ),
    WorkloadKind("emr-serverless.application", "application", "emr-serverless", attributes=("state", "type")),
    WorkloadKind(
        "emr-containers.virtual_cluster",
        "virtual_cluster",
        "emr-containers",
        attributes=("state", "containerProvider"),
    ),
    WorkloadKind(
        "eks.cluster",
        "cluster",
        "eks",
        roles=("roleArn",),
        attributes=(
            "identity.oidc.issuer",
            "accessConfig",
            "resourcesVpcConfig",
            "encryptionConfig",
            "version",
            "status",
            "logging",
        ),
    ),
    WorkloadKind(
        "eks.nodegroup",
        "nodegroup",
        "eks",
        roles=("nodeRole",),
        name=("nodegroupName",),
        attributes=("clusterName", "status"),
    ),
    WorkloadKind(
        "eks.fargate_profile",
        "fargate_profile",
        "eks",
        roles=("podExecutionRoleArn",),
        name=("fargateProfileName",),
        attributes=("clusterName", "status"),
    ),
    WorkloadKind(
        "eks.pod_identity_association",
        "pod_identity",
        "eks",
        roles=("roleArn", "targetRoleArn"),
        name=("serviceAccount",),
        attributes=("clusterName", "namespace", "serviceAccount"),
    ),
    WorkloadKind(
        "imagebuilder.infrastructure_configuration",
        "infrastructure_configuration",
        "imagebuilder",
        profiles=("instanceProfileName",),
    ),
    WorkloadKind(
        "elasticbeanstalk.environment",
        "environment",
        "elasticbeanstalk",
        roles=("OperationsRole",),
        name=("EnvironmentName",),
    ),
    WorkloadKind(
        "mwaa.environment",
        "environment",
        "airflow",
        roles=("ExecutionRoleArn",),
        attributes=("WebserverAccessMode", "Status"),
    ),
)

LEARNING: Final = (
    WorkloadKind(
        "sagemaker.notebook_instance",
        "notebook",
        "sagemaker",
        roles=("RoleArn",),
        name=("NotebookInstanceName",),
        attributes=(
            "NotebookInstanceStatus",
            "DirectInternetAccess",
            "RootAccess",
            "SubnetId",
            "KmsKeyId",
            "NotebookInstanceLifecycleConfigName",
            "InstanceMetadataServiceConfiguration",
        ),
    ),
    WorkloadKind(
        "sagemaker.notebook_instance_lifecycle_config",
        "lifecycle_config",
        "sagemaker",
        name=("NotebookInstanceLifecycleConfigName",),
    ),
    WorkloadKind(
        "sagemaker.model",
        "model",
        "sagemaker",
        roles=("ExecutionRoleArn",),
        name=("ModelName",),
        attributes=(
            "EnableNetworkIsolation",
            "VpcConfig",
            "PrimaryContainer.ModelDataUrl",
            "PrimaryContainer",
            "Containers",
        ),
    ),
    WorkloadKind(
        "sagemaker.training_job",
        "training_job",
        "sagemaker",
        roles=("RoleArn",),
        name=("TrainingJobName",),
        attributes=(
            "TrainingJobStatus",
            "EnableNetworkIsolation",
            "EnableInterContainerTrafficEncryption",
            "OutputDataConfig",
            "VpcConfig",
            "ResourceConfig",
            "ModelArtifacts",
        ),
    ),
    WorkloadKind(
        "sagemaker.processing_job",
        "processing_job",
        "sagemaker",
        roles=("RoleArn",),
        name=("ProcessingJobName",),
        attributes=("NetworkConfig", "ProcessingJobStatus"),
    ),
    WorkloadKind(
        "sagemaker.domain",
        "domain",
        "sagemaker",
        roles=(
            "DefaultUserSettings.ExecutionRole",
            "DefaultSpaceSettings.ExecutionRole",
            "DomainSettings.RStudioServerProDomainSettings.DomainExecutionRoleArn",
        ),
        name=("DomainName",),
        attributes=("AppNetworkAccessType", "AuthMode", "KmsKeyId", "VpcId", "Status"),
    ),
    WorkloadKind(
        "sagemaker.user_profile",
        "user_profile",
        "sagemaker",
        roles=("UserSettings.ExecutionRole",),
        name=("UserProfileName",),
        attributes=("DomainId", "Status"),
    ),
    WorkloadKind(
        "sagemaker.endpoint",
        "endpoint",
        "sagemaker",
        name=("EndpointName",),
        attributes=("EndpointStatus", "EndpointConfigName"),
    ),
    WorkloadKind(
        "sagemaker.endpoint_config",
        "endpoint_config",
        "sagemaker",
        roles=("ExecutionRoleArn",),
        name=("EndpointConfigName",),
        attributes=(
            "KmsKeyId",
            "ProductionVariants",
            "DataCaptureConfig",
            "EnableNetworkIsolation",
            "VpcConfig",
        ),
    ),
    WorkloadKind("sagemaker.pipeline", "pipeline", "sagemaker", roles=("RoleArn",), name=("PipelineName",)),
    WorkloadKind(
        "sagemaker.hyper_parameter_tuning_job",
        "tuning_job",
        "sagemaker",
        roles=("TrainingJobDefinition.RoleArn",),
        name=("HyperParameterTuningJobName",),
    ),
    WorkloadKind(
        "bedrock-agentcore-control.code_interpreter",
        "code_interpreter",
        "bedrock-agentcore",
        roles=("executionRoleArn",),
        attributes=("networkConfiguration", "status"),
    ),
    WorkloadKind(
        "bedrock-agentcore-control.browser",
        "browser",
        "bedrock-agentcore",
        roles=("executionRoleArn",),
        attributes=("networkConfiguration", "status"),
    ),
    WorkloadKind(
        "bedrock-agentcore-control.agent_runtime",
        "agent_runtime",
        "bedrock-agentcore",
        roles=("roleArn",),
        name=("agentRuntimeName",),
        attributes=("networkConfiguration", "status"),
    ),
    WorkloadKind(
        "bedrock-agent.agent",
        "agent",
        "bedrock",
        roles=("agentResourceRoleArn",),
        name=("agentName",),
        attributes=("agentStatus",),
    ),
    WorkloadKind("bedrock-agent.knowledge_base", "knowledge_base", "bedrock", roles=("roleArn",)),
    WorkloadKind(
        "bedrock.model_customization_job",
        "customization_job",
        "bedrock",
        roles=("roleArn",),
        name=("jobName",),
        attributes=("outputDataConfig", "trainingDataConfig", "vpcConfig", "status"),
    ),
    WorkloadKind(
        "bedrock.model_import_job",
        "import_job",
        "bedrock",
        roles=("roleArn",),
        name=("jobName",),
        attributes=("modelDataSource", "status"),
    ),
)

PIPELINES: Final = (
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
)

KINDS: Final = {item.record: item for item in (*COMPUTE, *LEARNING, *PIPELINES)}
"""Record kind -> where to look."""

SERVICES: Final = tuple(sorted({kind.partition(".")[0] for kind in KINDS}))
"""The record files that hold workloads."""
