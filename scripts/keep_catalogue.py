"""Keep the current catalogue by its digest, so that what it judged can be judged again later. Run it for every release."""

from __future__ import annotations

from pathlib import Path

from weightguard.controls import load_catalogue
from weightguard.controls.kept import keep

if __name__ == "__main__":
    print(keep(load_catalogue(), Path(__file__).resolve().parent.parent / "catalogues"))  # noqa: T201
