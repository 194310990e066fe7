"""The techniques by which somebody runs code as a role: pass it to something new, or take over what already runs as it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attack_labs import workloads
from attack_labs.lab import Lab
from attack_labs.workloads import Maker


@dataclass(frozen=True, slots=True)
class Passing:
    """A role passed to something new (or changed).

    Attributes:
        needs: the actions beside ``iam:PassRole``, each with the narrowest resource that a lab would write.
        service: whom the role trusts.
        profile: the role has an instance profile.
        exists: what has to be there beforehand.
        spared: actions without which it still works some other way.
    """

    id: str
    needs: Mapping[str, str]
    service: str
    profile: bool = False
    exists: Maker = workloads.nothing
    spared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taking:
    """A workload that runs as a role taken over.

    Attributes:
        needs: actions by resource; ``{target}`` is the workload's ARN.
        service: whom the role trusts, since the workload runs as it.
        spared: actions without which it still works some other way.
    """

    id: str
    needs: Mapping[str, str]
    service: str
    make: Maker
    spared: frozenset[str] = frozenset()


def _in(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{{account}}:{resource}"


FUNCTION = _in("lambda", "function:pl-*")
CLUSTER = _in("ecs", "cluster/*")
TASKS = _in("ecs", "task-definition/*:*")
NOTEBOOK = _in("sagemaker", "notebook-instance/*")
ENI = "*"

PASSING = (
    Passing("apprunner-001", {"apprunner:CreateService": "*"}, "tasks.apprunner.amazonaws.com"),
    Passing(
        "bedrock-001",
        {
            "bedrock-agentcore:CreateCodeInterpreter": "*",
            "bedrock-agentcore:StartCodeInterpreterSession": _in(
                "bedrock-agentcore", "code-interpreter-custom/*"
            ),
            "bedrock-agentcore:InvokeCodeInterpreter": _in("bedrock-agentcore", "code-interpreter-custom/*"),
        },
        "bedrock-agentcore.amazonaws.com",
    ),
    Passing(
        "cloudformation-001",
        {"cloudformation:CreateStack": _in("cloudformation", "stack/pl-*/*")},
        "cloudformation.amazonaws.com",
    ),
    Passing(
        "cloudformation-003",
        {
            "cloudformation:CreateStackSet": "*",
            "cloudformation:CreateStackInstances": _in("cloudformation", "stackset/*:*"),
        },
        "cloudformation.amazonaws.com",
    ),
    Passing(
        "cloudformation-004",
        {"cloudformation:UpdateStackSet": _in("cloudformation", "stackset/target-set:*")},
        "cloudformation.amazonaws.com",
        exists=lambda lab, _: workloads.stack_set(
            lab, lab.role("harmless-administration", workloads_trust("cloudformation"))
        ),
    ),
    Passing(
        "codebuild-001",
        {
            "codebuild:CreateProject": _in("codebuild", "project/pl-*"),
            "codebuild:StartBuild": _in("codebuild", "project/pl-*"),
        },
        "codebuild.amazonaws.com",
    ),
    Passing(
        "codebuild-004",
        {
            "codebuild:CreateProject": _in("codebuild", "project/pl-*"),
            "codebuild:StartBuildBatch": _in("codebuild", "project/pl-*"),
        },
        "codebuild.amazonaws.com",
    ),
    Passing(
        "datapipeline-001",
        {
            "datapipeline:CreatePipeline": "*",
            "datapipeline:PutPipelineDefinition": "*",
            "datapipeline:ActivatePipeline": "*",
        },
        "datapipeline.amazonaws.com",
    ),
    Passing(
        "datapipeline-001-ec2",
        {
            "datapipeline:CreatePipeline": "*",
            "datapipeline:PutPipelineDefinition": "*",
            "datapipeline:ActivatePipeline": "*",
        },
        "ec2.amazonaws.com",
        profile=True,
    ),
    Passing("ec2-001", {"ec2:RunInstances": "*"}, "ec2.amazonaws.com", profile=True),
    Passing("ec2-003", {"ec2:RequestSpotInstances": "*"}, "ec2.amazonaws.com", profile=True),
    Passing(
        "ecs-001",
        {
            "ecs:CreateCluster": CLUSTER,
            "ecs:RegisterTaskDefinition": "*",
            "ecs:CreateService": _in("ecs", "service/*/*"),
        },
        "ecs-tasks.amazonaws.com",
    ),
    Passing(
        "ecs-002",
        {"ecs:CreateCluster": CLUSTER, "ecs:RegisterTaskDefinition": "*", "ecs:RunTask": TASKS},
        "ecs-tasks.amazonaws.com",
    ),
    Passing(
        "ecs-003",
        {"ecs:RegisterTaskDefinition": "*", "ecs:CreateService": _in("ecs", "service/target-cluster/*")},
        "ecs-tasks.amazonaws.com",
        exists=workloads.cluster,
    ),
    Passing(
        "ecs-004",
        {"ecs:RegisterTaskDefinition": "*", "ecs:RunTask": TASKS},
        "ecs-tasks.amazonaws.com",
        exists=workloads.cluster,
    ),
    Passing(
        "ecs-005",
        {"ecs:RegisterTaskDefinition": "*", "ecs:StartTask": TASKS},
        "ecs-tasks.amazonaws.com",
        exists=workloads.cluster_with_instance,
    ),
    Passing("glue-001", {"glue:CreateDevEndpoint": "*"}, "glue.amazonaws.com"),
    Passing("glue-003", {"glue:CreateJob": "*", "glue:StartJobRun": "*"}, "glue.amazonaws.com"),
    Passing("glue-004", {"glue:CreateJob": "*", "glue:CreateTrigger": "*"}, "glue.amazonaws.com"),
    Passing(
        "glue-005",
        {"glue:UpdateJob": _in("glue", "job/target-job"), "glue:StartJobRun": _in("glue", "job/target-job")},
        "glue.amazonaws.com",
        exists=lambda lab, _: workloads.glue_job(lab, lab.role("harmless-job", workloads_trust("glue"))),
    ),
    Passing(
        "glue-006",
        {"glue:UpdateJob": _in("glue", "job/target-job"), "glue:CreateTrigger": _in("glue", "trigger/*")},
        "glue.amazonaws.com",
        exists=lambda lab, _: workloads.glue_job(lab, lab.role("harmless-job", workloads_trust("glue"))),
    ),
    Passing(
        "lambda-001",
        {"lambda:CreateFunction": FUNCTION, "lambda:InvokeFunction": FUNCTION},
        "lambda.amazonaws.com",
    ),
    Passing(
        "lambda-002",
        {"lambda:CreateFunction": "*", "lambda:CreateEventSourceMapping": "*"},
        "lambda.amazonaws.com",
    ),
    Passing(
        "lambda-006",
        {"lambda:CreateFunction": FUNCTION, "lambda:AddPermission": FUNCTION},
        "lambda.amazonaws.com",
    ),
    Passing("sagemaker-001", {"sagemaker:CreateNotebookInstance": NOTEBOOK}, "sagemaker.amazonaws.com"),
    Passing(
        "sagemaker-002",
        {"sagemaker:CreateTrainingJob": _in("sagemaker", "training-job/*")},
        "sagemaker.amazonaws.com",
    ),
    Passing(
        "sagemaker-003",
        {"sagemaker:CreateProcessingJob": _in("sagemaker", "processing-job/*")},
        "sagemaker.amazonaws.com",
    ),
    # Kindred techniques of the same services, which labs show besides
    Passing("glue-007", {"glue:CreateSession": "*", "glue:RunStatement": "*"}, "glue.amazonaws.com"),
    Passing(
        "codebuild-005",
        {
            "codebuild:UpdateProject": _in("codebuild", "project/target-project"),
            "codebuild:StartBuild": _in("codebuild", "project/target-project"),
        },
        "codebuild.amazonaws.com",
        exists=lambda lab, _: workloads.build_project(
            lab, lab.role("harmless-build", workloads_trust("codebuild"))
        ),
    ),
    Passing(
        "ecs-007",
        {"ecs:StartTask": TASKS, "ecs:RegisterContainerInstance": CLUSTER},
        "ecs-tasks.amazonaws.com",
        spared=frozenset({"ecs:RegisterContainerInstance"}),
        exists=lambda lab, _: workloads.task_definition(lab, "") + workloads.cluster(lab),
    ),
    Passing(
        "batch-001",
        {"batch:RegisterJobDefinition": "*", "batch:SubmitJob": "*"},
        "ecs-tasks.amazonaws.com",
        exists=lambda lab, _: workloads.job_definition(lab, ""),
    ),
    Passing(
        "states-001", {"states:CreateStateMachine": "*", "states:StartExecution": "*"}, "states.amazonaws.com"
    ),
    Passing("scheduler-001", {"scheduler:CreateSchedule": "*"}, "scheduler.amazonaws.com"),
    Passing("ssm-003", {"ssm:StartAutomationExecution": "*"}, "ssm.amazonaws.com"),
    Passing("elasticmapreduce-001", {"elasticmapreduce:RunJobFlow": "*"}, "ec2.amazonaws.com", profile=True),
    Passing(
        "autoscaling-001",
        {"autoscaling:CreateLaunchConfiguration": "*", "autoscaling:CreateAutoScalingGroup": "*"},
        "ec2.amazonaws.com",
        profile=True,
    ),
    Passing(
        "imagebuilder-001",
        {
            "imagebuilder:CreateInfrastructureConfiguration": "*",
            "imagebuilder:CreateImagePipeline": "*",
            "imagebuilder:StartImagePipelineExecution": "*",
        },
        "ec2.amazonaws.com",
        profile=True,
    ),
    Passing(
        "bedrock-003",
        {"bedrock-agentcore:CreateAgentRuntime": "*", "bedrock-agentcore:InvokeAgentRuntime": "*"},
        "bedrock-agentcore.amazonaws.com",
    ),
    Passing(
        "lambda-001-function-url",
        {"lambda:CreateFunction": "*", "lambda:CreateFunctionUrlConfig": "*", "lambda:AddPermission": "*"},
        "lambda.amazonaws.com",
        spared=frozenset({"lambda:CreateFunctionUrlConfig"}),
    ),
)


def workloads_trust(service: str) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def _exec_service(lab: Lab, role: str) -> str:
    workloads.ecs_service(lab, role)
    return lab.arn("ecs", "task/target-cluster/*")


def _shut_service(lab: Lab, role: str) -> str:
    workloads.ecs_service(lab, role, exec_enabled=False)
    return lab.arn("ecs", "task/target-cluster/*")


TAKING = (
    Taking(
        "apprunner-002",
        {"apprunner:UpdateService": "{target}"},
        "tasks.apprunner.amazonaws.com",
        workloads.apprunner_service,
    ),
    Taking(
        "bedrock-002",
        {
            "bedrock-agentcore:StartCodeInterpreterSession": "{target}",
            "bedrock-agentcore:InvokeCodeInterpreter": "{target}",
        },
        "bedrock-agentcore.amazonaws.com",
        workloads.code_interpreter,
    ),
    Taking(
        "cloudformation-002",
        {"cloudformation:UpdateStack": "{target}"},
        "cloudformation.amazonaws.com",
        workloads.stack,
    ),
    Taking(
        "cloudformation-005",
        {"cloudformation:CreateChangeSet": "{target}", "cloudformation:ExecuteChangeSet": "{target}"},
        "cloudformation.amazonaws.com",
        workloads.stack,
    ),
    Taking(
        "codebuild-002",
        {"codebuild:StartBuild": "{target}"},
        "codebuild.amazonaws.com",
        workloads.build_project,
    ),
    Taking(
        "codebuild-003",
        {"codebuild:StartBuildBatch": "{target}"},
        "codebuild.amazonaws.com",
        workloads.build_project,
    ),
    Taking(
        "ec2-002",
        {
            "ec2:ModifyInstanceAttribute": "{target}",
            "ec2:StopInstances": "{target}",
            "ec2:StartInstances": "{target}",
        },
        "ec2.amazonaws.com",
        workloads.instance,
    ),
    Taking(
        "ec2-004",
        {"ec2:CreateLaunchTemplateVersion": "{target}", "ec2:ModifyLaunchTemplate": "{target}"},
        "ec2.amazonaws.com",
        workloads.launch_template,
    ),
    Taking(
        "ec2instanceconnect-003",
        {"ec2-instance-connect:SendSSHPublicKey": "{target}"},
        "ec2.amazonaws.com",
        workloads.instance,
    ),
    Taking("glue-002", {"glue:UpdateDevEndpoint": "{target}"}, "glue.amazonaws.com", workloads.dev_endpoint),
    Taking(
        "lambda-003", {"lambda:UpdateFunctionCode": "{target}"}, "lambda.amazonaws.com", workloads.function
    ),
    Taking(
        "lambda-004",
        {"lambda:UpdateFunctionCode": "{target}", "lambda:InvokeFunction": "{target}"},
        "lambda.amazonaws.com",
        workloads.function,
        spared=frozenset({"lambda:InvokeFunction"}),
    ),
    Taking(
        "lambda-005",
        {"lambda:UpdateFunctionCode": "{target}", "lambda:AddPermission": "{target}"},
        "lambda.amazonaws.com",
        workloads.function,
        spared=frozenset({"lambda:AddPermission"}),
    ),
    Taking(
        "sagemaker-004",
        {"sagemaker:CreatePresignedNotebookInstanceUrl": "{target}"},
        "sagemaker.amazonaws.com",
        workloads.notebook,
    ),
    Taking(
        "sagemaker-005",
        {
            "sagemaker:CreateNotebookInstanceLifecycleConfig": _in(
                "sagemaker", "notebook-instance-lifecycle-config/*"
            ),
            "sagemaker:StopNotebookInstance": "{target}",
            "sagemaker:UpdateNotebookInstance": "{target}",
            "sagemaker:StartNotebookInstance": "{target}",
        },
        "sagemaker.amazonaws.com",
        workloads.notebook,
    ),
    Taking("ssm-001", {"ssm:StartSession": "{target}"}, "ec2.amazonaws.com", workloads.instance),
    Taking(
        "ssm-002",
        {
            "ssm:SendCommand": "{target}",
            "ssm:SendCommand ": "arn:aws:ssm:us-east-1::document/AWS-RunShellScript",
        },
        "ec2.amazonaws.com",
        workloads.instance,
    ),
    # Kindred techniques of the same services
    Taking(
        "ecs-006",
        {
            "ecs:ExecuteCommand": "{target}",
            "ecs:ExecuteCommand ": _in("ecs", "cluster/target-cluster"),
            "ecs:DescribeTasks": "*",
        },
        "ecs-tasks.amazonaws.com",
        _exec_service,
        spared=frozenset({"ecs:DescribeTasks"}),
    ),
    Taking(
        "sagemaker-012",
        {"sagemaker:CreatePresignedDomainUrl": "{target}"},
        "sagemaker.amazonaws.com",
        workloads.domain,
    ),
    Taking(
        "sagemaker-012-profile",
        {"sagemaker:CreatePresignedDomainUrl": "{target}"},
        "sagemaker.amazonaws.com",
        lambda lab, role: workloads.domain(
            lab, lab.role("harmless-domain", workloads_trust("sagemaker")), role
        ),
    ),
    Taking(
        "lambda-008",
        {"lambda:UpdateFunctionConfiguration": "{target}", "lambda:InvokeFunction": "{target}"},
        "lambda.amazonaws.com",
        workloads.function,
        spared=frozenset({"lambda:InvokeFunction"}),
    ),
    Taking(
        "states-003",
        {"states:UpdateStateMachine": "{target}", "states:StartExecution": "{target}"},
        "states.amazonaws.com",
        workloads.state_machine,
    ),
    Taking(
        "batch-002",
        {"batch:SubmitJob": "{target}", "batch:SubmitJob ": _in("batch", "job-queue/target-queue")},
        "ecs-tasks.amazonaws.com",
        workloads.job_definition,
    ),
    Taking(
        "elasticmapreduce-002",
        {"elasticmapreduce:AddJobFlowSteps": "{target}"},
        "ec2.amazonaws.com",
        workloads.emr_cluster,
    ),
    Taking(
        "bedrock-006",
        {
            "bedrock-agentcore:UpdateAgentRuntime": "{target}",
            "bedrock-agentcore:InvokeAgentRuntime": "{target}",
            "iam:PassRole": "{role}",
        },
        "bedrock-agentcore.amazonaws.com",
        workloads.agent_runtime,
    ),
)
