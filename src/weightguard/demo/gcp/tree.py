"""What Google's APIs answer of a lab: the inventory by kinds of content, and what only the APIs themselves tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from weightguard.demo.gcp.lab import FOLDER, GCS, NUMBERS, ORGANISATION, Asset, Lab, attached
from weightguard.demo.gcp.server import Cloud

_CONTENT: Final = {
    "RESOURCE": ("resource",),
    "IAM_POLICY": ("iamPolicy",),
    "ORG_POLICY": ("orgPolicy",),
    "ACCESS_POLICY": ("servicePerimeter", "accessLevel", "accessPolicy"),
}
_BUCKET: Final = f"{GCS}/Bucket"
_KINDS: Final = {"user": "USER", "group": "GROUP", "serviceAccount": "SERVICE_ACCOUNT"}
_PAGE: Final = 100


def cloud(lab: Lab) -> Cloud:
    """A loopback that tells of a lab."""
    found = Cloud(page=_PAGE, objects={name: dict(held) for name, held in lab.objects.items()})
    for part in (_inventory, _containers, _buckets, _denials, _groups):
        found.answers.update(part(lab))
    for asset in _of_type(lab, _BUCKET):
        key = asset["resource"]["data"].get("encryption", {}).get("defaultKmsKeyName")
        if key:
            told = {"kmsKeyName": f"{key}/cryptoKeyVersions/1"}
            found.settings[asset["resource"]["data"]["name"]] = told
    return found


def _of_type(lab: Lab, kind: str) -> Iterator[Asset]:
    return (one for one in lab.assets.values() if one["assetType"] == kind and "resource" in one)


def _inventory(lab: Lab) -> Iterator[tuple[str, Any]]:
    for content, members in _CONTENT.items():
        yield (
            f"/v1/{ORGANISATION}/assets?contentType={content}",
            [
                {name: one[name] for name in ("name", "assetType", "ancestors", member)}
                for member in members
                for one in lab.assets.values()
                if member in one
            ],
        )


def _containers(lab: Lab) -> Iterator[tuple[str, Any]]:
    named = lab.data("organisation")
    yield (
        f"/v3/{ORGANISATION}",
        {"name": ORGANISATION, "displayName": named["displayName"], "state": "ACTIVE"},
    )
    yield f"/v3/{FOLDER}", {"name": FOLDER, "parent": ORGANISATION, "state": "ACTIVE"}
    for project, number in NUMBERS.items():
        told = {"name": f"projects/{number}", "projectId": project, "parent": FOLDER, "state": "ACTIVE"}
        yield from ((f"/v3/projects/{one}", told) for one in (project, number))


def _buckets(lab: Lab) -> Iterator[tuple[str, Any]]:
    for project, number in NUMBERS.items():
        held = [one["resource"]["data"] for one in _of_type(lab, _BUCKET)]
        yield f"/storage/v1/b?project={project}", [one for one in held if one["projectNumber"] == number]
        yield f"/storage/v1/projects/{project}/hmacKeys", lab.hmac_keys.get(project, [])


def _denials(lab: Lab) -> Iterator[tuple[str, Any]]:
    names = [{"name": one["name"], "kind": "DenyPolicy"} for one in lab.denials.values()]
    yield f"/v2/{unquote(attached(ORGANISATION))}", names
    yield from ((f"/v2/{unquote(one['name'])}", one) for one in lab.denials.values())


def _groups(lab: Lab) -> Iterator[tuple[str, Any]]:
    for number, (address, members) in enumerate(sorted(lab.groups.items()), start=1):
        name = f"groups/{number}"
        yield f"/v1/groups:lookup?groupKey.id={address}", {"name": name}
        yield f"/v1/{name}/memberships", [_membership(name, *member.split(":", 1)) for member in members]


def _membership(group: str, kind: str, id: str) -> dict[str, Any]:
    return {"name": f"{group}/memberships/{id}", "preferredMemberKey": {"id": id}, "type": _KINDS[kind]}
