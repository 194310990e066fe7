"""One comment on the pull request that a job runs for: made the first time, rewritten ever after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from weightguard.errors import InputError, WeightguardError
from weightguard.json_text import OddJson, whole
from weightguard.notify.platforms import Comment, Place, place
from weightguard.notify.post import Refused, call, check_address
from weightguard.notify.secret import without
from weightguard.report.text import visible

_Read = TypeVar("_Read")
_MOST_PAGES: Final = 100
_REFUSED: Final = (403, 404)
"""What platforms answer to whoever may not change a comment: it is somebody else's, or gone since it was listed."""
_CUT: Final = "\n\n**Cut off here:** the whole text is among the files of the job.\n"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a comment."""

    place: str
    did: Literal["made", "changed"]


def comment(
    text: str,
    environment: Mapping[str, str],
    *,
    name: str = "weightguard",
    pause: Callable[[float], None] | None = None,
) -> Told | None:
    """Says `text` on the pull request of this job, in place of what was said there before; None: the job has none.

    Args:
        text: Markdown.
        environment: the environment variables of the job.
        name: tells several comments on one pull request apart; letters, digits, dots, dashes and underscores.
        pause: waits so many seconds between attempts; None: `time.sleep`.

    Raises:
        ConfigError: no known platform, no token, or an address in the clear.
        WeightguardError: the platform did not take it.
    """
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not name.isascii():
        raise InputError(
            "the name of the comment is none", where=name, fix="letters, digits, '.', '-' and '_'"
        )
    where = place(environment)
    if where is None:
        return None
    for address in (where.address, where.asking_who[1]):
        check_address(address, "platform", "the variables of the job")
    sender = _Sender(where, pause)
    mark = f"<!-- weightguard: {name} -->"
    said = fitting(f"{mark}\n{text}", where.longest)
    for old in sender.ours(mark):
        if sender.change(old, said):
            return Told(where.name, "changed")
    sender.make(said)
    return Told(where.name, "made")


@dataclass(frozen=True, slots=True)
class _Sender:
    place: Place
    pause: Callable[[float], None] | None

    def ours(self, mark: str) -> Iterator[Comment]:
        """The comments of this token's own that begin with the mark, newest first.

        Whoever opens a pull request can write the mark as well: a comment of theirs that we rewrote would be theirs to edit.
        """
        found: list[Comment] = []
        me = self._me()
        for number in range(1, _MOST_PAGES + 1):
            address = self.place.page(number)
            page = self._read(address) if address else ()
            if not page:
                break
            found += [one for one in page if one.author == me and one.text.startswith(mark)]
        yield from reversed(found)

    def change(self, old: Comment, text: str) -> bool:
        """Rewrites a comment; False: whoever this is may not."""
        try:
            self._call(self.place.changing, old.address, self.place.changed(text))
        except Refused as refused:
            if refused.status in _REFUSED:
                return False
            raise self._not_taken(refused) from None
        return True

    def make(self, text: str) -> None:
        """Adds a comment."""
        try:
            self._call("POST", self.place.address, self.place.new(text))
        except Refused as refused:
            raise self._not_taken(refused) from None

    def _me(self) -> str:
        method, address, body = self.place.asking_who
        return self._told(method, address, body, self.place.who)

    def _read(self, address: str) -> tuple[Comment, ...]:
        return self._told("GET", address, None, lambda answer: tuple(self.place.read(answer)))

    def _told(self, method: str, address: str, body: Any, read: Callable[[Any], _Read]) -> _Read:
        try:
            return read(whole(self._call(method, address, body)))
        except Refused as refused:
            raise self._not_taken(refused) from None
        except (OddJson, KeyError, TypeError, ValueError, AttributeError):
            raise WeightguardError(
                f"what the platform of {visible(self.place.name, 100)} answered is not what it documents",
                where=visible(address, 200),
                fix="see that the variables of the job name the platform's own interface",
            ) from None

    def _call(self, method: str, address: str, body: Any) -> bytes:
        content = None if body is None else json.dumps(body).encode("ascii")
        return call(method, address, content, self.place.headers, pause=self.pause)

    def _not_taken(self, refused: Refused) -> WeightguardError:
        tokens = [value.split()[-1] for value in self.place.headers.values()]
        return WeightguardError(
            f"the comment on {visible(self.place.name, 100)} was not taken",
            where=visible(without(refused.problem, (*self.place.headers.values(), *tokens)), 300),
            fix="see that the job's token may write comments on pull requests",
        )


def fitting(text: str, longest: int) -> str:
    """The text, cut after a line where it is too long, with what stands open there closed."""
    if len(text) <= longest:
        return text
    room = longest - len(_CUT) - 200  # for what has to be closed
    kept = text[:room].rpartition("\n")[0]
    fence = "\n```" if kept.count("\n```") % 2 else ""
    folds = "\n\n</details>" * (kept.count("<details") - kept.count("</details>"))
    return kept + fence + folds + _CUT
