"""Organisations, folders and projects, with the policies that they hand down.

Sources: Resource Manager REST reference, `organizations`, `folders`, `projects`; Organization Policy REST reference, v1 and v2
`Policy`; IAM REST reference, v2 `Policy`, v3 `PrincipalAccessBoundaryPolicy` and `PolicyBinding`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from weightguard.estate.evidence import Record, data_of, listing_source, read
from weightguard.estate.fact import Fact, Known
from weightguard.estate.gcp.constraints import TOLD, Constraints, public_access
from weightguard.estate.gcp.scope import (
    CONTENTS,
    FOLDER,
    ORGANISATION,
    PROJECT,
    Records,
    ancestry,
    documents,
    fact,
    relative,
    scoped_policy,
    told,
    unasked,
)
from weightguard.estate.model import (
    NOT_HERE,
    Account,
    Container,
    ContainerKind,
    Organisation,
    PolicyForm,
    ScopedPolicy,
)
from weightguard.estate.shape import text_or_none

KINDS: Final = {
    ORGANISATION: ContainerKind.ORGANISATION,
    FOLDER: ContainerKind.FOLDER,
    PROJECT: ContainerKind.PROJECT,
}
_WORDS: Final = {
    "organizations": ContainerKind.ORGANISATION,
    "folders": ContainerKind.FOLDER,
    "projects": ContainerKind.PROJECT,
}
DENY, BOUNDARY, BINDING = (
    f"iam.{name}" for name in ("deny_policy", "principal_access_boundary_policy", "policy_binding")
)


def containers(records: Records) -> list[Container]:
    """Every organisation, folder and project: those that the sources describe, and those that others are said to lie in."""
    limits = _limits(records)
    found = {one.id: one for one in _described(records, limits)}
    for above in _lineages(records):
        for at, name in enumerate(above):
            if name not in found and name.partition("/")[0] in _WORDS:
                parent = above[at + 1] if at + 1 < len(above) else None
                found[name] = _named_only(records, name, parent, limits)
    return [found[name] for name in sorted(found)]


def _lineages(records: Records) -> Iterator[tuple[str, ...]]:
    seen = {ancestry(record) for kind in sorted(records.by_kind) for record in records.of(kind)}
    yield from sorted(seen)


def _described(records: Records, limits: Mapping[str, list[ScopedPolicy]]) -> Iterator[Container]:
    for record in records.of(*KINDS):
        above = ancestry(record)
        if not above:
            continue
        name = above[0]
        account = name.removeprefix("projects/") if record.kind == PROJECT else None
        yield Container(
            name, "gcp", KINDS[record.kind], _title(record) or name.partition("/")[2], above[1] if len(above) > 1 else None,
            account, scoped_policy(record, name), _limits_fact(records, record, name, limits),
            attributes={TOLD: read(record, TOLD, lambda _: True, absent=True)},
        )  # fmt: skip


def _limits_fact(
    records: Records, record: Record, name: str, limits: Mapping[str, list[ScopedPolicy]]
) -> Fact[tuple[ScopedPolicy, ...]]:
    """What forbids, of every kind that the sources hold: which kinds those are, the account's setting `contents` says."""
    found = (*_constraints(record, name), *limits.get(name, ()))
    return Known(found, listing_source(record))


def _named_only(
    records: Records, name: str, parent: str | None, limits: Mapping[str, list[ScopedPolicy]]
) -> Container:
    """A container that no source describes."""
    kind, _, own = name.partition("/")
    scope = own if kind == "projects" else name.replace("/", "-")
    unread = unasked(scope, "cloudresourcemanager", "GetIamPolicy")
    held = tuple(limits.get(name, ()))
    known: Fact[tuple[ScopedPolicy, ...]] = Known(held, unread.source) if held else unread
    account = own if kind == "projects" else None
    return Container(name, "gcp", _WORDS[kind], own, parent, account, unread, known)


def _title(record: Record) -> str | None:
    return text_or_none(told(record, "displayName")) or text_or_none(told(record, "projectId"))


# What forbids


def _constraints(record: Record, name: str) -> Iterator[ScopedPolicy]:
    """Organisation policies that lie on a container, in either version's form."""
    for policy in documents(record, "ListOrgPolicies"):
        constraint = text_or_none(policy.get("constraint"))
        if constraint is not None:
            yield _limit(
                f"{name}#{constraint}", constraint.removeprefix("constraints/"), policy, PolicyForm.CONSTRAINT
            )


def _limits(records: Records) -> dict[str, list[ScopedPolicy]]:
    """Container -> the deny policies, boundaries and newer organisation policies that lie on it."""
    found: dict[str, list[ScopedPolicy]] = {}
    for on, policy in (*_denials(records), *_boundaries(records), *_newer_constraints(records)):
        found.setdefault(records.named(on), []).append(policy)
    return found


def _denials(records: Records) -> Iterator[tuple[str, ScopedPolicy]]:
    for record in records.of(DENY):
        attached = unquote(unquote(record.id.removeprefix("policies/").partition("/denypolicies/")[0]))
        on = attached.removeprefix("//").removeprefix("cloudresourcemanager.googleapis.com/")
        title = text_or_none(told(record, "displayName")) or record.id.rpartition("/")[2]
        yield on, _limit(record.id, title, data_of(record), PolicyForm.DENY)


def _boundaries(records: Records) -> Iterator[tuple[str, ScopedPolicy]]:
    """A boundary counts once for each set of principals that it is bound to; one that is bound to nobody limits nobody."""
    policies = {record.id: data_of(record) for record in records.of(BOUNDARY)}
    for record in records.of(BINDING):
        binding = data_of(record)
        policy = text_or_none(binding.get("policy"))
        target = binding.get("target")
        principals = text_or_none(target.get("principalSet")) if isinstance(target, Mapping) else None
        if policy is None or principals is None:
            continue
        document = {"policy": policies.get(policy), "binding": binding}
        on = "/".join(record.id.split("/")[:2])
        yield (
            on,
            ScopedPolicy(
                record.id,
                policy,
                document,
                "customer",
                form=PolicyForm.BOUNDARY,
                binds=records.named(principals),
            ),
        )


def _newer_constraints(records: Records) -> Iterator[tuple[str, ScopedPolicy]]:
    for record in records.of("orgpolicy.policy"):
        name = text_or_none(told(record, "name")) or relative(record.id)
        on, _, constraint = name.partition("/policies/")
        if constraint:
            yield on, _limit(record.id, constraint, data_of(record), PolicyForm.CONSTRAINT)


def _limit(id: str, name: str, document: Mapping[str, Any], form: PolicyForm) -> ScopedPolicy:
    return ScopedPolicy(id, name, document, "inline", form=form)


# Accounts and organisations


def organisations(records: Records) -> list[Organisation]:
    """The organisations that some source describes."""
    return [
        Organisation(name, "gcp", "", parents=_parents(records, name), listed=False)
        for record in records.of(ORGANISATION)
        for name in ancestry(record)[:1]
    ]


def _parents(records: Records, organisation: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for above in _lineages(records):
        if above and above[-1] == organisation:
            found.update(pairwise(above))
    return found


def accounts(records: Records, constraints: Constraints) -> list[Account]:
    """The projects that some source describes, as the accounts that things lie in."""
    return [
        Account(
            id=above[0].removeprefix("projects/"), provider="gcp", name=_title(record) or above[0].removeprefix("projects/"),
            organisation=next((one for one in above if one.startswith("organizations/")), None), is_management=False,
            collected=record.data is not None, guardrails=Known(None, listing_source(record)),
            resource_guardrails=Known(None, listing_source(record)),
            public_access=public_access(constraints, above[0]), public_access_block=NOT_HERE, root_mfa=NOT_HERE,
            root_access_keys=NOT_HERE, password_policy=NOT_HERE,
            settings={
                "number": fact(record, str(told(record, "projectNumber") or "") or None),
                "state": fact(record, told(record, "lifecycleState") or told(record, "state")),
                "contents": _contents(records, above),
            },
        )
        for record in records.of(PROJECT)
        if (above := ancestry(record))
    ]  # fmt: skip


def _contents(records: Records, above: tuple[str, ...]) -> Fact[tuple[str, ...]]:
    """Which kinds of content the sources hold of a project. What an organisation's perimeters are, the organisation's scope tells;
    policies that forbid count where they were told of every container that the project lies in.
    """
    scopes = [one for one in map(_scope, above) if one in records.told]
    if not scopes:
        return unasked("", "cloudasset", "ExportAssets")
    found = set(records.told[scopes[0]])
    found.update(records.told[scopes[-1]] & {"ACCESS_POLICY"})
    if not all(records.tells(scope, "POLICY") for scope in scopes):
        found.discard("POLICY")
    source = next(
        (listing_source(record) for record in records.of(*_SAYING) if record.scope == scopes[0]),
        unasked("", "cloudasset", "ExportAssets").source,
    )
    return Known(tuple(sorted(found)), source)


_SAYING: Final = (CONTENTS, "terraform.contents", "storage.contents", "iam.contents")


def _scope(container: str) -> str:
    kind, _, name = container.partition("/")
    return f"gcp/{name if kind == 'projects' else container.replace('/', '-')}"
