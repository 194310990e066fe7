"""Which key a name stands for: an ARN, an id, an alias, the ARN of an alias.

On Azure a key's address names it wherever it is used, in whichever version.

An alias is "unique in the AWS account and Region", and the id of a multi-Region key is the same in several Regions: a name without
account or region is one of the account and the region of what uses it.

Source: AWS KMS Developer Guide, "Key identifiers (KeyId)" and "Aliases in AWS KMS"; Amazon S3 API Reference,
"ServerSideEncryptionByDefault" (KMSMasterKeyID); Key Vault documentation, "Object identifiers and versioning".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from weightguard.estate.fact import Known, Reason, Source, Unknown
from weightguard.estate.model import Key
from weightguard.estate.providers import key_sources

_PARTS: Final = 6
_VERSION: Final = "/cryptoKeyVersions/"
"""Google Cloud: what follows the key's name in that of one of its versions, which is how an object names its key."""
_Place = tuple[str, str | None, str]


class KeyNames:
    """The keys of an estate by every name.

    Args:
        keys: all of them.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._by_arn: dict[str, Key] = {}
        self._by_address: dict[str, Key] = {}
        self._by_place: dict[_Place, Key] = {}
        self._anywhere: dict[tuple[str, str], set[str]] = {}
        for key in keys:
            self._by_arn[key.id] = key
            for name in _names(key):
                address = _address(name)
                if address is not None:
                    self._by_address[address] = key
                self._by_place[(key.account, key.region, name)] = key
                self._anywhere.setdefault((key.account, name), set()).add(key.id)

    def find(self, name: str, account: str, region: str | None) -> Key | None:
        """The key that a name stands for.

        Args:
            account: the account of what uses the key, for names that say none.
            region: its region; None where it is not known: then only what no other region has is found.
        """
        found = self._by_arn.get(name.partition(_VERSION)[0])
        if found is not None:
            return found
        address = _address(name)
        if address is not None:
            return self._by_address.get(address)
        parts = name.split(":", _PARTS - 1)
        if len(parts) == _PARTS:
            account, region, name = parts[4], parts[3] or None, parts[5]
        name = name.removeprefix("key/")
        if region is not None:
            return self._by_place.get((account, region, name))
        candidates = self._anywhere.get((account, name), set())
        return self._by_arn[next(iter(candidates))] if len(candidates) == 1 else None


def _address(name: str) -> str | None:
    """A key's address as it is compared: without its version, its port and case; None for what is none."""
    if not name.lower().startswith("https://"):
        return None
    try:
        parts = urlsplit(name)
        host = parts.hostname
    except ValueError:
        return None
    kind, _, rest = parts.path.strip("/").partition("/")
    own = rest.partition("/")[0]
    return f"{host}/{own}".lower() if host and kind.lower() == "keys" and own else None


def uncollected(name: str) -> Unknown:
    """What is missing of a key that no snapshot holds: known by a name alone, which tells whose it is and may tell the account."""
    sources = key_sources(name)
    return Unknown(Reason.NOT_COLLECTED, next(sources, Source.named("key", "description", name)))


def shown(key: Key) -> str:
    """What people know a key by: its first alias, else its own id."""
    *_, last = _names(key)
    return next(iter(key.aliases.value), last) if isinstance(key.aliases, Known) else last


def _names(key: Key) -> Iterable[str]:
    yield key.id.rpartition("key/")[2] or key.id
    if isinstance(key.aliases, Known):
        yield from key.aliases.value
