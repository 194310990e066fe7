"""Whom the starting points of a protocol stand for: a provider of which nothing tells leaves nobody sure of having found all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from laboratory import account, estate, known, user
from weightguard.assess import providers
from weightguard.assess.cast import Who, casts
from weightguard.config import Config
from weightguard.estate.model import Estate

ASKING = frozenset(get_args(Who)) - {"anonymous", "build_jobs", "people_with_read"}
"""Starting points that ask a provider whom they stand for."""


def lab(provider: Any) -> Estate:
    person = replace(user("ada"), provider=provider, groups=known(()))
    closed = replace(account(), provider=provider, root_access_keys=known(0))
    return estate(accounts=[closed], principals=[person])


@pytest.fixture(autouse=True)
def aws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "_CASTINGS", {"aws": providers._aws_casting})


@pytest.mark.parametrize("who", sorted(ASKING))
def test_a_cast_is_whole_only_where_every_provider_tells_whom_it_has(who: Any) -> None:
    assert all(cast.complete for cast in casts(who, lab("aws"), Config()))
    assert not any(cast.complete for cast in casts(who, lab("gcp"), Config()))


@pytest.mark.parametrize("who", sorted(frozenset(get_args(Who)) - ASKING))
def test_who_is_there_on_every_provider_needs_no_table(who: Any) -> None:
    assert all(cast.complete for cast in casts(who, lab("gcp"), Config()))
