"""What a control is, field by field: the schema of `controls/*.yaml`.

A control is one YAML file. Its text is for people (statement, rationale, limits, remediation), its `check`
names the function that decides it, its examples, in a file beside it, are its tests. See CONTRIBUTING for a
walk through one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Level = Literal["SL1", "SL2", "SL3", "SL4", "SL5"]
Capacity = Literal["OC1", "OC2", "OC3", "OC4", "OC5"]
Severity = Literal["critical", "high", "medium", "low"]
LEVELS: tuple[Level, ...] = get_args(Level)
CAPACITIES: tuple[Capacity, ...] = get_args(Capacity)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Mode = Literal["automated", "hybrid", "attested"]
ProviderName = Literal["aws", "gcp", "azure"]
PROVIDERS: tuple[ProviderName, ...] = get_args(ProviderName)
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ControlId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,7}-[A-Z]{2,5}-[0-9]{2,3}$")]
Subject = Literal[
    "store", "key", "weight_set", "account", "organisation", "principal", "trail", "endpoint", "workload", "disk_copy",
    "estate", "model",
]  # fmt: skip
SPANNING: tuple[Subject, ...] = ("estate", "model")
"""Subjects that may lie on several providers at once."""
Bearing = Literal["weights", "copies", "logs"]
LetsIn = Literal["public", "outsider", "escalation"]
Effect = Literal["reads", "adds", "replaces", "deletes", "irreversible"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)

_CHECK = re.compile(rf"^(({'|'.join(PROVIDERS)})\.)?[a-z_]+\.[a-z_0-9]+$")
"""``module.function`` of a rule for every provider, ``provider.module.function`` of one that only a provider has."""


class Strict(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CelCheck(Strict):
    """A check written as an expression of the Common Expression Language, for controls of one's own."""

    cel: Text
    message: Text | None = None


class Parameter(Strict):
    """A number or list that a lab may set in its configuration (`controls.parameters`).

    Attributes:
        default: what holds when the configuration says nothing.
        by_provider: what holds then on a provider where it is another; for such a parameter the configuration
            may give a value by provider too.
        description: what it means, with its unit.
        unit: days, people, bytes...
        source: where the default comes from.
    """

    default: Any
    description: Text
    unit: Text | None = None
    source: Text | None = None
    by_provider: dict[ProviderName, Any] | None = None


class Remediation(Strict):
    """How to put it right, three ways. Placeholders are written ``<NAME>``.

    The console's way is always there; no command closes a door of steel, so the other two may be missing.

    Attributes:
        effect: what the command does to what was there: only reads it, adds to it, replaces the whole of it, deletes some of it, or
            does what nobody can take back. None: it adds.
        warning: what else may come of it, and what to look at before; said before the command.
    """

    console: Text
    cli: Text | None = None
    terraform: Text | None = None
    effect: Effect | None = None
    warning: Text | None = None


class Remediations(Strict):
    """Remediation by provider; `anywhere` for what is done in no provider's console (a declaration, a
    procedure).
    """

    aws: Remediation | None = None
    gcp: Remediation | None = None
    azure: Remediation | None = None
    anywhere: Remediation | None = None

    def on(self, provider: str) -> Remediation | None:
        """What to do on one provider."""
        found: Remediation | None = getattr(self, provider, None)
        return found or self.anywhere


class Evidence(Strict):
    """The calls whose answers the check reads, ``service:Operation`` as the snapshot's calls.jsonl spells
    them."""

    aws: tuple[Text, ...] = ()
    gcp: tuple[Text, ...] = ()
    azure: tuple[Text, ...] = ()


class Aicm(Strict):
    """CSA AI Controls Matrix: ids mean something only with the matrix' version."""

    version: Text
    ids: tuple[Text, ...]


class Mappings(Strict):
    """Where other catalogues speak of the same thing. By judgement, not by endorsement of their publishers.

    Attributes:
        rand_vectors: attack vectors of RAND RR-A2849-1 table 5.1, numbered V<category>.<n> in table order.
        rand_measures: labels of its tables 6.1 to 6.5, ``SL2 Weight Storage: encryption``.
        nist_800_53: SP 800-53 Rev. 5 ids, ``AC-3(7)``.
        mitre_atlas: ATLAS technique ids, ``AML.T0035``.
        mitre_attack: ATT&CK technique ids, ``T1530``.
        csa_aicm: AI Controls Matrix ids with the matrix' version.
        eu_code_of_practice: points of the safety and security chapter, ``App4.2(1)`` or ``M6.1``.
        owasp_aisvs: AISVS 1.0 requirement numbers, ``3.1.1``.
        cis: CIS benchmark recommendations, ``CIS AWS Foundations 5.0.0 2.1.4``.
        prowler: checks of the Prowler scanner that this control covers, by their names.
        other: anything else, in words.
    """

    rand_vectors: tuple[Text, ...] = ()
    rand_measures: tuple[Text, ...] = ()
    nist_800_53: tuple[Text, ...] = ()
    mitre_atlas: tuple[Text, ...] = ()
    mitre_attack: tuple[Text, ...] = ()
    csa_aicm: Aicm | None = None
    eu_code_of_practice: tuple[Text, ...] = ()
    owasp_aisvs: tuple[Text, ...] = ()
    cis: tuple[Text, ...] = ()
    prowler: tuple[Text, ...] = ()
    other: tuple[Text, ...] = ()


class Reference(Strict):
    """A document that says more."""

    title: Text
    url: Text | None = None


class Attestable(Strict):
    """What a named party states where facts cannot tell.

    Attributes:
        statement: the sentence that the attester signs.
        evidence: the kind of document that backs it.
    """

    statement: Text
    evidence: Text


class Example(Strict):
    """A change to the reference laboratory and why it decides as it does.

    Attributes:
        change: edits of the laboratory's raw records (``record``, ``read``, ``value``...), those that recur by
            name (``named``); empty for the laboratory as it is.
        deny: operations that are refused, ``s3:GetBucketPolicy``.
        configuration: keys of weightguard.yaml laid over the laboratory's.
        because: why, for the reader.
        provider: whose laboratory; ``anywhere`` when no provider is asked, since all of it stands in the configuration or in
            documents.
    """

    change: tuple[dict[str, Any], ...] = ()
    deny: str | tuple[str, ...] = ()
    configuration: dict[str, Any] = Field(default_factory=dict)
    because: Text | None = None
    provider: ProviderName | Literal["anywhere"] = "aws"


class Examples(Strict):
    """At least one estate for each verdict on each provider on which the control is decided; they are its tests.
    ("pass" is a word of Python's own, hence the alias.)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    passing: tuple[Example, ...] = Field(default=(), alias="pass")
    fail: tuple[Example, ...] = ()
    unknown: tuple[Example, ...] = ()

    def on(self, provider: ProviderName) -> Examples:
        """Those that speak of a provider."""

        def of(examples: tuple[Example, ...]) -> tuple[Example, ...]:
            return tuple(one for one in examples if one.provider in (provider, "anywhere"))

        kept = {"passing": of(self.passing), "fail": of(self.fail), "unknown": of(self.unknown)}
        return self.model_copy(update=kept)


def _provider_in(check: str) -> ProviderName | None:
    """The provider that a check decides on alone; None where it decides on every one."""
    return next((one for one in PROVIDERS if check.startswith(f"{one}.")), None)


class Control(Strict):
    """One control of the catalogue.

    Attributes:
        id: ``WG-<family>-<number>``; controls of one's own use another prefix. The file has the same name.
        statement: what must hold, one sentence, testable.
        rationale: what an attacker does when it does not.
        level: the lowest level that requires it.
        level_basis: ``rand`` when RR-A2849-1 places the measure at this level, ``derived`` when we do.
        mode: ``automated`` (facts decide), ``hybrid`` (facts decide part, a third party may attest the rest),
            ``attested``.
        providers: what the control is meant for; `decided_on` says where it is decided.
        subject: what one verdict is about.
        applies_to: for stores and keys: those that hold `weights`, those that receive `copies` of them
            (replication), those that receive `logs` about them. Any other is judged by critical
            controls of SL1 and those that expose, and mentioned with low severity when it fails.
        check: ``<module>.<function>`` in weightguard.checks, ``<provider>.<module>.<function>`` of a rule that decides on that
            provider alone, one for each provider where the rule differs, or an expression; None for attested controls.
        limits: what the check cannot see.
        exposes: True when a failure means that weights are within an outsider's reach now; it caps the score.
        lets_in: whom a failure lets reach weights: the public, an outsider, or somebody by a privilege escalation. Such a failure
            decides the exit status whatever the level. None: it opens no way by itself.
        detects: True when the control is one that would see the theft; the red-team protocol names it.
    """

    id: ControlId
    family: Text
    title: Text
    statement: Text
    rationale: Text
    level: Level
    level_basis: Literal["rand", "derived"]
    severity: Severity
    mode: Mode
    providers: tuple[ProviderName, ...]
    subject: Subject
    applies_to: tuple[Bearing, ...] = ("weights", "copies")
    check: str | CelCheck | dict[ProviderName, str] | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    evidence: Evidence = Evidence()
    attestation: Attestable | None = None
    limits: Text
    exposes: bool = False
    lets_in: LetsIn | None = None
    detects: bool = False
    remediation: Remediations
    mappings: Mappings
    references: tuple[Reference, ...] = ()
    examples: Examples = Examples()

    @field_validator("check")
    @classmethod
    def _names_functions(
        cls, check: str | CelCheck | dict[ProviderName, str] | None
    ) -> str | CelCheck | dict[ProviderName, str] | None:
        named = check.values() if isinstance(check, dict) else [check] if isinstance(check, str) else []
        if not all(_CHECK.match(name) for name in named) or check == {}:
            raise ValueError("a check is written module.function, for example storage.public_access_blocked")
        if isinstance(check, dict):
            for provider, name in check.items():
                if _provider_in(name) not in (None, provider):
                    raise ValueError(f"{name} decides on {_provider_in(name)} alone, not on {provider}")
        return check

    @model_validator(mode="after")
    def _has_a_provider_to_choose_by(self) -> Control:
        chooses = None not in self.checks or any(one.by_provider for one in self.parameters.values())
        if chooses and self.subject in SPANNING:
            raise ValueError(
                f"a subject that may lie on several providers ({self.subject}) has one rule for all"
            )
        return self

    @property
    def checks(self) -> Mapping[ProviderName | None, str | CelCheck | None]:
        """What decides the control, by provider; under None what decides it on every one."""
        if isinstance(self.check, dict):
            return dict(self.check.items())
        return {_provider_in(self.check) if isinstance(self.check, str) else None: self.check}

    def check_on(self, provider: str | None) -> str | CelCheck | None:
        """What decides the control on a provider; on None, of a subject whose provider is not known."""
        found = self.checks
        return next((check for place, check in found.items() if place in (None, provider)), None)

    @property
    def decided_on(self) -> tuple[ProviderName, ...]:
        """The providers on which facts decide it: those with an example that passes, one that fails and one that is unknown. An
        expression over neutral facts is decided wherever it is meant to be, and what is only attested nowhere.
        """
        if self.check is None or isinstance(self.check, CelCheck):
            return () if self.check is None else self.providers
        return tuple(one for one in self.providers if self.check_on(one) and self._exampled(one))

    def _exampled(self, provider: ProviderName) -> bool:
        shown = self.examples.on(provider)
        return bool(shown.passing and shown.fail and shown.unknown)

    @property
    def undecided_on(self) -> tuple[ProviderName, ...]:
        """The providers that it is meant for and not decided on yet."""
        return (
            () if self.check is None else tuple(one for one in self.providers if one not in self.decided_on)
        )


class Vector(Strict):
    """One of the 38 attack vectors, with the chance class (1 up to 20 %, 5 over 80 %) per attacker capacity.

    Attributes:
        label: its name in table 5.1, shortened.
        evidence: ``configuration`` when the estate's facts can close it in part, ``beyond`` when only
            attestation can speak.
        beyond: what configuration evidence cannot see of it.
    """

    id: Text
    category: Text
    label: Text
    feasibility: dict[Capacity, Annotated[int, Field(ge=1, le=5)]]
    evidence: Literal["configuration", "beyond"]
    beyond: Text


class VectorTable(Strict):
    """controls/vectors.yaml."""

    source: Text
    vectors: tuple[Vector, ...]


class Family(Strict):
    """A family of controls."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,5}$")]
    title: Text


class LevelText(Strict):
    """A level, the attacker capacity that it is likely to thwart, and the words for both."""

    id: Level
    thwarts: Capacity
    title: Text
    claim: Text


class Header(Strict):
    """controls/catalogue.yaml: what the catalogue is, its families and levels. `published` dates this
    version.
    """

    id: Text
    version: Text
    published: date
    title: Text
    aligned_with: Text
    families: tuple[Family, ...]
    levels: tuple[LevelText, ...]


class Status(StrEnum):
    """What a control says of a subject."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"
