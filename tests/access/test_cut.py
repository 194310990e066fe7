"""Cuts of small estates written by hand: which change, in which words, what the policy says then, whom it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from doing import done
from small_estates import (
    ADMINISTRATOR,
    HOME,
    KEY,
    LISTS_ON,
    SOURCE,
    STORE,
    administrator,
    allow,
    arn,
    deny,
    document,
    estate,
    group,
    inline,
    key,
    known,
    managed,
    role,
    store,
    trusting,
    user,
)

from weightguard.access import (
    AccessKind,
    Answer,
    Change,
    Cut,
    build,
    closing_sets,
    hitting_set,
    joint_control,
)
from weightguard.access import answers as answering
from weightguard.access import cut as cutting
from weightguard.access.aws.removals.policy_edits import Hung, without
from weightguard.access.serial import paths_json
from weightguard.estate.fact import Collection, Reason, Unknown
from weightguard.estate.model import AccessPoint, Estate, KeyGrant, NamedPolicy

OBJECTS = f"{STORE}/*"
STRANGER, STRANGE = "arn:aws:iam::999999999999:root", "arn:aws:iam::888888888888:root"
TRAINER, CLIMBER = arn("role", "trainer"), arn("user", "climber")
ROOT = f"arn:aws:iam::{HOME}:root"
READ = allow("s3:GetObject", OBJECTS)


def to(*names: str, sid: str | None = None, **more: Any) -> dict[str, Any]:
    """A bucket policy's statement that lets names read."""
    found = {**READ, "Principal": {"AWS": names[0] if len(names) == 1 else list(names)}, **more}
    return found if sid is None else {"Sid": sid, **found}


def asked(found: Estate, at: str = STORE) -> dict[str, Answer]:
    return {answer.principal: answer for answer in build(found).who_can(AccessKind.READ, at).answers}


def cut_of(found: Estate, at: str = STORE) -> Cut:
    """The cut, after what it tells has been done: it has to hold then, and to have told every loss."""
    before, cut = asked(found, at), build(found).cut(at)
    after = asked(done(found, cut.changes), at)
    assert set(after) <= set(before)
    assert {name for name, one in after.items() if not cutting.is_kept(one)} == set(cut.left)
    standing = {
        name for name, one in before.items() if one.direct and (cutting.is_inside(one) or HOME in name)
    }
    assert standing - set(after) == {name for change in cut.changes for name in change.costs}
    return cut


def only(cut: Cut) -> Change:
    assert len(cut.changes) == 1, [change.remove for change in cut.changes]
    assert not cut.left
    return cut.changes[0]


def bounds(cut: Cut) -> list[str]:
    return [limit.kind.id for limit in cut.limits if limit.in_play]


def labels(cut: Cut) -> list[str]:
    return sorted(change.statement for change in cut.changes)


# --- one label, one statement -----------------------------------------------------------------------------------------------------
KEPT_OUT = deny("s3:GetObject", OBJECTS) | {"Principal": {"AWS": arn("role", "out")}}
OUT = role("out", READ)


@pytest.mark.parametrize(
    ("statements", "label", "words"),
    [
        ([KEPT_OUT | {"Sid": "1"}, to(STRANGER)], "#1", "statement 2 of 2"),
        ([to(STRANGER), KEPT_OUT | {"Sid": "0"}], "#0", "statement 1 of 2"),
        ([to(STRANGER), KEPT_OUT | {"Sid": "0"}, KEPT_OUT | {"Sid": "#0"}], "##0", "statement 1 of 3"),
        ([to(STRANGER, sid="Same"), KEPT_OUT | {"Sid": "Same"}], "0", "statement 1 of 2"),
        ([to(STRANGER, sid="2"), KEPT_OUT, KEPT_OUT], "2", 'statement "2"'),
        ([KEPT_OUT, to(STRANGER, sid="")], "1", "statement 2 of 2"),
        ([KEPT_OUT, to(STRANGER, sid="Share")], "Share", 'statement "Share"'),
    ],
)
def test_a_change_means_one_statement(statements: list[Any], label: str, words: str) -> None:
    change = only(cut_of(estate(OUT, store(policy=document(*statements)))))
    assert change.statement == label
    assert words in change.remove
    assert change.after == document(*(one for one in statements if one["Effect"] == "Deny"))


def test_of_two_statements_with_one_sid_one_goes() -> None:
    twice = document(to(STRANGER, sid="S"), to(TRAINER, sid="S"))
    change = only(cut_of(estate(role("trainer"), store(policy=twice))))
    assert (change.statement, change.costs) == ("0", ())
    assert change.after == document(to(TRAINER, sid="S"))


# --- statements that allow the same thing are one step ----------------------------------------------------------------------------
def test_all_statements_that_let_a_stranger_in_go() -> None:
    many = document(*[to(STRANGER)] * 14)
    cut = cut_of(estate(store(policy=many)))
    assert len(cut.changes) == 14
    assert cut.complete
    assert {one.closes for one in cut.changes} == {(STRANGER,)}
    assert [one.after is None for one in cut.changes] == [False] * 13 + [True]


def test_the_side_with_fewer_statements_goes() -> None:
    climbs = [allow("sts:AssumeRole", TRAINER)] * 9
    for entries, place in ((8, TRAINER), (10, CLIMBER)):
        trust = trusting(*[ROOT] * entries)
        cut = cut_of(estate(user("climber", *climbs), role("trainer", READ, trust=trust), store()))
        assert {change.principal for change in cut.changes} == {place}
        assert len(cut.changes) == min(entries, 9)


def test_statements_under_conditions_go_with_the_certain_ones() -> None:
    from_there = {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    rows = [to(STRANGER), to(STRANGER, **from_there), to(STRANGER), to(STRANGER, **from_there)]
    cut = cut_of(estate(store(policy=document(*rows))))
    assert labels(cut) == ["0", "1", "2", "3"]
    assert cut.complete


def test_many_hops_of_many_statements_take_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []
    monkeypatch.setattr(
        cutting._Cutting,
        "_ask",
        lambda self, taken, ask=cutting._Cutting._ask: rounds.append(1) or ask(self, taken),
    )
    chain = [
        role(f"r{n}", *[allow("sts:AssumeRole", arn("role", f"r{n + 1}"))] * 7, trust=trusting(*[ROOT] * 7))
        for n in range(5)
    ]
    last = role("r5", READ, trust=trusting(*[ROOT] * 7))
    cut = build(
        estate(user("climber", *[allow("sts:AssumeRole", arn("role", "r0"))] * 7), *chain, last, store())
    ).cut(STORE)
    assert len(cut.changes) == 7
    assert cut.complete
    assert len(rounds) <= 3


# --- a narrower change, and what a change costs -----------------------------------------------------------------------------------
def test_a_name_is_taken_out_of_a_list_that_names_a_kept_reader() -> None:
    change = only(cut_of(estate(role("trainer"), store(policy=document(to(TRAINER, STRANGER, sid="Share"))))))
    assert change.remove.startswith(
        f'take {STRANGER} out of the Principal of statement "Share" of bucket policy'
    )
    assert change.after == document({**to(TRAINER, sid="Share"), "Principal": {"AWS": [TRAINER]}})
    assert change.costs == ()


def test_two_strangers_are_taken_out_in_one_change() -> None:
    change = only(cut_of(estate(role("trainer"), store(policy=document(to(STRANGER, TRAINER, STRANGE))))))
    assert change.closes == (STRANGE, STRANGER)
    assert change.after is not None
    assert change.after["Statement"][0]["Principal"] == {"AWS": [TRAINER]}


def test_a_service_beside_a_kept_reader_is_taken_out() -> None:
    both = {**READ, "Principal": {"AWS": TRAINER, "Service": "delivery.logs.amazonaws.com"}}
    change = only(cut_of(estate(role("trainer"), store(policy=document(both)))))
    assert change.after is not None
    assert change.after["Statement"][0]["Principal"] == {"AWS": TRAINER}


def test_a_whole_statement_goes_where_it_serves_nobody_else() -> None:
    change = only(cut_of(estate(store(policy=document(to(STRANGER, STRANGE, sid="Share"))))))
    assert change.remove == f'remove statement "Share" from bucket policy ({STORE}#bucket policy)'
    assert change.after is None


def test_an_action_is_taken_out_of_a_statement_that_kept_readers_read_by() -> None:
    shared = managed("shared", allow(["s3:GetObject", "iam:CreateAccessKey"]))
    keeps = user("keeper", attached=[shared])
    climbs = user("climber", attached=[shared, inline(CLIMBER, deny("s3:GetObject"), name="no")])
    change = only(cut_of(estate(keeps, climbs, store())))
    assert change.principal == shared.id
    assert "take iam:CreateAccessKey out of the Action" in change.remove
    assert change.after == document({**allow([]), "Action": ["s3:GetObject"]})


def test_a_resource_is_taken_out_of_a_statement_that_kept_readers_read_by() -> None:
    keeper = arn("user", "keeper")
    wide = managed("shared", allow("*", [OBJECTS, keeper]))
    climbs = user("climber", attached=[wide, inline(CLIMBER, deny("s3:*"), name="no")])
    change = only(cut_of(estate(user("keeper", attached=[wide]), climbs, store())))
    assert change.after == document({**allow("*"), "Resource": [OBJECTS]})


def test_a_loss_that_cannot_be_helped_is_told() -> None:
    named_so = {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/trainer"}}}
    change = only(
        cut_of(estate(role("trainer"), user("other"), store(policy=document(to("*", sid="All", **named_so)))))
    )
    assert change.costs == (TRAINER,)
    assert change.statement == "All"


def test_more_changes_are_made_rather_than_one_that_costs_a_reader() -> None:
    """The one statement that both climbers rest on is the keeper's, too; theirs alone are two."""
    shared = managed("shared", allow("*", OBJECTS), allow("iam:CreateAccessKey", arn("user", "keeper")))
    climbers = [
        user(one, deny("s3:*"), attached=[managed(f"may-{one}", allow("sts:AssumeRole", TRAINER))])
        for one in ("climber", "other")
    ]
    found = estate(*climbers, role("trainer", attached=[shared], trust=trusting({"AWS": [ROOT]})), store())
    cut = cut_of(found)
    assert [change.costs for change in cut.changes] == [()]
    assert cut.changes[0].policy == f"{TRAINER}#trust policy"


def test_a_reader_whom_two_statements_let_in_keeps_one() -> None:
    """Each of two statements could go whole without a loss; both could not."""
    rows = document(to(STRANGER, TRAINER, sid="One"), to(STRANGE, TRAINER, sid="Two"))
    cut = cut_of(estate(role("trainer"), store(policy=rows)))
    assert len(cut.changes) == 2
    assert [change.costs for change in cut.changes] == [(), ()]


def test_costs_stand_beside_the_change_that_causes_them() -> None:
    """Two doors in one wall: the one that the trainer uses as well costs, the other one does not."""
    named_so = {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/trainer"}}}
    rows = document(to(STRANGE, sid="Strange"), to("*", sid="All", **named_so))
    cut = cut_of(estate(role("trainer"), store(policy=rows)))
    assert {change.statement: change.costs for change in cut.changes} == {"All": (TRAINER,), "Strange": ()}


# --- policies that have to stand --------------------------------------------------------------------------------------------------
def test_a_trust_policy_is_never_left_without_a_statement() -> None:
    only_one = trusting(STRANGER)
    change = only(cut_of(estate(role("trainer", READ, trust=only_one), store())))
    assert change.after is not None
    [statement] = change.after["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "sts:AssumeRole",
    )
    assert "a role has to have a trust policy" in change.remove


def test_a_trust_policy_with_more_statements_keeps_the_others() -> None:
    service = {"Service": "ec2.amazonaws.com"}
    change = only(cut_of(estate(role("trainer", READ, trust=trusting(STRANGER, service)), store())))
    assert change.after == trusting(service)


DELEGATES = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}


def decrypts(*names: str) -> dict[str, Any]:
    return allow("kms:Decrypt") | {"Principal": {"AWS": list(names)}}


def test_a_key_is_never_cut_off_from_its_own_account() -> None:
    """The bucket's statement is the keeper's too, and has no list; the key's own account stays in its policy."""
    bucket = document(to("*", sid="All"))
    trainer = role("trainer", allow("kms:Decrypt"))
    keyed = {**DELEGATES, "Principal": {"AWS": [ROOT, STRANGER]}}
    change = only(cut_of(estate(trainer, key(document(keyed)), store(policy=bucket, key=KEY))))
    assert change.policy == f"{KEY}#key policy"
    assert change.after == document({**DELEGATES, "Principal": {"AWS": [ROOT]}})


def test_a_key_policy_that_nobody_could_change_any_more_names_its_account() -> None:
    everybody = allow("kms:*") | {"Sid": "Open", "Principal": "*"}
    bucket = document(to(STRANGER, TRAINER, sid="Named"))
    cut = build(
        estate(role("trainer", allow("kms:Decrypt")), key(document(everybody)), store(policy=bucket, key=KEY))
    ).cut(STORE, AccessKind.DECRYPT)
    [change] = [one for one in cut.changes if one.policy == f"{KEY}#key policy"]
    assert change.after is not None
    [statement] = change.after["Statement"]
    assert statement["Principal"] == {"AWS": HOME}
    assert "let it name the key's own account" in change.remove


def test_a_grant_is_revoked() -> None:
    given = KeyGrant("g-1", STRANGER.replace(":root", ":role/x"), ("Decrypt",), {}, None, None)
    bucket = document(to("*", sid="All"))
    trainer = role("trainer", allow("kms:Decrypt"))
    change = only(cut_of(estate(trainer, key(document(DELEGATES), given), store(policy=bucket, key=KEY))))
    assert change.remove == f"revoke grant g-1 of {KEY}"
    assert (change.principal, change.policy, change.statement, change.after) == (KEY, "g-1", "*", None)


def test_an_access_point_keeps_a_policy() -> None:
    point = f"arn:aws:s3:us-east-1:{HOME}:accesspoint/ap"
    objects = f"{point}/object/*"
    lets = allow("s3:GetObject", objects) | {"Principal": {"AWS": STRANGER}}
    delegated = to("*", Condition={"StringEquals": {"s3:DataAccessPointAccount": HOME}})
    named = NamedPolicy(f"{point}#access point policy", "access point policy", document(lets), "inline")
    ap = AccessPoint(
        point, STORE, HOME, "us-east-1", known("Internet"), known(None), known(None), known(named)
    )
    place = replace(store(policy=document(delegated)), access_points=Collection((ap,)))
    cut = cut_of(estate(role("trainer", allow("s3:GetObject", objects)), place))
    assert len(cut.changes) == 1
    left = without(named.document, {"0": frozenset()}, Hung.POINT, HOME)
    assert left is not None
    [statement] = left["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", [objects])
    assert statement["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": HOME}}


# --- policies that several carry --------------------------------------------------------------------------------------------------
def test_a_provider_policy_is_detached_from_everybody_who_carries_it_for_the_actor() -> None:
    member = user("climber", deny("s3:*"), attached=[administrator()], groups=known((arn("group", "g"),)))
    cut = cut_of(estate(member, group("g", attached=[administrator()]), role("trainer", READ), store()))
    assert {(change.principal, change.policy) for change in cut.changes} == {
        (CLIMBER, ADMINISTRATOR),
        (arn("group", "g"), ADMINISTRATOR),
    }


def test_a_group_policy_is_changed_once_for_all_members() -> None:
    groups = (arn("group", "g"),)
    climbs = [user(one, groups=known(groups)) for one in ("climber", "other")]
    shared = group("g", allow("iam:UpdateAssumeRolePolicy", TRAINER))
    change = only(cut_of(estate(*climbs, shared, role("trainer", READ, trust=trusting(ROOT)), store())))
    assert change.principal == arn("group", "g")
    assert change.closes == (CLIMBER, arn("user", "other"))


def test_a_managed_policy_that_a_kept_reader_carries_loses_one_statement() -> None:
    shared = managed("shared", READ, allow("iam:PutRolePolicy", TRAINER), allow("sts:AssumeRole", TRAINER))
    climber = user("climber", deny("s3:GetObject"), attached=[shared])
    cut = cut_of(
        estate(
            climber, user("keeper", attached=[shared]), role("trainer", READ, trust=trusting(ROOT)), store()
        )
    )
    assert all(change.costs == () for change in cut.changes)
    assert all(READ in (change.after or {"Statement": [READ]})["Statement"] for change in cut.changes)


def test_a_managed_policy_that_somebody_carries_can_stand_without_its_statement() -> None:
    shared = managed("shared", allow("sts:AssumeRole", TRAINER))
    change = only(
        cut_of(
            estate(user("climber", attached=[shared]), role("trainer", READ, trust=trusting(ROOT)), store())
        )
    )
    assert change.after is not None
    assert [one["Action"] for one in change.after["Statement"]] == ["sts:GetCallerIdentity"]
    assert "detach and delete it" in change.remove


def test_a_policy_that_bounds_a_kept_reader_as_well_costs_the_reader() -> None:
    """The climber's only way in is the statement that the keeper's boundary leaves the keeper."""
    wide = managed("wide", allow("*", "*"))
    keeper = user("keeper", READ, boundary=known(wide))
    climber = user("climber", deny("s3:*"), attached=[wide])
    change = only(cut_of(estate(keeper, climber, store())))
    assert (change.principal, change.costs) == (wide.id, (keeper.id,))


def test_an_access_control_list_loses_the_entry_of_this_store_alone() -> None:
    open_to = {
        "Grants": [
            {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
        ]
    }
    listed = {"acl": known(open_to), "object_lists": known(LISTS_ON)}
    found = estate(store("arn:aws:s3:::another", **listed), store(**listed))
    kind = AccessKind.READ
    answers = build(found).who_can(kind, STORE).answers
    cut = build(found).cut(STORE)
    assert [change.principal for change in cut.changes] == ([STORE] if answers else [])
    left = done(found, cut.changes)
    assert [one.acl.value["Grants"] == [] for one in left.stores] == [False, bool(answers)]  # type: ignore[union-attr,index]


# --- bounds -----------------------------------------------------------------------------------------------------------------------
def climbing() -> Estate:
    """Two readers behind two climbs; after the first closes, one more shows: under conditions."""
    there = {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    return estate(store(policy=document(to(STRANGER), to(STRANGER, **there))))


def test_a_bound_on_the_rounds_that_is_met_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build(climbing()).cut(STORE)
    assert (len(whole.changes), whole.complete, bounds(whole)) == (2, True, [])
    monkeypatch.setattr(cutting, "_MOST_ROUNDS", 1)
    cut = build(climbing()).cut(STORE)
    assert not cut.complete
    assert bounds(cut) == ["cut-bound"]
    assert cut.left == (STRANGER,)


def test_after_many_rounds_what_is_chosen_stays_and_the_answer_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutting, "_EXACT_ROUNDS", 0)
    cut = build(climbing()).cut(STORE)
    assert (len(cut.changes), cut.left, cut.complete) == (2, (), False)
    assert bounds(cut) == ["cut-size"]


def test_a_bound_on_the_search_for_the_smallest_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [
        user(f"u{n}", *[allow("sts:AssumeRole", arn("role", f"r{(n + k) % 6}")) for k in (0, 1, 2)])
        for n in range(6)
    ]
    roles = [role(f"r{n}", READ, trust=trusting(ROOT)) for n in range(6)]
    found = estate(*people, *roles, store())
    whole = build(found).cut(STORE)
    assert (len(whole.changes), whole.complete) == (6, True)
    monkeypatch.setattr(hitting_set, "MOST_STEPS", 0)
    assert build(found).cut(STORE).complete, "what is proved without any step stays proved"
    monkeypatch.setattr(hitting_set._Items, "at_least", lambda self, ways, taken: 0)
    cut = build(found).cut(STORE)
    assert cut.left == ()
    assert (bounds(cut), cut.complete) == (["cut-size"], False)


def test_a_bound_on_the_ways_to_close_a_hop_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two layers agree: one of them is not looked at."""
    climb = estate(
        user("climber", allow("sts:AssumeRole", TRAINER)),
        role("trainer", READ, trust=trusting(ROOT)),
        store(),
    )
    assert bounds(build(climb).cut(STORE)) == []
    monkeypatch.setattr(closing_sets, "_MOST_COMBINED", 1)
    cut = build(climb).cut(STORE)
    assert (len(cut.changes), cut.left, bounds(cut), cut.complete) == (1, (), ["cut-size"], False)


def test_who_is_left_by_what_cannot_be_changed_is_named() -> None:
    """What the climber's own policies say was not read: there is no statement of them to take away."""
    unread = replace(user("climber"), policies=Unknown(Reason.DENIED, SOURCE))
    cut = cut_of(estate(unread, user("keeper", READ), store()))
    assert (cut.left, cut.changes, cut.complete) == ((CLIMBER,), (), False)


def test_a_membership_that_was_not_read_may_let_in() -> None:
    """Minimal pair: of whoever is known to be in no group, nothing is open."""
    unread = replace(user("climber"), groups=Unknown(Reason.DENIED, SOURCE))
    cut = cut_of(estate(unread, user("keeper", READ), store()))
    assert (cut.left, cut.changes, cut.complete) == ((CLIMBER,), (), False)
    nowhere = cut_of(estate(user("climber"), user("keeper", READ), store()))
    assert (nowhere.left, nowhere.changes, nowhere.complete) == ((), (), True)


def test_a_bound_on_what_several_identities_share_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One identity changes the role, another one is the role; who holds both ends reads."""
    hands = [
        role("hand", allow("iam:PutRolePolicy", arn("role", "aim")), trust=trusting(ROOT)),
        role("aim", trust=trusting(ROOT)),
    ]
    both = user("both", *[allow("sts:AssumeRole", arn("role", one)) for one in ("hand", "aim")])
    found = estate(both, *hands, store())
    whole = build(found).who_can(AccessKind.READ, STORE)
    assert {"arn:aws:iam::111111111111:user/both"} <= {one.principal for one in whole.answers}
    assert whole.complete
    monkeypatch.setattr(joint_control, "_MOST_ROUNDS", 0)
    graph = build(found)
    less = graph.who_can(AccessKind.READ, STORE)
    assert len(less.answers) < len(whole.answers)
    assert [one.kind.id for one in less.limits if one.in_play] == ["join-bound"]
    assert not less.complete
    assert not graph.cut(STORE).complete


def test_a_bound_on_the_paths_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A diamond of two sides."""
    ends = [role(one, READ, trust=trusting(ROOT)) for one in ("left", "right")]
    found = build(estate(user("climber", *[allow("sts:AssumeRole", one.id) for one in ends]), *ends, store()))
    assert (len(found.paths(CLIMBER, STORE)), found.paths(CLIMBER, STORE).limits) == (2, ())
    monkeypatch.setattr(answering, "_MOST_WAYS", 1)
    ways = found.paths(CLIMBER, STORE)
    assert (len(ways), [one.kind.id for one in ways.limits]) == (1, ["path-bound"])
    told = paths_json("read", STORE, CLIMBER, ways, found.who_can(AccessKind.READ, STORE))
    assert not told["complete"]
    assert told["limits"][-1]["id"] == "path-bound"


def test_answers_are_equal_when_all_of_their_attributes_are() -> None:
    one = Answer("p", "person", "certain", True, (), (), goes_around=False)
    assert one == Answer("p", "person", "certain", True, (), ())
    assert one != Answer("p", "person", "certain", True, (), (), goes_around=True)
    assert "goes_around=False" in repr(one)
