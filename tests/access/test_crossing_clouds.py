"""Ways that cross clouds: an AWS role that a Google pool lets in, a service account that Entra lets in, and back again; each with
the pair where one claim stops it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import azure_exports as az
from google_exports import BUCKET, NUMBER, ORGANISATION, Lab, asset, binding
from weightguard import api
from weightguard.access.model import Answer
from weightguard.estate.fact import Collection
from weightguard.report.formats import html
from weightguard.weights import WeightSet

ACCOUNT = "111122223333"
TRAINER = f"arn:aws:iam::{ACCOUNT}:role/trainer"
HANDLER = f"arn:aws:iam::{ACCOUNT}:role/handler"
SESSIONS = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer"
POOL = f"projects/{NUMBER}/locations/global/workloadIdentityPools/elsewhere"
OF_POOL = f"//iam.googleapis.com/{POOL}"
GOOGLE, GITHUB = "https://accounts.google.com", "https://token.actions.githubusercontent.com"
BY_ROLE = f"principalSet:{OF_POOL}/attribute.aws_role/{SESSIONS}"
UNIQUE = "104512345678901234567"
APP, APP_ID = az.named(41), "50000000-0000-0000-0000-000000000041"
ENTRA = f"https://sts.windows.net/{az.TENANT}/"
AWS_STORE = "arn:aws:s3:::weights"
AUDIENCE = "api://AzureADTokenExchange"
WORKFLOW = "repo:lab/models:ref:refs/heads/main"
IDENTITY = "roles/iam.workloadIdentityUser"


def aws(folder: Path, *trust: dict[str, Any], reads: bool = False) -> Path:
    """A snapshot of an account with two roles; the first reads the weights there, where it does, and trusts whom it trusts."""
    allowed = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{AWS_STORE}/*"}] if reads else []
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    roles = [_role("trainer", [*trust, service], allowed), _role("handler", [service], [])]
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}
    file = folder / "details.json"
    file.write_text(json.dumps(details))
    return api.collect_gaad(folder / "aws", [file])


def _role(name: str, trust: list[dict[str, Any]], allowed: list[dict[str, Any]]) -> dict[str, Any]:
    def document(statements: list[dict[str, Any]]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statements}

    own = [{"PolicyName": "own", "PolicyDocument": document(allowed)}] if allowed else []
    return {
        "Path": "/", "RoleName": name, "RoleId": f"AROA{name.upper():0<17}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "CreateDate": "2026-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": document(trust), "RolePolicyList": own,
        "AttachedManagedPolicies": [], "InstanceProfileList": [],
    }  # fmt: skip


def web(issuer: str, **tests: Any) -> dict[str, Any]:
    """A statement that lets in whom an issuer vouches for."""
    provider = issuer if issuer == "accounts.google.com" else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    found = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    return (
        {**found, "Condition": {"StringEquals": {f"{issuer}:{key}": each for key, each in tests.items()}}}
        if tests
        else found
    )


def google(folder: Path, lab: Lab) -> Path:
    api.collect_assets(folder / "google", lab.write(folder))
    return folder / "google"


def pool(lab: Lab, **provider: Any) -> Lab:
    """A pool with a provider."""
    above = [f"projects/{NUMBER}", "folders/800", ORGANISATION]
    named = {"name": POOL, "state": "ACTIVE"}
    lab.add(asset(OF_POOL, "iam.googleapis.com/WorkloadIdentityPool", above, resource={"data": named}))
    data = {"name": f"{POOL}/providers/p", "state": "ACTIVE", **provider}
    kind = "iam.googleapis.com/WorkloadIdentityPoolProvider"
    return lab.add(asset(f"{OF_POOL}/providers/p", kind, above, resource={"data": data}))


def of_aws(condition: str | None = None, account: str = ACCOUNT) -> dict[str, Any]:
    """A provider for an AWS account."""
    found: dict[str, Any] = {"aws": {"accountId": account}}
    return found if condition is None else {**found, "attributeCondition": condition}


def robot(lab: Lab, *members: str) -> str:
    """A service account that principals of the pool become."""
    return lab.account("robot", binding(IDENTITY, *members), uniqueId=UNIQUE)


def azure(folder: Path, *credentials: dict[str, Any]) -> Path:
    """A tenant whose application reads the weights there, and has federated credentials."""
    export = az.Export(
        [az.account(), az.assignment(az.person(41), az.BLOB_READER, az.CONTAINER)], [az.container()],
        {
            "applications": [{"id": az.person(141), "appId": APP_ID, "displayName": "publisher"}],
            "servicePrincipals": [
                {"id": az.person(41), "appId": APP_ID, "displayName": "publisher", "servicePrincipalType": "Application"}
            ],
            "applications(id,appId,federatedIdentityCredentials())": [
                {"id": az.person(141), "appId": APP_ID, "federatedIdentityCredentials": list(credentials)}
            ],
        },
    )  # fmt: skip
    return api.collect_graph_export(folder / "azure", export.files(folder / "export"))


def credential(issuer: str = GOOGLE, subject: str = UNIQUE) -> dict[str, Any]:
    return {"name": "from elsewhere", "issuer": issuer, "subject": subject, "audiences": [AUDIENCE]}


def answers(store: str, *snapshots: Path) -> dict[str, Answer]:
    """Who reads, over several snapshots."""
    return {one.principal: one for one in api.who_can(api.load(*snapshots), "read", store).answers}


def three(folder: Path, provider: dict[str, Any], member: str, subject: str = UNIQUE) -> dict[str, Answer]:
    """Who reads the weights on Azure, over all three clouds."""
    lab = pool(Lab(), **provider)
    robot(lab, member)
    return answers(az.STORE, aws(folder), google(folder, lab), azure(folder, credential(subject=subject)))


def test_one_way_crosses_all_three(tmp_path: Path) -> None:
    found = three(tmp_path, of_aws(), BY_ROLE)[TRAINER]
    assert [hop.origin for hop in found.path] == [
        TRAINER, BY_ROLE, "serviceAccount:robot@lab.iam.gserviceaccount.com", APP,
    ]  # fmt: skip
    assert (found.certainty, found.direct, found.kind) == ("certain", False, "workload")


@pytest.mark.parametrize(
    ("provider", "member", "subject", "reads"),
    [
        (of_aws("attribute.aws_role.endsWith('trainer')"), BY_ROLE, UNIQUE, True),
        (of_aws(f"assertion.arn.startsWith('{SESSIONS}/')"), BY_ROLE, UNIQUE, True),
        (of_aws("assertion.arn.startsWith('arn:aws:sts::111122223333:assumed-role/handler/')"), BY_ROLE, UNIQUE, False),
        (of_aws(account="444455556666"), BY_ROLE, UNIQUE, False),
        (of_aws(), BY_ROLE.replace("trainer", "train"), UNIQUE, False),
        (of_aws(), f"principalSet:{OF_POOL}/*", UNIQUE, True),
        (of_aws(), BY_ROLE, "999", False),
    ],
)  # fmt: skip
def test_one_claim_stops_it(
    tmp_path: Path, provider: dict[str, Any], member: str, subject: str, reads: bool
) -> None:
    assert (TRAINER in three(tmp_path, provider, member, subject)) is reads


def test_a_session_of_one_name_is_a_condition(tmp_path: Path) -> None:
    found = three(tmp_path, of_aws(), f"principal:{OF_POOL}/subject/{SESSIONS}/nightly")
    assert [(one.key, one.values) for one in found[TRAINER].conditions] == [
        ("sts:RoleSessionName", ("nightly",))
    ]
    assert HANDLER not in found


def test_what_a_request_does_not_say_stays_a_claim(tmp_path: Path) -> None:
    found = three(tmp_path, of_aws("assertion.userid == 'AROAEXAMPLE:nightly'"), BY_ROLE)[TRAINER]
    assert {(one.kind, one.key) for one in found.conditions} == {("claim", "assertion.userid")}


def test_without_the_other_snapshots_the_outsiders_are_named(tmp_path: Path) -> None:
    lab = pool(Lab(), **of_aws())
    robot(lab, BY_ROLE)
    alone = azure(tmp_path, credential())
    found = answers(az.STORE, alone)
    assert set(found) == {APP, f"{GOOGLE}#{UNIQUE}"}
    assert found[f"{GOOGLE}#{UNIQUE}"].kind == "external"
    assert BY_ROLE in answers(az.STORE, alone, google(tmp_path, lab))


@pytest.mark.parametrize(
    ("tests", "reads"),
    [({"sub": UNIQUE}, True), ({"aud": UNIQUE}, True), ({"sub": "999"}, False), ({"aud": "999"}, False)],
)
def test_a_service_account_becomes_a_role(tmp_path: Path, tests: dict[str, str], reads: bool) -> None:
    lab = Lab()
    robot(lab)
    role = aws(tmp_path, web("accounts.google.com", **tests), reads=True)
    found = answers(AWS_STORE, role, google(tmp_path, lab))
    assert ("serviceAccount:robot@lab.iam.gserviceaccount.com" in found) is reads


@pytest.mark.parametrize(
    ("issuer", "subject", "reads"),
    [
        (ENTRA, az.person(41), True),
        (ENTRA, az.person(42), False),
        (ENTRA.replace("1/", "2/"), az.person(41), False),
    ],
)
def test_an_application_becomes_a_role_and_a_principal_of_a_pool(
    tmp_path: Path, issuer: str, subject: str, reads: bool
) -> None:
    host = issuer.removeprefix("https://")
    mapping = {"google.subject": "assertion.sub"}
    lab = pool(Lab(), oidc={"issuerUri": issuer}, attributeMapping=mapping)
    lab.allow(Lab.store, binding("roles/storage.objectViewer", f"principal:{OF_POOL}/subject/{subject}"))
    tenant = azure(tmp_path)
    assert (APP in answers(BUCKET, google(tmp_path, lab), tenant)) is reads
    assert (APP in answers(AWS_STORE, aws(tmp_path, web(host, sub=subject), reads=True), tenant)) is reads


@pytest.mark.parametrize(("workflow", "joined"), [(WORKFLOW, True), ("repo:lab/other:ref:x", False)])
def test_a_pipeline_that_enters_several_clouds_is_one_name(
    tmp_path: Path, workflow: str, joined: bool
) -> None:
    mapping = {"google.subject": "assertion.sub"}
    lab = pool(Lab(), oidc={"issuerUri": GITHUB}, attributeMapping=mapping)
    lab.allow(Lab.store, binding("roles/storage.objectViewer", f"principal:{OF_POOL}/subject/{workflow}"))
    role = aws(tmp_path, web("token.actions.githubusercontent.com", sub=WORKFLOW), reads=True)
    tenant, bucket = azure(tmp_path, credential(GITHUB, WORKFLOW)), google(tmp_path, lab)
    name = f"{GITHUB}#{WORKFLOW}"
    assert (name in answers(BUCKET, role, bucket, tenant)) is joined
    assert name in answers(AWS_STORE, role, bucket, tenant)
    assert name in answers(az.STORE, role, bucket, tenant)


def test_a_role_shows_a_token_of_its_account_s_issuer_on_azure(tmp_path: Path) -> None:
    issuer = "https://0a1b2c3d-0000-4000-8000-000000000000.tokens.sts.global.api.aws"
    tenant = azure(tmp_path, credential(issuer, TRAINER))
    found = answers(az.STORE, tenant, aws(tmp_path))
    assert found[TRAINER].certainty == "conditional"
    assert HANDLER not in found


def test_the_page_shows_the_way_over_all_three(tmp_path: Path) -> None:
    lab = pool(Lab(), **of_aws())
    robot(lab, BY_ROLE)
    evidence = api.load(aws(tmp_path), google(tmp_path, lab), azure(tmp_path, credential()))
    held = WeightSet("w-1", "atlas", az.STORE, "", "safetensors", 1, 1, 1, None, "header", None, ())
    estate = replace(evidence.estate, weight_sets=Collection((held,)))
    report = api.assess(replace(evidence, estate=estate))
    (shown,) = [one for one in report.weights if one.name == "atlas"]
    assert shown.readers.workloads >= 2
    text = html.render(report).decode()
    for step in (
        "workload identity federation",
        "iam.serviceAccounts.getAccessToken",
        "federated identity credential",
    ):
        assert step in text
    assert TRAINER in text and f"{POOL}/attribute.aws_role/{SESSIONS}" in text and APP in text
