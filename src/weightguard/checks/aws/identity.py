"""IAM: what policies hand over, whom roles trust, and what the organisation manages of its accounts' root users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weightguard.checks.aws.decisions import allowing
from weightguard.checks.aws.resource_policies import outside_grants
from weightguard.checks.aws.resources import looked_for
from weightguard.checks.relations import is_outside, lies_at, missing, principal_named, unseen
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.aws.partition import bucket_name
from weightguard.estate.aws.vocabulary import account_in
from weightguard.estate.fact import Source
from weightguard.estate.model import Account, NamedPolicy, Organisation, Principal, PrincipalKind
from weightguard.policy.aws import managed_policy

POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
ALWAYS_SENT = frozenset({"aws:principalarn", "aws:principalaccount"})
NAMING = ALWAYS_SENT | {
    "aws:principalorgid", "aws:principalorgpaths",
    "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
}  # fmt: skip
"""Condition keys that say whose request it is; tags, kinds and addresses are shared by strangers."""

SERVICES = ("s3", "kms", "iam", "sts", "organizations", "secretsmanager")


def root_managed_centrally(organisation: Organisation, context: Context) -> Verdict:
    """Root credentials of member accounts are managed from above."""
    account = next(
        (one for one in context.estate.accounts if one.id == organisation.management_account), None
    )
    fact = account.settings.get("iam.ListOrganizationsFeatures") if account is not None else None
    if fact is None:
        missing(
            Source.asked(
                organisation.provider, organisation.management_account, "iam", "ListOrganizationsFeatures"
            )
        )
    features = (context.read(fact, "organisation.root_features") or {}).get("EnabledFeatures", ())
    if "RootCredentialsManagement" not in features:
        return Verdict.failed(
            "every member account keeps a root user of its own: root credentials are not managed centrally"
        )
    return Verdict.passed("root credentials of member accounts are managed centrally")


def no_wildcard_reach(principal: Principal, context: Context) -> Verdict:
    """No policy hands over a whole service, or everything."""
    if principal.service_linked:
        return Verdict.not_applicable("a service-linked role: the provider writes its policy")
    broad = [
        said("{policy} ({wildcard})", policy=Ref(policy.name), wildcard=wildcard)
        for policy in _policies(principal, context)
        for wildcard in _wildcards(policy, principal, context)
    ]
    if broad:
        return Verdict.failed("whole services are allowed on every resource: {broad}", broad=some(broad))
    return Verdict.passed("no policy allows a whole service on every resource")


def _policies(principal: Principal, context: Context) -> Iterator[NamedPolicy]:
    yield from context.read(principal.policies)
    for group in context.read(principal.groups):
        found = principal_named(group, context)
        if found is None:
            unseen(principal, "iam", "GetAccountAuthorizationDetails", group)
        yield from context.read(found.policies, "group.policies")


def _wildcards(policy: NamedPolicy, principal: Principal, context: Context) -> Iterator[str]:
    """Action patterns that an allow gives on every resource without a condition, and that cover a service or more."""
    document = policy.document
    if document is None:
        document = managed_policy(policy.id) if policy.origin == "provider" else None
        if document is None:
            unseen(principal, "iam", "GetAccountAuthorizationDetails", policy.id)
    for statement in allowing(NamedPolicy(policy.id, policy.name, document, policy.origin)):
        if statement.get("Condition") or not _everywhere(statement):
            continue
        if "NotAction" in statement:
            yield "everything but some actions"
        for pattern in _list(statement.get("Action")):
            service = pattern.lower().partition(":")[0]
            if pattern == "*" or (pattern.lower().endswith(":*") and service in (*SERVICES, "*")):
                yield pattern


def _everywhere(statement: Mapping[str, Any]) -> bool:
    return "NotResource" in statement or any(
        one == "*" or bucket_name(one) in ("*", "*/*") for one in _list(statement.get("Resource"))
    )


def _list(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def trust_is_exclusive(principal: Principal, context: Context) -> Verdict:
    """A role that reaches weights trusts exactly those meant to use it."""
    if principal.kind is not PrincipalKind.ROLE or principal.service_linked:
        return Verdict.not_applicable("not a role that somebody can be let into")
    trust = context.read(principal.trust)
    if trust is None:
        return Verdict.passed("the role trusts nobody")
    loose = [problem for statement in allowing(trust) for problem in _loose(statement, principal, context)]
    if loose:
        return Verdict.failed("the role lets in more than those meant to use it: {loose}", loose=some(loose))
    return Verdict.passed("the role trusts exactly named parties")


def _loose(statement: Mapping[str, Any], role: Principal, context: Context) -> Iterator[Value]:
    party = statement.get("Principal", "*")
    named = {"AWS": ["*"]} if party == "*" else {kind: _list(value) for kind, value in party.items()}
    tests = [*_tests(statement)]
    for written in named.get("AWS", ()):
        yield from _loose_account(written, tests, role, context)
    subjects = [
        value for _, key, values in tests if key.endswith((":sub", ":repository")) for value in values
    ]
    for provider in named.get("Federated", ()):
        if "saml-provider" not in provider and (
            not subjects or any(is_open_subject(one) for one in subjects)
        ):
            yield said("any subject of {provider}", provider=Ref(provider.rpartition("/")[2]))


def _loose_account(
    written: str, tests: Sequence[tuple[str, str, list[str]]], role: Principal, context: Context
) -> Iterator[Value]:
    """What is wrong with letting in an AWS principal under the tests of its statement."""
    account = account_in(written)
    if written == "*":
        if not any(_names_parties(*test) for test in tests):
            yield "everybody"
    elif account is not None and is_outside(account, context):
        if not any(_asks_secret(*test) for test in tests):
            yield said("the account {account} without an external id", account=Ref(account))
    elif written.endswith(":root") and account == role.account and not tests:
        yield "the whole account"


def _tests(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key and values of each test of a statement's condition, names in lower case."""
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, values in tests.items():
            yield operator.lower(), key.lower(), _list(values)


def _asks_secret(operator: str, key: str, values: list[str]) -> bool:
    """Whether a test asks for an external id, and not just for any."""
    return (
        key == "sts:externalid" and operator in POSITIVE and not any(set(one) <= {"*", "?"} for one in values)
    )


def _names_parties(operator: str, key: str, values: list[str]) -> bool:
    """Whether a test holds for parties alone that its values name: the account, the organisation, the source.

    A test that also holds where the key is missing names nobody, unless every signed request has the key.
    """
    plain = operator.removeprefix("foranyvalue:")
    if key in ALWAYS_SENT:
        plain = plain.removesuffix("ifexists")
    return (
        key in NAMING
        and plain in POSITIVE
        and bool(values)
        and not any(_is_open_value(key, value) for value in values)
    )


def _is_open_value(key: str, value: str) -> bool:
    """Whether a value leaves open whose account or organisation it means; a variable of the role's own side does not."""
    for own in ("${aws:resourceaccount}", "${aws:resourceorgid}", "${aws:resourceorgpaths}"):
        value = value.lower().replace(own, "own")
    owner = value
    if key.endswith("arn"):
        parts = value.split(":", 5)
        owner = (parts[4] or value) if len(parts) == 6 else "*"
    elif key.endswith("orgpaths"):
        owner = value.partition("/")[0]
    return not owner or any(sign in owner for sign in "*?$")


def is_open_subject(subject: str) -> bool:
    """Whether a federated subject's pattern leaves the owner, the repository or the branch open.

    Terraform Cloud ends its subjects in the phase of a run, which may be open: who plans is who applies.
    """
    bound = subject.removesuffix(":run_phase:*")
    return bound in ("", "*") or "*" in bound or bound.endswith(":")


def secrets_closed(account: Account, context: Context) -> Verdict:
    """No stored secret is open to outsiders."""
    secrets = [
        one
        for one in context.glance(context.estate.secrets)
        if one.account == account.id and one.kind == "secretsmanager"
    ]
    opened = outside_grants(
        secrets, ("secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy"), account, context
    )
    if opened:
        return Verdict.failed("outsiders may read secrets: {opened}", opened=refs(opened))
    context.require(gap for gap in context.estate.secrets.gaps if lies_at(gap, account))
    looked_for(account, secrets, ("secretsmanager", "ListSecrets"))
    return Verdict.passed("{count} secrets, none is open to outsiders", count=len(secrets))
