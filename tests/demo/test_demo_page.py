"""examples/demo-lab.md says what the lab plants."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


def test_the_page_is_the_one_that_the_script_writes() -> None:
    from generate_demo_page import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
