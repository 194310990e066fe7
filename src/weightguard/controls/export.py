"""The catalogue in other tools' formats: JSON, CSV, Markdown, and OSCAL (one catalog, one profile per level).

OSCAL follows the catalog and profile models of NIST's OSCAL 1.1 ("Catalog Model v1.1.2 JSON Format
Reference"); identifiers are derived from the catalogue's digest, so that the same catalogue exports to the
same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from weightguard.controls.catalogue import Catalogue
from weightguard.controls.effects import caution
from weightguard.controls.schema import LEVELS, Control, Remediation
from weightguard.errors import InputError

OSCAL_VERSION = "1.2.1"
_NAMESPACE = "urn:weightguard:oscal"
_COLUMNS = (
    "id", "family", "title", "level", "level_basis", "severity", "mode", "providers", "decided_on", "subject", "statement",
    "rationale", "limits", "rand_vectors", "rand_measures", "nist_800_53", "mitre_atlas", "mitre_attack", "csa_aicm",
    "eu_code_of_practice", "owasp_aisvs", "cis", "prowler",
)  # fmt: skip


def export(catalogue: Catalogue, kind: str) -> dict[str, bytes]:
    """The files of one export, by name.

    Args:
        kind: ``json``, ``csv``, ``markdown`` or ``oscal``.

    Raises:
        InputError: another kind.
    """
    writers: Mapping[str, Callable[[Catalogue], dict[str, bytes]]] = {
        "json": _json,
        "csv": _csv,
        "markdown": _markdown,
        "oscal": _oscal,
    }
    if kind not in writers:
        raise InputError(f"unknown export format {kind!r}", fix=f"one of {', '.join(writers)}")
    return writers[kind](catalogue)


def _json(catalogue: Catalogue) -> dict[str, bytes]:
    content = {
        "id": catalogue.id,
        "version": catalogue.version,
        "digest": catalogue.digest,
        "header": catalogue.header.model_dump(mode="json"),
        "vectors": [vector.model_dump(mode="json") for vector in catalogue.vectors],
        "tiers": catalogue.tiers.model_dump(mode="json"),
        "controls": [entry(control) for control in catalogue.controls],
    }
    return {"catalogue.json": _bytes(content)}


def entry(control: Control) -> dict[str, Any]:
    """One control as JSON: what its files say, and on which providers that makes it decided."""
    return {**control.model_dump(mode="json", by_alias=True), "decided_on": list(control.decided_on)}


def _csv(catalogue: Catalogue) -> dict[str, bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for control in catalogue.controls:
        writer.writerow([_inert(_cell(control, column)) for column in _COLUMNS])
    return {"catalogue.csv": text.getvalue().encode()}


def _cell(control: Control, column: str) -> str:
    value = getattr(control, column, None)
    if value is None:
        value = getattr(control.mappings, column, None)
    if column == "csa_aicm":
        aicm = control.mappings.csa_aicm
        return "; ".join(f"{name} ({aicm.version})" for name in aicm.ids) if aicm else ""
    if isinstance(value, tuple):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def page(control: Control) -> str:
    """One control in Markdown."""
    return "\n".join(_page(control)).rstrip()


def _markdown(catalogue: Catalogue) -> dict[str, bytes]:
    lines = [
        f"# {catalogue.header.title}",
        "",
        f"Version {catalogue.version}, {catalogue.header.aligned_with}. {len(catalogue.controls)} controls.",
        "",
    ]
    for family in catalogue.families:
        controls = [control for control in catalogue.controls if control.family == family.id]
        if controls:
            lines += [f"## {family.id}: {family.title}", ""]
            for control in controls:
                lines += _page(control)
    return {"catalogue.md": ("\n".join(lines).rstrip() + "\n").encode()}


def _page(control: Control) -> list[str]:
    about = f"{control.level} ({control.level_basis}), {control.severity}, {control.mode}, {', '.join(control.providers)}"
    lines = [f"### {control.id}: {control.title}", "", f"*{about}*", "", control.statement, ""]
    lines += [f"**Decided on** {decided(control)}", ""] if control.check is not None else []
    lines += [f"**Why.** {control.rationale}", "", f"**Out of sight.** {control.limits}", ""]
    if control.attestation is not None:
        lines += [
            f"**Attested.** {control.attestation.statement} Evidence: {control.attestation.evidence}.",
            "",
        ]
    for name, parameter in sorted(control.parameters.items()):
        unit = f" {parameter.unit}" if parameter.unit else ""
        apart = "".join(
            f", on {place} `{value}`{unit}" for place, value in sorted((parameter.by_provider or {}).items())
        )
        lines += [
            f"**Parameter `{name}`.** {parameter.description} Default: `{parameter.default}`{unit}{apart}.",
            "",
        ]
    lines += _remedies(control)
    lines += [f"**Mappings.** {'; '.join(_mapped(control))}", ""]
    lines += [f"- [{one.title}]({one.url})" if one.url else f"- {one.title}" for one in control.references]
    return [*lines, ""] if control.references else lines


def decided(control: Control) -> str:
    """On which providers facts decide a control and on which they do not yet: ``aws; not yet on gcp and azure.``"""
    here = " and ".join(control.decided_on) or "no provider"
    return f"{here}; not yet on {' and '.join(control.undecided_on)}." if control.undecided_on else f"{here}."


def _remedies(control: Control) -> list[str]:
    given: dict[str, Remediation | None] = {
        f"Put right on {provider}": getattr(control.remediation, provider) for provider in control.providers
    }
    lines: list[str] = []
    for title, remedy in {"Put right": control.remediation.anywhere, **given}.items():
        if remedy is not None:
            lines += [f"**{title}.** {remedy.console}", ""]
            before = caution(remedy.effect, remedy.warning) if remedy.cli else ""
            lines += [f"> {before}", ""] if before else []
            lines += ["```sh", remedy.cli, "```", ""] if remedy.cli else []
            lines += ["```hcl", remedy.terraform, "```", ""] if remedy.terraform else []
    return lines


def _mapped(control: Control) -> Iterator[str]:
    for name, values in _mappings(control):
        yield f"{name}: {', '.join(values)}"


def _mappings(control: Control) -> Iterator[tuple[str, tuple[str, ...]]]:
    mappings = control.mappings
    named = (
        ("RAND vectors", mappings.rand_vectors),
        ("RAND measures", mappings.rand_measures),
        ("NIST SP 800-53 Rev. 5", mappings.nist_800_53),
        ("MITRE ATLAS", mappings.mitre_atlas),
        ("MITRE ATT&CK", mappings.mitre_attack),
        (f"CSA AICM {mappings.csa_aicm.version}" if mappings.csa_aicm else "", _aicm(control)),
        ("EU code of practice", mappings.eu_code_of_practice),
        ("OWASP AISVS 1.0", mappings.owasp_aisvs),
        ("CIS", mappings.cis),
        ("Other", mappings.other),
    )
    return ((name, values) for name, values in named if values)


def _aicm(control: Control) -> tuple[str, ...]:
    return control.mappings.csa_aicm.ids if control.mappings.csa_aicm else ()


def _oscal(catalogue: Catalogue) -> dict[str, bytes]:
    files = {"weightguard-catalog.json": _bytes({"catalog": _oscal_catalog(catalogue)})}
    for number, level in enumerate(LEVELS, start=1):
        included = [control for control in catalogue.controls if control.level in LEVELS[:number]]
        if included:
            profile = _oscal_profile(catalogue, level, included)
            files[f"weightguard-profile-{level.lower()}.json"] = _bytes({"profile": profile})
    return files


def _oscal_catalog(catalogue: Catalogue) -> dict[str, Any]:
    groups = []
    for family in catalogue.families:
        controls = [_oscal_control(control) for control in catalogue.controls if control.family == family.id]
        if controls:
            groups.append(
                {"id": family.id.lower(), "class": "family", "title": family.title, "controls": controls}
            )
    return {
        "uuid": _uuid(catalogue, "catalog"),
        "metadata": _metadata(catalogue, catalogue.header.title),
        "groups": groups,
    }


def _oscal_control(control: Control) -> dict[str, Any]:
    name = control.id.lower()
    props = [
        _prop("label", control.id, own=False),
        _prop("level", control.level),
        _prop("level-basis", control.level_basis),
        _prop("severity", control.severity),
        _prop("mode", control.mode),
        *(_prop("provider", provider) for provider in control.providers),
        *(_prop("decided-on", provider) for provider in control.decided_on),
        *(_prop("mapping", f"{where}: {value}") for where, values in _mappings(control) for value in values),
    ]
    parts = [
        {"id": f"{name}_smt", "name": "statement", "prose": control.statement},
        {"id": f"{name}_gdn", "name": "guidance", "prose": control.rationale},
        {"id": f"{name}_lim", "name": "limits", "ns": _NAMESPACE, "prose": control.limits},
    ]
    written: dict[str, Any] = {"id": name, "class": "weightguard", "title": control.title}
    if control.parameters:
        written["params"] = [
            {
                "id": f"{name}_prm_{key.replace('_', '-')}",
                "label": parameter.description,
                "values": [
                    json.dumps(parameter.default)
                    if not isinstance(parameter.default, str)
                    else parameter.default
                ],
            }
            for key, parameter in sorted(control.parameters.items())
        ]
    links = [
        {"href": one.url, "rel": "reference", "text": one.title} for one in control.references if one.url
    ]
    return {**written, "props": props, **({"links": links} if links else {}), "parts": parts}


def _oscal_profile(catalogue: Catalogue, level: str, included: list[Control]) -> dict[str, Any]:
    return {
        "uuid": _uuid(catalogue, level),
        "metadata": _metadata(catalogue, f"{catalogue.header.title}: {level}"),
        "imports": [
            {
                "href": "weightguard-catalog.json",
                "include-controls": [{"with-ids": [control.id.lower() for control in included]}],
            }
        ],
        "merge": {"as-is": True},
    }


def _metadata(catalogue: Catalogue, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "last-modified": f"{catalogue.header.published.isoformat()}T00:00:00Z",
        "version": catalogue.version,
        "oscal-version": OSCAL_VERSION,
        "props": [_prop("digest", catalogue.digest)],
        "remarks": f"{catalogue.header.aligned_with}; not endorsed by its publisher.",
    }


def _prop(name: str, value: str, *, own: bool = True) -> dict[str, str]:
    # A property's value has no line breaks nor spaces around it in OSCAL.
    prop = {"name": name, "value": " ".join(value.split())}
    return {"name": name, "ns": _NAMESPACE, "value": prop["value"]} if own else prop


def _uuid(catalogue: Catalogue, part: str) -> str:
    """Version 4 by its bits, as OSCAL asks for, and the same for the same catalogue."""
    seed = uuid.uuid5(uuid.NAMESPACE_URL, f"{catalogue.id}:{catalogue.digest}:{part}")
    return str(uuid.UUID(bytes=seed.bytes, version=4))


def _bytes(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
