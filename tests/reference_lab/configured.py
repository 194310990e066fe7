"""What laboratories of every provider have beside their records: a weightguard.yaml, and the documents that it names."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from weightguard.config import Config

DOCUMENTS = {
    "security.txt": "Contact: https://atlas.example/report\nExpires: 2027-06-01T00:00:00Z\nPolicy: https://atlas.example/policy\n",
    "policy.txt": "Report what you find; we answer within three days.\n",
    "legal.txt": "Research in good faith is authorized; we waive claims of circumvention and of our terms of service.\n",
    "technical.txt": "No account is suspended for research; we give the reason for a limit, and another team hears the appeal.\n",
}


class Configured:
    """A laboratory's configuration.

    Attributes:
        configuration: weightguard.yaml as a mapping.
        documents: file name -> text of the disclosure documents.
    """

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.configuration: dict[str, Any] = copy.deepcopy(dict(configuration))
        self.documents = dict(DOCUMENTS)

    def configure(self, given: Mapping[str, Any]) -> Self:
        """Lays keys of weightguard.yaml over the laboratory's own."""
        self.configuration.update(copy.deepcopy(dict(given)))
        return self

    def config(self, folder: Path) -> Config:
        """The configuration with its disclosure documents in `folder`."""
        from weightguard.config import resolve

        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.documents.items():
            (folder / name).write_text(text)
        return resolve(Config.model_validate(self.configuration), folder)
