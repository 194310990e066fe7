"""The lab on an emulator of its own, with made-up credentials and none of the machine's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from weightguard.demo.azure.emulator.server import served
from weightguard.demo.azure.hardened import build
from weightguard.demo.azure.lab import Lab
from weightguard.demo.azure.weaknesses import WEAKNESSES
from weightguard.demo.demonstration import Demonstration, Weakness
from weightguard.demo.environment import made_up
from weightguard.errors import InputError

if TYPE_CHECKING:
    from weightguard.sources import AzureSource

_HIDDEN: Final = ("AZURE_", "IDENTITY_", "MSI_")


@contextmanager
def running(planted: tuple[Weakness[Lab], ...]) -> Iterator[AzureSource]:
    """The lab with some weaknesses, served on a loopback port over TLS.

    Raises:
        InputError: what signs in to Azure is not installed.
    """
    from weightguard.sources import AzureSource

    if find_spec("azure") is None or find_spec("azure.identity") is None or find_spec("requests") is None:
        raise InputError("azure-identity is not installed", fix="pip install 'weightguard[azure]'")
    lab = build()
    for weakness in planted:
        weakness.plant(lab)
    with (
        TemporaryDirectory(prefix="weightguard-azure-") as folder,
        served(lab.tenant(), Path(folder)) as found,
        made_up(found.environment(), hidden=_HIDDEN),
    ):
        yield AzureSource(endpoint_url=found.base, **found.options())


DEMONSTRATION = Demonstration(
    title="Azure",
    weaknesses=WEAKNESSES,
    running=running,
    about=(
        "A small frontier lab's Entra tenant and Azure subscriptions, served over TLS by an emulator of Resource Manager, Resource "
        "Graph, Key Vault, Microsoft Graph and blobs on loopback. It enforces no policy: whoever signs in reads everything."
    ),
    kind="subscription",
    places={
        "training": "checkpoints of the next model, the machine and the workspace that make them",
        "serving": "the release, the machine that serves it, the registry of its images",
        "research": "evaluation jobs and their probe",
        "log-archive": "what is recorded, and a backup of the release",
        "keys": "the vault with the keys that all of it is encrypted with",
    },
)
