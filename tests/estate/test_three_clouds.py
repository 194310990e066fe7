"""Twenty-five facts of Google Cloud and Azure, each built as the thing of the estate that it is: none is without a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from weightguard.estate.fact import Collection, Known, Reason, Source, Unknown
from weightguard.estate.model import (
    NOT_HERE,
    Account,
    Container,
    ContainerKind,
    Credential,
    CredentialKind,
    Encryption,
    EncryptionKind,
    Endpoint,
    Estate,
    FederatedProvider,
    Key,
    KeyMaterial,
    KeyProtection,
    KeyState,
    LifecycleRule,
    NetworkRules,
    ObjectLists,
    Perimeter,
    PolicyForm,
    Principal,
    PrincipalKind,
    Provider,
    PublicAccess,
    Recorded,
    Retention,
    RetentionMode,
    ScopedPolicy,
    Store,
    Trail,
    Versioning,
)

ORGANISATION, FOLDER, PROJECT = "organizations/1", "folders/2", "projects/prod"
BUCKET = "//storage.googleapis.com/projects/_/buckets/weights"
RING = f"{PROJECT}/locations/europe-west4/keyRings/weights"
ROBOT = "serviceAccount:trainer@prod.iam.gserviceaccount.com"
STORAGE_AGENT = "serviceAccount:service-1@gs-project-accounts.iam.gserviceaccount.com"
TENANT, SUBSCRIPTION = "/tenants/t", "/subscriptions/s"
STORAGE = f"{SUBSCRIPTION}/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/weights"
VAULT = f"{SUBSCRIPTION}/resourceGroups/ml/providers/Microsoft.KeyVault/vaults/weights"
BLOBS = f"{STORAGE}/blobServices/default/containers/models"


def known(value: Any) -> Known[Any]:
    return Known(value, Source.named("test", "Read", "test"))


UNREAD = Unknown(Reason.DENIED, Source.named("test", "Read", "test"), "PermissionDenied")


def policy(owner: str, form: PolicyForm = PolicyForm.POLICY, on: str = "", **body: Any) -> ScopedPolicy:
    return ScopedPolicy(f"{owner}#{form.value}", form.value, body, "inline", form=form, on=on)


def container(
    id: str, kind: ContainerKind, parent: str | None, *policies: ScopedPolicy, limits: Any = (), **more: Any
) -> Container:
    provider: Provider = "azure" if id.startswith("/") else "gcp"
    return Container(
        id, provider, kind, id.rpartition("/")[2], parent, None, known(policies), known(tuple(limits)), **more
    )


def store(id: str, container: str, **more: Any) -> Store:
    given: dict[str, Any] = {
        "public_access": known(PublicAccess(True, ("public access prevention",))),
        "policy": known(None),
        "object_lists": known(ObjectLists(False, "uniform")),
        "encryption": known(Encryption(EncryptionKind.PROVIDER)),
        "versioning": known(Versioning(False, False)),
        "retention": known(None),
        "replicas": known(()),
        "log_store": known(None),
        "lifecycle": known(()),
        "public_access_block": NOT_HERE,
        "acl": NOT_HERE,
        "tags": known({}),
        "contents": UNREAD,
    }
    provider: Provider = "azure" if id.startswith("/s") else "gcp"
    return Store(
        id=id, provider=provider, account="prod", region="europe-west4", name=id.rpartition("/")[2], created=None,
        container=container, **{**given, **more},
    )  # fmt: skip


def key(id: str, container: str, **more: Any) -> Key:
    given: dict[str, Any] = {
        "aliases": NOT_HERE,
        "customer_managed": known(True),
        "state": known(KeyState.ENABLED),
        "material": known(KeyMaterial(KeyProtection.SHARED_HSM, "HSM")),
        "other_regions": known(None),
        "rotation": known(True),
        "policy": known(None),
        "grants": NOT_HERE,
        "tags": known({}),
        "deletion_date": known(None),
    }
    provider: Provider = "azure" if id.startswith("/") else "gcp"
    return Key(id, provider, "prod", "europe-west4", **{**given, **more}, container=container)


def principal(id: str, kind: PrincipalKind, provider: Provider = "gcp", **more: Any) -> Principal:
    given: dict[str, Any] = {
        "groups": known(()),
        "policies": known(()),
        "boundary": NOT_HERE,
        "trust": known(None),
        "tags": NOT_HERE,
        "last_used": NOT_HERE,
        "console_password": NOT_HERE,
        "mfa_active": NOT_HERE,
        "credentials": known(()),
    }
    return Principal(
        id=id, unique_id=None, provider=provider, account="prod", kind=kind, name=id, path="", created=None,
        service_linked=False, **{**given, **more},
    )  # fmt: skip


def credential(id: str, kind: CredentialKind, **more: Any) -> Credential:
    return Credential(id, kind, True, "2026-01-01T00:00:00Z", None, **more)


def estate(*things: Any) -> Estate:
    """The estate of these things, each in the collection of its kind."""
    names = {
        Container: "containers", Store: "stores", Key: "keys", Principal: "principals", Trail: "trails",
        Perimeter: "perimeters", FederatedProvider: "federated_providers", Endpoint: "endpoints",
        ScopedPolicy: "role_definitions", Account: "accounts",
    }  # fmt: skip
    found: dict[str, list[Any]] = {}
    for thing in things:
        found.setdefault(names[type(thing)], []).append(thing)
    return Estate("2026-01-01T00:00:00Z", **{name: Collection(tuple(each)) for name, each in found.items()})


def above(found: Estate, start: str | None) -> list[str]:
    """A container and all that it lies in, innermost first."""
    containers = {one.id: one for one in found.containers}
    way: list[str] = []
    while start is not None:
        way.append(start)
        start = containers[start].parent
    return way


def gcp_inherited_allow_policies() -> bool:
    allows = policy(
        ORGANISATION, bindings=[{"role": "roles/storage.admin", "members": ["group:ml@example.org"]}]
    )
    found = estate(
        container(ORGANISATION, ContainerKind.ORGANISATION, None, allows),
        container(FOLDER, ContainerKind.FOLDER, ORGANISATION),
        container(PROJECT, ContainerKind.PROJECT, FOLDER),
        store(BUCKET, PROJECT),
    )
    way = above(found, found.stores.items[0].container)
    inherited = [each for one in found.containers if one.id in way for each in one.policies.value]  # type: ignore[union-attr]
    return way == [PROJECT, FOLDER, ORGANISATION] and inherited == [allows]


def gcp_managed_folders() -> bool:
    folder = policy(
        BUCKET, on="checkpoints/", bindings=[{"role": "roles/storage.objectViewer", "members": [ROBOT]}]
    )
    found = store(BUCKET, PROJECT, folder_policies=known((folder,)))
    return [one.on for one in found.folder_policies.value] == ["checkpoints/"]  # type: ignore[union-attr]


def gcp_deny_policies() -> bool:
    denies = policy(
        FOLDER,
        PolicyForm.DENY,
        rules=[{"denyRule": {"deniedPrincipals": ["principalSet://goog/public:all"]}}],
    )
    found = container(FOLDER, ContainerKind.FOLDER, ORGANISATION, limits=[denies])
    return found.limits == known((denies,))


def gcp_principal_access_boundaries() -> bool:
    bound = ScopedPolicy(
        "b",
        "b",
        {"details": {}},
        "customer",
        form=PolicyForm.BOUNDARY,
        binds="//iam.googleapis.com/locations/global/workforcePools/p",
    )
    found = container(ORGANISATION, ContainerKind.ORGANISATION, None, limits=[bound])
    return found.limits.value[0].binds == bound.binds  # type: ignore[union-attr]


def gcp_groups_that_cannot_be_read() -> bool:
    team = principal("group:ml@example.org", PrincipalKind.GROUP, groups=UNREAD)
    return isinstance(team.groups, Unknown) and team.known_groups == ()


def gcp_impersonation() -> bool:
    lets = policy(
        ROBOT,
        bindings=[{"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:eva@example.org"]}],
    )
    return principal(ROBOT, PrincipalKind.SERVICE_ACCOUNT, trust=known(lets)).trust == known(lets)


def gcp_keys_of_service_accounts() -> bool:
    held = (
        credential("k1", CredentialKind.SERVICE_ACCOUNT_KEY),
        credential("GOOG1", CredentialKind.HMAC_KEY),
    )
    robot = principal(ROBOT, PrincipalKind.SERVICE_ACCOUNT, credentials=known(held))
    return robot.credentials == known(held) and robot.console_password is NOT_HERE


def gcp_workload_identity() -> bool:
    pool = FederatedProvider(
        id=f"{PROJECT}/locations/global/workloadIdentityPools/ci/providers/github", provider="gcp", account="prod",
        kind="oidc", issuer=known("https://token.actions.githubusercontent.com"), audiences=known(()),
        condition=known("assertion.repository == 'example/train'"), mapping=known({"google.subject": "assertion.sub"}),
    )  # fmt: skip
    return isinstance(pool.condition, Known) and isinstance(pool.mapping, Known)


def gcp_the_service_agent_decrypts() -> bool:
    own = key(f"{RING}/cryptoKeys/k", RING)
    bucket = store(BUCKET, PROJECT, encryption=known(Encryption(EncryptionKind.NAMED, own.id)))
    agent = principal(STORAGE_AGENT, PrincipalKind.AGENT)
    return not bucket.encryption.value.reader_needs_key and agent.kind is PrincipalKind.AGENT  # type: ignore[union-attr]


def gcp_key_protection_and_rings() -> bool:
    held = key(
        f"{RING}/cryptoKeys/k", RING, material=known(KeyMaterial(KeyProtection.EXTERNAL, "EXTERNAL_VPC")),
        state=known(KeyState.PENDING_DELETION), deletion_delay_days=30,
    )  # fmt: skip
    ring = container(RING, ContainerKind.KEY_RING, PROJECT, policy(RING, bindings=[]))
    found = estate(container(PROJECT, ContainerKind.PROJECT, None), ring, held)
    return above(found, held.container) == [RING, PROJECT] and held.deletion_delay_days == 30


def gcp_public_access_prevention_and_lists() -> bool:
    bucket = store(
        BUCKET, PROJECT, object_lists=known(ObjectLists(True, "fine-grained")),
        public_access=known(PublicAccess(True, ("constraints/storage.publicAccessPrevention",))),
    )  # fmt: skip
    return bucket.object_lists.value.in_force and bucket.public_access.value.blocked  # type: ignore[union-attr]


def gcp_service_perimeters() -> bool:
    line = Perimeter(
        "accessPolicies/1/servicePerimeters/ml", "gcp", "ml", (PROJECT,), ("storage.googleapis.com",),
        known(({"ingressFrom": {"sources": [{"accessLevel": "accessPolicies/1/accessLevels/office"}]}},)), known(()),
        dry_run=True,
    )  # fmt: skip
    return estate(line).perimeters.items == (line,) and line.dry_run


def azure_storage_account() -> bool:
    found = estate(
        container(SUBSCRIPTION, ContainerKind.SUBSCRIPTION, None),
        container(
            STORAGE, ContainerKind.STORAGE_ACCOUNT, SUBSCRIPTION,
            public_access=known(PublicAccess(False, left_open=("allowBlobPublicAccess",))),
        ),
        store(BLOBS, STORAGE),
    )  # fmt: skip
    return above(found, found.stores.items[0].container) == [STORAGE, SUBSCRIPTION]


def azure_shared_keys() -> bool:
    held = (credential("key1", CredentialKind.ACCOUNT_KEY), credential("key2", CredentialKind.ACCOUNT_KEY))
    found = container(
        STORAGE,
        ContainerKind.STORAGE_ACCOUNT,
        SUBSCRIPTION,
        credentials=known(held),
        keys_accepted=known(True),
    )
    return found.credentials == known(held) and found.keys_accepted == known(True)


def azure_stored_access_policies() -> bool:
    signed = credential(
        "readers", CredentialKind.SAS_POLICY, expires="2027-01-01T00:00:00Z", permissions=("read", "list")
    )
    return store(BLOBS, STORAGE, credentials=known((signed,))).credentials == known((signed,))


def azure_lists_of_paths() -> bool:
    listed = policy(BLOBS, PolicyForm.POSIX_LIST, on="models/atlas", acl="user::rwx,group::r-x,other::---")
    found = store(BLOBS, STORAGE, folder_policies=known((listed,)))
    return found.folder_policies.value[0].form is PolicyForm.POSIX_LIST  # type: ignore[union-attr]


def azure_role_assignments_and_definitions() -> bool:
    assigned = policy(
        SUBSCRIPTION, PolicyForm.ASSIGNMENT, roleDefinitionId="r", principalId="p", condition="@Resource[...]"
    )
    role = policy("r", PolicyForm.ROLE, permissions=[{"actions": ["*"], "notActions": [], "dataActions": []}])
    found = estate(container(SUBSCRIPTION, ContainerKind.SUBSCRIPTION, TENANT, assigned), role)
    return found.role_definitions.items == (role,) and found.containers.items[0].policies == known(
        (assigned,)
    )


def azure_deny_assignments_and_locks() -> bool:
    limits = (
        policy(STORAGE, PolicyForm.DENY, denyAssignmentName="d"),
        policy(STORAGE, PolicyForm.LOCK, level="CanNotDelete"),
    )
    return container(STORAGE, ContainerKind.STORAGE_ACCOUNT, SUBSCRIPTION, limits=limits).limits == known(
        limits
    )


def azure_vaults() -> bool:
    opened = policy(
        VAULT,
        PolicyForm.ACCESS_POLICY,
        accessPolicies=[{"objectId": "p", "permissions": {"keys": ["unwrapKey"]}}],
    )
    held = key(f"{VAULT}/keys/k", VAULT)
    found = estate(
        container(SUBSCRIPTION, ContainerKind.SUBSCRIPTION, None),
        container(VAULT, ContainerKind.VAULT, SUBSCRIPTION, opened), held,
    )  # fmt: skip
    return above(found, held.container) == [VAULT, SUBSCRIPTION] and found.containers.items[
        1
    ].policies == known((opened,))


def azure_applications() -> bool:
    held = (credential("s", CredentialKind.CLIENT_SECRET), credential("c", CredentialKind.CERTIFICATE))
    application = principal(
        "/applications/a",
        PrincipalKind.APPLICATION,
        "azure",
        owners=known(("/users/eva",)),
        credentials=known(held),
    )
    return application.owners == known(("/users/eva",)) and application.credentials == known(held)


def azure_eligible_assignments() -> bool:
    eligible = policy(STORAGE, PolicyForm.ELIGIBLE_ASSIGNMENT, principalId="p", isApprovalRequired=True)
    found = container(STORAGE, ContainerKind.STORAGE_ACCOUNT, SUBSCRIPTION, eligible)
    return found.policies.value[0].form is not PolicyForm.ASSIGNMENT  # type: ignore[union-attr]


def azure_elevated_access_at_the_root() -> bool:
    elevated = policy(
        "/", PolicyForm.ASSIGNMENT, roleDefinitionId="User Access Administrator", principalId="p"
    )
    found = estate(
        container(TENANT, ContainerKind.ORGANISATION, None, elevated),
        container("/managementGroups/root", ContainerKind.FOLDER, TENANT),
        container(SUBSCRIPTION, ContainerKind.SUBSCRIPTION, "/managementGroups/root"),
    )
    return above(found, SUBSCRIPTION)[-1] == TENANT


def azure_network_rules() -> bool:
    rules = NetworkRules(False, ("203.0.113.0/24", f"{SUBSCRIPTION}/virtualNetworks/ml"), ("AzureServices",))
    found = estate(
        container(VAULT, ContainerKind.VAULT, None, networks=known(rules)),
        Endpoint("pe", "azure", "s", "westeurope", "ml", "blob", "private", NOT_HERE),
    )
    return found.containers.items[0].networks == known(rules) and len(found.endpoints) == 1


def azure_diagnostic_settings() -> bool:
    takes = Recorded(reads=((),), writes=(), key_uses=True, key_grants=True, admin=True)
    setting = Trail(
        f"{BLOBS}/diagnosticSettings/all",
        "azure",
        "s",
        None,
        "all",
        False,
        False,
        False,
        BLOBS,
        None,
        known(True),
        known(takes),
    )
    return setting.records.value.reading(f"{BLOBS}/atlas/model.safetensors")  # type: ignore[union-attr]


def azure_immutability() -> bool:
    kept = store(
        BLOBS, STORAGE, retention=known(Retention(RetentionMode.COMPLIANCE, 365, legal_hold=True)),
        versioning=known(Versioning(True, True, soft_delete_days=14)),
        lifecycle=known((LifecycleRule("checkpoints/", expires_days=90),)),
    )  # fmt: skip
    return kept.retention.value.legal_hold and kept.versioning.value.soft_delete_days == 14  # type: ignore[union-attr]


FACTS: tuple[Callable[[], bool], ...] = (
    gcp_inherited_allow_policies, gcp_managed_folders, gcp_deny_policies, gcp_principal_access_boundaries,
    gcp_groups_that_cannot_be_read, gcp_impersonation, gcp_keys_of_service_accounts, gcp_workload_identity,
    gcp_the_service_agent_decrypts, gcp_key_protection_and_rings, gcp_public_access_prevention_and_lists,
    gcp_service_perimeters, azure_storage_account, azure_shared_keys, azure_stored_access_policies, azure_lists_of_paths,
    azure_role_assignments_and_definitions, azure_deny_assignments_and_locks, azure_vaults, azure_applications,
    azure_eligible_assignments, azure_elevated_access_at_the_root, azure_network_rules, azure_diagnostic_settings,
    azure_immutability,
)  # fmt: skip


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_fact_of_another_cloud_has_a_place(fact: Callable[[], bool]) -> None:
    assert fact()


def test_what_a_plan_leaves_open_is_unknown_and_says_so() -> None:
    later = Unknown(Reason.AFTER_APPLY, Source.named("terraform", "plan", "plan"))
    assert store(BUCKET, PROJECT, retention=later).retention.words().endswith("after apply")  # type: ignore[union-attr]
    assert NOT_HERE.reason is Reason.NOT_APPLICABLE_HERE
