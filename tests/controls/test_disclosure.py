"""security.txt by its RFC, and the other disclosure documents as facts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightguard.config import DisclosureConfig
from weightguard.controls.disclosure import parse_security_txt, read_disclosure
from weightguard.errors import ConfigError
from weightguard.estate.fact import Known, Unknown

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
SOUND = """\
# Our security address
Contact: mailto:security@example.com
contact: https://example.com/report
Expires: 2027-01-01T00:00:00.000Z
Policy: https://example.com/policy
Preferred-Languages: en, es
"""
SIGNED = f"""\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

{SOUND}-----BEGIN PGP SIGNATURE-----

iHUEARYKAB0=
-----END PGP SIGNATURE-----
"""


def test_a_sound_file_is_usable_until_it_expires() -> None:
    parsed = parse_security_txt(SOUND)
    assert parsed.problems == ()
    assert parsed.fields["contact"] == ("mailto:security@example.com", "https://example.com/report")
    assert parsed.usable(AS_OF)
    assert not parsed.usable(datetime(2027, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize("content", [SIGNED, SIGNED.replace("\n", "\r\n")])
def test_the_signature_envelope_is_looked_through(content: str) -> None:
    parsed = parse_security_txt(content)
    assert (parsed.signed, parsed.problems) == (True, ())
    assert parsed.usable(AS_OF)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Expires: 2027-01-01T00:00:00.000Z\n", "", "Expires is missing"),
        ("Expires: 2027-01-01T00:00:00.000Z", "Expires: next year", "not an RFC 3339"),
        ("Policy:", "Expires: 2028-01-01T00:00:00Z\nPolicy:", "expires is given more than once"),
        (
            "Contact: mailto:security@example.com\ncontact: https://example.com/report\n",
            "",
            "Contact is missing",
        ),
        ("mailto:security@example.com", "security@example.com", "line 2: contact is not a URI"),
        ("https://example.com/policy", "http://example.com/policy", "line 5: policy is not a URI"),
        ("Policy: https", "Policy https", "line 5 is not a field"),
        ("Policy: https://example.com/policy", "Policy:", "line 5: policy has no value"),
    ],
)
def test_what_breaks_the_rfc_is_named(old: str, new: str, problem: str) -> None:
    parsed = parse_security_txt(SOUND.replace(old, new))
    assert any(problem in found for found in parsed.problems)
    assert not parsed.usable(AS_OF)


def test_a_date_that_does_not_exist_is_not_usable() -> None:
    assert not parse_security_txt(SOUND.replace("2027-01-01", "2027-02-31")).usable(AS_OF)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_parsed(content: str) -> None:
    parsed = parse_security_txt(content)
    assert parsed.problems or parsed.fields


def test_a_document_that_is_not_named_is_unknown_and_one_that_is_missing_an_error(tmp_path: Path) -> None:
    policy = tmp_path / "policy.md"
    policy.write_text("Report to us.")
    read = read_disclosure(DisclosureConfig(policy=policy))
    assert isinstance(read.security_txt, Unknown)
    assert isinstance(read.policy, Known)
    assert read.policy.value == "Report to us."
    assert str(tmp_path) not in read.policy.source.call  # the same report wherever the files lie
    with pytest.raises(ConfigError, match=r"disclosure\.policy"):
        read_disclosure(DisclosureConfig(policy=tmp_path / "none.md"))
