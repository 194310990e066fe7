"""The lab on a loopback server of its own, with made-up credentials and none of the machine's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from weightguard.demo.demonstration import Demonstration, Weakness
from weightguard.demo.environment import made_up
from weightguard.demo.gcp.hardened import build
from weightguard.demo.gcp.lab import NUMBERS, ORGANISATION, SERVING, Lab
from weightguard.demo.gcp.server import WORD, serving
from weightguard.demo.gcp.tree import cloud
from weightguard.demo.gcp.weaknesses import WEAKNESSES

if TYPE_CHECKING:
    from weightguard.sources import GcpSource

_HIDDEN: Final = ("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "STORAGE_EMULATOR_HOST")
_POOL: Final = f"projects/{NUMBERS[SERVING]}/locations/global/workloadIdentityPools/audit"
_AUDIENCE: Final = f"//iam.googleapis.com/{_POOL}/providers/weightguard"


def lab(planted: tuple[Weakness[Lab], ...]) -> Lab:
    """The hardened lab with some weaknesses."""
    found = build()
    for weakness in planted:
        weakness.plant(found)
    return found


@contextmanager
def running(planted: tuple[Weakness[Lab], ...]) -> Iterator[GcpSource]:
    """The lab with some weaknesses, on a server of its own."""
    from weightguard.sources import GcpSource

    with serving(cloud(lab(planted))) as url, TemporaryDirectory(prefix="weightguard-demo-") as folder:
        settings = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(credentials(Path(folder), url)),
            "NO_GCE_CHECK": "true",
        }
        with made_up(settings, hidden=_HIDDEN):
            yield GcpSource(endpoint_url=url, organization=ORGANISATION.partition("/")[2])


def credentials(folder: Path, url: str) -> Path:
    """Those of a workload whose federation the loopback takes."""
    word, path = folder / "word", folder / "credentials.json"
    word.write_text(WORD, encoding="ascii")
    told = {
        "type": "external_account",
        "audience": _AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/sts",
        "credential_source": {"file": str(word)},
    }
    path.write_text(json.dumps(told), encoding="ascii")
    return path


DEMONSTRATION: Final = Demonstration(
    title="Google Cloud",
    weaknesses=WEAKNESSES,
    running=running,
    about=(
        "A small frontier lab's Google Cloud organisation as data, told by a loopback server that answers as Google's REST APIs "
        "do: each request and each answer is checked against Google's own discovery documents. The server enforces no policy, so "
        "that whoever audits reads headers there without the rights that it would need on Google Cloud. The twin of the lab on "
        "AWS: the same models in buckets of the same names. It needs the extra that a scan needs, `pip install 'weightguard[gcp]'`."
    ),
    kind="project",
    places={
        "the organisation": "constraints, a deny policy, a perimeter around every project, the sink of all audit logs",
        "aurora-serving": "the release, the node and the Vertex AI model that serve it, the pipeline that publishes it from GitHub",
        "aurora-training": "checkpoints of the next model, the node that writes them, a file system that it mounts",
        "aurora-research": "evaluation jobs and their probe",
        "aurora-log-archive": "the organisation's logs, and a backup of the release",
        "aurora-keys": "the keys, in an HSM, one a bucket",
        "partner.example": "somebody else's organisation: a partner's",
    },
)
