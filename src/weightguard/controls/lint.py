"""What is wrong with a catalogue, each problem with its file and line.

`load_catalogue` refuses what breaks the schema; lint finds what the schema cannot say: a mapping to something
that does not exist, a check without a function, a control without a failing example, a provider without
remediation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weightguard.controls import effects
from weightguard.controls.catalogue import HEADER, Catalogue, catalogue_directory, control_files, load_files
from weightguard.controls.examples import astray
from weightguard.controls.functions import resolve
from weightguard.controls.mappings import unmapped
from weightguard.controls.schema import EFFECTS, CelCheck, Control, Effect, Example, Examples
from weightguard.errors import CatalogueError, InputError
from weightguard.provider import PROVIDERS


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right.

    Attributes:
        where: ``file:line``.
        control: the control's id.
        message: what is wrong, one sentence without a full stop.
    """

    where: str
    control: str
    message: str

    def one_line(self) -> str:
        """As a terminal shows it."""
        return f"{self.where}: {self.control}: {self.message}"


Found = Iterator[tuple[tuple[str | int, ...], str]]


def lint(catalogue: Catalogue) -> list[Problem]:
    """Every problem of every control, in the order of files and lines; empty when all is well."""
    vectors = {vector.id for vector in catalogue.vectors}
    rules: tuple[Callable[[Control], Found], ...] = (
        lambda control: _names(control, catalogue),
        _decided,
        _remedied,
        _effective,
        _exampled,
        lambda control: _mapped(control, vectors),
    )
    problems: list[tuple[str, int, Problem]] = []
    for control in catalogue.controls:
        for rule in rules:
            for location, message in rule(control):
                where = catalogue.where(control.id, *location)
                name, _, line = where.rpartition(":") if ":" in where else (where, "", "0")
                problems.append((name, int(line), Problem(where, control.id, message)))
    return [problem for _, _, problem in sorted(problems, key=lambda one: (one[0], one[1], one[2].message))]


def lint_files(*paths: Path, directory: Path | None = None) -> list[Problem]:
    """Lints files of controls; a file that breaks the schema is a problem too, and the others are still read.

    Args:
        paths: control files, directories of controls, or a directory with a whole catalogue (families,
            vectors, tiers).
        directory: a whole catalogue. Without it and without paths: the shipped one.

    Raises:
        CatalogueError: the catalogue's own tables cannot be read, or there is no such path.
    """
    broken: list[Problem] = []
    whole = [path for path in (directory, *paths) if path is not None and (path / HEADER).is_file()]
    place = whole[0] if whole else catalogue_directory()
    chosen = dict.fromkeys([*whole, *paths]) or {place: None}
    files = [one for path in chosen for one in control_files(path)]
    catalogue = load_files(files, place, broken=lambda error: broken.append(_of(error)))
    strays = [
        Problem(f"{path}:1", path.stem, "examples of a control that is not there")
        for path in astray(path for path, _ in files)
    ]
    return [*broken, *strays, *lint(catalogue)]


def _of(error: InputError) -> Problem:
    where = error.where or ""
    name = where.rpartition("/")[2].partition(".yaml")[0]
    return Problem(where, name, f"{error.what}{f' ({error.fix})' if error.fix else ''}")


def demand(catalogue: Catalogue) -> None:
    """Raises the first problem.

    Raises:
        CatalogueError: as one line, with file and line.
    """
    problems = lint(catalogue)
    if problems:
        more = f"and {len(problems) - 1} more; see weightguard controls lint" if len(problems) > 1 else None
        raise CatalogueError(
            f"{problems[0].control}: {problems[0].message}", where=problems[0].where, fix=more
        )


def _names(control: Control, catalogue: Catalogue) -> Found:
    document = catalogue.documents[control.id]
    stem = document.name.rsplit("/", 1)[-1].removesuffix(".yaml")
    if stem != control.id:
        yield ("id",), f"the file is named {stem}.yaml, the control {control.id}"
    if control.family not in {family.id for family in catalogue.families}:
        yield ("family",), f"there is no family {control.family}"
    if control.id.split("-")[1] != control.family:
        yield ("family",), f"the id says {control.id.split('-')[1]}, the family {control.family}"
    if control.statement == control.title:
        yield ("statement",), "the statement only repeats the title"
    if not control.providers:
        yield ("providers",), "no provider is named"


def _decided(control: Control) -> Found:
    if control.mode == "attested":
        if control.check is not None:
            yield ("check",), "an attested control has no check"
        if control.attestation is None:
            yield ("mode",), "an attested control says what is attested (attestation: statement, evidence)"
        return
    if control.check is None:
        yield ("mode",), f"an {control.mode} control has a check"
        return
    if control.mode == "hybrid" and control.attestation is None:
        yield (
            ("mode",),
            "a hybrid control says what a third party may attest (attestation: statement, evidence)",
        )
    if control.mode == "automated" and control.attestation is not None:
        yield ("attestation",), "an automated control is not attested"
    yield from _resolved(control)
    for provider in control.providers:
        if not getattr(control.evidence, provider):
            yield ("evidence",), f"no evidence is named for {provider}"


def _resolved(control: Control) -> Found:
    """Every check that is named exists, and is named for a provider that the control is meant for."""
    for provider in control.checks:
        location = ("check", provider) if isinstance(control.check, dict) and provider else ("check",)
        if provider and provider not in control.providers:
            yield location, f"the control is not meant for {provider}"
        try:
            resolve(control, provider)
        except CatalogueError as problem:
            yield location, f"{problem.what} ({problem.where})"


def _remedied(control: Control) -> Found:
    for provider in control.providers:
        remedy = control.remediation.on(provider)
        if remedy is None:
            yield ("remediation",), f"no remediation for {provider}"
        elif remedy is not control.remediation.anywhere and not (remedy.cli and remedy.terraform):
            yield (
                ("remediation", provider),
                "remediation is given for the console, the command line and Terraform",
            )


_PLACES = (*PROVIDERS, "anywhere")


def _effective(control: Control) -> Found:
    """A command that takes something away says so, and says what to look at before."""
    for provider in _PLACES:
        remedy = getattr(control.remediation, provider)
        if remedy is None or remedy.cli is None:
            continue
        effect, command = effects.of(remedy.cli)
        declared = remedy.effect or "adds"
        if EFFECTS.index(declared) < EFFECTS.index(effect) and effect != "adds":
            yield (
                ("remediation", provider),
                f"{_VERBS[effect]} ({command[:60]}), and its effect does not say so: write effect: {effect}",
            )
        if declared == "irreversible" and remedy.warning is None:
            yield (
                ("remediation", provider),
                "what nobody can take back has a warning: what to look at before",
            )


_VERBS: Mapping[Effect, str] = {
    "reads": "the command reads",
    "adds": "the command adds",
    "replaces": "the command replaces what was set before",
    "deletes": "the command deletes",
    "irreversible": "nobody can take the command back",
}


VERDICTS = ("pass", "fail", "unknown")


def _exampled(control: Control) -> Found:
    """On every provider of which there is an example there is one of each verdict, and there is such a provider."""
    if control.mode == "attested" or isinstance(control.check, CelCheck):
        return
    shown = {provider: _by_verdict(control.examples.on(provider)) for provider in control.providers}
    if not any(any(given.values()) for given in shown.values()):
        yield from ((("examples",), f"no example of {verdict}") for verdict in VERDICTS)
    for provider, given in shown.items():
        if any(given.values()):
            yield from _lacking(control, provider, given)
    for verdict, examples in _by_verdict(control.examples).items():
        for index, example in enumerate(examples):
            for message in _odd(control, verdict, example):
                yield ("examples", verdict, index), message


def _lacking(control: Control, provider: str, given: Mapping[str, Sequence[Example]]) -> Found:
    """What a control lacks on a provider of which it has some example."""
    where = "" if control.providers == (provider,) else f" on {provider}"
    yield from ((("examples",), f"no example of {one}{where}") for one in VERDICTS if not given[one])
    if control.check is not None and control.check_on(provider) is None:
        yield ("check",), f"no check is named for {provider}, of which there are examples"


def _by_verdict(examples: Examples) -> dict[str, tuple[Example, ...]]:
    return dict(zip(VERDICTS, (examples.passing, examples.fail, examples.unknown), strict=True))


def _odd(control: Control, verdict: str, example: Example) -> Iterator[str]:
    """What is wrong with one example."""
    changes = example.change or example.deny or example.configuration
    if verdict == "fail" and not changes:
        yield "a failing example changes nothing"
    if verdict == "unknown" and not changes:
        yield "an unknown example denies and changes nothing"
    if example.provider == "anywhere":
        if example.deny or not all("document" in edit for edit in example.change):
            yield "an example that asks no provider (anywhere) changes documents and the configuration alone"
    elif example.provider not in control.providers:
        yield f"the control is not meant for {example.provider}"


def _mapped(control: Control, vectors: set[str]) -> Found:
    mappings = control.mappings
    if not mappings.rand_vectors:
        yield ("mappings", "rand_vectors"), "no attack vector is named"
    if control.level_basis == "rand" and not mappings.rand_measures:
        yield ("mappings",), "the level is said to rest on RAND's placement, and no measure is named"
    for location, message in unmapped(mappings, vectors):
        yield ("mappings", *location), message
