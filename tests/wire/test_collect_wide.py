"""The further services over HTTP: hosts, disks, functions, clusters, jobs, images, watchers; and which of them are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

import emulators
import wide_lab
from weightguard.collect.aws import AwsOptions, connect
from weightguard.collect.aws.services.ecs import newest
from weightguard.collect.aws.trust import Trusted
from weightguard.errors import InputError
from weightguard.snapshot import Record, Snapshot

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def found(_moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The wide laboratory, collected once."""
    emulators.reset(_moto_server)
    wide_lab.wide_lab(_moto_server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        return emulators.collect_from(
            _moto_server, tmp_path_factory.mktemp("wide") / "snapshot", regions=("us-east-1", "eu-west-1")
        )


def of_kind(snapshot: Snapshot, kind: str) -> list[Record]:
    """The records of a kind."""
    return list(snapshot.records(kind=kind))


def test_nothing_broke(found: Snapshot) -> None:
    found.verify()
    assert [call for call in found.calls() if call.outcome not in ("ok", "absent")] == []


@pytest.mark.parametrize(
    ("kind", "read", "path", "value"),
    [
        ("lambda.function", "GetPolicy", "Policy", "s3.amazonaws.com"),
        ("lambda.function", "GetFunctionUrlConfig", "AuthType", "NONE"),
        ("sagemaker.notebook_instance", "DescribeNotebookInstance", "RoleArn", "role/worker"),
        ("sagemaker.model", "DescribeModel", "PrimaryContainer", "s3://lab-weights/models/alpha/"),
        ("sagemaker.endpoint_config", "DescribeEndpointConfig", "ProductionVariants", "alpha"),
        ("sagemaker.domain", "DescribeDomain", "DefaultUserSettings", "role/worker"),
        ("apprunner.service", "DescribeService", "Service", "role/serving"),
        ("cloudformation.stack_set", "DescribeStackSet", "StackSet", "role/worker"),
        ("ecr.repository", "GetRepositoryPolicy", "policyText", ":root"),
        ("efs.file_system", "DescribeFileSystemPolicy", "Policy", ":root"),
        ("backup.backup_vault", "GetBackupVaultAccessPolicy", "Policy", "2012-10-17"),
        ("secretsmanager.secret", "GetResourcePolicy", "ResourcePolicy", ":root"),
        ("guardduty.detector", "GetDetector", "Status", "ENABLED"),
        (
            "config.configuration_recorder",
            "DescribeConfigurationRecorderStatus",
            "ConfigurationRecordersStatus",
            "default",
        ),
        ("eks.cluster", "DescribeCluster", "cluster", "role/worker"),
        ("eks.nodegroup", "DescribeNodegroup", "nodegroup", "role/worker"),
        ("eks.fargate_profile", "DescribeFargateProfile", "fargateProfile", "role/worker"),
        ("eks.pod_identity_association", "DescribePodIdentityAssociation", "association", "role/serving"),
        (
            "eks.access_entry",
            "ListAssociatedAccessPolicies",
            "associatedAccessPolicies",
            "AmazonEKSAdminPolicy",
        ),
        ("emr.cluster", "DescribeCluster", "Cluster", "'IamInstanceProfile': 'box'"),
        ("ec2.region", "GetSnapshotBlockPublicAccessState", "State", "block-all-sharing"),
        ("ec2.region", "GetImageBlockPublicAccessState", "ImageBlockPublicAccessState", "block-new-sharing"),
    ],
)
def test_reads(found: Snapshot, kind: str, read: str, path: str, value: str) -> None:
    record = next(record for record in of_kind(found, kind) if record.region == "us-east-1")
    assert record.reads[read]["outcome"] == "ok"
    assert value in str(record.reads[read]["data"][path])


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("ec2.instance", "InstanceType", "t3.micro"),
        ("ec2.vpc_peering_connection", "RequesterVpcInfo", "vpc-"),
        ("ec2.flow_log", "TrafficType", "ALL"),
        ("codebuild.project", "serviceRole", "role/worker"),
        ("glue.job", "Role", "role/worker"),
        ("glue.dev_endpoint", "RoleArn", "role/worker"),
        ("cloudformation.stack", "RoleARN", "role/worker"),
        ("rolesanywhere.profile", "roleArns", "role/serving"),
        ("macie2.session", "status", "ENABLED"),
        ("accessanalyzer.analyzer", "status", "ACTIVE"),
        ("fsx.file_system", "FileSystemType", "LUSTRE"),
        ("ecs.service", "taskDefinition", "serve:1"),
        ("ecs.task", "taskDefinitionArn", "serve:2"),
    ],
)
def test_listings(found: Snapshot, kind: str, member: str, value: str) -> None:
    assert value in str(of_kind(found, kind)[0].data[member])


def test_a_snapshot_says_whom_it_is_shared_with(found: Snapshot) -> None:
    shared = [
        record.reads["DescribeSnapshotAttribute"]["data"]["CreateVolumePermissions"]
        for record in of_kind(found, "ec2.snapshot")
    ]
    assert [{"UserId": "999999999999"}] in shared
    assert len(shared) < 10, "snapshots of others are not ours"


def test_task_definitions_are_the_newest_and_those_in_use(found: Snapshot) -> None:
    revisions = sorted(record.id.rpartition(":")[2] for record in of_kind(found, "ecs.task_definition"))
    assert revisions == ["1", "2", "3"]
    assert newest(["f:1", "f:10", "f:9", "g:2"]) == {"f:10", "g:2"}


def test_no_secret_enters(found: Snapshot) -> None:
    everything = b"".join(path.read_bytes() for path in sorted(found.path.rglob("*.jsonl")))
    assert b"wg-canary" not in everything
    assert b"API_TOKEN" not in everything, "no reader asks which variables a function has"


def test_what_bounds_a_region_is_asked_where_something_is(found: Snapshot) -> None:
    bounding = ("DescribeSecurityGroups", "ListDetectors", "ListAnalyzers")
    asked = {call.region for call in found.calls() if call.operation in bounding}
    assert asked == {"us-east-1"}
    assert {call.region for call in found.calls() if call.operation == "DescribeInstances"} == {
        "us-east-1",
        "eu-west-1",
    }


def test_services_that_no_role_trusts_are_not_asked(moto_url: str, tmp_path: Path) -> None:
    emulators.lab(moto_url)
    snapshot = emulators.collect_from(moto_url, tmp_path / "snapshot", regions=("us-east-1",), org=False)
    asked = {call.service for call in snapshot.calls()}
    assert not asked & {
        "ecs",
        "sagemaker",
        "codebuild",
        "glue",
        "cloudformation",
        "apprunner",
        "eks",
        "rolesanywhere",
    }
    assert {"lambda", "ecr", "efs", "fsx", "backup", "secretsmanager", "guardduty"} <= asked


def test_a_service_that_is_asked_for_is_read_and_others_are_not(moto_url: str, tmp_path: Path) -> None:
    snapshot = emulators.collect_from(
        moto_url, tmp_path / "snapshot", regions=("us-east-1",), services=("glue",)
    )
    asked = {call.service for call in snapshot.calls()}
    assert "glue" in asked
    assert not asked & {"lambda", "ecr", "guardduty", "sagemaker"}
    assert {"s3", "iam", "kms", "ec2", "cloudtrail"} <= asked


def test_a_misspelt_service_is_refused(moto_url: str) -> None:
    with pytest.raises(InputError, match="did you mean 'sagemaker'"):
        connect(AwsOptions(endpoint_url=moto_url, services=("sagemakr",)))


@pytest.mark.parametrize(
    ("principal", "service", "trusted"),
    [
        ({"Service": "ecs-tasks.amazonaws.com"}, "ecs-tasks", True),
        ({"Service": ["pods.eks.amazonaws.com"]}, "eks", True),
        ({"Service": "eks-fargate-pods.amazonaws.com"}, "eks", True),
        ({"Service": "tasks.apprunner.amazonaws.com"}, "apprunner", True),
        ({"Service": "codebuild.amazonaws.com.cn"}, "codebuild", True),
        ({"Service": "ec2.amazonaws.com"}, "sagemaker", False),
        ({"AWS": "*"}, "sagemaker", False),
        ("*", "sagemaker", True),
        (None, "sagemaker", True),
    ],
)
def test_trust(principal: object, service: str, trusted: bool) -> None:
    found = Trusted()
    found.take({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}})
    assert found.any_of([service]) is trusted


def test_a_trust_policy_that_cannot_be_read_trusts_everything() -> None:
    found = Trusted()
    found.take("{not json")
    assert found.any_of(["glue"])
