"""The declarations themselves: every operation is a read, is named as the SDK names it, and says what its refusal hides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader

from weightguard.collect.aws import operations, permissions
from weightguard.collect.aws.models import loader
from weightguard.collect.aws.page_models import UNMODELLED
from weightguard.collect.aws.services import organizations
from weightguard.collect.calls.keeping import undeclared
from weightguard.collect.calls.operation import Operation

READ = re.compile(r"(Get|List|Describe|BatchGet)[A-Z]")
# Not named like reads. The first asks IAM to refresh a report about itself, the second gives credentials for another account.
EXCEPTIONS = {"iam:GenerateCredentialReport", "sts:AssumeRole"}
ALL = operations()


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    return botocore.session.Session()


def test_nothing_that_changes_anything_is_declared() -> None:
    odd = {operation.id for operation in ALL if not READ.match(operation.name)}
    assert odd == EXCEPTIONS
    assert {operation.id for operation in ALL if not operation.reads_only} == EXCEPTIONS


def test_an_operation_is_declared_once() -> None:
    ids = [operation.id for operation in ALL]
    assert len(ids) == len(set(ids))
    assert len(ids) > 40


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_the_declaration_fits_the_provider_s_model(
    operation: Operation, session: botocore.session.Session
) -> None:
    model = session.get_service_model(operation.service).operation_model(operation.name)
    members = set(model.output_shape.members)
    assert set(operation.required) <= members
    assert set(operation.documents) <= set(operation.required)
    assert set(operation.entries) <= members
    has_pages = UNMODELLED.get((operation.service, operation.name)) is not None or _paginates(
        session, operation
    )
    assert operation.paged == has_pages


def _paginates(session: botocore.session.Session, operation: Operation) -> bool:
    try:
        session.get_paginator_model(operation.service).get_paginator(operation.name)
    except (ValueError, botocore.exceptions.DataNotFoundError):
        return False
    return True


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_a_refusal_can_be_explained_and_allowed(operation: Operation) -> None:
    assert len(operation.hides) > 10
    assert operation.permissions
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", permission) for permission in operation.permissions)


def test_clients_can_do_nothing_else() -> None:
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    session.register_component("data_loader", loader(ALL))
    for service in sorted({operation.service for operation in ALL}):
        client = session.create_client(service, region_name="us-east-1")
        declared = {operation.name for operation in ALL if operation.service == service}
        assert set(client.meta.service_model.operation_names) == declared
    assert not hasattr(session.create_client("s3", region_name="us-east-1"), "put_object")


def test_the_policy_allows_what_is_declared_and_no_more() -> None:
    document = permissions()
    allowed = [action for statement in document["Statement"] for action in statement["Action"]]
    assert sorted(allowed) == sorted(
        {permission for operation in ALL for permission in operation.permissions}
    )
    assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(sids) == len(set(sids))
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
    assert document == permissions()


def test_keys_are_used_through_s3_alone() -> None:
    decrypting = [
        statement for statement in permissions()["Statement"] if "kms:Decrypt" in statement["Action"]
    ]
    assert len(decrypting) == 1
    assert decrypting[0]["Action"] == ["kms:Decrypt"]
    assert "kms:ViaService" in decrypting[0]["Condition"]["StringLike"]


def test_the_policy_fits_into_one_managed_policy() -> None:
    import json

    # Managed policies are limited to 6,144 characters without white space (IAM quotas).
    assert len(json.dumps(permissions(), separators=(",", ":"))) <= 6144


REPLACED = {
    # Deprecated by the provider and still kept, with what is kept beside it in its stead.
    ("eks:DescribeCluster", "cluster.encryptionConfig.resources"): "cluster.encryptionConfig.provider.keyArn",
    ("guardduty:GetDetector", "DataSources"): "Features.Name",
    ("kms:DescribeKey", "KeyMetadata.CustomerMasterKeySpec"): "KeyMetadata.KeySpec",
    ("s3:GetBucketLifecycleConfiguration", "Rules.Prefix"): "Rules.*",
    ("s3:GetBucketReplication", "ReplicationConfiguration.Rules.Prefix"): "ReplicationConfiguration.*",
}


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
def test_no_reader_rests_on_a_field_that_the_provider_retires(operation: Operation) -> None:
    """The SDK's own models say which fields go: each that is kept has its successor beside it."""
    model = Loader().load_service_model(operation.service, "service-2")
    assert not model["operations"][operation.name].get("deprecated")
    for path in _deprecated(model, operation.name):
        kept = [one for one in operation.keeps if one == path or one.startswith(f"{path}.")]
        if kept or not undeclared([path], operation.keeps):
            assert REPLACED.get((operation.id, path)) in operation.keeps, path


def _deprecated(model: dict[str, Any], name: str) -> Iterator[str]:
    output = model["operations"][name].get("output", {}).get("shape")
    pending, seen = [(output, "")], set()
    while pending:
        shape_name, above = pending.pop()
        if shape_name is None or shape_name in seen:
            continue
        seen.add(shape_name)
        shape = model["shapes"][shape_name]
        for inner in ("member", "value"):
            if inner in shape:
                pending.append((shape[inner]["shape"], above))
        for member, value in shape.get("members", {}).items():
            if value.get("deprecated") or model["shapes"][value["shape"]].get("deprecated"):
                yield f"{above}{member}"
            pending.append((value["shape"], f"{above}{member}."))


@pytest.mark.parametrize(
    ("member", "active"),
    [
        ({"State": "ACTIVE"}, True),
        ({"State": "ACTIVE", "Status": "SUSPENDED"}, True),
        ({"State": "PENDING_CLOSURE"}, False),
        ({"State": "CLOSED", "Status": "ACTIVE"}, False),
        ({"Status": "SUSPENDED"}, False),
        ({"Status": "ACTIVE"}, True),
        ({}, True),
    ],
)
def test_an_account_is_entered_while_its_state_is_active(member: dict[str, str], active: bool) -> None:
    assert organizations.is_active(member) is active
