"""The named changes of the examples: each is meant by somebody, and every example of the catalogue can be made."""

from __future__ import annotations

import pytest
from test_examples import LABORATORIES

from reference_lab.azure import changes as azure
from reference_lab.changes import NAMED, expand
from reference_lab.google import changes as google
from weightguard.controls.catalogue import Catalogue
from weightguard.controls.schema import Control, Example


def examples(control: Control) -> list[Example]:
    return [*control.examples.passing, *control.examples.fail, *control.examples.unknown]


def test_every_named_change_is_used_and_every_example_can_be_made(catalogue: Catalogue) -> None:
    used: dict[str, set[str]] = {"aws": set(), "gcp": set(), "azure": set()}
    for control in catalogue.controls:
        for example in examples(control):
            named = {edit["named"] for edit in example.change if "named" in edit}
            used["aws" if example.provider == "anywhere" else example.provider] |= named
            LABORATORIES[example.provider]().change(example.change)
    assert used == {"aws": set(NAMED), "gcp": set(google.NAMED), "azure": set(azure.NAMED)}


def test_what_recurs_has_a_name(catalogue: Catalogue) -> None:
    """An edit that three examples write out is one of the vocabulary."""
    written: dict[str, set[str]] = {}
    for control in catalogue.controls:
        for number, example in enumerate(examples(control)):
            for edit in example.change:
                if "named" not in edit:
                    written.setdefault(repr(edit), set()).add(f"{control.id} {number}")
    assert {edit: places for edit, places in written.items() if len(places) > 2} == {}


def test_a_name_that_there_is_not_and_a_parameter_that_there_is_not_are_errors() -> None:
    with pytest.raises(ValueError, match=r"known: .*key_allows"):
        list(expand([{"named": "key_alows", "key": "serving"}]))
    with pytest.raises(TypeError):
        list(expand([{"named": "key_allows", "kee": "serving"}]))
    with pytest.raises(ValueError, match=r"known: .*bucket_set"):
        list(google.expand([{"named": "key_alows", "key": "release"}]))
    with pytest.raises(ValueError, match=r"known: .*account_set"):
        list(azure.expand([{"named": "acount_set", "account": "atlasazeval"}]))


def test_a_named_change_means_its_edits_and_the_others_mean_themselves() -> None:
    edits = [{"named": "bucket_unblocked", "bucket": "atlas-eval"}, {"empty": "atlas-eval"}]
    assert [*expand(edits)] == [
        {
            "record": "s3.bucket arn:aws:s3:::atlas-eval",
            "read": "GetPublicAccessBlock",
            "outcome": "absent",
            "code": "NoSuchPublicAccessBlockConfiguration",
        },
        {"empty": "atlas-eval"},
    ]
