"""Keys by name: the alias of one account or region is not that of another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weightguard.estate.fact import Known, Source
from weightguard.estate.key_names import KeyNames, uncollected
from weightguard.estate.model import Key

SOURCE = Source.named("test", "Call", "test")
ONE, TWO = "111111111111", "222222222222"
OTHER_FACTS = (
    "customer_managed", "state", "material", "other_regions", "rotation", "policy", "grants", "tags",
    "deletion_date",
)  # fmt: skip
ID = "mrk-00000000000000000000000000000001"


def key(account: str, region: str, id: str = ID, partition: str = "aws") -> Key:
    def known(value: object) -> Known[object]:
        return Known(value, SOURCE)

    return Key(
        id=f"arn:{partition}:kms:{region}:{account}:key/{id}",
        provider="aws",
        account=account,
        region=region,
        aliases=Known(("alias/weights",), SOURCE),
        **dict.fromkeys(OTHER_FACTS, known(None)),
    )  # type: ignore[arg-type]


HERE, THERE, ABROAD = key(ONE, "eu-west-1"), key(ONE, "us-east-1"), key(TWO, "eu-west-1")
NAMES = KeyNames((HERE, THERE, ABROAD))


def test_an_alias_is_one_of_the_users_account_and_region() -> None:
    assert NAMES.find("alias/weights", ONE, "eu-west-1") is HERE
    assert NAMES.find("alias/weights", ONE, "us-east-1") is THERE
    assert NAMES.find("alias/weights", TWO, "eu-west-1") is ABROAD
    assert NAMES.find("alias/weights", TWO, "us-east-1") is None


def test_the_id_of_a_multi_region_key_is_that_of_the_users_region() -> None:
    assert NAMES.find(ID, ONE, "us-east-1") is THERE
    assert NAMES.find(f"key/{ID}", ONE, "eu-west-1") is HERE


def test_an_arn_says_account_and_region_itself() -> None:
    assert NAMES.find(ABROAD.id, ONE, "us-east-1") is ABROAD
    assert NAMES.find(f"arn:aws:kms:us-east-1:{ONE}:alias/weights", TWO, "eu-west-1") is THERE
    assert NAMES.find(f"arn:aws:kms:us-east-1:{TWO}:alias/weights", ONE, "us-east-1") is None


def test_without_a_region_only_what_is_unique_is_found() -> None:
    assert NAMES.find("alias/weights", ONE, None) is None
    assert NAMES.find("alias/weights", TWO, None) is ABROAD


def test_names_hold_in_every_partition() -> None:
    ours = key(ONE, "cn-north-1", partition="aws-cn")
    names = KeyNames((replace(ours, aliases=Known(("alias/a",), SOURCE)),))
    assert names.find("alias/a", ONE, "cn-north-1") is not None
    assert names.find(f"arn:aws-cn:kms:cn-north-1:{ONE}:alias/a", ONE, None) is not None


@pytest.mark.parametrize(
    ("name", "provider", "scope", "call"),
    [
        (f"arn:aws:kms:eu-west-1:{ONE}:key/{ID}", "aws", ONE, "kms:DescribeKey"),
        ("alias/weights", "aws", None, "kms:DescribeKey"),
        ("projects/lab/locations/eu/keyRings/r/cryptoKeys/k", "gcp", "lab", "cloudkms:GetCryptoKey"),
        (
            "//cloudkms.googleapis.com/projects/lab/locations/eu/keyRings/r/cryptoKeys/k",
            "gcp",
            "lab",
            "cloudkms:GetCryptoKey",
        ),
        ("https://lab.vault.azure.net/keys/weights", "azure", None, "keyvault:keys"),
        ("https://lab.example/odd", None, None, "key:description"),
    ],
)
def test_a_key_that_no_snapshot_holds_is_missing_where_its_name_says(
    name: str, provider: str | None, scope: str | None, call: str
) -> None:
    source = uncollected(name).source
    assert (source.provider, source.scope, source.call) == (provider, scope, call)


def test_an_address_names_a_key_wherever_it_is_used_and_in_whichever_version() -> None:
    address = "https://Weights.vault.azure.net:443/keys/Release/0a1b2c"
    held = replace(
        HERE,
        id="/subscriptions/s/vaults/weights/keys/release",
        aliases=Known(("https://weights.vault.azure.net/keys/release",), SOURCE),
    )
    names = KeyNames((HERE, held))
    assert names.find(address, TWO, "us-east-1") is held
    assert names.find(address.replace("Release", "other"), ONE, "eu-west-1") is None
    assert names.find("https://weights.vault.azure.net/secrets/release", ONE, "eu-west-1") is None
    assert names.find("https://[::1/keys/release", ONE, "eu-west-1") is None
