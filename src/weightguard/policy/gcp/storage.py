"""What Cloud Storage adds: access control lists, and public access prevention.

Sources: Cloud Storage documentation, "Access control lists (ACLs)", "Uniform bucket-level access" and "Public access prevention".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from weightguard.policy.decision import Reason
from weightguard.policy.gcp.constraints import is_enforced
from weightguard.policy.gcp.groups import EVERYBODY, SIGNED_IN
from weightguard.policy.gcp.model import Bucket, Grant, Policies
from weightguard.policy.gcp.names import bucket_of, object_of

_OBJECT_READER: Final = ("storage.objects.get",)
_OBJECT_OWNER: Final = (
    *_OBJECT_READER,
    "storage.objects.getIamPolicy",
    "storage.objects.setIamPolicy",
    "storage.objects.update",
)
_BUCKET_READER: Final = ("storage.buckets.get", "storage.objects.list", "storage.multipartUploads.list")
_BUCKET_WRITER: Final = (
    *_BUCKET_READER,
    "storage.objects.create",
    "storage.objects.delete",
    "storage.multipartUploads.abort",
    "storage.multipartUploads.create",
    "storage.multipartUploads.listParts",
)
_BUCKET_OWNER: Final = (
    *_BUCKET_WRITER,
    "storage.buckets.getIamPolicy",
    "storage.buckets.setIamPolicy",
    "storage.buckets.update",
)
_OF_OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {"READER": _OBJECT_READER, "OWNER": _OBJECT_OWNER}
_OF_BUCKETS: Final[Mapping[str, tuple[str, ...]]] = {
    "READER": _BUCKET_READER,
    "WRITER": _BUCKET_WRITER,
    "OWNER": _BUCKET_OWNER,
}
"""Role of an access control list -> the permissions of the legacy role that it equals ("Relation to IAM" of the page on lists)."""
_ENTITIES: Final = (
    ("user-", "user:"),
    ("group-", "group:"),
    ("domain-", "domain:"),
    ("project-owners-", "projectOwner:"),
    ("project-editors-", "projectEditor:"),
    ("project-viewers-", "projectViewer:"),
)
PREVENTION: Final = "storage.publicAccessPrevention"


def keeps_the_public_out(resource: str, policies: Policies) -> bool:
    """Whether public access prevention is enforced where a resource lies: by its bucket, or by an organisation policy."""
    bucket = bucket_of(resource)
    if bucket is None:
        return False
    own = policies.buckets.get(bucket, Bucket()).prevention
    return own == "enforced" or is_enforced(PREVENTION, resource, policies)


def is_public(member: str) -> bool:
    """Whether a member of a policy stands for people at large."""
    return member in (EVERYBODY, SIGNED_IN)


def listed(permission: str, resource: str, policies: Policies) -> Iterator[tuple[str, Reason]]:
    """Whom the access control lists of a bucket and an object let in; nobody where uniform bucket-level access is on."""
    bucket = bucket_of(resource)
    settings = policies.buckets.get(bucket or "", _UNIFORM)
    if bucket is None or settings.uniform:
        return
    prevented = keeps_the_public_out(resource, policies)
    name = object_of(resource)
    lists: list[tuple[str, tuple[Grant, ...], Mapping[str, tuple[str, ...]]]] = [
        (f"buckets/{bucket}", settings.grants, _OF_BUCKETS)
    ]
    if name is not None:
        lists.append((resource, settings.objects.get(name, ()), _OF_OBJECTS))
    for of, grants, roles in lists:
        for grant in grants:
            if permission not in roles.get(grant.role.upper(), ()) or (prevented and is_public(grant.entity)):
                continue
            member = _member(grant.entity)
            if member is not None:
                yield member, Reason("acl", of, f"{grant.entity} {grant.role}")


_UNIFORM: Final = Bucket(uniform=True)


def _member(entity: str) -> str | None:
    """An entry of a list as policies write members; None for one that names nobody."""
    for prefix, kind in _ENTITIES:
        if entity.startswith(prefix):
            name = entity.removeprefix(prefix)
            is_account = kind == "user:" and name.endswith(".gserviceaccount.com")
            return ("serviceAccount:" if is_account else kind) + name
    return entity if is_public(entity) else None
