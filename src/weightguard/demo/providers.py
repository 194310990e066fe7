"""The one place that knows which cloud has a demonstration. Packages load on use.

Adding one is a package beside `aws/` with a `Demonstration` and a `weightguard.yaml`, and a line in the table here; `make docs`
then writes its page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from weightguard.demo.demonstration import Demonstration


def _aws() -> Demonstration:
    from weightguard.demo.aws.running import DEMONSTRATION

    return DEMONSTRATION


def _gcp() -> Demonstration:
    from weightguard.demo.gcp.running import DEMONSTRATION

    return DEMONSTRATION


def _azure() -> Demonstration:
    from weightguard.demo.azure.running import DEMONSTRATION

    return DEMONSTRATION


_DEMONSTRATIONS: Final[dict[str, Callable[[], Demonstration]]] = {"aws": _aws, "gcp": _gcp, "azure": _azure}
CLOUDS: Final = tuple(_DEMONSTRATIONS)
"""The clouds that have one; the first is the one that nobody has to name."""


def demonstration(cloud: str) -> Demonstration:
    """A cloud's demonstration, by one of `CLOUDS`."""
    return _DEMONSTRATIONS[cloud]()
