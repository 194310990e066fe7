"""A JSON file is read where it takes at most ten times its size, and such as people have is read: keys repeat, values are short."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from weightguard.json_text import Meter, OddJson, whole

MB = 1_000_000
_MEASURE = """
import resource, sys
from pathlib import Path
from weightguard.json_text import OddJson, whole
whole(b'{"a":[1]}')
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    whole(Path(sys.argv[1]).read_bytes())
    print("read")
except OddJson as error:
    print(error)
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def _details(roles: int) -> bytes:
    """Authorization details as a program writes them: without a blank, short values, the same keys over and over."""
    role = {
        "Arn": "arn:aws:iam::111111111111:role/r-000000",
        "RoleName": "r-000000",
        "AttachedManagedPolicies": [],
        "Tags": [{"Key": "team", "Value": "a"}],
        "RolePolicyList": [
            {"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]}}
        ],
    }  # fmt: skip
    one = json.dumps(role, separators=(",", ":"))
    return (
        '{"RoleDetailList":[' + ",".join(one.replace("000000", f"{n:06d}") for n in range(roles)) + "]}"
    ).encode()


def _state(resources: int) -> bytes:
    """A state as ``terraform show -json`` has it: most attributes are null."""
    one = json.dumps({"address": "a.b", "values": {f"attribute_{n}": None for n in range(30)}}, separators=(",", ":"))  # fmt: skip
    return ('{"values":{"root_module":{"resources":[' + ",".join([one] * resources) + "]}}}").encode()


ORDINARY = {"details": _details(21_000), "state": _state(9_000)}
HOSTILE = {
    "lists": b"[" + b"[]," * (2 * MB) + b"[]]",
    "objects": b"[" + b"{}," * (2 * MB) + b"{}]",
    "objects of one": b"[" + b'{"a":0},' * MB + b"0]",
    "keys": b"{" + b",".join(b'"%x":0' % n for n in range(MB)) + b"}",
    "keys in keys": b'{"a":' * 150 + b"{" + b",".join(b'"%x":{"%x":0}' % (n, n) for n in range(500_000)) + b"}" + b"}" * 150,
    "numbers": b"[" + b"999," * (2 * MB) + b"9]",
    "fractions": b"[" + b"0.1," * (2 * MB) + b"9]",
    "texts": b"[" + b",".join(b'"%x"' % n for n in range(MB)) + b"]",
    "wide": b'["' + b"x" * (6 * MB) + "\U0001f600".encode() + b'"]',
}  # fmt: skip


def _measured(text: bytes, path: Path) -> tuple[str, int]:
    path.write_bytes(text)
    command = [sys.executable, "-c", _MEASURE, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said, took = run.stdout.splitlines()
    return said, int(took)


@pytest.mark.parametrize("name", ORDINARY)
def test_what_people_have_is_read(name: str) -> None:
    text = ORDINARY[name]
    assert len(text) > 5 * MB
    Meter(len(text)).add(text)


def test_what_costs_many_times_its_length_is_refused() -> None:
    with pytest.raises(OddJson, match=r"takes more than \d+ MB of memory to read"):
        whole(HOSTILE["objects of one"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ORDINARY, *HOSTILE])
def test_what_reading_takes(name: str, tmp_path: Path) -> None:
    text = (ORDINARY | HOSTILE)[name]
    said, took = _measured(text, tmp_path / "file.json")
    assert took < 10 * len(text)
    assert said == "read" if name in ORDINARY else said == "read" or "takes more than" in said
