"""The examples of a control: the file of the same name in the folder ``examples`` beside it, or a part of the control itself.

The shipped controls keep theirs apart, so that a control reads on one screen; ``controls/examples/WG-STO-01.yaml`` holds those of
``controls/WG-STO-01.yaml``. A laboratory's own control may do either, and not both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from weightguard import yaml_file
from weightguard.controls.schema import Control, Examples
from weightguard.errors import CatalogueError
from weightguard.yaml_file import Document

FOLDER = "examples"


def beside(control_file: Path) -> Path:
    """Where the examples of the control in `control_file` lie, if they have a file of their own."""
    return control_file.parent / FOLDER / control_file.name


def with_examples(control: Control, document: Document, control_file: Path) -> tuple[Control, Document]:
    """The control with its examples, and the document that holds these, as its root.

    Raises:
        CatalogueError: the file of examples cannot be read or breaks the schema, or the control holds examples as well; with file
        and line.
    """
    apart = beside(control_file)
    if not apart.is_file():
        inside = document.at(FOLDER) if "examples" in control.model_fields_set else document
        return control, inside
    if "examples" in control.model_fields_set:
        raise CatalogueError(
            f"the examples of {control.id} are given twice",
            where=document.where("examples"),
            fix=f"keep those in {apart}",
        )
    held = yaml_file.read(apart, error=CatalogueError)
    examples = yaml_file.validate(Examples, held, error=CatalogueError)
    return control.model_copy(update={"examples": examples}), held


def astray(control_files: Iterable[Path]) -> Iterator[Path]:
    """The files of examples beside these control files that belong to none of them."""
    files = {*control_files}
    for folder in sorted({path.parent for path in files}):
        for path in sorted((folder / FOLDER).glob("*.yaml")):
            if not (folder / path.name).is_file():
                yield path
