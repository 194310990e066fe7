"""Our envelopes against the published vectors, and before the verifiers of others."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from audits import key_pair, typed
from forging import envelope

from weightguard.errors import InputError
from weightguard.evidence.envelope import Envelope, from_json, to_json
from weightguard.evidence.keys import holds, public_key

VECTORS = Path(__file__).parents[3] / "shared" / "reference" / "vectors"
pytestmark = [pytest.mark.filterwarnings("error")]


def test_what_is_signed_is_what_the_protocol_says() -> None:
    """github.com/secure-systems-lab/dsse, protocol.md: PAE(type, body)."""
    assert (
        Envelope(b"hello world", "http://example.com/HelloWorld").pae()
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert Envelope(b"", "").pae() == b"DSSEv1 0  0 "
    assert Envelope(b"\xff", "é").pae() == "DSSEv1 2 é 1 ".encode() + b"\xff"


def test_second_implementation_accepts_our_envelopes(bundle: Path, keys: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope as Theirs
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    assert typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}", "--party", "Aurora").status == 0
    assert typed("sign", bundle, "--add", "--key", f"file:{keys / 'assessor.key'}").status == 0

    def key(name: str) -> Any:
        return SSlibKey.from_crypto(load_pem_public_key((keys / f"{name}.pub").read_bytes()))

    theirs = Theirs.from_dict(envelope(bundle))
    assert len(theirs.verify([key("lab"), key("assessor")], 2)) == 2
    with pytest.raises(VerificationError):
        theirs.verify([key("lab"), key("stranger")], 2)


@pytest.mark.parametrize("kind", ["ed25519", "EC"])
def test_openssl_accepts_our_signatures(kind: str, bundle: Path, tmp_path: Path) -> None:
    options = ("-pkeyopt", "ec_paramgen_curve:P-256") if kind == "EC" else ()
    key = key_pair(tmp_path, "own", kind, *options)
    assert typed("sign", bundle, "--key", f"file:{key}").status == 0
    made = envelope(bundle)
    payload, kind_of = base64.b64decode(made["payload"]), made["payloadType"].encode()
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind_of), kind_of, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(made["signatures"][0]["sig"]))
    if kind == "EC":
        check = ("dgst", "-sha256", "-verify", "own.pub", "-signature", "sig", "pae")
    else:
        check = (
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "own.pub",
            "-rawin",
            "-in",
            "pae",
            "-sigfile",
            "sig",
        )
    assert subprocess.run(("openssl", *check), cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "pae").write_bytes((tmp_path / "pae").read_bytes() + b" ")
    assert subprocess.run(("openssl", *check), cwd=tmp_path, capture_output=True).returncode != 0


def test_an_envelope_is_written_as_it_was_read() -> None:
    data = json.dumps(
        {
            "payload": "aGVsbG8=",
            "payloadType": "text/plain",
            "signatures": [{"keyid": "k", "sig": "_-8=", "timestamp": "AAAA"}, {"sig": "AA=="}],
        }
    ).encode()
    read = from_json(data)
    assert [one.sig for one in read.signatures] == [b"\xff\xef", b"\0"]
    assert from_json(to_json(read)) == read


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"null", b"{}", b'{"payload": "e30=", "payloadType": "t"}',
        b'{"payload": "e30", "payloadType": "t", "signatures": []}',
        b'{"payload": "e31=", "payloadType": "t", "signatures": []}',
        b'{"payload": "e3 0=", "payloadType": "t", "signatures": []}',
        b'{"payload": "e30=", "payloadType": 1, "signatures": []}',
        b'{"payload": "e30=", "payloadType": "t", "signatures": {}}',
        b'{"payload": "e30=", "payloadType": "t", "signatures": [{}]}',
        b'{"payload": "e30=", "payloadType": "t", "signatures": ["AA=="]}',
        b'{"payload": "e30=", "payloadType": "\\ud800", "signatures": []}',
        b'{"payload": "e30=", "payloadType": "t", "signatures": [], "payloadtype": "t"}',
        b'{"payload": "e30=", "payloadType": "t", "signatures": [' + b",".join([b'{"sig": "AA=="}'] * 33) + b"]}",
    ],
)  # fmt: skip
def test_what_is_no_envelope_is_refused(text: bytes) -> None:
    with pytest.raises(InputError, match="the envelope"):
        from_json(text)


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_dir(), reason="the reference cases are not beside the checkout")
def test_the_example_of_the_protocol() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    vector = _vectors("dsse.json")
    numbers = EllipticCurvePublicNumbers(int(vector["key"]["x"]), int(vector["key"]["y"]), SECP256R1())
    pem = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pae = Envelope(vector["body"].encode(), vector["payload_type"]).pae()
    assert pae == vector["pae"].encode()
    joined = base64.b64decode(vector["signature_r_and_s"])
    sig = encode_dss_signature(int.from_bytes(joined[:32], "big"), int.from_bytes(joined[32:], "big"))
    key = public_key(pem, "vector")
    assert holds(key, sig, pae)
    assert not holds(key, sig, pae + b" ")
    assert not holds(key, joined, pae), "r and s joined is not how signatures are written here"


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_dir(), reason="the reference cases are not beside the checkout")
@pytest.mark.parametrize("name", ["ed25519_test.json", "ecdsa_secp256r1_sha256_test.json"])
def test_published_vectors_of_signatures(name: str) -> None:
    """Wycheproof: each signature is accepted or refused as it should be, whatever is odd about it."""
    wrong, tried = [], 0
    for group in _vectors(name)["testGroups"]:
        key = public_key(group["publicKeyPem"].encode(), "vector")
        for test in group["tests"]:
            held = holds(key, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            tried += 1
            if test["result"] != "acceptable" and held != (test["result"] == "valid"):
                wrong.append((test["tcId"], test["comment"], test["result"]))
    assert tried > 100
    assert wrong == []
