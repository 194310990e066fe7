"""A second, slow decision procedure over a small universe, written from the documentation alone.

It shares no code with the engine: patterns are regular expressions, policies are walked as plain JSON, and every question is
about one fully known world. Where the engine leaves a decision open, the worlds are enumerated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any

A, B = "111111111111", "222222222222"

PRINCIPALS: dict[str, dict[str, Any]] = {
    "user": {"given": f"arn:aws:iam::{A}:user/alice", "account": A, "own": [f"arn:aws:iam::{A}:user/alice"]},
    "role": {"given": f"arn:aws:iam::{A}:role/r", "account": A, "lesser": [f"arn:aws:iam::{A}:role/r"]},
    "session": {
        "given": f"arn:aws:sts::{A}:assumed-role/r/s",
        "account": A,
        "own": [f"arn:aws:sts::{A}:assumed-role/r/s"],
        "lesser": [f"arn:aws:iam::{A}:role/r"],
        "arn": f"arn:aws:iam::{A}:role/r",
    },
    "stranger": {"given": f"arn:aws:iam::{B}:user/eve", "account": B, "own": [f"arn:aws:iam::{B}:user/eve"]},
    "root": {"given": f"arn:aws:iam::{A}:root", "account": A},
    "service": {"given": {"service": "ec2.amazonaws.com"}, "account": None},
    "anonymous": {"given": "*", "account": None},
}

ACTIONS = ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole", "s3:ListAllMyBuckets"]
RESOURCES = {
    "s3:GetObject": ["arn:aws:s3:::m/a", "arn:aws:s3:::m/b/c", "arn:aws:s3:::n/a"],
    "s3:PutObject": ["arn:aws:s3:::m/a", "arn:aws:s3:::m/b/c"],
    "kms:Decrypt": [f"arn:aws:kms:us-east-1:{A}:key/1"],
    "sts:AssumeRole": [f"arn:aws:iam::{A}:role/t"],
    "s3:ListAllMyBuckets": ["*"],
}
ACTION_PATTERNS = [
    "*",
    "s3:*",
    "S3:get*",
    "s3:GetObject",
    "kms:Decrypt",
    "kms:*",
    "sts:Assume?ole",
    "s3:List*",
    "iam:*",
]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:::m/*",
    "arn:aws:s3:::m/a",
    "arn:aws:s3:::?/a",
    "arn:aws:s3:::m/${aws:PrincipalTag/t}*",
    "arn:aws:s3:::*/c",
    f"arn:aws:kms:us-east-1:{A}:key/*",
    f"arn:aws:iam::{A}:role/t",
]
KEYS: dict[str, list[Any]] = {
    "aws:SourceVpce": ["v1", "v2"],
    "aws:MultiFactorAuthPresent": ["true", "false"],
    "aws:PrincipalTag/t": ["a", "b"],
    "aws:CalledVia": [["x"], ["x", "y"], ["z"]],
}
PRINCIPAL_ELEMENTS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": A},
    {"AWS": f"arn:aws:iam::{B}:root"},
    {"AWS": [f"arn:aws:iam::{A}:user/alice", f"arn:aws:iam::{B}:user/eve"]},
    {"AWS": f"arn:aws:iam::{A}:role/r"},
    {"AWS": f"arn:aws:sts::{A}:assumed-role/r/s"},
    {"Service": "ec2.amazonaws.com"},
]


@dataclass
class Case:
    """One generated question: who, what, where, with which policies and which known context."""

    principal: str
    action: str
    resource: str
    layers: dict[str, Any]
    context: dict[str, Any]


def generate(random: Random) -> Case:
    """A random case; the layers lean towards allowing, so that every layer gets its say."""
    principal = random.choice(list(PRINCIPALS))
    action = random.choice(ACTIONS)
    layers: dict[str, Any] = {
        "identity": document(random, None, 3) if random.random() < 0.8 else None,
        "resource": document(random, action, 3) if random.random() < 0.6 else None,
        "boundary": document(random, None, 2) if random.random() < 0.25 else None,
        "session": document(random, None, 2) if random.random() < 0.25 else None,
        "scp": [document(random, None, 2) for _ in range(random.randint(1, 2))]
        if random.random() < 0.3
        else None,
        "rcp": [document(random, "rcp", 2) for _ in range(random.randint(1, 2))]
        if random.random() < 0.25
        else None,
        "vpc_endpoint": document(random, "endpoint", 2) if random.random() < 0.15 else None,
    }
    context = {key: random.choice(values) for key, values in KEYS.items() if random.random() < 0.5}
    return Case(principal, action, random.choice(RESOURCES[action]), layers, context)


def document(random: Random, principals: str | None, most: int) -> dict[str, Any]:
    count = random.randint(1, most)
    version = "2012-10-17" if random.random() < 0.95 else "2008-10-17"
    return {"Version": version, "Statement": [statement(random, principals) for _ in range(count)]}


def statement(random: Random, principals: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"Effect": "Allow" if random.random() < 0.75 else "Deny"}
    element = "NotAction" if random.random() < 0.1 else "Action"
    entry[element] = random.sample(ACTION_PATTERNS, random.randint(1, 2))
    if principals != "sts:AssumeRole":
        element = "NotResource" if random.random() < 0.1 else "Resource"
        entry[element] = (
            random.sample(RESOURCE_PATTERNS, random.randint(1, 2)) if random.random() < 0.7 else "*"
        )
    if principals is not None:
        wide = principals == "rcp" or (principals == "endpoint" and random.random() < 0.7)
        excepts = entry["Effect"] == "Deny" and principals != "rcp" and random.random() < 0.2
        element = "NotPrincipal" if excepts else "Principal"
        entry[element] = "*" if wide else random.choice(PRINCIPAL_ELEMENTS)
    if random.random() < 0.45:
        entry["Condition"] = dict(condition(random) for _ in range(random.randint(1, 2)))
    return entry


def condition(random: Random) -> tuple[str, dict[str, Any]]:
    kind = random.randrange(6)
    if kind == 0:
        return "Bool" + random.choice(["", "IfExists"]), {
            "aws:MultiFactorAuthPresent": random.choice(["true", "false"])
        }
    if kind == 1:
        return "Null", {random.choice(list(KEYS)): random.choice(["true", "false"])}
    if kind == 2:
        operator = random.choice(["ForAllValues:", "ForAnyValue:"]) + random.choice(
            ["StringEquals", "StringNotEquals", "StringLike"]
        )
        return operator, {"aws:CalledVia": random.sample(["x", "y", "z"], random.randint(1, 2))}
    if kind == 3:
        operator = random.choice(["StringLike", "StringNotLike"])
        return operator, {"aws:PrincipalTag/t": random.choice(["a", "?", "b*"])}
    if kind == 4:
        operator = random.choice(["StringEquals", "StringNotEquals"])
        return operator, {"aws:SourceVpce": random.choice(["v${aws:PrincipalTag/t}", "v1"])}
    operator = random.choice(
        ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringNotEqualsIfExists"]
    )
    return operator, {"aws:sourcevpce": random.sample(["v1", "v2"], random.randint(1, 2))}


def answer(case: Case, world: dict[str, Any]) -> str:
    """The decision in a world where every key has a value or is absent."""
    who = PRINCIPALS[case.principal]
    docs = case.layers
    said = {
        name: said_by(docs[name], case, world)
        for name in ("identity", "resource", "boundary", "session", "vpc_endpoint")
    }
    in_account = who["account"] is not None
    scps = [said_by(level, case, world) for level in docs["scp"] or []] if in_account else []
    rcp_applies = case.action.split(":")[0] in {"s3", "kms", "sts"}
    rcps = [said_by(level, case, world) for level in docs["rcp"] or []] if rcp_applies else []
    own_layers = ("identity", "boundary", "session", "resource", "vpc_endpoint")
    consulted = [said[name] for name in own_layers if docs[name] is not None]
    if not in_account or case.principal == "root":
        consulted = [said[name] for name in own_layers[1:] if docs[name] is not None]
    if any("deny" in one for one in [*consulted, *scps, *rcps]):
        return "denied_explicitly"
    if any(not one & {"self", "lesser", "account", "all"} for one in [*scps, *rcps]):
        return "denied_implicitly"
    if docs["vpc_endpoint"] is not None and not said["vpc_endpoint"]:
        return "denied_implicitly"
    if case.principal == "root" and case.action == "sts:AssumeRole":
        return "denied_implicitly"
    return "allowed" if granted(case, who, docs, said) else "denied_implicitly"


def granted(case: Case, who: dict[str, Any], docs: dict[str, Any], said: dict[str, set[str]]) -> bool:
    named = said["resource"] if docs["resource"] is not None else set()
    unlimited = all(docs[name] is None or said[name] for name in ("boundary", "session"))
    identity = case.principal == "root" or bool(docs["identity"] is not None and said["identity"])
    if who["account"] is None:
        return bool(named)
    if who["account"] != A:
        return bool(named) and identity and unlimited
    if named & {"self", "all"}:
        return True
    if "lesser" in named and unlimited:
        return True
    if case.action in {"kms:Decrypt", "sts:AssumeRole"} and "account" not in named:
        return False
    return identity and unlimited


def said_by(doc: dict[str, Any] | None, case: Case, world: dict[str, Any]) -> set[str]:
    """How the document's statements that match name the principal; "deny" when one of them denies."""
    found: set[str] = set()
    for entry in doc["Statement"] if doc else []:
        how = names(entry, case)
        if how is None or not concerns(entry, case, world, doc or {}):
            continue
        found.add("deny" if entry["Effect"] == "Deny" else how)
    return found


def names(entry: dict[str, Any], case: Case) -> str | None:
    who = PRINCIPALS[case.principal]
    if "NotPrincipal" in entry:
        if case.layers["boundary"] is not None:
            return "all"
        how = named_in(entry["NotPrincipal"], who, case.principal)
        if how == "account" or (how in {"self", "lesser"} and not names_account(entry["NotPrincipal"], who)):
            return None if case.principal == "root" else "all"
        return "all" if how is None else None
    return named_in(entry["Principal"], who, case.principal) if "Principal" in entry else "all"


def names_account(element: Any, who: dict[str, Any]) -> bool:
    """Whether the element names the principal's account as well; services have none."""
    if who.get("account") is None:
        return True
    entries = element.get("AWS", [])
    entries = entries if isinstance(entries, list) else [entries]
    return bool(set(entries) & {"*", who["account"], f"arn:aws:iam::{who['account']}:root"})


def named_in(element: Any, who: dict[str, Any], kind: str) -> str | None:
    if element == "*":
        return "all"
    if kind == "service":
        return "self" if element.get("Service") == "ec2.amazonaws.com" else None
    entries = element.get("AWS", [])
    entries = entries if isinstance(entries, list) else [entries]
    if "*" in entries:
        return "all"
    if set(entries) & set(who.get("own", [])):
        return "self"
    if set(entries) & set(who.get("lesser", [])):
        return "lesser"
    if set(entries) & {who["account"], f"arn:aws:iam::{who['account']}:root"}:
        return "account"
    return None


def concerns(entry: dict[str, Any], case: Case, world: dict[str, Any], doc: dict[str, Any]) -> bool:
    variables = doc["Version"] == "2012-10-17"
    if "Action" in entry and not any(like(one.lower(), case.action.lower()) for one in entry["Action"]):
        return False
    if "NotAction" in entry and any(like(one.lower(), case.action.lower()) for one in entry["NotAction"]):
        return False
    for element, wanted in (("Resource", True), ("NotResource", False)):
        if element in entry:
            values = entry[element] if isinstance(entry[element], list) else [entry[element]]
            if not wanted and not all(substituted(one, world, variables)[1] for one in values):
                return False
            hit = any(resource_hit(one, case.resource, world, variables) for one in values)
            if hit is not wanted:
                return False
    tests = [
        (operator, key, value)
        for operator, keys in entry.get("Condition", {}).items()
        for key, value in keys.items()
    ]
    return all(holds(operator, key, value, world, variables) for operator, key, value in tests)


def resource_hit(pattern: str, resource: str, world: dict[str, Any], variables: bool) -> bool:
    literal, ok = substituted(pattern, world, variables)
    return ok and like(literal, resource)


def substituted(text: str, world: dict[str, Any], variables: bool) -> tuple[str, bool]:
    if not variables or "${" not in text:
        return text, True
    tag = world.get("aws:principaltag/t")
    return (text.replace("${aws:PrincipalTag/t}", str(tag)), True) if tag is not None else (text, False)


def like(pattern: str, text: str) -> bool:
    body = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(body, text, re.DOTALL) is not None


def holds(operator: str, key: str, value: Any, world: dict[str, Any], variables: bool) -> bool:
    """One condition in one world, operator by operator as the documentation words them."""
    wanted = value if isinstance(value, list) else [value]
    given = world.get(key.lower())
    if operator == "Null":
        return (given is None) is (wanted == ["true"])
    quantifier, _, bare = operator.rpartition(":")
    optional = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    negative = "Not" in bare
    if given is None:
        if optional or quantifier == "ForAllValues":
            return True
        return negative and quantifier == ""
    pairs = [substituted(one, world, variables) for one in wanted]
    if negative and not all(ok for _, ok in pairs):
        return False
    values = [text for text, ok in pairs if ok]
    compare = like if "Like" in bare else (lambda pattern, text: pattern == text)
    hits = [
        any(compare(one, item) for one in values) for item in (given if isinstance(given, list) else [given])
    ]
    results = [hit is not negative for hit in hits]
    return any(results) if quantifier == "ForAnyValue" else all(results)


def holds_in_formula(operator: str, key: str, values: tuple[str, ...], world: dict[str, Any]) -> bool:
    """A condition of a formula in one world; a formula writes some tests in ways that no policy does."""
    if operator == "ResourceLike":
        raise AssertionError("resource conditions are evaluated by the test, which knows the resource")
    return holds(operator, key, list(values), world, True)
