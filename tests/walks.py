"""What CONTRIBUTING writes out, block by block, so that tests do as it says."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"^ *```(?:yaml|python)\n *# ([\w./-]+)(?:, (?:in (\w+)|before (\w+)|(with the imports)))?\n(.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_IMPORTS = "from __future__ import annotations\n"


@dataclass(frozen=True)
class Block:
    """A file, or what is added to one.

    Attributes:
        place: the table that lines are added to; None: the text is a whole file, an import, or comes before one.
        before: the table that the text comes before.
        imports: whether the text goes with the imports.
    """

    path: str
    text: str
    place: str | None = None
    before: str | None = None
    imports: bool = False

    @property
    def is_a_file(self) -> bool:
        """Whether the text is a whole file."""
        return self.place is None and self.before is None and not self.imports


def walk(title: str) -> list[Block]:
    """The blocks under one heading of CONTRIBUTING, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return [
        Block(path, textwrap.dedent(written), place or None, before or None, bool(imports))
        for path, place, before, imports, written in _BLOCK.findall(section)
    ]


def follow(blocks: list[Block], tree: Path) -> None:
    """Does what the blocks say in a copy of the sources: writes files, and adds lines to tables and imports."""
    for block in blocks:
        path = tree / block.path
        if block.is_a_file:
            path.write_text(block.text)
            continue
        before, opening, after = _opened(path.read_text(), block)
        path.write_text(before + opening + block.text + after)


def _opened(text: str, block: Block) -> tuple[str, str, str]:
    """A file's text, cut where the block's lines come: under a line, or before a table."""
    if block.imports:
        return text.partition(_IMPORTS)
    table = block.place or block.before
    found = re.search(rf"^{table}\b.*[({{\[]\n", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"{block.path} has no table {table}")
    if block.before:
        return text[: found.start()], "", f"\n\n{text[found.start() :]}"
    return text[: found.start()], found[0], text[found.end() :]
