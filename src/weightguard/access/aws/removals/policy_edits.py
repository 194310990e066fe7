"""Policy documents with statements, or single values of their lists, taken out.

Only what allows is taken out, and only values of ``Principal``, ``Action`` and ``Resource``: none of the elements that say the
opposite (``NotAction``) ever gets shorter, which would allow more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from weightguard.access.aws.identities.compiled import parsed
from weightguard.estate.model import NamedPolicy
from weightguard.policy.aws import statement_labels
from weightguard.policy.pattern import glob

EDITABLE: Final = (
    "Principal.AWS",
    "Principal.Service",
    "Principal.Federated",
    "Principal.CanonicalUser",
    "Action",
    "Resource",
)
"""The lists that values may be taken out of."""
Taken = Mapping[str, frozenset[tuple[str, str]]]
"""What is taken out of a document, by a statement's label: (element, value) pairs; none of them: the whole statement."""
_NOBODY: Final = "NobodyAssumesThisRole"
_OWN_ACCOUNT: Final = "OwnAccountOnly"
_NOTHING: Final = "NothingIsLeft"
_DELEGATION: Final = "Enable IAM User Permissions"
"""As the default key policy calls it."""
_OURS: Final = (_NOBODY, _OWN_ACCOUNT, _NOTHING, _DELEGATION)


class Hung(StrEnum):
    """What a policy hangs on, which decides what may be left of it."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    KEY = "key"
    POINT = "access point"
    MANAGED = "managed policy"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: its position from 0, among how many, and whether its label is its Sid."""

    position: int
    of: int
    named: bool


def statements_of(document: Mapping[str, Any] | str | None) -> list[object]:
    """The statements of a document; none where it cannot be read."""
    found = parsed(document)
    rows = found.get("Statement") if isinstance(found, Mapping) else None
    if rows is None:
        return []
    return rows if isinstance(rows, list) else [rows]


def place_of(document: Mapping[str, Any] | str | None, label: str) -> Place | None:
    """Where the statement of a label stands."""
    rows = statements_of(document)
    for position, (row, name) in enumerate(zip(rows, statement_labels(rows), strict=True)):
        if name == label:
            return Place(position, len(rows), isinstance(row, Mapping) and row.get("Sid") == label)
    return None


def row_of(document: Mapping[str, Any] | str | None, label: str) -> Mapping[str, Any] | None:
    """The statement of a label."""
    place = place_of(document, label)
    row = None if place is None else statements_of(document)[place.position]
    return row if isinstance(row, Mapping) else None


def values_of(row: Mapping[str, Any], element: str) -> list[str]:
    """The values of one of the lists of a statement; of a Principal those of one sort."""
    name, _, sort = element.partition(".")
    found = row.get(name)
    if sort and isinstance(found, Mapping):
        found = found.get(sort)
    elif sort and sort != "AWS":
        return []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]


def without(
    document: Mapping[str, Any] | str | None,
    taken: Taken,
    hung: Hung,
    account: str,
    *,
    labelled: bool = False,
) -> Mapping[str, Any] | None:
    """A document as it stands after a change; None where nothing is left that could stand.

    A trust policy has to have a statement (the policy grammar asks for one, and IAM refuses the document as malformed): where
    none is left, it denies everybody. A key's policy has to let somebody change it ("Default key policy", AWS KMS Developer
    Guide): where nothing is left that does, it leaves the key to the policies of its own account. An access point keeps a policy,
    so that nobody takes the point away for it: where nothing is left, it denies whoever is of another account. A managed policy
    cannot be deleted while somebody carries it: where nothing is left, it allows what nobody needs a permission for ("No
    permissions are required to perform this operation", AWS STS API, GetCallerIdentity).

    Args:
        account: the account that owns what the policy hangs on.
        labelled: whether the statements left carry their labels as Sids, so that they are called what they were called before.
    """
    whole = parsed(document)
    rows = statements_of(document)
    if not isinstance(whole, Mapping):
        return None
    left: list[object] = []
    for row, label in zip(rows, statement_labels(rows), strict=True):
        if label in taken and not taken[label]:
            continue
        edited = _edited(row, taken.get(label, ())) if isinstance(row, Mapping) else row
        left.append({**edited, "Sid": label} if labelled and isinstance(edited, Mapping) else edited)
    left += _made_up(left, hung, whole, account)
    return {**whole, "Statement": left} if left else None


def hung_on(policy: NamedPolicy) -> Hung:
    """What an identity's policy is: one of its own, or one that others may carry too."""
    return Hung.MANAGED if policy.origin == "customer" else Hung.IDENTITY


def made_up(document: Mapping[str, Any] | None, before: Mapping[str, Any] | str | None) -> bool:
    """Whether a changed document has got a statement so that it can stand."""
    old = statements_of(before)
    return any(
        isinstance(row, Mapping) and row.get("Sid") in _OURS and row not in old
        for row in statements_of(document)
    )


def _made_up(
    left: list[object], hung: Hung, whole: Mapping[str, Any], account: str
) -> Iterator[Mapping[str, Any]]:
    if hung is Hung.TRUST and not left:
        yield {"Sid": _NOBODY, "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    elif hung is Hung.POINT and not left:
        rows = [row for row in statements_of(whole) if isinstance(row, Mapping)]
        yield {
            "Sid": _OWN_ACCOUNT,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": sorted({one for row in rows for one in values_of(row, "Resource")}) or "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": account}},
        }
    elif hung is Hung.MANAGED and not left:
        yield {"Sid": _NOTHING, "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    elif hung is Hung.KEY and _is_orphaned(left, whole):
        yield {
            "Sid": _DELEGATION,
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "kms:*",
            "Resource": "*",
        }


def _is_orphaned(left: list[object], whole: Mapping[str, Any]) -> bool:
    """Whether nobody may change a key's policy any more, or nothing is left of it."""
    if any(map(_lets_change, left)):
        return False
    return not left or any(map(_lets_change, statements_of(whole)))


def _lets_change(row: object) -> bool:
    """Whether a statement of a key's policy lets somebody change it."""
    return (
        isinstance(row, Mapping)
        and row.get("Effect") == "Allow"
        and any(glob(one.lower()).matches("kms:putkeypolicy") for one in values_of(row, "Action"))
    )


def _edited(row: Mapping[str, Any], taken: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    found = dict(row)
    for element in dict.fromkeys(element for element, _ in taken):
        gone = {value for one, value in taken if one == element}
        kept = [one for one in values_of(found, element) if one not in gone]
        name, _, sort = element.partition(".")
        if not sort:
            found[name] = kept
            continue
        others = {key: value for key, value in found[name].items() if key != sort}
        found[name] = {**others, sort: kept} if kept else others
    return found
