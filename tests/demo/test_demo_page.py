"""The pages in examples/ say what each lab plants."""

import sys
from pathlib import Path

import pytest

from weightguard.demo.providers import CLOUDS

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_is_the_one_that_the_script_writes(cloud: str) -> None:
    from generate_demo_page import page, path

    assert path(cloud).read_text(encoding="utf-8") == page(cloud), "run `make docs`"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_weakness_has_a_name_of_its_own_and_a_control_that_there_is(cloud: str) -> None:
    from weightguard.controls import load_catalogue
    from weightguard.demo.providers import demonstration

    planted = demonstration(cloud).weaknesses
    assert len({one.name for one in planted}) == len(planted)
    assert {one.control for one in planted} <= {one.id for one in load_catalogue().controls}
