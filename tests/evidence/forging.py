"""Statements and envelopes as somebody makes them who wants to be believed: signed well, and saying what they like."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audits import opened, packed
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

TYPE = "application/vnd.in-toto+json"
Change = Callable[[dict[str, Any]], None]


def statement(bundle: Path) -> dict[str, Any]:
    """The statement of a bundle."""
    found: dict[str, Any] = json.loads(base64.b64decode(envelope(bundle)["payload"]))
    return found


def envelope(bundle: Path) -> dict[str, Any]:
    """The envelope of a bundle."""
    found: dict[str, Any] = json.loads(opened(bundle)["statement.dsse.json"])
    return found


def signed(payload: bytes, *private: Path, kind: str = TYPE) -> dict[str, Any]:
    """An envelope around any bytes, made by securesystemslib."""
    made = Envelope(payload, kind, {})
    for key in private:
        made.sign(CryptoSigner(load_pem_private_key(key.read_bytes(), None)))
    found: dict[str, Any] = made.to_dict()
    return found


def with_envelope(bundle: Path, value: Mapping[str, Any] | bytes) -> Path:
    """The bundle with another envelope, packed anew."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return packed(bundle, {**opened(bundle), "statement.dsse.json": data})


def with_statement(bundle: Path, private: Path, change: Change) -> Path:
    """The bundle with a statement that says something else, signed well."""
    said = statement(bundle)
    change(said)
    return with_envelope(bundle, signed(json.dumps(said).encode(), private))


def with_members(bundle: Path, private: Path, members: Mapping[str, bytes]) -> Path:
    """The bundle with other files, and a statement that names them as they are."""
    held = {**opened(bundle), **members}
    packed(bundle, held)

    def rename(said: dict[str, Any]) -> None:
        said["subject"] = [
            {"name": name, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}
            for name, content in sorted(held.items())
            if name != "statement.dsse.json"
        ]

    return with_statement(bundle, private, rename)
