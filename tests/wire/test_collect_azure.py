"""Azure over the wire: the same facts as from an export, nothing left out unsaid, no token led astray."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import azure_exports as az
import azure_fake as fake
from weightguard import api
from weightguard.access.azure.context import attribute
from weightguard.collect.azure import entry
from weightguard.collect.azure.permissions import operations, permissions, routes
from weightguard.collect.azure.services import directory as entra
from weightguard.collect.azure.services import tables
from weightguard.errors import CredentialsError, InputError
from weightguard.estate.fact import Known, Unknown
from weightguard.sources import AzureSource

pytestmark = pytest.mark.wire
VAULT = f"{az.GROUP}/providers/Microsoft.KeyVault/vaults/keys"
KEY = f"{VAULT}/keys/k"
MACHINE = f"{az.GROUP}/providers/Microsoft.Compute/virtualMachines/m"
IDENTITY = f"{az.GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
GROUP, APP, SERVICE, BIG = 21, 22, 23, 24
HEADER = b'{"w":{"dtype":"F16","shape":[4096,64],"data_offsets":[0,524288]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(524_288)


def relations(**told: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Relations of a directory's object, as its pages hold them."""
    return {
        name: [{"@odata.type": "#microsoft.graph.user", "id": az.person(one)} for one in listed]
        for name, listed in told.items()
    }


def directory() -> dict[str, list[dict[str, Any]]]:
    """A group with a group in it, an application that others vouch for, and its owner."""
    group = {"id": az.person(GROUP), "displayName": "readers", "securityEnabled": True, "groupTypes": []}
    app = {"id": az.person(APP), "appId": "app-1", "displayName": "trainer"}
    service = {
        "id": az.person(SERVICE),
        "appId": "app-1",
        "displayName": "trainer",
        "servicePrincipalType": "Application",
    }
    federated = {
        "id": "f",
        "name": "ci",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:lab/x:ref:refs/heads/main",
        "audiences": ["a"],
    }
    return {
        "groups": [group],
        "groups(id,displayName,members())": [{**group, **relations(members=[1, 2])}],
        "groups(id,displayName,owners())": [{**group, **relations(owners=[3])}],
        "applications": [app],
        "applications(id,appId,owners())": [{**app, **relations(owners=[4])}],
        "applications(id,appId,federatedIdentityCredentials())": [
            {**app, "federatedIdentityCredentials": [federated]}
        ],
        "servicePrincipals": [service],
        "servicePrincipals(id,appId,owners())": [{**service, "owners": []}],
        "servicePrincipals(id,appId,appRoleAssignments())": [{**service, "appRoleAssignments": []}],
        "roleManagement/directory/roleAssignments": [
            {
                "id": "r",
                "principalId": az.person(5),
                "roleDefinitionId": az.GLOBAL_ADMINISTRATOR,
                "directoryScopeId": "/",
            }
        ],
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": [
            {"id": "e", "principalId": az.person(6), "groupId": az.person(GROUP), "accessId": "member"}
        ],
    }


def lab() -> az.Export:
    """A tenant in which people, a group, an application, a machine's identity and an owner of resources reach a container."""
    rows = [
        az.account(encryption={"keySource": "Microsoft.Keyvault", "keyvaultproperties": {
            "keyname": "k", "keyvaulturi": "https://keys.vault.azure.net"}}),
        az.row(VAULT, "Microsoft.KeyVault/vaults",
               properties={"vaultUri": "https://keys.vault.azure.net/", "enableRbacAuthorization": True}),
        az.row(MACHINE, "Microsoft.Compute/virtualMachines", properties={},
               identity={"type": "SystemAssigned", "principalId": az.person(31), "tenantId": az.TENANT}),
        az.row(IDENTITY, "Microsoft.ManagedIdentity/userAssignedIdentities",
               properties={"principalId": az.person(32), "clientId": "c", "tenantId": az.TENANT}),
        az.assignment(az.person(7), az.BLOB_READER, az.CONTAINER),
        az.assignment(az.person(GROUP), az.BLOB_READER, az.CONTAINER, principalType="Group"),
        az.assignment(az.person(SERVICE), az.BLOB_READER, az.ACCOUNT, principalType="ServicePrincipal"),
        az.assignment(az.person(31), az.BLOB_READER, az.ACCOUNT, principalType="ServicePrincipal"),
        az.assignment(az.person(32), az.BLOB_READER, az.ACCOUNT, principalType="ServicePrincipal"),
        az.assignment(az.person(8), az.OWNER, az.GROUP),
    ]  # fmt: skip
    storage, vaults = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
    vouched = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    attributes = {"enabled": True, "exportable": False}
    arm = [
        az.container(),
        az.container(az.CONTAINER + "-2"),
        az.resource(f"{az.ACCOUNT}/blobServices/default", f"{storage}/blobServices", isVersioningEnabled=False),
        az.resource(KEY, f"{vaults}/keys", kty="RSA-HSM", keySize=3072, attributes=attributes),
        az.resource(f"{IDENTITY}/federatedIdentityCredentials/f", vouched, issuer="https://accounts.google.com", subject="1",
                    audiences=["a"]),
        az.resource(f"{az.ACCOUNT}/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks",
                    level="CanNotDelete"),
    ]  # fmt: skip
    return az.Export(rows, arm, directory())


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fake.Served]:
    with fake.served(fake.Tenant(), tmp_path_factory.mktemp("azure")) as found:
        yield found


@pytest.fixture
def azure(_served: fake.Served, monkeypatch: pytest.MonkeyPatch) -> fake.Served:
    """The laboratory, fresh; whoever signs in may do everything."""
    fresh = fake.Tenant(
        export=lab(), blobs={("weights", "models"): {"a/model.safetensors": WEIGHTS, "a/config.json": b"{}"}}
    )
    for name in fake.Tenant.__dataclass_fields__:
        if name not in ("lock", "tokens"):
            setattr(_served.tenant, name, getattr(fresh, name))
    for name, value in _served.environment().items():
        monkeypatch.setenv(name, value)
    return _served


Scan = Callable[..., api.Evidence]


@pytest.fixture
def scan(azure: fake.Served, tmp_path: Path) -> Scan:
    """Scans the laboratory; options beside those that lead there."""
    count = 0

    def run(**more: Any) -> api.Evidence:
        nonlocal count
        count += 1
        source = AzureSource(**azure.options(**more))
        return api.load(api.collect(tmp_path / f"snapshot-{count}", {"azure": source}))

    return run


def outcomes(found: api.Evidence) -> dict[str, set[tuple[str, str | None]]]:
    """``service:operation`` -> outcomes other than answers, with their codes."""
    told: dict[str, set[tuple[str, str | None]]] = {}
    for call in found.snapshots[0].calls():
        if call.outcome not in ("ok", "absent"):
            told.setdefault(f"{call.service}:{call.operation}", set()).add((call.outcome, call.code))
    return told


def answers(found: api.Evidence) -> set[tuple[str, str, str]]:
    who = api.who_can(found, "read", az.STORE)
    return {(one.principal, one.kind, one.certainty) for one in who.answers}


def test_the_wire_and_an_export_say_the_same(scan: Scan, tmp_path: Path) -> None:
    wire, exported = scan(), api.load(az.collected(lab(), tmp_path))
    assert answers(wire) == answers(exported)
    assert {az.named(one) for one in (1, 2, 3, 4, 5, 6, 7, 8, SERVICE, 31, 32)} <= {
        one for one, _, _ in answers(wire)
    }
    assert outcomes(wire) == {}
    who = api.who_can(wire, "read", az.STORE)
    assert who.complete, who.gaps
    for name in ("principals", "keys", "containers", "role_definitions", "federated_providers"):
        mine, theirs = getattr(wire.estate, name), getattr(exported.estate, name)
        assert [one.id for one in mine] == [one.id for one in theirs], name
        assert mine.gaps == (), name


def test_weights_are_found_by_their_headers(azure: fake.Served, scan: Scan) -> None:
    azure.tenant.listing[("weights", "models")] = (
        "<Blob><Name>z/gone.gguf</Name><Deleted>true</Deleted><Properties><Etag>1</Etag>"
        "<Content-Length>900000</Content-Length></Properties></Blob>"
        "<Blob><Name>z/half.gguf</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>"
    )
    found = scan()
    (weights,) = found.estate.weight_sets
    assert weights.format == "safetensors" and weights.store == az.STORE
    rows = [row for batch in found.snapshots[0].objects(["key", "examined"]) for row in batch.to_pylist()]
    assert {row["key"]: row["examined"] for row in rows} == {
        "a/model.safetensors": "header", "a/config.json": "not_needed", "z/gone.gguf": "old_version", "z/half.gguf": "unfinished",
    }  # fmt: skip
    of_account = [
        one for one in azure.tenant.asked if "storageAccounts/weights" in one and one.startswith("GET /arm")
    ]
    assert len(of_account) == 6
    asked = [one for one in azure.tenant.asked if "model.safetensors" in one]
    assert asked and all(one.startswith("GET /blob/weights/models/a/model.safetensors") for one in asked)
    empty = next(one for one in found.estate.stores if one.name == "models-2")
    assert empty.contents.value.objects == 0  # type: ignore[union-attr]


def test_keys_are_told_in_full(azure: fake.Served, scan: Scan) -> None:
    rotated = {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P90D"}, "action": {"type": "Rotate"}}]}
    azure.tenant.rotation["k"] = rotated
    (key,) = scan().estate.keys
    assert key.material.value.protection.value == "shared_hsm" and key.rotation.value is True  # type: ignore[union-attr]


@pytest.mark.parametrize("most", [entra.MOST_ALONE, 0], ids=["one by one", "all at once"])
def test_people_who_were_given_something_are_asked_when_they_last_signed_in(
    most: int, azure: fake.Served, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entra, "MOST_ALONE", most)
    seen = {
        "lastSuccessfulSignInDateTime": "2026-02-01T00:00:00Z",
        "lastSignInDateTime": "2026-03-01T00:00:00Z",
    }
    people = [
        {**one, "signInActivity": seen}
        for one in azure.tenant.collection("users")
        if one["id"] != az.person(8)
    ]
    azure.tenant.export.objects["users"] = [*people, az.user(8)]
    used = {one.id: one.last_used for one in scan().estate.principals}
    given = {az.named(number) for number in (1, 2, 5, 7)}
    assert {
        id for id, fact in used.items() if isinstance(fact, Known) and fact.value == "2026-02-01T00:00:00Z"
    } == given
    never, nothing = used[az.named(8)], used[az.named(3)]
    assert isinstance(never, Known) and never.value is None, "asked, and never seen"
    assert isinstance(nothing, Unknown), "nobody asked of whoever was given nothing"


@pytest.mark.parametrize("immutable", [True, False])
def test_a_vault_tells_whether_a_release_policy_can_be_changed(
    immutable: bool, azure: fake.Served, scan: Scan
) -> None:
    (key,) = [one for one in azure.tenant.export.arm if one["type"].lower().endswith("vaults/keys")]
    key["properties"]["release_policy"] = {"data": "e30"}
    azure.tenant.immutable = frozenset({"k"} if immutable else ())
    (found,) = scan().estate.resources_of("keyvault.vaults/keys")
    assert attribute(found, "release_policy") == {"data": "e30", "immutable": immutable}


def test_the_role_that_is_printed_is_enough(azure: fake.Served, scan: Scan) -> None:
    document = permissions()
    azure.tenant.actions = tuple(document["role"]["Actions"])
    azure.tenant.data = tuple(document["role"]["DataActions"])
    azure.tenant.graph = tuple(document["graph"])
    found = scan()
    assert outcomes(found) == {} and api.who_can(found, "read", az.STORE).complete


@pytest.mark.parametrize(("scope", "whole"), [("/", True), (az.GROUP, False)])
def test_where_permissions_are_not_told_the_roles_tell(
    azure: fake.Served, scan: Scan, scope: str, whole: bool
) -> None:
    azure.tenant.faults = [fake.Fault("Microsoft.Authorization/permissions", 404, "NotFound")]
    azure.tenant.own_scope = scope
    assert scan().estate.stores.complete is whole


@pytest.mark.parametrize("kind", ["policyAssignments", "roleAssignments"])
def test_what_is_set_above_the_subscriptions_is_read(azure: fake.Served, scan: Scan, kind: str) -> None:
    above = f"/providers/Microsoft.Management/managementGroups/{az.TENANT}"
    id = f"{above}/providers/Microsoft.Authorization/{kind}/from-above"
    properties = {"scope": above, "principalId": az.person(1), "roleDefinitionId": az.READER}
    azure.tenant.export.rows.append(az.row(id, f"Microsoft.Authorization/{kind}", properties=properties))
    assert id in {one.id for one in scan().snapshots[0].records() if one.service == "authorization"}


def test_a_large_group_is_read_to_its_end(azure: fake.Served, scan: Scan) -> None:
    many = list(range(100, 145))
    big = {
        "id": az.person(BIG),
        "displayName": "everybody",
        "securityEnabled": True,
        **relations(members=many),
    }
    azure.tenant.export.objects["groups(id,displayName,members())"].append(big)
    azure.tenant.export.rows.append(
        az.assignment(az.person(BIG), az.BLOB_READER, az.CONTAINER, principalType="Group")
    )
    reads = {one for one, _, _ in answers(scan())}
    assert {az.named(one) for one in many} <= reads


@pytest.mark.parametrize(
    ("taken", "of", "operation", "lost"),
    [
        ("Microsoft.Compute/virtualMachines/read", "actions", "compute:virtualmachines", "workloads"),
        (
            "Microsoft.Authorization/roleAssignments/read",
            "actions",
            "authorization:roleassignments",
            "containers",
        ),
        (
            "Microsoft.Authorization/denyAssignments/read",
            "actions",
            "authorization:denyassignments",
            "containers",
        ),
        ("Microsoft.KeyVault/vaults/keys/read", "actions", "keyvault:vaults/keys", "keys"),
        ("GroupMember.Read.All", "graph", "graph:groups/members", "principals"),
        (fake.BLOBS_READ, "data", "blob:ListBlobs", "weight_sets"),
    ],
)
def test_what_is_refused_is_a_gap_with_its_permission(
    azure: fake.Served, scan: Scan, taken: str, of: str, operation: str, lost: str
) -> None:
    document = permissions()
    granted = {
        "actions": document["role"]["Actions"],
        "data": document["role"]["DataActions"],
        "graph": document["graph"],
    }
    left = tuple(one for one in granted[of] if one.lower() != taken.lower())
    assert len(left) < len(granted[of])
    setattr(azure.tenant, of, left)
    found = scan()
    assert {outcome for outcome, _ in outcomes(found)[operation]} == {"denied"}
    report = api.assess(found)
    service, _, name = operation.partition(":")
    gaps = [gap for gap in report.coverage.gaps if (gap.service, gap.operation) == (service, name)]
    assert gaps and all(gap.grant for gap in gaps)
    assert not getattr(found.estate, lost).complete
    if operation in ("compute:virtualmachines", "authorization:roleassignments", "graph:groups/members"):
        assert not api.who_can(found, "read", az.STORE).complete


@pytest.mark.slow
def test_no_refusal_turns_anything_to_pass(azure: fake.Served, scan: Scan) -> None:
    """Every permission is taken away by itself: it is told, and nothing passes that failed or was not known."""
    document = permissions()
    granted = {
        "actions": document["role"]["Actions"],
        "data": document["role"]["DataActions"],
        "graph": document["graph"],
    }
    whole = scan()
    not_passing = judged(whole, "fail", "unknown")
    asked = {f"{one.service}:{one.operation}" for one in whole.snapshots[0].calls() if one.attempts}
    asked |= {one.id for one in tables.OF_KIND.values()}
    held = {f"{one.service}:{one.operation}" for one in whole.snapshots[0].records()} | {
        "blob:ListBlobs",
        "blob:GetBlob",
    }
    of_data = {one.operation.id for one in routes() if one.at in ("vault", "blob")}
    for of, names in granted.items():
        for taken in names:
            if taken in NEEDED_TO_BEGIN:
                continue
            needing = {one.id for one in operations() if taken in one.permissions}
            needing = needing & of_data if of == "data" else needing - of_data
            azure.tenant.actions, azure.tenant.data, azure.tenant.graph = map(tuple, granted.values())
            setattr(azure.tenant, of, tuple(one for one in names if one != taken))
            found = scan()
            told = {
                call for call, seen in outcomes(found).items() if any(each == "denied" for each, _ in seen)
            }
            assert told & needing or asked.isdisjoint(needing), taken
            if held & needing:
                assert judged(found, "pass").isdisjoint(not_passing), taken


NEEDED_TO_BEGIN = frozenset({"Microsoft.Management/managementGroups/descendants/read"})
"""Asked for only where a management group is named."""


def judged(found: api.Evidence, *statuses: str) -> set[tuple[str, str]]:
    """What a report says of what."""
    return {(one.control, one.subject) for one in api.assess(found).results if one.status in statuses}


# What goes wrong on the way


def test_too_often_and_not_now_are_waited_out(
    azure: fake.Served, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(entry, "Wire", partial(entry.Wire, wait=waited.append))
    azure.tenant.faults = [
        fake.Fault("/msgraph/v1.0/users", 429, "TooManyRequests", {"Retry-After": "7"}, times=2),
        fake.Fault(
            "ResourceGraph", 429, "RateLimiting", {"x-ms-user-quota-resets-after": "00:00:05"}, times=1
        ),
        fake.Fault("/blob/weights/models?", 503, "ServerBusy", times=1),
    ]
    assert outcomes(scan()) == {}
    assert waited.count(7.0) == 2 and waited.count(5.0) == 1


def test_what_stays_throttled_is_a_gap(azure: fake.Served, scan: Scan) -> None:
    azure.tenant.faults = [fake.Fault("/msgraph/v1.0/users", 429, "TooManyRequests", {"Retry-After": "0"})]
    found = scan()
    assert outcomes(found)["graph:users"] == {("throttled", "TooManyRequests")}
    assert not found.estate.principals.complete


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"value": [{"id": "x"', "Malformed"),
        (b"<html>sign in</html>", "Malformed"),
        (b"", "Malformed"),
        (b'{"value": []}x', "Malformed"),
        (b'{"nothing": 1}', "Malformed"),
        (b'{"value": [{"name": "no id"}]}', "Malformed"),
        (b'{"value": [], "nextLink": "https://elsewhere.example/page"}', "PagingElsewhere"),
    ],
)
def test_a_broken_answer_is_no_empty_one(azure: fake.Served, scan: Scan, raw: bytes, code: str) -> None:
    azure.tenant.faults = [
        fake.Fault("storageAccounts/weights/blobServices/default/containers?", 200, raw=raw)
    ]
    found = scan()
    assert outcomes(found)["storage:storageaccounts/blobservices/containers"] == {("failed", code)}
    assert not found.estate.stores.complete


def test_a_listing_that_runs_in_circles_ends(azure: fake.Served, scan: Scan) -> None:
    link = f"{azure.base}/msgraph/v1.0/users?round"
    page = json.dumps({"value": [az.user(1)], "@odata.nextLink": link}).encode()
    azure.tenant.faults = [fake.Fault("/msgraph/v1.0/users?", 200, raw=page)]
    assert outcomes(scan())["graph:users"] == {("failed", "PagingLoop")}


def test_fewer_rows_than_are_said_are_a_gap(azure: fake.Served, scan: Scan) -> None:
    page = json.dumps({"totalRecords": 9, "count": 0, "data": []}).encode()
    azure.tenant.faults = [fake.Fault("ResourceGraph", 200, raw=page)]
    found = scan()
    assert outcomes(found)["resourcegraph:resources"] == {("failed", "Truncated")}
    assert not found.estate.stores.complete


def test_a_challenge_is_answered_once_with_another_token(azure: fake.Served, scan: Scan) -> None:
    claims = base64.b64encode(b'{"access_token":{"nbf":{"essential":true}}}').decode()
    challenge = {"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{claims}"'}
    azure.tenant.faults = [
        fake.Fault("GET /msgraph/v1.0/organization", 401, "InvalidAuthenticationToken", challenge, 1)
    ]
    before = len(azure.tenant.tokens)
    assert outcomes(scan()) == {}
    assert len(azure.tenant.tokens) - before >= 4


def test_what_ends_midway_goes_on_where_it_stopped(azure: fake.Served, scan: Scan, tmp_path: Path) -> None:
    azure.tenant.faults = [fake.Fault("denyAssignments", 401, "ExpiredAuthenticationToken")]
    source = {"azure": AzureSource(**azure.options())}
    with pytest.raises(CredentialsError, match="expired"):
        api.collect(tmp_path / "s", source)
    azure.tenant.faults, azure.tenant.asked[:] = [], []
    resumed = api.load(api.collect(tmp_path / "s", source))
    assert answers(resumed) == answers(scan())


def test_where_resource_graph_does_not_answer_resource_manager_does(azure: fake.Served, scan: Scan) -> None:
    before = answers(scan())
    azure.tenant.faults = [fake.Fault("ResourceGraph", 403, "AuthorizationFailed")]
    found = scan()
    assert answers(found) == before
    assert {one for one in outcomes(found) if not one.startswith("resourcegraph:")} == set()
    assert found.estate.stores.complete, "storage accounts were listed all the same"
    assert not found.estate.accounts.complete


def test_hosts_that_do_not_answer_are_gaps_of_their_own(azure: fake.Served, scan: Scan) -> None:
    endpoints = {
        **azure.options()["endpoints"],
        "blob": "https://127.0.0.1:1",
        "vault": "https://127.0.0.1:1",
    }
    found = scan(endpoints=endpoints)
    assert outcomes(found) == {
        "blob:ListBlobs": {("failed", "HostUnreachable")},
        "keyvault:vaults/keys/rotationpolicy": {("failed", "HostUnreachable")},
    }
    with pytest.raises(CredentialsError, match="Azure does not answer"):
        scan(endpoints={**endpoints, "management": "https://127.0.0.1:1"})


# What cannot be scanned


def test_no_credential_says_which_were_tried(
    azure: fake.Served, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    with pytest.raises(CredentialsError) as refused:
        scan()
    line = refused.value.one_line()
    assert "EnvironmentCredential" in line and "ManagedIdentityCredential" in line and "\n" not in line
    assert refused.value.exit_status == 2


def test_a_wrong_secret_is_told(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "other")
    with pytest.raises(CredentialsError, match=r"no Azure credential could be used .*AADSTS7000215"):
        scan()


def test_a_wrong_tenant_is_told(scan: Scan) -> None:
    with pytest.raises(CredentialsError, match=r"there is no tenant 'other.example'"):
        scan(tenant="other.example")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"subscriptions": ("20000000-0000-0000-0000-000000000003",)},
            "see no subscription .*0003.*did you mean 2000",
        ),
        ({"subscriptions": ("lab",)}, "'lab' is not the id of a subscription"),
        ({"management_group": "other"}, "the management group 'other' cannot be read .*NotFound"),
        (
            {"endpoints": {"grap": "https://x"}},
            "'grap', which is no service that is read.*did you mean 'graph'",
        ),
        ({"endpoints": {"graph": "http://x"}}, "is no https endpoint"),
        ({"ca_bundle": "none.pem"}, "the CA bundle is not a file"),
    ],
)
def test_a_scope_that_is_not_there_is_told(scan: Scan, options: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line) as refused:
        scan(**options)
    assert refused.value.exit_status == 2


def test_a_subscription_below_the_group_that_is_not_to_be_seen_is_told(
    azure: fake.Served, scan: Scan
) -> None:
    azure.tenant.unseen = (az.OTHER,)
    found = scan(management_group=az.TENANT)
    assert f"azure/{az.OTHER}" in found.snapshots[0].scopes
    assert outcomes(found)["resources:ListSubscriptions"] == {("denied", "NotVisible")}
    assert not found.estate.stores.complete and not api.who_can(found, "read", az.STORE).complete


def test_one_subscription_is_read_alone(azure: fake.Served, scan: Scan) -> None:
    found = scan(subscriptions=(az.SUBSCRIPTION.upper(),))
    assert f"azure/{az.OTHER}" not in found.snapshots[0].scopes
    assert not any(az.OTHER in one for one in azure.tenant.asked)


def test_a_directory_that_gives_no_token_is_a_gap(azure: fake.Served, scan: Scan) -> None:
    azure.tenant.export = replace(azure.tenant.export)
    azure.tenant.faults = [fake.Fault("/msgraph/", 403, "Authorization_RequestDenied")]
    found = scan()
    assert all(call.startswith("graph:") for call in outcomes(found))
    assert not found.estate.principals.complete and not api.who_can(found, "read", az.STORE).complete


def test_secrets_do_not_enter_the_snapshot(azure: fake.Served, scan: Scan, tmp_path: Path) -> None:
    machine = next(one for one in azure.tenant.export.rows if one["id"] == MACHINE)
    machine["properties"] = {"osProfile": {"customData": "hunter2-secret"}, "vmId": "v"}
    scan()
    held = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*.jsonl")))
    assert b"hunter2" not in held and fake.SECRET.encode() not in held and b"e30." not in held
