"""What the commands of a remediation do to what was there before, as far as their names say it.

A table of commands, so that lint can refuse one that takes something away and does not say so. It knows the ones that the catalogue
uses or may well use; what it does not know counts as adding.

Sources: AWS CLI command reference, "put-bucket-policy", "put-bucket-tagging", "put-bucket-lifecycle-configuration",
"put-event-selectors", "put-key-policy", "update-account-password-policy" (each replaces what was set before),
"schedule-key-deletion", "delete-imported-key-material"; Amazon S3 user guide, "Locking objects with Object Lock" (a lock in
compliance mode cannot be shortened by anybody); gcloud CLI reference, "buckets update --lock-retention-period"; Azure CLI
reference, "storage container immutability-policy lock", "backup vault update".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from weightguard.controls.schema import EFFECTS, Effect

_COMMAND = re.compile(r"(?:^|&&|\|\||;|\|)\s*(?=(?:aws|gcloud|az)\s)", re.MULTILINE)

_REPLACING = frozenset({
    "put-key-policy", "put-bucket-policy", "put-bucket-tagging", "put-bucket-lifecycle-configuration", "put-bucket-replication",
    "put-event-selectors", "put-file-system-policy", "put-resource-policy", "put-role-policy", "put-user-policy",
    "put-access-point-policy", "update-assume-role-policy", "update-account-password-policy", "set-repository-policy",
    "modify-vpc-endpoint", "set-iam-policy", "set-policy", "import",
})  # fmt: skip
_DELETING = frozenset({"rm", "remove-iam-policy-binding", "delete-batch", "remove", "destroy", "purge"})
_DELETING_STARTS = ("delete-", "detach-", "revoke-", "deregister-", "terminate-")
_IRREVERSIBLE = frozenset({"schedule-key-deletion", "delete-imported-key-material", "lock"})
_IRREVERSIBLE_OPTIONS = (
    "--lock-retention-period",
    "--locked",
    "--changeable-for-days",
    "--immutable ",
    "--all-versions",
)
_IRREVERSIBLE_VALUES = ('"COMPLIANCE"', "--immutability-state Locked", "Mode=COMPLIANCE")
_REPLACING_OPTIONS = ("--lifecycle-file", "management-policy create")


WORDS: Mapping[Effect, str] = {
    "reads": "reads only",
    "adds": "adds to what is there",
    "replaces": "replaces the whole of what is there",
    "deletes": "deletes",
    "irreversible": "cannot be taken back",
}
HARMFUL: frozenset[Effect] = frozenset({"replaces", "deletes", "irreversible"})
"""What takes something away: said before the command."""


def caution(effect: Effect | None, warning: str | None) -> str:
    """What is said before a command: what it does to what is there, and what to look at before; empty where it merely adds."""
    harm = f"This {WORDS[effect]}." if effect in HARMFUL and effect else ""
    return " ".join(one for one in (harm, warning) if one)


def of(text: str) -> tuple[Effect, str]:
    """The strongest effect of the commands in a text, and the command that has it; ``adds`` where none takes anything away."""
    found = [(effect, command) for command in commands(text) for effect in _effects(command)]
    strongest = max((EFFECTS.index(effect) for effect, _ in found), default=EFFECTS.index("adds"))
    return next(
        ((effect, command) for effect, command in found if EFFECTS.index(effect) == strongest), ("adds", "")
    )


def commands(text: str) -> Iterator[str]:
    """The commands of the three clouds' tools in a text, each from the tool's name on."""
    starts = [found.end() for found in _COMMAND.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        yield text[start:end].strip()


def _effects(command: str) -> Iterator[Effect]:
    words = [word for word in command.split()[1:6] if not word.startswith("-")]
    if any(word in _IRREVERSIBLE for word in words) or any(
        one in command for one in (*_IRREVERSIBLE_OPTIONS, *_IRREVERSIBLE_VALUES)
    ):
        yield "irreversible"
    if any(word in _DELETING or word == "delete" or word.startswith(_DELETING_STARTS) for word in words):
        yield "deletes"
    if any(word in _REPLACING for word in words) or any(one in command for one in _REPLACING_OPTIONS):
        yield "replaces"
