"""How each weakness of stores, keys and logs is made: one change to the hardened lab, in the words of Google's own resources.

`access_plants` has those of identities, networks and what runs.
"""

from __future__ import annotations

from typing import Any

from weightguard.demo import models
from weightguard.demo.gcp.lab import (
    BACKUP,
    CHECKPOINTS,
    DAY,
    EVAL,
    GCS,
    KEYS,
    LOG_BUCKET,
    NUMBERS,
    PARTNER,
    RELEASE,
    RESEARCH,
    SERVING,
    TRAINING,
    Lab,
    WeightStore,
    account,
    person,
)


def bucket(lab: Lab, store: WeightStore) -> dict[str, Any]:
    """A bucket's settings, to be changed."""
    return lab.data(f"bucket {store.bucket}")


def key(lab: Lab, store: WeightStore) -> dict[str, Any]:
    """The settings of a bucket's key, to be changed."""
    return lab.data(f"key {store.bucket}")


def executable_format(lab: Lab) -> None:
    checkpoint = models.pytorch({"encoder.weight": (64, 32), "decoder.weight": (32, 64)})
    lab.objects[CHECKPOINTS.bucket]["run-17/step-2000/model.pt"] = checkpoint


def _unenforced(lab: Lab, project: str) -> None:
    lab.constrain(f"project {project}", "storage.publicAccessPrevention", booleanPolicy={"enforced": False})


def _inherited(lab: Lab, store: WeightStore) -> None:
    """Nothing prevents that a bucket is opened to everybody: neither its own setting nor the constraint above it."""
    _unenforced(lab, store.project)
    bucket(lab, store)["iamConfiguration"]["publicAccessPrevention"] = "inherited"


def prevention_lifted(lab: Lab) -> None:
    _unenforced(lab, SERVING)


def prevention_inherited(lab: Lab) -> None:
    _inherited(lab, BACKUP)


def public_bucket(lab: Lab) -> None:
    _inherited(lab, EVAL)
    lab.bind(f"bucket {EVAL.bucket}", "roles/storage.objectViewer", "allUsers")


def access_lists(lab: Lab) -> None:
    lab.constrain(
        f"project {TRAINING}", "storage.uniformBucketLevelAccess", booleanPolicy={"enforced": False}
    )
    bucket(lab, CHECKPOINTS)["iamConfiguration"]["uniformBucketLevelAccess"] = {"enabled": False}


def provider_key(lab: Lab) -> None:
    del bucket(lab, EVAL)["encryption"]


def any_encryption(lab: Lab) -> None:
    enforced = bucket(lab, CHECKPOINTS)["encryption"]
    enforced["customerSuppliedEncryptionEnforcementConfig"] = {"restrictionMode": "NotRestricted"}


def plain_transport(lab: Lab) -> None:
    lab.constrain(f"project {TRAINING}", "storage.secureHttpTransport", booleanPolicy={"enforced": False})


def transfer_abroad(lab: Lab) -> None:
    lab.constrain(f"project {TRAINING}", "gcp.restrictServiceUsage", listPolicy={"allValues": "ALLOW"})
    path = f"projects/{TRAINING}/transferJobs/nightly-copy"
    spec = {
        "gcsDataSource": {"bucketName": CHECKPOINTS.bucket},
        "posixDataSink": {"rootDirectory": "/mnt/partner"},
    }
    job = {"name": "transferJobs/nightly-copy", "status": "ENABLED", "transferSpec": spec}
    lab.add("transfer", f"storagetransfer.googleapis.com/TransferJob {path}", TRAINING, job, place="global")


def unversioned(lab: Lab) -> None:
    settings = bucket(lab, BACKUP)
    settings["versioning"] = {"enabled": False}
    settings["softDeletePolicy"] = {"retentionDurationSeconds": "0"}
    del settings["retentionPolicy"]


def shared_image(lab: Lab) -> None:
    lab.bind("image inference-node-1", "roles/compute.imageUser", "allAuthenticatedUsers")


def forgotten_copy(lab: Lab) -> None:
    shard = models.transformer_shards(layers=4, width=32, shards=2)["model-00001-of-00002.safetensors"]
    settings = {
        "name": "scratch-jo",
        "projectNumber": NUMBERS[RESEARCH],
        "location": "EUROPE-WEST4",
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "enforced",
        },
    }
    lab.add("bucket scratch-jo", f"{GCS}/Bucket scratch-jo", RESEARCH, settings)
    lab.objects["scratch-jo"] = {"holiday-photos/IMG_2041.jpg": shard}


def endless_checkpoints(lab: Lab) -> None:
    del bucket(lab, CHECKPOINTS)["lifecycle"]


def unlabelled(lab: Lab) -> None:
    del bucket(lab, BACKUP)["labels"]


def foreign_weights(lab: Lab) -> None:
    lab.data("model")["artifactUri"] = "gs://vendor-drop/aurora-1-tuned/"


def one_hand(lab: Lab) -> None:
    for role in ("roles/cloudkms.admin", "roles/cloudkms.cryptoKeyDecrypter"):
        lab.bind(f"key {CHECKPOINTS.bucket}", role, person("kim"))


def software_key(lab: Lab) -> None:
    made = key(lab, RELEASE)
    for one in (made["primary"], made["versionTemplate"], lab.data(f"version {RELEASE.bucket}")):
        one["protectionLevel"] = "SOFTWARE"


def no_rotation(lab: Lab) -> None:
    del key(lab, CHECKPOINTS)["rotationPeriod"]


def key_of_a_continent(lab: Lab) -> None:
    name = f"projects/{KEYS}/locations/europe/keyRings/weights/cryptoKeys/backup"
    lab.key("backup abroad", path=name)
    bucket(lab, BACKUP)["encryption"]["defaultKmsKeyName"] = name


def partner_key(lab: Lab) -> None:
    lab.bind(f"key {RELEASE.bucket}", "roles/cloudkms.cryptoKeyDecrypter", person("eve", PARTNER))


def spared_reader(lab: Lab) -> None:
    spared = {"logType": "DATA_READ", "exemptedMembers": [account(CHECKPOINTS.reader, TRAINING)]}
    lab.assets[f"project {TRAINING}"]["iamPolicy"]["auditConfigs"] = [
        {"service": "storage.googleapis.com", "auditLogConfigs": [spared]}
    ]


def erasable_logs(lab: Lab) -> None:
    lab.data(f"bucket {LOG_BUCKET}")["retentionPolicy"] = {"retentionPeriod": str(30 * DAY)}


def no_guards(lab: Lab) -> None:
    lab.denials.clear()


def no_detection(lab: Lab) -> None:
    kind = "securitycentermanagement.googleapis.com/SecurityCenterService"
    path = f"projects/{NUMBERS[TRAINING]}/locations/global/securityCenterServices/event-threat-detection"
    told = {"name": path, "effectiveEnablementState": "DISABLED"}
    lab.add("detector of training", f"{kind} {path}", TRAINING, told, place="global")


def hmac_key(lab: Lab) -> None:
    lab.constrain(f"project {SERVING}", "storage.restrictAuthTypes", listPolicy={"allValues": "ALLOW"})
    lab.hmac_keys[SERVING] = [
        {
            "accessId": "GOOG1EDEMO",
            "serviceAccountEmail": f"{RELEASE.reader}@{SERVING}.iam.gserviceaccount.com",
            "state": "ACTIVE",
        }
    ]
