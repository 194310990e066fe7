"""When something was signed, proven by an authority that openssl makes and plays."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from audits import Verify, opened, packed, party, trusting, typed
from forging import envelope, with_envelope

CONFIGURATION = """
[tsa]
default_tsa = ours
[ours]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(("openssl", *arguments), cwd=folder, check=True, capture_output=True)


def _authority(folder: Path, purpose: str = "critical,timeStamping") -> Path:
    """A root, and a certificate below it that may stamp times."""
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    (folder / "extensions").write_text(f"extendedKeyUsage={purpose}\nkeyUsage=critical,digitalSignature\n")
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl(
        folder,
        "req",
        "-x509",
        *ec,
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
        "-days",
        "3650",
        "-subj",
        "/CN=Root",
    )
    _openssl(folder, "req", "-new", *ec, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Example TSA")
    signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650")
    _openssl(folder, "x509", "-req", "-in", "tsa.csr", *signing, "-extfile", "extensions", "-out", "tsa.pem")
    return folder


class _Answering(BaseHTTPRequestHandler):
    folder: Path

    def do_POST(self) -> None:
        (self.folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        _openssl(self.folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
        self.send_response(200)
        self.end_headers()
        self.wfile.write((self.folder / "reply").read_bytes())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test prints nothing."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an authority on this machine, and the folder with its certificates."""
    folder = _authority(tmp_path_factory.mktemp("tsa"))
    handler = type("Handler", (_Answering,), {"folder": folder})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()
        thread.join()


def _trust(path: Path, keys: Path, root: Path, until: str = "", bounds: dict[str, str] | None = None) -> Path:
    lab = party("Aurora", "lab", keys / "lab.pub", until=until)
    authority = {"name": "Example TSA", "certificates": str(root), **(bounds or {})}
    return trusting(path, lab, timestamp_authorities=[authority])


def _detail(said: dict[str, Any], step: str) -> tuple[str, str]:
    return next((one["outcome"], one["detail"]) for one in said["steps"] if one["step"] == step)


@pytest.fixture
def stamped(bundle: Path, keys: Path, authority: tuple[str, Path]) -> Path:
    """A bundle that was signed with a timestamp."""
    signed = typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}", "--timestamp", authority[0])
    assert signed.status == 0, signed.err
    return bundle


def test_a_timestamp_is_proven_without_a_network(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem")
    typed_, said = verify(stamped, trust=trust)
    assert typed_.status == 0
    outcome, detail = _detail(said, "timestamps")
    assert outcome == "ok"
    assert "says Example TSA" in detail
    since = datetime.fromisoformat(said["signers"][0]["since"])
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=10)


def test_what_a_key_signed_while_it_was_good_stays_good_where_the_time_is_proven(
    stamped: Path,
    keys: Path,
    authority: tuple[str, Path],
    tmp_path: Path,
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    revoked = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem", until=revoked)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=400)

    monkeypatch.setattr("weightguard.cli.evidence.datetime", Later)
    assert verify(stamped, trust=trust)[0].status == 0
    made = envelope(stamped)
    del made["signatures"][0]["timestamp"]
    typed_, said = verify(with_envelope(stamped, made), trust=trust)
    assert typed_.status == 3
    assert "nothing proves when it signed" in _detail(said, "signatures")[1]


def test_a_timestamp_of_after_a_key_was_revoked_saves_nothing(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem", until="2026-06-01T00:00:00Z")
    typed_, said = verify(stamped, trust=trust)
    assert typed_.status == 3
    assert "and the signature is of" in _detail(said, "signatures")[1]


def test_a_timestamp_proves_nothing_where_no_authority_is_trusted(stamped: Path, verify: Verify) -> None:
    typed_, said = verify(stamped)
    assert typed_.status == 0
    assert _detail(said, "timestamps") == ("not_checked", "the trust file names no authority")


def test_an_authority_that_is_not_trusted_or_not_then_is_told(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    (tmp_path / "other").mkdir()
    other = _authority(tmp_path / "other")
    typed_, said = verify(stamped, trust=_trust(tmp_path / "t.yaml", keys, other / "root.pem"))
    assert typed_.status == 3
    assert "no authority of the trust file made it" in _detail(said, "timestamps")[1]
    over = _trust(
        tmp_path / "u.yaml", keys, authority[1] / "root.pem", bounds={"until": "2026-01-01T00:00:00Z"}
    )
    typed_, said = verify(stamped, trust=over)
    assert typed_.status == 3
    assert "Example TSA is trusted until" in _detail(said, "timestamps")[1]


def test_a_token_over_another_signature_is_refused(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    token = envelope(stamped)["signatures"][0]["timestamp"]
    assert typed("sign", stamped, "--key", f"file:{keys / 'assessor.key'}").status == 0
    made = envelope(stamped)
    made["signatures"][0]["timestamp"] = token
    both = trusting(
        tmp_path / "both.yaml",
        party("Assurance", "assessor", keys / "assessor.pub"),
        timestamp_authorities=[{"name": "Example TSA", "certificates": str(authority[1] / "root.pem")}],
    )
    typed_, said = verify(with_envelope(stamped, made), trust=both)
    assert typed_.status == 3
    assert "it is over another signature" in _detail(said, "timestamps")[1]


def test_a_token_that_was_damaged_or_is_none_is_refused(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    import base64

    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem")
    made = envelope(stamped)
    token = bytearray(base64.b64decode(made["signatures"][0]["timestamp"]))
    for at in (0, len(token) // 2, len(token) - 3):
        changed = bytearray(token)
        changed[at] ^= 1
        made["signatures"][0]["timestamp"] = base64.b64encode(changed).decode()
        typed_, said = verify(with_envelope(stamped, made), trust=trust)
        assert typed_.status == 3, at
        assert _detail(said, "timestamps")[0] == "failed"


def test_a_certificate_that_may_not_stamp_times_proves_none(
    bundle: Path,
    keys: Path,
    authority: tuple[str, Path],
    tmp_path: Path,
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Any certificate below a trusted root would else do. openssl makes no such token, so the test asks another purpose."""
    from cryptography import x509

    signed = typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}", "--timestamp", authority[0])
    assert signed.status == 0
    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem")
    monkeypatch.setattr(x509.ExtendedKeyUsageOID, "TIME_STAMPING", x509.ObjectIdentifier("1.2.3.4"))
    typed_, said = verify(bundle, trust=trust)
    assert typed_.status == 3
    assert _detail(said, "timestamps")[0] == "failed"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://127.0.0.1/", "file:///etc/passwd"])
def test_an_authority_that_does_not_answer_leaves_everything_as_it_was(
    url: str, bundle: Path, keys: Path
) -> None:
    before = bundle.read_bytes()
    refused = typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}", "--timestamp", url)
    assert refused.status == 2
    assert "timestamp authority" in refused.err
    assert bundle.read_bytes() == before


def test_certificates_that_are_none_are_refused_by_the_trust_file(
    bundle: Path, keys: Path, tmp_path: Path
) -> None:
    trust = _trust(tmp_path / "t.yaml", keys, keys / "lab.pub")
    refused = typed("verify", bundle, "--trust", trust)
    assert refused.status == 2
    assert "no certificates in PEM" in refused.err


def test_a_stamped_bundle_is_packed_anew_like_any_other(
    stamped: Path, keys: Path, authority: tuple[str, Path], tmp_path: Path, verify: Verify
) -> None:
    trust = _trust(tmp_path / "t.yaml", keys, authority[1] / "root.pem")
    assert verify(packed(stamped, opened(stamped)), trust=trust)[0].status == 0
