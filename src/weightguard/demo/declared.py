"""What a lab declares about itself: its weightguard.yaml, and what the hardened one publishes."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from weightguard.demo.published import DISCLOSURE, documents

_FILE = "weightguard.yaml"


def configuration(folder: Path, cloud: str, *, hardened: bool = False) -> Path:
    """Write the weightguard.yaml of a cloud's lab into `folder`, with what the hardened one publishes, and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _FILE
    text = (files("weightguard.demo") / cloud / _FILE).read_text(encoding="utf-8")
    if hardened:
        text += DISCLOSURE
        (folder / "published").mkdir(exist_ok=True)
        for name, content in documents(datetime.now(UTC).date()).items():
            (folder / "published" / name).write_text(content, encoding="utf-8")
    target.write_text(text, encoding="utf-8")
    return target
