"""`assess`: from an estate to a Report. Pure: the same estate, catalogue and configuration give the same
report.

The report claims what its evidence supports and no more: levels are "aligned with the measures of" their
source, never certified; `unknown` never counts as pass; what configuration cannot see is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from weightguard import __version__
from weightguard.access.model import Access
from weightguard.assess import entries, limits, settings
from weightguard.assess.attestations import Look, accepted, look, read_attestations
from weightguard.assess.calling import calling
from weightguard.assess.fixes import next_level, what_if
from weightguard.assess.gaps import CallGroup, coverage
from weightguard.assess.levels import highest, lowest, rank
from weightguard.assess.model import (
    SCHEMA_VERSION,
    CatalogueStamp,
    Level,
    OpaqueEntry,
    ProtocolResult,
    Reached,
    Report,
    SettingsStamp,
    Severity,
    SnapshotStamp,
    Summary,
    Tool,
    WeightEntry,
    WhatIf,
)
from weightguard.assess.model import Status as StatusName
from weightguard.assess.picture import picture
from weightguard.assess.protocol import load_protocol, play
from weightguard.assess.reach import Asked, Reaches
from weightguard.assess.remedies import Place
from weightguard.assess.scoring import Exposure, exposures, score_together
from weightguard.assess.standing import Settled, Standing, Table, overall, settle, standings
from weightguard.assess.things import things_of
from weightguard.assess.vectors import vectors
from weightguard.assess.waivers import apply, read_waivers
from weightguard.config import Config
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.engine import judge
from weightguard.controls.results import Judgement
from weightguard.controls.schema import SEVERITIES, Control, Status
from weightguard.controls.unread import limits as unread_limits
from weightguard.estate.limit import Limit
from weightguard.estate.limits import limits_of
from weightguard.estate.model import Estate
from weightguard.weights import WeightSet

if TYPE_CHECKING:
    from weightguard.snapshot import Snapshot

DISCLAIMER = (
    "Security levels are benchmarks of RAND RR-A2849-1 (2024), which says of itself that it is neither a standard nor a compliance "
    "regime. This report shows alignment with its measures as far as the evidence reaches; it certifies nothing. "
    "Older versions of objects are counted at most, never read; what else was not looked at or is not modelled stands in its own "
    "list."
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the estate was read from.

    Attributes:
        digests: one a snapshot. calls: how their calls ended, grouped.
    """

    digests: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    calls: tuple[CallGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What one run asks for.

    Attributes:
        as_of: another "now" than the snapshot's. target_level: for every weight set, whatever its tier.
        what_if: control -> ``pass``. protocols: names or paths of red-team protocols to play.
        evidence: what is known of the files that attestations name; the files themselves by default.
    """

    as_of: datetime | None = None
    target_level: Level | None = None
    what_if: Mapping[str, str] = field(default_factory=dict)
    protocols: tuple[str, ...] = ()
    evidence: Look = look


def provenance(snapshots: Iterable[Snapshot]) -> Provenance:
    """What a report says of its snapshots."""
    opened = sorted(snapshots, key=lambda snapshot: snapshot.digest)
    groups = [
        CallGroup(one.scope, one.service, one.operation, one.outcome, one.code, one.count)
        for snapshot in opened
        for one in snapshot.calls_summary()
    ]
    return Provenance(
        digests=tuple(snapshot.digest for snapshot in opened),
        scopes=tuple(sorted({scope for snapshot in opened for scope in snapshot.scopes})),
        calls=tuple(groups),
    )


def assess(
    estate: Estate,
    access: Access,
    catalogue: Catalogue,
    config: Config,
    *,
    source: Provenance | None = None,
    options: Options | None = None,
) -> Report:
    """Judges `estate` and writes down everything that a reader needs to check the judgement.

    Args:
        access: the access graph of the same estate.
        source: what it was read from; nothing is claimed about reads without it.

    Raises:
        ConfigError: waivers, attestations, parameters or disclosure documents that are not what they should
        be. CatalogueError: a control without a check. InputError: an unknown protocol.
    """
    return judged(estate, access, catalogue, config, source=source, options=options)[0]


def judged(
    estate: Estate,
    access: Access,
    catalogue: Catalogue,
    config: Config,
    *,
    source: Provenance | None = None,
    options: Options | None = None,
) -> tuple[Report, Judgement]:
    """The report of `assess`, and the judgement that it was written from."""
    options = options or Options()
    asked = Asked(access, config)
    judgement = judge(catalogue, estate, asked, config, as_of=options.as_of)
    found = _Assessment(estate, asked, catalogue, config, source or Provenance(), options, judgement)
    return found.report(), judgement


class _Assessment:
    """One run: settles the results, then lets every part of the report read them."""

    def __init__(
        self,
        estate: Estate,
        access: Access,
        catalogue: Catalogue,
        config: Config,
        source: Provenance,
        options: Options,
        judgement: Judgement,
    ) -> None:
        self.estate, self.catalogue, self.config = estate, catalogue, config
        self.source, self.options, self.judgement = source, options, judgement
        self.controls: Mapping[str, Control] = catalogue.by_id
        self.access = access
        self.reaches = Reaches(access, config)
        self.attestations = read_attestations(
            config.attestations, catalogue, judgement.as_of, config.organisation, options.evidence
        )
        waivers = read_waivers(config.waivers, catalogue, judgement.as_of)
        self.waived = apply(waivers, judgement.results, things_of(estate), judgement.as_of)
        self.settled: Sequence[Settled] = settle(
            judgement.results, self.controls, self.waived.stamps, accepted(self.attestations)
        )
        # A laboratory's own controls stand among the results and count for no level and no score of the shared catalogue.
        shared = [one for one in self.settled if one.result.control not in catalogue.own]
        self.called = calling(estate)
        self.table: Table = standings(shared, [one.id for one in estate.weight_sets])
        self.worst: Mapping[str, Standing] = overall(shared)
        self.targets = {one.id: self._target(one.id) for one in estate.weight_sets}
        self.exposed = self._exposed()

    def report(self) -> Report:
        evidence = entries.EvidenceTable()
        places = {one.id: self._place(one) for one in self.estate.weight_sets}
        results = entries.results(
            self.settled, self.waived.stamps, self.controls, evidence, places, self.called
        )
        weights = self._weights()
        summary = self._summary(weights)
        named = sorted({result.control for result in results})
        return Report(
            schema_version=SCHEMA_VERSION,
            tool=Tool("weightguard", __version__),
            catalogue=self._catalogue(),
            snapshot=self._snapshot(),
            coverage=coverage(self.source.calls, self.judgement.results, self.controls, self.estate),
            summary=summary,
            weights=weights,
            results=results,
            controls=tuple(_control(self.controls[name], own=name in self.catalogue.own) for name in named),
            levels=entries.levels(self.catalogue, self.worst),
            vectors=vectors(self.catalogue, self.worst),
            next_level=next_level(
                self._counted(), self.settled, self.controls, summary.level_reached, places
            ),
            waivers=self.waived.entries,
            attestations=tuple(one.entry() for one in self.attestations),
            attestations_needed=entries.attestations_needed(self.controls.values(), self.worst),
            models=entries.models(self.judgement.declarations),
            values=dict(sorted(evidence.values.items())),
            disclaimer=DISCLAIMER,
            what_if=self._what_if(),
            protocols=self._protocols(),
            organisation=self.config.organisation,
            access=picture(self.access, self.estate.weight_sets),
            limits=limits.entries(self._limits(), self.judgement.results, self.controls),
            opaque=self._opaque(),
            settings=self._settings(),
        )

    def _settings(self) -> SettingsStamp:
        return judged_under(self.config, self.options, self.catalogue.own)

    def _limits(self) -> Iterator[Limit]:
        yield from limits_of(self.estate)
        for one in self.estate.weight_sets:
            yield from self.reaches.of(one).limits
        yield from unread_limits(self.judgement.unread)

    def _opaque(self) -> tuple[OpaqueEntry, ...]:
        return tuple(entries.opaque(one) for _, one in sorted(self.judgement.unread.items()))

    def _place(self, one: WeightSet) -> Place:
        owner = self.judgement.declarations.of(one)
        return Place(owner.name if owner else one.name, f"{one.store}/{one.prefix}")

    def _target(self, name: str) -> Level:
        """The option's, else the higher of the configuration's and the tier's."""
        if self.options.target_level is not None:
            return self.options.target_level
        declarations = self.judgement.declarations
        model = declarations.owners.get(name)
        tiered = model.target_level if model else declarations.default_level
        return highest([tiered, self.config.target_level or tiered])

    def _exposed(self) -> dict[str, Exposure]:
        """Released weights are meant to be public; the others are capped while outsiders reach them."""
        seen = {one.id: why for one in self.estate.weight_sets if (why := self.reaches.of(one).exposed)}
        released = {
            name for name, model in self.judgement.declarations.owners.items() if model.config.released
        }
        found = exposures(self.settled, self.controls, seen, self.called)
        return {name: one for name, one in found.items() if name not in released}

    def _weights(self) -> tuple[WeightEntry, ...]:
        accounts = {store.id: store.account for store in self.estate.stores}
        return tuple(
            entries.weight_entry(
                one,
                self.table[one.id],
                self.controls,
                self.judgement.declarations.of(one),
                self.targets[one.id],
                self.reaches.of(one),
                self.exposed[one.id].why if one.id in self.exposed else None,
                accounts.get(one.store),
                self.judgement.declarations.copies.get(one.id, ()),
            )
            for one in sorted(self.estate.weight_sets, key=lambda one: one.id)
        )

    def _kept(self) -> dict[str, Mapping[str, Standing]]:
        """The weight sets that are to be kept secret, declared or not; all when there is no such."""
        released = {
            name for name, model in self.judgement.declarations.owners.items() if model.config.released
        }
        return {name: row for name, row in self.table.items() if name not in released} or dict(self.table)

    def _counted(self) -> dict[str, Mapping[str, Standing]]:
        """The weight sets whose lowest level is the organisation's: the declared ones that are not released;
        all when there is none.
        """
        owners = self.judgement.declarations.owners
        declared = {name for name, model in owners.items() if not model.config.released} or set(owners)
        return {name: row for name, row in self.table.items() if name in declared or not declared}

    def _summary(self, weights: Sequence[WeightEntry]) -> Summary:
        counted = self._counted()
        level = lowest(one.level_reached for one in weights if one.id in counted)
        target = self.options.target_level or highest(self.targets[name] for name in counted)
        capped = self.exposed[min(self.exposed)].why if self.exposed else None
        rows = [(row, self.targets[name]) for name, row in self._kept().items()] or [(self.worst, target)]
        details = score_together(rows, self.controls, capped)
        but_for = lowest(one.level_but_for_risks or one.level_reached for one in weights if one.id in counted)
        return Summary(
            level_reached=level,
            level_by_evidence=lowest(one.level_by_evidence for one in weights if one.id in counted),
            target_level=target,
            score=details.value,
            by_status=self._by_status(),
            by_severity=self._by_severity(),
            footnotes=sum(not one.result.bears for one in self.settled),
            claim=claim(self.catalogue, level),
            score_details=details,
            level_but_for_risks=but_for,
            accepted_risks=self._risks(counted, but_for) if rank(but_for) > rank(level) else (),
        )

    def _by_status(self) -> dict[StatusName, int]:
        counts: dict[StatusName, int] = dict.fromkeys((status.value for status in Status), 0)
        for one in self.settled:
            counts[one.status.value] += 1
        return counts

    def _by_severity(self) -> dict[Severity, int]:
        """The failures that bear on weights."""
        counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
        for one in self.settled:
            if one.status is Status.FAIL and one.result.bears:
                counts[one.result.severity] += 1
        return counts

    def _risks(self, counted: Mapping[str, Mapping[str, Standing]], level: Reached) -> tuple[str, ...]:
        """The controls at or below `level` that a waiver alone keeps from failing."""
        return tuple(
            sorted(
                {
                    name
                    for row in counted.values()
                    for name, standing in row.items()
                    if standing is Standing.WAIVED and rank(self.controls[name].level) <= rank(level)
                }
            )
        )

    def _what_if(self) -> WhatIf | None:
        if not self.options.what_if:
            return None
        counted = frozenset(self._counted())
        return what_if(self.options.what_if, self._kept(), counted, self.controls, self.targets, self.exposed)

    def _protocols(self) -> tuple[ProtocolResult, ...]:
        loaded = [load_protocol(name, self.catalogue) for name in self.options.protocols]
        return tuple(
            play(one, self.estate, self.reaches, self.table, self.controls, self.config) for one in loaded
        )

    def _catalogue(self) -> CatalogueStamp:
        one = self.catalogue
        return CatalogueStamp(one.id, one.version, one.digest, one.header.aligned_with)

    def _snapshot(self) -> SnapshotStamp:
        digests = self.source.digests
        return SnapshotStamp(
            digest=digests[0] if len(digests) == 1 else _joined(digests),
            scopes=self.source.scopes,
            collected_at=self.estate.collected_at,
            as_of=self.judgement.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            digests=digests,
        )


def judged_under(config: Config, options: Options, own: Iterable[str]) -> SettingsStamp:
    """What the report says of the settings of a judgement.

    Args:
        own: ids of controls of the laboratory's own.
    """
    asked = {
        "as_of": options.as_of.isoformat() if options.as_of else None,
        "target_level": options.target_level,
        "what_if": ", ".join(f"{name}={value}" for name, value in options.what_if.items()),
    }
    return settings.stamp(config, asked, tuple(sorted(own)))


def claim(catalogue: Catalogue, level: Reached) -> str:
    """All that may be said of a level, in one sentence."""
    aligned = catalogue.header.aligned_with
    if rank(level) == 0:
        return f"No security level is reached: not every control of SL1 holds ({aligned})."
    words = catalogue.levels[rank(level) - 1].claim
    return f"{level}, {aligned}: by these measures {words}, as far as this evidence shows."


def _control(control: Control, *, own: bool) -> Mapping[str, object]:
    entry = control.model_dump(mode="json", by_alias=True, exclude={"examples"}, exclude_none=True)
    return entry | {"own": True} if own else entry


def _joined(digests: Sequence[str]) -> str:
    return f"sha256:{hashlib.sha256(''.join(digests).encode()).hexdigest()}"
