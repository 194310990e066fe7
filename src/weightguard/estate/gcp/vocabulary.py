"""What Google Cloud calls what rules for every provider have to name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.estate.vocabulary import Vocabulary

_KEYS: Final = "//cloudkms.googleapis.com/"
_WHOLE: Final = "principalSet://cloudresourcemanager.googleapis.com/projects/"


def _whole_account(name: str) -> str | None:
    """The project of a set of principals that holds everybody who was made in it."""
    return name.removeprefix(_WHOLE) if name.startswith(_WHOLE) else None


def _acted_for(key: str, values: Iterable[str]) -> Iterator[str]:
    """No condition of Google Cloud's tells on whose behalf a service acts."""
    yield from ()


def _key_in(name: str) -> str | None:
    """The project of a key's name, ``projects/lab/locations/eu/keyRings/r/cryptoKeys/k``, with or without its service in front."""
    parts = name.removeprefix(_KEYS).split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "projects" else None


VOCABULARY: Final = Vocabulary(
    accounts=("cloudresourcemanager", "SearchProjects"),
    principals=("iam", "ListServiceAccounts"),
    objects=("storage", "ListObjects"),
    keys=("cloudkms", "GetCryptoKey"),
    membership=frozenset({"cloudresourcemanager"}),
    assumed=("iam.serviceAccounts.getAccessToken",),
    whole_account=_whole_account,
    key_in=_key_in,
    acted_for=_acted_for,
)
