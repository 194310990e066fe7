"""Lambda: functions, who may call or change them, and their public addresses."""

from __future__ import annotations

from weightguard.collect.aws.operation import Operation
from weightguard.collect.aws.resource import Read, Resource, reader

LIST_FUNCTIONS = Operation(
    service="lambda",
    name="ListFunctions",
    permissions=("lambda:ListFunctions",),
    hides="code that runs with a role that reads weights",
    required=("Functions",),
    paged=True,
)
GET_POLICY = Operation(
    service="lambda",
    name="GetPolicy",
    permissions=("lambda:GetPolicy",),
    hides="principals of any account that may call or change a function",
    absent=frozenset({"ResourceNotFoundException"}),
    required=("Policy",),
    documents=("Policy",),
)
LIST_URLS = Operation(
    service="lambda",
    name="ListFunctionUrlConfigs",
    permissions=("lambda:ListFunctionUrlConfigs",),
    hides="functions that anybody on the internet may call",
    required=("FunctionUrlConfigs",),
    paged=True,
)
OPERATIONS = (LIST_FUNCTIONS, GET_POLICY, LIST_URLS)
_NAME = {"FunctionName": "{FunctionArn}"}
read = reader(
    Resource(
        "lambda.function",
        LIST_FUNCTIONS,
        "Functions[]",
        "{FunctionArn}",
        reads=(Read(GET_POLICY, _NAME), Read(LIST_URLS, _NAME)),
    )
)
