"""moto's server, with the one thing that no call to it can set: whether the root users have a second factor."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

ROOT_FACTOR = "--root-factor"


def main(arguments: Sequence[str]) -> None:
    """Run moto's server; with ``--root-factor`` every account's root user has a second factor."""
    from moto import server
    from moto.iam import models

    if ROOT_FACTOR in arguments:
        summaries: Any = models.AccountSummary
        stated = summaries.summary_map.fget

        def with_root_factor(summary: Any) -> dict[str, Any]:
            return {**stated(summary), "AccountMFAEnabled": 1}

        summaries.summary_map = property(with_root_factor)
    server.main([argument for argument in arguments if argument != ROOT_FACTOR])


if __name__ == "__main__":
    main(sys.argv[1:])
