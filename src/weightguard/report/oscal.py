"""What OSCAL's assessment results and its plan of action share: the parts that both models have.

Source: NIST, "OSCAL Assessment Results Model v1.2.1 JSON Format Reference" and "OSCAL Plan of Action and Milestones Model
v1.2.1 JSON Format Reference". Descriptions and titles are Markdown there, so that hostile text is escaped as such. Control
and statement ids are those of ``weightguard controls export oscal``; identifiers are UUIDs of version 5, derived from the
snapshot, so that the same report gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from weightguard.assess.model import Report, ResultEntry
from weightguard.controls.effects import caution
from weightguard.memory import Memory
from weightguard.report.lookup import controls_by_id, identities, record_of, remedies, timestamp
from weightguard.report.text import compact, prose, visible

OSCAL_VERSION = "1.2.1"
NAMESPACE = "urn:weightguard:oscal"
CATALOG_FILE = "weightguard-catalog.json"
EVIDENCE = 5
OPEN = ("fail", "unknown", "waived")
_SUBJECT = "inventory-item"


def line(text: str, limit: int = 1000) -> str:
    """`text` as a markup line: Markdown, escaped, never empty."""
    return prose(" ".join(text[: 2 * limit].split()) or "-", limit)


def prop(name: str, value: str) -> dict[str, str]:
    """A property of ours. A value has neither line breaks nor spaces around it."""
    return {"name": name, "ns": NAMESPACE, "value": " ".join(visible(value).split()) or "-"}


def dump(content: Any) -> bytes:
    """The document; ASCII, so that no invisible character and no lone surrogate reaches the bytes."""
    return f"{compact(content)}\n".encode("ascii")


class Parts:
    """The parts of one report, each made once."""

    def __init__(self, report: Report, model: str) -> None:
        """
        Args:
            model: the OSCAL model, part of every identifier.
        """
        self.report = report
        self.controls = controls_by_id(report)
        self.now = timestamp(report)
        self._identify = identities(report, model)
        self._memory = Memory()
        self._subjects: dict[str, str] = {}
        self._observations: dict[int, str] = {}
        self._evidence: dict[tuple[str, str], dict[str, str]] = {}
        self._tool = self.uuid("tool")
        self._origins = [{"actors": [{"type": "tool", "actor-uuid": self._tool}]}]

    def uuid(self, *parts: str) -> str:
        """The identifier of a part."""
        return self._identify("\x1f".join(parts))

    def metadata(self, title: str) -> dict[str, Any]:
        """Who says what, when."""
        report = self.report
        return {
            "title": line(title),
            "last-modified": self.now,
            "version": self.now,
            "oscal-version": OSCAL_VERSION,
            "props": [
                prop("snapshot-digest", report.snapshot.digest),
                prop("catalogue-digest", report.catalogue.digest),
                prop("tool-version", report.tool.version),
            ],
            "remarks": line(report.disclaimer),
        }

    def catalogue_reference(self) -> str:
        """A reference to the catalogue in the back matter."""
        return f"#{self.uuid('catalogue')}"

    def back_matter(self) -> dict[str, Any]:
        """The catalogue's OSCAL export: the plan that was assessed by."""
        report = self.report
        resource = {
            "uuid": self.uuid("catalogue"),
            "title": "The control catalogue",
            "description": "Written by `weightguard controls export oscal`. Every control of it was assessed.",
            "props": [prop("digest", report.catalogue.digest), prop("version", report.catalogue.version)],
            "rlinks": [{"href": CATALOG_FILE, "media-type": "application/oscal.catalog+json"}],
        }
        return {"resources": [resource]}

    def assessment_assets(self) -> dict[str, Any]:
        """The tool that assessed."""
        component = {
            "uuid": self._tool,
            "type": "software",
            "title": "weightguard",
            "description": line(f"weightguard {self.report.tool.version}, over one snapshot of the estate"),
            "status": {"state": "operational"},
        }
        platform = {
            "uuid": self.uuid("platform"),
            "title": "weightguard",
            "uses-components": [{"component-uuid": self._tool}],
        }
        return {"components": [component], "assessment-platforms": [platform]}

    def observations(self, results: Iterable[ResultEntry]) -> list[dict[str, Any]]:
        """One observation a result; their subjects become inventory items."""
        return [self._observation(result) for result in results]

    def observation_id(self, result: ResultEntry) -> str:
        """The identifier of a result's observation."""
        known = self._observations.get(id(result))
        if known is None:
            known = self._observations[id(result)] = self.uuid(
                "observation", result.fingerprint, result.subject
            )
        return known

    def _observation(self, result: ResultEntry) -> dict[str, Any]:
        attested = result.attestation is not None or self.controls[result.control].get("mode") == "attested"
        observation = {
            "uuid": self.observation_id(result),
            "description": line(result.message),
            "props": [
                self._memory.once(prop, "control", result.control),
                self._memory.once(prop, "status", result.status),
                self._memory.once(prop, "severity", result.severity),
                prop("fingerprint", result.fingerprint),
            ],
            "methods": ["EXAMINE" if attested else "TEST"],
            "types": ["control-objective"],
            "origins": self._origins,
            "subjects": [{"subject-uuid": self._subject(result.subject), "type": _SUBJECT}],
            "collected": self.now,
        }
        if result.evidence:
            observation["relevant-evidence"] = [
                self._relevant(item.fact, item.source) for item in result.evidence[:EVIDENCE]
            ]
        return observation

    def _relevant(self, fact: str, source: str) -> dict[str, str]:
        known = self._evidence.get((fact, source))
        if known is None:
            place = record_of(source)
            known = {"description": line(f"{fact}: {source}")}
            if place:
                known = {"href": f"{place[0]}#L{place[1]}", **known}
            self._evidence[fact, source] = known
        return known

    def _subject(self, subject: str) -> str:
        known = self._subjects.get(subject)
        if known is None:
            known = self._subjects[subject] = self.uuid("subject", subject)
        return known

    def inventory(self) -> list[dict[str, Any]]:
        """The subjects of the observations made so far."""
        return [
            {"uuid": known, "description": line(subject), "props": [prop("resource", subject)]}
            for subject, known in self._subjects.items()
        ]

    def by_control(self, results: Iterable[ResultEntry]) -> dict[str, list[ResultEntry]]:
        """Results grouped by control, in the catalogue's order."""
        grouped: dict[str, list[ResultEntry]] = defaultdict(list)
        for result in results:
            grouped[result.control].append(result)
        return dict(sorted(grouped.items()))

    def related(self, results: Sequence[ResultEntry]) -> list[dict[str, str]]:
        """References to the observations of results."""
        return [{"observation-uuid": self.observation_id(result)} for result in results]

    def risk_id(self, control: str) -> str:
        """The identifier of a control's risk."""
        return self.uuid("risk", control)

    def risk(self, control: str, results: Sequence[ResultEntry]) -> dict[str, Any]:
        """What it means that a control does not hold, or cannot be seen to hold.

        Args:
            results: the control's failures, unknowns and waived results; at least one.
        """
        entry = self.controls[control]
        risk: dict[str, Any] = {
            "uuid": self.risk_id(control),
            "title": line(f"{control}: {entry['title']}"),
            "description": line(_tally(results)),
            "statement": line(entry["rationale"], 4000),
            "props": [prop("control", control), prop("level", entry["level"])],
            "status": _risk_status(results),
            "characterizations": [
                {
                    "origin": self._origins[0],
                    "facets": [{"name": "severity", "system": NAMESPACE, "value": entry["severity"]}],
                }
            ],
            "related-observations": self.related(results),
        }
        if factors := self._mitigating(control, results):
            risk["mitigating-factors"] = factors
        if deadline := _deadline(results):
            risk["deadline"] = deadline
        if responses := self._responses(control, entry):
            risk["remediations"] = responses
        return risk

    def _mitigating(self, control: str, results: Sequence[ResultEntry]) -> list[dict[str, Any]]:
        texts = sorted(
            {
                one.waiver.compensating_control
                for one in results
                if one.waiver and one.waiver.compensating_control
            }
        )
        return [{"uuid": self.uuid("mitigation", control, text), "description": line(text)} for text in texts]

    def _responses(self, control: str, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "uuid": self.uuid("response", control, provider),
                "lifecycle": "recommendation",
                "title": line(f"On {provider}" if provider else "Recommendation"),
                "description": line(
                    " ".join(filter(None, (_caution(texts), texts.get("console") or texts.get("cli"))))
                    or "-",
                    4000,
                ),
            }
            for provider, texts in remedies(entry)
        ]


def _caution(texts: Mapping[str, Any]) -> str:
    return caution(texts.get("effect"), texts.get("warning"))


def _tally(results: Sequence[ResultEntry]) -> str:
    counts = {status: sum(1 for one in results if one.status == status) for status in OPEN}
    words = {"fail": "fail", "unknown": "cannot be seen to hold", "waived": "are waived"}
    return ", ".join(f"{count} {words[status]}" for status, count in counts.items() if count)


def _risk_status(results: Sequence[ResultEntry]) -> str:
    statuses = {one.status for one in results}
    if statuses == {"waived"}:
        return "deviation-approved"
    return "open" if "fail" in statuses else "investigating"


def _deadline(results: Sequence[ResultEntry]) -> str | None:
    """The day on which the first waiver ends; None where a result has none, or its day is none."""
    days = []
    for result in results:
        if result.waiver is None:
            return None
        try:
            days.append(date.fromisoformat(result.waiver.expires))
        except ValueError:
            return None
    return f"{min(days).isoformat()}T00:00:00Z" if days else None
