"""The engine: what bears on weights is judged, what could not be seen is said, evidence is recorded without
the author's help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from laboratory import (
    ACCOUNT,
    OPEN,
    SHOWN,
    ToldAccess,
    account,
    answer,
    arn,
    attested,
    catalogue,
    control,
    denied,
    estate,
    key,
    known,
    store,
    trail,
    user,
    weights,
)
from weightguard.access.model import AccessKind, WhoCan
from weightguard.config import Config
from weightguard.controls import functions
from weightguard.controls.engine import judge
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.moment import timestamp
from weightguard.controls.results import Result
from weightguard.controls.said import worded
from weightguard.errors import ConfigError, InputError
from weightguard.estate.fact import Collection, Reason, Source, Unknown
from weightguard.estate.limit import Limit, LimitKind
from weightguard.estate.model import Contents, Encryption, EncryptionKind, Replica

HOLDS = {"cel": "store.public_access_block != null && store.public_access_block.restrict_buckets"}
Decide = Callable[[Any, Context], Verdict]


def under(name: str) -> Encryption:
    return Encryption(EncryptionKind.NAMED, name, reader_needs_key=True)


def results(
    folder: Path, *controls: dict[str, Any], access: ToldAccess | None = None, **collections: Any
) -> list[Result]:
    return list(
        judge(catalogue(folder, *controls), estate(**collections), access or ToldAccess(), Config()).results
    )


@pytest.fixture
def deciding(monkeypatch: pytest.MonkeyPatch) -> Callable[[Decide], None]:
    """Lets a test be the check of every control."""
    return lambda check: monkeypatch.setattr(functions, "resolve", lambda *_: check)


def test_a_weightless_store_is_a_footnote_when_it_fails_and_silent_otherwise(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        control("WG-STO-01", severity="critical", exposes=True),
        control("WG-STO-02", severity="critical", check={"cel": "store.name != 'empty'"}),
        accounts=[account()],
        stores=[
            store("held", public_access_block=known(OPEN)),
            store("empty", public_access_block=known(OPEN)),
            store("fine"),
            store("unread", public_access_block=denied("s3:GetPublicAccessBlock")),
        ],
        weight_sets=[weights("held")],
    )
    first = [one for one in found if one.control == "WG-STO-01"]
    assert [one.subject for one in found if one.control == "WG-STO-02"] == [arn("held")]
    assert [(one.subject, one.status, one.severity, one.bears, one.weights) for one in first] == [
        (arn("empty"), "fail", "low", False, ()),
        (arn("held"), "fail", "critical", True, (weights("held").id,)),
    ]


@pytest.mark.parametrize(
    "contents",
    [denied("s3:ListObjectsV2"), known(Contents(5, 5, 2))],
    ids=["listing denied", "headers unread"],
)
def test_a_store_that_may_hold_weights_is_judged_in_full(tmp_path: Path, contents: Any) -> None:
    found = results(
        tmp_path, control("WG-STO-01"), accounts=[account()], stores=[store("a", contents=contents)]
    )
    assert [(one.subject, one.status, one.bears) for one in found] == [(arn("a"), "pass", True)]


def test_a_refused_listing_leaves_an_unknown_verdict_about_what_it_hides(tmp_path: Path) -> None:
    gap = denied("s3:ListBuckets")
    seen = Collection((store("a"),), (gap,))
    found = results(
        tmp_path, control("WG-STO-01"), accounts=[account()], stores=seen, weight_sets=[weights("a")]
    )
    assert [(one.subject, one.status, one.weights) for one in found] == [
        (arn("a"), "pass", (weights("a").id,)),
        (f"aws/{ACCOUNT}", "unknown", (weights("a").id,)),
    ]
    assert found[1].unknowns == (gap,)
    assert "s3:ListBuckets denied" in worded(found[1].message)


@pytest.mark.parametrize("kind", ["trail", "endpoint", "workload", "disk_copy"])
def test_an_account_that_nobody_named_may_hold_one_of_any_kind(tmp_path: Path, kind: str) -> None:
    judged = control("WG-LOG-12", subject=kind, check={"cel": f"{kind}.id != ''"})
    unasked = Collection((account(),), (denied("organizations:DescribeOrganization"),))
    for accounts, status in (([account()], "not_applicable"), (unasked, "unknown")):
        assert [one.status for one in results(tmp_path, judged, accounts=accounts, stores=[store("a")])] == [
            status
        ]


def test_an_unlisted_store_leaves_weight_set_controls_unknown_for_its_scope(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        control("WG-INV-01", subject="weight_set", check={"cel": "weight_set.bytes > 0"}),
        accounts=[account()],
        stores=[store("a"), store("b", contents=denied("s3:ListObjectsV2", arn("b")))],
        weight_sets=[weights("a")],
    )
    assert [(one.subject, one.status) for one in found] == [
        (weights("a").id, "pass"),
        (f"aws/{ACCOUNT}", "unknown"),
    ]


def test_ten_thousand_gaps_of_a_scope_make_one_verdict(tmp_path: Path) -> None:
    gaps = tuple(denied("s3:ListObjectsV2", arn(str(number))) for number in range(1000))
    found = results(tmp_path, control("WG-STO-01"), accounts=[account()], stores=Collection((), gaps))
    assert [one.subject for one in found] == [f"aws/{ACCOUNT}"]


def test_a_control_without_a_subject_says_so(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        control("WG-KEY-01", subject="key", check={"cel": "key.rotation == true"}),
        stores=[store("a")],
    )
    assert [(one.subject, one.status) for one in found] == [("estate", "not_applicable")]


@pytest.mark.parametrize("name", ["k", "alias/k", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/k", None])
def test_a_key_bears_on_the_weights_of_the_stores_that_it_encrypts(tmp_path: Path, name: str | None) -> None:
    used = key("k", rotation=known(False))
    encryption = known(under(name or used.id))
    found = results(
        tmp_path,
        control("WG-KEY-07", subject="key", check={"cel": "key.rotation == true"}),
        accounts=[account()],
        stores=[store("a", encryption=encryption)],
        keys=[used, key("other")],
        weight_sets=[weights("a")],
    )
    assert [(one.subject, one.status, one.weights) for one in found] == [
        (used.id, "fail", (weights("a").id,))
    ]


def test_a_key_that_was_not_collected_and_one_that_cannot_be_named_are_unknown(tmp_path: Path) -> None:
    foreign = "arn:aws:kms:us-east-1:999999999999:key/x"
    found = results(
        tmp_path,
        control("WG-KEY-07", subject="key", check={"cel": "key.rotation == true"}),
        accounts=[account()],
        stores=[
            store("a", encryption=known(under(foreign))),
            store("b", encryption=denied("s3:GetBucketEncryption")),
        ],
        weight_sets=[weights("a"), weights("b")],
    )
    assert [(one.subject, one.status, one.weights) for one in found] == [
        (foreign, "unknown", (weights("a").id,)),
        (f"aws/{ACCOUNT}", "unknown", (weights("b").id,)),
    ]


def test_copies_and_logs_bear_on_the_weights_that_they_come_from(tmp_path: Path) -> None:
    copied = known((Replica(arn("copy"), None, active=True),))
    everything = {"stores": [
        store("a", replicas=copied, log_store=known(arn("access-logs"))),
        store("copy"), store("trail-logs"), store("access-logs"), store("else"),
    ], "trails": [trail("trail-logs")]}  # fmt: skip
    found = results(
        tmp_path,
        control("WG-STO-01"),
        control("WG-LOG-03", applies_to=["logs"], check=HOLDS),
        accounts=[account()],
        weight_sets=[weights("a")],
        **everything,
    )
    judged = {(one.control, one.subject.rpartition(":")[2]): one.weights for one in found}
    assert judged == {
        ("WG-STO-01", "a"): (weights("a").id,),
        ("WG-STO-01", "copy"): (weights("a").id,),
        ("WG-LOG-03", "trail-logs"): (weights("a").id,),
        ("WG-LOG-03", "access-logs"): (weights("a").id,),
    }


def test_principals_bear_on_the_weights_that_they_reach(tmp_path: Path) -> None:
    reader, bystander = user("reader", mfa_active=known(False)), user("bystander", mfa_active=known(False))
    told = ToldAccess({(AccessKind.READ, arn("a")): [answer(reader.id)]})
    found = results(
        tmp_path,
        control(
            "WG-IAM-09",
            subject="principal",
            severity="critical",
            exposes=True,
            check={"cel": "principal.mfa_active == true"},
        ),
        access=told,
        accounts=[account()],
        stores=[store("a")],
        principals=[reader, bystander],
        weight_sets=[weights("a")],
    )
    assert [(one.subject, one.severity, one.weights) for one in found] == [
        (bystander.id, "low", ()),
        (reader.id, "critical", (weights("a").id,)),
    ]


class _BlindBeside(ToldAccess):
    """Lacks something in its answers about one store, and in none about others."""

    def who_can(self, access: AccessKind, store: str, prefix: str | None = None) -> WhoCan:
        found = super().who_can(access, store, prefix)
        return found if store == arn("a") else replace(found, complete=True, gaps=())


def test_what_hides_readers_of_one_store_leaves_the_weights_of_another_alone(tmp_path: Path) -> None:
    hidden = denied("kms:ListGrants")
    rule = control("WG-IAM-09", subject="principal", check={"cel": "principal.mfa_active == true"})
    sees: dict[str, Any] = {
        "accounts": [account()],
        "stores": [store("a"), store("b")],
        "weight_sets": [weights("a"), weights("b")],
    }
    for access, touched in (
        (_BlindBeside({}, gaps=(hidden,)), (weights("a").id,)),
        (ToldAccess({}, gaps=(hidden,)), (weights("a").id, weights("b").id)),
    ):
        found = results(tmp_path, rule, access=access, **sees)
        assert [(one.status.value, one.weights) for one in found] == [("unknown", touched)]


def test_the_graph_is_not_asked_for_controls_that_do_not_need_it(tmp_path: Path) -> None:
    told = ToldAccess()
    results(tmp_path, control("WG-STO-01"), access=told, stores=[store("a")], weight_sets=[weights("a")])
    assert told.asked == []


def test_evidence_names_every_fact_read_with_call_and_record(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    def check(subject: Any, context: Context) -> Verdict:
        context.read(subject.object_lists)
        context.peek(subject.policy)
        context.read(context.estate.keys.items[0].rotation, "key.rotation")
        context.access.who_can(AccessKind.READ, subject.id)
        return Verdict.passed("well")

    deciding(check)
    told = ToldAccess({(AccessKind.READ, arn("a")): [answer("x")]})
    found = results(
        tmp_path,
        control("WG-STO-01"),
        access=told,
        stores=[store("a")],
        keys=[key("k")],
        weight_sets=[weights("a")],
    )
    assert [(one.fact, one.value, one.source) for one in found[0].evidence] == [
        (
            "store.object_lists",
            {"in_force": False, "stated": "BucketOwnerEnforced"},
            "s3:GetBucketOwnershipControls records/aws/111111111111/s3.jsonl:1",
        ),
        ("store.policy", None, "s3:GetBucketPolicy records/aws/111111111111/s3.jsonl:1"),
        ("key.rotation", True, "kms:GetKeyRotationStatus records/aws/111111111111/s3.jsonl:1"),
        ("who_can.read", ["x (person, direct, certain)"], f"access graph {arn('a')}"),
    ]


def test_a_fact_that_was_only_glanced_at_still_counts_as_lost_evidence(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    def check(subject: Any, context: Context) -> Verdict:
        context.peek(subject.policy)
        return Verdict.failed("whatever the policy says")

    deciding(check)
    refused = denied("s3:GetBucketPolicy")
    found = results(
        tmp_path, control("WG-STO-01"), stores=[store("a", policy=refused)], weight_sets=[weights("a")]
    )
    assert (found[0].status, found[0].unknowns) == ("fail", (refused,))


@pytest.mark.parametrize("stop", ["read", "listed", "require"])
def test_every_way_of_needing_an_unknown_stops_the_check(
    tmp_path: Path, deciding: Callable[[Decide], None], stop: str
) -> None:
    def check(subject: Any, context: Context) -> Verdict:
        if stop == "read":
            context.read(subject.policy)
        elif stop == "listed":
            context.listed(context.estate.keys)
        else:
            context.require(context.estate.keys.gaps)
        return Verdict.passed("must not be reached")

    deciding(check)
    refused = denied("s3:GetBucketPolicy")
    found = results(
        tmp_path,
        control("WG-STO-01"),
        stores=[store("a", policy=refused)],
        keys=Collection((), (refused,)),
        weight_sets=[weights("a")],
    )
    assert (found[0].status, found[0].unknowns) == ("unknown", (refused,))


def _endless(subject: Any) -> Any:
    return _endless(subject)


MISTAKES: dict[str, Callable[[Any, Context], Any]] = {
    "TypeError": lambda subject, context: context.read(subject.policy)["Statement"],
    "KeyError": lambda subject, context: {}[subject.id],
    "AttributeError": lambda subject, context: subject.no_such_attribute,
    "ZeroDivisionError": lambda subject, context: 1 / 0,
    "RecursionError": lambda subject, context: _endless(subject),
}


@pytest.mark.fails_inside
@pytest.mark.parametrize("error", MISTAKES)
def test_a_mistake_inside_a_check_is_unknown_counted_and_told_aloud(
    tmp_path: Path, deciding: Callable[[Decide], None], caplog: pytest.LogCaptureFixture, error: str
) -> None:
    deciding(lambda subject, context: Verdict.passed(str(MISTAKES[error](subject, context))))
    judgement = judge(
        catalogue(tmp_path, control("WG-STO-01", check="storage.public_access_blocked", examples=SHOWN)),
        estate(
            accounts=[account()],
            stores=[store("a", policy=known(7)), store("b", policy=known(7))],
            weight_sets=[weights("a"), weights("b")],
        ),
        ToldAccess(),
        Config(),
    )
    for found in judgement.results:
        assert found.status == "unknown"
        assert worded(found.message) == f"could not be decided: the check itself failed ({error})"
        assert [(one.reason, one.code) for one in found.unknowns] == [(Reason.CHECK_FAILED, error)]
        assert found.unknowns[0].source.call == "weightguard:storage.public_access_blocked"
    (breakage,) = judgement.breakages
    assert (breakage.control, breakage.error) == ("WG-STO-01", error)
    assert breakage.subjects == (arn("a"), arn("b"))
    assert breakage.place.startswith("test_engine.py:")
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"WG-STO-01 failed inside on {arn('a')} and 1 more: {error} at {breakage.place}; "
        "this is an error of weightguard, and the verdict is unknown"
    ]


def test_a_malformed_answer_is_no_mistake_of_a_check(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    deciding(lambda subject, context: Verdict.passed(context.read(subject.policy)))
    strange = Unknown(
        Reason.MALFORMED,
        Source("aws", ACCOUNT, "s3", "GetBucketPolicy", "records/aws/111111111111/s3.jsonl:1"),
    )
    found = results(
        tmp_path, control("WG-STO-01"), stores=[store("a", policy=strange)], weight_sets=[weights("a")]
    )
    assert [(one.status, one.unknowns) for one in found] == [("unknown", (strange,))]
    assert worded(found[0].message) == "could not be decided: s3:GetBucketPolicy malformed"


def test_a_pass_is_not_earned_by_an_answer_that_lacks_something(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    """A check that does not ask what its answer lacks, and one whose answer met a limit: neither passes, a failure stands."""

    def check(subject: Any, context: Context) -> Verdict:
        answer = context.access.who_can(AccessKind.READ, subject.id)
        return Verdict.failed("somebody") if answer.answers else Verdict.passed("nobody")

    deciding(check)
    given: dict[str, Any] = {"stores": [store("a")], "weight_sets": [weights("a")]}
    acls, standing = (
        Limit(LimitKind.OBJECT_ACLS, arn("a")),
        Limit(LimitKind.ACCESS_GRANTS, "*", in_play=False),
    )
    for access, status in (
        (ToldAccess(), "pass"),
        (ToldAccess(limits=(standing,)), "pass"),
        (ToldAccess(limits=(acls,)), "unknown"),
        (ToldAccess(gaps=(denied("iam:ListUsers"),)), "unknown"),
        (
            ToldAccess({(AccessKind.READ, arn("a")): [answer("arn:aws:iam::1:user/eve")]}, limits=(acls,)),
            "fail",
        ),
    ):
        found = results(tmp_path, control("WG-STO-01"), access=access, **given)
        assert [one.status for one in found] == [status]
        assert found[0].limits == access.limits


def test_an_attested_control_waits_for_its_attestation(tmp_path: Path) -> None:
    found = results(tmp_path, attested("WG-GOV-01"), stores=[store("a")], weight_sets=[weights("a")])
    assert [(one.status, one.attestable, one.weights) for one in found] == [
        ("unknown", True, (weights("a").id,))
    ]


def test_results_do_not_depend_on_the_order_of_the_estate(tmp_path: Path) -> None:
    stores = [store(name) for name in "abc"]
    sets = [weights(name) for name in "abc"]
    loaded = catalogue(tmp_path, control("WG-STO-02"), control("WG-STO-01"))
    forward = estate(
        accounts=[account()], stores=Collection(tuple(stores)), weight_sets=Collection(tuple(sets))
    )
    backward = estate(
        accounts=[account()],
        stores=Collection(tuple(stores[::-1])),
        weight_sets=Collection(tuple(sets[::-1])),
    )
    assert (
        judge(loaded, forward, ToldAccess(), Config()).results
        == judge(loaded, backward, ToldAccess(), Config()).results
    )


def test_the_fingerprint_is_of_control_and_subject_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    before = results(first, control("WG-STO-01"), stores=[store("a")], weight_sets=[weights("a")])
    after = results(
        second,
        control("WG-STO-01", severity="low"),
        stores=[store("a", public_access_block=known(OPEN)), store("b")],
        weight_sets=[weights("a"), weights("b")],
    )
    assert before[0].fingerprint == after[0].fingerprint != after[1].fingerprint


@pytest.mark.parametrize(
    ("parameters", "fix"),
    [
        ({"WG-STO-10": {"days": 1}}, "did you mean 'WG-STO-01'?"),
        ({"WG-STO-01": {"dayz": 1}}, "did you mean 'days'?"),
        ({"WG-STO-01": {"days": "many"}}, "its default is 90"),
        ({"WG-STO-01": {"days": True}}, "its default is 90"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused(
    tmp_path: Path, parameters: dict[str, Any], fix: str
) -> None:
    loaded = catalogue(
        tmp_path,
        control("WG-STO-01", parameters={"days": {"default": 90, "description": "Days.", "unit": "days"}}),
    )
    with pytest.raises(ConfigError) as caught:
        judge(loaded, estate(), ToldAccess(), Config.model_validate({"controls": {"parameters": parameters}}))
    assert caught.value.fix == fix


@pytest.mark.parametrize("text", ["yesterday", "2026-11-01T00:00:00", ""])
def test_a_time_without_a_zone_is_no_time(text: str) -> None:
    with pytest.raises(InputError):
        timestamp(text)


def test_what_an_unlisted_store_depends_on_is_judged_in_full(tmp_path: Path) -> None:
    used, reader = key("k", rotation=known(False)), user("reader", mfa_active=known(False))
    unlisted = store(
        "a",
        contents=denied("s3:ListObjectsV2"),
        encryption=known(under(used.id)),
    )
    found = results(
        tmp_path,
        control("WG-KEY-07", subject="key", check={"cel": "key.rotation == true"}),
        control("WG-IAM-10", subject="principal", check={"cel": "principal.mfa_active == true"}),
        control("WG-IAM-18", subject="account", check={"cel": "account.root_mfa == true"}),
        access=ToldAccess({(AccessKind.READ, arn("a")): [answer(reader.id)]}),
        accounts=[account()],
        stores=[unlisted],
        keys=[used],
        principals=[reader],
    )
    assert [(one.control, one.status, one.bears) for one in found] == [
        ("WG-IAM-10", "fail", True),
        ("WG-IAM-18", "pass", True),
        ("WG-KEY-07", "fail", True),
    ]


def test_where_stores_could_not_be_listed_nothing_of_that_account_is_left_out(tmp_path: Path) -> None:
    other = "222222222222"
    found = results(
        tmp_path,
        control("WG-KEY-07", subject="key", check={"cel": "key.rotation == true"}),
        control("WG-IAM-18", subject="account", check={"cel": "account.root_mfa == true"}),
        control("WG-IAM-10", subject="principal", check={"cel": "principal.mfa_active == true"}),
        accounts=[account(), account(other)],
        stores=Collection((), (denied("s3:ListBuckets"),)),
        keys=[key("k"), key("else", account=other)],
        principals=[user("somebody")],
    )
    assert [(one.control, one.subject, one.status) for one in found] == [
        ("WG-IAM-10", f"aws/{ACCOUNT}", "unknown"),  # who reaches stores that nobody saw cannot be said
        ("WG-IAM-18", ACCOUNT, "pass"),
        ("WG-KEY-07", key("k").id, "pass"),
    ]


def test_a_key_that_only_objects_use_bears_on_their_store(tmp_path: Path) -> None:
    used = key("k", rotation=known(False))
    found = results(
        tmp_path,
        control("WG-KEY-07", subject="key", check={"cel": "key.rotation == true"}),
        accounts=[account()],
        stores=[store("a", contents=known(Contents(1, 1, 0, (used.id,))))],
        keys=[used],
        weight_sets=[weights("a")],
    )
    assert [(one.subject, one.status, one.weights) for one in found] == [
        (used.id, "fail", (weights("a").id,))
    ]


def test_nobody_can_say_that_an_unlisted_place_holds_no_weights(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    deciding(lambda subject, context: Verdict.not_applicable("it holds no weights"))
    unlisted = denied("s3:ListObjectsV2")
    found = results(
        tmp_path,
        control("WG-STO-01"),
        accounts=[account()],
        stores=[store("a", contents=unlisted), store("b")],
        weight_sets=[weights("b")],
    )
    assert [(one.subject, one.status, one.unknowns) for one in found] == [
        (arn("a"), "unknown", (unlisted,)),
        (arn("b"), "not_applicable", ()),
    ]


def test_a_check_that_asks_for_weights_which_nobody_could_list_is_unknown(
    tmp_path: Path, deciding: Callable[[Decide], None]
) -> None:
    deciding(lambda subject, context: Verdict.passed(f"{len(context.weights_of(subject.id))} weight sets"))
    found = results(
        tmp_path,
        control("WG-STO-01"),
        accounts=[account()],
        stores=[store("a", contents=denied("s3:ListObjectsV2"))],
    )
    assert [one.status for one in found] == ["unknown"]
