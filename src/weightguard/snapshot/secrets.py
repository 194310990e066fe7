"""Keeps secrets out of a snapshot: by the name of a key, by the shape around a value, and by the look of a string.

Providers and Terraform states answer with secrets in known places (``SecretString``, a function's environment, user data) and in
unknown ones (a tag, a command line). So three nets, one behind the other, over every record before it is written:

* a key that names a secret: the value goes, whatever it looks like (`secret_name`);
* a shape that carries free values (environment variables, parameters, name and value pairs): the values go, the names stay;
* a string that looks like a credential (private keys, tokens, signed URLs, passwords in URLs): that part of the string goes.

Identifiers stay: ARNs, access key ids, names and times are evidence. A value that went is replaced by
``{"redacted": true, "bytes": n}``; a part of a string by ``[redacted]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from weightguard.errors import InputError

DEEPEST: Final = 100
"""Levels of nesting that a provider's answer may have. Real ones stay below 20."""

PART: Final = "[redacted]"
_LARGEST: Final = 2**40
"""Bytes that a mark may tell of: a number that says more was never one."""

_ENDS: Final = (
    "password", "passwd", "passphrase", "pwd", "secret", "secretstring", "secretbinary", "secretvalue", "secretkey",
    "secretaccesskey", "accesskeysecret", *(f"smtppasswordv{digit}" for digit in range(10)), "privatekey", "privatekeypem",
    "privatekeypempkcs8", "privatekeyopenssh", "privatekeydata", "privatekeyvalue", "token", "tokenvalue", "authtoken", "apikey",
    "apisecret", "accountkey", "sharedkey", "sastoken", "sasurl", "connectionstring", "connectionuri", "userdata",
    "userdatabase64", "customdata", "startupscript", "shutdownscript", "bootstrapscript", "credential", "keymaterial",
    "plaintext", "secretdata", "secretstringwo", "passwordwo", "masteruserpassword", "encryptedsecret", "webhookurl",
)  # fmt: skip
"""How the name of what holds a secret ends."""
_SECRET_EXACT: Final = frozenset({"primarykey", "secondarykey", "insecurevalue", "valuewo", "secrethash"})
_NAMES_OF_RESOURCES: Final = frozenset({"primarykey"})
"""Secrets as a text, resources as an object: an account key of Azure's, and the multi-Region key that others replicate."""
_FREE_VALUES: Final = frozenset(
    {
        "variables",
        "env",
        "envvars",
        "environmentvariable",
        "environmentvariables",
        "environmentoverrides",
        "runtimeenvironmentvariables",
        "sensitiveenvironmentvariables",
        "stagevariables",
        "appsettings",
    }
)
_PAIR_NAMES: Final = ("key", "name", "tagkey", "parameterkey", "outputkey", "keyname", "parametername")
_PAIR_VALUES: Final = frozenset({"value", "tagvalue", "parametervalue", "outputvalue", "stringvalue"})
_PARAMETER_TYPES: Final = frozenset({"String", "StringList", "SecureString"})
_BUILD_ENVIRONMENT: Final = frozenset({"image", "computetype"})
_PROSE_IDENTIFIER: Final = re.compile(
    r"arn:aws[a-z-]*:[a-z0-9-]+:[^\s]*|projects/[^\s/]+/(?:secrets|locations)/[^\s]+|/subscriptions/[^\s]+|[*]{3,}|"
    r"\$\{[^}]{1,200}\}|"
)

_LOOKS: Final[tuple[tuple[str, str], ...]] = (
    ("-----BEGIN ", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ("gh", r"\bgh[pousr]_[A-Za-z0-9]{20,}"),
    ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20,}"),
    ("glpat-", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{8,}"),
    ("xapp-", r"\bxapp-[A-Za-z0-9-]{8,}"),
    ("hooks.slack.com/", r"(?<=hooks\.slack\.com/)[A-Za-z0-9/_-]+"),
    ("sk-", r"\bsk-(?:ant-|proj-|live-|test-)?[A-Za-z0-9_-]{20,}"),
    ("k_live_", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("k_test_", r"\b[rs]k_test_[A-Za-z0-9]{16,}"),
    ("hf_", r"\bhf_[A-Za-z0-9]{20,}"),
    ("AIza", r"\bAIza[A-Za-z0-9_-]{30,}"),
    ("ya29.", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{30,}"),
    ("pypi-", r"\bpypi-[A-Za-z0-9_-]{30,}"),
    ("dop_v1_", r"\bdop_v1_[a-f0-9]{40,}"),
    ("hvs.", r"\bhvs\.[A-Za-z0-9_-]{20,}"),
    ("dckr_pat_", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("SG.", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("wandb_v1_", r"\bwandb_v1_[A-Za-z0-9_]{20,}"),
    ("AGE-SECRET-KEY-1", r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    ("AccountKey=", r"(?<=AccountKey=)[^;\s\"']+"),
    ("SharedAccessSignature=", r"(?<=SharedAccessSignature=)[^;\s\"']+"),
    ("sig=", r"(?<=[?&]sig=)[^&\s\"']+"),
    ("X-Amz-", r"(?:(?<=X-Amz-Signature=)|(?<=X-Amz-Security-Token=))[^&\s\"']+"),
    ("X-Goog-Signature=", r"(?<=X-Goog-Signature=)[^&\s\"']+"),
    ("://", r"(?<=://)[^/\s:@\"']{0,64}:[^/\s@\"']{1,256}(?=@)"),
    ("earer ", r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{16,}"),
)
"""Credentials by their look: text that every one of a kind holds, quick to search for, and the pattern of the whole."""

_CREDENTIALS: Final = tuple((marker, re.compile(pattern, re.DOTALL)) for marker, pattern in _LOOKS)
_TOKEN_LETTERS: Final = re.compile(r"[A-Za-z0-9_.-]{20,}")
_OBJECT: Final = "eyJ"
"""How a JSON object begins in base64."""
_TOKEN_PART: Final = 11
"""Characters of the shortest part that is taken for one of a token."""
_ASSIGNMENT: Final = re.compile(
    r"(?i)((?:password|passwd|passphrase|secret|secret[_-]?key|secret[_-]?access[_-]?key|token|api[_-]?key)"
    r"[\"']?\s?=\s?[\"']?)(?!arn:|\$)([^\s\"'&;,]{4,})"
)
_SECRET_FLAG: Final = re.compile(
    r"--?[A-Za-z0-9_-]*(?:password|passwd|passphrase|secret|token|api[_-]?key)", re.IGNORECASE
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9/+]{40}")
_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]")


def without_secrets(value: Any, depth: int = 0) -> Any:
    """A copy of a provider's answer without its secrets.

    Args:
        value: what JSON can hold.
        depth: for the recursion alone.

    Raises:
        InputError: it is nested more than `DEEPEST` levels deep.
    """
    if depth > DEEPEST:
        raise InputError(f"an answer is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        return text_without_secrets(value, depth)
    if isinstance(value, Mapping):
        return _stripped_mapping(value, depth)
    if isinstance(value, (list, tuple)):
        return _stripped_list(value, depth)
    return value


def text_without_secrets(text: str, depth: int = 0) -> Any:
    """A string without the parts that look like credentials; JSON inside a string is redacted as what it is."""
    if len(text) < 8:
        return text
    if text[0] in "{[":
        inner = _inner_json(text)
        if inner is not None:
            cleaned = without_secrets(inner, depth + 1)
            return (
                text if cleaned == inner else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))
            )
    if looks_like_aws_secret(text):
        return _gone(text)
    return scrub(text)


def scrub(text: str) -> str:
    """The text with everything that looks like a credential replaced by `PART`."""
    for marker, pattern in _CREDENTIALS:
        if marker in text:
            text = pattern.sub(PART, text)
    if ".eyJ" in text:
        text = _TOKEN_LETTERS.sub(_without_web_tokens, text)
    if "=" in text:
        text = _ASSIGNMENT.sub(rf"\1{PART}", text)
    return text


def scrub_key(key: str) -> str:
    """An object's key without what looks like a credential, part by part: a signed address or a token was made a name."""
    return "/".join(map(scrub, key.split("/"))) if len(key) >= 8 else key


def _without_web_tokens(run: re.Match[str]) -> str:
    """A run of letters that tokens are made of, without JSON web tokens: three parts, of which the first two are JSON objects.

    Part by part instead of by one pattern, which would start over at every ``eyJ`` and take the square of the length.
    """
    parts = run[0].split(".")
    kept: list[str] = []
    at = 0
    while at < len(parts):
        start = _token_start(parts, at)
        if start is None:
            kept.append(parts[at])
            at += 1
        else:
            kept.append(parts[at][:start] + PART)
            at += 3
    return ".".join(kept)


def _token_start(parts: Sequence[str], at: int) -> int | None:
    """Where in a part a JSON web token begins whose payload is the next part."""
    if at + 2 >= len(parts) or not parts[at + 1].startswith(_OBJECT) or len(parts[at + 1]) < _TOKEN_PART:
        return None
    start = parts[at].find(_OBJECT)
    return start if start >= 0 and len(parts[at]) - start >= _TOKEN_PART else None


def secret_name(name: str) -> bool:
    """Does a key of this name hold a secret? Condition keys (``aws:TokenIssueTime``) and paths are names, never holders."""
    return _is_secret(name, _plain(name))


def _is_secret(name: str, plain: str) -> bool:
    if ":" in name or "/" in name or len(name) > 80:
        return False
    return plain in _SECRET_EXACT or plain.endswith(_ENDS)


def looks_like_aws_secret(text: str) -> bool:
    """Forty base64 characters without the rhythm of words or of a hexadecimal digest."""
    if len(text) != 40 or not _BARE_KEY.fullmatch(text):
        return False
    kinds = ["u" if c.isupper() else "l" if c.islower() else "d" if c.isdigit() else "s" for c in text]
    changes = sum(1 for a, b in pairwise(kinds) if a != b)
    return {"u", "l", "d"} <= set(kinds) and changes >= 16


def _plain(name: str) -> str:
    lowered = name.lower()
    return lowered if lowered.isascii() and lowered.isalnum() else _NOT_LETTERS.sub("", lowered)


def _inner_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _gone(value: object) -> dict[str, object]:
    size = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else len(str(value))
    return {"redacted": True, "bytes": size}


def _is_mark(value: Mapping[Any, Any]) -> bool:
    """Whether it is what `_gone` left: nothing but the mark and a size."""
    size = value.get("bytes")
    return (
        set(value) == {"redacted", "bytes"}
        and value["redacted"] is True
        and type(size) is int
        and 0 <= size <= _LARGEST
    )


def _stripped_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    if _is_mark(value):
        return dict(value)
    plain = {str(key): _plain(str(key)) for key in value}
    hidden = _hidden_values(value, plain)
    return {
        name: _stripped_member(name, plain[name], member, hidden, depth + 1)
        for name, member in ((str(key), member) for key, member in value.items())
    }


def _stripped_member(key: str, plain: str, member: Any, hidden: frozenset[str], depth: int) -> Any:
    if member is None or isinstance(member, bool):
        return member
    if plain in _NAMES_OF_RESOURCES and isinstance(member, Mapping):
        return without_secrets(member, depth)
    if key in hidden or _is_secret(key, plain):
        return _opaque(member, depth)
    if isinstance(member, str):
        return without_secrets(member, depth)
    if plain in _FREE_VALUES or (plain == "environment" and _flat_environment(member)):
        return _free_values(member, depth)
    return without_secrets(member, depth)


def _hidden_values(value: Mapping[Any, Any], plain: Mapping[str, str]) -> frozenset[str]:
    """The keys of a name-and-value pair whose value is a secret, by its name or by the shape of a stored parameter.

    Args:
        plain: each key's name as names are compared.
    """
    if _PAIR_VALUES.isdisjoint(plain.values()):
        return frozenset()
    names = {said: name for name, said in plain.items()}
    values = _PAIR_VALUES & names.keys()
    kind = value.get(names.get("type", ""))
    stored = isinstance(kind, str) and kind in _PARAMETER_TYPES
    named = any(secret_name(str(value[names[name]])) for name in _PAIR_NAMES if name in names)
    account_key = "keyname" in names and "permissions" in names
    hidden = stored or named or account_key or value.get("sensitive") is True
    return frozenset(names[name] for name in values) if hidden else frozenset()


def _flat_environment(member: Any) -> bool:
    """Environment variables as a flat object, pairs or ``NAME=value``, as opposed to a build environment or a tag's name."""
    if isinstance(member, Mapping):
        scalar = all(not isinstance(item, (Mapping, list, tuple)) for item in member.values())
        return scalar and not _BUILD_ENVIRONMENT & {_plain(str(key)) for key in member}
    if isinstance(member, (list, tuple)):
        return all(_is_pair(item) or (isinstance(item, str) and "=" in item) for item in member)
    return False


def _is_pair(item: Any) -> bool:
    return isinstance(item, Mapping) and "value" in {_plain(str(key)) for key in item}


def _free_values(member: Any, depth: int) -> Any:
    """Every value gone, every name kept: of an object, of a list of pairs; lines of ``NAME=value`` go whole."""
    if isinstance(member, Mapping) and not _is_mark(member):
        return {str(key): _opaque(item, depth + 1) for key, item in member.items()}
    if isinstance(member, (list, tuple)):
        return [_free_item(item, depth + 1) for item in member]
    return _opaque(member, depth)


def _free_item(item: Any, depth: int) -> Any:
    if not isinstance(item, Mapping):
        return _opaque(item, depth)
    if not _is_pair(item):
        return _stripped_mapping(item, depth)
    return {
        str(key): _opaque(part, depth) if _plain(str(key)) == "value" else without_secrets(part, depth + 1)
        for key, part in item.items()
    }


def _opaque(member: Any, depth: int) -> Any:
    """Everything inside gone but for identifiers: ARNs and resource paths say where a secret lies, not what it is."""
    if depth > DEEPEST:
        raise InputError(f"an answer is nested more than {DEEPEST} levels deep")
    if isinstance(member, Mapping) and _is_mark(member):
        return dict(member)
    if isinstance(member, Mapping):
        return {str(key): _opaque(item, depth + 1) for key, item in member.items()}
    if isinstance(member, (list, tuple)):
        return [_opaque(item, depth + 1) for item in member]
    if member is None or isinstance(member, bool):
        return member
    if isinstance(member, str) and _PROSE_IDENTIFIER.fullmatch(member):
        return member
    return _gone(member)


def _stripped_list(value: Sequence[Any], depth: int) -> list[Any]:
    cleaned: list[Any] = []
    for index, item in enumerate(value):
        before = value[index - 1] if index else None
        follows_flag = (
            isinstance(before, str) and isinstance(item, str) and _SECRET_FLAG.fullmatch(before) is not None
        )
        cleaned.append(_opaque(item, depth) if follows_flag else without_secrets(item, depth + 1))
    return cleaned
