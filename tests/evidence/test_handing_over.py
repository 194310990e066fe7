"""An audit is signed, packed, checked and judged again, as the README says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from audits import REPORT_OF_A_TEST, Verify, key_pair, opened, packed, party, trusting, typed

from weightguard.evidence.predicate import TYPE


def _steps(said: dict[str, object]) -> dict[str, str]:
    return {one["step"]: one["outcome"] for one in said["steps"]}  # type: ignore[attr-defined]


def test_whoever_gets_a_bundle_verifies_it_and_judges_it_again(bundle: Path, verify: Verify) -> None:
    typed_, said = verify(bundle, "--replay")
    assert typed_.status == 0
    assert said["verified"] is True
    assert _steps(said) == {
        "archive": "ok",
        "statement": "ok",
        "subjects": "ok",
        "signatures": "ok",
        "timestamps": "not_checked",
        "snapshot": "ok",
        "predicate": "ok",
        "attested evidence": "ok",
        "catalogue": "ok",
        "replay": "ok",
    }
    assert [(one["party"], one["role"]) for one in said["signers"]] == [("Aurora", "lab")]
    assert said["summary"]["target_level"] == "SL2"
    assert said["differences"] == []


def test_the_terminal_says_who_stands_behind_it(bundle: Path, keys: Path) -> None:
    said = typed("verify", bundle, "--trust", keys / "trust.yaml")
    assert said.status == 0
    assert "not checked replay: not asked for" in said.out
    assert said.out.endswith("verified; the lab alone vouches for it: Aurora (lab)\n")


def test_a_bundle_holds_the_audit_and_nothing_else(bundle: Path, made: Path) -> None:
    held = opened(bundle)
    names = {name for name in held if not name.startswith("snapshot/")}
    attested = [name for name in names if name.startswith("attestations/")]
    assert names == {"report.json", "declared.json", "statement.dsse.json", *attested}
    assert [held[name] for name in attested] == [REPORT_OF_A_TEST]
    assert (made / "report.html").exists(), "a format that is not handed over"
    statement = held["statement.dsse.json"]
    assert not [name for name in held if b"secret" in held[name].lower() and b"the-secret" in held[name]], (
        statement
    )
    assert b"THE_SECRET_WEBHOOK" not in held["declared.json"]
    assert b"the-secret-profile" not in held["declared.json"]
    assert str(made.parent).encode() not in b"".join(held.values()), "no place on the lab's machine"


def test_the_statement_names_every_file_and_says_what_follows_from_them(bundle: Path) -> None:
    import base64

    held = opened(bundle)
    statement = json.loads(base64.b64decode(json.loads(held["statement.dsse.json"])["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == TYPE
    assert {one["name"] for one in statement["subject"]} == set(held) - {"statement.dsse.json"}
    report = json.loads(held["report.json"])
    predicate = statement["predicate"]
    assert predicate["summary"]["score"] == report["summary"]["score"]
    assert predicate["catalogue"]["digest"] == report["catalogue"]["digest"]
    assert predicate["scopes"]["seen"] == ["aws/111111111111"]
    assert predicate["redacted"] is False


@pytest.mark.slow
def test_the_schemas_of_what_is_handed_over_are_shipped_and_hold(bundle: Path) -> None:
    import base64

    import jsonschema

    held = opened(bundle)
    statement = json.loads(base64.b64decode(json.loads(held["statement.dsse.json"])["payload"]))
    for name, value in (("audit", statement["predicate"]), ("declared", json.loads(held["declared.json"]))):
        schema = json.loads(typed("schema", name).out)
        jsonschema.validate(value, schema)


def test_the_same_audit_gives_the_same_bundle(audit: Path, keys: Path, tmp_path: Path) -> None:
    assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    for name in ("a.wgb", "b.wgb"):
        assert typed("bundle", audit, "-o", tmp_path / name).status == 0
        os.utime(audit / "report.json", (1, 1))
    assert (tmp_path / "a.wgb").read_bytes() == (tmp_path / "b.wgb").read_bytes()
    assert (tmp_path / "a.wgb").stat().st_mode & 0o777 == 0o600


def test_the_tools_of_others_unpack_a_bundle(bundle: Path, tmp_path: Path) -> None:
    data = subprocess.run(("zstd", "-dcq", bundle), check=True, capture_output=True).stdout
    (tmp_path / "out").mkdir()
    subprocess.run(("tar", "-xf", "-", "-C", tmp_path / "out"), input=data, check=True)
    assert (tmp_path / "out" / "report.json").is_file()


@pytest.mark.slow
def test_a_bundle_that_somebody_packed_anew_is_held_to_what_was_signed(bundle: Path, verify: Verify) -> None:
    said = verify(packed(bundle, opened(bundle)), "--replay")[1]
    assert said["verified"] is True
    assert "without a seal" in said["steps"][0]["detail"]


def test_an_assessor_signs_the_same_statement_beside_the_lab(
    bundle: Path, keys: Path, verify: Verify
) -> None:
    before = opened(bundle)
    added = typed("sign", bundle, "--add", "--key", f"file:{keys / 'assessor.key'}", "--party", "Assurance")
    assert added.status == 0
    said = verify(bundle)[1]
    assert [(one["party"], one["role"]) for one in said["signers"]] == [
        ("Aurora", "lab"),
        ("Assurance", "assessor"),
    ]
    after = opened(bundle)
    assert {name for name in after if after[name] != before[name]} == {"statement.dsse.json"}
    told = typed("verify", bundle, "--trust", keys / "trust.yaml").out
    assert told.endswith("verified; vouched for by Aurora (lab), Assurance (assessor)\n")


def test_signing_again_replaces_and_signing_twice_is_one_signature(
    bundle: Path, keys: Path, verify: Verify
) -> None:
    lab, assessor = f"file:{keys / 'lab.key'}", f"file:{keys / 'assessor.key'}"
    assert typed("sign", bundle, "--add", "--key", lab).status == 0
    assert len(verify(bundle)[1]["signers"]) == 1
    assert typed("sign", bundle, "--key", assessor).status == 0
    assert [one["party"] for one in verify(bundle)[1]["signers"]] == ["Assurance"]


def test_nothing_is_added_to_what_nobody_signed_or_what_was_signed_of_something_else(
    audit: Path, keys: Path
) -> None:
    lab = f"file:{keys / 'lab.key'}"
    refused = typed("sign", audit, "--add", "--key", lab)
    assert refused.status == 2
    assert "nobody has signed this yet" in refused.err
    assert typed("sign", audit, "--key", lab).status == 0
    (audit / "report.json").write_bytes(
        (audit / "report.json").read_bytes().replace(b'"score":', b'"score": ', 1)
    )
    refused = typed("sign", audit, "--add", "--key", lab)
    assert refused.status == 2
    assert "what was signed is not what the files say" in refused.err


@pytest.mark.slow
def test_without_their_files_attestations_rest_on_the_word_of_the_lab(
    audit: Path, keys: Path, tmp_path: Path, verify: Verify
) -> None:
    bundle = tmp_path / "b.wgb"
    assert typed("bundle", audit, "-o", bundle, "--without-files").status == 0
    assert typed("sign", bundle, "--key", f"file:{keys / 'lab.key'}").status == 0
    assert not [name for name in opened(bundle) if name.startswith("attestations/")]
    said = verify(bundle, "--replay")[1]
    assert said["verified"] is True
    assert _steps(said)["attested evidence"] == "not_checked"
    assert _steps(said)["replay"] == "ok"


def test_what_was_signed_with_its_files_is_not_packed_without_them(
    audit: Path, keys: Path, tmp_path: Path
) -> None:
    assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    said = typed("bundle", audit, "-o", tmp_path / "b.wgb", "--without-files")
    assert said.status == 0
    assert "sign the bundle itself" in said.err
    assert "statement.dsse.json" not in opened(tmp_path / "b.wgb")


def test_an_unsigned_bundle_is_not_verified(audit: Path, tmp_path: Path, verify: Verify) -> None:
    assert typed("bundle", audit, "-o", tmp_path / "b.wgb").status == 0
    typed_, said = verify(tmp_path / "b.wgb")
    assert (typed_.status, _steps(said)["statement"]) == (3, "failed")


def test_a_folder_is_verified_too_and_formats_beside_the_report_do_not_matter(
    audit: Path, keys: Path, verify: Verify
) -> None:
    assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    (audit / "report.html").write_text("somebody's notes")
    assert verify(audit, "--replay")[0].status == 0


@pytest.mark.parametrize(
    "algorithm",
    [
        ("ed25519",),
        ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        ("EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
        ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    ],
    ids=lambda one: one[-1],
)
def test_keys_of_every_usual_kind_sign(
    algorithm: tuple[str, ...], audit: Path, tmp_path: Path, verify: Verify
) -> None:
    key = key_pair(tmp_path, "own", *algorithm)
    trust = trusting(tmp_path / "trust.yaml", party("Aurora", "lab", tmp_path / "own.pub"))
    assert typed("sign", audit, "--key", f"file:{key}").status == 0
    assert verify(audit, trust=trust)[0].status == 0


def test_an_encrypted_key_signs_with_its_passphrase_alone(
    audit: Path, keys: Path, tmp_path: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "locked.key"
    locked = ("openssl", "pkey", "-in", keys / "lab.key", "-aes256", "-passout", "pass:right", "-out", key)
    subprocess.run(locked, check=True, capture_output=True)
    monkeypatch.setenv("WEIGHTGUARD_KEY_PASSPHRASE", "wrong")
    refused = typed("sign", audit, "--key", f"file:{key}")
    assert refused.status == 2
    assert "or its passphrase is another" in refused.err
    assert "wrong" not in refused.err
    monkeypatch.setenv("WEIGHTGUARD_KEY_PASSPHRASE", "right")
    assert typed("sign", audit, "--key", f"file:{key}").status == 0
    assert verify(audit)[0].status == 0


def test_a_private_key_is_never_shown(audit: Path, keys: Path, tmp_path: Path) -> None:
    secret = (keys / "lab.key").read_text().splitlines()[1]
    broken = tmp_path / "broken.key"
    broken.write_text((keys / "lab.key").read_text().replace("PRIVATE KEY", "PRIVATE KEYS"))
    refused = typed("sign", audit, "--key", f"file:{broken}")
    signed = typed("sign", audit, "--key", f"file:{keys / 'lab.key'}")
    assert (refused.status, signed.status) == (2, 0)
    assert secret not in refused.err + refused.out + signed.err + signed.out
    assert secret.encode() not in (audit / "statement.dsse.json").read_bytes()
    assert (audit / "statement.dsse.json").stat().st_mode & 0o777 == 0o600


def test_a_private_key_that_others_may_read_is_told(audit: Path, keys: Path, tmp_path: Path) -> None:
    key = tmp_path / "open.key"
    key.write_bytes((keys / "lab.key").read_bytes())
    key.chmod(0o644)
    assert "chmod 600" in typed("sign", audit, "--key", f"file:{key}").err
    key.chmod(0o600)
    assert typed("sign", audit, "--key", f"file:{key}").err == ""


def test_who_signs_what_does_not_belong_together_is_told_and_nobody_signs_it_beside_them(
    audit: Path, keys: Path, tmp_path: Path, verify: Verify
) -> None:
    declared = json.loads((audit / "declared.json").read_text())
    declared["run"]["target_level"] = "SL1"
    (audit / "declared.json").write_text(json.dumps(declared))
    signed = typed("sign", audit, "--key", f"file:{keys / 'lab.key'}")
    assert signed.status == 0
    assert "will refuse it: report.json was judged by other settings" in signed.err
    assert typed("bundle", audit, "-o", tmp_path / "b.wgb").status == 0
    typed_, said = verify(tmp_path / "b.wgb")
    assert (typed_.status, _steps(said)["predicate"]) == (3, "failed")
    refused = typed("sign", tmp_path / "b.wgb", "--add", "--key", f"file:{keys / 'assessor.key'}")
    assert refused.status == 2
    assert "judged by other settings" in refused.err


@pytest.mark.slow
def test_an_audit_that_was_judged_again_since_it_was_signed_is_told(
    audit: Path, keys: Path, tmp_path: Path, verify: Verify
) -> None:
    assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    assert typed("assess", audit / "snapshot", "-o", audit, "-q").status in (0, 3, 4)
    packed_ = typed("bundle", audit, "-o", tmp_path / "b.wgb")
    assert packed_.status == 0
    assert "not what the files say now: sign it again" in packed_.err
    assert verify(tmp_path / "b.wgb")[0].status == 3


def test_a_document_that_cannot_be_declared_is_refused_before_anything_is_judged(
    made: Path, tmp_path: Path
) -> None:
    name = "a" * 230 + ".yaml"
    (tmp_path / name).write_text("waivers: []")
    (tmp_path / "weightguard.yaml").write_text(f"waivers: [{name}]")
    refused = typed(
        "assess", made / "snapshot", "--config", tmp_path / "weightguard.yaml", "-o", tmp_path / "out"
    )
    assert refused.status == 2
    assert "cannot be declared" in refused.err
    assert not (tmp_path / "out" / "report.json").exists()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("lab.key", "not understood"),
        ("file:", "not understood"),
        ("gpg:ABCD", "not understood"),
        ("file:none", "cannot be read"),
    ],
)
def test_an_address_of_a_key_that_leads_nowhere_is_refused(key: str, said: str, audit: Path) -> None:
    refused = typed("sign", audit, "--key", key)
    assert refused.status == 2
    assert said in refused.err


def test_a_folder_without_a_snapshot_says_where_it_belongs(audit: Path, keys: Path) -> None:
    shutil.rmtree(audit / "snapshot")
    refused = typed("sign", audit, "--key", f"file:{keys / 'lab.key'}")
    assert refused.status == 2
    assert "to snapshot/" in refused.err


@pytest.mark.parametrize(
    "key", ["gcpkms:projects/p/x", "azurekms://v.vault.azure.net/keys/k", "hsm:2?label=PIV"]
)
def test_a_keeper_whose_library_is_not_there_says_what_to_install(
    key: str, audit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("gcp", "azure", "hsm"):
        name = {"gcp": "GCP", "azure": "AZURE", "hsm": "PKCS11"}[kind] + "_IMPORT_ERROR"
        monkeypatch.setattr(f"securesystemslib.signer._{kind}_signer.{name}", "it is not there")
    refused = typed("sign", audit, "--key", key)
    assert refused.status == 2
    assert "pip install 'securesystemslib[" in refused.err


@pytest.mark.parametrize("key", ["azurekms://v.vault.azure.net/secrets/k", "hsm:PIV", "azurekms:"])
def test_an_address_of_a_keepers_key_is_looked_at_first(key: str, audit: Path) -> None:
    refused = typed("sign", audit, "--key", key)
    assert refused.status == 2
    assert "the address of a key" in refused.err or "not understood" in refused.err


@pytest.mark.wire
def test_a_key_in_the_key_service_of_aws_signs(
    _moto_server: str, audit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is handed a digest, which the emulator hashes once more: so this asks whether it signed that."""
    import hashlib

    import boto3
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from weightguard.evidence.envelope import from_json

    for name, value in (("ENDPOINT_URL", _moto_server), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = typed("sign", audit, "--key", f"awskms:{key}")
    assert signed.status == 0, signed.err
    made = from_json((audit / "statement.dsse.json").read_bytes())
    public: Any = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    public.verify(made.signatures[0].sig, hashlib.sha256(made.pae()).digest(), ECDSA(SHA256()))
    refused = typed("sign", audit, "--key", "awskms:00000000-0000-0000-0000-000000000000")
    assert refused.status == 2
    assert "the key cannot be had from awskms" in refused.err


def test_a_folder_without_a_declaration_says_how_to_write_one(audit: Path, tmp_path: Path) -> None:
    (audit / "declared.json").unlink()
    refused = typed("bundle", audit, "-o", tmp_path / "b.wgb")
    assert refused.status == 2
    assert "weightguard assess DIR/snapshot -o DIR" in refused.err
