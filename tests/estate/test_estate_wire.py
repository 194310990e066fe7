"""The estate of a real collection: what boto3 brings home from the emulator is known, down to the last fact."""

from __future__ import annotations

from dataclasses import fields

import pytest

import emulators
from weightguard.estate.fact import Known, Reason, Unknown
from weightguard.estate.model import Estate
from weightguard.estate.read import read_estate

pytestmark = pytest.mark.wire


@pytest.fixture(scope="module")
def found(_moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[emulators.Lab, Estate]:
    emulators.reset(_moto_server)
    lab = emulators.lab(_moto_server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with emulators.collect_from(_moto_server, tmp_path_factory.mktemp("estate") / "snapshot") as snapshot:
            return lab, read_estate([snapshot])


def unknown(item: object) -> dict[str, str]:
    """Attribute -> why it is not known, of those that the provider has."""
    return {
        part.name: value.words()
        for part in fields(item)
        if isinstance(value := getattr(item, part.name), Unknown)
        and value.reason is not Reason.NOT_APPLICABLE_HERE
    }  # type: ignore[arg-type]


def test_no_answer_of_the_emulator_is_malformed_to_the_readers(found: tuple[emulators.Lab, Estate]) -> None:
    _, estate = found
    items = [
        *estate.stores,
        *estate.keys,
        *estate.trails,
        *estate.principals,
        *estate.accounts,
        *estate.endpoints,
    ]
    facts = [getattr(item, part.name) for item in items for part in fields(item)]
    assert [
        fact.words() for fact in facts if isinstance(fact, Unknown) and fact.reason is Reason.MALFORMED
    ] == []


def test_a_store_with_weights_is_known_in_every_fact(found: tuple[emulators.Lab, Estate]) -> None:
    _, estate = found
    store = next(item for item in estate.stores if item.name == emulators.WEIGHTS)
    assert unknown(store).keys() <= {"tags_decide"}, (
        "whether a bucket's tags decide is not asked; a limit says so"
    )
    assert isinstance(store.contents, Known)
    assert store.contents.value.objects == 2
    assert store.id in {item.store for item in estate.weight_sets}


def test_keys_principals_and_accounts_are_known(found: tuple[emulators.Lab, Estate]) -> None:
    lab, estate = found
    assert unknown(next(key for key in estate.keys if key.id.endswith(lab.key.rpartition("/")[2]))) == {}
    for principal in estate.principals:
        assert {"policies", "boundary", "trust", "tags"}.isdisjoint(unknown(principal))
    member = next(account for account in estate.accounts if account.id == lab.member)
    assert member.collected
    assert isinstance(member.guardrails, Known)
    assert estate.stores.complete
    assert estate.principals.complete
