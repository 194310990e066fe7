"""No key of weightguard.yaml is dead: changing it changes the report, how the run ends, what a scan collects, or who is told.

The walk is over the schema itself: a key without a case here fails, and so does a case without a key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from laboratory import (
    ToldAccess,
    account,
    answer,
    arn,
    control,
    denied,
    estate,
    known,
    store,
    user,
    weights,
)
from weightguard.access.model import AccessKind
from weightguard.assess.assessment import Options, assess
from weightguard.assess.model import Report
from weightguard.assess.serialise import to_json
from weightguard.assess.status import ending
from weightguard.cli.providers import settings
from weightguard.collect.providers import package
from weightguard.config import Config, load
from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.errors import ConfigError
from weightguard.estate.model import Contents, Estate, UnreadObjects
from weightguard.notify import prepare
from weightguard.report.ending import why

JO, ROBOT, PARTNER = user("jo"), user("robot"), "arn:aws:iam::999999999999:root"
EVALUATION = {
    "capability": "cyber", "benchmark": "range", "score": 70.0, "threshold": 60.0, "indicates": "high", "date": "2026-10-01",
    "evaluator": "Example Ltd",
}  # fmt: skip
MODEL: dict[str, Any] = {"name": "atlas", "locations": [arn("a")], "evaluations": [EVALUATION]}
JUDGED = (
    "WG-CLS-01", "WG-CLS-02", "WG-CLS-03", "WG-IAM-01", "WG-IAM-02", "WG-IAM-21", "WG-INV-02", "WG-NET-06", "WG-STO-01",
    "WG-TPA-01", "WG-TPA-03", "WG-TPA-04", "WG-TPA-06", "WG-GOV-01",
)  # fmt: skip
FILES = {
    "security.txt": "Contact: https://atlas.example\nExpires: 2027-06-01T00:00:00Z\n",
    "policy.txt": "Report what you find.\n",
    "legal.txt": "We waive claims of circumvention and of our terms; research in good faith is authorized.\n",
    "technical.txt": "No account is suspended for research; we give the reason, and another team hears the appeal.\n",
    "waivers.yaml": yaml.safe_dump({"waivers": [{
        "control": "WG-INV-02", "subject": "*", "owner": "jo", "reason": "r", "ticket": "t", "expires": "2027-03-31",
        "compensating_control": "c",
    }]}),
    "attestations.yaml": yaml.safe_dump({"attestations": [{
        "control": "WG-GOV-01", "statement": "There is a plan.", "by": "third_party", "attester": "Example Ltd",
        "evidence": "policy.txt", "valid_until": "2027-01-01",
        "sha256": hashlib.sha256(b"Report what you find.\n").hexdigest(),
    }]}),
    "slack": "https://hooks.slack.example/one",
    "other": "https://hooks.slack.example/two",
}  # fmt: skip


def model(**given: Any) -> dict[str, Any]:
    return {"models": [{**MODEL, **given}]}


def evaluated(**given: Any) -> dict[str, Any]:
    return model(evaluations=[{**EVALUATION, **given}])


DUMPED = UnreadObjects("dumps/", "opaque", 1, 8_000_000)
DUMPS = {"location": arn("a") + "/dumps/", "reason": "database dumps", "owner": "jo", "expires": "2027-01-01"}


def not_weights(**given: Any) -> dict[str, Any]:
    return {"not_weights": [{**DUMPS, **given}]}


DISCLOSED = {"security_txt": "security.txt"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "organisation": ({}, {"organisation": "Atlas"}),
    "target_level": ({}, {"target_level": "SL5"}),
    "fail_on": ({}, {"fail_on": "none"}),
    "tiers": ({}, {"tiers": {"high": "SL4"}}),
    "models": ({}, {"models": []}),
    "models.name": ({}, model(name="other")),
    "models.tier": ({}, model(tier="critical")),
    "models.previous_tier": ({}, model(previous_tier="critical")),
    "models.released": ({}, model(released=True)),
    "models.locations": ({}, model(name="other", locations=[arn("elsewhere")])),
    "models.readers": ({}, model(readers=["arn:aws:iam::*:user/nobody"])),
    "models.maximum_readers": ({}, model(maximum_readers=0)),
    "models.maximum_copiers": ({}, model(maximum_copiers=0)),
    "models.egress_budget": ({}, model(egress_budget=7)),
    "models.evaluations": ({}, model(evaluations=[])),
    "models.evaluations.capability": ({}, evaluated(capability="juggling")),
    "models.evaluations.benchmark": ({}, evaluated(benchmark="another")),
    "models.evaluations.score": ({}, evaluated(score=1.0)),
    "models.evaluations.threshold": ({}, evaluated(threshold=99.0)),
    "models.evaluations.indicates": ({}, evaluated(indicates="critical")),
    "models.evaluations.date": ({}, evaluated(date="2025-01-01")),
    "models.evaluations.evaluator": ({}, evaluated(evaluator="somebody else")),
    "not_weights": ({}, not_weights()),
    "not_weights.location": (not_weights(), not_weights(location=arn("elsewhere"))),
    "not_weights.reason": (not_weights(), not_weights(reason="logs")),
    "not_weights.owner": (not_weights(), not_weights(owner="kim")),
    "not_weights.expires": (not_weights(), not_weights(expires="2020-01-01")),
    "controls": ({}, {"controls": {"parameters": {"WG-IAM-01": {"maximum_people": 0}}}}),
    "controls.directories": ({}, {"controls": {"directories": ["own"]}}),
    "controls.parameters": ({}, {"controls": {"parameters": {"WG-IAM-01": {"maximum_people": 0}}}}),
    "waivers": (model(name="other", locations=[]), {**model(name="other", locations=[]), "waivers": ["waivers.yaml"]}),
    "attestations": ({}, {"attestations": ["attestations.yaml"]}),
    "disclosure": ({}, {"disclosure": DISCLOSED}),
    "disclosure.security_txt": ({}, {"disclosure": DISCLOSED}),
    "disclosure.policy": ({"disclosure": DISCLOSED}, {"disclosure": {**DISCLOSED, "policy": "policy.txt"}}),
    "disclosure.legal_safe_harbour": ({}, {"disclosure": {"legal_safe_harbour": "legal.txt"}}),
    "disclosure.technical_safe_harbour": ({}, {"disclosure": {"technical_safe_harbour": "technical.txt"}}),
    "people": ({}, {"people": [ROBOT.id]}),
    "workloads": ({}, {"workloads": [JO.id]}),
    "vendors": ({}, {"vendors": ["arn:aws:iam::999999999999:*"]}),
    "evaluators": ({}, {"evaluators": [JO.id]}),
}  # fmt: skip
"""Keys that change the report or how the run ends: what is laid over BASE before and after."""

AWS: dict[str, Any] = {
    "profile": "audit", "regions": ["eu-west-1"], "organization": True, "role_name": "Audit",
    "role_arns": ["arn:aws:iam::111111111111:role/Audit"], "external_id": "x", "endpoint_url": "http://127.0.0.1:1",
    "ca_bundle": __file__, "services": ["s3"], "endpoints": {"s3": "http://127.0.0.1:2"}, "threads": 3, "header_reads": 7,
}  # fmt: skip
GCP: dict[str, Any] = {
    "organization": "1", "folders": ["2"], "projects": ["lab"], "impersonate": "a@lab.iam.gserviceaccount.com",
    "quota_project": "lab",
    "endpoint_url": "http://127.0.0.1:1", "endpoints": {"storage": "http://127.0.0.1:1"}, "ca_bundle": __file__, "threads": 3,
    "header_reads": 7,
}  # fmt: skip
AZURE: dict[str, Any] = {
    "tenant": "lab.example", "management_group": "m", "subscriptions": ["00000000-0000-0000-0000-000000000001"], "cloud": "usgov",
    "endpoint_url": "https://127.0.0.1:1", "endpoints": {"graph": "https://127.0.0.1:1"}, "ca_bundle": __file__, "threads": 3,
    "header_reads": 7,
}  # fmt: skip
SOURCES = {
    f"sources.{provider}.{key}"
    for provider, keys in (("aws", AWS), ("gcp", GCP), ("azure", AZURE))
    for key in keys
}
SLACK = {"webhook": {"file": "slack"}}
HOOK: dict[str, Any] = {"url": "https://hooks.example/a"}
MAIL: dict[str, Any] = {"host": "mail.example", "sender": "a@example.org", "recipients": ["b@example.org"]}
SIGNED_IN = {**MAIL, "username": "jo", "password": {"file": "slack"}}
NOTIFY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "notify.slack": ({"webhooks": [HOOK]}, {"webhooks": [HOOK], "slack": [SLACK]}),
    "notify.slack.webhook": ({"slack": [SLACK]}, {"slack": [{"webhook": {"file": "other"}}]}),
    "notify.slack.webhook.file": ({"slack": [SLACK]}, {"slack": [{"webhook": {"file": "other"}}]}),
    "notify.slack.webhook.env": ({"slack": [SLACK]}, {"slack": [{"webhook": {"env": "HOOK"}}]}),
    "notify.slack.ca_bundle": ({"slack": [SLACK]}, {"slack": [{**SLACK, "ca_bundle": "ca.pem"}]}),
    "notify.webhooks": ({"slack": [SLACK]}, {"slack": [SLACK], "webhooks": [HOOK]}),
    "notify.webhooks.url": ({"webhooks": [HOOK]}, {"webhooks": [{"url": "https://hooks.example/b"}]}),
    "notify.webhooks.url_secret": ({"webhooks": [HOOK]}, {"webhooks": [{"url_secret": {"file": "other"}}]}),
    "notify.webhooks.url_secret.file": ({"webhooks": [HOOK]}, {"webhooks": [{"url_secret": {"file": "other"}}]}),
    "notify.webhooks.url_secret.env": ({"webhooks": [HOOK]}, {"webhooks": [{"url_secret": {"env": "HOOK"}}]}),
    "notify.webhooks.headers": ({"webhooks": [HOOK]}, {"webhooks": [{**HOOK, "headers": {"X": {"file": "slack"}}}]}),
    "notify.webhooks.headers.file": ({"webhooks": [HOOK]}, {"webhooks": [{**HOOK, "headers": {"X": {"file": "other"}}}]}),
    "notify.webhooks.headers.env": ({"webhooks": [HOOK]}, {"webhooks": [{**HOOK, "headers": {"X": {"env": "HOOK"}}}]}),
    "notify.webhooks.ca_bundle": ({"webhooks": [HOOK]}, {"webhooks": [{**HOOK, "ca_bundle": "ca.pem"}]}),
    "notify.email": ({"slack": [SLACK]}, {"slack": [SLACK], "email": [MAIL]}),
    "notify.email.host": ({"email": [MAIL]}, {"email": [{**MAIL, "host": "other.example"}]}),
    "notify.email.port": ({"email": [MAIL]}, {"email": [{**MAIL, "port": 25}]}),
    "notify.email.security": ({"email": [MAIL]}, {"email": [{**MAIL, "security": "tls"}]}),
    "notify.email.username": ({"email": [SIGNED_IN]}, {"email": [{**SIGNED_IN, "username": "kim"}]}),
    "notify.email.password": ({"email": [MAIL]}, {"email": [SIGNED_IN]}),
    "notify.email.password.file": ({"email": [SIGNED_IN]}, {"email": [{**SIGNED_IN, "password": {"file": "other"}}]}),
    "notify.email.password.env": ({"email": [SIGNED_IN]}, {"email": [{**SIGNED_IN, "password": {"env": "HOOK"}}]}),
    "notify.email.sender": ({"email": [MAIL]}, {"email": [{**MAIL, "sender": "c@example.org"}]}),
    "notify.email.recipients": ({"email": [MAIL]}, {"email": [{**MAIL, "recipients": ["d@example.org"]}]}),
    "notify.email.ca_bundle": ({"email": [MAIL]}, {"email": [{**MAIL, "ca_bundle": "ca.pem"}]}),
    "notify.prometheus": ({"slack": [SLACK]}, {"slack": [SLACK], "prometheus": "weightguard.prom"}),
}  # fmt: skip
FRAMES = {"version", "sources", "sources.aws", "sources.gcp", "sources.azure", "notify"}
"""A version of which there is one, and mappings whose keys are walked one by one."""


def walk(model_type: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the schema, dotted; a list's entries and a mapping's values are walked under the name of the whole."""
    for name, field in model_type.model_fields.items():
        path = f"{prefix}{name}"
        yield path
        for inner in _sections(field.annotation):
            yield from walk(inner, f"{path}.")


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections(argument)


def test_every_key_has_a_case() -> None:
    cases = {*CASES, *SOURCES, *NOTIFY, *FRAMES}
    assert set(walk(Config)) == cases


@dataclass(frozen=True)
class Lab:
    """A folder with the files that a configuration names, the estate, its answers and the catalogue."""

    folder: Path
    estate: Estate
    access: ToldAccess
    catalogue: Catalogue

    def config(self, given: Mapping[str, Any]) -> Config:
        path = self.folder / "weightguard.yaml"
        path.write_text(yaml.safe_dump({**model(), **given}))
        return load(path)

    def seen(self, given: Mapping[str, Any]) -> str:
        """The report and the last line of a run with this configuration."""
        config = self.config(given)
        report = self.report(config)
        end = ending(report, fail_on=config.fail_on, target_level=config.target_level)
        return to_json(report).decode() + why(end, config.fail_on)

    def report(self, config: Config) -> Report:
        shipped = self.catalogue
        if config.controls.directories:
            own = load_catalogue(*config.controls.directories)
            wanted = {one.id for one in shipped.controls}
            shipped = replace(
                own,
                controls=tuple(one for one in own.controls if one.id in wanted or one.id.startswith("OUR-")),
            )
        return assess(self.estate, self.access, shipped, config, options=Options(protocols=("standard",)))


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def lab(tmp_path: Path, shipped: Catalogue) -> Lab:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    own = tmp_path / "own"
    own.mkdir()
    (own / "OUR-STO-01.yaml").write_text(
        yaml.safe_dump(control("OUR-STO-01", check={"cel": "store.name == 'z'"}))
    )
    readers = [answer(JO.id), answer(ROBOT.id, "workload"), answer(PARTNER, "external")]
    return Lab(
        tmp_path,
        estate(
            accounts=[account()],
            stores=[store("a")],
            weight_sets=[weights("a")],
            principals=[JO, ROBOT],
        ),
        ToldAccess({(kind, arn("a")): readers for kind in (AccessKind.READ, AccessKind.COPY)}),
        replace(shipped, controls=tuple(one for one in shipped.controls if one.id in JUDGED)),
    )


@pytest.mark.parametrize("key", sorted(CASES))
def test_a_key_changes_what_is_reported(key: str, lab: Lab) -> None:
    before, after = CASES[key]
    if key.startswith("not_weights"):
        contents = known(Contents(2, 9_000_000, 1, (), (DUMPED,)), "s3:ListObjectsV2")
        held = estate(
            accounts=[account()], stores=[store("a", contents=contents)], weight_sets=[weights("a")]
        )
        lab = replace(lab, estate=held)
    assert lab.seen(before) == lab.seen(before)
    assert lab.seen(before) != lab.seen(after)


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_a_key_of_a_source_changes_what_is_collected(key: str, lab: Lab) -> None:
    _, provider, name = key.split(".")
    value = {"aws": AWS, "gcp": GCP, "azure": AZURE}[provider][name]
    bare, given = (
        package(provider).options(
            settings((provider,), lab.config({"sources": {provider: source}}), {})[provider]
        )
        for source in ({}, {name: value})
    )
    assert given != bare


@pytest.mark.parametrize("key", sorted(NOTIFY))
def test_a_key_of_notify_changes_who_is_told_or_how(key: str, lab: Lab) -> None:
    before, after = NOTIFY[key]
    environment = {"HOOK": "https://hooks.slack.example/env"}
    told = [prepare(lab.config({"notify": one}).notify, environment) for one in (before, before, after)]
    seen = [[(type(one), _fields(one)) for one in channels] for channels in told]
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def _fields(channel: Any) -> dict[str, Any]:
    names = getattr(type(channel), "__slots__", None) or vars(channel)
    return {name: getattr(channel, name) for name in names}


def test_one_principal_is_not_of_two_kinds(lab: Lab) -> None:
    with pytest.raises(ConfigError, match="under people and under workloads"):
        lab.config({"people": [JO.id], "workloads": [JO.id]})


def readers_of(report: Report) -> tuple[int, int]:
    return report.weights[0].readers.people, report.weights[0].readers.workloads


def test_declared_kinds_count_everywhere(lab: Lab) -> None:
    assert readers_of(lab.report(lab.config({}))) == (1, 1)
    people = lab.report(lab.config({"people": [ROBOT.id]}))
    assert readers_of(people) == (2, 0)
    workloads = lab.report(lab.config({"workloads": [JO.id]}))
    assert readers_of(workloads) == (0, 2)
    assert {one.kind for one in workloads.weights[0].who} == {
        "workload",
        "external",
    }  # outsiders stay outsiders
    assert JO.id not in phished(workloads)
    assert JO.id in phished(people)


def phished(report: Report) -> set[str]:
    starts = report.protocols[0].starts
    return {actor for one in starts if one.id == "phished-person" for actor in one.actors}


def judged(report: Report, control_id: str) -> tuple[str, str]:
    found = [one for one in report.results if one.control == control_id and one.weights]
    (one,) = found
    return one.status, one.message


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        (model(), "not_applicable", "nobody is declared"),
        (model(readers=[JO.id, ROBOT.id]), "fail", PARTNER),
        (model(readers=["arn:aws:iam::*:user/*", PARTNER]), "pass", "only declared readers"),
        ({**model(readers=["arn:aws:iam::*:user/*"]), "vendors": [PARTNER]}, "pass", "only declared readers"),
        (
            {**model(readers=["arn:aws:iam::*:user/*"]), "evaluators": [PARTNER]},
            "pass",
            "only declared readers",
        ),
        (model(readers=["x"]), "fail", JO.id),
        (model(readers=["x"], released=True), "not_applicable", "released"),
        (model(name="other", locations=[], readers=["x"]), "not_applicable", "no declared model"),
    ],
)
def test_only_declared_readers_read(given: dict[str, Any], status: str, told: str, lab: Lab) -> None:
    found = judged(lab.report(lab.config(given)), "WG-IAM-21")
    assert found[0] == status
    assert told in found[1]


def test_readers_that_could_not_be_seen_are_no_pass(lab: Lab) -> None:
    hidden = replace(lab, access=ToldAccess(gaps=(denied("kms:GetKeyPolicy"),)))
    assert judged(hidden.report(hidden.config(model(readers=[JO.id]))), "WG-IAM-21")[0] == "unknown"


def test_an_evaluator_that_is_declared_needs_its_tier(lab: Lab) -> None:
    def of(given: Mapping[str, Any], **facts: Any) -> set[str]:
        one = replace(lab, estate=replace_principal(lab.estate, replace(JO, **facts)))
        return {
            result.status
            for result in one.report(one.config(given)).results
            if result.control == "WG-TPA-06" and result.subject == JO.id
        }

    assert of({}) == {"not_applicable"}
    assert of({"evaluators": [JO.id]}) == {"fail"}
    assert of({"evaluators": [JO.id]}, tags=known({"weightguard:evaluator": "white-box"})) == {"pass"}


def replace_principal(made: Estate, principal: Any) -> Estate:
    kept = [one for one in made.principals if one.id != principal.id]
    return replace(
        made,
        principals=replace(made.principals, items=tuple(sorted([*kept, principal], key=lambda one: one.id))),
    )
