"""Write the JSON schemas that the package ships from the models that they describe. A test says when this has to be run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from weightguard.assess.attestations import AttestationFile
from weightguard.assess.protocol import Protocol
from weightguard.assess.serialise import report_schema
from weightguard.assess.waivers import WaiverFile
from weightguard.config import Config
from weightguard.controls.schema import Control
from weightguard.evidence.declared import Declared
from weightguard.evidence.predicate import TYPE, Audit
from weightguard.evidence.trust import TrustFile

FOLDER = Path(__file__).resolve().parent.parent / "src" / "weightguard" / "schemas"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by the name that ``weightguard schema`` knows them under."""
    return {
        "report": report_schema(),
        "control": {"$schema": _DRAFT, **Control.model_json_schema(by_alias=True)},
        "config": {"$schema": _DRAFT, **Config.model_json_schema()},
        "attestations": {"$schema": _DRAFT, **AttestationFile.model_json_schema()},
        "waivers": {"$schema": _DRAFT, **WaiverFile.model_json_schema()},
        "protocol": {"$schema": _DRAFT, **Protocol.model_json_schema()},
        "declared": {"$schema": _DRAFT, **Declared.model_json_schema()},
        "audit": {"$schema": _DRAFT, "$id": TYPE, **Audit.model_json_schema()},
        "trust": {"$schema": _DRAFT, **TrustFile.model_json_schema()},
    }


def rendered() -> dict[str, str]:
    """The files' text by name."""
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas().items()}


if __name__ == "__main__":
    for name, text in rendered().items():
        (FOLDER / f"{name}.json").write_text(text)
