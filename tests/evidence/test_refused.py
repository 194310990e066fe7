"""What is known to have gone wrong with signed evidence elsewhere, and whatever a lab might try, is refused and named."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from audits import Verify, key_pair, opened, packed, party, trusting, typed
from forging import envelope, signed, statement, with_envelope, with_members, with_statement

from weightguard.errors import InputError
from weightguard.evidence import archive
from weightguard.snapshot.limits import Limits

Forge = Callable[[Path, Path], Path]


def _failed(said: dict[str, Any]) -> dict[str, str]:
    return {one["step"]: one["detail"] for one in said["steps"] if one["outcome"] == "failed"}


def _key_beside(bundle: Path, keys: Path) -> Path:
    """A stranger signs, and hands the key over with the signature."""
    made = signed(json.dumps(statement(bundle)).encode(), keys / "stranger.key")
    made["signatures"][0]["public"] = (keys / "stranger.pub").read_text()
    return with_envelope(bundle, made)


def _stranger(bundle: Path, keys: Path) -> Path:
    return with_envelope(bundle, signed(json.dumps(statement(bundle)).encode(), keys / "stranger.key"))


def _strangers_with_the_labs_name(bundle: Path, keys: Path) -> Path:
    made = signed(json.dumps(statement(bundle)).encode(), keys / "stranger.key")
    made["signatures"][0]["keyid"] = envelope(bundle)["signatures"][0]["keyid"]
    return with_envelope(bundle, made)


def _one_good_one_not(bundle: Path, keys: Path) -> Path:
    payload = json.dumps(statement(bundle)).encode()
    return with_envelope(bundle, signed(payload, keys / "lab.key", keys / "stranger.key"))


def _another_type(bundle: Path, keys: Path) -> Path:
    """The signed bytes name the type of what is signed: it cannot be read as something else."""
    return with_envelope(bundle, envelope(bundle) | {"payloadType": "application/json"})


def _signed_as_another_type(bundle: Path, keys: Path) -> Path:
    made = signed(json.dumps(statement(bundle)).encode(), keys / "lab.key", kind="text/plain")
    return with_envelope(bundle, made | {"payloadType": "application/vnd.in-toto+json"})


def _payload_alone_signed(bundle: Path, keys: Path) -> Path:
    """The type left out of the signed bytes altogether, as JWS of old had it."""
    import base64

    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    payload = json.dumps(statement(bundle)).encode()
    key: Any = load_pem_private_key((keys / "lab.key").read_bytes(), None)
    made = envelope(bundle) | {"payload": base64.b64encode(payload).decode()}
    made["signatures"][0]["sig"] = base64.b64encode(key.sign(payload)).decode()
    return with_envelope(bundle, made)


def _algorithm_none(bundle: Path, keys: Path) -> Path:
    made = envelope(bundle)
    made["signatures"][0] |= {"alg": "none", "sig": ""}
    return with_envelope(bundle, made)


def _empty_signature(bundle: Path, keys: Path) -> Path:
    made = envelope(bundle)
    made["signatures"][0]["sig"] = ""
    return with_envelope(bundle, made)


def _no_signature(bundle: Path, keys: Path) -> Path:
    return with_envelope(bundle, envelope(bundle) | {"signatures": []})


def _twice_the_same(bundle: Path, keys: Path) -> Path:
    made = envelope(bundle)
    return with_envelope(bundle, made | {"signatures": made["signatures"] * 2})


def _subject_missing(bundle: Path, keys: Path) -> Path:
    return with_statement(bundle, keys / "lab.key", lambda said: said["subject"].pop(0))


def _subject_without_a_file(bundle: Path, keys: Path) -> Path:
    held = opened(bundle)
    del held["snapshot/calls.jsonl"]
    return packed(bundle, held)


def _extra_file(bundle: Path, keys: Path) -> Path:
    return packed(bundle, {**opened(bundle), "readme.txt": b"believe me"})


def _extra_file_signed(bundle: Path, keys: Path) -> Path:
    return with_members(bundle, keys / "lab.key", {"readme.txt": b"believe me"})


def _report_swapped(bundle: Path, keys: Path) -> Path:
    held = opened(bundle)
    return packed(bundle, {**held, "report.json": held["report.json"].replace(b'"fail"', b'"pass"', 1)})


def _predicate_lies(bundle: Path, keys: Path) -> Path:
    return with_statement(
        bundle, keys / "lab.key", lambda said: said["predicate"]["summary"].update(score=100, level="SL3")
    )


def _collector_lies(bundle: Path, keys: Path) -> Path:
    who = [{"scope": "aws/111111111111", "principal": "arn:aws:iam::999999999999:role/Assessor"}]
    return with_statement(bundle, keys / "lab.key", lambda said: said["predicate"].update(collected_by=who))


def _number_as_text(bundle: Path, keys: Path) -> Path:
    return with_statement(
        bundle,
        keys / "lab.key",
        lambda said: said["predicate"]["summary"].update(score=str(said["predicate"]["summary"]["score"])),
    )


def _another_predicate_type(bundle: Path, keys: Path) -> Path:
    return with_statement(
        bundle, keys / "lab.key", lambda said: said.update(predicateType="https://example.com/audit/v1")
    )


def _subject_twice(bundle: Path, keys: Path) -> Path:
    return with_statement(bundle, keys / "lab.key", lambda said: said["subject"].append(said["subject"][0]))


def _keys_twice_in_the_envelope(bundle: Path, keys: Path) -> Path:
    text = json.dumps(envelope(bundle))
    return with_envelope(bundle, text.replace("{", '{"payload": "e30=", ', 1).encode())


def _keys_twice_in_the_statement(bundle: Path, keys: Path) -> Path:
    text = json.dumps(statement(bundle))
    lying = text.replace('"score":', '"score": 100, "score":', 1)
    assert lying != text
    return with_envelope(bundle, signed(lying.encode(), keys / "lab.key"))


def _keys_twice_in_the_report(bundle: Path, keys: Path) -> Path:
    report = opened(bundle)["report.json"]
    lying = report.replace(b'{"schema_version":', b'{"organisation":"Other","schema_version":', 1)
    return with_members(bundle, keys / "lab.key", {"report.json": lying})


def _keys_twice_in_the_declaration(bundle: Path, keys: Path) -> Path:
    declared = opened(bundle)["declared.json"]
    return with_members(
        bundle, keys / "lab.key", {"declared.json": declared.replace(b"{", b'{"redacted": false, ', 1)}
    )


def _evidence_swapped(bundle: Path, keys: Path) -> Path:
    name = next(name for name in opened(bundle) if name.startswith("attestations/"))
    return with_members(bundle, keys / "lab.key", {name: b"an assessor was never here"})


REFUSED: list[tuple[Forge, str, str]] = [
    (_key_beside, "statement", "'public', which nobody reads"),
    (_stranger, "signatures", "of no trusted key"),
    (_strangers_with_the_labs_name, "signatures", "of no trusted key"),
    (_one_good_one_not, "signatures", "signature 2 is of no trusted key"),
    (_another_type, "statement", "no in-toto statement"),
    (_signed_as_another_type, "signatures", "of no trusted key"),
    (_payload_alone_signed, "signatures", "of no trusted key"),
    (_algorithm_none, "statement", "'alg', which nobody reads"),
    (_empty_signature, "signatures", "of no trusted key"),
    (_no_signature, "signatures", "nobody has signed this"),
    (_twice_the_same, "signatures", "it is there twice"),
    (_subject_missing, "subjects", "is in no statement"),
    (_subject_without_a_file, "subjects", "has no snapshot/calls.jsonl"),
    (_extra_file, "subjects", "readme.txt is in no statement"),
    (_extra_file_signed, "subjects", "readme.txt belongs to no audit"),
    (_report_swapped, "subjects", "report.json was changed"),
    (_predicate_lies, "predicate", "summary.score"),
    (_collector_lies, "predicate", "collected_by"),
    (_number_as_text, "predicate", "summary.score"),
    (_another_predicate_type, "statement", "predicateType"),
    (_subject_twice, "statement", "named twice"),
    (_keys_twice_in_the_envelope, "statement", "gives the key 'payload' twice"),
    (_keys_twice_in_the_statement, "statement", "gives the key 'score' twice"),
    (_keys_twice_in_the_report, "predicate", "twice"),
    (_keys_twice_in_the_declaration, "subjects", "gives the key 'redacted' twice"),
    (_evidence_swapped, "attested evidence", "is another file"),
]


@pytest.mark.parametrize(("forge", "step", "detail"), REFUSED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_known_mistake_is_refused_and_named(
    forge: Forge, step: str, detail: str, bundle: Path, keys: Path, verify: Verify
) -> None:
    typed_, said = verify(forge(bundle, keys))
    assert typed_.status == 3
    assert said["verified"] is False
    assert detail in _failed(said)[step]
    told = typed("verify", bundle, "--trust", keys / "trust.yaml")
    assert told.status == 3
    assert "not verified: " in told.out


def test_the_good_signature_is_named_beside_one_that_is_not(bundle: Path, keys: Path, verify: Verify) -> None:
    assert [one["party"] for one in verify(_one_good_one_not(bundle, keys))[1]["signers"]] == ["Aurora"]


def test_a_lab_cannot_sign_as_an_assessor(bundle: Path, keys: Path, verify: Verify) -> None:
    lab = f"file:{keys / 'lab.key'}"
    assert typed("sign", bundle, "--key", lab, "--party", "Assurance").status == 0
    typed_, said = verify(bundle)
    assert typed_.status == 3
    assert "said to be of 'Assurance', whose key this is not" in _failed(said)["signatures"]
    assert said["signers"] == []


@pytest.mark.parametrize(
    ("since", "until", "good"),
    [
        ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", False),
        ("2990-01-01T00:00:00Z", "", False),
        ("2020-01-01T00:00:00Z", "2990-01-01T00:00:00Z", True),
    ],
)
def test_a_key_counts_while_it_is_good(
    since: str, until: str, good: bool, bundle: Path, keys: Path, tmp_path: Path, verify: Verify
) -> None:
    trust = trusting(tmp_path / "t.yaml", party("Aurora", "lab", keys / "lab.pub", since, until))
    typed_, said = verify(bundle, trust=trust)
    assert typed_.status == (0 if good else 3)
    assert good or "nothing proves when it signed" in _failed(said)["signatures"]


def test_a_key_that_is_good_for_two_times_counts_in_each(
    bundle: Path, keys: Path, tmp_path: Path, verify: Verify
) -> None:
    lab = party("Aurora", "lab", keys / "lab.pub", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
    lab["keys"] += party("Aurora", "lab", keys / "lab.pub")["keys"]
    lab["keys"] += party("Aurora", "lab", keys / "lab.pub", "2990-01-01T00:00:00Z")["keys"]
    assert verify(bundle, trust=trusting(tmp_path / "t.yaml", lab))[0].status == 0


# The archive


def _member(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


HOSTILE = {
    "the same name twice": _member("report.json", b"{}"),
    "the same name written otherwise": _member("./report.json", b"{}"),
    "the same name in another case": _member("REPORT.json", b"{}"),
    "a path upwards": _member("../report.json", b"{}"),
    "a path from the top": _member("/report.json", b"{}"),
    "a link": _member("snapshot/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a hard link": _member("snapshot/link", type=tarfile.LNKTYPE, linkname="report.json"),
    "a device": _member("snapshot/zero", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    "a name of control characters": _member("snapshot/\x1b[2J"),
    "an extended header": _member("x", b"30 path=report.json\n", type=tarfile.XHDTYPE),
    "a file as a folder": _member("report.json/inside", b"{}"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_oversteps_is_no_bundle(name: str, bundle: Path, verify: Verify) -> None:
    typed_, said = verify(packed(bundle, opened(bundle), HOSTILE[name]))
    assert (typed_.status, said["verified"]) == (2, False)
    assert [one["step"] for one in said["steps"]] == ["archive"]


def _appended(bundle: Path) -> bytes:
    return bundle.read_bytes() + b"\0"


def _cut(bundle: Path) -> bytes:
    return bundle.read_bytes()[:-1]


def _halved(bundle: Path) -> bytes:
    return bundle.read_bytes()[: bundle.stat().st_size // 2]


def _another_frame(bundle: Path) -> bytes:
    return bundle.read_bytes() + zstandard.ZstdCompressor().compress(b"hidden")


def _skipped_frame(bundle: Path) -> bytes:
    return bundle.read_bytes() + b"\x50\x2a\x4d\x18" + (6).to_bytes(4, "little") + b"hidden"


def _sealed_twice(bundle: Path) -> bytes:
    return bundle.read_bytes() + bundle.read_bytes()[-40:]


def _hidden_behind_the_last_member(bundle: Path) -> bytes:
    data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(bundle.read_bytes())).read()
    return zstandard.ZstdCompressor().compress(data + b"hidden")


def _nothing(bundle: Path) -> bytes:
    return b""


def _no_archive(bundle: Path) -> bytes:
    return b"PK\x03\x04 something else"


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        (b"18 mtime=1234.567\n", False),
        (b"18 mtime=1234.567\n12 uid=1000\n", False),
        (b"18 mtime=1234.567\n24 path=snapshot/other\n", True),
        (b"13 size=1000\n", True),
        (b"20 linkpath=/etc/x\n", True),
        (b"9 mtime=1 16 path=a/b/cd\n", True),
        (b"18 mtime=1234.567", True),
        (b"x" * 5_000, True),
    ],
)
def test_extended_headers_of_other_tools_tell_of_times_alone(
    header: bytes, refused: bool, bundle: Path, keys: Path, verify: Verify
) -> None:
    held = opened(bundle)
    report = held.pop("report.json")
    times = _member("PaxHeaders/report.json", header, type=tarfile.XHDTYPE)
    typed_, said = verify(packed(bundle, held, times, _member("report.json", report)))
    assert typed_.status == (2 if refused else 0), said


@pytest.mark.parametrize(
    "change",
    [
        _appended, _cut, _halved, _another_frame, _skipped_frame, _sealed_twice, _hidden_behind_the_last_member, _nothing,
        _no_archive,
    ],
)  # fmt: skip
def test_bytes_beyond_the_archive_and_less_than_it_are_refused(
    change: Callable[[Path], bytes], bundle: Path, verify: Verify
) -> None:
    bundle.write_bytes(change(bundle))
    assert verify(bundle)[0].status == 2


def test_a_bundle_that_is_not_there_is_none(tmp_path: Path, verify: Verify) -> None:
    assert verify(tmp_path / "none.wgb")[0].status == 2


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "b.wgb", {}, _member("report.json", b"\0" * (8 << 20)))
    small = Limits(ratio=20, ratio_floor=1 << 20)
    with pytest.raises(InputError, match="more than it may"), archive.unpacked(bomb, small):
        pass


def test_a_member_that_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    large = packed(tmp_path / "b.wgb", {"report.json": b"x" * 2_000})
    with (
        pytest.raises(InputError, match="larger than 1000"),
        archive.unpacked(large, Limits(file_bytes=1_000)),
    ):
        pass


# What was declared


def _declared(bundle: Path, keys: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    said = json.loads(opened(bundle)["declared.json"])
    change(said)
    return with_members(bundle, keys / "lab.key", {"declared.json": json.dumps(said).encode()})


DECLARED: dict[str, Callable[[dict[str, Any]], None]] = {
    "a document outside": lambda said: said["documents"][0].update(path="waivers/0/../../../x"),
    "a document anywhere": lambda said: said["documents"][0].update(path="/etc/cron.d/x"),
    "a document twice": lambda said: said["documents"].append(said["documents"][0]),
    "a path of the reader's machine": lambda said: said["config"].update(waivers=["/etc/passwd"]),
    "a path upwards": lambda said: said["config"].update(waivers=["../../../etc/passwd"]),
    "controls of the reader's machine": lambda said: said["config"]["controls"].update(directories=["/etc"]),
    "a protocol of the reader's machine": lambda said: said["run"].update(protocols=["/etc/passwd.yaml"]),
    "a protocol of the reader's folder": lambda said: said["run"].update(protocols=["mine.yaml"]),
    "whom to tell": lambda said: said["config"].update(
        notify={"slack": [{"webhook": {"file": "/etc/passwd"}}]}
    ),
    "where to collect": lambda said: said["config"].update(sources={"aws": {"profile": "x"}}),
    "a catalogue somewhere": lambda said: said["catalogue"].update(digest="sha256:../../../etc/passwd"),
    "an unknown key": lambda said: said.update(more=1),
    "a digest that is a path": lambda said: said["evidence"][0].update(sha256="../../../../etc/passwd"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declaration_leads_nowhere_but_to_what_it_holds(
    name: str, bundle: Path, keys: Path, verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("id: mine")
    typed_, said = verify(_declared(bundle, keys, DECLARED[name]), "--replay")
    assert typed_.status == 3
    assert _failed(said)
    assert "root:" not in typed_.out


@pytest.mark.slow
def test_evidence_that_attestations_do_not_name_as_it_was_turns_the_replay(
    bundle: Path, keys: Path, verify: Verify
) -> None:
    """A lab declares that a lost file was there: judged again, the attestation would stand, which the report does not say."""

    def found(said: dict[str, Any]) -> None:
        lost = next(one for one in said["evidence"] if one["path"] == "lost.pdf")
        lost.update(sha256=said["evidence"][0]["sha256"] or said["evidence"][1]["sha256"], problem="")

    typed_, said = verify(_declared(bundle, keys, found), "--replay")
    assert typed_.status == 3
    assert "attestations" in _failed(said)["replay"]


# Judging again


def test_a_verdict_that_was_edited_is_found_with_what_it_should_be(
    bundle: Path, keys: Path, verify: Verify
) -> None:
    report = json.loads(opened(bundle)["report.json"])
    one = next(one for one in report["results"] if one["status"] == "unknown")
    one["status"] = "not_applicable"
    report["summary"]["by_status"]["unknown"] -= 1
    report["summary"]["by_status"]["not_applicable"] += 1
    lying = json.dumps(report, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    with_members(bundle, keys / "lab.key", {"report.json": lying})

    def agree(said: dict[str, Any]) -> None:
        said["predicate"]["summary"]["counts"] = dict(report["summary"]["by_status"])

    with_statement(bundle, keys / "lab.key", agree)
    assert verify(bundle)[0].status == 0, "without judging again nobody notices"
    typed_, said = verify(bundle, "--replay")
    assert typed_.status == 3
    (found,) = said["differences"]
    assert (found["control"], found["subject"]) == (one["control"], one["subject"])
    assert (found["said"], found["found"]) == ("not_applicable", "unknown")
    assert "edited" in found["cause"]
    told = typed("verify", bundle, "--trust", keys / "trust.yaml", "--replay").out
    assert f"{one['control']} {one['subject']}: said not_applicable, found unknown" in told


@pytest.mark.slow
def test_a_verdict_that_was_edited_without_care_is_found_too(
    bundle: Path, keys: Path, verify: Verify, tmp_path: Path
) -> None:
    """The counts no longer fit: the report contradicts itself, and is judged again all the same."""
    report = json.loads(opened(bundle)["report.json"])
    one = next(one for one in report["results"] if one["status"] == "unknown")
    one["status"] = "pass"
    with_members(bundle, keys / "lab.key", {"report.json": json.dumps(report).encode()})
    typed_, said = verify(bundle, "--replay")
    assert typed_.status == 3
    assert "contradicts itself" in _failed(said)["predicate"]
    assert [(each["control"], each["said"], each["found"]) for each in said["differences"]] == [
        (one["control"], "pass", "unknown")
    ]


@pytest.mark.slow
def test_a_report_of_another_version_is_the_same_but_for_that(
    bundle: Path, keys: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weightguard.assess.assessment.__version__", "9.9.9")
    monkeypatch.setattr("weightguard.__version__", "9.9.9")
    typed_, said = verify(bundle, "--replay")
    assert typed_.status == 0
    assert "but for the tool's version, which was 0.1.0" in said["steps"][-1]["detail"]


# The trust file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "owner"}, "'lab' or 'assessor'"),
        ({"keys": []}, "one at least"),
        ({"keys": [{"public": "no.pub"}]}, "cannot be read"),
        ({"keys": [{"public": "lab.key"}]}, "this is a private key"),
        ({"keys": [{"public": "lab.pub", "scheme": "ed25519-but-better"}]}, "no scheme that is used here"),
        ({"keys": [{"public": "lab.pub", "scheme": "rsassa-pss-sha256"}]}, "not used with"),
        ({"keys": [{"public": "lab.pub", "from": "yesterday"}]}, "RFC 3339"),
        ({"keys": [{"public": "lab.pub", "from": "2026-01-01"}]}, "RFC 3339"),
        ({"keys": [{"public": "lab.pub", "from": "2027-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}]}, "before"),
        ({"keys": [{"public": "lab.pub", "form": "2027-01-01T00:00:00Z"}]}, "did you mean 'from'"),
        ({"keys": [{"public": "odd.pub"}]}, "unsupported curve"),
        ({"keys": [{"public": "weak.pub"}]}, "RSA key of 1024 bits"),
    ],
)  # fmt: skip
def test_a_trust_file_that_is_wrong_says_where(
    change: dict[str, Any], said: str, bundle: Path, keys: Path, tmp_path: Path
) -> None:
    for name in ("lab.pub", "lab.key"):
        (tmp_path / name).write_bytes((keys / name).read_bytes())
    if "odd" in str(change):
        key_pair(tmp_path, "odd", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1")
    if "weak" in str(change):
        key_pair(tmp_path, "weak", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    trust = trusting(
        tmp_path / "t.yaml", {"name": "Aurora", "role": "lab", "keys": [{"public": "lab.pub"}], **change}
    )
    refused = typed("verify", bundle, "--trust", trust)
    assert refused.status == 2
    assert said in refused.err
    assert "t.yaml" in refused.err or "no.pub" in refused.err


def test_one_key_is_not_two_parties(bundle: Path, keys: Path, tmp_path: Path) -> None:
    lab, assessor = (party(*one, keys / "lab.pub") for one in (("Aurora", "lab"), ("Assurance", "assessor")))
    refused = typed("verify", bundle, "--trust", trusting(tmp_path / "t.yaml", lab, assessor))
    assert refused.status == 2
    assert "nobody could tell who signed" in refused.err
