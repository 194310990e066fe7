"""Small valid documents of every kind that is read from outside, to be made odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import build
import yaml

from weightguard.assess.serialise import to_json
from weightguard.controls.catalogue import catalogue_directory

CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "organisation": "Example",
    "sources": {"aws": {"profile": "audit", "regions": ["eu-west-1"], "organization": True}},
    "target_level": "SL3",
    "fail_on": "high",
    "tiers": {"high": "SL3"},
    "models": [
        {
            "name": "atlas",
            "tier": "high",
            "released": False,
            "locations": ["arn:aws:s3:::a/models/"],
            "readers": ["arn:aws:iam::*:role/x"],
            "maximum_readers": 3,
            "egress_budget": 1000,
            "evaluations": [
                {
                    "capability": "cyber",
                    "benchmark": "b",
                    "score": 1.5,
                    "threshold": 2,
                    "date": "2026-01-01",
                    "evaluator": "e",
                }
            ],
        }
    ],
    "not_weights": [
        {"location": "arn:aws:s3:::a/dumps/", "reason": "r", "owner": "o", "expires": "2027-01-01"}
    ],
    "controls": {"directories": ["own"], "parameters": {"WG-IAM-04": {"max_hops": 3}}},
    "waivers": ["waivers.yaml"],
    "attestations": ["attestations.yaml"],
    "disclosure": {"security_txt": "security.txt"},
    "people": ["*ada*"],
    "workloads": ["*batch*"],
    "vendors": [],
    "evaluators": ["x"],
    "notify": {
        "slack": [{"webhook": {"env": "HOOK"}}],
        "webhooks": [{"url": "https://example.org/", "headers": {"Authorization": {"file": "token"}}}],
        "email": [
            {
                "host": "h",
                "port": 587,
                "username": "u",
                "password": {"env": "P"},
                "sender": "a@b.c",
                "recipients": ["a@b.c"],
            }
        ],
    },
}

WAIVERS: dict[str, Any] = {
    "waivers": [
        {
            "control": "WG-STO-04",
            "subject": "arn:aws:s3:::a*",
            "owner": "jo",
            "reason": "r",
            "ticket": "T-1",
            "granted": "2026-01-01",
            "expires": "2026-06-01",
            "compensating_control": "c",
        },
        {
            "control": "WG-STO-01",
            "subject": "*[!a-z]?",
            "owner": "jo",
            "reason": "r",
            "ticket": "T-1",
            "expires": "2026-06-01",
            "compensating_control": "c",
        },
    ]
}

MUTELIST: dict[str, Any] = {
    "Mutelist": {
        "Accounts": {
            "*": {
                "Checks": {
                    "s3_bucket_*": {
                        "Regions": ["*"],
                        "Resources": ["a", "b.*c", "(x|y)+"],
                        "Tags": ["k=v"],
                        "Description": "d expires: 2026-06-01",
                        "Exceptions": {
                            "Accounts": ["1"],
                            "Regions": ["r"],
                            "Resources": ["n.*"],
                            "Tags": ["t"],
                        },
                    }
                }
            },
            "111111111111": {
                "Checks": {
                    "*": {"Regions": ["eu-*"], "Resources": ["*"], "Description": "expires: 2026-05-01"}
                }
            },
        }
    }
}

ATTESTATIONS: dict[str, Any] = {
    "attestations": [
        {
            "control": "WG-GOV-01",
            "statement": "s",
            "by": "third_party",
            "attester": "Auditors",
            "evidence": "evidence.txt",
            "sha256": "0" * 64,
            "valid_until": "2026-12-31",
        },
        {
            "control": "WG-CON-07",
            "statement": "s",
            "by": "self",
            "attester": "a",
            "evidence": "none.txt",
            "sha256": "0" * 64,
            "valid_until": "2026-12-31",
        },
    ]
}

SECURITY_TXT = b"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

# ours
Contact: mailto:security@example.org
Expires: 2027-01-01T00:00:00.000Z
Policy: https://example.org/policy
Preferred-Languages: en, de
- dash
-----BEGIN PGP SIGNATURE-----
abc
-----END PGP SIGNATURE-----
"""


def report() -> dict[str, Any]:
    """A small report.json with something in every part."""
    return dict(json.loads(to_json(build.large(6, weights=2, stores=2))))


def own_control() -> dict[str, Any]:
    """A control of the shipped catalogue under a name of one's own, decided by an expression."""
    path = next(iter(sorted(catalogue_directory().glob("WG-STO-0*.yaml"))))
    control: dict[str, Any] = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 - texts alone
    control.pop("examples", None)
    return control | {
        "id": "LAB-STO-01",
        "check": {"cel": "subject.name.value.matches('a+') || size(subject.tags.value) > 3"},
    }


def protocol() -> dict[str, Any]:
    """A red-team protocol of the shipped catalogue."""
    path: Path = next(iter(sorted((catalogue_directory() / "protocols").glob("*.yaml"))))
    found: dict[str, Any] = yaml.load(path.read_text(), yaml.BaseLoader)  # noqa: S506 - texts alone
    return found


def plan(name: str) -> Any:
    """A plan that Terraform made; those of the tests of plans."""
    path = Path(__file__).parent.parent / "plan" / "plans" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))
