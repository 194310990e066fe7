"""What Azure calls what rules for every provider have to name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.estate.vocabulary import Vocabulary


def _whole_account(name: str) -> str | None:
    """No name of a principal stands for a whole subscription: people are of the tenant."""
    return None


def _acted_for(key: str, values: Iterable[str]) -> Iterator[str]:
    """No condition of Azure's tells on whose behalf a service acts."""
    yield from ()


def _key_in(name: str) -> str | None:
    """A key is named by its vault's address, ``https://vault.example/keys/k``, which tells no subscription."""
    return "" if name.startswith("https://") and "/keys/" in name else None


VOCABULARY: Final = Vocabulary(
    accounts=("resources", "subscriptions"),
    principals=("graph", "users"),
    objects=("blob", "ListBlobs"),
    keys=("keyvault", "keys"),
    membership=frozenset({"management"}),
    assumed=("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",),
    whole_account=_whole_account,
    key_in=_key_in,
    acted_for=_acted_for,
)
