"""Which package decides for which provider. Packages are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

from weightguard.errors import InputError
from weightguard.policy.case import CaseReader


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


_CASES: dict[str, Callable[[], CaseReader]] = {"aws": _aws_cases, "gcp": _gcp_cases, "azure": _azure_cases}
