"""weightguard for notebooks and other tools: collect, load, assess, who_can, diff.

    from weightguard.api import assess, collect_aws, load, who_can

    collect_aws("audit/snapshot", profile="weight-audit")
    evidence = load("audit/snapshot")
    report = assess(evidence)
    who_can(evidence, "read", "arn:aws:s3:::aurora-release")

The commands are thin over these functions. Only the `collect_*` ones touch a network; the rest is pure: the same snapshot,
catalogue and configuration give the same report. Errors are `weightguard.errors.WeightguardError`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weightguard import __version__
from weightguard.access.model import Access, AccessKind, Cut, Paths, WhoCan
from weightguard.errors import InputError
from weightguard.estate.model import Estate
from weightguard.snapshot import (
    Call,
    Snapshot,
    SnapshotChanges,
    SnapshotWriter,
    compare,
    open_snapshot,
    utc_now,
)
from weightguard.snapshot.model import MANIFEST
from weightguard.snapshot.opening import outdated

if TYPE_CHECKING:
    from weightguard.assess.assessment import Options
    from weightguard.assess.model import Report
    from weightguard.assess.status import FailOn
    from weightguard.collect.package import Package
    from weightguard.collect.progress import Progress
    from weightguard.config import Config
    from weightguard.controls.catalogue import Catalogue
    from weightguard.plan.difference import Difference
    from weightguard.report.changes import Changes
    from weightguard.sources import Source


@dataclass(frozen=True)
class Evidence:
    """Opened snapshots, and what they say exists.

    Attributes:
        snapshots: validated; closed with the process.
        estate: the typed, provider-neutral model of everything in them.
    """

    snapshots: tuple[Snapshot, ...]
    estate: Estate

    @cached_property
    def access(self) -> Access:
        """The access graph over all snapshots, built when first asked for."""
        from weightguard.access.graph import build

        return build(self.estate)


def collect_aws(
    output: str | Path,
    *,
    progress: Progress | None = None,
    again: str | None = None,
    replace: bool = False,
    **options: Any,
) -> Path:
    """Collect from AWS into a snapshot; resume one that was interrupted.

    Args:
        output: the snapshot's directory, new, empty or interrupted.
        progress: whoever shows how far it is; None shows nothing.
        again: what to tell a user who stops it to type to resume.
        replace: what is at `output` and is not gone on with makes room: a finished snapshot is kept as ``<output>.previous``, a
            half one that is old or was asked for otherwise as ``<output>.interrupted``; the one before it is removed.
        options: the fields of `weightguard.collect.aws.AwsOptions`.

    Returns:
        the sealed snapshot's directory.

    Raises:
        CredentialsError: nothing usable to connect with. InputError: options that cannot be used, or a directory that holds
        something else. Interrupted: Ctrl-C; call again to resume.
    """
    from weightguard.collect.providers import options as options_of
    from weightguard.collect.providers import package

    wanted = [("aws", package("aws"), options_of("aws", **options))]
    return _collect(Path(output), wanted, progress=progress, again=again, replace=replace)


def collect(
    output: str | Path,
    sources: Mapping[str, Source],
    *,
    progress: Progress | None = None,
    again: str | None = None,
    replace: bool = False,
) -> Path:
    """Collect from one or several providers into one snapshot; resume one that was interrupted.

    Args:
        sources: provider (``aws``, ``gcp``, ``azure``) -> how to reach it.
        output, progress, again, replace: as for `collect_aws`.

    Returns:
        the sealed snapshot's directory.

    Raises:
        InputError: this version does not collect from one of them; besides, as `collect_aws`.
    """
    from weightguard.collect.providers import package

    packages = [(name, package(name), settings) for name, settings in sources.items()]
    wanted = [(name, found, found.options(settings)) for name, found, settings in packages]
    return _collect(Path(output), wanted, progress=progress, again=again, replace=replace)


def _collect(
    folder: Path,
    wanted: Sequence[tuple[str, Package, Any]],
    *,
    progress: Progress | None,
    again: str | None,
    replace: bool,
) -> Path:
    """Try all credentials, then read everything, one provider after the other.

    Args:
        wanted: provider, its package and its options.
    """
    entries = [(name, found, found.connect(options)) for name, found, options in wanted]
    source = _source({name: entry.source() for name, _, entry in entries})
    if replace:
        _make_room(folder, source, progress)
    with SnapshotWriter.create_or_resume(folder, __version__, source=source) as writer:
        try:
            for _, found, entry in entries:
                found.collect(entry, writer, progress=progress, again=again)
        except InputError:
            if not writer.journal.units:
                _forget(writer)
            raise
        writer.seal()
    return folder


def _source(sources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the manifest says of how a snapshot was taken: the one provider's own words, or those of each."""
    if len(sources) == 1:
        return next(iter(sources.values()))
    return {"name": ", ".join(sources), "sources": sources}


def _make_room(folder: Path, source: dict[str, Any], progress: Progress | None) -> None:
    """Put aside what a scan does not go on with: a finished snapshot, or a half one that is old or was asked for otherwise."""
    if (folder / MANIFEST).exists():
        _put_aside(folder, "previous")
        return
    why = outdated(folder, source, utc_now())
    if why is not None:
        _put_aside(folder, "interrupted")
        if progress is not None:
            progress.note(f"an interrupted collection was put aside ({folder.name}.interrupted): {why}")


def _put_aside(snapshot: Path, name: str) -> None:
    previous = snapshot.with_name(f"{snapshot.name}.{name}")
    try:
        if previous.exists():
            shutil.rmtree(previous)
        snapshot.rename(previous)
    except OSError as error:
        raise InputError(
            "the earlier snapshot cannot be put aside", where=str(snapshot), fix=str(error.strerror)
        ) from error


def collect_terraform(
    output: str | Path, states: Sequence[str | Path], *, account: str | None = None
) -> Path:
    """Turn Terraform states (the JSON of ``terraform show -json``), one an account, into a snapshot.

    Args:
        account: twelve digits: whose a state is that names no account.
    """
    from weightguard.collect.terraform import collect

    return _from_files("terraform", output, states, partial(collect, account=account))


def collect_gaad(output: str | Path, answers: Sequence[str | Path]) -> Path:
    """Turn answers of GetAccountAuthorizationDetails into a snapshot."""
    from weightguard.collect.providers import export

    return _from_files("gaad", output, answers, export("gaad"))


def collect_graph_export(output: str | Path, exports: Sequence[str | Path]) -> Path:
    """Turn what other tools exported of Azure (Resource Graph, Microsoft Graph, Resource Manager, AzureHound) into a snapshot."""
    from weightguard.collect.providers import export

    return _from_files("graph-export", output, exports, export("graph-export"))


def collect_assets(output: str | Path, exports: Sequence[str | Path]) -> Path:
    """Turn exports of Google's Cloud Asset Inventory, with group memberships and IAM policies beside them, into a snapshot."""
    from weightguard.collect.providers import export

    return _from_files("assets", output, exports, export("assets"))


def _from_files(name: str, output: str | Path, paths: Sequence[str | Path], collect: Any) -> Path:
    source = {"name": name, "files": [Path(path).name for path in paths]}
    folder = Path(output)
    with SnapshotWriter.create(folder, __version__, source=source) as writer:
        try:
            collect([Path(path) for path in paths], writer)
        except InputError:
            _forget(writer)
            raise
        writer.seal()
    return folder


def _forget(writer: SnapshotWriter) -> None:
    """Remove a snapshot that nothing was collected into: the next try shall find its folder free, as this one did."""
    writer.close()
    shutil.rmtree(writer.path, ignore_errors=True)


def load(*paths: str | Path) -> Evidence:
    """Open snapshots (directories or ``.tar.zst``), validate every byte, and read them into one estate.

    Raises:
        SnapshotError: damage, by file and line; an interrupted or newer snapshot.
    """
    from weightguard.estate.read import read_estate

    if not paths:
        raise InputError("no snapshot was named")
    snapshots = tuple(open_snapshot(Path(path)) for path in paths)
    return Evidence(snapshots, read_estate(snapshots))


def assess(
    evidence: Evidence,
    *,
    config: Config | None = None,
    catalogue: Catalogue | None = None,
    options: Options | None = None,
) -> Report:
    """Judge what was collected.

    Args:
        config: declared models, waivers, attestations; None: nothing is declared.
        catalogue: None: the shipped one, with the configuration's own controls.
        options: another "now", a target level, what-ifs, red-team protocols.
    """
    from weightguard.assess.assessment import assess as judge
    from weightguard.assess.assessment import provenance
    from weightguard.config import Config
    from weightguard.controls import load_catalogue

    config = config or Config()
    catalogue = catalogue or load_catalogue(*config.controls.directories)
    return judge(
        evidence.estate,
        evidence.access,
        catalogue,
        config,
        source=provenance(evidence.snapshots),
        options=options,
    )


def who_can(evidence: Evidence, access: AccessKind | str, store: str, prefix: str | None = None) -> WhoCan:
    """Everybody who can do `access` (read, write, copy, decrypt, delete, administer) to the objects of a store."""
    return evidence.access.who_can(AccessKind(access), store, prefix)


def paths(evidence: Evidence, principal: str, store: str, access: AccessKind | str = "read") -> Paths:
    """Every shortest path from a principal to a store, with what there may be besides."""
    return evidence.access.paths(principal, store, AccessKind(access))


def cut(evidence: Evidence, store: str, access: AccessKind | str = "read") -> Cut:
    """The smallest set of changes that closes every path to a store."""
    return evidence.access.cut(store, AccessKind(access))


def plan(
    plans: Sequence[str | Path],
    *,
    onto: str | Path | None = None,
    baseline: str | Path | None = None,
    config: Config | None = None,
    catalogue: Catalogue | None = None,
    fail_on: FailOn = "high",
) -> Difference:
    """What Terraform plans (the JSON of ``terraform show -json``) do to weights.

    Args:
        onto: a snapshot that they are laid over; None: what was before is what the plans say it was.
        baseline: a report whose failures are known.

    Raises:
        InputError: a file is not the JSON of a plan that can be judged, or not a report. SnapshotError: damage, by file and line.
    """
    from weightguard.assess.serialise import read_report
    from weightguard.config import Config
    from weightguard.controls import load_catalogue
    from weightguard.plan.difference import compare as compare_sides
    from weightguard.plan.document import read_plan
    from weightguard.plan.sides import Sides

    config = config or Config()
    read = [read_plan(Path(path)) for path in plans]
    known = read_report(Path(baseline), "baseline") if baseline is not None else None
    snapshot = open_snapshot(Path(onto)) if onto is not None else None
    return compare_sides(
        Sides(read, snapshot),
        catalogue or load_catalogue(*config.controls.directories),
        config,
        fail_on=fail_on,
        baseline=known,
    )


def diff(old: str | Path, new: str | Path) -> Changes | SnapshotChanges:
    """What changed between two reports (report.json, or the folder of a scan), or between two snapshots.

    Raises:
        InputError: one is a report and the other a snapshot, or one is neither.
        SnapshotError: damage, by file and line.
    """
    from weightguard.assess.serialise import read_report
    from weightguard.report.changes import compare as compare_reports

    before, now = _report_at(Path(old)), _report_at(Path(new))
    if before is not None and now is not None:
        return compare_reports(read_report(before), read_report(now))
    if before is None and now is None:
        return compare(open_snapshot(Path(old)), open_snapshot(Path(new)))
    raise InputError(
        "a report cannot be compared with a snapshot", where=f"{old}, {new}", fix="name two of a kind"
    )


def _report_at(path: Path) -> Path | None:
    """The report that a path names: a file of JSON, or the one in the folder of a scan."""
    if path.is_dir():
        report = path / "report.json"
        return report if report.is_file() and not (path / MANIFEST).exists() else None
    return path if path.suffix == ".json" else None


def gaps(evidence: Evidence) -> tuple[Call, ...]:
    """Every call of the collection that was denied, throttled or failed."""
    return tuple(
        call
        for snapshot in evidence.snapshots
        for call in snapshot.calls()
        if call.outcome in ("denied", "throttled", "failed")
    )
