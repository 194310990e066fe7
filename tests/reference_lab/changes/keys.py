"""Changes to the keys of the accounts, one an account."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reference_lab.changes.writing import Edit, answers, key_record, number, principal, statement
from reference_lab.names import key_arn, policy, role_arn

_IN_ENCLAVE = {"kms:RecipientAttestation:PCR0": "7f" * 48}


def key_allows(
    key: str, who: str, sid: str = "More", action: Any = "kms:Decrypt", when: Mapping[str, Any] | None = None
) -> list[Edit]:
    """The policy of an account's key allows, by default decryption, and by default bound to nothing."""
    allowed = statement(sid, {"AWS": principal(who, number(key))}, action, "*", when)
    return [{"record": key_record(key), "policy": "GetKeyPolicy", "add": allowed}]


def key_granted(key: str, who: str, context: Mapping[str, str] | None = None) -> list[Edit]:
    """A grant lets somebody decrypt with an account's key; ``context`` binds it to an encryption context."""
    grant: dict[str, Any] = {
        "GrantId": "g1",
        "Name": "eval",
        "GranteePrincipal": principal(who, number(key)),
        "Operations": ["Decrypt"],
    }
    bound = {"Constraints": {"EncryptionContextEquals": dict(context)}} if context else {}
    return [answers(key_record(key), "ListGrants", {"Grants": [grant | bound]})]


def key_is(key: str, **described: Any) -> list[Edit]:
    """What DescribeKey says of an account's key besides what it says of an ordinary one."""
    identifier = key_arn(number(key))
    ordinary = {
        "KeyId": identifier.rpartition("/")[2],
        "Arn": identifier,
        "AWSAccountId": number(key),
        "KeyManager": "CUSTOMER",
        "Enabled": True,
        "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "MultiRegion": False,
    }
    return [answers(key_record(key), "DescribeKey", {"KeyMetadata": ordinary | described})]


def keys_in_hardware(keys: Iterable[str]) -> list[Edit]:
    """The keys of these accounts never leave hardware security modules of one's own."""
    inside = {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"}
    return [edit for key in keys for edit in key_is(key, **inside)]


def keys_for_enclaves(keys: Iterable[str]) -> list[Edit]:
    """Nobody may decrypt with the keys of these accounts but an attested enclave."""
    return [_only_host(key, "StringEqualsIgnoreCase", _IN_ENCLAVE, Sid="OnlyTheEnclave") for key in keys]


def key_for_hosts_that_measure(key: str, pcr0: str) -> list[Edit]:
    """An account's key asks of an enclave no more than a measurement like this pattern."""
    return [_only_host(key, "StringLike", {"kms:RecipientAttestation:PCR0": pcr0})]


def _only_host(key: str, operator: str, measured: Mapping[str, str], **more: str) -> Edit:
    host = {"AWS": role_arn(number(key), "EnclaveHost")}
    allowed = statement(None, host, "kms:Decrypt", "*", {operator: dict(measured)})
    return answers(key_record(key), "GetKeyPolicy", {"Policy": json.dumps(policy({**more, **allowed}))})
