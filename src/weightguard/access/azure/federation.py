"""Federated identity credentials: whom other issuers vouch for as an application or a managed identity.

Source: Microsoft Entra documentation, "Workload identity federation".
"""

from __future__ import annotations

from collections.abc import Iterator

from weightguard.access.azure.context import Context, named
from weightguard.access.grant import Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import Because


def federated(context: Context) -> Iterator[Link]:
    """Whom other issuers vouch for."""
    for name, principal in context.principals.items():
        for one in context.federated(principal):
            issuer, subject = str(one.get("issuer") or ""), str(one.get("subject") or "")
            because = Because(f"{principal.id}#federatedIdentityCredentials", str(one.get("name") or subject))
            step = Step("federated identity credential", Grant((because,)), name)
            yield Link(f"{issuer}#{subject}", name, (step,))
            insider = named(subject)
            if insider in context.principals and "login.microsoftonline.com" in issuer:
                yield Link(insider, name, (step,))
