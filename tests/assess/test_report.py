"""The report as a whole: its schema, its bytes, its exit status, and that hostile names stay data."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laboratory import (
    OPEN,
    SHUT,
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
    weights,
)
from weightguard.access.model import AccessKind
from weightguard.assess.assessment import Options, Provenance, assess
from weightguard.assess.gaps import CallGroup
from weightguard.assess.model import AccountSight, Report
from weightguard.assess.serialise import from_json, to_json
from weightguard.assess.status import Lack, ending, exit_status
from weightguard.config import Config
from weightguard.errors import InputError

SCHEMAS = Path(__file__).parents[2] / "src" / "weightguard" / "schemas"
HOSTILE = "<script>alert(1)</script>\x1b[31m=cmd|'/c calc'!A1"
BAD = known(OPEN, "s3:GetPublicAccessBlock")
UNREAD = denied("s3:GetPublicAccessBlock")


def report(folder: Path, *controls: dict[str, Any], config: Config | None = None, **given: Any) -> Report:
    options, source = given.pop("options", None), given.pop("source", None)
    access = given.pop("access", None) or ToldAccess()
    things = {"accounts": [account()], "stores": [store("a")], "weight_sets": [weights("a")], **given}
    loaded = catalogue(folder, *(controls or (control("WG-STO-01"), attested("WG-GOV-01"))))
    return assess(estate(**things), access, loaded, config or Config(), options=options, source=source)


def full(folder: Path) -> Report:
    """A report with something in every part."""
    return report(
        folder,
        access=ToldAccess({(AccessKind.READ, arn("a")): [answer(HOSTILE)]}),
        config=Config.model_validate({"models": [{"name": "atlas", "tier": "high"}]}),
        options=Options(what_if={"WG-STO-01": "pass"}),
        source=Provenance(
            ("sha256:1", "sha256:2"), ("aws/1",), (CallGroup("aws/1", "s3", "X", "denied", None, 1),)
        ),
        stores=[
            store("a", public_access_block=BAD, tags=known({HOSTILE: "x" * 2000})),
            store("b", public_access_block=UNREAD),
        ],
        weight_sets=[weights("a"), weights("b", HOSTILE)],
    )


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text())


def test_the_report_keeps_the_shipped_schema_and_reads_back(tmp_path: Path) -> None:
    made = full(tmp_path)
    data = to_json(made)
    jsonschema.Draft202012Validator(schema("report")).validate(json.loads(data))
    assert to_json(from_json(data)) == data


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    assert to_json(full(first)) == to_json(full(second))


def test_the_shipped_schemas_are_what_the_models_say() -> None:
    script = Path(__file__).parents[2] / "scripts" / "write_schemas.py"
    spec = importlib.util.spec_from_file_location("write_schemas", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.rendered().items():
        assert (SCHEMAS / f"{name}.json").read_text() == text, "run scripts/write_schemas.py"


def test_a_control_and_a_configuration_keep_their_schemas() -> None:
    jsonschema.Draft202012Validator(schema("control")).validate(json.loads(json.dumps(control("WG-STO-01"))))
    jsonschema.Draft202012Validator(schema("config")).validate({"fail_on": "high", "models": [{"name": "a"}]})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema("config")).validate({"fail_onn": "high"})


def test_the_public_names_of_the_report_are_there(tmp_path: Path) -> None:
    made = json.loads(to_json(full(tmp_path)))
    assert made.keys() >= {
        "schema_version", "tool", "catalogue", "snapshot", "coverage", "summary", "weights", "results", "controls", "levels",
    }  # fmt: skip
    assert made["tool"].keys() >= {"name", "version"}
    assert made["catalogue"].keys() >= {"id", "version", "digest"}
    assert made["snapshot"].keys() >= {"digest", "scopes", "collected_at"}
    assert made["coverage"].keys() >= {"calls", "gaps", "ratio"}
    assert made["coverage"]["calls"].keys() == {"ok", "absent", "denied", "throttled", "failed"}
    assert made["coverage"]["gaps"][0].keys() >= {"scope", "service", "operation", "code", "controls"}
    assert made["summary"].keys() >= {"level_reached", "target_level", "score", "by_status", "by_severity"}
    assert made["weights"][0].keys() >= {
        "id", "name", "store", "prefix", "format", "shards", "bytes", "declared", "target_level", "level_reached", "blocking",
        "readers", "copiers", "score", "files",
    }  # fmt: skip
    assert made["weights"][0]["readers"].keys() >= {"people", "workloads", "external"}
    assert made["weights"][0]["files"][0].keys() == {"key", "bytes", "format", "confidence"}
    assert made["results"][0].keys() >= {
        "control", "subject", "status", "severity", "level", "message", "evidence", "weights", "fingerprint", "remediation",
    }  # fmt: skip
    assert made["levels"][0].keys() >= {"level", "passed", "failed", "unknown", "not_applicable", "attested"}


def test_controls_are_given_once_each_and_only_those_that_results_name(tmp_path: Path) -> None:
    made = full(tmp_path)
    named = [one["id"] for one in made.controls]
    assert named == sorted({one.control for one in made.results})


def test_a_large_value_is_given_once_by_reference(tmp_path: Path) -> None:
    reads_tags = {"cel": "store.tags.all(key, key != 'public')"}
    large = known({"note": "x" * 5000})
    made = report(
        tmp_path,
        control("WG-STO-01", check=reads_tags),
        control("WG-STO-02", check=reads_tags),
        stores=[store("a", tags=large), store("b", tags=large)],
        weight_sets=[weights("a"), weights("b")],
    )
    values = [one.evidence[0].value for one in made.results]
    assert len(values) == 4
    assert {value["ref"] for value in values} == set(made.values)
    assert made.values[values[0]["ref"]] == {"note": "x" * 5000}
    assert len(to_json(made)) < 30_000


def test_a_huge_value_is_cut_and_says_so(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01", check={"cel": "size(store.tags) == 1"}),
        stores=[store("a", tags=known({"note": "x" * 200_000}))],
    )
    (value,) = made.values.values()
    assert value["cut"] is True
    assert len(json.dumps(value)) < 5000


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no report"),
        (b"{}", "no report"),
        (b"[1]", "no report"),
        (b"\xff", "no report"),
        (b'{"schema_version": 3}', "no report"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(data: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        from_json(data)
    assert "\n" not in caught.value.one_line()


@pytest.mark.parametrize(
    ("given", "options", "status"),
    [
        ({}, {}, 0),
        ({"stores": [store("a", public_access_block=BAD)]}, {}, 3),
        ({"stores": [store("a", public_access_block=BAD)]}, {"fail_on": "critical"}, 0),
        ({"stores": [store("a", public_access_block=BAD)]}, {"fail_on": "none"}, 0),
        ({"stores": [store("a", public_access_block=UNREAD)]}, {}, 4),
        (
            {"stores": [store("a", public_access_block=UNREAD)]},
            {"fail_on": "critical"},
            4,
        ),  # not one verdict was formed
        (
            {
                "stores": [store("a", public_access_block=UNREAD), store("c")],
                "weight_sets": [weights("a"), weights("c")],
            },
            {"fail_on": "critical"},
            0,
        ),
        ({"stores": [store("a"), store("b", public_access_block=BAD)]}, {}, 0),  # a footnote fails nothing
        (
            {
                "stores": [store("a"), store("b", public_access_block=BAD)],
                "controls": control("WG-STO-01", severity="critical", exposes=True, lets_in="public"),
            },
            {"fail_on": "low"},
            0,
        ),  # nor one that lies open without weights
        (
            {
                "stores": [store("a", public_access_block=BAD)],
                "controls": control("WG-STO-01", severity="critical", level="SL4"),
            },
            {},
            0,
        ),  # above what the weights aim at
        (
            {
                "stores": [store("a", public_access_block=BAD)],
                "controls": control("WG-STO-01", severity="critical", level="SL4", lets_in="outsider"),
            },
            {},
            3,
        ),  # but an outsider reads them, whatever the level
        (
            {
                "stores": [store("a", public_access_block=UNREAD)],
                "controls": control("WG-STO-01", severity="critical", level="SL4", lets_in="outsider"),
            },
            {},
            4,
        ),  # or might
        (
            {
                "stores": [store("a"), store("b", public_access_block=UNREAD)],
                "weight_sets": [weights("a"), weights("b")],
                "controls": control("WG-STO-01", severity="critical", level="SL4"),
            },
            {},
            0,
        ),  # what is unknown above the target hides nothing that would count
        ({}, {"target_level": "SL3"}, 3),  # the attestation is missing
        ({"weight_sets": []}, {"target_level": "SL3"}, 4),  # nothing keeps nothing away
        ({"accounts": [account(), account("222222222222", collected=False)]}, {}, 0),  # a stranger's account
        (
            {
                "accounts": [
                    account(organisation="o-1"),
                    account("222222222222", organisation="o-1", collected=False),
                ]
            },
            {},
            4,
        ),  # one of ours, which nobody asked
        (
            {
                "accounts": [
                    account(organisation="o-1"),
                    account("222222222222", organisation="o-1", collected=False, closed=True),
                ]
            },
            {},
            0,
        ),  # one that the organisation closed
        ({"stores": [], "weight_sets": []}, {}, 4),  # nothing was evaluated
        ({"weight_sets": []}, {}, 4),
        ({"weight_sets": []}, {"fail_on": "none"}, 4),
    ],
)
def test_the_exit_status(tmp_path: Path, given: dict[str, Any], options: dict[str, Any], status: int) -> None:
    only = given.get("controls")
    things = {name: value for name, value in given.items() if name != "controls"}
    made = report(tmp_path, *([only] if only else []), **things)
    assert exit_status(made, **options) == status
    assert ending(made, **options).status == status
    assert bool(ending(made, **options).missing) == (status == 4) or status == 3


def test_a_failure_counts_against_the_highest_target_of_the_weights_that_it_bears_on(tmp_path: Path) -> None:
    failing = control("WG-STO-01", severity="critical", level="SL3")
    things = {"stores": [store("a", public_access_block=BAD)], "accounts": [account()]}
    for tier, status in (("none", 0), ("high", 3)):
        config = Config.model_validate({"models": [{"name": "atlas", "tier": tier}]})
        made = assess(
            estate(weight_sets=[weights("a")], **things), ToldAccess(), catalogue(tmp_path, failing), config
        )
        assert exit_status(made) == status


def test_the_ending_names_what_decides(tmp_path: Path) -> None:
    bad = {"stores": [store("a", public_access_block=BAD), store("b", public_access_block=BAD)]}
    sets = [weights("a"), weights("b")]
    made = report(tmp_path, **bad, weight_sets=sets)
    (failing,) = ending(made).failing
    assert (failing.control, failing.places) == ("WG-STO-01", 2)
    unread = replace(
        made.coverage, accounts=(AccountSight("1", "one", "unread"), AccountSight("2", "two", "read"))
    )
    missing = {one.lack: one.names for one in ending(replace(made, coverage=unread)).missing}
    assert missing[Lack.ACCOUNTS] == ("1",)


def test_any_refused_read_keeps_a_run_from_passing(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        source=Provenance(calls=(CallGroup("aws/1", "ec2", "DescribeX", "denied", "AccessDenied", 1),)),
    )
    assert exit_status(made) == 4


def test_levels_count_controls_of_exactly_that_level(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        control("WG-STO-01"),
        control("WG-STO-02", level="SL2", check={"cel": "store.name == 'z'"}),
        control("WG-KEY-01", subject="key", check={"cel": "true"}),
        attested("WG-GOV-01"),
    )
    first, second = made.levels[0], made.levels[1]
    assert (first.passed, first.failed, first.unknown, first.not_attested, first.not_applicable) == (
        1,
        0,
        1,
        1,
        1,
    )
    assert (second.passed, second.failed) == (0, 1)
    assert second.controls == {"failed": ("WG-STO-02",)}


_FACTS = st.sampled_from([known(SHUT), known(OPEN), known(None), UNREAD])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_FACTS, st.booleans()), min_size=1, max_size=4))
def test_no_unknown_ever_helps(tmp_path: Path, stores: list[tuple[Any, bool]]) -> None:
    """Replacing a known failure by an unknown never raises a level or a score, and never ends a run in 0."""

    def made(facts: list[Any]) -> Report:
        things = [store(str(number), public_access_block=fact) for number, fact in enumerate(facts)]
        sets = [weights(str(number)) for number, (_, holds) in enumerate(stores) if holds]
        return report(tmp_path, control("WG-STO-01"), stores=things, weight_sets=sets)

    before = made([fact for fact, _ in stores])
    after = made([UNREAD for _ in stores])
    assert after.summary.level_reached <= before.summary.level_reached
    assert after.summary.score <= before.summary.score
    assert exit_status(after) != 0
