"""How Google Cloud names what Terraform makes.

Source: Terraform Registry, provider hashicorp/google, "Attributes Reference" of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PROJECT: Final = "projects/{project|default_project}"
_COMPUTE: Final = "https://www.googleapis.com/compute/v1/"


def _named(path: str, **more: str) -> dict[str, str]:
    return {"id": f"{_PROJECT}/{path}", "name": f"{_PROJECT}/{path}", **more}


def _compute(path: str) -> dict[str, str]:
    return {"id": f"{_PROJECT}/{path}", "self_link": f"{_COMPUTE}{_PROJECT}/{path}"}


_EMAIL: Final = "{account_id}@{project|default_project}.iam.gserviceaccount.com"

NAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "google_service_account": {
        "email": _EMAIL,
        "member": f"serviceAccount:{_EMAIL}",
        "id": f"{_PROJECT}/serviceAccounts/{_EMAIL}",
        "name": f"{_PROJECT}/serviceAccounts/{_EMAIL}",
        "unique_id": "{digits}",
        "project": "{default_project}",
    },
    "google_storage_bucket": {
        "id": "{name}",
        "url": "gs://{name}",
        "self_link": "https://www.googleapis.com/storage/v1/b/{name}",
        "project": "{default_project}",
    },
    "google_storage_bucket_object": {"id": "{bucket}-{name}", "output_name": "{name}"},
    "google_kms_key_ring": {
        "id": _PROJECT + "/locations/{location}/keyRings/{name}",
        "project": "{default_project}",
    },
    "google_kms_crypto_key": {"id": "{key_ring}/cryptoKeys/{name}"},
    "google_project": {"id": "projects/{project_id}", "number": "{digits}"},
    "google_folder": {"id": "folders/{digits}", "name": "folders/{digits}", "folder_id": "{digits}"},
    "google_project_iam_custom_role": _named("roles/{role_id}", project="{default_project}"),
    "google_organization_iam_custom_role": {
        "id": "organizations/{org_id}/roles/{role_id}",
        "name": "organizations/{org_id}/roles/{role_id}",
    },
    "google_iam_workload_identity_pool": _named(
        "locations/global/workloadIdentityPools/{workload_identity_pool_id}"
    ),
    "google_iam_workload_identity_pool_provider": _named(
        "locations/global/workloadIdentityPools/{workload_identity_pool_id}/providers/{workload_identity_pool_provider_id}"
    ),
    "google_secret_manager_secret": _named("secrets/{secret_id}"),
    "google_compute_network": _compute("global/networks/{name}"),
    "google_compute_subnetwork": _compute("regions/{region}/subnetworks/{name}"),
    "google_compute_instance": {**_compute("zones/{zone}/instances/{name}"), "instance_id": "{digits}"},
    "google_compute_disk": _compute("zones/{zone}/disks/{name}"),
    "google_compute_image": _compute("global/images/{name}"),
    "google_cloudfunctions2_function": {"id": _PROJECT + "/locations/{location}/functions/{name}"},
    "google_cloud_run_v2_service": {"id": _PROJECT + "/locations/{location}/services/{name}"},
    "google_pubsub_topic": {"id": _PROJECT + "/topics/{name}"},
    "google_logging_project_sink": {"id": _PROJECT + "/sinks/{name}"},
    "google_cloud_identity_group": {"id": "groups/{hex}", "name": "groups/{hex}"},
}
