"""Lambda: functions, who may call or change them, and their public addresses (those of aliases are not asked for)."""

from __future__ import annotations

from weightguard.collect.aws.resource import Read, Resource, reader
from weightguard.collect.calls.operation import Operation

LIST_FUNCTIONS = Operation(
    service="lambda",
    name="ListFunctions",
    permissions=("lambda:ListFunctions",),
    hides="code that runs with a role that reads weights",
    required=("Functions",),
    paged=True,
    keeps=(
        "FunctionArn",
        "FunctionName",
        "Role",
        "Runtime",
        "PackageType",
        "State",
        "LastModified",
        "KMSKeyArn",
        "VpcConfig.VpcId",
        "VpcConfig.SubnetIds",
        "VpcConfig.SecurityGroupIds",
    ),
)
GET_POLICY = Operation(
    service="lambda",
    name="GetPolicy",
    permissions=("lambda:GetPolicy",),
    hides="principals of any account that may call or change a function",
    absent=frozenset({"ResourceNotFoundException"}),
    required=("Policy",),
    documents=("Policy",),
    keeps=("Policy",),
)
GET_URL = Operation(
    service="lambda",
    name="GetFunctionUrlConfig",
    permissions=("lambda:GetFunctionUrlConfig",),
    hides="functions that anybody on the internet may call",
    absent=frozenset({"ResourceNotFoundException"}),
    required=("AuthType",),
    keeps=("AuthType",),
)
OPERATIONS = (LIST_FUNCTIONS, GET_POLICY, GET_URL)
_NAME = {"FunctionName": "{FunctionArn}"}
read = reader(
    Resource(
        "lambda.function",
        LIST_FUNCTIONS,
        "Functions[]",
        "{FunctionArn}",
        reads=(Read(GET_POLICY, _NAME), Read(GET_URL, _NAME)),
    )
)
