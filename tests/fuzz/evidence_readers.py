"""What is read of evidence that somebody hands over: declarations, envelopes, statements, trust files, tokens, all of it."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import mutation
from command_line import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from reader import Reader

from weightguard.config import Config
from weightguard.evidence import declared, envelope, statement, trust
from weightguard.evidence.signatures import checked
from weightguard.evidence.timestamps import NoTimestamp, proven

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_HEX = "ab" * 32


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def _public() -> str:
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _declaration() -> dict[str, Any]:
    shown = Config().model_dump(mode="json", exclude={*declared.NOT_DECLARED}) | {
        "waivers": ["waivers/0/w.yaml"],
        "attestations": ["attestations/1/a.yaml"],
        "models": [{"name": "m", "tier": "high", "locations": ["arn:aws:s3:::a/"]}],
    }
    return {
        "schema_version": "1.0",
        "redacted": False,
        "catalogue": {"id": "c", "version": "1", "digest": f"sha256:{_HEX}"},
        "own": ["LAB-STO-01"],
        "config": shown,
        "run": {"as_of": "2026-01-01T00:00:00+00:00", "what_if": {"WG-STO-01": "pass"}, "protocols": ["p"]},
        "documents": [
            {"path": "waivers/0/w.yaml", "text": "waivers: []\n"},
            {"path": "attestations/1/a.yaml", "text": "attestations: []\n"},
        ],
        "evidence": [{"document": "attestations/1/a.yaml", "path": "e.pdf", "sha256": _HEX, "problem": ""}],
    }


def _declared(folder: Path, data: bytes) -> None:
    found = declared.from_json(data)
    (folder / "documents").mkdir()
    config, options = found.restored(folder / "documents")
    for path in (*config.waivers, *config.attestations, *config.controls.directories):
        assert path.is_relative_to(folder), path
        options.evidence(path, Path("e.pdf"))


def _statement() -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "report.json", "digest": {"sha256": _HEX}}],
        "predicateType": "https://github.com/weightguard/weightguard/audit/v1",
        "predicate": {"summary": {"score": 1}},
    }


def _envelope() -> dict[str, Any]:
    made = envelope.Envelope(json.dumps(_statement()).encode(), statement.PAYLOAD_TYPE)
    sig = _key().sign(made.pae())
    signed = envelope.Signed("", sig, "Aurora", b"0\x03\x02\x01\x00")
    found: dict[str, Any] = json.loads(
        envelope.to_json(envelope.Envelope(made.payload, made.payload_type, (signed,)))
    )
    return found


def _trust() -> dict[str, Any]:
    keys = [
        {
            "public": _public(),
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00+01:00",
            "scheme": "ed25519",
        }
    ]
    return {
        "parties": [{"name": "Aurora", "role": "lab", "keys": keys}],
        "timestamp_authorities": [],
        "logs": [{"origin": "o", "key": "k"}],
    }


@cache
def _trusted() -> trust.Trust:
    path = Path(mkdtemp()) / "trust.yaml"
    path.write_text(json.dumps(_trust()))
    return trust.load(path)


def _signatures(folder: Path, data: bytes) -> None:
    """An envelope that was changed is refused, or vouches for nothing, unless it still says the same."""
    read = envelope.from_json(data)
    good = envelope.from_json(json.dumps(_envelope()).encode())
    result = checked(read, _trusted(), _NOW)
    assert result.problems or (read.payload, read.payload_type) == (good.payload, good.payload_type)


def _trust_file(folder: Path, data: bytes) -> None:
    path = folder / "trust.yaml"
    path.write_bytes(data)
    trust.load(path)


def _token(folder: Path, data: bytes) -> None:
    try:
        proven(data, b"sig", ())
    except NoTimestamp:
        return
    raise AssertionError("nobody is trusted, and a time was proven")


def _tokens() -> list[bytes]:
    """The beginning of a token, and its end: whole ones are made by openssl in tests/evidence."""
    return [
        base64.b64decode("MDEwAwIBADAqBgkqhkiG9w0BBwKgHTAbAgEDMQAwFAYLKoZIhvcNAQkQAQSgBQQDMAEA"),
        b"0\x05\x30\x03\x02\x01\x02",
    ]


def _key_file(folder: Path, data: bytes) -> None:
    (folder / "k").write_bytes(data)
    (folder / "k").chmod(0o600)
    command("sign", folder, "--key", f"file:{folder / 'k'}")


def _keys() -> list[bytes]:
    return [_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]


def _plain(document: Any, chance: random.Random) -> bytes:
    return document if isinstance(document, bytes) else str(document).encode("utf-8", "surrogatepass")


def _whole(folder: Path, data: bytes) -> None:
    """Anything as a bundle."""
    (folder / "a.wgb").write_bytes(data)
    (folder / "trust.yaml").write_text(json.dumps(_trust()))
    assert _status("verify", folder / "a.wgb", "--trust", folder / "trust.yaml") == 2


def _status(*arguments: str | Path) -> int:
    from weightguard.cli import run

    return run([str(one) for one in arguments])


READERS = {
    "declaration": Reader(
        lambda: [_declaration()],
        _declared,
        arguments=("bundle.audit", "sign.audit", "verify.audit"),
        modules=("evidence/declared", "evidence/declaring", "evidence/contents"),
        examples=100,
    ),
    "statement": Reader(
        lambda: [_statement()],
        lambda folder, data: statement.read(data),
        modules=("evidence/statement", "evidence/verification", "evidence/signing"),
    ),
    "envelope": Reader(lambda: [_envelope()], _signatures, modules=("evidence/envelope",), examples=100),
    "trust": Reader(
        lambda: [_trust()],
        _trust_file,
        mutation.as_yaml,
        arguments=("verify.trust",),
        modules=("evidence/trust",),
    ),
    "timestamp": Reader(_tokens, _token, _plain, modules=("evidence/timestamps",)),
    "private key": Reader(_keys, _key_file, _plain, modules=("evidence/keys",), examples=20),
    "bundle": Reader(lambda: [b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00"], _whole, _plain, examples=20),
}
