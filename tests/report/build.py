"""Synthetic reports: an estate with something in every part, an empty one, a large one, and ones full of hostile text.

Everything is derived from counters, so that the same call gives the same report.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, get_args, get_type_hints

from weightguard.assess import model
from weightguard.assess.model import (
    AttestationEntry,
    AttestationStamp,
    CallCounts,
    CatalogueStamp,
    Coverage,
    EvidenceEntry,
    Fall,
    Fix,
    Gap,
    LevelEntry,
    ModelEntry,
    NextLevel,
    ProtocolResult,
    Reach,
    Reader,
    Report,
    ResultEntry,
    Rung,
    Score,
    SnapshotStamp,
    Start,
    Step,
    Summary,
    Tool,
    VectorEntry,
    WaiverEntry,
    WaiverStamp,
    WeightEntry,
    WeightFile,
    WhatIf,
)

AS_OF = "2026-01-31T12:00:00Z"
LEVELS = ("SL1", "SL2", "SL3", "SL4", "SL5")
STATUSES = ("fail", "pass", "unknown", "waived", "not_applicable", "fail")
SEVERITIES = ("critical", "high", "medium", "low")

CORPUS: Mapping[str, str] = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>&lt;b&gt;",
    "closing": "</script></style></title>--><!--]]>]]&gt;",
    "link": "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example> @admin #1",
    "table": "a | b || c \\| d\n| e | f |\n|---|---|",
    "fence": "```\n# heading\n````\n~~~ `code` ``two``",
    "formula": "=cmd|'/c calc'!A1",
    "formula_plus": '+HYPERLINK("http://evil.example","x")',
    "formula_at": "@SUM(1+1)*cmd|'/c calc'!A0",
    "terminal": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b31m",
    "bidi": "user\u202egnp.exe\u202c \u2066isolate\u2069 \u061c",
    "zero_width": "adm\u200bin\u200c\u200d\ufeff\u2060\u00ad",
    "newlines": "one\ntwo\r\nthree\rfour\u2028five\u2029six\x0bseven\x0ceight\x85nine",
    "controls": "nul\x00 bell\x07 del\x7f unit\x1f high\x80",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7 %> %s %(name)s {0} $(id) `id`",
    "noncharacters": "\ufffe\uffff\U0001fffe\ue000\U000e0041",
    "surrogate": "lone \ud800 and \udfff",
    "prototype": "__proto__",
    "url": "javascript:alert(document.domain)//https://user:pass@evil.example/?q=%00#x",
    "spaces": " \t leading and trailing \t ",
    "megabyte": "A<b>" * (256 * 1024),
}
"""Hostile texts by what they try."""


@cache
def controls() -> tuple[Mapping[str, Any], ...]:
    """The catalogue's entries as a report holds them."""
    from weightguard.controls.catalogue import load_catalogue

    return tuple(
        control.model_dump(mode="json", by_alias=True, exclude_none=True)
        for control in load_catalogue().controls
    )


def _hash(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def _score(value: int) -> Score:
    counts = {"critical": 3, "high": 5, "medium": 2, "low": 1}
    return Score(
        value, "100 x passed / applicable", f"100 x 1 / 2 = {value}", counts, counts, {"high": 1}, None
    )  # type: ignore[arg-type]


def empty() -> Report:
    """An estate in which nothing was found: no weights, no results, no gaps."""
    return Report(
        schema_version=model.SCHEMA_VERSION,
        tool=Tool("weightguard", "0.1.0"),
        catalogue=CatalogueStamp(
            "weightguard-controls", "1.0", f"sha256:{_hash('catalogue')}", "aligned with RAND RR-A2849-1"
        ),
        snapshot=SnapshotStamp(_hash("empty"), ("aws/111111111111",), AS_OF, AS_OF, (_hash("empty"),)),
        coverage=Coverage(
            CallCounts(ok=12), (), 1.0, accounts=(model.AccountSight("111111111111", "lab", "read"),)
        ),
        summary=Summary("SL0", "SL0", "SL3", 0, {}, {}, 0, "No level is claimed.", _score(0)),
        weights=(),
        results=(),
        controls=(),
        levels=tuple(_level(level) for level in LEVELS),
        vectors=(),
        next_level=NextLevel(None, ()),
        waivers=(),
        attestations=(),
        attestations_needed={"SL4": (), "SL5": ()},
        models=(),
        values={},
        disclaimer="Aligned with, not endorsed by.",
    )


def _level(level: str) -> LevelEntry:
    return LevelEntry(
        level, f"title of {level}", f"claim of {level}", 4, 3, 2, 1, 1, 1, 1, {"failed": ("WG-STO-01",)}
    )  # type: ignore[arg-type]


def sample() -> Report:
    """A small report with something in every part."""
    return large(60, weights=3, stores=6)


def large(count: int = 50_000, weights: int = 200, stores: int = 2_000) -> Report:
    """A report of `count` results over `stores` stores and `weights` weight sets."""
    entries = tuple(_weights(number) for number in range(weights))
    results = tuple(_result(number, stores, weights) for number in range(count))
    used = {result.control for result in results}
    failed = tuple(result for result in results if result.status == "fail" and not result.footnote)
    return replace(
        empty(),
        snapshot=SnapshotStamp(
            _hash("sample"), ("aws/111111111111", "aws/222222222222"), AS_OF, AS_OF, (_hash("sample"),)
        ),
        coverage=Coverage(CallCounts(900, 40, 5, 1, 2), tuple(_gap(number) for number in range(4)), 0.9915),
        summary=Summary(
            "SL0",
            "SL0",
            "SL3",
            42,
            dict(sorted(Counter(result.status for result in results).items())),
            dict(sorted(Counter(result.severity for result in failed).items())),
            sum(result.footnote for result in results),
            "No security level is reached: not every control of SL1 holds.",
            _score(42),
        ),
        weights=entries,
        results=results,
        controls=tuple(control for control in controls() if control["id"] in used),
        vectors=tuple(_vector(number) for number in range(8)),
        next_level=NextLevel("SL1", tuple(_fix(number) for number in range(3))),
        waivers=tuple(_waiver(state) for state in ("applied", "expired", "unmatched", "refused")),
        attestations=(_attestation(),),
        attestations_needed={"SL4": ("WG-GOV-01",), "SL5": ("WG-GOV-01", "WG-CON-07")},
        models=(
            ModelEntry(
                "atlas", "high", None, "high", "SL3", 1, False, (entries[0].id,), ("rests on nothing",)
            ),
        ),
        values={f"sha256:{_hash('value')[:32]}": {"Statement": [{"Effect": "Allow", "Principal": "*"}]}},
        what_if=WhatIf(
            {"WG-STO-01": "pass"},
            "SL0",
            "SL1",
            42,
            50,
            {entries[0].id: {"level_before": "SL0", "score_after": 50}},
        ),
        protocols=(_protocol(entries[0].id),),
        organisation="Example Laboratory",
    )


def _store(number: int) -> str:
    return f"arn:aws:s3:::bucket-{number:05d}"


def _weight_id(number: int) -> str:
    return f"ws-{_hash('weights', number)[:16]}"


def _weights(number: int) -> WeightEntry:
    reach = Reach(
        people=2, workloads=3, external=number % 2, anonymous=int(number == 0), complete=number % 3 != 0
    )
    who = tuple(
        Reader(f"arn:aws:iam::111111111111:role/Reader{place}", kind, ("read",), place % 2 == 0, "certain")
        for place, kind in enumerate(("person", "workload", "external"))
    )
    return WeightEntry(
        id=_weight_id(number),
        name=f"atlas-{number}",
        store=_store(number),
        prefix=f"models/atlas-{number}/",
        format="safetensors",
        shards=2,
        bytes=16_000_000_000,
        parameters=8_000_000_000,
        declared=number % 2 == 0,
        model="atlas" if number % 2 == 0 else None,
        tier="high" if number % 2 == 0 else None,
        target_level="SL3",
        level_reached="SL0",
        level_by_evidence="SL0",
        blocking=("WG-STO-01",),
        readers=reach,
        copiers=reach,
        score=42,
        score_details=_score(42),
        ladder=tuple(
            Rung(level, False, {"WG-STO-01": "fail"} if level == "SL1" else {})  # type: ignore[arg-type]
            for level in LEVELS
        ),
        confidence="header",
        note="a note" if number == 1 else None,
        files=tuple(
            WeightFile(
                f"models/atlas-{number}/part-{part}.safetensors", 8_000_000_000, "safetensors", "header"
            )
            for part in range(2)
        ),
        files_truncated=False,
        who=who,
        account="111111111111",
        released=False if number % 2 == 0 else None,
    )


def _result(number: int, stores: int, weights: int) -> ResultEntry:
    control = controls()[number % len(controls())]
    status = STATUSES[number % len(STATUSES)]
    store = number // len(STATUSES) % stores
    subject = _store(store)
    line = f"records/aws/111111111111/s3.jsonl:{store + 1}"
    return ResultEntry(
        control=control["id"],
        subject=subject,
        status=status,  # type: ignore[arg-type]
        severity=control["severity"],
        level=control["level"],
        message=f"bucket-{store:05d} blocks public access in none of the four ways, as number {number} says",
        evidence=(
            EvidenceEntry(
                "store.public_access_block", {"block_public_acls": False}, f"s3:GetPublicAccessBlock {line}"
            ),
            EvidenceEntry(
                "store.policy",
                {"ref": f"sha256:{_hash('value')[:32]}", "bytes": 900},
                f"s3:GetBucketPolicy {line}",
            ),
            EvidenceEntry("access", 3, f"access graph {subject}"),
        ),
        weights=(_weight_id(store % weights),) if store % 2 == 0 else (),
        fingerprint=_hash("fingerprint", number)[:32],
        remediation="aws s3api put-public-access-block --bucket NAME"
        if status in ("fail", "unknown", "waived")
        else None,
        waiver=_stamp() if status == "waived" else None,
        attestation=_attested() if status == "pass" and number % 7 == 0 else None,
        footnote=store % 2 == 1 and status == "fail",
    )


def _stamp() -> WaiverStamp:
    return WaiverStamp(
        "fail", "ada@example.org", "a migration is under way", "SEC-1", "2026-06-30", "an alarm"
    )


def _attested() -> AttestationStamp:
    return AttestationStamp(
        "third_party", "Auditors Ltd", "seen on site", "2026-12-31", "report.pdf", _hash("pdf")
    )


def _gap(number: int) -> Gap:
    reason = ("denied", "throttled", "failed", "not_collected")[number % 4]
    return Gap("aws/111111111111", "s3", "GetBucketPolicy", "AccessDenied", ("WG-STO-01", "WG-STO-02"), reason,
               "could hide a public bucket", "s3:GetBucketPolicy" if reason == "denied" else None, 3)  # fmt: skip


def _fix(number: int) -> Fix:
    kind = ("change", "grant", "attest")[number % 3]
    return Fix(
        kind,
        "Block public access",
        ("WG-STO-01",),
        (_store(0),),
        1,
        "critical",
        (_weight_id(0),),
        "aws s3api",
    )  # type: ignore[arg-type]


def _vector(number: int) -> VectorEntry:
    states = get_args(model.VectorState)
    return VectorEntry(
        f"V1.{number + 1}", "Running Unauthorized Code", "Exploiting a vulnerability", {"OC1": 1, "OC5": 5},
        ("OC4", "OC5"), {"failed": ("WG-STO-01",)}, states[number % 8], "whether hosts are patched",  # type: ignore[arg-type]
    )  # fmt: skip


def _waiver(state: str) -> WaiverEntry:
    return WaiverEntry("WG-STO-01", _store(0), "ada", "a reason", "SEC-1", "2026-06-30", "an alarm", state,  # type: ignore[arg-type]
                       "it holds", 1, "waivers.yaml:3")  # fmt: skip


def _attestation() -> AttestationEntry:
    return AttestationEntry("WG-GOV-01", "seen on site", "third_party", "Auditors Ltd", "report.pdf", _hash("pdf"),
                            "2026-12-31", "accepted", "", "attestations.yaml:1")  # fmt: skip


def _protocol(weights: str) -> ProtocolResult:
    step = Step("arn:aws:iam::111111111111:user/a", _store(0), "s3:GetObject", ("aws:SourceVpce is vpce-1",))
    fall = Fall(weights, "arn:aws:iam::111111111111:user/a", "read", "certain", True, 1, (step,))
    start = Start("stolen-laptop", "A stolen laptop", "OC2", None, ("arn:aws:iam::111111111111:user/a",), 1, (fall,),
                  ("WG-LOG-01",), ("WG-LOG-02",), True, "falls")  # fmt: skip
    nobody = Start("vendor", "A vendor", "OC4", None, (), 0, (), (), (), False, "not_tried")
    return ProtocolResult("weights-theft", "1.0", _hash("protocol"), "Weight theft", (start, nobody))


# What the tool itself writes and other parts refer to by: the shape of a report, not text that somebody chose.
_STRUCTURE = {
    "schema_version", "id", "level", "control", "controls", "fingerprint", "family", "severity", "digest", "digests",
    "blocking", "weights", "collected_at", "as_of", "version", "kind", "mode", "access", "format", "sha256",
}  # fmt: skip


def hostile(text: str, marked: bool = False) -> Report:
    """The sample report with `text` wherever a cloud, a configuration or a file could have put it.

    Args:
        marked: put a marker that names the field before the text, so that a test sees whether it was hidden.
    """

    def put(path: str) -> str:
        return f"[{path}] {text}" if marked else text

    report: Report = _filled(sample(), "", put)
    return report


def texts(report: Report) -> Iterator[str]:
    """Every text in a report that `hostile` replaces, as it stands there."""
    seen: list[str] = []

    def note(path: str) -> str:
        seen.append(path)
        return path

    _filled(report, "", note)
    yield from seen


def _filled(value: Any, path: str, put: Callable[[str], str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value))
        return replace(
            value,
            **{
                one.name: _filled(getattr(value, one.name), f"{path}.{one.name}".lstrip("."), put)
                for one in fields(value)
                if _free(one.name, hints[one.name], getattr(value, one.name))
            },
        )
    if isinstance(value, tuple | list):
        return type(value)(_filled(item, path, put) for item in value)
    if isinstance(value, Mapping):
        return {
            key: item if key in _STRUCTURE else _filled(item, f"{path}.{key}", put)
            for key, item in value.items()
        }
    return put(path) if isinstance(value, str) else value


def _free(name: str, hint: Any, value: Any) -> bool:
    """Whether a field is free text or holds some, rather than one of a fixed choice of words or a reference."""
    if isinstance(value, str):
        return name not in _STRUCTURE and (hint is Any or str in (hint, *get_args(hint)))
    if name in _STRUCTURE:
        return isinstance(value, tuple) and any(not isinstance(item, str) for item in value)
    return isinstance(value, Mapping | tuple | list) or is_dataclass(value)
