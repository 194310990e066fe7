"""Cloud Storage: buckets with their settings, policies and managed folders, objects and their beginnings, HMAC keys.

Source: Cloud Storage JSON API; "IAM permissions for JSON methods".
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method
from weightguard.collect.gcp.services.resourcemanager import POLICY_KEEPS

LIST_BUCKETS: Final = Method(
    "storage.buckets.list",
    Operation(
        "storage", "ListBuckets", ("storage.buckets.list", "storage.buckets.getIamPolicy"), "buckets, and all weights in them",
        required=("kind",), entries=("items",), identity=("name",), paged=True, page_size=1000, keeps=("*",),
    ),
    "storage/v1/b",
    query=(("projection", "full"),),
    size="maxResults",
)  # fmt: skip
GET_BUCKET_POLICY: Final = Method(
    "storage.buckets.getIamPolicy",
    Operation(
        "storage", "GetIamPolicy", ("storage.buckets.getIamPolicy",), "whom a bucket's policy lets in",
        required=("kind",), keeps=POLICY_KEEPS,
    ),
    "storage/v1/b/{bucket}/iam",
    query=(("optionsRequestedPolicyVersion", "3"),),
    about="Bucket",
)  # fmt: skip
LIST_MANAGED_FOLDERS: Final = Method(
    "storage.managedFolders.list",
    Operation(
        "storage", "ListManagedFolders", ("storage.managedFolders.list",), "folders of a bucket with policies of their own",
        required=("kind",), entries=("items",), identity=("name",), paged=True, keeps=("name", "bucket"),
    ),
    "storage/v1/b/{bucket}/managedFolders",
)  # fmt: skip
GET_FOLDER_POLICY: Final = Method(
    "storage.managedFolders.getIamPolicy",
    Operation(
        "storage", "GetIamPolicy", ("storage.managedFolders.getIamPolicy",), "whom a managed folder's policy lets in",
        required=("kind",), keeps=POLICY_KEEPS,
    ),
    "storage/v1/b/{bucket}/managedFolders/{managedFolder}/iam",
    query=(("optionsRequestedPolicyVersion", "3"),),
    about="ManagedFolder",
)  # fmt: skip
LIST_OBJECTS: Final = Method(
    "storage.objects.list",
    Operation(
        "storage", "ListObjects", ("storage.objects.list",), "weights stored in a bucket",
        required=("kind",), entries=("items",), identity=("name",), paged=True, page_size=1000,
        # How many there are, and their bytes, summed up; the objects themselves have a table of their own.
        keeps=("Objects", "Bytes"),
    ),
    "storage/v1/b/{bucket}/o",
    query=(
        ("projection", "noAcl"),
        (
            "fields",
            "kind,nextPageToken,items(name,size,updated,storageClass,md5Hash,crc32c,kmsKeyName,generation,timeDeleted,softDeleteTime,"
            "customerEncryption(encryptionAlgorithm))",
        ),
    ),
    size="maxResults",
)  # fmt: skip
GET_OBJECT: Final = Method(
    "storage.objects.get",
    Operation(
        "storage",
        "GetObject",
        ("storage.objects.get",),
        "weights under a harmless name; only headers are read",
        # In plain words, where bytes were asked for; a listing then tells whether the object is gone.
        absent=frozenset({"404", "NOT_FOUND", "notFound"}),
    ),
    "storage/v1/b/{bucket}/o/{object}",
    query=(("alt", "media"),),
)
LIST_HMAC_KEYS: Final = Method(
    "storage.projects.hmacKeys.list",
    Operation(
        "storage", "ListHmacKeys", ("storage.hmacKeys.list",), "keys of accounts that read storage without IAM's tokens",
        required=("kind",), entries=("items",), identity=("accessId",), paged=True,
        keeps=("accessId", "serviceAccountEmail", "state", "timeCreated"),
    ),
    "storage/v1/projects/{projectId}/hmacKeys",
    size="maxResults",
)  # fmt: skip
METHODS: Final = (
    LIST_BUCKETS,
    GET_BUCKET_POLICY,
    LIST_MANAGED_FOLDERS,
    GET_FOLDER_POLICY,
    LIST_OBJECTS,
    GET_OBJECT,
    LIST_HMAC_KEYS,
)
