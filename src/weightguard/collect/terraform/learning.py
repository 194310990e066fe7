"""Tables: machine learning services. Source: Terraform AWS provider documentation, the page of each resource type."""

from __future__ import annotations

from typing import Final

from weightguard.collect.terraform.shapes import Shape

VPC: Final = {
    "VpcConfig.Subnets": "vpc_config.subnets[]",
    "VpcConfig.SecurityGroupIds": "vpc_config.security_group_ids[]",
}
MODE: Final = {"networkConfiguration.networkMode": "network_configuration.network_mode"}

SHAPES: Final = (
    Shape(
        "aws_sagemaker_notebook_instance",
        "sagemaker.notebook_instance",
        "ListNotebookInstances",
        {
            "NotebookInstanceName": "name",
            "RoleArn": "role_arn",
            "InstanceType": "instance_type",
            "DirectInternetAccess": "direct_internet_access",
            "RootAccess": "root_access",
            "SubnetId": "subnet_id",
            "KmsKeyId": "kms_key_id",
            "Url": "url",
            "NotebookInstanceLifecycleConfigName": "lifecycle_config_name",
            "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion": (
                "instance_metadata_service_configuration.minimum_instance_metadata_service_version"
            ),
        },
    ),
    Shape(
        "aws_sagemaker_notebook_instance_lifecycle_configuration",
        "sagemaker.notebook_instance_lifecycle_config",
        "ListNotebookInstanceLifecycleConfigs",
        {"NotebookInstanceLifecycleConfigName": "name"},
    ),
    Shape(
        "aws_sagemaker_model",
        "sagemaker.model",
        "ListModels",
        {
            "ModelName": "name",
            "ExecutionRoleArn": "execution_role_arn",
            "EnableNetworkIsolation": "enable_network_isolation",
            "PrimaryContainer.Image": "primary_container.image",
            "PrimaryContainer.ModelDataUrl": "primary_container.model_data_url",
            **VPC,
        },
    ),
    Shape(
        "aws_sagemaker_domain",
        "sagemaker.domain",
        "ListDomains",
        {
            "DomainId": "id",
            "DomainName": "domain_name",
            "AuthMode": "auth_mode",
            "AppNetworkAccessType": "app_network_access_type",
            "KmsKeyId": "kms_key_id",
            "VpcId": "vpc_id",
            "DefaultUserSettings.ExecutionRole": "default_user_settings.execution_role",
            "DefaultSpaceSettings.ExecutionRole": "default_space_settings.execution_role",
        },
    ),
    Shape(
        "aws_sagemaker_user_profile",
        "sagemaker.user_profile",
        "ListUserProfiles",
        {
            "UserProfileName": "user_profile_name",
            "DomainId": "domain_id",
            "UserSettings.ExecutionRole": "user_settings.execution_role",
        },
    ),
    Shape(
        "aws_sagemaker_endpoint",
        "sagemaker.endpoint",
        "ListEndpoints",
        {"EndpointName": "name", "EndpointConfigName": "endpoint_config_name"},
    ),
    Shape(
        "aws_sagemaker_endpoint_configuration",
        "sagemaker.endpoint_config",
        "ListEndpointConfigs",
        {
            "EndpointConfigName": "name",
            "KmsKeyId": "kms_key_arn",
            "ExecutionRoleArn": "execution_role_arn",
            "DataCaptureConfig.DestinationS3Uri": "data_capture_config.destination_s3_uri",
        },
    ),
    Shape(
        "aws_sagemaker_pipeline",
        "sagemaker.pipeline",
        "ListPipelines",
        {"PipelineName": "pipeline_name", "RoleArn": "role_arn"},
    ),
    Shape(
        "aws_sagemaker_training_job",
        "sagemaker.training_job",
        "ListTrainingJobs",
        {
            "TrainingJobName": "training_job_name",
            "RoleArn": "role_arn",
            "TrainingJobStatus": "training_job_status",
            "EnableNetworkIsolation": "enable_network_isolation",
            "OutputDataConfig.S3OutputPath": "output_data_config.s3_output_path",
            "OutputDataConfig.KmsKeyId": "output_data_config.kms_key_id",
            **VPC,
        },
    ),
    Shape(
        "aws_sagemaker_model_package_group",
        "sagemaker.model_package_group",
        "ListModelPackageGroups",
        {"ModelPackageGroupName": "model_package_group_name"},
    ),
    Shape(
        "aws_bedrockagentcore_code_interpreter",
        "bedrock-agentcore-control.code_interpreter",
        "ListCodeInterpreters",
        {
            "codeInterpreterId": "code_interpreter_id",
            "name": "name",
            "executionRoleArn": "execution_role_arn",
            **MODE,
        },
        id=("code_interpreter_arn", "code_interpreter_id"),
        arn="arn:{partition}:bedrock-agentcore:{region}:{account}:code-interpreter-custom/{id}",
    ),
    Shape(
        "aws_bedrockagentcore_browser",
        "bedrock-agentcore-control.browser",
        "ListBrowsers",
        {"browserId": "browser_id", "name": "name", "executionRoleArn": "execution_role_arn", **MODE},
        id=("browser_arn", "browser_id"),
        arn="arn:{partition}:bedrock-agentcore:{region}:{account}:browser-custom/{id}",
    ),
    Shape(
        "aws_bedrockagentcore_agent_runtime",
        "bedrock-agentcore-control.agent_runtime",
        "ListAgentRuntimes",
        {
            "agentRuntimeId": "agent_runtime_id",
            "agentRuntimeName": "agent_runtime_name",
            "roleArn": "role_arn",
            **MODE,
        },
        id=("agent_runtime_arn", "agent_runtime_id"),
        arn="arn:{partition}:bedrock-agentcore:{region}:{account}:runtime/{id}",
    ),
    Shape(
        "aws_bedrockagent_agent",
        "bedrock-agent.agent",
        "ListAgents",
        {
            "agentId": "agent_id",
            "agentName": "agent_name",
            "agentResourceRoleArn": "agent_resource_role_arn",
            "agentStatus": "agent_status",
        },
        id=("agent_arn", "agent_id"),
    ),
    Shape(
        "aws_bedrockagent_knowledge_base",
        "bedrock-agent.knowledge_base",
        "ListKnowledgeBases",
        {"knowledgeBaseId": "id", "name": "name", "roleArn": "role_arn"},
    ),
    Shape(
        "aws_bedrock_custom_model",
        "bedrock.model_customization_job",
        "ListModelCustomizationJobs",
        {
            "jobArn": "job_arn",
            "jobName": "job_name",
            "roleArn": "role_arn",
            "status": "job_status",
            "customModelArn": "custom_model_arn",
            "outputDataConfig.s3Uri": "output_data_config.s3_uri",
            "trainingDataConfig.s3Uri": "training_data_config.s3_uri",
        },
        id=("job_arn", "custom_model_arn"),
    ),
)
