"""`weightguard evaluate`: cases in, answers out, a line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from policies import ACCOUNT, KEY, OBJECT, USER, allow, deny, document

from weightguard.cli.evaluate import evaluate

ADMIN = {"name": "admin", "policy": document(allow(Sid="All"))}


def case(
    identifier: Any = "c1", assume: str | None = None, policies: dict[str, Any] | None = None, **request: Any
) -> dict[str, Any]:
    asked = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": OBJECT,
        "resource_account": ACCOUNT,
        **request,
    }
    entry: dict[str, Any] = {
        "id": identifier,
        "provider": "aws",
        "request": asked,
        "policies": policies or {},
    }
    return {**entry, "assume": assume} if assume else entry


def run(tmp_path: Path, *lines: Any, explain: bool = False) -> Result:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    )
    return CliRunner().invoke(evaluate, [str(file), *(["--explain"] if explain else [])])


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_answers_have_the_shape_of_the_contract(tmp_path: Path) -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    result = run(
        tmp_path,
        case("allowed", policies={"identity": [ADMIN]}),
        case("implicit", policies={"identity": []}),
        case("explicit", policies={"identity": [ADMIN], "resource": document(deny(Principal="*", Sid="No"))}),
        case(
            "open",
            "unknown",
            policies={"identity": [{"name": "p", "policy": document(allow(Condition=condition))}]},
        ),
        case(5, policies={"identity": [{"name": "p", "policy": document(allow(Condition=condition))}]}),
    )
    assert result.exit_code == 0
    assert answers(result) == [
        {
            "id": "allowed",
            "decision": "allowed",
            "by": [{"layer": "identity", "policy": "admin", "statement": "All"}],
            "missing": [],
        },
        {"id": "implicit", "decision": "denied_implicitly", "by": [], "missing": []},
        {
            "id": "explicit",
            "decision": "denied_explicitly",
            "by": [{"layer": "resource", "policy": "resource", "statement": "No"}],
            "missing": [],
        },
        {
            "id": "open",
            "decision": "unknown",
            "by": [{"layer": "identity", "policy": "p", "statement": "0"}],
            "missing": ["aws:SourceVpce"],
        },
        {"id": 5, "decision": "denied_implicitly", "by": [], "missing": []},
    ]


def test_every_layer_of_the_contract_is_read(tmp_path: Path) -> None:
    named = lambda *statements: [{"name": "n", "policy": document(*statements)}]  # noqa: E731
    everything = {
        "identity": [ADMIN],
        "boundary": named(allow()),
        "session": document(allow()),
        "scp": [named(allow()), named(allow())],
        "rcp": [named(allow(Principal="*"))],
        "resource": document(allow(Principal={"AWS": USER})),
        "vpc_endpoint": named(allow(Principal="*")),
        "kms_grants": None,
    }
    lines = [case("all", policies=everything)]
    for layer in ("boundary", "session", "vpc_endpoint"):
        shut = named(allow("ec2:*", Principal="*") if layer == "vpc_endpoint" else allow("ec2:*"))
        without = {**everything, "resource": None, layer: shut[0]["policy"] if layer == "session" else shut}
        lines.append(case(layer, policies=without))
    lines.append(case("scp", policies={**everything, "scp": [named(allow()), []]}))
    lines.append(case("rcp", policies={**everything, "rcp": [[]]}))
    grant = {"GrantId": "g", "GranteePrincipal": USER, "Operations": ["Decrypt"]}
    lines.append(case("kms", action="kms:Decrypt", resource=KEY, policies={"kms_grants": [grant]}))
    result = answers(run(tmp_path, *lines))
    assert [answer["decision"] for answer in result] == ["allowed", *["denied_implicitly"] * 5, "allowed"]
    assert result[-1]["by"] == [{"layer": "kms_grants", "policy": "g", "statement": USER}]


def schema() -> Any:
    from importlib.resources import files

    return json.loads((files("weightguard") / "schemas" / "case.json").read_text())


def test_cases_that_are_decided_fit_the_published_schema() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    full = {
        "identity": [ADMIN],
        "boundary": [ADMIN],
        "session": document(allow()),
        "scp": [[ADMIN], []],
        "resource": None,
    }
    for entry in (
        case(),
        case(assume="unknown"),
        case(principal={"service": "s3.amazonaws.com"}),
        case(policies=full),
    ):
        assert not list(validator.iter_errors(entry))


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        case(policies={"identity": "text"}) | {"provider": "gcp"},
        case() | {"provider": "azure"},
        case() | {"provider": "oracle"},
        case() | {"request": None},
        case() | {"request": []},
        case() | {"policies": []},
        case() | {"assume": "maybe"},
        case(principal=None),
        case(principal=5),
        case(principal="nobody"),
        case(principal={"a": "b", "c": "d"}),
        case(action=None),
        case(action="GetObject"),
        case(resource=""),
        case(resource_account=111111111111),
        case(context=[]),
        case(context={"aws:x": {}}),
        case(context={"aws:x": [{}]}),
        case(policies={"identities": []}),
        case(policies={"identity": 5}),
        case(policies={"identity": [5]}),
        case(policies={"scp": {}}),
        case(policies={"scp": [ADMIN]}),
        case(policies={"kms_grants": {}}),
        case(policies={"kms_grants": [{}]}),
    ],
    ids=range(30),
)
def test_a_bad_line_is_an_error_of_that_line_and_status_2(tmp_path: Path, line: Any) -> None:
    result = run(
        tmp_path,
        case("before", policies={"identity": [ADMIN]}),
        line,
        case("after", policies={"identity": [ADMIN]}),
    )
    first, bad, last = answers(result)
    if isinstance(line, dict) and line["provider"] == "aws":
        from jsonschema import Draft202012Validator

        assert (
            list(Draft202012Validator(schema()).iter_errors(line)) or line["request"]["principal"] == "nobody"
        )
    assert first["decision"] == last["decision"] == "allowed"
    assert set(bad) == {"id", "error"} and bad["error"]
    assert result.exit_code == 2


def test_a_policy_that_is_malformed_is_no_error_but_a_finding(tmp_path: Path) -> None:
    bad = {"name": "bad", "policy": "{"}
    result = run(tmp_path, case(policies={"identity": [bad]}))
    (answer,) = answers(result)
    assert result.exit_code == 0 and answer["decision"] == "denied_implicitly"
    assert answer["problems"][0]["policy"] == "bad"


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({"action": "s3:GetObject", "resource": OBJECT}, 20_480),
        ({"action": "kms:Decrypt", "resource": KEY}, 32_768),
    ],
    ids=["bucket policy", "key policy"],
)
@pytest.mark.parametrize("as_text", [True, False], ids=["text", "object"])
def test_a_resource_policy_beyond_the_provider_s_size_is_refused_as_such(
    tmp_path: Path, asked: dict[str, str], most: int, as_text: bool
) -> None:
    """Amazon S3 User Guide, "Bucket policies": 20 KB; AWS KMS Developer Guide, "Resource quotas": 32 KB. One byte decides."""
    grant = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Sid": "Grant"}
    short = json.dumps({"Id": "", **document(grant)}, separators=(",", ":"))
    for length, decision in ((most, "allowed"), (most + 1, "denied_implicitly")):
        policy = {"Id": "x" * (length - len(short)), **document(grant)}
        written = json.dumps(policy, separators=(",", ":"))
        assert len(written) == length
        layers = {"resource": written if as_text else policy}
        answer = answers(run(tmp_path, case(policies=layers, **asked)))[0]
        assert answer["decision"] == decision
        told = [one["message"] for one in answer.get("problems", [])]
        assert bool(told) == (length > most)
        assert all(f"{most + 1:,} bytes" in one and f"{most:,}" in one for one in told)
    # What it may deny is open where another policy allows; a key's own policy has to agree, and does not.
    besides = {"resource": written, "identity": ADMIN}
    left = "unknown" if most == 20_480 else "denied_implicitly"
    assert answers(run(tmp_path, case(policies=besides, **asked)))[0]["decision"] == left


def test_blank_lines_are_skipped_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    assert len(answers(run(tmp_path, b"", case(), b"   ", b""))) == 1
    assert run(tmp_path, b"", b"").exit_code != 0


def test_lines_are_answered_as_they_come() -> None:
    from weightguard.policy.cases import answer_lines

    def lines() -> Any:
        yield json.dumps(case("first")).encode()
        raise AssertionError("read ahead")

    assert next(answer_lines(lines())).record["id"] == "first"


def test_standard_input() -> None:
    result = CliRunner().invoke(evaluate, ["-"], input=json.dumps(case(policies={"identity": [ADMIN]})))
    assert answers(result)[0]["decision"] == "allowed"


def test_explaining_says_which_layer_said_what(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        case(
            "c1",
            "unknown",
            policies={
                "identity": [ADMIN],
                "scp": [
                    [
                        {
                            "name": "guard",
                            "policy": document(
                                allow(),
                                deny(
                                    Condition={"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
                                    Sid="Region",
                                ),
                            ),
                        }
                    ]
                ],
            },
        ),
        case("c2", policies={"identity": []}),
        b"oops",
        explain=True,
    )
    text = result.stdout
    assert "allowed only in region us-east-1" in text
    assert (
        "service control policies: allows (guard statement 0); denies (guard statement Region) not in region us-east-1"
        in text
    )
    assert "no allow from: identity" in text
    assert "line 3: error" in text


def test_names_from_policies_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = {"name": "\x1b[2Jevil\r\n", "policy": document(allow(Sid="\x1b]0;x\x07"))}
    result = run(tmp_path, case(policies={"identity": [hostile]}), explain=True)
    assert "\x1b" not in result.stdout and "\r" not in result.stdout


BLOB = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/c/blobs/m"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (
            {
                "provider": "gcp",
                "request": {
                    "member": "user:a@lab.test",
                    "permission": "storage.objects.get",
                    "resource": "buckets/w/objects/m",
                },
                "policies": {
                    "allow_policies": [
                        {
                            "resource": "buckets/w",
                            "bindings": [
                                {"role": "roles/storage.objectViewer", "members": ["group:g@lab.test"]}
                            ],
                        }
                    ]
                },
            },
            [
                "line 1: storage.objects.get on buckets/w/objects/m by user:a@lab.test",
                "hangs on what is not known",
                "  allowed if user:a@lab.test is in group:g@lab.test",
                "  allow policies: allows (buckets/w roles/storage.objectViewer) if user:a@lab.test is in group:g@lab.test",
            ],
        ),
        (
            {
                "provider": "azure",
                "request": {"principal": "ann", "dataAction": f"{BLOBS}/read", "resource": BLOB},
                "policies": {"storage_account_settings": {"networkAcls": {"defaultAction": "Deny"}}},
            },
            [
                f"line 1: {BLOBS}/read on {BLOB} by ann",
                "denied: nothing allows it",
                "  role assignments: no allow",
                "  network rules: allows if the network rules let client_ip through",
            ],
        ),
    ],
    ids=["gcp", "azure"],
)
def test_other_clouds_are_explained_in_their_own_words(
    tmp_path: Path, asked: dict[str, Any], lines: list[str]
) -> None:
    assert run(tmp_path, asked, explain=True).stdout.splitlines() == lines
