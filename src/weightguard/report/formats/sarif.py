"""SARIF 2.1.0: failures, unknowns and waived results, as code scanning reads them.

A result's place is the record in the snapshot that it rests on, and the live resource as its logical location. What
passed is left out: code scanning would raise an alert for it. Sources: OASIS, "Static Analysis Results Interchange
Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for code scanning" and "SARIF results exceed one or more
limits" (25,000 results a run, 20 runs, 20 tags a rule, 10 MB compressed).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.controls.effects import caution
from weightguard.report.lookup import controls_by_id, help_url, records, remedies, timestamp, weight_names
from weightguard.report.naming import subject_of
from weightguard.report.text import compact, one_line, prose, visible
from weightguard.report.words import urgency

FILE = "results.sarif"

RESULTS_A_RUN = 25_000
RUNS = 20
TAGS = 20
COMPRESSED_BYTES = 9_500_000  # under 10 MB, with room for rules and framing
RELATED = 10
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/weightguard/weightguard"
_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_WORD = re.compile(r"[^A-Za-z0-9]+")
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_EVIDENCE = "EVIDENCE"


def render(report: Report) -> bytes:
    """One SARIF log; a report beyond code scanning's limits keeps its most urgent results and says how many it left out."""
    controls = controls_by_id(report)
    names = weight_names(report)
    told = sorted((one for one in report.results if one.status in ("fail", "unknown", "waived")), key=urgency)
    written = _within_limit(compact(_result(one, names)) for one in told[: RESULTS_A_RUN * RUNS])
    runs = [
        _run(
            report,
            controls,
            told[start : start + RESULTS_A_RUN],
            written[start : start + RESULTS_A_RUN],
            number,
        )
        for number, start in enumerate(range(0, max(len(written), 1), RESULTS_A_RUN), 1)
    ]
    if len(written) < len(told):
        runs[0]["invocations"][0]["toolExecutionNotifications"] = [
            _left_out(len(told) - len(written), len(told))
        ]
    # The results are already text: they are put in where their run's placeholder stands.
    shell = compact({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run | {"results": []} for run in runs]})
    parts = shell.split('"results":[]')
    joined = (f'"results":[{",".join(run["results"])}]' for run in runs)
    return (
        "".join(part + filled for part, filled in zip(parts, joined, strict=False)) + parts[-1] + "\n"
    ).encode()


def _within_limit(results: Iterator[str]) -> list[str]:
    kept: list[str] = []
    packer, size = zlib.compressobj(1), 0  # level 1: an upper bound of what a better packer makes of it
    for text in results:
        size += len(packer.compress(text.encode("ascii")))
        if size > COMPRESSED_BYTES:
            break
        kept.append(text)
    return kept


def _run(
    report: Report,
    controls: Mapping[str, Mapping[str, Any]],
    results: Sequence[ResultEntry],
    written: list[str],
    number: int,
) -> dict[str, Any]:
    used = sorted({one.control for one in results})
    return {
        "tool": {
            "driver": {
                "name": "weightguard",
                "version": visible(report.tool.version),
                "semanticVersion": visible(report.tool.version),
                "informationUri": _HOME,
                "rules": [_rule(controls[name]) for name in used],
            }
        },
        "automationDetails": {"id": f"weightguard/{number}/"},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": timestamp(report)}],
        "originalUriBaseIds": {
            _EVIDENCE: {"description": {"text": f"The snapshot {visible(report.snapshot.digest)}."}}
        },
        "columnKind": "unicodeCodePoints",
        "properties": {
            "catalogue": visible(report.catalogue.digest),
            "levelReached": report.summary.level_reached,
            "score": report.summary.score,
        },
        "results": written,
    }


def _left_out(count: int, total: int) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {
            "text": f"{count} of {total} results, the least urgent, are left out: code scanning takes no more. "
            "All of them are in report.json."
        },
    }


def _rule(control: Mapping[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": control["id"],
        "shortDescription": {"text": message(control["title"])},
        "fullDescription": {"text": message(control["statement"])},
        "help": {"text": _help(control), "markdown": _help_markdown(control)},
        "defaultConfiguration": {"level": _LEVEL[control["severity"]]},
        "properties": {
            "tags": _tags(control),
            "security-severity": _SECURITY_SEVERITY[control["severity"]],
            "precision": "high",
            "problem.severity": _LEVEL[control["severity"]].replace("note", "recommendation"),
        },
    }
    words = _WORD.split(control["title"][:200])
    if name := "".join(word[:1].upper() + word[1:] for word in words):
        rule["name"] = name
    if url := help_url(control):
        rule["helpUri"] = url
    return rule


def _tags(control: Mapping[str, Any]) -> list[str]:
    mappings = control.get("mappings", {})
    tags = ["security", "model-weights", control["level"], f"family/{control['family']}"]
    for prefix, key in (
        ("rand", "rand_vectors"),
        ("nist-800-53", "nist_800_53"),
        ("mitre-atlas", "mitre_atlas"),
        ("mitre-attack", "mitre_attack"),
    ):
        tags += [visible(f"{prefix}/{value}", 80) for value in mappings.get(key, ())]
    return list(dict.fromkeys(tags))[:TAGS]


def _caution(texts: Mapping[str, Any]) -> str:
    return caution(texts.get("effect"), texts.get("warning"))


def _help(control: Mapping[str, Any]) -> str:
    lines = [control["statement"], control["rationale"], f"What this cannot see: {control['limits']}"]
    for provider, texts in remedies(control):
        lines.append(f"To put it right{f' on {provider}' if provider else ''}: {texts.get('console', '')}")
        lines += [" ".join(filter(None, (_caution(texts), texts["cli"])))] if texts.get("cli") else []
    return "\n\n".join(message(line, 4000) for line in lines)


def _help_markdown(control: Mapping[str, Any]) -> str:
    lines = [
        prose(control["statement"], 4000),
        f"**Why.** {prose(control['rationale'], 4000)}",
        f"**What this cannot see.** {prose(control['limits'], 4000)}",
    ]
    for provider, texts in remedies(control):
        lines.append(
            f"**To put it right{f' on {provider}' if provider else ''}.** {prose(texts.get('console', ''), 4000)}"
        )
        if texts.get("cli"):
            lines += [prose(before, 4000)] if (before := _caution(texts)) else []
            lines.append(_block(texts["cli"]))
        lines += [_block(texts["terraform"])] if texts.get("terraform") else []
    return "\n\n".join(lines)


def _block(text: str) -> str:
    shown = "\n".join(visible(line, 4000) for line in text[:20_000].splitlines())
    fence = "`" * (2 + max((len(run) for run in re.findall(r"`+", shown)), default=1))
    return f"{fence}\n{shown}\n{fence}"


def message(text: str, limit: int = 1000) -> str:
    """`text` as a SARIF plain-text message: one sentence's end, braces doubled (section 3.11.5), no embedded link (3.11.6)."""
    shown = _LINK.sub(r"\\[", visible(text, limit).strip() or "-").replace("{", "{{").replace("}", "}}")
    return shown if shown.endswith((".", "!", "?")) else f"{shown}."


def _result(result: ResultEntry, names: Mapping[str, str]) -> dict[str, Any]:
    failed = result.status == "fail" or (result.waiver is not None and result.waiver.was == "fail")
    places = list(records(result))
    # What rests on no record, on a declaration or the graph, is shown at the snapshot's list of contents.
    first = places[0] if places else ("manifest.json", 1, "")
    written: dict[str, Any] = {
        "ruleId": result.control,
        "kind": "fail" if failed else "open",
        "level": ("note" if result.footnote else _LEVEL[result.severity]) if failed else "none",
        "message": {"text": message(result.message)},
        "locations": [_physical(*first[:2]) | {"logicalLocations": [_logical(result)]}],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{result.fingerprint}:1",
            "weightguardFingerprint/v1": result.fingerprint,
        },
        "properties": _properties(result, names),
    }
    if len(places) > 1:
        written["relatedLocations"] = [
            _physical(path, line) | {"message": {"text": message(fact)}}
            for path, line, fact in places[1 : RELATED + 1]
        ]
    if result.waiver:
        waiver = result.waiver
        reason = f"{waiver.reason} ({waiver.owner}, {waiver.ticket}, until {waiver.expires})"
        written["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": visible(reason)}
        ]
    return written


def _properties(result: ResultEntry, names: Mapping[str, str]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "status": result.status,
        "severity": result.severity,
        "securityLevel": result.level,
    }
    if result.weights:
        properties["weights"] = [visible(names.get(name, name), 200) for name in result.weights[:RELATED]]
    if account := subject_of(result).account:
        properties["account"] = visible(account, 200)
    if result.remediation:
        properties["remediation"] = visible(one_line(result.remediation))
    return properties


def _physical(path: str, line: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": path, "uriBaseId": _EVIDENCE},
            "region": {"startLine": line},
        }
    }


def _logical(result: ResultEntry) -> dict[str, Any]:
    shown = visible(result.subject)
    return {
        "name": visible(subject_of(result).name) or shown or "-",
        "fullyQualifiedName": shown or "-",
        "kind": "resource",
    }
