"""Who stands behind a principal: a person, a workload, a service, somebody outside, everybody, or nobody can tell.

The evidence, in this order:

- a role that IAM Identity Center made, or that trusts a SAML provider: people sign in to it;
- a role that a service may assume, or that a workload runs as, or that an OIDC provider other than a sign-in service may assume:
  a workload; a service-linked role: the service;
- a user with a console password or with MFA: a person; one known to have neither, but access keys: a workload. A user of which
  none of this is known is taken for a person, as IAM users are until something says otherwise;
- any other role is what those are who may assume it, where they are all of one kind.
"""

from __future__ import annotations

from typing import Any

from weightguard.access.aws.identities.policy_texts import document_of
from weightguard.access.aws.identities.principals import Population
from weightguard.access.model import ActorKind
from weightguard.estate.fact import Known
from weightguard.estate.model import Estate, Principal, PrincipalKind
from weightguard.memory import Memory
from weightguard.policy.aws import PolicyKind, compile_policy
from weightguard.policy.aws.principal import PrincipalElement

_SIGN_IN = ("accounts.google.com", "graph.facebook.com", "www.amazon.com", "cognito-identity.amazonaws.com")
_SERVICES_AS_ACCOUNTS = frozenset({"cloudfront"})
"""What stands for an account in the ARN of a service's own identity: an origin access identity of CloudFront is a user of this.

Source: Amazon CloudFront Developer Guide, "Using an origin access identity (legacy)".
"""


def own_accounts(estate: Estate, population: Population) -> frozenset[str]:
    """The audited accounts, those that hold what is audited, and the members of their organisations."""
    held = {thing.account for thing in (*estate.stores, *estate.keys, *estate.principals)}
    own = population.membership.own
    members = {account.id for account in estate.accounts if account.organisation in own}
    return frozenset(held | members | population.membership.audited)


class ActorKinds:
    """Tells what names stand for.

    Args:
        estate: everything that exists.
        population: its users and roles.
    """

    def __init__(self, estate: Estate, population: Population) -> None:
        self._population = population
        self._covered = set(population.realms)
        self._own = own_accounts(estate, population)
        self._workloads = {workload.id for workload in estate.workloads}
        self._held = {role for workload in estate.workloads for role in workload.known_roles}
        self._known: dict[str, ActorKind] = {}

    def of(self, name: str) -> ActorKind:
        """The kind of actor behind a name, as the answers of `who_can` give names."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._find(name)
        return found

    def _find(self, name: str) -> ActorKind:
        if name == "*":
            return "anonymous"
        if name in self._population.guests:
            return "anonymous"
        principal = self._population.principals.get(name)
        if principal is not None:
            return self._of_principal(principal, frozenset())
        if name in self._workloads:
            return "workload"
        if "#" in name:
            return self._of_subject(name)
        if name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return "service"
        return self._of_stranger(name)

    def _of_stranger(self, name: str) -> ActorKind:
        parts = name.split(":")
        account = parts[4] if len(parts) > 5 else ""
        if account in _SERVICES_AS_ACCOUNTS:
            return "service"
        return "unknown" if account in self._own else "external"

    def _of_account(self, name: str) -> ActorKind:
        """Whoever another account lets assume a role: nobody can tell inside the organisation, an outsider else."""
        account = name if name.isdigit() else name.split(":")[4]
        return "unknown" if account in self._own else "external"

    @staticmethod
    def _of_subject(name: str) -> ActorKind:
        provider, _, subject = name.partition("#")
        if ":saml-provider/" in provider:
            return "person"
        if any(issuer in provider for issuer in _SIGN_IN):
            return "person"
        return "external" if subject in ("", "*") else "workload"

    def _of_principal(self, principal: Principal, seen: frozenset[str]) -> ActorKind:
        if principal.kind is PrincipalKind.USER:
            return _of_user(principal)
        if principal.service_linked:
            return "service"
        element = _trusted(principal, self._population.memory)
        if "/aws-reserved/sso.amazonaws.com/" in principal.id or any(
            ":saml-provider/" in name for name in element.federated
        ):
            return "person"
        if element.service or principal.id in self._held:
            return "workload"
        if element.federated:
            return (
                "person"
                if any(issuer in name for name in element.federated for issuer in _SIGN_IN)
                else "workload"
            )
        return self._of_role(principal, element, seen)

    def _of_role(self, principal: Principal, element: PrincipalElement, seen: frozenset[str]) -> ActorKind:
        kinds: set[ActorKind] = set()
        for name in element.aws:
            other = self._population.principals.get(name)
            if other is not None and name not in seen:
                kinds.add(self._of_principal(other, seen | {principal.id}))
            elif name.endswith(":root") or (len(name) == 12 and name.isdigit()):
                kinds.add("person" if principal.account in name else self._of_account(name))
        return kinds.pop() if len(kinds) == 1 else "unknown"


def _of_user(principal: Principal) -> ActorKind:
    if _is(principal.console_password, True) or _is(principal.mfa_active, True):
        return "person"
    keys = principal.credentials
    if _is(principal.console_password, False) and isinstance(keys, Known):
        return "workload" if any(key.active for key in keys.value) else "unknown"
    return "person"


def _is(fact: Any, value: bool) -> bool:
    return isinstance(fact, Known) and fact.value is value


def _trusted(principal: Principal, memory: Memory) -> PrincipalElement:
    """Everybody that the role's trust policy lets in, statement by statement together."""
    empty: frozenset[str] = frozenset()
    aws, service, federated = empty, empty, empty
    trust = principal.trust.value if isinstance(principal.trust, Known) else None
    document = None if trust is None else document_of(trust)
    if trust is not None and document is not None:
        policy = compile_policy(document, kind=PolicyKind.TRUST, name=trust.id, memory=memory)
        for statement in policy.document.statements:
            element = statement.principals
            if statement.allows and element is not None:
                aws, service, federated = (
                    aws | element.aws,
                    service | element.service,
                    federated | element.federated,
                )
    return PrincipalElement(aws, service, federated, empty, False)
