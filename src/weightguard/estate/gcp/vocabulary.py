"""What Google Cloud calls what rules for every provider have to name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from weightguard.estate.vocabulary import Vocabulary

_WHOLE: Final = "principalSet://cloudresourcemanager.googleapis.com/projects/"


def _whole_account(name: str) -> str | None:
    """The project of a set of principals that holds everybody who was made in it."""
    return name.removeprefix(_WHOLE) if name.startswith(_WHOLE) else None


def _acted_for(key: str, values: Iterable[str]) -> Iterator[str]:
    """No condition of Google Cloud's tells on whose behalf a service acts."""
    yield from ()


VOCABULARY: Final = Vocabulary(
    accounts=("cloudresourcemanager", "SearchProjects"),
    principals=("iam", "ListServiceAccounts"),
    objects=("storage", "ListObjects"),
    membership=frozenset({"cloudresourcemanager"}),
    assumed=("iam.serviceAccounts.getAccessToken",),
    whole_account=_whole_account,
    acted_for=_acted_for,
)
