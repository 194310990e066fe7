"""One family of errors. Each says what happened, where, and what to do about it.

Code raises the narrowest class that fits; only the command line turns one into a line on stderr and an exit status
(`exit_status`, as in the README's table). Nothing else in the package catches `WeightguardError` to hide it.
"""

from __future__ import annotations


class WeightguardError(Exception):
    """weightguard could not do what it was asked.

    Args:
        what: what happened, one sentence without a full stop.
        where: the file and line, the call, the key: whatever lets a reader find it.
        fix: what the reader can do about it.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(self.one_line())

    def one_line(self) -> str:
        """The error as the one line that a terminal shows: ``what (where): fix``."""
        line = self.what
        if self.where:
            line += f" ({self.where})"
        if self.fix:
            line += f": {self.fix}"
        return line


class InputError(WeightguardError):
    """What the user handed over is not what it should be."""

    exit_status = 2


class ConfigError(InputError):
    """A configuration file with an unknown key, a wrong type or a value out of range."""


class CatalogueError(InputError):
    """A control, technique or table of the catalogue that breaks its own schema."""


class SnapshotError(InputError):
    """A snapshot that is damaged, hostile, incomplete or from a newer version."""


class CredentialsError(InputError):
    """No usable credentials, or an endpoint that does not answer."""


class Interrupted(WeightguardError):
    """The user stopped a collection; the snapshot is resumable."""

    exit_status = 130
