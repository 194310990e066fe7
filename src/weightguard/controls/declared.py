"""Declared models: the tier that their evaluations yield, the level that the tier asks for, and where their
weights are.

The tier follows from what the model can do, by a table with a version (controls/tiers.yaml), not from what
its owner would like to spend. A declared tier may be higher than the evaluations yield, never lower without a
finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from pydantic import Field

from weightguard.config import Config, Evaluation, ModelConfig, Tier
from weightguard.controls.schema import Level, Strict, Text
from weightguard.weights import WeightSet, copies, unlike

TIERS: tuple[Tier, ...] = ("none", "high", "critical")


class TierTable(Strict):
    """controls/tiers.yaml.

    Attributes:
        capabilities: for each capability, the tier that each reached grade yields.
        target_levels: the level that each tier asks for.
        maximum_age_days: from this age on an evaluation is stale.
    """

    version: int
    source: Text
    maximum_age_days: int = Field(gt=0)
    target_levels: dict[Tier, Level]
    capabilities: dict[Text, dict[Text, Tier]]


@dataclass(frozen=True, slots=True)
class DeclaredModel:
    """A model of the configuration with what follows from it.

    Attributes:
        config: what was declared.
        evaluated_tier: the tier that the evaluations yield; None without any.
        tier: what holds: the higher of the declared and the evaluated tier.
        target_level: the level that the tier asks for.
        tier_table: the version of the table that decided.
        weight_sets: ids of the weight sets that were found for it.
        stale: evaluations that are too old to rest on.
        unknown_capabilities: capabilities that the table does not name.
        future: evaluations that are dated after the audit.
        lowered_target: the level that the catalogue asks for this tier, where the configuration asks for less.
    """

    config: ModelConfig
    evaluated_tier: Tier | None
    tier: Tier
    target_level: Level
    tier_table: int
    weight_sets: tuple[str, ...]
    stale: tuple[Evaluation, ...]
    unknown_capabilities: tuple[str, ...]
    future: tuple[Evaluation, ...] = ()
    lowered_target: Level | None = None

    @property
    def name(self) -> str:
        """The declared name."""
        return self.config.name

    @property
    def id(self) -> str:
        """The id that results about this model carry."""
        return f"model:{self.config.name}"

    @property
    def understated(self) -> bool:
        """The declared tier is lower than the evaluations yield."""
        declared, evaluated = self.config.tier, self.evaluated_tier
        return declared is not None and evaluated is not None and _rank(declared) < _rank(evaluated)

    @property
    def lowered(self) -> bool:
        """The tier in force is lower than the one before."""
        before = self.config.previous_tier
        return before is not None and _rank(self.tier) < _rank(before)

    def findings(self) -> Iterator[str]:
        """What is wrong with the declaration, one sentence each."""
        for one in self.stale:
            yield f"the evaluation {one.benchmark} ({one.capability}) of {one.date.isoformat()} is stale"
        if self.understated:
            yield f"the declared tier {self.config.tier} is lower than its evaluations yield ({self.evaluated_tier})"
        if self.lowered:
            yield f"the tier was lowered from {self.config.previous_tier} to {self.tier}"
        for name in self.unknown_capabilities:
            yield f"the tier table does not know the capability {name}"
        if self.lowered_target is not None:
            aim = f"the configuration aims at {self.target_level} for the tier {self.tier}"
            yield f"{aim}, below the catalogue's {self.lowered_target}"
        for one in self.future:
            yield f"the evaluation {one.benchmark} ({one.capability}) of {one.date.isoformat()} lies in the future"
        if self.config.tier not in (None, "none") and not self.config.evaluations:
            yield f"the tier {self.config.tier} rests on no evaluation"


@dataclass(frozen=True, slots=True)
class Declarations:
    """All declared models, and which weight set belongs to which.

    Attributes:
        owners: weight set id -> declared model.
        copies: weight sets of the same content, by id.
        default_level: the target level of a weight set that nobody declared.
        target_level: the level that the configuration declares as its aim for everything; None where it
            leaves that to the tiers.
        vendors, evaluators: patterns of outside parties that are meant to have access.
    """

    models: tuple[DeclaredModel, ...]
    owners: Mapping[str, DeclaredModel]
    default_level: Level
    target_level: Level | None = None
    vendors: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def outside_parties(self) -> tuple[str, ...]:
        """Patterns of all outside parties that are meant to have access."""
        return (*self.vendors, *self.evaluators)

    def of(self, weight_set: WeightSet) -> DeclaredModel | None:
        """The declared model that `weight_set` belongs to, or None: weights that nobody declared."""
        return self.owners.get(weight_set.id)


def declare(
    config: Config, table: TierTable, weight_sets: Iterable[WeightSet], as_of: datetime
) -> Declarations:
    """Works out every declared model and claims the weight sets for them.

    A weight set belongs to the model in whose locations it lies (the longest location wins), else to the one whose weights it is a
    copy of, else to the model of its name, unless what lies in that model's locations shows that it is another one.
    """
    found = tuple(weight_sets)
    alike = copies(found)
    owned = _owners(found, config.models, alike)
    claimed: dict[str, list[str]] = {model.name: [] for model in config.models}
    for weight_set in found:
        owner = owned.get(weight_set.id)
        if owner is not None:
            claimed[owner.name].append(weight_set.id)
    levels: dict[Tier, Level] = {**table.target_levels, **config.tiers}
    models = tuple(
        _declared(model, table, levels, tuple(sorted(claimed[model.name])), as_of) for model in config.models
    )
    owners = {weight_set: model for model in models for weight_set in model.weight_sets}
    return Declarations(
        models, owners, levels["none"], config.target_level, config.vendors, config.evaluators, alike
    )


def lies_in(weight_set: WeightSet, location: str) -> bool:
    """Whether `location` (a store's id, alone or with ``/prefix``) holds `weight_set`."""
    place = f"{weight_set.store}/{weight_set.prefix}"
    bare = location.rstrip("/")
    return place.rstrip("/") == bare or place.startswith(f"{bare}/")


def _owners(
    found: Sequence[WeightSet], models: tuple[ModelConfig, ...], alike: Mapping[str, tuple[str, ...]]
) -> dict[str, ModelConfig]:
    """The model of every weight set that has one."""
    placed = {one.id: model for one in found if (model := _of_place(one, models)) is not None}
    owners = dict(placed)
    examples: dict[str, list[WeightSet]] = {}
    for one in found:
        if one.id in placed:
            examples.setdefault(placed[one.id].name, []).append(one)
    for one in found:
        if one.id in placed:
            continue
        originals = [placed[name] for name in alike.get(one.id, ()) if name in placed]
        named = next((model for model in models if model.name == one.name), None)
        if originals:
            owners[one.id] = max(originals, key=lambda model: (_rank(model.tier or "none"), model.name))
        elif named is not None and not _another(one, examples.get(named.name, ())):
            owners[one.id] = named
    return owners


def _another(weight_set: WeightSet, examples: Sequence[WeightSet]) -> bool:
    """Whether a set only has the name of a model: nothing that lies in the model's locations could be the same model."""
    return bool(examples) and all(unlike(weight_set, example) for example in examples)


def _of_place(weight_set: WeightSet, models: tuple[ModelConfig, ...]) -> ModelConfig | None:
    placed = [
        (len(location), model)
        for model in models
        for location in model.locations
        if lies_in(weight_set, location)
    ]
    return max(placed, key=lambda pair: pair[0])[1] if placed else None


def _declared(
    model: ModelConfig,
    table: TierTable,
    levels: Mapping[Tier, Level],
    weight_sets: tuple[str, ...],
    as_of: datetime,
) -> DeclaredModel:
    yielded = [
        table.capabilities[evaluation.capability].get(evaluation.indicates, "none")
        for evaluation in model.evaluations
        if evaluation.reached and evaluation.capability in table.capabilities
    ]
    evaluated = _highest(yielded) if model.evaluations else None
    usual = table.target_levels
    tier = _highest([model.tier or "none", evaluated or "none"])
    oldest = as_of - timedelta(days=table.maximum_age_days)
    return DeclaredModel(
        config=model,
        evaluated_tier=evaluated,
        tier=tier,
        target_level=levels[tier],
        tier_table=table.version,
        weight_sets=weight_sets,
        stale=tuple(one for one in model.evaluations if datetime.combine(one.date, time(), UTC) < oldest),
        unknown_capabilities=tuple(
            sorted({one.capability for one in model.evaluations if one.capability not in table.capabilities})
        ),
        future=tuple(one for one in model.evaluations if datetime.combine(one.date, time(), UTC) > as_of),
        lowered_target=usual[tier] if levels[tier] < usual[tier] else None,
    )


def _highest(tiers: Iterable[Tier]) -> Tier:
    return TIERS[max((_rank(tier) for tier in tiers), default=0)]


def _rank(tier: Tier) -> int:
    return TIERS.index(tier)
