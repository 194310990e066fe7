"""The report's lists: results, weights, levels, models, built from what was settled."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from weightguard.assess.levels import blocking, but_for_risks, by_evidence, ladder, rank, reached
from weightguard.assess.model import (
    EvaluationEntry,
    EvidenceEntry,
    Level,
    LevelEntry,
    ModelEntry,
    NotWeightsEntry,
    OpaqueEntry,
    ResultEntry,
    WaiverStamp,
    WeightEntry,
    WeightFile,
)
from weightguard.assess.providers import permission
from weightguard.assess.reach import Reached
from weightguard.assess.remedies import Place, remedy
from weightguard.assess.scoring import score
from weightguard.assess.standing import Settled, Standing
from weightguard.config import Evaluation
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.declared import Declarations, DeclaredModel
from weightguard.controls.results import Evidence
from weightguard.controls.said import Name, worded
from weightguard.controls.schema import LEVELS, Control, Status
from weightguard.controls.unread import Unread
from weightguard.estate.fact import Reason
from weightguard.weights import WeightSet

INLINE = 512  # bytes of JSON; a larger value is given once, by reference
LARGEST = 16 * 1024  # beyond this a value is cut: the record that it came from has the whole
CUT = 4 * 1024
NAMED = 3  # weight sets that a result without consequence names: a thousand roles times a thousand sets is no report
_QUIET = (Status.PASS, Status.NOT_APPLICABLE)


class EvidenceTable:
    """Evidence as the report writes it: small values in place, larger ones once, by digest."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._written: dict[int, tuple[Evidence, EvidenceEntry]] = {}

    def entry(self, evidence: Evidence) -> EvidenceEntry:
        """The written form; one object for one piece of evidence, however many results share it."""
        found = self._written.get(id(evidence))
        if found is None:
            entry = EvidenceEntry(evidence.fact, self._value(evidence.value), evidence.source)
            # The evidence is kept beside it: a freed one's identity would be given to another.
            found = self._written[id(evidence)] = (evidence, entry)
        return found[1]

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        if len(text) <= INLINE:
            return value
        reference = f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        if reference not in self.values:
            cut = {"cut": True, "bytes": len(text), "start": text[:CUT]}
            self.values[reference] = value if len(text) <= LARGEST else cut
        return {"ref": reference, "bytes": len(text)}


def results(
    settled: Sequence[Settled],
    stamps: Mapping[int, WaiverStamp],
    controls: Mapping[str, Control],
    table: EvidenceTable,
    places: Mapping[str, Place],
    called: Name,
) -> tuple[ResultEntry, ...]:
    """The results as written, in the engine's order; `stamps` by place, `places` by the weight sets' ids, things as `called`."""
    return tuple(
        _result(
            one,
            stamps.get(place) if one.status is Status.WAIVED else None,
            controls[one.result.control],
            table,
            places.get(one.result.subject),
            called,
        )
        for place, one in enumerate(settled)
    )


def _result(
    one: Settled,
    waiver: WaiverStamp | None,
    control: Control,
    table: EvidenceTable,
    about: Place | None,
    called: Name,
) -> ResultEntry:
    result = one.result
    return ResultEntry(
        control=result.control,
        subject=result.subject,
        status=one.status.value,
        severity=result.severity,
        level=result.level,
        message=_message(one, called),
        # A fact that was read twice is one piece of evidence.
        evidence=tuple({id(one): table.entry(one) for one in result.evidence}.values()),
        weights=result.weights[:NAMED] if one.status in _QUIET else result.weights,
        fingerprint=result.fingerprint,
        remediation=_remediation(one, control, about),
        waiver=waiver,
        attestation=one.attestation.stamp() if one.attestation else None,
        footnote=not result.bears,
        provider=result.provider,
        account=result.account,
        region=result.region,
        name=result.name if result.name != result.subject else None,
    )


def _message(one: Settled, called: Name) -> str:
    if one.attestation is None:
        return worded(one.result.message, called)
    who = "third party" if one.attestation.third_party else "self"
    return (
        f"attested ({who}) by {one.attestation.attestation.attester}: {one.attestation.attestation.statement}"
    )


def _remediation(one: Settled, control: Control, about: Place | None) -> str | None:
    if one.status in (Status.PASS, Status.NOT_APPLICABLE):
        return None
    if one.standing is Standing.NOT_ATTESTED and control.attestation is not None:
        return f"attest, with {control.attestation.evidence}: {control.attestation.statement}"
    denied = [unknown for unknown in one.result.unknowns if unknown.reason is Reason.DENIED]
    if one.result.status is Status.UNKNOWN and denied:
        sources = (unknown.source for unknown in denied if unknown.source.operation)
        asked = sorted({(one.call, one.provider or "", one.service, one.operation) for one in sources})
        allow = [permission(provider, service, operation) for _, provider, service, operation in asked]
        return f"allow the auditor {', '.join(allow)} and collect again"
    return remedy(control, one.result.provider, [about] if about else ())


def weight_entry(
    weight_set: WeightSet,
    row: Mapping[str, Standing],
    controls: Mapping[str, Control],
    model: DeclaredModel | None,
    target: Level,
    who: Reached,
    exposed: str | None,
    account: str | None,
    copies: tuple[str, ...] = (),
) -> WeightEntry:
    """One weight set with its levels, its score and who reaches it."""
    rungs = ladder(row, controls)
    level = reached(rungs)
    details = score(row, controls, target, exposed)
    return WeightEntry(
        id=weight_set.id,
        name=weight_set.name,
        store=weight_set.store,
        prefix=weight_set.prefix,
        format=weight_set.format,
        shards=weight_set.shards,
        bytes=weight_set.bytes,
        parameters=weight_set.parameters,
        declared=model is not None,
        model=model.name if model else None,
        tier=model.tier if model else None,
        target_level=target,
        level_reached=level,
        level_by_evidence=by_evidence(row, controls),
        blocking=blocking(rungs, level, target),
        readers=who.readers,
        copiers=who.copiers,
        score=details.value,
        score_details=details,
        ladder=rungs,
        confidence=weight_set.confidence,
        note=weight_set.note,
        files=tuple(WeightFile(one.key, one.bytes, one.format, one.confidence) for one in weight_set.files),
        files_truncated=weight_set.files_truncated,
        who=who.who,
        account=account,
        released=model.config.released if model else None,
        years_to_exfiltrate=_years(weight_set.bytes, model),
        level_but_for_risks=but_for_risks(row, controls, level),
        copies=copies[:MOST_COPIES],
    )


def opaque(unread: Unread) -> OpaqueEntry:
    """The unread objects of a store."""
    by = tuple(
        NotWeightsEntry(one.location, one.reason, one.owner, one.expires.isoformat()) for one in unread.by
    )
    return OpaqueEntry(unread.store, unread.objects, unread.bytes, unread.unread, unread.declared, by)


def _years(size: int, model: DeclaredModel | None) -> float | None:
    budget = model.config.egress_budget if model else None
    return round(size / budget, 4) if budget else None


MOST_COPIES = 100
_COUNTED: Mapping[Standing, str] = {
    Standing.PASS: "passed",
    Standing.ATTESTED: "attested",
    Standing.SELF_ATTESTED: "attested",
    Standing.WAIVED: "waived",
    Standing.NOT_ATTESTED: "not_attested",
    Standing.UNKNOWN: "unknown",
    Standing.FAIL: "failed",
    Standing.NOT_APPLICABLE: "not_applicable",
}


def levels(catalogue: Catalogue, standing: Mapping[str, Standing]) -> tuple[LevelEntry, ...]:
    """Per level, what its own controls say of the whole estate; "not attested" is unknown too."""
    entries = []
    for text in catalogue.levels:
        grouped: dict[str, list[str]] = defaultdict(list)
        for control in catalogue.controls:
            if control.level == text.id:
                grouped[_COUNTED[standing.get(control.id, Standing.NOT_APPLICABLE)]].append(control.id)
        entries.append(
            LevelEntry(
                level=text.id,
                title=text.title,
                claim=text.claim,
                passed=len(grouped["passed"]),
                failed=len(grouped["failed"]),
                unknown=len(grouped["unknown"]) + len(grouped["not_attested"]),
                not_applicable=len(grouped["not_applicable"]),
                attested=len(grouped["attested"]),
                waived=len(grouped["waived"]),
                not_attested=len(grouped["not_attested"]),
                controls={word: tuple(ids) for word, ids in sorted(grouped.items()) if ids},
            )
        )
    return tuple(entries)


def attestations_needed(
    controls: Iterable[Control], standing: Mapping[str, Standing]
) -> dict[str, tuple[str, ...]]:
    """For SL4 and SL5: the controls at or below that level that still need a third party's word."""
    needed: dict[str, tuple[str, ...]] = {}
    known = sorted(controls, key=lambda control: control.id)
    for level in LEVELS[3:]:
        needed[level] = tuple(
            control.id
            for control in known
            if rank(control.level) <= rank(level)
            and (control.mode == "attested" or (control.mode == "hybrid" and rank(control.level) > 3))
            and standing.get(control.id) not in (Standing.ATTESTED, Standing.NOT_APPLICABLE)
        )
    return needed


def models(declarations: Declarations) -> tuple[ModelEntry, ...]:
    """The declared models and what is wrong with their declaration."""
    return tuple(
        ModelEntry(
            name=model.name,
            declared_tier=model.config.tier,
            evaluated_tier=model.evaluated_tier,
            tier=model.tier,
            target_level=model.target_level,
            tier_table=model.tier_table,
            released=model.config.released,
            weights=model.weight_sets,
            findings=tuple(model.findings()),
            readers=model.config.readers,
            evaluations=tuple(_evaluation(one) for one in model.config.evaluations),
        )
        for model in sorted(declarations.models, key=lambda one: one.name)
    )


def _evaluation(one: Evaluation) -> EvaluationEntry:
    return EvaluationEntry(
        capability=one.capability,
        benchmark=one.benchmark,
        score=one.score,
        threshold=one.threshold,
        indicates=one.indicates,
        date=one.date.isoformat(),
        evaluator=one.evaluator,
        reached=one.reached,
    )
