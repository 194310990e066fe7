"""Resource Manager: projects, folders and organisations, what they lie in, and the policies that they hand down.

Source: Resource Manager API v3; "Access control for organizations / folders / projects with IAM".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import POLICY_READ, Method

SERVICE: Final = "cloudresourcemanager"
POLICY_KEEPS: Final = ("bindings.*", "auditConfigs.*", "etag", "version")
TYPES: Final = {"projects": "Project", "folders": "Folder", "organizations": "Organization"}


def _get(collection: str) -> Method:
    kind = TYPES[collection]
    operation = Operation(
        SERVICE, f"Get{kind}", (f"resourcemanager.{collection}.get",),
        f"what {'an' if kind == 'Organization' else 'a'} {kind.lower()} is, and what it lies in",
        required=("name",), keeps=("*",),
    )  # fmt: skip
    return Method(f"{SERVICE}.{collection}.get", operation, "v3/{+name}", about=kind)


def _policy(collection: str) -> Method:
    operation = Operation(
        SERVICE, "GetIamPolicy", (f"resourcemanager.{collection}.getIamPolicy",),
        f"grants that everything in the {TYPES[collection].lower()} inherits", required=("etag",), keeps=POLICY_KEEPS,
    )  # fmt: skip
    return Method(
        f"{SERVICE}.{collection}.getIamPolicy", operation, f"v3/{{+resource}}{POLICY_READ}", verb="POST",
        about=TYPES[collection],
    )  # fmt: skip


GET: Final = {collection: _get(collection) for collection in TYPES}
GET_POLICY: Final = {collection: _policy(collection) for collection in TYPES}
LIST_PROJECTS: Final = Method(
    f"{SERVICE}.projects.list",
    Operation(
        SERVICE, "ListProjects", ("resourcemanager.projects.list",), "projects, and all weights in them",
        entries=("projects",), identity=("name", "projectId"), paged=True, page_size=300, keeps=("*",),
    ),
    "v3/projects",
)  # fmt: skip
LIST_FOLDERS: Final = Method(
    f"{SERVICE}.folders.list",
    Operation(
        SERVICE, "ListFolders", ("resourcemanager.folders.list",), "folders, and all projects in them",
        entries=("folders",), identity=("name",), paged=True, page_size=300, keeps=("*",),
    ),
    "v3/folders",
)  # fmt: skip
METHODS: Final = (*GET.values(), *GET_POLICY.values(), LIST_PROJECTS, LIST_FOLDERS)


def described(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A container as the inventory describes it: a project with its number beside its id."""
    found = dict(raw)
    name = str(raw.get("name", ""))
    if name.startswith("projects/"):
        found["projectNumber"] = name.removeprefix("projects/")
    return found
