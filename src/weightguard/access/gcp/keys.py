"""Customer-managed keys of buckets: the service agent of Cloud Storage uses them, whoever reads.

A key that is off, or closed to the agent, stops everybody; who has a right on the key matters only to whoever may mend that.

Source: Cloud Storage documentation, "Customer-managed encryption keys"; Cloud KMS documentation, "Key states", "Destroy and
restore key versions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from weightguard.access.gcp.context import Context
from weightguard.access.gcp.policies import value
from weightguard.estate.fact import Unknown
from weightguard.estate.model import Key, KeyState, Store
from weightguard.policy.gcp.names import lineage

_MENDING: Final = {
    KeyState.DISABLED: "cloudkms.cryptoKeyVersions.update",
    KeyState.PENDING_DELETION: "cloudkms.cryptoKeyVersions.restore",
    KeyState.DESTROYED: None,
    KeyState.UNAVAILABLE: None,
}
"""State in which a key decrypts nothing -> the permission to end it; None: nothing does."""
_DECRYPT: Final = "cloudkms.cryptoKeyVersions.useToDecrypt"
_OPENING: Final = "cloudkms.cryptoKeys.setIamPolicy"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A key that works for nobody.

    Attributes:
        permission: what whoever mends it has to be allowed on it; None: nobody can.
    """

    key: str
    permission: str | None


class Keys:
    """The keys of an estate.

    Args:
        context: the estate, prepared.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = {key.id: key for key in context.estate.keys if key.provider == "gcp"}
        self._unread = {
            one.id
            for one in context.estate.containers
            if one.provider == "gcp" and isinstance(one.policies, Unknown)
        }

    def stopping(self, store: Store | None, names: Iterable[str]) -> tuple[Stopped, ...]:
        """Those of some keys that keep everybody from reading a bucket, as far as the estate holds them."""
        named = (self._keys.get(self._context.source.named(one)) for one in names)
        return tuple(stopped for key in named if key is not None for stopped in self._stopped(key, store))

    def _stopped(self, key: Key, store: Store | None) -> Iterator[Stopped]:
        state = value(key.state)
        if state in _MENDING:
            yield Stopped(key.id, _MENDING[state])
        if not self._serves(key, store):
            yield Stopped(key.id, _OPENING)

    def _serves(self, key: Key, store: Store | None) -> bool:
        """Whether the agent of Cloud Storage in the bucket's project may decrypt, or may for all that is known."""
        source, who = self._context.source, self._context.who
        above = list(lineage(key.id, who.policies.parents))
        number = next(
            (n for n, one in source.numbers.items() if store is not None and one == store.account), None
        )
        partly = source.is_partial or isinstance(key.policy, Unknown) or bool(self._unread & set(above))
        if number is None or partly or f"projects/{key.account}" not in above:
            return True
        agent = f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com"
        return who.decisions.decide(agent, _DECRYPT, key.id, who.policies) is not None
