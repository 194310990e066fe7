"""Write the pages that follow from data: a page for each family of controls, their index, and the coverage table.

    python scripts/generate_docs.py

A test compares the files with what this script would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from weightguard.controls.catalogue import Catalogue, load_catalogue
from weightguard.controls.export import page
from weightguard.controls.schema import Control

DOCS = Path(__file__).resolve().parent.parent / "docs"
PROVIDERS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}


def pages(catalogue: Catalogue) -> dict[str, str]:
    """Every generated page by its path below docs/."""
    found = {"controls/README.md": _index(catalogue), "coverage.md": coverage(catalogue)}
    for family in catalogue.families:
        own = tuple(control for control in catalogue.controls if control.family == family.id)
        if own:
            found[f"controls/{family.id}.md"] = _family(own, family.title)
    return found


def _family(controls: tuple[Control, ...], title: str) -> str:
    body = "\n".join(page(control).rstrip() + "\n" for control in controls)
    body = body if body.startswith("## ") else "\n".join(_raised(line) for line in body.split("\n"))
    return f"# {title}\n\nGenerated from the files in controls/. [All controls](README.md)\n\n{body}"


def _raised(line: str) -> str:
    """A control's heading one level up: a page holds one family."""
    return line.removeprefix("#") if line.startswith("### ") else line


def _index(catalogue: Catalogue) -> str:
    decided = sum(bool(control.decided_on) for control in catalogue.controls)
    lines = [
        "# The controls",
        "",
        f"{len(catalogue.controls)} controls, {decided} of them decided from facts, {catalogue.header.aligned_with}. "
        "Generated from the files in controls/.",
        "",
        f"{_by_provider(catalogue)} Where a control is meant for a provider and not decided on it yet, its results there "
        "say so and are unknown.",
        "",
    ]
    for family in catalogue.families:
        own = [control for control in catalogue.controls if control.family == family.id]
        lines += [
            f"## [{family.title}]({family.id}.md)",
            "",
            "| control | asks | level | severity | mode | decided on |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {one.id} | {one.title} | {one.level} | {one.severity} | {one.mode} | {', '.join(one.decided_on) or '-'} |"
            for one in own
        ] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _by_provider(catalogue: Catalogue) -> str:
    """How many controls facts decide on each provider: those with an example of each verdict there."""
    counts = [
        f"{sum(name in control.decided_on for control in catalogue.controls)} on {words}"
        for name, words in PROVIDERS.items()
    ]
    return f"Decided from facts: {', '.join(counts[:-1])} and {counts[-1]}."


def coverage(catalogue: Catalogue) -> str:
    """The coverage table, from docs/coverage.yaml and the titles of the catalogue."""
    data = yaml.safe_load((DOCS / "coverage.yaml").read_text())
    titles = {control.id: control.title for control in catalogue.controls}
    rows = [answer for checks in data["checks"].values() for answer in checks.values()]
    covered = sum(isinstance(answer, list) for answer in rows)
    lines = [
        "# What general posture checks ask, and where it is asked here",
        "",
        f"Of {len(rows)} checks of a general posture scanner (Prowler 5) that bear on model weights, {covered} are asked by a "
        f"control, {len(rows) - covered} are left out for a reason. A control usually asks more: it decides the effect of "
        "policies where a check looks for a setting. For Google Cloud and Azure the controls name the fields that decide; what "
        "is decided today depends on the sources that are built in.",
        "",
    ]
    for provider, checks in data["checks"].items():
        lines += [f"## {PROVIDERS[provider]}", "", "| check | control, or why not |", "|---|---|"]
        lines += [f"| {name} | {_answer(answer, titles)} |" for name, answer in checks.items()] + [""]
    lines += ["## Why some are left out", ""]
    lines += [f"- **{name}**: {' '.join(text.split())}" for name, text in data["omissions"].items()]
    return "\n".join(lines) + "\n"


def _answer(answer: list[str] | str, titles: dict[str, str]) -> str:
    if isinstance(answer, str):
        return f"left out: {answer}"
    return "; ".join(f"[{one}](controls/{one.split('-')[1]}.md) {titles[one]}" for one in answer)


def main() -> int:
    """Writes the pages; says how many."""
    found = pages(load_catalogue())
    for name, text in found.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sys.stdout.write(f"{len(found)} pages written\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
