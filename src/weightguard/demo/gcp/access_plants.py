"""How each weakness of identities, networks and what runs is made: one change to the hardened lab."""

from __future__ import annotations

from typing import Any

from weightguard.demo.gcp.around import firewall
from weightguard.demo.gcp.hardened import POOL
from weightguard.demo.gcp.lab import (
    CHECKPOINTS,
    DOMAIN,
    IAM,
    NUMBERS,
    PARTNER,
    PLACE,
    RELEASE,
    RESEARCH,
    SERVING,
    TRAINING,
    Lab,
    binding,
    email,
    person,
)


def partner_in_a_group(lab: Lab) -> None:
    lab.groups[f"reviewers@{DOMAIN}"] = [f"group:evaluators@{DOMAIN}"]
    lab.groups[f"evaluators@{DOMAIN}"] = [person("eve", PARTNER)]
    _open_perimeter_to(lab, identities=[person("eve", PARTNER)])
    lab.bind(f"bucket {RELEASE.bucket}", "roles/storage.objectViewer", f"group:reviewers@{DOMAIN}")


def open_perimeter(lab: Lab) -> None:
    _open_perimeter_to(lab, identityType="ANY_IDENTITY")


def _open_perimeter_to(lab: Lab, **who: Any) -> None:
    rules = lab.assets["perimeter"]["servicePerimeter"]["status"]["ingressPolicies"]
    rules.append(
        {
            "ingressFrom": {"sources": [{"accessLevel": "*"}], **who},
            "ingressTo": {"resources": ["*"], "operations": [{"serviceName": "*"}]},
        }
    )


def any_pipeline(lab: Lab) -> None:
    del lab.data("pipeline")["attributeCondition"]
    everyone = f"principalSet://iam.googleapis.com/{POOL}/*"
    lab.bind(f"bucket {RELEASE.bucket}", "roles/storage.objectViewer", everyone)


def downloaded_key(lab: Lab) -> None:
    lab.constrain(
        f"project {TRAINING}", "iam.disableServiceAccountKeyCreation", booleanPolicy={"enforced": False}
    )
    path = f"projects/{TRAINING}/serviceAccounts/{email(CHECKPOINTS.reader, TRAINING)}/keys/0a1b"
    told = {"name": path, "keyType": "USER_MANAGED", "validAfterTime": "2025-01-01T00:00:00Z"}
    lab.add("downloaded key", f"{IAM}/ServiceAccountKey {path}", TRAINING, told, place="global")


def default_editor(lab: Lab) -> None:
    default = f"{NUMBERS[TRAINING]}-compute@developer.gserviceaccount.com"
    path = f"projects/{TRAINING}/serviceAccounts"
    told = {
        "name": f"{path}/{default}",
        "projectId": TRAINING,
        "email": default,
        "uniqueId": "101",
        "displayName": "Compute Engine default service account",
    }
    lab.add("default account", f"{IAM}/ServiceAccount {path}/101", TRAINING, told, place="global")
    lab.bind(f"project {TRAINING}", "roles/editor", f"serviceAccount:{default}")


def acting_as(lab: Lab) -> None:
    lab.bind(f"account {CHECKPOINTS.reader}", "roles/iam.serviceAccountUser", person("ci-deployer"))
    lab.bind(f"project {TRAINING}", "roles/cloudfunctions.developer", person("ci-deployer"))
    lab.bind(f"project {TRAINING}", "roles/run.developer", person("ci-deployer"))


def standing_access(lab: Lab) -> None:
    lab.bind(f"bucket {CHECKPOINTS.bucket}", "roles/storage.objectViewer", person("dana"))


def notebook(lab: Lab) -> None:
    path = f"projects/{TRAINING}/locations/{PLACE}-a/instances/explore"
    setup = {
        "serviceAccounts": [{"email": email(CHECKPOINTS.reader, TRAINING)}],
        "disablePublicIp": True,
        "metadata": {"notebook-disable-downloads": "false"},
    }
    told = {"name": path, "gceSetup": setup}
    lab.add("notebook", f"notebooks.googleapis.com/Instance {path}", TRAINING, told)


def open_service(lab: Lab) -> None:
    path = f"projects/{SERVING}/locations/{PLACE}/services/playground"
    told = {"name": path, "template": {"serviceAccount": email(RELEASE.reader, SERVING)}}
    invoked = binding("roles/run.invoker", "allUsers")
    lab.add("service", f"run.googleapis.com/Service {path}", SERVING, told, invoked)


def node_metadata(lab: Lab) -> None:
    path = f"projects/{SERVING}/locations/{PLACE}/clusters/serving"
    node = {
        "serviceAccount": email(RELEASE.reader, SERVING),
        "workloadMetadataConfig": {"mode": "GCE_METADATA"},
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }
    told = {
        "name": "serving",
        "location": PLACE,
        "status": "RUNNING",
        "workloadIdentityConfig": {"workloadPool": f"{SERVING}.svc.id.goog"},
        "nodeConfig": node,
        "nodePools": [{"name": "default", "config": node}],
    }
    lab.add("cluster", f"container.googleapis.com/Cluster {path}", SERVING, told)


def serial_console(lab: Lab) -> None:
    lab.data("machine inference-node")["metadata"]["items"].append(
        {"key": "serial-port-enable", "value": "TRUE"}
    )


def address_outside(lab: Lab) -> None:
    card = lab.data("machine evaluation-job")["networkInterfaces"][0]
    card["accessConfigs"] = [{"name": "external-nat", "type": "ONE_TO_ONE_NAT"}]


def ssh_from_anywhere(lab: Lab) -> None:
    ssh = [{"IPProtocol": "tcp", "ports": ["22"]}]
    firewall(
        lab, RESEARCH, "debug", direction="INGRESS", priority=100, sourceRanges=["0.0.0.0/0"], allowed=ssh
    )


def no_flow_logs(lab: Lab) -> None:
    lab.data(f"subnetwork {TRAINING}")["logConfig"] = {"enable": False}


def any_region(lab: Lab) -> None:
    lab.constrain(f"project {RESEARCH}", "gcp.resourceLocations", listPolicy={"allValues": "ALLOW"})
