"""Microsoft's clouds: where each signs in, and where its services answer.

Sources: Azure documentation, "Compare Azure Government and global Azure" and "Azure China 21Vianet, check endpoints"; Microsoft
Graph documentation, "National cloud deployments".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SERVICES: Final = frozenset({"login", "management", "graph", "vault", "blob"})
"""The names by which ``--endpoint`` knows the services. ``login`` is where tokens come from."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Microsoft's clouds.

    Attributes:
        login, management, graph: endpoints.
        vault: what follows a vault's name in its host; ``blob``: what follows an account's.
        vault_audience, blob_audience: whom a token for the data of vaults and of accounts is for.
    """

    login: str
    management: str
    graph: str
    vault: str
    blob: str
    vault_audience: str
    blob_audience: str = "https://storage.azure.com"

    def audience(self, at: str) -> str:
        """The scope of a token for a service, whatever endpoint stands in for it."""
        owners = {
            "management": self.management,
            "graph": self.graph,
            "vault": self.vault_audience,
            "blob": self.blob_audience,
        }
        return f"{owners[at]}/.default"


CLOUDS: Final[Mapping[str, Cloud]] = {
    "public": Cloud(
        "https://login.microsoftonline.com", "https://management.azure.com", "https://graph.microsoft.com",
        "vault.azure.net", "blob.core.windows.net", "https://vault.azure.net",
    ),
    "usgov": Cloud(
        "https://login.microsoftonline.us", "https://management.usgovcloudapi.net", "https://graph.microsoft.us",
        "vault.usgovcloudapi.net", "blob.core.usgovcloudapi.net", "https://vault.usgovcloudapi.net",
    ),
    "china": Cloud(
        "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn",
        "vault.azure.cn", "blob.core.chinacloudapi.cn", "https://vault.azure.cn",
    ),
}  # fmt: skip
