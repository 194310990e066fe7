"""A seeded generator of one account whose principals all differ, as ``get-account-authorization-details`` gives it.

Every fifth principal is a user. Users and roles carry some of many customer policies, some a provider's, half of them one of their
own; few may do anything, one in ten stands under a boundary, some policies deny. Roles trust services, the account, single roles,
other accounts. Statements name buckets, keys, roles and things that have nothing to do with weights.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

ACCOUNT = "210987654321"
STORE = "arn:aws:s3:::weights-main"
_BUCKETS = ("weights-main", "weights-next", "datasets", "logs", "site", "builds")
_SERVICES = ("ec2", "lambda", "ecs-tasks", "sagemaker", "glue", "codebuild", "cloudformation", "states")
_MADE = "2026-01-01T00:00:00+00:00"
_PROVIDED: dict[str, list[dict[str, Any]]] = {
    "AdministratorAccess": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    "AmazonS3ReadOnlyAccess": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
    "IAMFullAccess": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}],
    "AmazonEC2FullAccess": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}],
    "CloudWatchLogsFullAccess": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
}


def account(principals: int, seed: int = 1) -> dict[str, Any]:
    """The authorization details of one account."""
    return _Account(principals, Random(seed)).details()


class _Account:
    def __init__(self, principals: int, random: Random) -> None:
        self._random = random
        self._users = max(5, principals // 5)
        self._roles = [f"role-{number}" for number in range(principals - self._users)]
        self._groups = [f"group-{number}" for number in range(max(3, principals // 75))]
        self._policies: list[dict[str, Any]] = []
        for name, statements in _PROVIDED.items():
            self._managed(f"arn:aws:iam::aws:policy/{name}", statements)
        limit = [
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
        ]
        self._boundary = self._managed(self._arn("policy", "limit"), limit)
        self._shared = [
            self._managed(self._arn("policy", f"team-{number}"), self._statements(1, 5))
            for number in range(max(10, principals // 4))
        ]

    def details(self) -> dict[str, Any]:
        groups = [
            self._named("Group", "group", name, [], AttachedManagedPolicies=self._attached())
            for name in self._groups
        ]
        users = [self._user(number) for number in range(self._users)]
        roles = [self._role(name) for name in self._roles]
        return {
            "UserDetailList": users,
            "GroupDetailList": groups,
            "RoleDetailList": roles,
            "Policies": self._policies,
        }

    @staticmethod
    def _arn(kind: str, name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"

    def _managed(self, arn: str, statements: list[dict[str, Any]]) -> str:
        version = {"Document": _document(statements), "VersionId": "v1", "IsDefaultVersion": True}
        name = arn.rpartition("/")[2]
        self._policies.append(
            {"PolicyName": name, "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [version]}
        )
        return arn

    def _named(
        self, title: str, kind: str, name: str, inline: list[dict[str, Any]], **more: Any
    ) -> dict[str, Any]:
        own = [{"PolicyName": "own", "PolicyDocument": _document(inline)}] if inline else []
        number = self._random.getrandbits(64)
        return {
            "Path": "/",
            f"{title}Name": name,
            f"{title}Id": f"{'AIDA' if title == 'User' else 'AROA'}{number:020d}"[:21],
            "Arn": self._arn(kind, name),
            "CreateDate": _MADE,
            f"{title}PolicyList": own,
            **more,
        }

    def _attached(self) -> list[dict[str, str]]:
        chosen = self._random.sample(self._shared, self._random.randint(0, 3))
        if self._random.random() < 0.3:
            chosen.append(f"arn:aws:iam::aws:policy/{self._random.choice(list(_PROVIDED)[1:])}")
        if self._random.random() < 0.02:
            chosen.append("arn:aws:iam::aws:policy/AdministratorAccess")
        names = dict.fromkeys(chosen)
        return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in names]

    def _limited(self) -> dict[str, Any]:
        if self._random.random() >= 0.1:
            return {}
        return {
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": self._boundary,
            }
        }

    def _user(self, number: int) -> dict[str, Any]:
        groups = self._random.sample(self._groups, self._random.randint(0, 2))
        inline = self._statements(1, 2) if self._random.random() < 0.3 else []
        return self._named(
            "User",
            "user",
            f"user-{number}",
            inline,
            GroupList=groups,
            AttachedManagedPolicies=self._attached(),
            **self._limited(),
        )

    def _role(self, name: str) -> dict[str, Any]:
        inline = self._statements(1, 3) if self._random.random() < 0.5 else []
        return self._named(
            "Role",
            "role",
            name,
            inline,
            AssumeRolePolicyDocument=_document([self._trust()]),
            InstanceProfileList=[],
            AttachedManagedPolicies=self._attached(),
            **self._limited(),
        )

    def _trust(self) -> dict[str, Any]:
        kind = self._random.random()
        if kind < 0.6:
            named: dict[str, str] = {"Service": f"{self._random.choice(_SERVICES)}.amazonaws.com"}
        elif kind < 0.75:
            named = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        elif kind < 0.95:
            named = {"AWS": self._arn("role", self._random.choice(self._roles))}
        else:
            named = {"AWS": "arn:aws:iam::555566667777:root"}
        return {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}

    def _statements(self, least: int, most: int) -> list[dict[str, Any]]:
        return [self._statement() for _ in range(self._random.randint(least, most))]

    def _statement(self) -> dict[str, Any]:
        random = self._random
        bucket = f"arn:aws:s3:::{random.choice(_BUCKETS)}"
        role = self._arn("role", random.choice(self._roles))
        choices: tuple[tuple[int, Any, Any], ...] = (
            (20, ["s3:GetObject", "s3:ListBucket"], [bucket, f"{bucket}/*"]),
            (10, "s3:PutObject", f"{bucket}/part-{random.randrange(40)}/*"),
            (8, ["kms:Decrypt", "kms:GenerateDataKey"], f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"),
            (8, "sts:AssumeRole", role),
            (6, "iam:PassRole", role if random.random() < 0.8 else "*"),
            (4, ["lambda:CreateFunction", "lambda:InvokeFunction"], "*"),
            (2, "glue:CreateDevEndpoint", "*"),
            (1, "iam:AddUserToGroup", "*"),
            (1, "iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"),
            (1, "iam:CreatePolicyVersion", "*"),
            (15, ["sqs:SendMessage"], f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{random.randrange(200)}"),
            (15, ["dynamodb:Query"], f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t-{random.randrange(200)}"),
        )
        _, actions, resources = random.choices(choices, [weight for weight, *_ in choices])[0]
        if random.random() < 0.05:
            unless = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
            return {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": unless}
        return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def requests(details: dict[str, Any]) -> list[str]:
    """A case of `weightguard evaluate` for every principal, each with its own policies, as lines of JSON."""
    texts = {one["Arn"]: one["PolicyVersionList"][0]["Document"] for one in details["Policies"]}
    found = []
    for kind in ("User", "Role"):
        for one in details[f"{kind}DetailList"]:
            identity = [
                {"name": own["PolicyName"], "policy": own["PolicyDocument"]}
                for own in one[f"{kind}PolicyList"]
            ]
            identity += [
                {"name": held["PolicyArn"], "policy": texts[held["PolicyArn"]]}
                for held in one["AttachedManagedPolicies"]
            ]
            request = {"principal": one["Arn"], "action": "s3:GetObject", "resource": f"{STORE}/a"}
            case = {"id": one["Arn"], "provider": "aws", "request": request}
            found.append(json.dumps({**case, "policies": {"identity": identity}}))
    return found
