"""The reference cases of another implementation, read where they lie: every one must come out the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from weightguard.policy.aws import (
    CompiledPolicy,
    Decision,
    Layers,
    PolicyKind,
    Request,
    compile_policy,
    decide,
    managed_policy,
    parse_principal,
)

FOLDER = Path(__file__).parents[3] / "shared" / "cases" / "iamspy"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.exists(), reason="the reference cases are not beside the checkout"),
]


def cases() -> list[Any]:
    if not FOLDER.exists():
        return []
    return [
        pytest.param(case, id=f"{index}-{case['test']}")
        for index, case in enumerate(json.loads((FOLDER / "cases.json").read_text()))
    ]


def load(name: str) -> Any:
    return json.loads((FOLDER / "files" / name).read_text())


class Account:
    """What one case's files hold, turned into layers."""

    def __init__(self, files: dict[str, list[str]]) -> None:
        self.gaads = [load(name) for name in files.get("gaads", [])]
        self.resources = [entry for name in files.get("resources", []) for entry in load(name)]
        self.scps = [load(name) for name in files.get("scps", [])]

    def entities(self) -> list[dict[str, Any]]:
        return [one for gaad in self.gaads for one in gaad["UserDetailList"] + gaad["RoleDetailList"]]

    def managed(self, arn: str) -> Any:
        for gaad in self.gaads:
            for policy in gaad.get("Policies", []):
                if policy["Arn"] == arn:
                    return next(v["Document"] for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])
        return managed_policy(arn)

    def identity(self, entity: dict[str, Any]) -> list[CompiledPolicy]:
        inline = entity.get("UserPolicyList", []) + entity.get("RolePolicyList", [])
        attached = list(entity.get("AttachedManagedPolicies", []))
        for gaad in self.gaads:
            for group in gaad.get("GroupDetailList", []):
                if group["GroupName"] in entity.get("GroupList", []):
                    inline += group["GroupPolicyList"]
                    attached += group["AttachedManagedPolicies"]
        documents = [(one["PolicyName"], one["PolicyDocument"]) for one in inline]
        documents += [(one["PolicyArn"], self.managed(one["PolicyArn"])) for one in attached]
        return [compile_policy(text, kind=PolicyKind.IDENTITY, name=name) for name, text in documents]

    def boundary(self, entity: dict[str, Any]) -> list[CompiledPolicy] | None:
        arn = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        if arn is None:
            return None
        return [compile_policy(self.managed(arn), kind=PolicyKind.BOUNDARY, name=arn)]

    def scp(self, account: str) -> list[list[CompiledPolicy]] | None:
        for root in self.scps:
            levels = path_to(root, account)
            if levels is not None:
                return [
                    [compile_policy(one["Content"], kind=PolicyKind.SCP, name=one["Name"]) for one in level]
                    for level in levels
                ]
        return None

    def is_management(self, number: str) -> bool:
        return any(root["Arn"].split(":")[4] == number for root in self.scps)

    def resource(self, arn: str) -> tuple[list[CompiledPolicy], str | None]:
        for entry in self.resources:
            if entry["Resource"] == arn or arn.startswith(entry["Resource"] + "/"):
                policy = compile_policy(entry["Policy"], kind=PolicyKind.RESOURCE, name=entry["Resource"])
                return [policy], entry.get("Account")
        return [], None


def path_to(node: dict[str, Any], account: str) -> list[list[Any]] | None:
    if node["Id"] == account:
        return [node["Policies"]]
    for child in node.get("Children", []):
        below = path_to(child, account)
        if below is not None:
            return [node["Policies"], *below]
    return None


def ask(files: dict[str, list[str]], entity_arn: str, arguments: list[Any]) -> Decision:
    account = Account(files)
    action, resource, given, strict = arguments[0], arguments[1], arguments[2:3], arguments[4:5]
    entity = next((one for one in account.entities() if one["Arn"] == entity_arn), {})
    policies, owner = account.resource(resource)
    number = entity_arn.split(":")[4]
    principal = parse_principal(entity_arn, in_management_account=account.is_management(number))
    layers = Layers(
        identity=account.identity(entity),
        boundary=account.boundary(entity),
        scp=account.scp(number),
        resource=policies,
    )
    context: dict[str, Any] = dict(pair.split("=", 1) for pair in (given[0] if given else []))
    request = Request(principal, action, resource, owner, context, assume_unknown=not (strict and strict[0]))
    return decide(request, layers)


def who_can(files: dict[str, list[str]], arguments: list[Any]) -> list[str]:
    arns = [entity["Arn"] for entity in Account(files).entities()]
    return sorted(arn for arn in arns if ask(files, arn, arguments).may_be_allowed)


@pytest.mark.parametrize("case", cases())
def test_comes_out_the_same(case: dict[str, Any]) -> None:
    arguments, files = case["input"], case["files"]
    if case["test"] == "test_can_i":
        assert ask(files, arguments[0], arguments[1:]).may_be_allowed is case["expected"]
    elif case["test"] == "test_who_can":
        assert who_can(files, arguments) == sorted(case["expected"])
    else:
        found = [
            [arn, resource]
            for resource in arguments[1]
            for arn in who_can(files, [arguments[0], resource, *arguments[2:]])
        ]
        assert sorted(found) == sorted(case["expected"])


def test_all_cases_are_there() -> None:
    assert len(cases()) == 39
