"""Workloads that run as a role, each with the attributes that the Terraform provider gives its resource type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attack_labs.lab import REGION, Lab

Maker = Callable[[Lab, str], str]
"""Adds a workload that runs as a role (an ARN; the empty string is none) and says its ARN."""


def _profile(lab: Lab, role: str) -> str:
    return lab.profile(role.rpartition("/")[2]) if role else ""


def function(lab: Lab, role: str, name: str = "target-function", **more: Any) -> str:
    arn = lab.arn("lambda", f"function:{name}")
    lab.add(
        "aws_lambda_function", name, arn=arn, id=name, function_name=name, role=role, runtime="python3.12", handler="index.handler",
        package_type="Zip", filename="function.zip", **more,
    )  # fmt: skip
    return arn


def instance(lab: Lab, role: str, tags: Mapping[str, str] | None = None) -> str:
    arn = lab.arn("ec2", "instance/i-0123456789abcdef0")
    lab.add(
        "aws_instance", "target", arn=arn, id="i-0123456789abcdef0", ami="ami-0abcdef1234567890", instance_type="t3.micro",
        iam_instance_profile=_profile(lab, role), instance_state="running", public_ip="203.0.113.10", tags=tags or {},
        associate_public_ip_address=True, vpc_security_group_ids=["sg-0123456789abcdef0"],
        metadata_options=[{"http_endpoint": "enabled", "http_tokens": "required"}],
    )  # fmt: skip
    return arn


def launch_template(lab: Lab, role: str) -> str:
    arn = lab.arn("ec2", "launch-template/lt-0123456789abcdef0")
    profile = _profile(lab, role)
    lab.add(
        "aws_launch_template", "target", arn=arn, id="lt-0123456789abcdef0", name="target-template", default_version=1,
        latest_version=1, image_id="ami-0abcdef1234567890",
        iam_instance_profile=[{"name": profile, "arn": ""}] if profile else [],
    )  # fmt: skip
    lab.add(
        "aws_autoscaling_group", "target", arn=lab.arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/target"),
        id="target", name="target", launch_template=[{"id": "lt-0123456789abcdef0", "version": "$Default"}], desired_capacity=1,
    )  # fmt: skip
    return arn


def cluster(lab: Lab, role: str = "") -> str:
    arn = lab.arn("ecs", "cluster/target-cluster")
    lab.add("aws_ecs_cluster", "target", arn=arn, id=arn, name="target-cluster")
    return arn


def task_definition(lab: Lab, role: str, execution: str = "") -> str:
    arn = lab.arn("ecs", "task-definition/target-task:1")
    containers = [
        {"name": "sleep", "image": "public.ecr.aws/docker/library/alpine:latest", "essential": True}
    ]
    lab.add(
        "aws_ecs_task_definition", "target", arn=arn, arn_without_revision=arn.removesuffix(":1"), id="target-task",
        family="target-task", revision=1, task_role_arn=role, execution_role_arn=execution, network_mode="awsvpc",
        requires_compatibilities=["FARGATE"], cpu="256", memory="512", container_definitions=json.dumps(containers),
    )  # fmt: skip
    return arn


def ecs_service(lab: Lab, role: str, exec_enabled: bool = True) -> str:
    clustered, task = cluster(lab), task_definition(lab, role)
    arn = lab.arn("ecs", "service/target-cluster/target-service")
    lab.add(
        "aws_ecs_service", "target", id=arn, name="target-service", cluster=clustered, task_definition=task, desired_count=1,
        launch_type="FARGATE", enable_execute_command=exec_enabled,
        iam_role="/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
    )  # fmt: skip
    return arn


def cluster_with_instance(lab: Lab, role: str = "") -> str:
    """A cluster with an instance that registered itself, under a role for that alone."""
    arn = cluster(lab)
    agent = lab.role(
        "ecs-instance-role", _ec2_trust(), {"Effect": "Allow", "Action": "ecs:Submit*", "Resource": "*"}
    )
    instance(lab, agent)
    return arn


def _ec2_trust() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def dev_endpoint(lab: Lab, role: str) -> str:
    arn = lab.arn("glue", "devEndpoint/target-endpoint")
    lab.add(
        "aws_glue_dev_endpoint",
        "target",
        arn=arn,
        id="target-endpoint",
        name="target-endpoint",
        role_arn=role,
        status="READY",
    )
    return arn


def glue_job(lab: Lab, role: str) -> str:
    arn = lab.arn("glue", "job/target-job")
    command = [{"name": "pythonshell", "script_location": "s3://scripts/job.py", "python_version": "3.9"}]
    lab.add(
        "aws_glue_job", "target", arn=arn, id="target-job", name="target-job", role_arn=role, command=command
    )
    return arn


def notebook(lab: Lab, role: str) -> str:
    arn = lab.arn("sagemaker", "notebook-instance/target-notebook")
    lab.add(
        "aws_sagemaker_notebook_instance", "target", arn=arn, id="target-notebook", name="target-notebook", role_arn=role,
        instance_type="ml.t3.medium", direct_internet_access="Enabled", root_access="Enabled", lifecycle_config_name="",
    )  # fmt: skip
    return arn


def domain(lab: Lab, role: str, profile_role: str = "") -> str:
    """A SageMaker domain with one user profile; says the profile's ARN."""
    lab.add(
        "aws_sagemaker_domain", "target", arn=lab.arn("sagemaker", "domain/d-target"), id="d-target", domain_name="target",
        auth_mode="IAM", vpc_id="vpc-1", default_user_settings=[{"execution_role": role}],
    )  # fmt: skip
    arn = lab.arn("sagemaker", "user-profile/d-target/target-profile")
    settings = [{"execution_role": profile_role}] if profile_role else []
    lab.add(
        "aws_sagemaker_user_profile", "target", arn=arn, id=arn, domain_id="d-target", user_profile_name="target-profile",
        user_settings=settings,
    )  # fmt: skip
    return arn


def build_project(lab: Lab, role: str) -> str:
    arn = lab.arn("codebuild", "project/target-project")
    lab.add(
        "aws_codebuild_project", "target", arn=arn, id=arn, name="target-project", service_role=role,
        source=[{"type": "NO_SOURCE", "buildspec": "version: 0.2"}], build_batch_config=[{"service_role": role}],
        environment=[{"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "privileged_mode": False}],
    )  # fmt: skip
    return arn


def stack(lab: Lab, role: str) -> str:
    arn = lab.arn("cloudformation", "stack/target-stack/00000000-0000-4000-8000-000000000000")
    lab.add(
        "aws_cloudformation_stack",
        "target",
        id=arn,
        name="target-stack",
        iam_role_arn=role,
        capabilities=["CAPABILITY_NAMED_IAM"],
    )
    return arn


def stack_set(lab: Lab, role: str) -> str:
    arn = lab.arn("cloudformation", "stackset/target-set:00000000-0000-4000-8000-000000000000")
    lab.add(
        "aws_cloudformation_stack_set", "target", arn=arn, id="target-set", name="target-set", administration_role_arn=role,
        stack_set_id="target-set:00000000-0000-4000-8000-000000000000", permission_model="SELF_MANAGED",
        execution_role_name="AWSCloudFormationStackSetExecutionRole",
    )  # fmt: skip
    lab.add(
        "aws_cloudformation_stack_set_instance",
        "target",
        stack_set_name="target-set",
        account_id=lab.account,
        region=REGION,
    )
    return arn


def apprunner_service(lab: Lab, role: str) -> str:
    arn = lab.arn("apprunner", "service/target-service/0123456789abcdef0123456789abcdef")
    lab.add(
        "aws_apprunner_service", "target", arn=arn, id=arn, service_name="target-service", status="RUNNING",
        service_id="0123456789abcdef0123456789abcdef", instance_configuration=[{"instance_role_arn": role, "cpu": "1024"}],
    )  # fmt: skip
    return arn


def code_interpreter(lab: Lab, role: str) -> str:
    arn = lab.arn("bedrock-agentcore", "code-interpreter-custom/target-0123456789")
    lab.add(
        "aws_bedrockagentcore_code_interpreter", "target", code_interpreter_arn=arn, code_interpreter_id="target-0123456789",
        name="target", execution_role_arn=role, network_configuration=[{"network_mode": "PUBLIC"}],
    )  # fmt: skip
    return arn


def agent_runtime(lab: Lab, role: str) -> str:
    arn = lab.arn("bedrock-agentcore", "runtime/target-0123456789")
    lab.add(
        "aws_bedrockagentcore_agent_runtime", "target", agent_runtime_arn=arn, agent_runtime_id="target-0123456789",
        agent_runtime_name="target", role_arn=role, network_configuration=[{"network_mode": "PUBLIC"}],
    )  # fmt: skip
    return arn


def job_definition(lab: Lab, role: str) -> str:
    arn = lab.arn("batch", "job-definition/target-job:1")
    container = {"image": "alpine", "jobRoleArn": role, "command": ["sleep"]}
    lab.add(
        "aws_batch_job_definition", "target", arn=arn, id=arn, name="target-job", type="container", revision=1,
        container_properties=json.dumps(container),
    )  # fmt: skip
    lab.add(
        "aws_batch_job_queue",
        "target",
        arn=lab.arn("batch", "job-queue/target-queue"),
        name="target-queue",
        state="ENABLED",
    )
    return arn


def emr_cluster(lab: Lab, role: str) -> str:
    arn = lab.arn("elasticmapreduce", "cluster/j-TARGET")
    lab.add(
        "aws_emr_cluster", "target", arn=arn, id="j-TARGET", name="target", cluster_state="WAITING",
        service_role=lab.iam("role/EMR_DefaultRole"), ec2_attributes=[{"instance_profile": _profile(lab, role)}],
    )  # fmt: skip
    return arn


def state_machine(lab: Lab, role: str) -> str:
    arn = lab.arn("states", "stateMachine:target-machine")
    lab.add(
        "aws_sfn_state_machine",
        "target",
        arn=arn,
        id=arn,
        name="target-machine",
        role_arn=role,
        type="STANDARD",
        status="ACTIVE",
    )
    return arn


def nothing(lab: Lab, role: str) -> str:
    return ""
