"""A seeded generator of organisations as they grow in practice, as an estate.

One account has about five hundred principals: people in groups with shared managed policies, roles that people assume,
chains of deployment roles across accounts, service roles with a policy of their own, CI roles for a code host and Identity
Center roles, and the workloads that run as the service roles. The accounts stand under one organisation with guardrails; the
stores lie in a tenth of the accounts, half of them under keys of their own.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    Account,
    Credential,
    CredentialKind,
    Encryption,
    EncryptionKind,
    Estate,
    FederatedProvider,
    Key,
    KeyMaterial,
    KeyProtection,
    KeyState,
    NamedPolicy,
    ObjectLists,
    Organisation,
    Principal,
    PrincipalKind,
    Store,
    Versioning,
    Workload,
)

SOURCE = Source.named("benchmark", "Generate", "organisation")
NOW = "2026-01-01T00:00:00Z"
ORGANISATION = "o-benchmark1"
PER_ACCOUNT = 500
SERVICES = {
    "lambda": ("lambda.amazonaws.com", "function", "arn:aws:lambda:us-east-1:{account}:function:{name}"),
    "ec2": ("ec2.amazonaws.com", "instance", "arn:aws:ec2:us-east-1:{account}:instance/i-{number:017x}"),
    "sagemaker": (
        "sagemaker.amazonaws.com",
        "notebook",
        "arn:aws:sagemaker:us-east-1:{account}:notebook-instance/{name}",
    ),
    "codebuild": (
        "codebuild.amazonaws.com",
        "build_project",
        "arn:aws:codebuild:us-east-1:{account}:project/{name}",
    ),
    "glue": ("glue.amazonaws.com", "job", "arn:aws:glue:us-east-1:{account}:job/{name}"),
}


def known(value: Any) -> Known[Any]:
    return Known(value, SOURCE)


NOTHING, EMPTY, NO, NO_TAGS, NO_KEYS = known(None), known(()), known(False), known({}), known(())


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def provider_policy(name: str, *statements: dict[str, Any]) -> NamedPolicy:
    return NamedPolicy(f"arn:aws:iam::aws:policy/{name}", name, document(*statements), "provider")


ADMINISTRATOR = provider_policy("AdministratorAccess", allow("*"))
READ_ONLY = provider_policy(
    "ReadOnlyAccess",
    allow(
        [
            "s3:Get*",
            "s3:List*",
            "ec2:Describe*",
            "iam:Get*",
            "iam:List*",
            "lambda:Get*",
            "lambda:List*",
            "kms:Describe*",
        ]
    ),
)
POWER_USER = provider_policy(
    "PowerUserAccess",
    {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
)
BASIC = provider_policy(
    "AWSLambdaBasicExecutionRole", allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
)


class Organisation500:
    """One organisation in the making.

    Args:
        principals: how many users and roles.
        stores: how many weight stores.
        seed: the same seed gives the same organisation.
    """

    def __init__(self, principals: int, stores: int = 200, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._accounts = [
            f"{100_000_000_000 + number}" for number in range(max(2, principals // PER_ACCOUNT))
        ]
        self._wanted = principals
        self._stores = stores
        self.principals: list[Principal] = []
        self.workloads: list[Workload] = []
        self.providers: list[FederatedProvider] = []

    def estate(self) -> Estate:
        """The whole of it."""
        each = self._wanted // len(self._accounts)
        for number, account in enumerate(self._accounts):
            _AccountMaker(self, account, number, each, self._random).make()
        stores, keys = self._weights()
        return Estate(
            collected_at=NOW,
            organisations=Collection((Organisation(ORGANISATION, "aws", self._accounts[0]),)),
            accounts=Collection(tuple(self._account(one) for one in self._accounts)),
            principals=Collection(tuple(sorted(self.principals, key=lambda one: one.id))),
            workloads=Collection(tuple(sorted(self.workloads, key=lambda one: one.id))),
            federated_providers=Collection(tuple(self.providers)),
            stores=Collection(tuple(stores)),
            keys=Collection(tuple(keys)),
        )

    @property
    def accounts(self) -> list[str]:
        return self._accounts

    def _account(self, account: str) -> Account:
        exempt = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/team-admin-0"}}
        guard = {
            "Effect": "Deny",
            "Action": ["organizations:LeaveOrganization", "cloudtrail:StopLogging"],
            "Resource": "*",
            "Condition": exempt,
        }
        root = (NamedPolicy("p-FullAWSAccess", "FullAWSAccess", document(allow("*")), "provider"),)
        levels = (root, (*root, NamedPolicy(f"p-guard{account[-4:]}", "guard", document(guard), "customer")))
        return Account(
            account,
            "aws",
            f"account {account}",
            ORGANISATION,
            account == self._accounts[0],
            True,
            known(levels),
            NOTHING,
            NOTHING,
            NOTHING,
            known(True),
            known(0),
            NOTHING,
        )

    def _weights(self) -> tuple[list[Store], list[Key]]:
        homes = self._accounts[1 : 2 + max(1, len(self._accounts) // 10)]
        stores, keys = [], []
        for number in range(self._stores):
            account = homes[number % len(homes)]
            key = None
            if number % 2 == 0:
                key = self._key(account, number)
                keys.append(key)
            stores.append(self._store(account, number, key))
        return stores, keys

    def _key(self, account: str, number: int) -> Key:
        identifier = f"arn:aws:kms:us-east-1:{account}:key/{number:08d}-0000-4000-8000-000000000000"
        user = f"arn:aws:iam::{account}:role/team-role-{number % 20}"
        policy = document(
            {
                "Sid": "Delegate",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Principal": {"AWS": user},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
            },
        )
        named = NamedPolicy(f"{identifier}#key policy", "key policy", policy, "inline")
        return Key(
            identifier,
            "aws",
            account,
            "us-east-1",
            EMPTY,
            known(True),
            known(KeyState.ENABLED),
            known(KeyMaterial(KeyProtection.SHARED_HSM, "AWS_KMS")),
            NOTHING,
            known(True),
            known(named),
            EMPTY,
            NO_TAGS,
            NOTHING,
        )

    def _store(self, account: str, number: int, key: Key | None) -> Store:
        identifier = f"arn:aws:s3:::weights-{number}"
        encryption = (
            Encryption(EncryptionKind.NAMED, key.id, reader_needs_key=True, bucket_key=True)
            if key is not None
            else Encryption(EncryptionKind.PROVIDER)
        )
        policy = None
        if number % 3 != 2:
            both = [identifier, f"{identifier}/*"]
            statements: list[dict[str, Any]] = [
                {
                    "Sid": "Tls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": both,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                {
                    "Sid": "Team",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:role/team-role-{number % 20}"},
                    "Action": "s3:GetObject",
                    "Resource": both,
                },
            ]
            if number % 6 == 0:
                outside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
                statements.append(
                    {
                        "Sid": "Network",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": both,
                        "Condition": outside,
                    }
                )
            policy = NamedPolicy(
                f"{identifier}#bucket policy", "bucket policy", document(*statements), "inline"
            )
        return Store(
            identifier,
            "aws",
            account,
            "us-east-1",
            f"weights-{number}",
            None,
            NOTHING,
            known(policy),
            known(ObjectLists(False, "BucketOwnerEnforced")),
            known(encryption),
            known(Versioning(False, False)),
            NOTHING,
            EMPTY,
            NOTHING,
            EMPTY,
            NOTHING,
            NOTHING,
            NO_TAGS,
            Unknown(Reason.NOT_COLLECTED, SOURCE),
        )


class _AccountMaker:
    """Makes the principals of one account."""

    def __init__(
        self, whole: Organisation500, account: str, number: int, principals: int, chance: random.Random
    ) -> None:
        self._whole = whole
        self._account = account
        self._number = number
        self._count = principals
        self._random = chance
        self._managed = list(self._shared_policies())
        limit = document(allow(["s3:*", "lambda:*", "logs:*", "dynamodb:*", "sqs:*"]))
        self._boundary = NamedPolicy(f"arn:aws:iam::{account}:policy/boundary", "boundary", limit, "customer")

    def make(self) -> None:
        """All of them: two fifths people, the rest roles."""
        groups = self._groups()
        users = self._count * 2 // 5
        for number in range(users):
            self._user(number, groups)
        left = self._count - users
        for make, share in (
            (self._service_role, 50),
            (self._team_role, 20),
            (self._chain_role, 12),
            (self._ci_role, 10),
            (self._sso_role, 8),
        ):
            for number in range(left * share // 100):
                make(number)

    def _add(
        self, kind: PrincipalKind, name: str, policies: list[NamedPolicy], path: str = "/", **facts: Any
    ) -> Principal:
        given: dict[str, Any] = {
            "unique_id": None,
            "provider": "aws",
            "account": self._account,
            "kind": kind,
            "name": name,
            "path": path,
            "created": None,
            "groups": known(()),
            "policies": known(tuple(policies)),
            "boundary": NOTHING,
            "trust": NOTHING,
            "tags": NO_TAGS,
            "service_linked": False,
            "last_used": NOTHING,
            "console_password": NO,
            "mfa_active": NO,
            "credentials": NO_KEYS,
        }
        given.update(facts)
        principal = Principal(id=f"arn:aws:iam::{self._account}:{kind.value}{path}{name}", **given)
        self._whole.principals.append(principal)
        return principal

    def _customer(self, name: str, *statements: dict[str, Any]) -> NamedPolicy:
        return NamedPolicy(
            f"arn:aws:iam::{self._account}:policy/{name}", name, document(*statements), "customer"
        )

    def _inline(self, kind: str, owner: str, *statements: dict[str, Any]) -> NamedPolicy:
        return NamedPolicy(
            f"arn:aws:iam::{self._account}:{kind}/{owner}#inline", "inline", document(*statements), "inline"
        )

    def _shared_policies(self) -> Iterator[NamedPolicy]:
        own = f"arn:aws:iam::{self._account}:user/${{aws:username}}"
        yield self._customer(
            "manage-own", allow(["iam:CreateAccessKey", "iam:ChangePassword", "iam:UpdateLoginProfile"], own)
        )
        for number in range(30):
            team = f"team-{number}"
            yield self._customer(
                team,
                allow(
                    ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
                    [f"arn:aws:s3:::{team}-*", f"arn:aws:s3:::{team}-*/*"],
                ),
                allow(
                    ["lambda:UpdateFunctionCode", "lambda:InvokeFunction"],
                    f"arn:aws:lambda:*:{self._account}:function:app-{number}-*",
                ),
                allow("sts:AssumeRole", f"arn:aws:iam::{self._account}:role/team-role-{number}"),
            )
        yield self._customer(
            "deploy",
            allow(
                "iam:PassRole",
                f"arn:aws:iam::{self._account}:role/app-*",
                Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            ),
            allow(["lambda:*", "cloudformation:*"]),
        )
        yield self._customer(
            "weights-readers",
            allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::weights-*", "arn:aws:s3:::weights-*/*"]),
            allow("kms:Decrypt"),
        )
        yield self._customer(
            "support",
            allow(
                ["iam:CreateLoginProfile", "iam:UpdateLoginProfile"],
                f"arn:aws:iam::{self._account}:user/person-1*",
            ),
            allow("ssm:StartSession", f"arn:aws:ec2:*:{self._account}:instance/*"),
        )

    def _groups(self) -> list[Principal]:
        found = [self._add(PrincipalKind.GROUP, "everybody", [self._managed[0]])]
        found += [
            self._add(PrincipalKind.GROUP, f"team-{number}", [self._managed[1 + number]])
            for number in range(30)
        ]
        found.append(self._add(PrincipalKind.GROUP, "readers", [READ_ONLY]))
        found.append(self._add(PrincipalKind.GROUP, "support", [self._managed[33]]))
        found.append(self._add(PrincipalKind.GROUP, "scientists", [self._managed[32]]))
        return found

    def _user(self, number: int, groups: list[Principal]) -> None:
        chance = self._random.random()
        member = [groups[0], groups[1 + self._random.randrange(30)]]
        if chance < 0.15:
            member.append(groups[-3])
        elif chance < 0.17:
            member.append(groups[-2])
        elif chance < 0.19:
            member.append(groups[-1])
        policies = [ADMINISTRATOR] if number < 2 else [POWER_USER] if number < 5 else []
        self._add(
            PrincipalKind.USER,
            f"person-{number}",
            policies,
            groups=known(tuple(sorted(one.id for one in member))),
            console_password=known(True),
            credentials=known((Credential(f"AKIA{number}", CredentialKind.ACCESS_KEY, True, None, None),)),
        )

    def _trust(
        self, owner: str, *principals: dict[str, Any], action: str = "sts:AssumeRole", **more: Any
    ) -> Known[NamedPolicy]:
        statements = [{"Effect": "Allow", "Principal": one, "Action": action, **more} for one in principals]
        name = f"arn:aws:iam::{self._account}:role/{owner}#trust policy"
        return known(NamedPolicy(name, "trust policy", document(*statements), "inline"))

    def _service_role(self, number: int) -> None:
        service = list(SERVICES)[number % len(SERVICES)]
        principal, kind, arn = SERVICES[service]
        team = number % 30
        name = f"app-{team}-{number}"
        own = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}-data/*")
        statements = [
            own,
            allow(
                ["dynamodb:GetItem", "dynamodb:PutItem"], f"arn:aws:dynamodb:*:{self._account}:table/{name}"
            ),
        ]
        policies = [BASIC, self._inline("role", name, *statements)]
        if number % 60 == 7:
            policies.append(ADMINISTRATOR)
        elif number % 25 == 3:
            policies.append(self._managed[32])
        profile = (f"arn:aws:iam::{self._account}:instance-profile/{name}",) if service == "ec2" else ()
        role = self._add(
            PrincipalKind.ROLE,
            name,
            policies,
            trust=self._trust(name, {"Service": principal}),
            instance_profiles=profile,
            boundary=known(self._boundary) if number % 4 == 1 else NOTHING,
        )
        attributes = {"State.Name": known("running"), "NotebookInstanceStatus": known("InService")}
        identifier = arn.format(account=self._account, name=name, number=self._number * 100_000 + number)
        self._whole.workloads.append(
            Workload(
                identifier,
                "aws",
                self._account,
                "us-east-1",
                kind,
                service,
                name,
                (role.id,),
                NO,
                NOTHING,
                attributes,
            )
        )

    def _team_role(self, number: int) -> None:
        name = f"team-role-{number}" if number else "team-admin-0"
        policies = [ADMINISTRATOR] if number == 0 else [self._managed[1 + number % 30]]
        if number % 15 == 4:
            policies.append(self._managed[31])
        if number % 20 == 5:
            policies.append(self._managed[32])
        self._add(
            PrincipalKind.ROLE,
            name,
            policies,
            trust=self._trust(name, {"AWS": f"arn:aws:iam::{self._account}:root"}),
        )

    def _chain_role(self, number: int) -> None:
        """Each account's deployment roles trust those of the account before it."""
        name = f"chain-{number}"
        accounts = self._whole.accounts
        before = accounts[self._number - 1] if self._number else self._account
        trusted = (
            f"arn:aws:iam::{before}:role/chain-{number}"
            if self._number
            else f"arn:aws:iam::{self._account}:root"
        )
        after = accounts[(self._number + 1) % len(accounts)]
        onward = allow("sts:AssumeRole", f"arn:aws:iam::{after}:role/chain-{number}")
        policies = [self._inline("role", name, onward)]
        if number % 12 == 0:
            policies.append(self._managed[31])
        self._add(PrincipalKind.ROLE, name, policies, trust=self._trust(name, {"AWS": trusted}))

    def _ci_role(self, number: int) -> None:
        name = f"ci-{number}"
        host = f"arn:aws:iam::{self._account}:oidc-provider/token.actions.githubusercontent.com"
        if number == 0:
            self._whole.providers.append(
                FederatedProvider(
                    host,
                    "aws",
                    self._account,
                    "oidc",
                    known("https://token.actions.githubusercontent.com"),
                    EMPTY,
                )
            )
        subject = {"StringLike": {"token.actions.githubusercontent.com:sub": f"repo:lab/app-{number}:*"}}
        trust = self._trust(
            name, {"Federated": host}, action="sts:AssumeRoleWithWebIdentity", Condition=subject
        )
        self._add(
            PrincipalKind.ROLE,
            name,
            [self._managed[31]] if number % 3 == 0 else [self._managed[1 + number % 30]],
            trust=trust,
        )

    def _sso_role(self, number: int) -> None:
        name = f"AWSReservedSSO_set-{number}_0123456789abcdef"
        host = f"arn:aws:iam::{self._account}:saml-provider/AWSSSO_DO_NOT_DELETE"
        trust = self._trust(name, {"Federated": host}, action="sts:AssumeRoleWithSAML")
        policies = (
            [ADMINISTRATOR]
            if number == 0
            else [READ_ONLY]
            if number % 2
            else [self._managed[1 + number % 30]]
        )
        self._add(PrincipalKind.ROLE, name, policies, path="/aws-reserved/sso.amazonaws.com/", trust=trust)


def organisation(principals: int, stores: int = 200, seed: int = 1) -> Estate:
    """An organisation of about so many users and roles.

    Args:
        principals: users and roles together.
        stores: weight stores.
        seed: the same seed gives the same organisation.
    """
    return Organisation500(principals, stores, seed).estate()
