"""Options and providers: each option goes to whom it belongs, and a second provider is a line in one table.

The providers here are toys that note what they were told and write one record: nothing of the commands knows which is which.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from weightguard.collect import providers
from weightguard.collect.calls.answer import Answer
from weightguard.collect.calls.operation import Operation
from weightguard.collect.package import Package, Permissions, Tried
from weightguard.collect.runner import RunSummary
from weightguard.errors import CredentialsError
from weightguard.snapshot import Call, SnapshotWriter, open_snapshot, utc_now
from weightguard.sources import SECTIONS, Source

Type = Callable[..., tuple[int, str, str]]
LIST = Operation("things", "ListThings", ("things.list",), "things")


@dataclass
class Toy:
    """A provider of one scope that holds one thing.

    Attributes:
        told: the settings that it was last given.
        refuses: what it says instead of connecting.
        answers: what its reads answer in each scope.
    """

    name: str
    told: Source | None = None
    refuses: str | None = None
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where its credentials lead."""
        return f"scope {self.name}/lab"

    def source(self) -> dict[str, Any]:
        """What the manifest says."""
        return {"name": self.name, "account": "lab"}

    def package(self) -> Package:
        """As the table knows it."""
        return Package(
            options=self._options,
            connect=self._connect,
            collect=self._collect,
            permissions=lambda: Permissions({"of": self.name}, "and a remark"),
            probe=self._probe,
            services=lambda: frozenset({f"{self.name}-store", "graph"}),
        )

    def _options(self, settings: Source) -> Source:
        self.told = settings
        return settings

    def _connect(self, _: Source) -> Toy:
        if self.refuses:
            raise CredentialsError(self.refuses)
        return self

    def _collect(self, _: Toy, writer: SnapshotWriter, **__: Any) -> RunSummary:
        scope = f"{self.name}/lab"
        writer.add_scope(scope)
        writer.record(
            scope,
            "things",
            kind="things.thing",
            id="one",
            region=None,
            operation=LIST.name,
            data={},
            reads={},
        )
        writer.call(Call("things", LIST.name, scope, "ok", utc_now()))
        return RunSummary(1, 0, ())

    def _probe(self, _: Toy) -> Iterator[Tried]:
        for scope, answer in (self.answers or {f"{self.name}/lab": Answer("ok")}).items():
            yield Tried(scope, LIST, answer)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> dict[str, Toy]:
    """A toy for every provider."""
    made = {name: Toy(name) for name in SECTIONS}
    monkeypatch.setattr(providers, "_PACKAGES", {name: toy.package for name, toy in made.items()})
    return made


def _settings(toy: Toy) -> dict[str, Any]:
    assert toy.told is not None
    return toy.told.model_dump(exclude_defaults=True)


def test_options_stand_anywhere_and_go_to_whom_they_belong(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    typed(
        "scan",
        "--region",
        "here",
        "aws",
        "--project",
        "p1",
        "gcp",
        "--project",
        "p2",
        "--threads",
        "3",
        "-o",
        str(tmp_path / "a"),
    )
    assert _settings(toys["aws"]) == {"regions": ("here",), "threads": 3}
    assert _settings(toys["gcp"]) == {"projects": ("p1", "p2"), "threads": 3}
    assert toys["azure"].told is None


def test_several_providers_make_one_snapshot_and_one_report(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    folder = tmp_path / "audit"
    status, _, err = typed("scan", "gcp", "azure", "-o", str(folder))
    assert status == 4, err
    with open_snapshot(folder / "snapshot") as snapshot:
        assert snapshot.scopes == ("azure/lab", "gcp/lab")
    report = json.loads((folder / "report.json").read_bytes())
    assert report["snapshot"]["scopes"] == ["azure/lab", "gcp/lab"]
    missing = {gap["scope"].partition("/")[0] for gap in report["coverage"]["gaps"]}
    assert missing >= {"azure", "gcp"}, "a scope of which nothing was told is no empty one"


def test_nothing_is_written_before_every_provider_let_us_in(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    toys["azure"].refuses = "sign in to the tenant"
    status, _, err = typed("scan", "gcp", "azure", "-o", str(tmp_path / "audit"))
    assert status == 2
    assert "sign in to the tenant" in err
    assert not (tmp_path / "audit" / "snapshot").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("scan aws --project p", "--project is an option of gcp, not of aws"),
        ("scan gcp azure --region r", "--region is an option of aws, not of gcp and azure"),
        ("scan aws gcp --endpoint-url http://x", "would send aws and gcp to one place"),
        ("scan aws gcp --endpoint s4=http://x", "no service of aws or gcp"),
        ("scan aws gcp --endpoint graph=http://x", "a service of aws and of gcp"),
        ("scan aws --endpoint graph", "'graph' is not SERVICE=URL"),
        ("scan aws --endpoint a=http://x --endpoint a=http://y", "'a' is given twice"),
        ("scan azure --cloud moon", "'moon' is not one of 'public', 'usgov', 'china'"),
        ("doctor azure --profile p", "--profile is an option of aws, not of azure"),
        ("collect gcp --region r", "No such option"),
        (
            "scan gcp --organization 1 --project p",
            "--organization and --project both say where to look: give one of them",
        ),
        ("collect gcp --folder 1 --folder 2 --project p", "--folder and --project both say where to look"),
        (
            "doctor azure --management-group g --subscription s",
            "--management-group and --subscription both say where to look",
        ),
    ],
)
def test_an_option_of_nobody_named_is_refused(
    toys: dict[str, Toy], typed: Type, words: str, line: str
) -> None:
    status, _, err = typed(*words.split())
    assert (status, line in err) == (2, True), err
    assert all(toy.told is None for toy in toys.values())


def test_an_endpoint_goes_to_the_provider_that_has_the_service(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    named = ["--endpoint", "gcp-store=http://g", "--endpoint", "azure-store=http://a"]
    typed("scan", "gcp", "azure", *named, "-o", str(tmp_path / "a"))
    assert _settings(toys["gcp"]) == {"endpoints": {"gcp-store": "http://g"}}
    assert _settings(toys["azure"]) == {"endpoints": {"azure-store": "http://a"}}
    typed(
        "scan",
        "gcp",
        "--endpoint-url",
        "http://all",
        "--endpoint",
        "anything=http://g",
        "-o",
        str(tmp_path / "b"),
    )
    assert _settings(toys["gcp"]) == {"endpoint_url": "http://all", "endpoints": {"anything": "http://g"}}


def test_the_configuration_names_what_to_scan_and_options_lie_over_it(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    config = tmp_path / "weightguard.yaml"
    config.write_text(
        "sources:\n  gcp: {folders: ['1', '2'], quota_project: q, endpoints: {graph: http://g}}\n  azure: {tenant: t}\n"
    )
    typed("scan", "--config", str(config), "--folder", "3", "-o", str(tmp_path / "a"))
    assert toys["aws"].told is None
    assert _settings(toys["gcp"]) == {
        "folders": ("3",),
        "quota_project": "q",
        "endpoints": {"graph": "http://g"},
    }
    assert _settings(toys["azure"]) == {"tenant": "t"}
    typed("collect", "azure", "--config", str(config), "--cloud", "usgov", "-o", str(tmp_path / "b"))
    assert _settings(toys["azure"]) == {"tenant": "t", "cloud": "usgov"}


def test_where_to_look_is_said_instead_of_what_the_configuration_says(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    config = tmp_path / "weightguard.yaml"
    config.write_text("sources:\n  gcp: {folders: ['1', '2'], quota_project: q}\n")
    typed("collect", "gcp", "--config", str(config), "--project", "p", "-o", str(tmp_path / "a"))
    assert _settings(toys["gcp"]) == {"projects": ("p",), "quota_project": "q"}


@pytest.mark.parametrize(
    "section", ["gcp: {organization: '1', projects: [p]}", "azure: {management_group: g, subscriptions: [s]}"]
)
def test_a_configuration_that_says_twice_where_to_look_is_refused_in_one_line(
    toys: dict[str, Toy], tmp_path: Path, typed: Type, section: str
) -> None:
    config = tmp_path / "weightguard.yaml"
    config.write_text(f"sources:\n  {section}\n")
    status, _, err = typed("scan", "--config", str(config), "-o", str(tmp_path / "a"))
    assert status == 2
    (line,) = [line for line in err.splitlines() if "both say where to look: keep one of them" in line]
    assert f"{config}:2" in line
    assert all(toy.told is None for toy in toys.values())


@pytest.mark.parametrize("name", SECTIONS)
def test_help_of_a_provider_shows_its_options_alone(typed: Type, name: str) -> None:
    own = {"aws": "--role-arn", "gcp": "--impersonate", "azure": "--management-group"}
    for command in ("scan", "doctor", "collect"):
        shown = typed(command, name, "--help")[1]
        assert {other for other, flag in own.items() if flag in shown} == {name}
        assert "--endpoint SERVICE=URL" in shown
    every = typed("scan", "--help")[1]
    assert f"weightguard scan {name} --help" in every
    assert own[name] not in every


def test_permissions_are_whatever_the_package_says(toys: dict[str, Toy], typed: Type) -> None:
    assert typed("permissions", "azure") == (0, '{\n  "of": "azure"\n}\n', "and a remark\n")


def test_the_doctor_asks_every_provider_that_the_configuration_names(
    toys: dict[str, Toy], tmp_path: Path, typed: Type
) -> None:
    config = tmp_path / "weightguard.yaml"
    config.write_text("sources: {aws: {}, azure: {}}\n")
    toys["azure"].refuses = "sign in to the tenant"
    status, out, _ = typed("doctor", "--config", str(config))
    assert status == 2
    assert "AWS: scope aws/lab" in out
    assert "NO   Azure: sign in to the tenant" in out
    assert "Google Cloud" not in out


def test_of_providers_that_nobody_named_one_has_to_answer(toys: dict[str, Toy], typed: Type) -> None:
    for name in ("gcp", "azure"):
        toys[name].refuses = "there are no credentials"
    status, out, _ = typed("doctor")
    assert status == 0
    assert "ok   AWS: scope aws/lab" in out
    assert "--   Azure: there are no credentials" in out
    toys["aws"].refuses = "there are no credentials"
    assert typed("doctor")[0] == 2


def test_the_doctor_says_where_a_read_is_refused(toys: dict[str, Toy], typed: Type) -> None:
    refused = Answer("denied", code="AccessDenied")
    toys["aws"].answers = {"aws/1": Answer("ok"), **{f"aws/{number}": refused for number in range(2, 7)}}
    status, out, _ = typed("doctor", "aws")
    assert status == 0
    assert "ok   things:ListThings in aws/1\n" in out
    (line,) = [line for line in out.splitlines() if "denied" in line]
    assert (
        "denied (AccessDenied) in aws/2, aws/3, aws/4 and 2 more: could hide things; grant things.list"
        in line
    )
    assert "with 5 gaps at least. `weightguard permissions aws`" in out
