"""Whatever bit of a bundle is turned, whoever verifies it notices."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audits import opened, packed, typed
from forging import envelope

from weightguard.errors import InputError
from weightguard.evidence import archive, statement
from weightguard.evidence.envelope import from_json, to_json
from weightguard.evidence.signatures import checked
from weightguard.evidence.trust import Trust, load

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def _turned(data: bytes) -> Iterator[tuple[int, bytes]]:
    """`data` with each bit turned, one after the other."""
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(changed)


@pytest.mark.slow
def test_each_bit_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("some text, some text, some text, some more text" * 3)
    (tmp_path / "b").write_bytes(random.Random(1).randbytes(20))
    archive.pack({"report.json": tmp_path / "a", "declared.json": tmp_path / "b"}, tmp_path / "a.wgb")
    unnoticed = []
    for bit, data in _turned((tmp_path / "a.wgb").read_bytes()):
        (tmp_path / "b.wgb").write_bytes(data)
        try:
            with archive.unpacked(tmp_path / "b.wgb"):
                unnoticed.append(bit)
        except InputError:
            continue
    assert unnoticed == []


def _holds(data: bytes, trust: Trust) -> bool:
    """Whether an envelope is read, is one of a statement, and every signature in it holds."""
    try:
        read = from_json(data)
        if read.payload_type != statement.PAYLOAD_TYPE:
            return False
        statement.read(read.payload)
    except InputError:
        return False
    return not checked(read, trust, NOW).problems


def test_each_bit_of_an_envelope(bundle: Path, keys: Path) -> None:
    """Of one with a short statement, the name of the key, its party, quotes and all."""
    trust = load(keys / "trust.yaml")
    assert typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}", "--party", "Aurora").status == 0
    said = json.loads(base64.b64decode(envelope(bundle)["payload"]))
    said["subject"], said["predicate"] = said["subject"][:1], {}
    data = _signed_short(said, keys)
    assert _holds(data, trust)
    assert [bit for bit, changed in _turned(data) if _holds(changed, trust)] == []


def _signed_short(said: object, keys: Path) -> bytes:
    from dataclasses import replace

    from forging import signed

    made = from_json(json.dumps(signed(json.dumps(said).encode(), keys / "lab.key")).encode())
    named = tuple(replace(one, party="Aurora") for one in made.signatures)
    return to_json(replace(made, signatures=named))


@pytest.mark.slow
def test_bits_of_a_whole_bundle_as_it_is_and_packed_anew(bundle: Path, keys: Path, tmp_path: Path) -> None:
    """Some hundred of them, by the command itself."""
    chance, turned = random.Random(7), tmp_path / "turned.wgb"
    whole, held = bundle.read_bytes(), opened(bundle)
    for _ in range(40):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        turned.write_bytes(changed)
        assert typed("verify", turned, "--trust", keys / "trust.yaml").status == 2
    for name, content in held.items():
        for _ in range(4 if content else 0):
            changed = bytearray(content)
            changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            packed(turned, {**held, name: bytes(changed)})
            assert typed("verify", turned, "--trust", keys / "trust.yaml").status == 3, name
