"""A small audit with something of everything that a configuration may name, keys to sign it with, and a command line."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import yaml
import zstandard

from weightguard.cli import run
from weightguard.controls.catalogue import catalogue_directory

REPORT_OF_A_TEST = b"%PDF-1.7 an assessor was here\n"


class Typed(NamedTuple):
    """What a user sees of one command."""

    status: int
    out: str
    err: str


Verify = Callable[..., tuple[Typed, dict[str, Any]]]


def typed(*arguments: str | Path) -> Typed:
    """Run one command line."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(one) for one in arguments])
    out.seek(0)
    assert "internal error" not in err.getvalue(), err.getvalue()
    return Typed(status, out.read(), err.getvalue())


def _snapshot(folder: Path) -> Path:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    user = {
        "UserName": "ada",
        "Path": "/",
        "UserId": "AIDAEXAMPLE",
        "Arn": "arn:aws:iam::111111111111:user/ada",
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": [
            {"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        ],
        "GroupList": [],
        "AttachedManagedPolicies": [],
    }
    answers = folder / "gaad.json"
    answers.write_text(
        json.dumps({"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": []})
    )
    assert typed("collect", "gaad", answers, "-o", folder / "snapshot", "-q").status == 0
    return folder / "snapshot"


def _configuration(folder: Path) -> Path:
    """A configuration that names a document of every kind, one of them in a folder of its own."""
    (folder / "signed off").mkdir(parents=True)
    (folder / "signed off" / "penetration test.pdf").write_bytes(REPORT_OF_A_TEST)
    sha256 = hashlib.sha256(REPORT_OF_A_TEST).hexdigest()
    attestation = {
        "control": "WG-RED-01",
        "statement": "An outside party tested the weight environment.",
        "by": "third_party",
        "attester": "Example Assurance Ltd",
        "evidence": "signed off/penetration test.pdf",
        "sha256": sha256,
        "valid_until": "2027-06-30",
    }
    missing = attestation | {"control": "WG-GOV-01", "evidence": "lost.pdf"}
    waiver = {
        "control": "WG-IAM-02",
        "subject": "*",
        "owner": "jo@example.com",
        "reason": "A second factor comes in March.",
        "ticket": "SEC-1",
        "expires": "2027-03-31",
        "compensating_control": "One person alone.",
    }
    (folder / "attestations.yaml").write_text(yaml.safe_dump({"attestations": [attestation, missing]}))
    (folder / "waivers.yaml").write_text("# accepted by the board\n" + yaml.safe_dump({"waivers": [waiver]}))
    (folder / "policy.txt").write_text("Report what you find; we answer within three days.\n")
    _own_control(folder / "our controls")
    protocol = next(iter(sorted((catalogue_directory() / "protocols").glob("*.yaml"))))
    (folder / "our protocol.yaml").write_text(protocol.read_text())
    configuration = {
        "organisation": "Aurora",
        "models": [{"name": "aurora-1", "tier": "high", "locations": ["arn:aws:s3:::aurora-release/"]}],
        "waivers": ["waivers.yaml"],
        "attestations": ["attestations.yaml"],
        "disclosure": {"policy": "policy.txt"},
        "controls": {"directories": ["our controls"]},
        "sources": {"aws": {"profile": "the-secret-profile"}},
        "notify": {"slack": [{"webhook": {"env": "THE_SECRET_WEBHOOK"}}]},
    }
    path = folder / "weightguard.yaml"
    path.write_text(yaml.safe_dump(configuration))
    return path


def _own_control(folder: Path) -> None:
    folder.mkdir()
    shipped = next(iter(sorted(catalogue_directory().glob("WG-STO-0*.yaml"))))
    control: dict[str, Any] = yaml.load(shipped.read_text(), yaml.BaseLoader)  # noqa: S506 - texts alone
    control |= {"id": "LAB-STO-01", "check": {"cel": "store.name != 'empty'"}, "subject": "store"}
    (folder / "LAB-STO-01.yaml").write_text(yaml.safe_dump(control))


def build(folder: Path) -> Path:
    """An audit as `assess -o` leaves it: report, declaration, evidence, with the snapshot beside them."""
    audit = folder / "audit"
    audit.mkdir()
    snapshot = _snapshot(audit)
    configuration = _configuration(folder / "configured")
    asked = ("--as-of", "2026-11-28T12:00:00Z", "--target-level", "SL2", "--what-if", "WG-IAM-01=pass")
    protocol = folder / "configured" / "our protocol.yaml"
    judged = typed(
        "assess", snapshot, "--config", configuration, "-o", audit, "-q", *asked, "--protocol", protocol
    )
    assert judged.status in (0, 3, 4), judged.err
    return audit


def key_pair(folder: Path, name: str, *algorithm: str) -> Path:
    """A key pair by openssl: the private key's path; the public one lies beside it."""
    private = folder / f"{name}.key"
    made = ("openssl", "genpkey", "-algorithm", *(algorithm or ("ed25519",)), "-out", private)
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run(
        ("openssl", "pkey", "-in", private, "-pubout", "-out", folder / f"{name}.pub"),
        check=True,
        capture_output=True,
    )
    return private


def trusting(path: Path, *parties: Mapping[str, Any], **more: Any) -> Path:
    """A trust file."""
    path.write_text(yaml.safe_dump({"parties": [*parties], **more}))
    return path


def party(
    name: str, role: str, public: Path, since: str = "2026-01-01T00:00:00Z", until: str = ""
) -> dict[str, Any]:
    """An entry of a trust file."""
    entry = {"public": str(public), "from": since, **({"until": until} if until else {})}
    return {"name": name, "role": role, "keys": [entry]}


def opened(bundle: Path) -> dict[str, bytes]:
    """What a bundle holds, by name, as any other tool reads it."""
    with bundle.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]


def packed(bundle: Path, members: Mapping[str, bytes], *more: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A bundle as any other tool packs it; without a seal."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info, content in more:
            tar.addfile(info, io.BytesIO(content))
    bundle.write_bytes(zstandard.ZstdCompressor().compress(raw.getvalue()))
    return bundle
