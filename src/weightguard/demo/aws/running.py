"""The lab on an emulator of its own, with made-up credentials and none of the machine's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from weightguard.demo.aws.emulator import emulator
from weightguard.demo.aws.hardened import build
from weightguard.demo.aws.lab import AUDIT_ROLE, REGION, Lab
from weightguard.demo.aws.weaknesses import WEAKNESSES
from weightguard.demo.demonstration import Demonstration, Weakness
from weightguard.demo.environment import made_up

if TYPE_CHECKING:
    from weightguard.sources import AwsSource


_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "demo",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def running(planted: tuple[Weakness[Lab], ...]) -> Iterator[AwsSource]:
    """The lab with some weaknesses, on an emulator of its own. What moto cannot be told is weak where anything is (`server`)."""
    from weightguard.sources import AwsSource

    with made_up(_CREDENTIALS, hidden=("AWS_",)), emulator(hardened=not planted) as url:
        lab = build(url)
        for weakness in planted:
            weakness.plant(lab)
        yield AwsSource(
            endpoint_url=url,
            regions=(REGION,),
            organization=True,
            role_name=AUDIT_ROLE,
            external_id="weightguard",
        )


DEMONSTRATION = Demonstration(
    title="AWS",
    weaknesses=WEAKNESSES,
    running=running,
    about=(
        "A small frontier lab's AWS organisation on an embedded emulator, which stores policies but does not enforce them, "
        "so that the audit role reads headers there without the rights that it would need on AWS."
    ),
    kind="account",
    places={
        "management": "the organization, its service and resource control policies",
        "training": "checkpoints of the next model, the nodes that write them",
        "serving": "the release, the nodes that serve it, the pipeline that publishes it through GitHub's OIDC",
        "log-archive": "the organization's trail, and a backup of the release",
        "research": "evaluation jobs and their probe",
        "foreign": "somebody else's account: a partner's",
    },
)
