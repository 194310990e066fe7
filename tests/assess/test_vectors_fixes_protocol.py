"""Attack vectors, the shortest list of fixes, what a fix would buy, and the red-team protocol."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from laboratory import (
    OPEN,
    SHIPPED,
    Credential,
    CredentialKind,
    NamedPolicy,
    Organisation,
    ToldAccess,
    account,
    answer,
    arn,
    attested,
    catalogue,
    control,
    denied,
    estate,
    known,
    store,
    user,
    weights,
)
from weightguard.access.model import AccessKind, Because, Hop
from weightguard.assess.assessment import Options, assess
from weightguard.assess.model import Report, Start
from weightguard.assess.protocol import load_protocol
from weightguard.config import Config
from weightguard.controls.catalogue import load_catalogue
from weightguard.errors import ConfigError, InputError
from weightguard.estate.fact import Collection
from weightguard.estate.model import FederatedProvider, PrincipalKind, Workload
from weightguard.report import render, terminal

ON = {"cel": "store.versioning.on"}
BAD = known(OPEN, "s3:GetPublicAccessBlock")
UNREAD = denied("s3:GetBucketVersioning")
PROTOCOL = (SHIPPED / "protocols" / "standard.yaml").read_text()


def report(
    folder: Path,
    *controls: dict[str, Any],
    access: ToldAccess | None = None,
    options: Options | None = None,
    **given: Any,
) -> Report:
    things = {"accounts": [account()], "stores": [store("a")], "weight_sets": [weights("a")], **given}
    loaded = catalogue(folder, *controls)
    (loaded.directory / "protocols").mkdir(exist_ok=True)
    (loaded.directory / "protocols" / "standard.yaml").write_text(PROTOCOL)
    return assess(estate(**things), access or ToldAccess(), loaded, Config(), options=options)


def mapped(identifier: str, vector: str, **given: Any) -> dict[str, Any]:
    return control(identifier, mappings={"rand_vectors": [vector]}, **given)


@pytest.mark.parametrize(
    ("vector", "given", "state"),
    [
        ("V4.1", {}, "closed_in_configuration"),
        ("V4.1", {"public_access_block": BAD}, "open"),
        ("V4.1", {"public_access_block": denied("s3:GetPublicAccessBlock")}, "unknown"),
        (
            "V7.7",
            {},
            "beyond_evidence",
        ),  # whatever its controls say, configuration cannot close a military takeover
        ("V7.7", {"public_access_block": BAD}, "beyond_evidence"),  # nor open it
        ("V4.2", None, "no_control"),
    ],
)
def test_a_vector_is_closed_only_as_far_as_configuration_shows(
    tmp_path: Path, vector: str, given: dict[str, Any] | None, state: str
) -> None:
    made = report(
        tmp_path,
        mapped("WG-STO-01", vector if given is not None else "V4.1"),
        stores=[store("a", **given or {})],
    )
    found = {one.id: one for one in made.vectors}
    assert len(found) == 38
    assert found[vector].state == state
    assert found[vector].beyond
    assert (found[vector].controls == {}) == (state == "no_control")


def attests(folder: Path, *rows: dict[str, Any]) -> Config:
    (folder / "evidence.txt").write_text("seen")
    standard = {
        "statement": "It is so.", "by": "third_party", "attester": "Example Ltd", "evidence": "evidence.txt",
        "sha256": hashlib.sha256(b"seen").hexdigest(), "valid_until": "2027-01-01",
    }  # fmt: skip
    path = folder / "attestations.yaml"
    path.write_text(yaml.safe_dump({"attestations": [{**standard, **row} for row in rows]}))
    return Config(attestations=(path,))


HOLDS, OPEN_ONE = mapped("WG-STO-01", "V9.2"), mapped("WG-STO-02", "V9.2", check={"cel": "store.name == 'z'"})
ELSEWHERE = mapped("WG-KEY-01", "V9.2", subject="key", check={"cel": "true"})
SIGNED = attested("WG-GOV-02", mappings={"rand_vectors": ["V9.2"]})
WAIVED = {
    "waivers": [
        {"control": "WG-STO-02", "subject": "*", "owner": "jo", "reason": "r", "ticket": "t", "expires": "2027-03-31",
         "compensating_control": "c"}
    ]
}  # fmt: skip


@pytest.mark.parametrize(
    ("controls", "rows", "waived", "state"),
    [
        ((HOLDS, SIGNED), [], False, "partly"),
        ((SIGNED,), [], False, "not_attested"),
        ((SIGNED, ELSEWHERE), [], False, "not_attested"),
        ((ELSEWHERE,), [], False, "no_control"),  # nothing that applies is nothing that closes
        ((HOLDS, SIGNED), [{"control": "WG-GOV-02"}], False, "closed_in_configuration"),
        ((HOLDS, SIGNED), [{"control": "WG-GOV-02", "by": "self"}], False, "partly"),
        ((SIGNED,), [{"control": "WG-GOV-02"}], False, "attested"),
        ((SIGNED,), [{"control": "WG-GOV-02", "by": "self"}], False, "partly"),
        ((HOLDS, OPEN_ONE), [], False, "open"),
        ((HOLDS, OPEN_ONE), [], True, "open"),  # who accepts a risk has not closed it
    ],
)
def test_a_vector_is_closed_only_when_every_control_on_it_holds_or_is_attested(
    tmp_path: Path, controls: Any, rows: list[dict[str, Any]], waived: bool, state: str
) -> None:
    config = attests(tmp_path, *rows)
    if waived:
        (tmp_path / "waivers.yaml").write_text(yaml.safe_dump(WAIVED))
        config = config.model_copy(update={"waivers": (tmp_path / "waivers.yaml",)})
    things = {"accounts": [account()], "stores": [store("a")], "weight_sets": [weights("a")]}
    made = assess(estate(**things), ToldAccess(), catalogue(tmp_path, *controls), config)
    assert {one.id: one.state for one in made.vectors}["V9.2"] == state


def test_extortion_of_people_is_closed_by_no_key() -> None:
    shipped = load_catalogue()
    on_it = {one.id for one in shipped.controls if "V9.2" in one.mappings.rand_vectors}
    assert not on_it & {"WG-KEY-14", "WG-GOV-05"}
    assert {
        "WG-IAM-01",
        "WG-IAM-02",
        "WG-IAM-06",
        "WG-LOG-01",
    } <= on_it  # what a bribed insider meets, a coerced one meets


def test_a_vector_names_the_attackers_for_whom_it_is_feasible(tmp_path: Path) -> None:
    found = {one.id: one for one in report(tmp_path, control("WG-STO-01")).vectors}
    assert found["V7.7"].feasible_for == ("OC5",)
    assert found["V2.1"].feasible_for == ("OC1", "OC2", "OC3", "OC4", "OC5")


def test_the_next_level_lists_every_blocker_once_and_nothing_else(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01", severity="critical"),
        control("WG-STO-02", check=ON),
        control("WG-STO-03", check=ON, severity="low"),
        control("WG-STO-04", check={"cel": "store.name == 'z'"}, level="SL2"),
        attested("WG-GOV-01", severity="medium"),
        stores=[
            store("a", versioning=UNREAD, public_access_block=BAD),
            store("b", versioning=UNREAD, public_access_block=BAD),
        ],
        weight_sets=[weights("a"), weights("b")],
    )
    assert made.next_level.level == "SL1"
    assert [(one.kind, one.controls, one.subject_count) for one in made.next_level.fixes] == [
        ("change", ("WG-STO-01",), 2),
        ("grant", ("WG-STO-02", "WG-STO-03"), 1),  # one permission in one scope settles both
        ("attest", ("WG-GOV-01",), 0),
    ]
    assert "s3:GetBucketVersioning" in made.next_level.fixes[1].do
    assert made.next_level.fixes[0].do == "aws fix WG-STO-01"


def test_fixing_everything_on_the_list_reaches_the_next_level(tmp_path: Path) -> None:
    controls = (
        control("WG-STO-01"),
        control("WG-STO-02", check=ON),
        control("WG-STO-09", level="SL2", check=ON),
    )
    things = {"stores": [store("a", public_access_block=BAD, versioning=UNREAD)]}
    before = report(tmp_path, *controls, **things)
    listed = {name: "pass" for fix in before.next_level.fixes for name in fix.controls}
    after = report(tmp_path, *controls, options=Options(what_if=listed), **things).what_if
    assert after is not None
    assert (before.summary.level_reached, after.level_after) == ("SL0", before.next_level.level)
    for left_out in listed:
        fewer = {name: status for name, status in listed.items() if name != left_out}
        again = report(tmp_path, *controls, options=Options(what_if=fewer), **things).what_if
        assert again is None or again.level_after == "SL0"  # none on the list is superfluous


def test_what_if_changes_nothing_but_its_own_answer(tmp_path: Path) -> None:
    things = {"stores": [store("a", public_access_block=BAD)]}
    controls = (control("WG-STO-01", severity="critical", exposes=True), control("WG-STO-02", check=ON))
    plain = report(tmp_path, *controls, **things)
    assumed = report(tmp_path, *controls, options=Options(what_if={"WG-STO-01": "pass"}), **things)
    assert (assumed.summary, assumed.results, assumed.weights) == (
        plain.summary,
        plain.results,
        plain.weights,
    )
    bought = assumed.what_if
    assert bought is not None
    assert (bought.level_before, bought.level_after) == ("SL0", "SL3")
    assert (bought.score_before, bought.score_after) == (20, 100)


def test_what_if_does_not_lift_a_cap_that_another_failure_keeps(tmp_path: Path) -> None:
    controls = (
        control("WG-STO-01", severity="critical", exposes=True),
        control("WG-STO-02", severity="critical", exposes=True, check={"cel": "store.name == 'z'"}),
        *(control(f"WG-STO-{number}", check=ON) for number in range(10, 20)),
    )
    made = report(
        tmp_path,
        *controls,
        options=Options(what_if={"WG-STO-01": "pass"}),
        stores=[store("a", public_access_block=BAD)],
    )
    assert made.what_if is not None
    assert made.what_if.score_after == 20


@pytest.mark.parametrize("assumed", [{"WG-STO-99": "pass"}, {"WG-STO-01": "fail"}])
def test_only_known_controls_can_be_assumed_to_pass(tmp_path: Path, assumed: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="--what-if"):
        report(tmp_path, control("WG-STO-01"), options=Options(what_if=assumed))


PERSON, ROOT = user("jo", groups=known(("g",))), user("root", account="999999999999", policies=known((
    NamedPolicy("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess", None, "provider"),
)))  # fmt: skip
ROBOT = user(
    "robot",
    credentials=known((Credential("AKIA", CredentialKind.ACCESS_KEY, True, None, None),)),
    console_password=known(False),
)
IDLE = user("idle", credentials=known((Credential("AKIB", CredentialKind.ACCESS_KEY, False, None, None),)))
GITHUB = FederatedProvider(
    "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com", "aws", "111111111111", "oidc",
    known("token.actions.githubusercontent.com"), known(("sts.amazonaws.com",)),
)  # fmt: skip
SERVER = Workload(
    "arn:aws:ec2:us-east-1:111111111111:instance/i-1", "aws", "111111111111", "us-east-1", "instance", "ec2", "i-1", (),
    known(False), known(None),
)  # fmt: skip
NODE = replace(
    user("node"),
    id="arn:aws:iam::111111111111:role/Node",
    kind=PrincipalKind.ROLE,
    trust=known(NamedPolicy("trust", "trust", {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    }, "inline")),
)  # fmt: skip
BUILD = Workload(
    "arn:aws:codebuild:us-east-1:111111111111:project/p", "aws", "111111111111", "us-east-1", "build_project",
    "codebuild", "p", (), known(False), known(None),
)  # fmt: skip
WORLD: dict[str, Any] = {
    "principals": [PERSON, ROOT, ROBOT, IDLE, NODE],
    "federated_providers": [GITHUB],
    "workloads": [SERVER, BUILD],
    "organisations": [Organisation("o-1", "aws", "999999999999")],
}


def played(
    tmp_path: Path, *answers: Any, controls: tuple[dict[str, Any], ...] = (), **world: Any
) -> dict[str, Start]:
    made = report(
        tmp_path,
        *(controls or (control("WG-STO-01"),)),
        access=ToldAccess({(AccessKind.READ, arn("a")): list(answers)}),
        options=Options(protocols=("standard",)),
        **{**WORLD, **world},
    )
    return {f"{one.id}{'/' + one.group if one.group else ''}": one for one in made.protocols[0].starts}


@pytest.mark.parametrize(
    ("one", "starts"),
    [
        (answer("*", "anonymous"), {"anonymous-internet"}),
        (answer(ROBOT.id, "workload"), {"leaked-long-lived-key", "phished-person/(no group)"}),
        (answer(IDLE.id, "workload"), {"phished-person/(no group)"}),
        (answer(PERSON.id, "person"), {"phished-person/g", "malicious-insider"}),
        (answer(PERSON.id, "person", direct=False), {"phished-person/g"}),
        (answer(f"{GITHUB.id}#repo:lab/*", "external"), {"compromised-build-job", "compromised-vendor"}),
        (answer(BUILD.id, "workload"), {"compromised-build-job"}),
        (answer(SERVER.id, "workload"), {"compromised-serving-workload"}),
        (
            answer(NODE.id, "workload"),
            {"compromised-serving-workload"},
        ),  # whether or not anything runs as it now
        (answer(f"arn:aws:iam::{ROOT.account}:root", "unknown"), {"organisation-administrator"}),
        (answer("arn:aws:iam::888888888888:root", "external"), {"compromised-vendor"}),
        (
            answer(ROOT.id, "person", direct=False),
            {"organisation-administrator", "phished-person/(no group)"},
        ),
    ],
)
def test_each_starting_point_falls_to_those_it_stands_for(tmp_path: Path, one: Any, starts: set[str]) -> None:
    found = played(tmp_path, one)
    assert {name for name, start in found.items() if start.falls} == starts
    assert all(fall.weights == weights("a").id for start in found.values() for fall in start.falls)


BARE: dict[str, Any] = {"principals": [], "federated_providers": [], "workloads": [], "organisations": []}
UNTRIED = {
    "leaked-long-lived-key", "phished-person", "compromised-build-job", "compromised-serving-workload", "malicious-insider",
    "compromised-vendor", "organisation-administrator",
}  # fmt: skip


def test_where_nobody_stands_nobody_was_tried(tmp_path: Path) -> None:
    found = played(tmp_path, **BARE)
    assert {name for name, start in found.items() if start.outcome == "not_tried"} == UNTRIED
    for name in UNTRIED:
        assert (found[name].actors, found[name].actor_count, found[name].complete) == ((), 0, False)
    # Anybody on the internet is always there.
    assert (found["anonymous-internet"].outcome, found["anonymous-internet"].actors) == ("none", ("*",))


def test_root_users_of_the_organisation_are_its_administrators_and_are_no_proof(tmp_path: Path) -> None:
    governed = [
        account("999999999999", organisation="o-1", is_management=True),
        account("111111111111", organisation="o-1"),
    ]
    start = played(tmp_path, accounts=governed, principals=[])["organisation-administrator"]
    assert start.actors == ("arn:aws:iam::111111111111:root", "arn:aws:iam::999999999999:root")
    # The graph names a root user where a policy does: that it names none is no answer about them.
    assert (start.outcome, start.complete) == ("none_seen", False)


def test_an_access_key_of_a_root_user_is_a_long_lived_key(tmp_path: Path) -> None:
    keyed = [account(root_access_keys=known(1)), account("222222222222", root_access_keys=known(0))]
    start = played(tmp_path, accounts=keyed, principals=[])["leaked-long-lived-key"]
    assert start.actors == ("arn:aws:iam::111111111111:root",)
    unread = [account(root_access_keys=denied("iam:GetAccountSummary"))]
    assert not played(tmp_path, accounts=unread)["leaked-long-lived-key"].complete


def test_outcomes_are_told_apart(tmp_path: Path) -> None:
    reads = played(tmp_path, answer(PERSON.id, "person"))
    assert reads["phished-person/g"].outcome == "falls"
    assert reads["phished-person/(no group)"].outcome == "none"
    hidden = ToldAccess(gaps=(denied("iam:GetAccountAuthorizationDetails"),))
    made = report(
        tmp_path,
        control("WG-STO-01"),
        access=hidden,
        options=Options(protocols=("standard",)),
        **WORLD,
    )
    assert {one.outcome for one in made.protocols[0].starts} == {"none_seen", "not_tried"}


def test_the_words_of_a_row_never_say_none_where_nobody_was_tried(tmp_path: Path) -> None:
    made = report(tmp_path, control("WG-STO-01"), options=Options(protocols=("standard",)), **BARE)
    shown = " ".join(terminal.render(made).split())
    assert "An organisation administrator (OC5): not tried: nobody of this kind was found" in shown
    page = render("html", made).decode()
    row = page[page.index("An organisation administrator") :]
    assert row.index("not tried") < row.index("</tr>")
    assert "none" not in row[row.index("<td") : row.index("</tr>")].replace("none_seen", "")


def test_a_fall_shows_the_shortest_certain_way(tmp_path: Path) -> None:
    hop = Hop("arn:x", "arn:y", "sts:AssumeRole", (Because("p", "0"),))
    maybe = answer(PERSON.id, certainty="conditional", path=())
    long = answer(PERSON.id, path=(hop, hop), direct=False)
    fall = played(tmp_path, maybe, long)["phished-person/g"].falls[0]
    assert (fall.certainty, [step.how for step in fall.path]) == (
        "certain",
        ["sts:AssumeRole", "sts:AssumeRole"],
    )


def test_detection_that_holds_sees_the_theft_and_detection_that_fails_does_not(tmp_path: Path) -> None:
    controls = (
        control("WG-LOG-01", detects=True),
        control("WG-LOG-02", detects=True, check=ON),
        control("WG-LOG-06", detects=True, check={"cel": "store.name == 'z'"}),
        control("WG-STO-01"),
    )
    start = played(
        tmp_path, answer("*", "anonymous"), controls=controls, stores=[store("a", versioning=UNREAD)]
    )["anonymous-internet"]
    assert (start.seen_by, start.unseen_by) == (("WG-LOG-01",), ("WG-LOG-02", "WG-LOG-06"))


def test_a_starting_point_is_incomplete_when_its_actors_could_not_be_read(tmp_path: Path) -> None:
    unread = user("robot", credentials=denied("iam:GetCredentialReport"))
    found = played(tmp_path, principals=[unread])
    assert not found["leaked-long-lived-key"].complete
    assert found["anonymous-internet"].complete


def test_a_protocol_is_found_by_name_and_misspelt_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        report(tmp_path, control("WG-STO-01"), options=Options(protocols=("standrad",)))
    assert caught.value.fix == "did you mean 'standard'?"
    with pytest.raises(InputError):
        report(tmp_path, control("WG-STO-01"), options=Options(protocols=("../../etc/passwd",)))


def test_the_standard_protocol_stands_for_the_eight_starting_points(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(PROTOCOL)
    protocol = load_protocol(str(own), catalogue(tmp_path))
    assert [one.who for one in protocol.starting_points] == [
        "anonymous", "holders_of_long_lived_keys", "people_by_group", "build_jobs", "serving_workloads",
        "people_with_read", "outside_accounts", "organisation_administrators",
    ]  # fmt: skip
    assert protocol.version == "1.0"


def test_nothing_falls_only_where_something_could_and_every_account_was_read(tmp_path: Path) -> None:
    def of_the_internet(**world: Any) -> str:
        return played(tmp_path, **world)["anonymous-internet"].outcome

    ours = account(organisation="o-1")
    assert of_the_internet() == "none"
    assert of_the_internet(weight_sets=[]) == "none_seen"  # nothing could fall
    member = account("222222222222", organisation="o-1", collected=False)
    assert of_the_internet(accounts=[ours, member]) == "none_seen"
    hidden = Collection((weights("a"),), (denied("s3:ListObjectsV2"),))
    assert of_the_internet(weight_sets=hidden) == "none_seen"
