"""Cloud Asset Inventory: everything below a container, a kind of content at a time, in pages.

Source: Cloud Asset API, `assets.list`; "Cloud Asset Inventory roles and permissions".
"""

from __future__ import annotations

from typing import Final

from weightguard.collect.calls.operation import Operation
from weightguard.collect.gcp.method import Method

CONTENTS: Final = {
    "RESOURCE": ("cloudasset.assets.listResource", "resources of every kind, and all weights in them"),
    "IAM_POLICY": ("cloudasset.assets.listIamPolicy", "whom the policies of every resource let in"),
    "ORG_POLICY": (
        "cloudasset.assets.listOrgPolicy",
        "what organization policies demand, and what they do not",
    ),
    "ACCESS_POLICY": (
        "cloudasset.assets.listAccessPolicy",
        "perimeters around services, and who may pass them",
    ),
}
"""Kind of content -> what allows it to be listed, and what a refusal hides."""


def _listing(content: str) -> Method:
    permission, hides = CONTENTS[content]
    return Method(
        "cloudasset.assets.list",
        Operation(
            service="cloudasset",
            name=f"ListAssets/{content}",
            permissions=(permission,),
            hides=hides,
            required=("readTime",),
            entries=("assets",),
            identity=("name", "assetType"),
            paged=True,
            page_size=1000,
            keeps=("*",),
        ),
        "v1/{+parent}/assets",
        query=(("contentType", content),),
    )


LISTINGS: Final = {content: _listing(content) for content in CONTENTS}
METHODS: Final = tuple(LISTINGS.values())
