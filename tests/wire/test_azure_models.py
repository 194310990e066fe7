"""The emulator of Azure as Microsoft's own management SDKs read it: they find everything, and know every field of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from weightguard.collect.azure.credentials import chain
from weightguard.collect.azure.options import AzureOptions
from weightguard.demo.azure import names
from weightguard.demo.azure.emulator.manager import managed
from weightguard.demo.azure.emulator.server import Served, served
from weightguard.demo.azure.hardened import build
from weightguard.demo.azure.weaknesses import WEAKNESSES

pytestmark = pytest.mark.wire
WITHIN = "weights"
STORAGE, VAULTS = "microsoft.storage/storageaccounts", "microsoft.keyvault/vaults"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demonstration's weak lab, three things a page."""
    lab = build()
    for weakness in WEAKNESSES:
        weakness.plant(lab)
    tenant = lab.tenant()
    tenant.page = 3
    with served(tenant, tmp_path_factory.mktemp("azure")) as found:
        yield found


@pytest.fixture
def settings(azure: Served, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a client of Microsoft's is made with."""
    for name, value in azure.environment().items():
        monkeypatch.setenv(name, value)
    return {
        "credential": chain(AzureOptions(**azure.options())),
        "base_url": f"{azure.base}/arm",
        "credential_scopes": ["https://management.azure.com/.default"],
        "connection_verify": str(azure.ca),
    }


def unknown(model: Any, place: str = "") -> Iterator[str]:
    """Fields of an answer that its model does not declare, by their paths."""
    fields = {field._rest_name: name for name, field in type(model)._attr_to_rest_field.items()}
    for name in model:
        if name not in fields:
            yield f"{place}{name}"
            continue
        for one in _models(getattr(model, fields[name])):
            yield from unknown(one, f"{place}{name}.")


def _models(value: Any) -> list[Any]:
    """The models in a value: itself, or those of a list or a mapping."""
    if hasattr(type(value), "_attr_to_rest_field"):
        return [value]
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [one for each in held for one in _models(each)]


def undeclared(told: Mapping[str, Any], model: type[Any], models: Any, place: str = "") -> Iterator[str]:
    """The same for a model of the older kind, which lifts what stands in ``properties`` and drops what it does not know."""
    known = {one["key"]: one["type"] for one in model._attribute_map.values()}
    for name, value in told.items():
        path = f"{place}{name}"
        inner = {key: kind for key, kind in known.items() if key.startswith(f"{name}.")}
        if name in known:
            within = getattr(models, known[name].strip("[]{}"), None)
            for one in value if isinstance(value, list) else [value]:
                if hasattr(within, "_attribute_map") and isinstance(one, Mapping):
                    yield from undeclared(one, within, models, f"{path}.")
        elif inner and isinstance(value, Mapping):
            lifted = (key.partition(".")[2] for key in inner)
            held = {one: {"key": one, "type": inner[f"{name}.{one}"]} for one in lifted}
            yield from undeclared(value, type("Lifted", (), {"_attribute_map": held}), models, f"{path}.")
        else:
            yield path


def ids(found: Iterable[Any]) -> set[str]:
    return {one.id.lower() for one in found}


def there(azure: Served, kind: str, below: str = "") -> set[str]:
    """Ids of a type that are there."""
    return {
        one["id"].lower()
        for one in azure.tenant.resources()
        if one["type"].lower() == kind and one["id"].lower().startswith(below.lower())
    }


def test_storage_is_read_by_its_own_sdk(azure: Served, settings: dict[str, Any]) -> None:
    from azure.mgmt.storage import StorageManagementClient

    for name, subscription in names.SUBSCRIPTIONS.items():
        client = StorageManagementClient(subscription_id=subscription, **settings)
        accounts = list(client.storage_accounts.list())
        assert ids(accounts) == there(azure, STORAGE, names.subscription(name))
        for one in accounts:
            at = (WITHIN, one.name)
            inside = {
                "blobservices/containers": list(client.blob_containers.list(*at)),
                "blobservices": list(client.blob_services.list(*at)),
                "objectreplicationpolicies": list(client.object_replication_policies.list(*at)),
                "encryptionscopes": list(client.encryption_scopes.list(*at)),
                "localusers": list(client.local_users.list(*at)),
            }
            for kind, found in inside.items():
                assert ids(found) == there(azure, f"{STORAGE}/{kind}", f"{one.id}/"), kind
            whole = [one, *(each for found in inside.values() for each in found)]
            assert [path for each in whole for path in unknown(each)] == []


def test_rules_that_delete_are_read_by_the_sdk(azure: Served, settings: dict[str, Any]) -> None:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.mgmt.storage import StorageManagementClient

    azure.tenant.listed.append(lab_rules := build().things["rules auroracheckpoints"])
    try:
        client = StorageManagementClient(subscription_id=names.SUBSCRIPTIONS[names.TRAINING], **settings)
        found = client.management_policies.get(WITHIN, "auroracheckpoints", "default")
        assert list(unknown(found)) == []
        assert (
            found.policy.rules[0].definition.actions.base_blob.delete.days_after_modification_greater_than
            == 90
        )
        other = StorageManagementClient(subscription_id=names.SUBSCRIPTIONS[names.SERVING], **settings)
        with pytest.raises(ResourceNotFoundError, match="ManagementPolicyNotFound"):
            other.management_policies.get(WITHIN, "aurorarelease", "default")
    finally:
        azure.tenant.listed.remove(lab_rules)


def test_vaults_and_keys_are_read_by_their_own_sdk(azure: Served, settings: dict[str, Any]) -> None:
    from azure.mgmt.keyvault import KeyVaultManagementClient

    client = KeyVaultManagementClient(subscription_id=names.SUBSCRIPTIONS[names.KEYS], **settings)
    vaults = list(client.vaults.list_by_subscription())
    listed = list(client.keys.list(WITHIN, names.VAULT))
    keys = [client.keys.get(WITHIN, names.VAULT, one.name) for one in listed]
    assert ids(vaults) == there(azure, VAULTS) and ids(keys) == there(azure, f"{VAULTS}/keys")
    assert {one.kty for one in keys} == {"RSA-HSM"} and {one.kty for one in listed} == {None}
    assert [path for one in (*vaults, *keys) for path in unknown(one)] == []


def test_authorization_is_read_by_its_own_sdk(azure: Served, settings: dict[str, Any]) -> None:
    from azure.mgmt.authorization import AuthorizationManagementClient

    told = {one["id"].lower(): one for one in azure.tenant.resources()}
    seen: set[str] = set()
    for subscription in names.SUBSCRIPTIONS.values():
        client = AuthorizationManagementClient(subscription_id=subscription, **settings)
        scope = f"/subscriptions/{subscription}"
        for version, listing in (
            ("2022-04-01", client.role_assignments.list_for_subscription()),
            ("2022-04-01", client.role_definitions.list(scope)),
            ("2022-04-01", client.deny_assignments.list()),
            ("2020-10-01", client.role_eligibility_schedule_instances.list_for_scope(scope)),
        ):
            models = AuthorizationManagementClient.models(version)
            for one in listing:
                raw = managed(told[one.id.lower()])
                assert list(undeclared(raw, type(one), models)) == [], one.id
                seen.add(raw["type"].lower())
    assert "microsoft.authorization/roleassignments" in seen
