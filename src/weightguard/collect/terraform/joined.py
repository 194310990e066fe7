"""Kinds that several resources of a state make up together: functions with permissions and URLs, stack sets with instances...

Source: Terraform AWS provider documentation, the page of each resource type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from weightguard.collect.terraform.inventory import (
    Inventory,
    Row,
    absent,
    attached_policy,
    document,
    ok,
    present,
    stated,
    tags_of,
    tail,
)
from weightguard.collect.terraform.shapes import answer
from weightguard.collect.terraform.state import Resource, blocks, pick

FUNCTION = {
    "FunctionName": "function_name",
    "FunctionArn": "arn",
    "Role": "role",
    "Runtime": "runtime",
    "Handler": "handler",
    "PackageType": "package_type",
    "KMSKeyArn": "kms_key_arn",
    "LastModified": "last_modified",
    "CodeSigningConfigArn": "code_signing_config_arn",
    "VpcConfig.VpcId": "vpc_config.vpc_id",
    "VpcConfig.SubnetIds": "vpc_config.subnet_ids[]",
    "VpcConfig.SecurityGroupIds": "vpc_config.security_group_ids[]",
}


def rows(inventory: Inventory) -> Iterator[Row]:
    """Every kind of this module."""
    for mapper in (
        _functions,
        _stack_sets,
        _job_definitions,
        _pipelines,
        _permission_sets,
        _identity_pools,
        _event_targets,
    ):
        yield from mapper(inventory)


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "default", "Statement": statements}


# Lambda


def _functions(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_lambda_function"):
        arn, name = item.text("arn"), item.text("function_name")
        if arn is None or name is None:
            continue
        data = answer(item.values, FUNCTION)
        tags = tags_of(item)
        if tags:
            data["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
        row = Row("lambda", "lambda.function", arn, item.region or None, "ListFunctions", data)
        statements = [
            _permission(item, arn) for item in _about_function(inventory, "aws_lambda_permission", name)
        ]
        row.reads["GetPolicy"] = stated({"Policy": _as_text(_policy(statements))} if statements else None)
        urls = [_url(url) for url in _about_function(inventory, "aws_lambda_function_url", name)]
        row.reads["ListFunctionUrlConfigs"] = ok({"FunctionUrlConfigs": urls})
        yield row
    for item in inventory.of("aws_lambda_event_source_mapping"):
        identifier = item.text("arn") or item.text("uuid") or item.text("id")
        if identifier is not None:
            data = answer(
                item.values,
                {
                    "UUID": "uuid",
                    "EventSourceArn": "event_source_arn",
                    "FunctionArn": "function_arn",
                    "State": "state",
                },
            )
            yield Row(
                "lambda",
                "lambda.event_source_mapping",
                identifier,
                item.region or None,
                "ListEventSourceMappings",
                data,
            )


def _as_text(policy: Mapping[str, Any]) -> str:
    return json.dumps(policy, separators=(",", ":"))


def _about_function(inventory: Inventory, type_: str, name: str) -> list[Resource]:
    return inventory.grouped(type_, lambda item: _function_name(item.text("function_name"))).get(name, [])


def _function_name(written: str | None) -> str | None:
    """A function is named by name, ``name:qualifier``, partial or full ARN."""
    if written is None:
        return None
    parts = written.split(":")
    if "function" in parts[:-1]:
        return parts[parts.index("function") + 1]
    return parts[0]


def _permission(item: Resource, function: str) -> dict[str, Any]:
    """The statement that AddPermission writes (AWS Lambda API reference, "AddPermission")."""
    written = item.text("principal") or "*"
    principal: Any = (
        {"Service": written}
        if written.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        else {"AWS": written}
    )
    if written == "*":
        principal = "*"
    statement: dict[str, Any] = {
        "Sid": item.text("statement_id") or item.address,
        "Effect": "Allow",
        "Principal": principal,
        "Action": item.text("action") or "lambda:InvokeFunction",
        "Resource": f"{function}:{item.text('qualifier')}" if item.text("qualifier") else function,
    }
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, attribute in (
        ("ArnLike", "AWS:SourceArn", "source_arn"),
        ("StringEquals", "AWS:SourceAccount", "source_account"),
        ("StringEquals", "aws:PrincipalOrgID", "principal_org_id"),
        ("StringEquals", "lambda:FunctionUrlAuthType", "function_url_auth_type"),
    ):
        value = item.text(attribute)
        if value is not None:
            conditions.setdefault(operator, {})[key] = value
    return {**statement, "Condition": conditions} if conditions else statement


def _url(item: Resource) -> dict[str, Any]:
    return present(
        FunctionUrl=item.text("function_url"),
        FunctionArn=item.text("function_arn"),
        AuthType=item.text("authorization_type"),
        InvokeMode=item.text("invoke_mode"),
    )


# CloudFormation


def _stack_sets(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_cloudformation_stack_set"):
        arn, name = item.text("arn"), item.text("name")
        if arn is None or name is None:
            continue
        data = answer(
            item.values,
            {
                "StackSetName": "name",
                "StackSetId": "stack_set_id",
                "AdministrationRoleARN": "administration_role_arn",
                "ExecutionRoleName": "execution_role_name",
                "PermissionModel": "permission_model",
                "Capabilities": "capabilities[]",
            },
        )
        row = Row(
            "cloudformation", "cloudformation.stack_set", arn, item.region or None, "ListStackSets", data
        )
        row.reads["ListStackInstances"] = ok({"Summaries": list(_instances(inventory, name))})
        yield row


def _instances(inventory: Inventory, name: str) -> Iterator[dict[str, Any]]:
    for item in inventory.about("aws_cloudformation_stack_set_instance", "stack_set_name", name):
        region = item.text("stack_set_instance_region") or item.text("region")
        yield present(Account=item.text("account_id"), Region=region, StackId=item.text("stack_id"))
    for item in inventory.about("aws_cloudformation_stack_instances", "stack_set_name", name):
        for account in item.texts("accounts"):
            for region in item.texts("regions") or [item.region]:
                yield present(Account=account, Region=region)
        for entry in item.blocks("stack_instance_summaries"):
            yield present(
                Account=entry.get("account_id"), Region=entry.get("region"), StackId=entry.get("stack_id")
            )


# Batch and Data Pipeline keep their roles inside documents


def _job_definitions(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_batch_job_definition"):
        arn = item.text("arn")
        if arn is None:
            continue
        data = answer(
            item.values,
            {"jobDefinitionName": "name", "jobDefinitionArn": "arn", "revision": "revision", "type": "type"},
        )
        container = _roles_in(item, "container_properties")
        if container:
            data["containerProperties"] = container
        tasks = document(item.text("ecs_properties"))
        found = [
            _only_roles(task, ("taskRoleArn", "executionRoleArn")) for task in blocks(tasks, "taskProperties")
        ]
        if found:
            data["ecsProperties"] = {"taskProperties": found}
        nodes = document(item.text("node_properties"))
        ranges = [
            _only_roles(node.get("container"), JOB_ROLES) for node in blocks(nodes, "nodeRangeProperties")
        ]
        if ranges:
            data["nodeProperties"] = {"nodeRangeProperties": [{"container": roles} for roles in ranges]}
        yield Row("batch", "batch.job_definition", arn, item.region or None, "DescribeJobDefinitions", data)


JOB_ROLES = ("jobRoleArn", "executionRoleArn")


def _roles_in(item: Resource, attribute: str) -> dict[str, str]:
    return _only_roles(document(item.text(attribute)), JOB_ROLES)


def _only_roles(found: Any, names: tuple[str, ...]) -> dict[str, str]:
    """The role members of a document, in either spelling of their first letter, and nothing else of it."""
    if not isinstance(found, Mapping):
        return {}
    spelled = {name: found.get(name) or found.get(name[0].upper() + name[1:]) for name in names}
    return {name: value for name, value in spelled.items() if isinstance(value, str) and value}


def _pipelines(inventory: Inventory) -> Iterator[Row]:
    definitions = inventory.by("aws_datapipeline_pipeline_definition", "pipeline_id")
    for item in inventory.of("aws_datapipeline_pipeline"):
        identifier = item.text("id")
        if identifier is None:
            continue
        arn = f"arn:{item.partition}:datapipeline:{item.region}:{item.account}:pipeline/{identifier}"
        fields = [
            field
            for definition in definitions.get(identifier, [])
            for entry in definition.blocks("pipeline_object")
            for field in blocks(entry, "field")
        ]
        data = {
            "id": identifier,
            "name": item.text("name"),
            "roles": _field_values(fields, "role"),
            "resourceRoles": _field_values(fields, "resourceRole"),
        }
        yield Row("datapipeline", "datapipeline.pipeline", arn, item.region or None, "ListPipelines", data)


def _field_values(fields: list[Mapping[str, Any]], name: str) -> list[str]:
    values = {field.get("string_value") for field in fields if field.get("key") == name}
    return sorted(value for value in values if isinstance(value, str) and value)


# Identity Center, Cognito, EventBridge


def _permission_sets(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_ssoadmin_permission_set"):
        arn = item.text("arn")
        if arn is None:
            continue
        data = answer(
            item.values, {"Name": "name", "PermissionSetArn": "arn", "SessionDuration": "session_duration"}
        )
        row = Row(
            "sso-admin", "sso-admin.permission_set", arn, item.region or None, "ListPermissionSets", data
        )
        inline = inventory.about("aws_ssoadmin_permission_set_inline_policy", "permission_set_arn", arn)
        row.reads["GetInlinePolicyForPermissionSet"] = attached_policy(
            "InlinePolicy", [(one, "inline_policy") for one in inline]
        )
        attached = inventory.about("aws_ssoadmin_managed_policy_attachment", "permission_set_arn", arn)
        policies = [
            {"Arn": policy, "Name": tail(policy)}
            for found in attached
            if (policy := found.text("managed_policy_arn"))
        ]
        row.reads["ListManagedPoliciesInPermissionSet"] = ok({"AttachedManagedPolicies": policies})
        references = inventory.about(
            "aws_ssoadmin_customer_managed_policy_attachment", "permission_set_arn", arn
        )
        own = [
            present(
                Name=pick(found.values, "customer_managed_policy_reference.name"),
                Path=pick(found.values, "customer_managed_policy_reference.path"),
            )
            for found in references
        ]
        row.reads["ListCustomerManagedPolicyReferencesInPermissionSet"] = ok(
            {"CustomerManagedPolicyReferences": own}
        )
        yield row


def _identity_pools(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_cognito_identity_pool"):
        identifier = item.text("arn") or item.text("id")
        if identifier is None:
            continue
        data = answer(item.values, {"IdentityPoolId": "id", "IdentityPoolName": "identity_pool_name"})
        data["AllowUnauthenticatedIdentities"] = item.flag("allow_unauthenticated_identities")
        row = Row(
            "cognito-identity",
            "cognito-identity.identity_pool",
            identifier,
            item.region or None,
            "ListIdentityPools",
            data,
        )
        attached = next(
            iter(
                inventory.about(
                    "aws_cognito_identity_pool_roles_attachment", "identity_pool_id", item.text("id")
                )
            ),
            None,
        )
        roles = attached.values.get("roles") if attached else None
        named = (
            {str(key): value for key, value in roles.items() if isinstance(value, str)}
            if isinstance(roles, Mapping)
            else {}
        )
        row.reads["GetIdentityPoolRoles"] = ok({"Roles": named}) if named else absent()
        yield row


def _event_targets(inventory: Inventory) -> Iterator[Row]:
    for item in inventory.of("aws_cloudwatch_event_target"):
        identifier, role = item.text("id") or item.text("target_id"), item.text("role_arn")
        if identifier is not None and role is not None:
            data = present(
                Name=identifier,
                RuleName=item.text("rule"),
                Targets=[present(Arn=item.text("arn"), RoleArn=role)],
            )
            yield Row(
                "events",
                "events.rule",
                f"{identifier}#target",
                item.region or None,
                "ListTargetsByRule",
                data,
            )
