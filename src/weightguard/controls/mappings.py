"""Whether an id in a control's mappings exists, as far as a table or the shape of the id can tell.

Sources: NIST SP 800-53 Rev. 5 (families and base controls; enhancements by shape), MITRE ATLAS 5.6 and ATT&CK
(shape), CSA AI Controls Matrix 1.1 (domains), the EU code of practice for general-purpose AI, safety and
security chapter of 10 July 2025 (its measures and the points of appendices 3 and 4), OWASP AISVS 1.0 (shape,
chapters).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from weightguard.controls.schema import LEVELS, Mappings

# The highest base control of each family of SP 800-53 Rev. 5, without those that were withdrawn.
_NIST_FAMILIES: Mapping[str, int] = {
    "AC": 25, "AT": 6, "AU": 16, "CA": 9, "CM": 14, "CP": 13, "IA": 13, "IR": 9, "MA": 7, "MP": 8, "PE": 23,
    "PL": 11, "PM": 32, "PS": 9, "PT": 8, "RA": 10, "SA": 24, "SC": 51, "SI": 23, "SR": 12,
}  # fmt: skip
_NIST_WITHDRAWN = frozenset({
    "AC-13", "AC-15", "AT-5", "AU-15", "CA-4", "CP-5", "PE-7", "PL-3", "PL-5", "PL-6", "RA-4", "SA-6", "SA-7", "SA-12",
    "SA-13", "SA-14", "SA-18", "SA-19", "SC-9", "SC-14", "SC-19", "SC-33", "SI-9",
})  # fmt: skip
_NIST_MOST_ENHANCEMENTS = 33
_AICM_DOMAINS = frozenset({
    "A&A", "AIS", "BCR", "CCC", "CEK", "DCS", "DSP", "GRC", "HRS", "I&S", "IAM", "IPY", "LOG", "MDS", "SEF", "STA",
    "TVM", "UEM",
})  # fmt: skip
_AICM_MOST = 24
# Points of appendix 4 by section, sections of appendix 3, measures by commitment.
_EU_APPENDIX_4: Mapping[int, int] = {1: 4, 2: 6, 3: 4, 4: 4, 5: 7}
_EU_APPENDIX_3 = range(1, 6)
_EU_MEASURES: Mapping[int, int] = {1: 4, 2: 2, 3: 5, 4: 2, 5: 1, 6: 2, 7: 7, 8: 3, 9: 4, 10: 2}
_AISVS_CHAPTERS = 14


def unmapped(mappings: Mappings, vectors: Collection[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Everything in `mappings` that does not exist: its place below ``mappings`` and what is wrong."""
    for index, vector in enumerate(mappings.rand_vectors):
        if vector not in vectors:
            yield ("rand_vectors", index), f"there is no attack vector {vector}"
    yield from unknown_ids(mappings)


def unknown_ids(mappings: Mappings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where an id does not exist: its place below ``mappings`` and what is wrong."""
    rules: tuple[tuple[str, Callable[[str], bool], str], ...] = (
        ("rand_measures", _is_measure, "a measure begins with its level, 'SL2 Weight Storage: encryption'"),
        ("nist_800_53", _is_nist, "no control of NIST SP 800-53 Rev. 5"),
        ("mitre_atlas", _is_atlas, "no MITRE ATLAS technique id"),
        ("mitre_attack", _is_attack, "no MITRE ATT&CK technique id"),
        ("eu_code_of_practice", _is_eu, "no measure or appendix point of the code of practice"),
        ("owasp_aisvs", _is_aisvs, "no requirement number of AISVS 1.0"),
        ("cis", _is_cis, "a CIS recommendation is written 'CIS <benchmark> <version> <number>'"),
    )
    for name, exists, message in rules:
        for index, value in enumerate(getattr(mappings, name)):
            if not exists(value):
                yield (name, index), f"{value}: {message}"
    if mappings.csa_aicm is not None:
        for index, value in enumerate(mappings.csa_aicm.ids):
            if not _is_aicm(value):
                yield ("csa_aicm", "ids", index), f"{value}: no control of the CSA AI Controls Matrix"


def _is_measure(value: str) -> bool:
    return value.startswith((*LEVELS, "RAND "))


def _is_nist(value: str) -> bool:
    match = re.fullmatch(r"([A-Z]{2})-(\d{1,2})(?:\((\d{1,2})\))?", value)
    if match is None or f"{match.group(1)}-{match.group(2)}" in _NIST_WITHDRAWN:
        return False
    base, enhancement = int(match.group(2)), int(match.group(3) or 1)
    return 1 <= base <= _NIST_FAMILIES.get(match.group(1), 0) and 1 <= enhancement <= _NIST_MOST_ENHANCEMENTS


def _is_atlas(value: str) -> bool:
    return re.fullmatch(r"AML\.(T|M)\d{4}(\.\d{3})?", value) is not None


def _is_attack(value: str) -> bool:
    return re.fullmatch(r"T1\d{3}(\.\d{3})?", value) is not None


def _is_eu(value: str) -> bool:
    if match := re.fullmatch(r"App4\.(\d)(?:\((\d)\))?", value):
        return 1 <= int(match.group(2) or 1) <= _EU_APPENDIX_4.get(int(match.group(1)), 0)
    if match := re.fullmatch(r"App3\.(\d)(?:\(\d\))?", value):
        return int(match.group(1)) in _EU_APPENDIX_3
    if match := re.fullmatch(r"M(\d{1,2})\.(\d)", value):
        return 1 <= int(match.group(2)) <= _EU_MEASURES.get(int(match.group(1)), 0)
    return False


def _is_aisvs(value: str) -> bool:
    match = re.fullmatch(r"C?(\d{1,2})\.\d{1,2}\.\d{1,2}", value)
    return match is not None and 1 <= int(match.group(1)) <= _AISVS_CHAPTERS


def _is_cis(value: str) -> bool:
    return re.fullmatch(r"CIS .+ v?\d[\d.]* [\d.]+", value) is not None


def _is_aicm(value: str) -> bool:
    match = re.fullmatch(r"([A-Z&]{3})-(\d{2})", value)
    return match is not None and match.group(1) in _AICM_DOMAINS and 1 <= int(match.group(2)) <= _AICM_MOST
