"""Which module reads the ids of each provider. Adding one is a line in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from weightguard.report.naming import aws

Parts = tuple[str, str, str]
"""The account, the region and the short name."""

KINDS: Final[Mapping[str, Callable[[str], tuple[str, str] | None]]] = {aws.PROVIDER: aws.kind}
"""Provider -> the partition of the cloud and the service that an id names; None for an id that is none of the provider's."""
READERS: Final[Mapping[str, Callable[[str], Parts | None]]] = {aws.PROVIDER: aws.read}
"""Provider -> what an id tells; None for an id that is none of the provider's."""
