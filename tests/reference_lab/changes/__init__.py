"""The vocabulary of the examples: changes to the laboratory that recur, by name, with parameters.

An example writes ``{named: key_allows, key: serving, who: role/Vendor}`` and means the edits that the function of that name gives;
`Laboratory.change` says what an edit is. Accounts go by the laboratory's names for them (``serving``) or by their numbers,
principals as ``*``, as an ARN, or below the account that the change speaks of: ``role/Vendor``. A new name is one function in one
of the modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import isfunction
from typing import Any

from reference_lab.changes import identities, keys, stores, watch
from reference_lab.changes.writing import Edit

NAMED: Mapping[str, Callable[..., list[Edit]]] = {
    name: change
    for module in (stores, keys, identities, watch)
    for name, change in vars(module).items()
    if isfunction(change) and change.__module__ == module.__name__ and not name.startswith("_")
}


def expand(edits: Iterable[Mapping[str, Any]]) -> Iterator[Edit]:
    """The edits that are meant, those that go by a name written out.

    Raises:
        ValueError: no change has the name. TypeError: it has no such parameter, or lacks one.
    """
    for edit in edits:
        if "named" not in edit:
            yield dict(edit)
            continue
        given = dict(edit)
        name = given.pop("named")
        if name not in NAMED:
            raise ValueError(
                f"no change of the laboratory is named {name}; known: {', '.join(sorted(NAMED))}"
            )
        yield from NAMED[name](**given)
