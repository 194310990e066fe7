"""The last line of a run says its status and why."""

from __future__ import annotations

import pytest

from weightguard.assess.status import Deciding, Ending, Lack, Missing
from weightguard.report.ending import why

ONE = Deciding("WG-CON-01", "critical", 4, None)
OUTSIDER = Deciding("WG-IAM-05", "critical", 1, "outsider")


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending(3, (ONE,)), "status 3: WG-CON-01 fails in 4 places"),
        (
            Ending(3, (OUTSIDER, ONE)),
            "status 3: WG-IAM-05 fails in 1 place (outsiders can reach weights); WG-CON-01 fails in 4 places",
        ),
        (Ending(3, short=("SL1", "SL3")), "status 3: SL3 was asked for and SL1 is reached"),
        (
            Ending(4, missing=(Missing(Lack.NOTHING_EVALUATED, ()),)),
            "status 4: nothing that bears on weights was evaluated",
        ),
        (
            Ending(4, missing=(Missing(Lack.ACCOUNTS, ("1", "2")), Missing(Lack.CONTROLS, ("WG-A-1",)))),
            "status 4: 2 accounts were not read (1, 2); 1 control could not be decided (WG-A-1)",
        ),
        (
            Ending(4, missing=(Missing(Lack.READS, ("s3:A", "s3:B", "s3:C", "s3:D")),)),
            "status 4: 4 kinds of read did not answer (s3:A, s3:B, s3:C and 1 more)",
        ),
        (
            Ending(4, missing=(Missing(Lack.LIMITS, ("object-acls",)),)),
            "status 4: 1 limit of weightguard's own is in play (object-acls)",
        ),
        (
            Ending(0),
            "status 0: no high or higher failure up to the target, no evidence missing",
        ),
    ],
)
def test_the_reason_is_said(ending: Ending, said: str) -> None:
    assert said in why(ending, "high")


def test_a_run_without_a_threshold_says_so() -> None:
    assert why(Ending(0), "none") == "status 0: no threshold was set (--fail-on none)"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending(3, (ONE,)), "status 3: WG-CON-01 fails in 4 places"),
        (Ending(3, (OUTSIDER, ONE)), "status 3: WG-IAM-05 fails in 1 place; WG-CON-01 fails in 4 places"),
        (
            Ending(3, (OUTSIDER, *(ONE,) * 38)),
            "status 3: WG-IAM-05 fails in 1 place; WG-CON-01 fails in 4 places; and 37 more",
        ),
        (
            Ending(4, missing=(Missing(Lack.CONTROLS, tuple(f"WG-IAM-{n:02}" for n in range(20))),)),
            "status 4: 20 controls could not be decided (WG-IAM-00, WG-IAM-01 and 18 more)",
        ),
        (
            Ending(4, missing=tuple(Missing(lack, ("a" * 30, "b" * 30)) for lack in Lack)),
            "status 4: nothing that bears on weights was evaluated; and 4 more",
        ),
        (Ending(0), "status 0: no high or higher failure up to the target, no evidence missing"),
    ],
)
def test_on_a_terminal_it_is_one_line(ending: Ending, said: str) -> None:
    line = why(ending, "high", 80)
    assert line == said
    assert len(line) <= 80
