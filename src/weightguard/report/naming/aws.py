"""Amazon Resource Names, taken apart.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PROVIDER: Final = "aws"
_PARTS = 6
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; parts that are not written are empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def name(self) -> str:
        """What people know it by: ``account 111111111111`` of an account's root, else the resource, its end where it is long."""
        if self.resource == "root":
            return f"account {self.account}"
        return self.resource if len(self.resource) <= _LONGEST else "..." + self.resource[3 - _LONGEST :]


def arn(identifier: str) -> Arn | None:
    """The parts of an id that is an ARN, or begins like one; None for others."""
    if not identifier.startswith("arn:"):
        return None
    parts = identifier.split(":", _PARTS - 1)
    whole = len(parts) == _PARTS
    parts += [""] * (_PARTS - len(parts))
    return Arn(parts[1], parts[2], parts[3], parts[4], parts[5] if whole else identifier)


def kind(identifier: str) -> tuple[str, str] | None:
    """The partition and the service that an id names; None for an id that is none of AWS."""
    found = arn(identifier)
    return (found.partition, found.service) if found is not None else None


def is_account(identifier: str) -> bool:
    """Whether an id is that of an account."""
    return _ACCOUNT.fullmatch(identifier) is not None


def read(identifier: str) -> tuple[str, str, str] | None:
    """The account, the region and the short name that an id tells; None for an id of another kind."""
    found = arn(identifier)
    if found is not None:
        return found.account, found.region, found.name
    return (identifier, "", identifier) if is_account(identifier) else None
