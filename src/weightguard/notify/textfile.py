"""A file for the node exporter's textfile collector: written whole or not at all, whether or not there is news.

Source: Prometheus node_exporter, README, "Textfile Collector".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from weightguard import files
from weightguard.errors import ConfigError, WeightguardError
from weightguard.notify.message import Notice
from weightguard.report.formats import prometheus

_MODE = 0o644  # the collector runs as another user


class Textfile:
    """The file and what it says."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            ConfigError: the collector would not read a file of this name.
        """
        if path.suffix != ".prom":
            raise ConfigError(
                "the collector reads only files that end in .prom", where=f"notify: prometheus: {path}"
            )
        self._path = path
        self.name = f"the metrics in {path}"

    def tell(self, notice: Notice, pause: Callable[[float], None] | None) -> bool:
        """Writes the metrics of the report.

        Raises:
            WeightguardError: the file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            files.write(self._path, prometheus.render(notice.report), mode=_MODE)
        except OSError as error:
            raise WeightguardError(f"{self.name} were not written", where=str(error.strerror)) from error
        return True
