"""What a report was judged under stands in it, and on its first page; an edited report says so itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import build
import pytest

from weightguard.assess.serialise import from_json, to_json
from weightguard.assess.settings import stamp
from weightguard.config import Config, load
from weightguard.errors import ConfigError, InputError
from weightguard.report import render, terminal
from weightguard.report.document import Code, Document, paragraph, to_markdown
from weightguard.report.text import visible

CASES: dict[str, tuple[str, str]] = {
    "a parameter": ("controls: {parameters: {WG-IAM-04: {max_hops: 0}}}", "controls.parameters.WG-IAM-04.max_hops = 0"),
    "a tier": ("tiers: {high: SL1}", "tiers.high = SL1"),
    "a release": (
        "models: [{name: a, locations: ['arn:aws:s3:::a/'], released: true}]", "models[a].released = true (default none)"
    ),
    "a vendor": ("vendors: ['999999999999']", 'vendors = ["999999999999"]'),
    "a target": ("target_level: SL1", "target_level = SL1"),
}  # fmt: skip


def configured(tmp_path: Path, text: str) -> Config:
    (tmp_path / "weightguard.yaml").write_text(text)
    return load(tmp_path / "weightguard.yaml")


@pytest.mark.parametrize("name", CASES)
def test_a_setting_that_turns_verdicts_is_on_the_first_page(tmp_path: Path, name: str) -> None:
    text, said = CASES[name]
    report = replace(build.sample(), settings=stamp(configured(tmp_path, text), {}, ()))
    assert from_json(to_json(report)).settings == report.settings
    shown = " ".join(terminal.render(report).split())
    assert said.partition(" (default")[0] in shown.replace("\n", " ")
    for kind in ("html", "markdown"):
        page = render(kind, report).decode()
        assert said.partition(" =")[0] in page, kind


def test_the_default_says_nothing_and_every_setting_has_a_digest_of_its_own(tmp_path: Path) -> None:
    usual = stamp(Config(), {}, ())
    assert usual.differs == ()
    digests = {stamp(configured(tmp_path, text), {}, ()).digest for text, _ in CASES.values()}
    digests |= {
        usual.digest,
        stamp(Config(), {"as_of": "2026-01-01"}, ()).digest,
        stamp(Config(), {}, ("LAB-1",)).digest,
    }
    assert len(digests) == len(CASES) + 3


def test_a_path_is_stamped_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("waivers: []\n")
    found = stamp(configured(tmp_path, "waivers: [w.yaml]"), {}, ())
    assert [one.value for one in found.differs] == ['["w.yaml"]']


@pytest.mark.parametrize(
    "text",
    [
        "waivers: [../w.yaml]", "attestations: [/etc/passwd]", "disclosure: {policy: ../../home/x/.aws/credentials}",
        "controls: {directories: [link]}", "disclosure: {legal_safe_harbour: inside/../../x}",
    ],
)  # fmt: skip
def test_a_configuration_reaches_nothing_outside_its_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(ConfigError, match=r"outside the folder|through a link"):
        configured(tmp_path, text)


def _edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(to_json(build.sample()))
    change(value)
    return json.dumps(value).encode()


CONTRADICTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a better count": lambda r: r["summary"]["by_status"].update(fail=0),
    "a milder count": lambda r: r["summary"]["by_severity"].update(critical=99),
    "a claim of its own": lambda r: r["summary"].update(claim="SL5 certified"),
    "a better score": lambda r: r["summary"].update(score=100),
    "a control without a title": lambda r: r["controls"][0].pop("title"),
    "a control that is a number": lambda r: r["controls"][0].update(remediation=7),
    "a control left out": lambda r: r["controls"].pop(0),
    "a weight set left out": lambda r: r["weights"].pop(0),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_an_edited_report_that_contradicts_itself_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="contradicts itself"):
        from_json(_edited(CONTRADICTIONS[name]))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"schema_version"', b'"schema_version":"0","schema_version"', "twice"),
        (b'"score":', b'"score":NaN,"x":', "NaN"),
        (b'"ratio":', b'"ratio":1e999,"x":', "1e999"),
    ],
)
def test_ill_formed_json_is_refused(old: bytes, new: bytes, said: str) -> None:
    data = to_json(build.sample())
    assert old in data
    with pytest.raises(InputError, match=said):
        from_json(data.replace(old, new, 1))


@pytest.mark.parametrize(
    "hidden", ["\u3164", "\u115f", "\u2800", "\u034f", "\U000e0100", "\u00a0", "\u2003", "\u200b", "\ufe0f"]
)
def test_names_that_differ_look_different(hidden: str) -> None:
    assert visible(f"aurora-1{hidden}") != visible("aurora-1") and hidden not in visible(f"aurora-1{hidden}")
    assert visible("Modèle 模型 модель नमूना") == "Modèle 模型 модель नमूना"


EVIL = "![p](https://evil.example/p.png) @acme/sec [Approve](https://evil.example)`/m.safetensors"


@pytest.mark.parametrize(
    "spans", [(EVIL, Code("x")), (Code("x"), EVIL), (EVIL, EVIL), (Code("`"), Code("``"), EVIL)]
)
def test_no_name_leaves_its_code_span(spans: tuple[Any, ...]) -> None:
    from markdown_it import MarkdownIt

    written = to_markdown(Document("t", (paragraph(*spans),)), 1000).decode()
    html = MarkdownIt("gfm-like").render(written)
    assert "<img" not in html and "<a " not in html
