"""The vocabulary of the examples on Google Cloud: changes to the laboratory that recur, by name, with parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isfunction
from typing import Any
from urllib.parse import quote

from reference_lab.google.names import (
    FOLDER,
    GCS,
    IAM,
    KEYS,
    KMS,
    NUMBERS,
    ORGANISATION,
    PLACE,
    RM,
    SERVING,
    TRAINING,
    email,
)

Edit = dict[str, Any]


def bucket_set(bucket: str, **settings: Any) -> list[Edit]:
    """A bucket is set otherwise; settings by the names of the JSON API."""
    return [{"asset": f"bucket {bucket}", "set": settings}]


def bucket_allows(bucket: str, role: str, who: str, when: str | None = None) -> list[Edit]:
    """A bucket's allow policy gives somebody a role."""
    return [{"asset": f"bucket {bucket}", "allow": _binding(role, who, when)}]


def project_allows(project: str, role: str, who: str, when: str | None = None) -> list[Edit]:
    """A project's allow policy gives somebody a role."""
    return [{"asset": f"project {project}", "allow": _binding(role, who, when)}]


def account_allows(account: str, role: str, who: str) -> list[Edit]:
    """A service account's allow policy gives somebody a role on it."""
    return [{"asset": f"account {account}", "allow": _binding(role, who, None)}]


def audited(on: str, service: str, kinds: Iterable[str], spared: Iterable[str] = ()) -> list[Edit]:
    """What a container's policy has logged, in place of what it had."""
    configs = [{"log_type": kind, "exempted_members": list(spared)} for kind in kinds]
    return [{"asset": on, "audit": [{"service": service, "audit_log_configs": configs}]}]


def sink_set(sink: str, **settings: Any) -> list[Edit]:
    """A sink (``atlas-serving/_Default``) is set otherwise."""
    return [{"asset": f"sink {sink}", "set": settings}]


def account_key(account: str, project: str, **told: Any) -> list[Edit]:
    """Somebody made a key of a service account."""
    name = f"projects/{project}/serviceAccounts/{email(account, project)}/keys/0a1b"
    data = {"name": name, "keyType": "USER_MANAGED", "validAfterTime": "2025-01-01T00:00:00Z", **told}
    new = {
        "call": f"key of {account}",
        "name": f"//{IAM}/{name}",
        "type": f"{IAM}/ServiceAccountKey",
        "project": project,
        "data": data,
    }
    return [{"new": new}]


def not_prevented(bucket: str) -> list[Edit]:
    """Nothing keeps the public out of a bucket: neither its own setting nor an organisation policy."""
    own = {"asset": f"bucket {bucket}", "set": {"iamConfiguration.publicAccessPrevention": "inherited"}}
    return [own, *constraint("organisation", "storage.publicAccessPrevention", enforced=False)]


def constraint(on: str, name: str, enforced: bool = True) -> list[Edit]:
    """An organisation policy of a boolean constraint lies on a container."""
    policy = {"constraint": f"constraints/{name}", "boolean_policy": {"enforced": enforced}}
    return [{"asset": on, "constraint": policy}]


def listed(on: str, name: str, **values: Any) -> list[Edit]:
    """An organisation policy of a list constraint lies on a container: ``allowed_values``, ``denied_values``, ``all_values``."""
    return [{"asset": on, "constraint": {"constraint": f"constraints/{name}", "list_policy": values}}]


def untold(what: str, content: str) -> list[Edit]:
    """The export holds no such content of something."""
    return [{"asset": what, "lacks": content}]


def key_set(key: str, **settings: Any) -> list[Edit]:
    """A key is set otherwise; settings by the names of the API."""
    return [{"asset": f"key {key}", "set": settings}]


def key_at(bucket: str, location: str) -> list[Edit]:
    """A bucket's objects are encrypted with a key that lies elsewhere."""
    name = f"projects/{KEYS}/locations/{location}/keyRings/other/cryptoKeys/other"
    primary = {"name": f"{name}/cryptoKeyVersions/1", "state": "ENABLED", "protectionLevel": "HSM"}
    new = {
        "call": f"key of {bucket}",
        "name": f"//{KMS}/{name}",
        "type": f"{KMS}/CryptoKey",
        "project": KEYS,
        "data": {"name": name, "purpose": "ENCRYPT_DECRYPT", "primary": primary},
        "bindings": (),
    }
    used = {"encryption.defaultKmsKeyName": name}
    return [{"new": new}, {"asset": f"bucket {bucket}", "set": used}]


def version_set(version: str, **settings: Any) -> list[Edit]:
    """A version of a key (``release/1``) is set otherwise."""
    return [{"asset": f"version {version}", "set": settings}]


def key_allows(key: str, role: str, who: str) -> list[Edit]:
    """A key's allow policy gives somebody a role."""
    return [{"asset": f"key {key}", "allow": _binding(role, who, None)}]


def policy(on: str, constraint: str, **spec: Any) -> list[Edit]:
    """An organisation policy of the second version lies on a container, in place of what it said of the constraint before."""
    place = {"organisation": ORGANISATION, "folder": FOLDER}.get(
        on
    ) or f"projects/{NUMBERS[on.removeprefix('project ')]}"
    name = f"{place}/policies/{constraint}"
    new = {
        "call": f"policy {on} {constraint}",
        "name": f"//orgpolicy.googleapis.com/{name}",
        "type": "orgpolicy.googleapis.com/Policy",
        "project": None,
        "data": {"name": name, "spec": spec},
    }
    return [{"new": new}]


def transfer(
    source: str, sink: str | None = None, spec: str = "transferSpec", status: str = "ENABLED"
) -> list[Edit]:
    """A transfer job copies out of a bucket: into another, or to machines of somebody's own."""
    aim = {"gcsDataSink": {"bucketName": sink}} if sink else {"posixDataSink": {"rootDirectory": "/mnt"}}
    name = f"transferJobs/{source}"
    new = {
        "call": f"transfer of {source}",
        "name": f"//storagetransfer.googleapis.com/projects/{SERVING}/{name}",
        "type": "storagetransfer.googleapis.com/TransferJob",
        "project": SERVING,
        "data": {"name": name, "status": status, spec: {"gcsDataSource": {"bucketName": source}, **aim}},
    }
    return [{"new": new}]


def partner_bucket(name: str) -> list[Edit]:
    """A bucket in a project of another organisation, both of which were exported too."""
    lineage = ["projects/4242", "organizations/999"]
    project = {"projectId": "partner-models", "projectNumber": "4242", "lifecycleState": "ACTIVE"}
    bucket = {"name": name, "projectNumber": "4242", "location": "EU"}
    news = (
        (f"//{RM}/projects/4242", f"{RM}/Project", project),
        (f"//{GCS}/{name}", f"{GCS}/Bucket", bucket),
    )
    return [
        {
            "new": {
                "call": full if kind.endswith("Project") else f"partner {name}",
                "name": full,
                "type": kind,
                "project": None,
                "data": data,
                "bindings": (),
                "ancestors": lineage,
            }
        }
        for full, kind, data in news
    ]


def detector(project: str, name: str, state: str = "ENABLED") -> list[Edit]:
    """A project says for itself whether a detector of Security Command Center is on."""
    kind = "securitycentermanagement.googleapis.com"
    path = f"projects/{NUMBERS[project]}/locations/global/securityCenterServices/{name}"
    new = {
        "call": f"detector {project}/{name}",
        "name": f"//{kind}/{path}",
        "type": f"{kind}/SecurityCenterService",
        "project": project,
        "data": {"name": path, "effectiveEnablementState": state},
    }
    return [{"new": new}]


def cluster(project: str, runs_as: str, **told: Any) -> list[Edit]:
    """A cluster whose nodes run as a service account."""
    path = f"projects/{project}/locations/{PLACE}/clusters/serving"
    node = {
        "serviceAccount": email(runs_as, project),
        "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }
    data = {
        "name": "serving",
        "location": PLACE,
        "status": "RUNNING",
        "workloadIdentityConfig": {"workloadPool": f"{project}.svc.id.goog"},
        "nodeConfig": node,
        "nodePools": [{"name": "default", "config": {**node, **told}}],
    }
    return [_running("container", project, path, "Cluster", "cluster", data)]


def service(project: str, runs_as: str, **told: Any) -> list[Edit]:
    """A service of Cloud Run that runs as a service account."""
    path = f"projects/{project}/locations/{PLACE}/services/serving"
    data = {"name": path, "template": {"serviceAccount": email(runs_as, project)}, **told}
    return [_running("run", project, path, "Service", "service", data)]


def notebook(project: str, runs_as: str, **told: Any) -> list[Edit]:
    """A notebook machine that runs as a service account, closed as far as it can be."""
    path = f"projects/{project}/locations/{PLACE}-a/instances/lab"
    closed = {f"notebook-disable-{one}": "true" for one in ("root", "terminal", "downloads")}
    setup = {
        "serviceAccounts": [{"email": email(runs_as, project)}],
        "disablePublicIp": True,
        "metadata": closed,
        **told,
    }
    return [_running("notebooks", project, path, "Instance", "notebook", {"name": path, "gceSetup": setup})]


def agent_runtime(project: str, runs_as: str) -> list[Edit]:
    """An agent of Vertex AI, which runs code that a model wrote, as a service account."""
    path = f"projects/{project}/locations/{PLACE}/reasoningEngines/1"
    data = {"name": path, "spec": {"serviceAccount": email(runs_as, project)}}
    return [_running("aiplatform", project, path, "ReasoningEngine", "agent", data)]


def card(machine: str, **told: Any) -> list[Edit]:
    """A machine's network interface is set otherwise, in its project's own network."""
    project = {"server": SERVING, "trainer": TRAINING}[machine]
    own = {
        "network": f"projects/{project}/global/networks/weights",
        "subnetwork": f"projects/{project}/regions/{PLACE}/subnetworks/weights",
    }
    return [{"asset": f"machine {machine}", "set": {"networkInterfaces": [{**own, **told}]}}]


def router(project: str, type: str) -> list[Edit]:
    """Cloud NAT in a project's network."""
    data = {
        "name": "out",
        "network": f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/weights",
        "nats": [{"name": "out", "type": type}],
    }
    path = f"projects/{project}/regions/{PLACE}/routers/out"
    return [_running("compute", project, path, "Router", "router", data)]


def firewall(project: str, **told: Any) -> list[Edit]:
    """A firewall rule more, before all others."""
    data = {
        "name": "extra",
        "network": f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/weights",
        "priority": 100,
        **told,
    }
    path = f"projects/{project}/global/firewalls/extra"
    return [_running("compute", project, path, "Firewall", "extra firewall", data)]


def firewall_policy(on: str, action: str, direction: str) -> list[Edit]:
    """A firewall policy of a folder, about every address and protocol."""
    match = {"layer4Configs": [{"ipProtocol": "all"}]}
    match |= {("destIpRanges" if direction == "EGRESS" else "srcIpRanges"): ["0.0.0.0/0"]}
    data = {
        "name": "4711",
        "shortName": "outer",
        "parent": on,
        "associations": [{"name": on, "attachmentTarget": on}],
        "rules": [{"action": action, "direction": direction, "priority": 10, "match": match}],
    }
    new = {
        "call": "firewall policy",
        "name": "//compute.googleapis.com/locations/global/firewallPolicies/4711",
        "type": "compute.googleapis.com/FirewallPolicy",
        "project": None,
        "data": data,
    }
    return [{"new": new}]


def denial(name: str, permissions: list[str], **told: Any) -> list[Edit]:
    """A deny policy of the organisation, for everybody."""
    rule = {"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": permissions, **told}
    on = quote(f"{RM}/{ORGANISATION}", safe="")
    row = {"name": f"policies/{on}/denypolicies/{name}", "displayName": name, "rules": [{"denyRule": rule}]}
    return [{"beside": row}]


def pool(condition: str | None, issuer: str = "https://token.actions.githubusercontent.com") -> list[Edit]:
    """A pool of workload identities, with one provider."""
    path = f"projects/{NUMBERS[SERVING]}/locations/global/workloadIdentityPools/ci"
    told = {"attributeCondition": condition} if condition else {}
    provider = {
        "name": f"{path}/providers/only",
        "state": "ACTIVE",
        "oidc": {"issuerUri": issuer, "allowedAudiences": ["https://sts.googleapis.com"]},
        "attributeMapping": {
            "google.subject": "assertion.sub",
            "attribute.repository": "assertion.repository",
        },
        **told,
    }
    news = (
        ("pool", f"//{IAM}/{path}", "WorkloadIdentityPool", {"name": path, "state": "ACTIVE"}),
        ("provider", f"//{IAM}/{path}/providers/only", "WorkloadIdentityPoolProvider", provider),
    )
    return [
        {"new": {"call": call, "name": name, "type": f"{IAM}/{kind}", "project": SERVING, "data": data}}
        for call, name, kind, data in news
    ]


def no_perimeter() -> list[Edit]:
    """The perimeter restricts nothing."""
    return [{"asset": "perimeter", "set": {"status.restrictedServices": []}}]


def no_outer_sink() -> list[Edit]:
    """No sink stands above the projects."""
    return [{"asset": "sink organisation/audit", "remove": True}]


def lets_in(**origin: Any) -> list[Edit]:
    """The perimeter lets somebody in to read; ``sources``, ``identityType``, ``identities`` as an ingress rule has them."""
    aim = {"resources": ["*"], "operations": [{"serviceName": "*"}]}
    return [
        {"asset": "perimeter", "set": {"status.ingressPolicies": [{"ingressFrom": origin, "ingressTo": aim}]}}
    ]


def lets_out(*, to: list[str]) -> list[Edit]:
    """The perimeter lets requests for storage out to some projects."""
    aim = {"resources": to, "operations": [{"serviceName": "storage.googleapis.com"}]}
    rule = {"egressFrom": {"identityType": "ANY_IDENTITY"}, "egressTo": aim}
    return [{"asset": "perimeter", "set": {"status.egressPolicies": [rule]}}]


def level(name: str, **condition: Any) -> list[Edit]:
    """An access level of one condition."""
    held = {
        "name": f"accessPolicies/5005/accessLevels/{name}",
        "title": name,
        "basic": {"conditions": [condition]},
    }
    asset = {
        "name": f"//{RM}/{ORGANISATION}",
        "asset_type": f"{RM}/Organization",
        "ancestors": [ORGANISATION],
    }
    return [{"call": f"level {name}", "as": {**asset, "access_level": held}}]


def attested(
    demands: str | None = None, issuer: str = "https://confidentialcomputing.googleapis.com"
) -> list[Edit]:
    """The release's key opens for workloads of Confidential Space, of one image, and for nobody else."""
    digest = "sha256:" + "a" * 64
    asked = demands or (
        f"assertion.swname == 'CONFIDENTIAL_SPACE' && assertion.submods.container.image_digest == '{digest}' && "
        "assertion.dbgstat == 'disabled-since-boot' && "
        "'STABLE' in assertion.submods.confidential_space.support_attributes"
    )
    who = f"principalSet://iam.googleapis.com/projects/{NUMBERS[SERVING]}/locations/global/workloadIdentityPools/ci/*"
    keys = ("release", "checkpoints", "eval")
    closed = [{"asset": f"key {one}", "revoke": "roles/cloudkms.cryptoKeyEncrypterDecrypter"} for one in keys]
    opened = [edit for one in keys for edit in key_allows(one, "roles/cloudkms.cryptoKeyDecrypter", who)]
    return [*pool(asked, issuer), *closed, *opened]


def trigger(project: str, runs_as: str | None, **told: Any) -> list[Edit]:
    """A trigger of Cloud Build."""
    path = f"projects/{project}/locations/{PLACE}/triggers/t1"
    account = (
        {"serviceAccount": f"projects/{project}/serviceAccounts/{email(runs_as, project)}"} if runs_as else {}
    )
    return [
        _running(
            "cloudbuild",
            project,
            path,
            "BuildTrigger",
            "trigger",
            {"id": "t1", "name": path, **account, **told},
        )
    ]


def _running(service: str, project: str, path: str, kind: str, call: str, data: dict[str, Any]) -> Edit:
    """Something more that runs in a project."""
    domain = f"{service}.googleapis.com"
    return {
        "new": {
            "call": call,
            "name": f"//{domain}/{path}",
            "type": f"{domain}/{kind}",
            "project": project,
            "data": data,
            "bindings": (),
        }
    }


def _binding(role: str, who: str, when: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"role": role, "members": [who]}
    return found if when is None else {**found, "condition": {"title": "when", "expression": when}}


NAMED: Mapping[str, Callable[..., list[Edit]]] = {
    name: change
    for name, change in [*globals().items()]
    if isfunction(change) and change.__module__ == __name__ and not name.startswith("_")
}


def expand(edits: Iterable[Mapping[str, Any]]) -> Iterator[Edit]:
    """The edits that are meant, those that go by a name written out.

    Raises:
        ValueError: no change has the name. TypeError: it has no such parameter, or lacks one.
    """
    for edit in edits:
        given = dict(edit)
        name = given.pop("named", None)
        if name is None:
            yield given
        elif name in NAMED:
            yield from NAMED[name](**given)
        else:
            raise ValueError(
                f"no change of the laboratory on Google Cloud is named {name}; known: {', '.join(sorted(NAMED))}"
            )
