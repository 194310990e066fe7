"""Every kind of code that AWS runs as a role, by the kind of its records."""

from __future__ import annotations

from typing import Final

from weightguard.estate.aws.workloads_compute import COMPUTE
from weightguard.estate.aws.workloads_delivery import DELIVERY
from weightguard.estate.aws.workloads_learning import LEARNING

KINDS: Final = {item.record: item for item in (*COMPUTE, *LEARNING, *DELIVERY)}
"""Record kind -> where to look."""
