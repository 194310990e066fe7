"""Which resource of Terraform's google provider is which resource of Google Cloud.

Source: Terraform Registry, provider hashicorp/google, "Argument Reference" and "Attributes Reference" of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.terraform.gcp.around import AROUND
from weightguard.collect.terraform.gcp.shape import Data, Shape
from weightguard.collect.terraform.gcp.shape import inside as _in


def _bucket(data: Data) -> Data:
    uniform = data.get("uniformBucketLevelAccess") is True
    prevention = data.get("publicAccessPrevention") or "inherited"
    lifecycle = data.get("lifecycleRule")
    return {
        **data,
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": uniform},
            "publicAccessPrevention": prevention,
        },
        **(
            {"lifecycle": {"rule": [_lifecycle(one) for one in lifecycle]}}
            if isinstance(lifecycle, list)
            else {}
        ),
    }


def _lifecycle(rule: Any) -> Any:
    """A rule; its state of a version is a word here and a flag in the API."""
    if not isinstance(rule, dict) or not isinstance(rule.get("condition"), dict):
        return rule
    condition = {key: value for key, value in rule["condition"].items() if value not in (0, [], None)}
    live = condition.pop("withState", None)
    if live in ("LIVE", "ARCHIVED"):
        condition["isLive"] = live == "LIVE"
    return {**rule, "condition": condition}


def _instance(data: Data) -> Data:
    metadata = data.get("metadata")
    items = (
        [{"key": key, "value": value} for key, value in metadata.items()]
        if isinstance(metadata, dict)
        else []
    )
    found = {**data, "metadata": {"items": items}}
    if isinstance(cards := found.pop("networkInterface", None), list):
        found["networkInterfaces"] = [_card(one) for one in cards if isinstance(one, dict)]
    return found


def _card(card: Data) -> Data:
    """A network interface, whose addresses the API names in the plural."""
    plural = {"accessConfig": "accessConfigs", "ipv6AccessConfig": "ipv6AccessConfigs"}
    return {plural.get(key, key): value for key, value in card.items()}


def _secret(data: Data) -> Data:
    """A secret; what Terraform calls ``auto`` the API calls ``automatic``."""
    held = data.get("replication")
    if not isinstance(held, dict) or "auto" not in held:
        return data
    return {**data, "replication": {**held, "automatic": held["auto"]}}


def _service(data: Data) -> Data:
    """A service that is on: Terraform lists those that are."""
    return {**data, "name": data.get("service"), "state": "ENABLED"}


def _project_metadata(data: Data) -> Data:
    return {"commonInstanceMetadata": _instance(data)["metadata"]}


def _key(data: Data) -> Data:
    primary = data.get("primary")
    return {**data, "primary": primary[0] if isinstance(primary, list) and primary else primary}


def _pool(kind: str, within: str) -> dict[str, Shape]:
    base = "//iam.googleapis.com/{name}"
    return {
        f"google_iam_{within}_pool": Shape(f"iam.googleapis.com/{kind}Pool", base),
        f"google_iam_{within}_pool_provider": Shape(
            f"iam.googleapis.com/{kind}PoolProvider", base, adjust=_provider
        ),
    }


_VOUCHING = frozenset({"aws", "oidc", "saml", "x509"})
"""The members of a pool's provider that say who vouches for its subjects; one is set."""


def _provider(data: Data) -> Data:
    return {key: value for key, value in data.items() if not (key in _VOUCHING and not value)}


SHAPES: Final[Mapping[str, Shape]] = {
    "google_service_account": Shape("iam.googleapis.com/ServiceAccount", "//iam.googleapis.com/{id}"),
    "google_app_engine_default_service_account": Shape(
        "iam.googleapis.com/ServiceAccount", "//iam.googleapis.com/{id}"
    ),
    "google_compute_default_service_account": Shape(
        "iam.googleapis.com/ServiceAccount", "//iam.googleapis.com/{id}"
    ),
    "google_service_account_key": Shape(
        "iam.googleapis.com/ServiceAccountKey", "//iam.googleapis.com/{name}"
    ),
    "google_project_iam_custom_role": Shape(
        "iam.googleapis.com/Role", "//iam.googleapis.com/{id}", {"permissions": "includedPermissions"}
    ),
    "google_organization_iam_custom_role": Shape(
        "iam.googleapis.com/Role", "//iam.googleapis.com/{id}", {"permissions": "includedPermissions"}
    ),
    "google_storage_bucket": Shape(
        "storage.googleapis.com/Bucket", "//storage.googleapis.com/{name}", adjust=_bucket
    ),
    "google_storage_managed_folder": Shape(
        "storage.googleapis.com/ManagedFolder",
        "//storage.googleapis.com/projects/_/buckets/{bucket}/managedFolders/{name}",
    ),
    "google_kms_key_ring": Shape("cloudkms.googleapis.com/KeyRing", "//cloudkms.googleapis.com/{id}"),
    "google_kms_crypto_key": Shape(
        "cloudkms.googleapis.com/CryptoKey", "//cloudkms.googleapis.com/{id}", adjust=_key
    ),
    "google_kms_crypto_key_version": Shape(
        "cloudkms.googleapis.com/CryptoKeyVersion", "//cloudkms.googleapis.com/{name}"
    ),
    "google_secret_manager_secret": Shape(
        "secretmanager.googleapis.com/Secret", "//secretmanager.googleapis.com/{id}", adjust=_secret
    ),
    "google_compute_instance": Shape(
        "compute.googleapis.com/Instance",
        _in("compute", "zones/{where}/instances/{name}"),
        {"serviceAccount": "serviceAccounts"},
        _instance,
    ),
    "google_compute_project_metadata": Shape(
        "compute.googleapis.com/Project",
        "//compute.googleapis.com/projects/{project}",
        adjust=_project_metadata,
    ),
    "google_compute_instance_template": Shape(
        "compute.googleapis.com/InstanceTemplate",
        _in("compute", "global/instanceTemplates/{name}"),
        {"serviceAccount": "properties.serviceAccounts"},
    ),
    "google_cloud_run_service": Shape(
        "run.googleapis.com/Service", _in("run", "locations/{where}/services/{name}")
    ),
    "google_cloud_run_v2_service": Shape(
        "run.googleapis.com/Service", _in("run", "locations/{where}/services/{name}")
    ),
    "google_cloud_run_v2_job": Shape("run.googleapis.com/Job", _in("run", "locations/{where}/jobs/{name}")),
    "google_cloud_run_v2_worker_pool": Shape(
        "run.googleapis.com/WorkerPool", _in("run", "locations/{where}/workerPools/{name}")
    ),
    "google_cloudfunctions_function": Shape(
        "cloudfunctions.googleapis.com/CloudFunction",
        _in("cloudfunctions", "locations/{where}/functions/{name}"),
    ),
    "google_cloudfunctions2_function": Shape(
        "cloudfunctions.googleapis.com/Function", _in("cloudfunctions", "locations/{where}/functions/{name}")
    ),
    "google_container_cluster": Shape(
        "container.googleapis.com/Cluster",
        _in("container", "locations/{where}/clusters/{name}"),
        {"nodePool": "nodePools", "enableAutopilot": "autopilot.enabled"},
    ),
    "google_container_node_pool": Shape(
        "container.googleapis.com/NodePool",
        _in("container", "locations/{where}/clusters/{cluster}/nodePools/{name}"),
        {"nodeConfig": "config"},
    ),
    "google_dataproc_cluster": Shape(
        "dataproc.googleapis.com/Cluster",
        _in("dataproc", "regions/{where}/clusters/{name}"),
        {"clusterConfig": "config", "name": "clusterName"},
    ),
    "google_composer_environment": Shape(
        "composer.googleapis.com/Environment", _in("composer", "locations/{where}/environments/{name}")
    ),
    "google_notebooks_instance": Shape(
        "notebooks.googleapis.com/Instance", _in("notebooks", "locations/{where}/instances/{name}")
    ),
    "google_workbench_instance": Shape(
        "notebooks.googleapis.com/Instance", _in("notebooks", "locations/{where}/instances/{name}")
    ),
    "google_workflows_workflow": Shape(
        "workflows.googleapis.com/Workflow", _in("workflows", "locations/{where}/workflows/{name}")
    ),
    "google_workstations_workstation_config": Shape(
        "workstations.googleapis.com/WorkstationConfig",
        _in("workstations", "locations/{where}/workstationClusters/{workstation_cluster_id}/")
        + "workstationConfigs/{workstation_config_id}",
    ),
    "google_cloud_scheduler_job": Shape(
        "cloudscheduler.googleapis.com/Job", _in("cloudscheduler", "locations/{where}/jobs/{name}")
    ),
    "google_cloudbuild_trigger": Shape(
        "cloudbuild.googleapis.com/BuildTrigger", _in("cloudbuild", "locations/{where}/triggers/{trigger_id}")
    ),
    "google_dataflow_job": Shape(
        "dataflow.googleapis.com/Job",
        _in("dataflow", "locations/{where}/jobs/{name}"),
        {"serviceAccountEmail": "environment.serviceAccountEmail"},
    ),
    "google_dataflow_flex_template_job": Shape(
        "dataflow.googleapis.com/Job",
        _in("dataflow", "locations/{where}/jobs/{name}"),
        {"serviceAccountEmail": "environment.serviceAccountEmail"},
    ),
    "google_app_engine_application": Shape(
        "appengine.googleapis.com/Application", "//appengine.googleapis.com/apps/{project}"
    ),
    "google_app_engine_standard_app_version": Shape(
        "appengine.googleapis.com/Version",
        "//appengine.googleapis.com/apps/{project}/services/{service}/versions/{version_id}",
    ),
    "google_app_engine_flexible_app_version": Shape(
        "appengine.googleapis.com/Version",
        "//appengine.googleapis.com/apps/{project}/services/{service}/versions/{version_id}",
    ),
    "google_data_fusion_instance": Shape(
        "datafusion.googleapis.com/Instance", _in("datafusion", "locations/{where}/instances/{name}")
    ),
    "google_vertex_ai_endpoint": Shape(
        "aiplatform.googleapis.com/Endpoint", _in("aiplatform", "locations/{where}/endpoints/{name}")
    ),
    "google_bigquery_connection": Shape(
        "bigqueryconnection.googleapis.com/Connection",
        _in("bigquery", "locations/{where}/connections/{connection_id}"),
    ),
    "google_storage_transfer_job": Shape(
        "storagetransfer.googleapis.com/TransferJob", "//storagetransfer.googleapis.com/{name}"
    ),
    "google_artifact_registry_repository": Shape(
        "artifactregistry.googleapis.com/Repository",
        _in("artifactregistry", "locations/{where}/repositories/{repository_id}"),
    ),
    "google_project_service": Shape(
        "serviceusage.googleapis.com/Service", _in("serviceusage", "services/{service}"), adjust=_service
    ),
    "google_privileged_access_manager_entitlement": Shape(
        "privilegedaccessmanager.googleapis.com/Entitlement",
        "//privilegedaccessmanager.googleapis.com/{parent}/locations/{location}/entitlements/{entitlement_id}",
    ),
    "google_tags_tag_key": Shape(
        "cloudresourcemanager.googleapis.com/TagKey", "//cloudresourcemanager.googleapis.com/{id}"
    ),
    "google_tags_tag_value": Shape(
        "cloudresourcemanager.googleapis.com/TagValue", "//cloudresourcemanager.googleapis.com/{id}"
    ),
    "google_tags_tag_binding": Shape(
        "cloudresourcemanager.googleapis.com/TagBinding", "//cloudresourcemanager.googleapis.com/{id}"
    ),
    "google_tags_location_tag_binding": Shape(
        "cloudresourcemanager.googleapis.com/TagBinding", "//cloudresourcemanager.googleapis.com/{id}"
    ),
    **_pool("WorkloadIdentity", "workload_identity"),
    **_pool("Workforce", "workforce"),
    **AROUND,
}
"""Type in Terraform -> the resource."""
POLICIES: Final[Mapping[str, str]] = {
    "google_organization": "//cloudresourcemanager.googleapis.com/organizations/{org_id}",
    "google_folder": "//cloudresourcemanager.googleapis.com/{folder}",
    "google_project": "//cloudresourcemanager.googleapis.com/projects/{project}",
    "google_storage_bucket": "//storage.googleapis.com/{bucket}",
    "google_storage_managed_folder": "//storage.googleapis.com/projects/_/buckets/{bucket}/managedFolders/{managed_folder}",
    "google_service_account": "//iam.googleapis.com/{service_account_id}",
    "google_kms_crypto_key": "//cloudkms.googleapis.com/{crypto_key_id}",
    "google_kms_key_ring": "//cloudkms.googleapis.com/{key_ring_id}",
    "google_secret_manager_secret": _in("secretmanager", "secrets/{secret_id}"),
    "google_compute_instance": _in("compute", "zones/{where}/instances/{instance_name}"),
    "google_compute_image": _in("compute", "global/images/{image}"),
    "google_compute_disk": _in("compute", "zones/{where}/disks/{name}"),
    "google_compute_snapshot": _in("compute", "global/snapshots/{name}"),
    "google_cloud_run_service": _in("run", "locations/{where}/services/{service}"),
    "google_cloud_run_v2_service": _in("run", "locations/{where}/services/{name}"),
    "google_cloud_run_v2_job": _in("run", "locations/{where}/jobs/{name}"),
    "google_cloudfunctions_function": _in("cloudfunctions", "locations/{where}/functions/{cloud_function}"),
    "google_cloudfunctions2_function": _in("cloudfunctions", "locations/{where}/functions/{cloud_function}"),
    "google_bigquery_connection": _in("bigquery", "locations/{where}/connections/{connection_id}"),
    "google_tags_tag_value": "//cloudresourcemanager.googleapis.com/{tag_value}",
    "google_tags_tag_key": "//cloudresourcemanager.googleapis.com/{tag_key}",
    "google_iam_workload_identity_pool": _in(
        "iam", "locations/global/workloadIdentityPools/{workload_identity_pool_id}"
    ),
}
"""Type in Terraform -> the resource that ``TYPE_iam_member``, ``TYPE_iam_binding`` and ``TYPE_iam_policy`` set the policy of."""
