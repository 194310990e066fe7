"""Which package decides for which provider. Packages are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from weightguard.errors import InputError
from weightguard.policy import telling
from weightguard.policy.case import CaseReader
from weightguard.policy.formula import Formula

Wording = Callable[[Formula], str]


def case_reader(provider: object) -> CaseReader:
    """What reads a provider's evaluation cases.

    Args:
        provider: as the case gives it.

    Raises:
        InputError: nobody decides for such a provider.
    """
    found = _CASES.get(provider) if isinstance(provider, str) else None
    if found is None:
        raise InputError(f"provider is {provider!r}", fix=f"give one of {', '.join(_CASES)}")
    return found()


def _aws_cases() -> CaseReader:
    from weightguard.policy.aws.cases import parse_case

    return parse_case


def _gcp_cases() -> CaseReader:
    from weightguard.policy.gcp.cases import parse_case

    return parse_case


def _azure_cases() -> CaseReader:
    from weightguard.policy.azure.cases import parse_case

    return parse_case


def in_words(provider: str, formula: Formula) -> str:
    """What a decision of a provider's engine hangs on, as a phrase that completes "can read it, ..."."""
    return _WORDS[provider]()(formula)


def _aws_words() -> Wording:
    from weightguard.policy.aws.words import in_words as found

    return found


def _gcp_words() -> Wording:
    from weightguard.policy.gcp.cases import WORDS

    return lambda formula: f"if {telling.in_words(formula, WORDS)}"


def _azure_words() -> Wording:
    from weightguard.policy.azure.cases import WORDS

    return lambda formula: f"if {telling.in_words(formula, WORDS)}"


_WORDS: dict[str, Callable[[], Wording]] = {"aws": _aws_words, "gcp": _gcp_words, "azure": _azure_words}
_CASES: dict[str, Callable[[], CaseReader]] = {"aws": _aws_cases, "gcp": _gcp_cases, "azure": _azure_cases}
