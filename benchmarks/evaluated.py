"""Seeded cases for `weightguard evaluate`, of Google Cloud and of Azure: what bears on one request, a line a request.

An estate has a few dozen folders and projects (management groups and subscriptions), a few hundred stores, groups inside of groups,
denials, conditions on paths and times. A line brings what bears on its own resource: policies of its lineage, the groups, the
denials. People differ from line to line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

STORES: Final = 200
_PEOPLE: Final = 600
_BLOBS: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_WHEN: Final = ("2026-01-01T00:00:00Z", "2027-06-01T00:00:00Z", "2028-01-01T00:00:00Z")

Line = dict[str, Any]


def google(count: int, *, differing: bool, seed: int = 1) -> Iterator[bytes]:
    """Cases of Google Cloud.

    Args:
        differing: whether each line's documents are its own.
    """
    random = Random(seed)
    stores = [_google_policies(random, number) for number in range(STORES)]
    permissions = (
        "storage.objects.get",
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.create",
    )
    for number in range(count):
        at = random.randrange(STORES)
        name = random.choice(("weights/a.safetensors", "public/b.bin", "weights/deep/c.gguf"))
        request: Line = {
            "member": _google_person(random),
            "permission": random.choice(permissions),
            "resource": f"buckets/b{at}/objects/{name}",
        }
        if number % 3 == 0:
            request["context"] = {"request.time": random.choice(_WHEN)}
        policies = stores[at]
        if differing:
            own = {"role": "roles/storage.objectViewer", "members": [f"user:own{number}@lab.example"]}
            policies = {
                **policies,
                "allow_policies": [*policies["allow_policies"], _policy(f"buckets/b{at}", own)],
            }
        yield _line(number, "gcp", request, policies)


def _google_person(random: Random) -> str:
    number = random.randrange(_PEOPLE)
    if number % 5 == 0:
        return f"serviceAccount:robot{number}@p{number % 40}.iam.gserviceaccount.com"
    return f"user:u{number}@lab.example"


def _policy(resource: str, *bindings: Line) -> Line:
    return {"resource": resource, "bindings": list(bindings)}


def _google_policies(random: Random, at: int) -> Mapping[str, Any]:
    project, folder = f"projects/p{at % 40}", f"folders/{at % 40 % 6}"
    until = {"title": "until", "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")'}
    inside = {
        "title": "path",
        "expression": f'resource.name.startsWith("projects/_/buckets/b{at}/objects/weights/")'
        ' && resource.type == "storage.googleapis.com/Object"',
    }
    some = lambda most: sorted({_google_person(random) for _ in range(random.randint(1, most))})  # noqa: E731
    return {
        "hierarchy": {folder: "organizations/1", project: folder, f"buckets/b{at}": project},
        "allow_policies": [
            _policy("organizations/1", {"role": "roles/viewer", "members": ["group:all@lab.example"]}),
            _policy(
                folder, {"role": "roles/storage.objectViewer", "members": [f"group:g{at % 8}@lab.example"]}
            ),
            _policy(
                project,
                {"role": "roles/editor", "members": some(2)},
                {"role": f"{project}/roles/reader", "members": some(6), "condition": until},
            ),
            _policy(
                f"buckets/b{at}",
                {"role": "roles/storage.objectViewer", "members": some(8)},
                {"role": "roles/storage.objectAdmin", "members": some(3), "condition": inside},
                {"role": "roles/storage.legacyBucketReader", "members": [f"projectViewer:p{at % 40}"]},
            ),
        ],
        "deny_policies": [
            {
                "attachment_point": folder,
                "rules": [
                    {
                        "deniedPrincipals": ["principalSet://goog/public:all"],
                        "exceptionPrincipals": ["principalSet://goog/group/g1@lab.example"],
                        "deniedPermissions": ["storage.googleapis.com/objects.create"],
                    },
                    {
                        "deniedPrincipals": [f"principalSet://goog/group/g{at % 8}@lab.example"],
                        "deniedPermissions": ["storage.googleapis.com/objects.get"],
                        "denialCondition": {"expression": f"resource.matchTag('1/env', 'env{at % 5}')"},
                    },
                ],
            }
        ],
        "roles": {f"{project}/roles/reader": ["storage.objects.get", "storage.objects.list"]},
        "groups": {
            "group:all@lab.example": [f"group:g{number}@lab.example" for number in range(8)],
            **{
                f"group:g{group}@lab.example": [f"user:u{one}@lab.example" for one in range(group, 120, 8)]
                for group in range(8)
            },
        },
        "storage_settings": {
            f"b{at}": {"uniformBucketLevelAccess": True, "publicAccessPrevention": "enforced"}
        },
        "org_policies": [
            {
                "resource": "organizations/1",
                "constraint": "constraints/storage.publicAccessPrevention",
                "enforced": True,
            }
        ],
        "resource_tags": {project: {"1/env": f"env{at % 4}"}},
    }


def azure(count: int, *, differing: bool, seed: int = 1) -> Iterator[bytes]:
    """Cases of Azure.

    Args:
        differing: whether each line's documents are its own.
    """
    random = Random(seed)
    stores = [_azure_policies(random, number) for number in range(STORES)]
    for number in range(count):
        at = random.randrange(STORES)
        name = random.choice(("weights/a.safetensors", "public/b.bin", "weights/deep/c.gguf"))
        request: Line = {"principal": f"u{random.randrange(_PEOPLE)}"}
        if number % 4 == 0:
            request |= {
                "action": "Microsoft.Storage/storageAccounts/listKeys/action",
                "resource": _account(at),
            }
        else:
            verb = random.choice(("read", "read", "write", "delete"))
            request |= {
                "dataAction": f"{_BLOBS}/{verb}",
                "resource": f"{_account(at)}/blobServices/default/containers/c{at}/blobs/{name}",
            }
        if number % 3 == 0:
            request["context"] = {"client_ip": f"10.0.{number % 3}.7"}
        policies = stores[at]
        if differing:
            own = _assigned(f"own{number}", "Reader", _account(at))
            policies = {**policies, "role_assignments": [*policies["role_assignments"], own]}
        yield _line(number, "azure", request, policies)


def _account(at: int) -> str:
    return f"{_group(at)}/providers/Microsoft.Storage/storageAccounts/acct{at}"


def _group(at: int) -> str:
    return f"/subscriptions/s{at % 20}/resourceGroups/rg{at % 60}"


def _assigned(principal: str, role: str, scope: str, condition: str | None = None) -> Line:
    found = {"principal": principal, "role": role, "scope": scope}
    return found if condition is None else {**found, "condition": condition, "conditionVersion": "2.0"}


def _azure_policies(random: Random, at: int) -> Mapping[str, Any]:
    path = (
        f"((!(ActionMatches{{'{_BLOBS}/read'}})) OR "
        f"(@Resource[{_BLOBS}:path] StringLike 'weights/*' AND "
        f"@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'acct{at}'))"
    )
    one = lambda: f"u{random.randrange(_PEOPLE)}"  # noqa: E731
    container = f"{_account(at)}/blobServices/default/containers/c{at}"
    return {
        "role_definitions": {
            "Reader": {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []},
            f"own{at % 12}": {
                "actions": ["Microsoft.Storage/storageAccounts/read"],
                "notActions": [],
                "dataActions": [f"{_BLOBS}/*"],
                "notDataActions": [f"{_BLOBS}/delete"],
            },
        },
        "role_assignments": [
            _assigned("all", "Reader", "/providers/Microsoft.Management/managementGroups/root"),
            _assigned(f"g{at % 8}", "Storage Blob Data Reader", f"/subscriptions/s{at % 20}"),
            *(_assigned(one(), "Contributor", _group(at)) for _ in range(3)),
            *(_assigned(one(), "Storage Blob Data Reader", _account(at), path) for _ in range(8)),
            *(_assigned(one(), "Storage Blob Data Contributor", container) for _ in range(6)),
            *(_assigned(one(), f"own{at % 12}", container) for _ in range(3)),
        ],
        "deny_assignments": [
            {
                "name": "kept",
                "scope": _group(at),
                "permissions": [
                    {"actions": [], "notActions": [], "dataActions": ["*/blobs/delete"], "notDataActions": []}
                ],
                "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
                "excludePrincipals": [{"id": "g1", "type": "Group"}],
                "doNotApplyToChildScopes": False,
            }
        ],
        "group_memberships": {
            "all": [f"g{number}" for number in range(8)],
            **{f"g{group}": [f"u{who}" for who in range(group, 120, 8)] for group in range(8)},
        },
        "management_groups": {"root": ["mg1"], "mg1": [f"/subscriptions/s{at % 20}"]},
        "locks": [{"scope": _group(at), "level": "ReadOnly"}] if at % 10 == 0 else [],
        "storage_account_settings": {
            "allowSharedKeyAccess": at % 2 == 0,
            "networkAcls": {
                "defaultAction": "Deny" if at % 3 == 0 else "Allow",
                "ipRules": [{"value": "10.0.1.0/24"}],
                "virtualNetworkRules": [],
                "bypass": "None",
            },
        },
    }


def _line(number: int, provider: str, request: Line, policies: Mapping[str, Any]) -> bytes:
    return (
        json.dumps({"id": number, "provider": provider, "request": request, "policies": policies}).encode()
        + b"\n"
    )


MADE: Final[Mapping[str, Callable[..., Iterator[bytes]]]] = {"gcp": google, "azure": azure}
