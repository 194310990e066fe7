"""Scan a lab through the ordinary collector, with the emulator's made-up credentials and none of the machine's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from weightguard.demo.emulator import emulator
from weightguard.demo.hardened import build
from weightguard.demo.lab import AUDIT_ROLE, REGION
from weightguard.demo.published import DISCLOSURE, documents
from weightguard.demo.weaknesses import plant


@contextmanager
def made_up_credentials() -> Iterator[None]:
    """Hide the machine's own AWS settings for the length of the block."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in kept:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= kept


@contextmanager
def running_lab(*, hardened: bool = False) -> Iterator[dict[str, Any]]:
    """A lab on an emulator of its own; yields the collector's options for it, and stops the emulator afterwards."""
    with made_up_credentials(), emulator(hardened=hardened) as url:
        lab = build(url)
        if not hardened:
            plant(lab)
        yield {
            "endpoint_url": url,
            "regions": (REGION,),
            "org": True,
            "role_name": AUDIT_ROLE,
            "external_id": "weightguard",
        }


def configuration(folder: Path, *, hardened: bool = False) -> Path:
    """Write the lab's weightguard.yaml into `folder`, with what the hardened one publishes, and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "weightguard.yaml"
    text = (files("weightguard.demo") / "weightguard.yaml").read_text(encoding="utf-8")
    if hardened:
        text += DISCLOSURE
        (folder / "published").mkdir(exist_ok=True)
        for name, content in documents(datetime.now(UTC).date()).items():
            (folder / "published" / name).write_text(content, encoding="utf-8")
    target.write_text(text, encoding="utf-8")
    return target
