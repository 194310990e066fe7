"""Becoming somebody through what vouches for them: providers, Identity Center, an organisation, both ends of a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from small_estates import (
    HOME,
    STORE,
    account,
    allow,
    arn,
    boundary,
    deny,
    document,
    estate,
    known,
    provider,
    role,
    store,
    trusting,
    user,
    workload,
)

from weightguard.access import AccessKind, Answer, build
from weightguard.estate.model import Estate

ACTOR = arn("user", "actor")
READS = allow("s3:GetObject", f"{STORE}/*")
MANAGEMENT, MEMBER = "999999999999", HOME
HOST = f"arn:aws:iam::{HOME}:oidc-provider/ci.example"
CORPORATE = f"arn:aws:iam::{HOME}:saml-provider/corporate"


def found(things: Estate) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(things).who_can(AccessKind.READ, STORE).answers}


def federated(host: str, action: str) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": {"Federated": host}, "Action": action})


def test_whoever_replaces_a_saml_providers_metadata_is_anybody_that_it_vouches_for() -> None:
    trusting_it = role("people", READS, trust=federated(CORPORATE, "sts:AssumeRoleWithSAML"))
    able = user("actor", allow("iam:UpdateSAMLProvider", CORPORATE))
    answer = found(estate(able, trusting_it, provider(CORPORATE, "saml"), store()))[ACTOR]
    assert answer.certainty == "certain"
    assert [hop.how for hop in answer.path] == [
        "iam:UpdateSAMLProvider",
        "sts:AssumeRoleWithSAML",
        "s3:GetObject",
    ]
    elsewhere = user("actor", allow("iam:UpdateSAMLProvider", CORPORATE + "-other"))
    assert ACTOR not in found(estate(elsewhere, trusting_it, provider(CORPORATE, "saml"), store()))
    assert ACTOR not in found(estate(able, role("people", READS), provider(CORPORATE, "saml"), store()))


def test_a_thumbprint_alone_leaves_the_answer_hanging() -> None:
    trusting_it = role("ci", READS, trust=federated(HOST, "sts:AssumeRoleWithWebIdentity"))
    able = user("actor", allow("iam:UpdateOpenIDConnectProviderThumbprint", HOST))
    assert found(estate(able, trusting_it, provider(HOST), store()))[ACTOR].certainty == "conditional"


def organisation(*statements: dict[str, Any], managed: bool = True) -> Estate:
    """A management account whose administrator may enter the member account, where an SCP forbids reading."""
    forbidding = document(allow("*"), deny("s3:GetObject"))
    return estate(
        account(MANAGEMENT, organisation="o-1", management=managed),
        account(MEMBER, forbidding, organisation="o-1"),
        user("actor", allow("sts:AssumeRole", arn("role", "entry")), *statements, account=MANAGEMENT),
        role("entry", READS, trust=trusting(f"arn:aws:iam::{MANAGEMENT}:root")),
        store(),
    )


def test_an_organisations_administrator_lifts_the_guardrail_first() -> None:
    name = arn("user", "actor", MANAGEMENT)
    assert name not in found(organisation())
    answer = found(organisation(allow("organizations:DetachPolicy")))[name]
    assert [hop.how for hop in answer.path] == [
        "organizations:DetachPolicy",
        "sts:AssumeRole",
        "s3:GetObject",
    ]
    assert name not in found(organisation(allow("organizations:DetachPolicy"), managed=False))


def test_whoever_runs_identity_center_administers_every_account() -> None:
    sso = "AWSReservedSSO_view_0123456789abcdef"
    people = role(sso, allow("ec2:Describe*"), trust=federated(CORPORATE, "sts:AssumeRoleWithSAML"))
    people = replace(people, id=f"arn:aws:iam::{MEMBER}:role/aws-reserved/sso.amazonaws.com/{sso}")
    name = arn("user", "actor", MANAGEMENT)

    def made(*statements: dict[str, Any]) -> Estate:
        return estate(
            account(MANAGEMENT, organisation="o-1", management=True),
            account(MEMBER, organisation="o-1"),
            user("actor", *statements, account=MANAGEMENT),
            people,
            store(),
        )

    assert name in found(made(allow("sso:CreateAccountAssignment")))
    assert name not in found(made(allow("sso:ListInstances")))


def test_both_ends_of_a_change_in_the_same_hands() -> None:
    """The actor may change a role, and run code on a function that holds it: neither alone reads."""
    function = workload(
        f"arn:aws:lambda:us-east-1:{HOME}:function:f", "lambda", "function", arn("role", "target")
    )
    target = role("target", trust=trusting({"Service": "lambda.amazonaws.com"}))
    change, run = (
        allow("iam:PutRolePolicy", arn("role", "target")),
        allow(["lambda:UpdateFunctionCode", "lambda:InvokeFunction"]),
    )
    answer = found(estate(user("actor", change, run), target, function, store()))[ACTOR]
    assert [hop.how for hop in answer.path] == [
        "iam:PutRolePolicy",
        "lambda:UpdateFunctionCode + lambda:InvokeFunction",
        "runs as",
        "s3:GetObject",
    ]
    assert [hop.origin.rpartition("/")[2] for hop in answer.path][-1] == "target"
    assert ACTOR not in found(estate(user("actor", change), target, function, store()))
    assert ACTOR not in found(estate(user("actor", run), target, function, store()))
    limited = role(
        "target", trust=trusting({"Service": "lambda.amazonaws.com"}), boundary=boundary(allow("lambda:*"))
    )
    assert ACTOR not in found(estate(user("actor", change, run), limited, function, store()))


def test_two_identities_that_one_person_reaches_make_a_change_together() -> None:
    changer = role("changer", allow("iam:AttachRolePolicy", arn("role", "target")), trust=trusting(ACTOR))
    entry = role("entry", trust=trusting(ACTOR))
    target = role("target", trust=trusting(arn("role", "entry")))
    assert ACTOR in found(estate(user("actor"), changer, entry, target, store()))
    assert ACTOR not in found(
        estate(user("actor"), changer, role("entry", trust=trusting(arn("user", "else"))), target, store())
    )
    assert arn("role", "changer") not in found(estate(user("actor"), changer, entry, target, store()))


def test_whoever_is_named_abroad_gives_itself_what_it_lacks() -> None:
    """Across accounts both sides must allow: the user's own side does only after it has changed itself."""
    name = arn("user", "actor", MANAGEMENT)
    accounts = (account(MANAGEMENT), account(HOME))
    entry = role("entry", READS, trust=trusting(name))
    limit = boundary(allow(["iam:PutUserPolicy", "sts:*", "s3:*"]))
    on_itself = allow("iam:PutUserPolicy", f"arn:aws:iam::{MANAGEMENT}:user/${{aws:username}}")
    able = user("actor", on_itself, account=MANAGEMENT, boundary=limit)
    twin = user("twin", on_itself, account=MANAGEMENT, boundary=limit)
    reached = found(estate(able, twin, entry, store(), *accounts))
    assert name in reached
    assert twin.id not in reached
    assert name not in found(estate(user("actor", account=MANAGEMENT), entry, store(), *accounts))
    named = store(
        policy=document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": name},
                "Action": "s3:GetObject",
                "Resource": f"{STORE}/*",
            }
        )
    )
    assert set(found(estate(able, twin, named, *accounts))) == {name}


def test_roles_that_share_a_trust_policy_are_cited_by_their_own() -> None:
    """The first of them trusts itself with the others: it assumes the others, and each hop names the policy of its own target."""
    trust = trusting(arn("role", "one"))
    things = estate(role("one", trust=trust), role("two", READS, trust=trust), store())
    path = found(things)[arn("role", "one")].path
    assert [(hop.target, [one.policy for one in hop.because]) for hop in path] == [
        (arn("role", "two"), [f"{arn('role', 'two')}#trust policy"]),
        (STORE, [f"{arn('role', 'two')}#own"]),
    ]


def test_sessions_and_unique_ids_mean_their_principals() -> None:
    session = f"arn:aws:sts::{HOME}:assumed-role/actor/me"
    actor = role("actor", unique_id="AROAACTOR")
    lets_in = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{STORE}/*"}
    for named in (session, "AROAACTOR"):
        things = estate(actor, role("twin"), store(policy=document({**lets_in, "Principal": {"AWS": named}})))
        assert set(found(things)) == {arn("role", "actor")}
    gone = estate(actor, store(policy=document({**lets_in, "Principal": {"AWS": "AROAGONE"}})))
    assert found(gone) == {}


def test_guests_of_an_identity_pool_hold_its_guest_role_alone() -> None:
    pool = f"arn:aws:cognito-identity:us-east-1:{HOME}:identitypool/us-east-1:1"
    trust = federated("cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity")
    guest, member = role("guest", READS, trust=trust), role("member", READS, trust=trust)

    def made(guest_role: str) -> Estate:
        held = workload(
            pool, "cognito-identity", "identity_pool", arn("role", guest_role), public=True,
            **{"Roles.unauthenticated": arn("role", guest_role)},
        )  # fmt: skip
        return estate(guest, role("silent", trust=trust), member, held, store())

    assert found(made("guest"))["*"].certainty == "certain"
    assert "*" not in found(made("silent"))


def test_blast_radius_names_what_a_principal_reaches() -> None:
    things = estate(
        user("actor", allow("sts:AssumeRole", arn("role", "reader"))),
        role("reader", READS, trust=trusting(f"arn:aws:iam::{HOME}:root")),
        role("other", trust=trusting(f"arn:aws:iam::{HOME}:root")),
        store(),
        store("arn:aws:s3:::elsewhere"),
    )
    assert build(things).blast_radius(ACTOR) == (arn("role", "reader"), STORE)


def test_every_shortest_path_is_given() -> None:
    trust = trusting(f"arn:aws:iam::{HOME}:root")
    things = estate(
        user("actor", allow("sts:AssumeRole")),
        role("one", READS, trust=trust),
        role("two", READS, trust=trust),
        store(),
    )
    ways = build(things).paths(ACTOR, STORE)
    assert [way[0].target.rpartition("/")[2] for way in ways] == ["one", "two"]
    assert build(things).paths(arn("user", "nobody"), STORE) == ()


def test_a_public_function_leaves_everybody_a_conditional_answer() -> None:
    function = f"arn:aws:lambda:us-east-1:{HOME}:function:f"
    held = role("held", READS, trust=trusting({"Service": "lambda.amazonaws.com"}))
    open_to_all = workload(function, "lambda", "function", arn("role", "held"), public=True)
    answer = found(estate(held, open_to_all, store()))["*"]
    assert (answer.kind, answer.certainty) == ("anonymous", "conditional")
    assert "*" not in found(estate(held, replace(open_to_all, public=known(False)), store()))
    assert [change.statement for change in build(estate(held, open_to_all, store())).cut(STORE).changes] == [
        "AuthType NONE"
    ]
