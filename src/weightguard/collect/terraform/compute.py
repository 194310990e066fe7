"""Tables: code that runs as a role. Source: Terraform AWS provider documentation, the page of each resource type."""

from __future__ import annotations

from typing import Final

from weightguard.collect.terraform.shapes import Shape


def _ec2(resource: str) -> str:
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/{{id}}"


VPC: Final = {
    "vpcConfig.subnets": "vpc_config.subnets[]",
    "vpcConfig.securityGroupIds": "vpc_config.security_group_ids[]",
}
NETWORK: Final = {"networkConfiguration.networkMode": "network_configuration.network_mode"}

SHAPES: Final = (
    Shape(
        "aws_instance",
        "ec2.instance",
        "DescribeInstances",
        {
            "InstanceId": "id",
            "ImageId": "ami",
            "InstanceType": "instance_type",
            "State.Name": "instance_state",
            "PublicIpAddress": "public_ip",
            "PrivateIpAddress": "private_ip",
            "SubnetId": "subnet_id",
            "KeyName": "key_name",
            "IamInstanceProfile.Name": "iam_instance_profile",
            "MetadataOptions.HttpTokens": "metadata_options.http_tokens",
            "MetadataOptions.HttpEndpoint": "metadata_options.http_endpoint",
            "MetadataOptions.HttpPutResponseHopLimit": "metadata_options.http_put_response_hop_limit",
            "EnclaveOptions.Enabled": "enclave_options.enabled",
            "LaunchTemplate.LaunchTemplateId": "launch_template.id",
        },
        arn=_ec2("instance"),
    ),
    Shape(
        "aws_spot_instance_request",
        "ec2.instance",
        "DescribeInstances",
        {
            "InstanceId": "spot_instance_id",
            "ImageId": "ami",
            "InstanceType": "instance_type",
            "PublicIpAddress": "public_ip",
            "SubnetId": "subnet_id",
            "IamInstanceProfile.Name": "iam_instance_profile",
        },
        id=("spot_instance_id",),
        arn=_ec2("instance"),
    ),
    Shape(
        "aws_launch_template",
        "ec2.launch_template",
        "DescribeLaunchTemplates",
        {
            "LaunchTemplateId": "id",
            "LaunchTemplateName": "name",
            "DefaultVersionNumber": "default_version",
            "LatestVersionNumber": "latest_version",
            "LaunchTemplateData.IamInstanceProfile.Arn": "iam_instance_profile.arn",
            "LaunchTemplateData.IamInstanceProfile.Name": "iam_instance_profile.name",
            "LaunchTemplateData.ImageId": "image_id",
            "LaunchTemplateData.MetadataOptions.HttpTokens": "metadata_options.http_tokens",
        },
        arn=_ec2("launch-template"),
    ),
    Shape(
        "aws_launch_configuration",
        "autoscaling.launch_configuration",
        "DescribeLaunchConfigurations",
        {
            "LaunchConfigurationName": "name",
            "IamInstanceProfile": "iam_instance_profile",
            "ImageId": "image_id",
        },
    ),
    Shape(
        "aws_autoscaling_group",
        "autoscaling.auto_scaling_group",
        "DescribeAutoScalingGroups",
        {
            "AutoScalingGroupName": "name",
            "LaunchTemplate.LaunchTemplateId": "launch_template.id",
            "LaunchTemplate.LaunchTemplateName": "launch_template.name",
            "LaunchTemplate.Version": "launch_template.version",
            "LaunchConfigurationName": "launch_configuration",
            "DesiredCapacity": "desired_capacity",
            "MinSize": "min_size",
            "MaxSize": "max_size",
        },
    ),
    Shape(
        "aws_ecs_cluster",
        "ecs.cluster",
        "ListClusters",
        {"clusterArn": "arn", "clusterName": "name"},
    ),
    Shape(
        "aws_ecs_service",
        "ecs.service",
        "ListServices",
        {
            "serviceArn": "id",
            "serviceName": "name",
            "clusterArn": "cluster",
            "taskDefinition": "task_definition",
            "desiredCount": "desired_count",
            "launchType": "launch_type",
            "enableExecuteCommand": "enable_execute_command",
            "roleArn": "iam_role",
        },
        arn="arn:{partition}:ecs:{region}:{account}:service/{id}",
    ),
    Shape(
        "aws_ecs_task_definition",
        "ecs.task_definition",
        "ListTaskDefinitions",
        {
            "taskDefinitionArn": "arn",
            "family": "family",
            "revision": "revision",
            "taskRoleArn": "task_role_arn",
            "executionRoleArn": "execution_role_arn",
            "networkMode": "network_mode",
            "requiresCompatibilities": "requires_compatibilities[]",
            "cpu": "cpu",
            "memory": "memory",
        },
    ),
    Shape(
        "aws_batch_compute_environment",
        "batch.compute_environment",
        "DescribeComputeEnvironments",
        {
            "computeEnvironmentName": "compute_environment_name",
            "type": "type",
            "state": "state",
            "serviceRole": "service_role",
            "computeResources.instanceRole": "compute_resources.instance_role",
            "computeResources.type": "compute_resources.type",
        },
        id=("arn",),
    ),
    Shape(
        "aws_batch_job_queue",
        "batch.job_queue",
        "DescribeJobQueues",
        {"jobQueueName": "name", "state": "state"},
    ),
    Shape(
        "aws_apprunner_service",
        "apprunner.service",
        "ListServices",
        {
            "ServiceName": "service_name",
            "ServiceId": "service_id",
            "ServiceUrl": "service_url",
            "Status": "status",
            "InstanceConfiguration.InstanceRoleArn": "instance_configuration.instance_role_arn",
            "SourceConfiguration.AuthenticationConfiguration.AccessRoleArn": (
                "source_configuration.authentication_configuration.access_role_arn"
            ),
            "SourceConfiguration.ImageRepository.ImageIdentifier": "source_configuration.image_repository.image_identifier",
        },
    ),
    Shape(
        "aws_emr_cluster",
        "emr.cluster",
        "ListClusters",
        {
            "Id": "id",
            "Name": "name",
            "Status.State": "cluster_state",
            "ServiceRole": "service_role",
            "AutoScalingRole": "autoscaling_role",
            "Ec2InstanceAttributes.IamInstanceProfile": "ec2_attributes.instance_profile",
            "Ec2InstanceAttributes.Ec2SubnetId": "ec2_attributes.subnet_id",
            "SecurityConfiguration": "security_configuration",
            "MasterPublicDnsName": "master_public_dns",
        },
        arn="arn:{partition}:elasticmapreduce:{region}:{account}:cluster/{id}",
    ),
    Shape(
        "aws_emrserverless_application",
        "emr-serverless.application",
        "ListApplications",
        {"name": "name", "type": "type"},
    ),
    Shape(
        "aws_emrcontainers_virtual_cluster",
        "emr-containers.virtual_cluster",
        "ListVirtualClusters",
        {"name": "name"},
    ),
    Shape(
        "aws_eks_cluster",
        "eks.cluster",
        "ListClusters",
        {
            "name": "name",
            "roleArn": "role_arn",
            "status": "status",
            "version": "version",
            "identity.oidc.issuer": "identity.oidc.issuer",
            "accessConfig.authenticationMode": "access_config.authentication_mode",
            "accessConfig.bootstrapClusterCreatorAdminPermissions": "access_config.bootstrap_cluster_creator_admin_permissions",
            "resourcesVpcConfig.endpointPublicAccess": "vpc_config.endpoint_public_access",
            "resourcesVpcConfig.endpointPrivateAccess": "vpc_config.endpoint_private_access",
            "resourcesVpcConfig.publicAccessCidrs": "vpc_config.public_access_cidrs[]",
        },
        id=("arn",),
    ),
    Shape(
        "aws_eks_node_group",
        "eks.nodegroup",
        "ListNodegroups",
        {
            "nodegroupName": "node_group_name",
            "clusterName": "cluster_name",
            "nodeRole": "node_role_arn",
            "status": "status",
        },
    ),
    Shape(
        "aws_eks_fargate_profile",
        "eks.fargate_profile",
        "ListFargateProfiles",
        {
            "fargateProfileName": "fargate_profile_name",
            "clusterName": "cluster_name",
            "podExecutionRoleArn": "pod_execution_role_arn",
            "status": "status",
        },
    ),
    Shape(
        "aws_eks_pod_identity_association",
        "eks.pod_identity_association",
        "ListPodIdentityAssociations",
        {
            "clusterName": "cluster_name",
            "namespace": "namespace",
            "serviceAccount": "service_account",
            "roleArn": "role_arn",
            "targetRoleArn": "target_role_arn",
        },
        id=("association_arn", "association_id", "id"),
    ),
    Shape(
        "aws_eks_access_entry",
        "eks.access_entry",
        "ListAccessEntries",
        {
            "clusterName": "cluster_name",
            "principalArn": "principal_arn",
            "kubernetesGroups": "kubernetes_groups[]",
            "type": "type",
        },
        id=("access_entry_arn", "id"),
    ),
    Shape(
        "aws_imagebuilder_infrastructure_configuration",
        "imagebuilder.infrastructure_configuration",
        "ListInfrastructureConfigurations",
        {"name": "name", "instanceProfileName": "instance_profile_name"},
    ),
    Shape(
        "aws_mwaa_environment",
        "mwaa.environment",
        "ListEnvironments",
        {
            "Name": "name",
            "ExecutionRoleArn": "execution_role_arn",
            "WebserverAccessMode": "webserver_access_mode",
            "Status": "status",
        },
    ),
)
