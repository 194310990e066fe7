"""A little of every further service that the collector reads: hosts, disks, functions, clusters, jobs, images, watchers."""

from __future__ import annotations

import io
import zipfile

import emulators
from emulators import ACCOUNT, Client, policy

TRUSTING = (
    "lambda",
    "ecs-tasks",
    "sagemaker",
    "codebuild",
    "glue",
    "cloudformation",
    "tasks.apprunner",
    "eks",
    "elasticmapreduce",
    "rolesanywhere",
)
OPEN = policy(
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*", "Resource": "*"}
)


def wide_lab(url: str) -> None:
    """Build it; needs the roles of `emulators.lab` no more than it needs the rest of it."""
    client = emulators.clients(url)
    statements = [
        {"Effect": "Allow", "Principal": {"Service": f"{name}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        for name in TRUSTING
    ]
    trust = policy(*statements)
    role = client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    _machines(client)
    _functions(client, role)
    _containers(client, role)
    _learning(client, role)
    _delivery(client, role)
    _storage(client)
    _watching(client, role)
    _identity_centre(client)


def _machines(client: Client) -> None:
    ec2 = client("ec2")
    image = ec2.register_image(Name="host", RootDeviceName="/dev/sda1")["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"][
        0
    ]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="weights")["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=["999999999999"]
    )
    ec2.create_image(InstanceId=instance["InstanceId"], Name="golden")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)
    client("s3").create_bucket(Bucket="wide-flow-logs")
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::wide-flow-logs",
    )


def _functions(client: Client, role: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "def handler(event, context): return None")
    function = client("lambda")
    function.create_function(
        FunctionName="serve",
        Runtime="python3.12",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"API_TOKEN": "wg-canary-lambda-environment"}},
    )
    function.add_permission(
        FunctionName="serve", StatementId="any", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    function.create_function_url_config(FunctionName="serve", AuthType="NONE")


def _containers(client: Client, role: str) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="serving")
    container = {
        "name": "serve",
        "image": "serve",
        "memory": 64,
        "environment": [{"name": "K", "value": "wg-canary-task"}],
    }
    for _ in range(3):
        ecs.register_task_definition(
            family="serve",
            taskRoleArn=role,
            containerDefinitions=[container],
        )
    ecs.create_service(cluster="serving", serviceName="serve", taskDefinition="serve:1", desiredCount=0)
    ecs.run_task(cluster="serving", taskDefinition="serve:2", launchType="FARGATE")
    eks = client("eks")
    eks.create_cluster(
        name="training", roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]}
    )
    eks.create_nodegroup(clusterName="training", nodegroupName="nodes", subnets=["subnet-1"], nodeRole=role)
    eks.create_fargate_profile(
        clusterName="training",
        fargateProfileName="pods",
        podExecutionRoleArn=role,
        selectors=[{"namespace": "default"}],
    )
    ecr = client("ecr")
    ecr.create_repository(repositoryName="serve")
    ecr.set_repository_policy(repositoryName="serve", policyText=OPEN)


def _learning(client: Client, role: str) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_notebook_instance(
        NotebookInstanceName="bench", InstanceType="ml.t3.medium", RoleArn=role
    )
    container = {
        "Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/serve",
        "ModelDataUrl": "s3://lab-weights/models/alpha/",
    }
    sagemaker.create_model(ModelName="alpha", ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {
        "VariantName": "all",
        "ModelName": "alpha",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.g4dn.xlarge",
        "InitialVariantWeight": 1.0,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="alpha", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="alpha", EndpointConfigName="alpha")
    sagemaker.create_domain(
        DomainName="studio",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": role},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )


def _delivery(client: Client, role: str) -> None:
    client("codebuild").create_project(
        name="release",
        source={"type": "S3", "location": "sources/release.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "K", "value": "wg-canary-build"}],
        },
        serviceRole=role,
    )
    glue = client("glue")
    glue.create_job(
        Name="convert", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/convert.py"}
    )
    glue.create_dev_endpoint(EndpointName="shell", RoleArn=role)
    template = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName="base", TemplateBody=template, RoleARN=role)
    cloudformation.create_stack_set(
        StackSetName="everywhere", TemplateBody=template, AdministrationRoleARN=role
    )


def _storage(client: Client) -> None:
    efs = client("efs")
    system = efs.create_file_system(CreationToken="shared")["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=system, Policy=OPEN)
    efs.create_access_point(ClientToken="a", FileSystemId=system)
    client("fsx").create_file_system(
        FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=["subnet-0123456789abcdef0"]
    )
    client("backup").create_backup_vault(BackupVaultName="nightly")
    secrets = client("secretsmanager")
    secrets.create_secret(Name="key", SecretString="wg-canary-secret")
    secrets.put_resource_policy(SecretId="key", ResourcePolicy=OPEN)


def _watching(client: Client, role: str) -> None:
    client("guardduty").create_detector(Enable=True)
    client("macie2").enable_macie()
    client("config").put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}
    )


def _identity_centre(client: Client) -> None:
    sso = client("sso-admin")
    instance = sso.list_instances()["Instances"][0]["InstanceArn"]
    arn = sso.create_permission_set(Name="researcher", InstanceArn=instance)["PermissionSet"][
        "PermissionSetArn"
    ]
    sso.put_inline_policy_to_permission_set(InstanceArn=instance, PermissionSetArn=arn, InlinePolicy=OPEN)
    sso.provision_permission_set(
        InstanceArn=instance, PermissionSetArn=arn, TargetType="ALL_PROVISIONED_ACCOUNTS"
    )
    sso.create_account_assignment(
        InstanceArn=instance,
        PermissionSetArn=arn,
        PrincipalId="11111111-2222-3333-4444-555555555555",
        PrincipalType="GROUP",
        TargetId=ACCOUNT,
        TargetType="AWS_ACCOUNT",
    )
