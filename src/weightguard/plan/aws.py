"""How AWS names what Terraform makes.

Source: Service Authorization Reference, "Resource types defined by ..." of each service; Terraform AWS provider documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _iam(kind: str, prefix: str) -> dict[str, str]:
    return {
        "arn": f"arn:{{partition}}:iam::{{account}}:{kind}{{path}}{{name}}",
        "id": "{name}",
        "unique_id": prefix + "{code}",
    }


def _regional(service: str, resource: str, **more: str) -> dict[str, str]:
    return {"arn": f"arn:{{partition}}:{service}:{{region}}:{{account}}:{resource}", **more}


def _key() -> dict[str, str]:
    return _regional("kms", "key/{uuid}", id="{uuid}", key_id="{uuid}")


def _ec2(resource: str, prefix: str) -> dict[str, str]:
    return _regional("ec2", f"{resource}/{prefix}-{{hex}}", id=f"{prefix}-{{hex}}")


NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_iam_role": _iam("role", "AROA"),
    "aws_iam_user": _iam("user", "AIDA"),
    "aws_iam_group": _iam("group", "AGPA"),
    "aws_iam_instance_profile": _iam("instance-profile", "AIPA"),
    "aws_iam_policy": {**_iam("policy", "ANPA"), "id": "{arn}", "policy_id": "ANPA{code}"},
    "aws_iam_openid_connect_provider": {
        "arn": "arn:{partition}:iam::{account}:oidc-provider/{url:host}",
        "id": "{arn}",
    },
    "aws_iam_saml_provider": {"arn": "arn:{partition}:iam::{account}:saml-provider/{name}", "id": "{arn}"},
    "aws_iam_access_key": {"id": "AKIA{code}"},
    "aws_s3_bucket": {"arn": "arn:{partition}:s3:::{bucket}", "id": "{bucket}"},
    "aws_s3_directory_bucket": {
        "arn": "arn:{partition}:s3express:{region}:{account}:bucket/{bucket}",
        "id": "{bucket}",
    },
    "aws_s3_access_point": _regional("s3", "accesspoint/{name}", id="{account}:{name}"),
    "aws_kms_key": _key(),
    "aws_kms_replica_key": _key(),
    "aws_kms_external_key": _key(),
    "aws_kms_replica_external_key": _key(),
    "aws_kms_alias": _regional("kms", "{name}", id="{name}"),
    "aws_lambda_function": _regional("lambda", "function:{function_name}", id="{function_name}"),
    "aws_instance": _ec2("instance", "i"),
    "aws_launch_template": _ec2("launch-template", "lt"),
    "aws_vpc": _ec2("vpc", "vpc"),
    "aws_subnet": _ec2("subnet", "subnet"),
    "aws_security_group": _ec2("security-group", "sg"),
    "aws_vpc_endpoint": _ec2("vpc-endpoint", "vpce"),
    "aws_ebs_volume": _ec2("volume", "vol"),
    "aws_ebs_snapshot": _ec2("snapshot", "snap"),
    "aws_ami": _ec2("image", "ami"),
    "aws_sns_topic": _regional("sns", "{name}", id="{arn}"),
    "aws_sqs_queue": _regional("sqs", "{name}"),
    "aws_dynamodb_table": _regional("dynamodb", "table/{name}", id="{name}"),
    "aws_secretsmanager_secret": _regional("secretsmanager", "secret:{name}-{hex}", id="{arn}"),
    "aws_ssm_parameter": _regional("ssm", "parameter/{name}", id="{name}"),
    "aws_sagemaker_notebook_instance": _regional("sagemaker", "notebook-instance/{name}", id="{name}"),
    "aws_sagemaker_model": _regional("sagemaker", "model/{name}", id="{name}"),
    "aws_sagemaker_domain": _regional("sagemaker", "domain/{uuid}", id="{uuid}"),
    "aws_ecs_cluster": _regional("ecs", "cluster/{name}", id="{arn}"),
    "aws_ecs_task_definition": _regional("ecs", "task-definition/{family}:1", id="{family}"),
    "aws_eks_cluster": _regional("eks", "cluster/{name}", id="{name}"),
    "aws_codebuild_project": _regional("codebuild", "project/{name}", id="{arn}"),
    "aws_glue_job": _regional("glue", "job/{name}", id="{name}"),
    "aws_cloudtrail": _regional("cloudtrail", "trail/{name}", id="{arn}"),
    "aws_cloudwatch_log_group": _regional("logs", "log-group:{name}", id="{name}"),
    "aws_cloudformation_stack": {
        "id": "arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{uuid}"
    },
    "aws_sfn_state_machine": _regional("states", "stateMachine:{name}", id="{arn}"),
    "aws_ecr_repository": _regional("ecr", "repository/{name}", id="{name}"),
    "aws_cognito_identity_pool": _regional(
        "cognito-identity", "identitypool/{region}:{uuid}", id="{region}:{uuid}"
    ),
}
