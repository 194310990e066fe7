"""Federated identity credentials: whom other issuers vouch for as an application or a managed identity.

Source: Microsoft Entra documentation, "Workload identity federation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from weightguard.access.azure.context import Context, named
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal


def federated(context: Context) -> Iterator[Link]:
    """Whom other issuers vouch for: another tenant's or this one's, or a cloud that is known here as well."""
    by_unique = {
        one.unique_id: one.id
        for one in context.estate.principals
        if one.unique_id and one.provider != "azure"
    }
    for name, principal in context.principals.items():
        for one in _credentials(principal):
            issuer, subject = str(one.get("issuer") or ""), str(one.get("subject") or "")
            because = Because(f"{principal.id}#federatedIdentityCredentials", str(one.get("name") or subject))
            step = Step("federated identity credential", Grant((because,)), name)
            yield Link(f"{issuer}#{subject}", name, (step,))
            insider = named(subject)
            if insider in context.principals and "login.microsoftonline.com" in issuer:
                yield Link(insider, name, (step,))
            if subject in by_unique:
                yield Link(by_unique[subject], name, (step,))


def _credentials(principal: Principal) -> Iterable[Mapping[str, Any]]:
    trust = principal.trust
    if isinstance(trust, Known) and trust.value is not None and isinstance(trust.value.document, Mapping):
        return [
            one
            for one in trust.value.document.get("federatedIdentityCredentials", ())
            if isinstance(one, Mapping)
        ]
    return ()
