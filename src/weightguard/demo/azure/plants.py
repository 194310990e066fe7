"""How each weakness of the lab is made: one change to the hardened lab."""

from __future__ import annotations

from typing import Any, Final

from weightguard.demo import models
from weightguard.demo.azure import people, storage
from weightguard.demo.azure.emulator.tenant import Thing
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.machines import WORKSPACE
from weightguard.demo.azure.names import (
    FOLDER,
    FOREIGN_TENANT,
    MEMBERS,
    RESEARCH,
    TRAINING,
    account_id,
    assignment,
    container_id,
    group,
    key_id,
    row,
    run_as,
    subscription,
    thing,
)

_READER: Final = "Storage Blob Data Reader"
_SECRET: Final = {
    "keyId": "s1",
    "startDateTime": "2025-06-01T00:00:00Z",
    "endDateTime": "2027-06-01T00:00:00Z",
}
PARTNER: Final = f"/subscriptions/{FOREIGN_TENANT}/resourceGroups/intake/providers/Microsoft.Storage/storageAccounts/partnermirror"
SCRATCH: Final = "aurorascratchjo"


def _give(lab: Lab, who: str, role: str, scope: str, kind: str = "ServicePrincipal") -> None:
    lab.things[f"assignment {who} {scope}"] = assignment(who, role, scope, kind)


def _container(where: str) -> str:
    account, _, name = where.partition("/")
    return container_id(account, name)


def account_keys(lab: Lab) -> None:
    lab.set("account auroracheckpoints", allowSharedKeyAccess=True)


def listed_keys(lab: Lab) -> None:
    lab.set("account aurorabackup", allowSharedKeyAccess=True)
    lab.objects["applications"].append(people.application("deployer"))
    lab.objects["servicePrincipals"].append(people.service("deployer"))
    _give(lab, "deployer", "Storage Account Contributor", account_id("aurorabackup"))


def anonymous_container(lab: Lab) -> None:
    lab.set(
        "account auroraeval",
        allowBlobPublicAccess=True,
        publicNetworkAccess="Enabled",
        networkAcls={"defaultAction": "Allow"},
    )
    lab.set(f"container {storage.EVAL}", publicAccess="Blob")


def policy_in_name_alone(lab: Lab) -> None:
    lab.set("policy anonymous access", enforcementMode="DoNotEnforce")


def deleted_recording(lab: Lab) -> None:
    del lab.things["policy deletions"]


def bulk_transfer(lab: Lab) -> None:
    lab.set("policy bulk transfer", notScopes=[subscription(RESEARCH)])


def open_tenant(lab: Lab) -> None:
    lab.set("tenant policy", blockSubscriptionsLeavingTenant=False)


def every_region(lab: Lab) -> None:
    del lab.things["policy places"]


def open_account(lab: Lab) -> None:
    lab.set("account aurorarelease", publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Allow"})


def provider_key(lab: Lab) -> None:
    lab.set("account auroraeval", encryption={"keySource": "Microsoft.Storage"})


def endless_links(lab: Lab) -> None:
    del lab.things["account auroraeval"]["properties"]["sasPolicy"]


def old_transport(lab: Lab) -> None:
    lab.set("account aurorabackup", supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_0")


def copied_abroad(lab: Lab) -> None:
    lab.set("account auroracheckpoints", allowCrossTenantReplication=True)
    source = account_id("auroracheckpoints")
    pair = {"ruleId": "1", "sourceContainer": "checkpoints", "destinationContainer": "intake"}
    told = {"sourceAccount": source, "destinationAccount": PARTNER, "policyId": "mirror", "rules": [pair]}
    kind = "Microsoft.Storage/storageAccounts/objectReplicationPolicies"
    lab.things["mirror"] = thing(f"{source}/objectReplicationPolicies/mirror", kind, told)


def erasable_release(lab: Lab) -> None:
    container = lab.things[f"container {storage.RELEASE}"]["properties"]
    container.update(hasImmutabilityPolicy=False)
    del container["immutabilityPolicy"]


def guest_reader(lab: Lab) -> None:
    name = "dr.ito_partner.example#EXT#@aurora.example"
    lab.objects["users"].append(people.user("partner", userPrincipalName=name, userType="Guest"))
    _give(lab, "partner", _READER, _container(storage.RELEASE), "User")


def standing_reader(lab: Lab) -> None:
    lab.objects["users"].append(people.user("dana"))
    _give(lab, "dana", _READER, _container(storage.CHECKPOINTS), "User")


def application_secret(lab: Lab) -> None:
    held: dict[str, Any] = {"passwordCredentials": [dict(_SECRET)]}
    lab.objects["applications"].append(people.application("nightly-reports", **held))
    lab.objects["servicePrincipals"].append(people.service("nightly-reports"))
    _give(lab, "nightly-reports", _READER, _container(storage.EVAL))


def any_pull_request(lab: Lab) -> None:
    lab.objects["applications"].append(
        people.application("smoke-test", subject="repo:aurora/release:pull_request")
    )
    lab.objects["servicePrincipals"].append(people.service("smoke-test"))
    _give(lab, "smoke-test", _READER, _container(storage.RELEASE))


def elevated_access(lab: Lab) -> None:
    given = assignment("ada", "User Access Administrator", "", "User")
    given["properties"]["scope"] = "/"
    lab.things["assignment ada /"] = given


def owner_of_everything(lab: Lab) -> None:
    _give(lab, "bo", "Owner", FOLDER, "User")


def no_second_factor(lab: Lab) -> None:
    (rule,) = lab.objects["identity/conditionalAccess/policies"]
    rule["conditions"]["users"]["excludeUsers"] = [MEMBERS["bo"]]


def keys_and_use(lab: Lab) -> None:
    _give(lab, "training-node", "Key Vault Administrator", key_id("checkpoints"))


def open_vault(lab: Lab) -> None:
    lab.set("vault", publicNetworkAccess="Enabled", networkAcls={"defaultAction": "Allow"})


def no_purge_protection(lab: Lab) -> None:
    lab.set("vault", enablePurgeProtection=False)


def no_rotation(lab: Lab) -> None:
    lab.set("key release", rotationPolicy={"lifetimeActions": []})


def unlogged_reads(lab: Lab) -> None:
    lab.set("log auroracheckpoints", logs=[{"category": "StorageWrite", "enabled": True}])


def unlogged_keys(lab: Lab) -> None:
    del lab.things["log vault"]


def erasable_logs(lab: Lab) -> None:
    container = lab.things["container auroralogs/insights-logs-storageread"]["properties"]
    container["immutabilityPolicy"]["properties"]["state"] = "Unlocked"


def no_detection(lab: Lab) -> None:
    lab.set(f"plan {TRAINING}/StorageAccounts", pricingTier="Free")


def exported_snapshot(lab: Lab) -> None:
    lab.set("snapshot training-node", networkAccessPolicy="AllowAll", publicNetworkAccess="Enabled")


def notebook(lab: Lab) -> None:
    told = {
        "computeType": "ComputeInstance",
        "disableLocalAuth": False,
        "properties": {"vmSize": "Standard_NC24ads_A100_v4", "sshSettings": {"sshPublicAccess": "Enabled"}},
    }
    kind = "Microsoft.MachineLearningServices/workspaces/computes"
    made = thing(f"{WORKSPACE}/computes/nb-dana", kind, told, identity=run_as("training-node", TRAINING))
    lab.things["notebook"] = made


def pulled_by_anybody(lab: Lab) -> None:
    lab.set("registry", anonymousPullEnabled=True, publicNetworkAccess="Enabled")


def serial_console(lab: Lab) -> None:
    lab.set("machine inference-node", diagnosticsProfile={"bootDiagnostics": {"enabled": True}})


def unmeasured_boot(lab: Lab) -> None:
    profile: Thing = lab.things["machine training-node"]["properties"]["securityProfile"]
    profile["uefiSettings"] = {"secureBootEnabled": False, "vTpmEnabled": False}


def public_address(lab: Lab) -> None:
    (own,) = lab.things["card training-node"]["properties"]["ipConfigurations"]
    base = f"{group(TRAINING)}/providers/Microsoft.Network/publicIPAddresses"
    own["properties"]["publicIPAddress"] = {"id": f"{base}/training-node"}


def no_flow_logs(lab: Lab) -> None:
    lab.set(f"flows {TRAINING}", enabled=False)


def executable_format(lab: Lab) -> None:
    checkpoint = models.pytorch({"encoder.weight": (64, 32), "decoder.weight": (32, 64)})
    lab.put(storage.CHECKPOINTS, "run-17/step-2000/", {"model.pt": checkpoint})


def forgotten_copy(lab: Lab) -> None:
    """A storage account that somebody made for himself, in the research subscription."""
    address = f"https://{SCRATCH}.blob.core.windows.net/"
    told = {"primaryEndpoints": {"blob": address}, "encryption": {"keySource": "Microsoft.Storage"}}
    kind = "Microsoft.Storage/storageAccounts"
    lab.things |= {
        f"account {SCRATCH}": row(account_id(SCRATCH), kind, told, kind="StorageV2"),
        f"service {SCRATCH}": storage.service(SCRATCH),
        f"container {SCRATCH}/photos": storage.container(SCRATCH, "photos"),
    }
    shard = storage.aurora()["model-00001-of-00002.safetensors"]
    lab.put(f"{SCRATCH}/photos", "holiday/", {"IMG_2041.jpg": shard})


def endless_checkpoints(lab: Lab) -> None:
    del lab.things["rules auroracheckpoints"]


def unlabelled(lab: Lab) -> None:
    lab.things["account aurorabackup"]["tags"] = {}
