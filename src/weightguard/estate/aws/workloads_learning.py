"""Machine learning services, as data: where their roles stand.

Paths are the members of the provider's own answers, dotted; lists on the way are opened. Source: the API reference of each
service, under the operation that describes the resource.
"""

from __future__ import annotations

from typing import Final

from weightguard.estate.aws.workload_kind import WorkloadKind

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
