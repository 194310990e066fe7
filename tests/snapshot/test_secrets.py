"""No secret enters a snapshot, and no evidence is lost to the search for secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import SCOPE, contents, ticking

from weightguard.errors import InputError
from weightguard.snapshot import SnapshotWriter, without_secrets
from weightguard.snapshot.secrets import scrub_key

CASES = Path(__file__).parents[3] / "shared" / "cases"
SECRET = "correct horse battery"

# Where providers and Terraform states are known to answer with secrets. Field names from their API references.
PLACES: dict[str, Any] = {
    "secretsmanager GetSecretValue": {"SecretString": SECRET, "SecretBinary": SECRET},
    "iam CreateAccessKey": {"AccessKey": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": SECRET}},
    "sts AssumeRole": {"Credentials": {"SessionToken": SECRET, "SecretAccessKey": SECRET}},
    "ssm GetParameter": {"Parameter": {"Name": "/a", "Type": "SecureString", "Value": SECRET}},
    "lambda GetFunctionConfiguration": {"Environment": {"Variables": {"ANYTHING": SECRET}}},
    "ecs DescribeTaskDefinition": {"containerDefinitions": [{"environment": [{"name": "A", "value": SECRET}]}]},
    "ecs command": {"command": ["serve", "--api-token", SECRET]},
    "sagemaker DescribeModel": {"PrimaryContainer": {"Environment": {"ANYTHING": SECRET}}},
    "codebuild BatchGetProjects": {
        "environment": {"image": "i", "environmentVariables": [{"name": "A", "value": SECRET, "type": "PLAINTEXT"}]}
    },
    "apprunner DescribeService": {"ImageConfiguration": {"RuntimeEnvironmentVariables": {"A": SECRET}}},
    "ec2 DescribeInstanceAttribute": {"UserData": {"Value": SECRET}},
    "ec2 launch template": {"LaunchTemplateData": {"UserData": SECRET}},
    "glue job": {"DefaultArguments": {"--db_password": SECRET}},
    "cloudformation stack": {"Parameters": [{"ParameterKey": "DbPassword", "ParameterValue": SECRET}]},
    "a tag": {"Tags": [{"Key": "api_key", "Value": SECRET}]},
    "terraform aws_iam_access_key": {"id": "AKIAIOSFODNN7EXAMPLE", "secret": SECRET, "ses_smtp_password_v4": SECRET},
    "terraform aws_ssm_parameter": {"type": "String", "value": SECRET, "insecure_value": SECRET, "value_wo": SECRET},
    "terraform aws_secretsmanager_secret_version": {"secret_string": SECRET, "secret_binary": SECRET},
    "terraform aws_lambda_function": {"environment": [{"variables": {"TOKEN": SECRET}}]},
    "terraform aws_instance": {"user_data": SECRET, "user_data_base64": SECRET},
    "terraform tls_private_key": {"private_key_pem": SECRET, "private_key_openssh": SECRET},
    "terraform output": {"sensitive": True, "value": SECRET, "type": "string"},
    "terraform container_definitions": {"container_definitions": json.dumps([{"environment": [{"name": "A", "value": SECRET}]}])},
    "gcp service account key": {"privateKeyData": SECRET},
    "gcp instance metadata": {"metadata": {"items": [{"key": "startup-script", "value": SECRET}]}},
    "gcp run": {"containers": [{"env": [{"name": "A", "value": SECRET}]}]},
    "azure storage keys": {"keys": [{"keyName": "key1", "permissions": "FULL", "value": SECRET}]},
    "azure web app": {"appSettings": [{"name": "A", "value": SECRET}], "connectionStrings": [{"connectionString": SECRET}]},
    "azure vm": {"osProfile": {"adminPassword": SECRET, "customData": SECRET}},
    "azure app": {"client_secret": SECRET, "primary_connection_string": SECRET, "primaryKey": SECRET},
}  # fmt: skip

LOOKS = [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA",
    "ghp_" + "aB3" * 12,
    "github_pat_" + "a1B2_" * 8,
    "xoxb-123456789012-abcdefABCDEF",
    "sk-ant-api03-" + "x1Y2" * 10,
    "hf_" + "AbCd" * 8,
    "AIza" + "SyA1b2-" * 5,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
]

KEPT: list[Any] = [
    {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active", "CreateDate": "2026-01-01T00:00:00Z"},
    {"password_enabled": "true", "password_last_changed": "2026-01-01T00:00:00Z", "PasswordLastUsed": "2026-01-01"},
    {"MinimumPasswordLength": 14, "RequireSymbols": True, "AllowUsersToChangePassword": True, "AccountPasswordPresent": 1},
    {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}},
    {"Condition": {"StringEquals": {"token.actions.example.com:aud": "sts.amazonaws.com", "aws:PrincipalTag/secret": "n"}}},
    {"Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:lab/train:ref:refs/heads/*"}}},
    {"PolicyDocument": '{"Statement":[{"Action":"kms:Decrypt","Resource":"arn:aws:secretsmanager:*:*:secret:a/*"}]}'},
    {"secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:hf-AbCdEf"}]},
    {"MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds-AbCdEf"}},
    {"Tags": [{"Key": "data", "Value": "model-weights"}, {"Key": "Environment", "Value": "production"}]},
    {"tags": {"Environment": "production", "env": "prod", "classification": "secret"}},
    {"Prefix": "models/Llama3/checkpoints/step10000/final", "Path": "/Application/ServiceRoles/Training2Team/x/"},
    {"Thumbprint": "6938fd4d98bab03faadb97b34396831e3780aea1", "CodeSha256": "4Pq7v0s8m3n6b1V9c2X5z8L1k4J7h0G3f6D9s2A5p8O="},
    {"Url": "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"},
    {"PublicKey": "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n-----END PUBLIC KEY-----"},
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_where_providers_put_them_goes(place: str) -> None:
    cleaned = json.dumps(without_secrets(PLACES[place]))
    assert SECRET not in cleaned
    assert "redacted" in cleaned and str(len(SECRET)) in cleaned


@pytest.mark.parametrize("secret", LOOKS)
@pytest.mark.parametrize("around", ["{}", "echo {} > file", "https://example.com/?q={}", '{{"note": "{}"}}'])
def test_what_looks_like_a_credential_goes_wherever_it_is(secret: str, around: str) -> None:
    bare_key = secret.startswith("wJalr")
    if bare_key and around != "{}":
        around = "AWS_SECRET_ACCESS_KEY={}"
    cleaned = json.dumps(without_secrets({"Description": around.format(secret)}))
    assert secret not in cleaned and secret.replace("\n", "\\n") not in cleaned
    assert "redacted" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "postgres://admin:hunter2hunter2@db.internal/models",
        "DefaultEndpointsProtocol=https;AccountName=lab;AccountKey=c2VjcmV0c2VjcmV0;EndpointSuffix=core.windows.net",
        "https://lab.blob.core.windows.net/w?sv=2024&sig=c2VjcmV0c2VjcmV0%3D&se=2026",
        "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA&X-Amz-Signature=c2VjcmV0c2VjcmV0",
        "train --password=hunter2hunter2 --epochs=3",
    ],
)
def test_the_secret_part_of_an_address_goes_and_the_rest_stays(text: str) -> None:
    cleaned = without_secrets(text)
    assert "[redacted]" in cleaned
    assert "hunter2" not in cleaned and "c2VjcmV0" not in cleaned
    assert cleaned.split("[redacted]")[0] in text and cleaned.split("[redacted]")[1] in text


@pytest.mark.parametrize("evidence", KEPT, ids=lambda value: next(iter(value)))
def test_evidence_stays_as_the_provider_said_it(evidence: Any) -> None:
    assert without_secrets(evidence) == evidence


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(json_values)
def test_redacting_twice_is_redacting_once(value: Any) -> None:
    once = without_secrets(value)
    assert without_secrets(once) == once


@pytest.mark.parametrize(
    "value", [{"ENV": 0}, {"env": {"a": 1}}, {"password": 5}, {"environment": [{"name": "a", "value": "b"}]}]
)
def test_what_was_redacted_stays_as_it_is(value: Any) -> None:
    once = without_secrets(value)
    assert once != value and without_secrets(once) == once


TOKEN = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize("size", [TOKEN, -1, 10**30, ["x"], {"password": "x"}])
def test_only_what_redacting_leaves_counts_as_redacted(size: Any) -> None:
    """Whoever writes the mark into an answer hides nothing in it."""
    written = {"redacted": True, "bytes": size}
    assert without_secrets({"password": written})["password"] != written
    assert TOKEN not in json.dumps(without_secrets(written))


@settings(max_examples=60, deadline=None)
@given(
    json_values,
    st.sampled_from(["password", "SecretString", "client_secret", "private_key", "ConnectionString"]),
)
def test_nothing_written_under_a_secret_name_survives(value: Any, name: str) -> None:
    marker = "q7Zr-marker-4Kd"

    def planted(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: planted(inner) for key, inner in item.items()} | {"x": marker}
        return [planted(inner) for inner in item] + [marker] if isinstance(item, list) else marker

    assert marker not in json.dumps(without_secrets({"a": [{name: planted(value)}]}))


def test_nesting_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = {"a": [deep]}
    for value in (deep, {"password": deep}):
        with pytest.raises(InputError, match="nested"):
            without_secrets(value)


@pytest.mark.shared
@pytest.mark.skipif(not CASES.is_dir(), reason="the reference cases are not beside this checkout")
def test_the_canaries_of_real_states_never_reach_a_file(tmp_path: Path) -> None:
    canary = b"wg-canary-"
    states = [path for path in sorted(CASES.rglob("state-*.json")) if canary in path.read_bytes()]
    assert len(states) > 30
    with SnapshotWriter.create(tmp_path / "s", "0.1.0", [SCOPE], clock=ticking()) as writer:
        for number, path in enumerate(states):
            data = json.loads(path.read_bytes())
            writer.record(
                SCOPE, "state", kind="state", id=str(number), region=None, operation="show", data=data
            )
            text = json.dumps(data)
            writer.record(
                SCOPE,
                "state",
                kind="text",
                id=str(number),
                region=None,
                operation="show",
                data={"state": text},
            )
        unsealed = contents(tmp_path / "s")
        writer.seal()
    for files in (unsealed, contents(tmp_path / "s")):
        assert sum(map(len, files.values())) > 100_000
        assert [name for name, data in files.items() if canary in data] == []


def test_a_web_token_is_found_beside_what_is_none() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkYW5hIn0.c2lnbmF0dXJl"
    for text in (token, f"x-{token}", f"a.{token}.b", f"{token} {token}"):
        assert "eyJzdWIi" not in json.dumps(without_secrets(text)), text
    for text in ("eyJhbGciOiJIUzI1NiJ9", "model.eyJ.safetensors", "eyJ-" * 50_000, "a." * 50_000):
        assert without_secrets(text) == text


def test_a_tag_named_token_is_a_secret_in_every_spelling() -> None:
    for name, value in (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")):
        cleaned = without_secrets({"Tags": [{name: "token", value: SECRET}, {name: "team", value: "evals"}]})
        assert SECRET not in json.dumps(cleaned) and "evals" in json.dumps(cleaned)


def test_the_primary_of_a_multi_region_key_is_no_secret() -> None:
    primary = {"Arn": "arn:aws:kms:eu-west-1:111111111111:key/mrk-1", "Region": "eu-west-1"}
    assert without_secrets({"PrimaryKey": primary}) == {"PrimaryKey": primary}
    assert without_secrets({"primaryKey": SECRET}) == {"primaryKey": {"redacted": True, "bytes": len(SECRET)}}


def test_a_key_that_carries_a_token_keeps_its_place_and_loses_the_token() -> None:
    signed = "dl/model.safetensors?X-Amz-Algorithm=AWS4&X-Amz-Signature=0a1b2c3d4e5f&x=1"
    assert scrub_key(signed) == signed.replace("0a1b2c3d4e5f", "[redacted]")
    assert scrub_key("token=abcdef123456/part-0001.safetensors") == "token=[redacted]/part-0001.safetensors"
    assert scrub_key("models/ghp_" + "aB3" * 12 + "/w.bin") == "models/[redacted]/w.bin"
    for plain in ("models/aurora-1/model-00001-of-00004.safetensors", "tokenizer.json", "a" * 1024):
        assert scrub_key(plain) == plain
