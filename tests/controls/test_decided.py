"""On which providers a control is decided, and what is said of a subject where it is not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from laboratory import (
    SHOWN,
    ToldAccess,
    account,
    arn,
    attested,
    catalogue,
    control,
    estate,
    known,
    store,
    weights,
)
from weightguard.config import Config
from weightguard.controls import functions
from weightguard.controls.engine import judge
from weightguard.controls.judge import Check, Context, Verdict
from weightguard.controls.lint import lint_files
from weightguard.controls.results import Result
from weightguard.controls.said import worded
from weightguard.controls.schema import Control
from weightguard.errors import CatalogueError, ConfigError
from weightguard.estate.fact import Reason

BOTH = {
    "providers": ["aws", "gcp"],
    "evidence": {"aws": ["s3:GetPublicAccessBlock"], "gcp": ["Bucket.iamConfiguration"]},
    "remediation": {"anywhere": {"console": "Click.", "cli": "fix it", "terraform": "resource {}"}},
}
FUNCTION = "storage.public_access_blocked"
OF_AWS = "aws.storage.encrypted_transport_only"
ON_GCP = {
    verdict: [deepcopy({**one, "provider": "gcp"}) for one in given] for verdict, given in SHOWN.items()
}
ANYWHERE = {
    "pass": [{"provider": "anywhere"}],
    "fail": [{"provider": "anywhere", "change": [{"document": "policy.txt", "text": ""}]}],
    "unknown": [{"provider": "anywhere", "configuration": {"disclosure": {}}}],
}
EVERYWHERE: dict[str, Any] = deepcopy({verdict: SHOWN[verdict] + ON_GCP[verdict] for verdict in SHOWN})
FINE = Verdict.passed("fine")


def stated(**given: Any) -> Control:
    return Control.model_validate(control("WG-STO-01", **{**BOTH, "check": FUNCTION, **given}))


@pytest.mark.parametrize(
    ("given", "decided", "undecided"),
    [
        ({}, (), ("aws", "gcp")),
        ({"examples": SHOWN}, ("aws",), ("gcp",)),
        ({"examples": ON_GCP}, ("gcp",), ("aws",)),
        ({"examples": EVERYWHERE}, ("aws", "gcp"), ()),
        ({"examples": ANYWHERE}, ("aws", "gcp"), ()),
        ({"examples": {**SHOWN, "unknown": []}}, (), ("aws", "gcp")),
        ({"examples": {**SHOWN, "unknown": ON_GCP["unknown"]}}, (), ("aws", "gcp")),
        ({"examples": {**SHOWN, "unknown": ANYWHERE["unknown"]}}, ("aws",), ("gcp",)),
        ({"examples": EVERYWHERE, "check": {"aws": FUNCTION}}, ("aws",), ("gcp",)),
        ({"examples": EVERYWHERE, "check": OF_AWS}, ("aws",), ("gcp",)),
        ({"examples": EVERYWHERE, "providers": ["aws"]}, ("aws",), ()),
        ({"check": {"cel": "true"}}, ("aws", "gcp"), ()),
    ],
)
def test_a_control_is_decided_where_it_has_an_example_of_each_verdict(
    given: dict[str, Any], decided: tuple[str, ...], undecided: tuple[str, ...]
) -> None:
    assert (stated(**given).decided_on, stated(**given).undecided_on) == (decided, undecided)


def test_a_rule_of_one_provider_is_not_asked_about_a_bucket_of_another(tmp_path: Path) -> None:
    given = {**BOTH, "check": OF_AWS, "examples": EVERYWHERE}
    found = {one.subject: one for one in results(tmp_path, control("WG-STO-01", **given))}
    assert found[arn("a")].status == "fail"
    assert found[arn("g")].status == "unknown"
    assert [one.reason for one in found[arn("g")].unknowns] == [Reason.NOT_DECIDED]


def test_what_is_only_attested_is_decided_nowhere_and_undecided_nowhere() -> None:
    found = Control.model_validate(attested("WG-GOV-01"))
    assert (found.decided_on, found.undecided_on) == ((), ())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, Any]]]:
    """Puts functions in the place of those that controls name; gives what was asked: (name, parameters)."""

    def put(verdict: Verdict = FINE) -> list[tuple[str, Any]]:
        calls: list[tuple[str, Any]] = []

        def resolve(one: Control, provider: str | None = None) -> Check:
            def check(subject: Any, context: Context) -> Verdict:
                calls.append((str(one.check_on(provider)), dict(context.parameters)))
                return verdict

            return check

        monkeypatch.setattr(functions, "resolve", resolve)
        return calls

    return put


def results(
    folder: Path, *controls: dict[str, Any], config: Config | None = None, **given: Any
) -> list[Result]:
    """What is said of a bucket with weights on AWS and of one on Google Cloud."""
    things = {
        "accounts": [account(), replace(account("lab"), provider="gcp")],
        "stores": [store("a"), replace(store("g"), provider="gcp")],
        "weight_sets": [weights("a"), weights("g")],
        **given,
    }
    return list(
        judge(catalogue(folder, *controls), estate(**things), ToldAccess(), config or Config()).results
    )


def test_a_subject_where_the_control_is_not_decided_is_unknown_and_nobody_asks_the_check(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]]
) -> None:
    calls = asked()
    found = results(tmp_path, control("WG-STO-01", **BOTH, check=FUNCTION, examples=SHOWN))
    assert [(one.subject, one.status, one.provider) for one in found] == [
        (arn("a"), "pass", "aws"),
        (arn("g"), "unknown", "gcp"),
    ]
    assert len(calls) == 1
    assert worded(found[1].message) == "could not be decided: the control is not decided on gcp yet"
    assert [one.reason for one in found[1].unknowns] == [Reason.NOT_DECIDED]
    assert found[1].weights == (f"{arn('g')}/atlas/",)


def test_a_control_that_is_not_meant_for_a_provider_says_nothing_there(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]]
) -> None:
    asked()
    found = results(tmp_path, control("WG-STO-01", check=FUNCTION, examples=SHOWN))
    assert [one.subject for one in found] == [arn("a")]


@pytest.mark.parametrize(
    "verdict", [Verdict.passed("fine"), Verdict.not_applicable("nothing"), Verdict.failed("open")]
)
def test_a_control_without_examples_is_unknown_everywhere_whatever_its_check_says(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]], verdict: Verdict
) -> None:
    calls = asked(verdict)
    found = results(tmp_path, control("WG-STO-01", **BOTH, check=FUNCTION))
    assert [one.status for one in found] == ["unknown", "unknown"]
    assert calls == []


def test_an_exposing_control_says_nothing_of_a_weightless_store_where_it_is_not_decided(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]]
) -> None:
    asked(Verdict.failed("open"))
    found = results(
        tmp_path,
        control("WG-STO-01", **BOTH, check=FUNCTION, examples=SHOWN, exposes=True, severity="critical"),
        weight_sets=[weights("a")],
    )
    assert [(one.subject, one.status) for one in found] == [(arn("a"), "fail")]


def test_each_provider_has_its_own_check_and_its_own_parameters(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]]
) -> None:
    calls = asked()
    number = {"default": 1, "description": "how many", "by_provider": {"gcp": 2}}
    both = {**BOTH, "check": {"aws": "storage.a", "gcp": "storage.g"}, "examples": EVERYWHERE}
    found = results(tmp_path, control("WG-STO-01", **both, parameters={"number": number}))
    assert [one.status for one in found] == ["pass", "pass"]
    assert calls == [("storage.a", {"number": 1}), ("storage.g", {"number": 2})]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (7, [7, 7]),
        ({"gcp": 7}, [1, 7]),
        ({"aws": 6, "gcp": 7}, [6, 7]),
        ({"azure": 7}, [1, 2]),
    ],
)
def test_the_configuration_sets_a_parameter_for_all_providers_or_for_one(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]], given: Any, values: list[int]
) -> None:
    calls = asked()
    number = {"default": 1, "description": "how many", "by_provider": {"gcp": 2}}
    config = Config.model_validate({"controls": {"parameters": {"WG-STO-01": {"number": given}}}})
    one = control("WG-STO-01", **BOTH, check=FUNCTION, examples=EVERYWHERE, parameters={"number": number})
    results(tmp_path, one, config=config)
    assert [parameters["number"] for _, parameters in calls] == values


@pytest.mark.parametrize("given", ["seven", {"gcp": "seven"}, {"oracle": 7}, {}])
def test_a_value_of_another_kind_is_refused(tmp_path: Path, given: Any) -> None:
    number = {"default": 1, "description": "how many", "by_provider": {"gcp": 2}}
    config = Config.model_validate({"controls": {"parameters": {"WG-STO-01": {"number": given}}}})
    one = control("WG-STO-01", **BOTH, check=FUNCTION, examples=EVERYWHERE, parameters={"number": number})
    with pytest.raises(ConfigError, match="is given as"):
        results(tmp_path, one, config=config)


def test_a_value_by_provider_is_no_value_of_a_parameter_that_is_the_same_everywhere(tmp_path: Path) -> None:
    config = Config.model_validate({"controls": {"parameters": {"WG-STO-01": {"number": {"gcp": 7}}}}})
    parameters = {"number": {"default": 1, "description": "how many"}}
    with pytest.raises(ConfigError, match="is given as dict"):
        results(tmp_path, control("WG-STO-01", parameters=parameters), config=config)


@pytest.mark.parametrize(
    ("verdict", "examples", "status"),
    [
        (Verdict.passed("fine"), SHOWN, "unknown"),
        (Verdict.not_applicable("nothing"), SHOWN, "unknown"),
        (Verdict.failed("open"), SHOWN, "fail"),
        (Verdict.passed("fine"), EVERYWHERE, "pass"),
        (Verdict.passed("fine"), ANYWHERE, "pass"),
        (Verdict.failed("open"), {}, "unknown"),
    ],
)
@pytest.mark.parametrize("subject", ["estate", "model"])
def test_what_spans_providers_passes_only_where_the_control_is_decided_on_all_that_it_lies_on(
    tmp_path: Path,
    asked: Callable[..., list[tuple[str, Any]]],
    subject: str,
    verdict: Verdict,
    examples: dict[str, Any],
    status: str,
) -> None:
    asked(verdict)
    given = {**BOTH, "check": FUNCTION, "examples": examples, "subject": subject}
    model = {"name": "atlas", "locations": [f"{arn('a')}/atlas/", f"{arn('g')}/atlas/"]}
    config = Config.model_validate({"models": [model]})
    found = results(tmp_path, control("WG-STO-01", **given), config=config)
    assert [one.status for one in found] == [status]
    here = {"stores": [store("a")], "accounts": [account()], "weight_sets": [weights("a")]}
    alone = results(tmp_path, control("WG-STO-01", **given), config=config, **here)
    assert [one.status for one in alone] == [verdict.status if examples else "unknown"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"examples": {**SHOWN, "fail": []}}, "no example of fail on aws"),
        ({"examples": {**EVERYWHERE, "unknown": SHOWN["unknown"]}}, "no example of unknown on gcp"),
        ({"examples": {}}, "no example of pass"),
        ({"providers": ["aws"], "examples": {**SHOWN, "pass": []}}, "no example of pass"),
        ({"providers": ["aws"], "examples": EVERYWHERE}, "the control is not meant for gcp"),
        (
            {"check": {"aws": FUNCTION}, "examples": EVERYWHERE},
            "no check is named for gcp, of which there are examples",
        ),
        ({"check": {"aws": FUNCTION, "azure": FUNCTION}}, "the control is not meant for azure"),
        ({"check": {"aws": FUNCTION, "gcp": "storage.nothing"}}, "the check does not exist"),
        ({"check": "gcp.no_such_module.check"}, "the check does not exist"),
        ({"check": "azure.no_such_module.check"}, "the control is not meant for azure"),
        ({"check": OF_AWS, "examples": EVERYWHERE}, "no check is named for gcp, of which there are examples"),
        (
            {"examples": {**SHOWN, "fail": [{"provider": "anywhere", "change": [{"empty": "a"}]}]}},
            "an example that asks no provider (anywhere) changes documents and the configuration alone",
        ),
    ],
)
def test_lint_finds_what_is_decided_without_being_shown(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    place = catalogue(
        tmp_path, control("WG-STO-01", **{**BOTH, "check": FUNCTION, "examples": SHOWN, **given})
    ).directory
    assert any(message in problem.message for problem in lint_files(place))


@pytest.mark.parametrize("examples", [SHOWN, ON_GCP, EVERYWHERE, ANYWHERE])
def test_lint_says_nothing_where_each_verdict_is_shown(tmp_path: Path, examples: dict[str, Any]) -> None:
    both = {"aws": FUNCTION, "gcp": FUNCTION}
    place = catalogue(tmp_path, control("WG-STO-01", **BOTH, check=both, examples=examples)).directory
    assert [problem.one_line() for problem in lint_files(place)] == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"check": {"aws": "Storage.Check"}}, "module.function"),
        ({"check": {}}, "check"),
        ({"check": {"oracle": FUNCTION}}, "check"),
        ({"check": "oracle.storage.check"}, "module.function"),
        ({"check": {"gcp": OF_AWS}}, "decides on aws alone"),
        ({"check": {"aws": FUNCTION}, "subject": "estate"}, "one rule for all"),
        ({"check": OF_AWS, "subject": "estate"}, "one rule for all"),
        (
            {
                "parameters": {"n": {"default": 1, "description": "d", "by_provider": {"gcp": 2}}},
                "subject": "model",
            },
            "one rule",
        ),
    ],
)
def test_a_check_by_provider_that_is_none_is_refused(
    tmp_path: Path, given: dict[str, Any], what: str
) -> None:
    with pytest.raises(CatalogueError, match=what):
        catalogue(tmp_path, control("WG-STO-01", **{**BOTH, "examples": EVERYWHERE, **given}))


def test_a_subject_whose_provider_is_not_known_has_no_check_of_one_provider(
    tmp_path: Path, asked: Callable[..., list[tuple[str, Any]]]
) -> None:
    asked()
    both = {"check": {"aws": FUNCTION, "gcp": FUNCTION}, "examples": EVERYWHERE, "subject": "weight_set"}
    found = results(tmp_path, control("WG-STO-01", **{**BOTH, **both}), stores=[store("a", tags=known({}))])
    assert [(one.subject, one.status) for one in found] == [
        (f"{arn('a')}/atlas/", "pass"),
        (f"{arn('g')}/atlas/", "unknown"),
    ]
