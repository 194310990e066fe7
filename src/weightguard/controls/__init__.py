"""The catalogue of controls and the engine that judges an estate by it.

`load_catalogue` gives the controls, `lint` says what is wrong with them, `weightguard.controls.engine.judge`
decides every one for every subject. `weightguard.controls.judge` holds what a check is handed (`Context`) and
what it answers (`Verdict`).
"""

from __future__ import annotations

from weightguard.controls.catalogue import Catalogue, catalogue_directory, load_catalogue
from weightguard.controls.judge import Context, UnknownFact, Verdict
from weightguard.controls.schema import Control, Status

__all__ = [
    "Catalogue",
    "Context",
    "Control",
    "Status",
    "UnknownFact",
    "Verdict",
    "catalogue_directory",
    "load_catalogue",
]
