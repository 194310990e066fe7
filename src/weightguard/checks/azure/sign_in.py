"""IAM: what people have to show when they sign in, by the rules of conditional access.

A rule counts where it is on, is for everything that is opened and from wherever, and lets nobody in without a second factor.

Sources: Microsoft Entra documentation, "Conditional Access: Users, groups, agents, and workload identities", "Conditional Access:
Conditions", "Conditional Access: Grant", "Security defaults in Microsoft Entra ID" (off where a rule is on); Microsoft Graph
reference, `conditionalAccessPolicy`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from weightguard.access.azure.context import attribute
from weightguard.checks.azure.decisions import prepared
from weightguard.checks.relations import missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, some
from weightguard.estate.fact import Source
from weightguard.estate.model import ContainerKind, Principal, PrincipalKind

_NARROWING: Final = (
    "platforms", "locations", "devices", "deviceStates", "signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels",
    "insiderRiskLevels", "authenticationFlows", "clientApplications", "times",
)  # fmt: skip
"""Conditions under which a rule is for some sign-ins alone."""
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _User:
    """Somebody who signs in, as rules name him: his own id, those of his groups, those of his roles in the directory."""

    names: frozenset[str]
    roles: frozenset[str]
    guest: bool


def people_have_second_factor(principal: Principal, context: Context) -> Verdict:
    """A rule of conditional access asks the user for a second factor, whatever is opened and from wherever."""
    if principal.kind is not PrincipalKind.USER:
        return Verdict.not_applicable("not a user")
    enabled = [one for one in _rules(context) if one.get("state") == "enabled"]
    user = _user(principal, enabled, context)
    asking = [one for one in enabled if _asks(one) and _applies(one, user)]
    if asking:
        names = some(Ref(str(one.get("displayName") or one.get("id"))) for one in asking)
        return Verdict.passed("whoever signs in as the user shows a second factor, by {names}", names=names)
    if not enabled:
        told = ("graph", "policies/identitySecurityDefaultsEnforcementPolicy")
        missing(Source.named(*told, principal.id, provider="azure", scope=principal.account))
    return Verdict.failed(
        "no rule of conditional access asks the user for a second factor wherever he signs in"
    )


def _rules(context: Context) -> list[Rule]:
    found: list[Rule] = []
    for one in context.estate.containers:
        if one.kind is ContainerKind.ORGANISATION and one.provider == "azure":
            found += context.read(one.attributes["conditionalAccess"], "tenant.conditionalAccess")
    return found


def _user(principal: Principal, rules: list[Rule], context: Context) -> _User:
    """The user with his groups, where some rule asks for them.

    Raises:
        UnknownFact: it does, and they are not known.
    """
    users = [_part(one, "users") for one in rules]
    by_group = any(one.get("includeGroups") or one.get("excludeGroups") for one in users)
    groups = context.read(principal.groups) if by_group else principal.known_groups
    names = {str(principal.unique_id), *(one.removeprefix("azure:") for one in groups)}
    held = (policy.document for policy in prepared(context).directory)
    roles = [one.get("directoryRole") for one in held if isinstance(one, Mapping)]
    own = {
        str(one.get("roleDefinitionId")).lower()
        for one in roles
        if isinstance(one, Mapping) and str(one.get("principalId")).lower() in names
    }
    return _User(frozenset(names), frozenset(own), attribute(principal, "userType") == "Guest")


def _part(rule: Rule, name: str) -> Rule:
    conditions = rule.get("conditions")
    found = conditions.get(name) if isinstance(conditions, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _asks(rule: Rule) -> bool:
    """Whether a rule lets nobody in without a second factor, on no condition but who it is."""
    conditions = rule.get("conditions")
    told = conditions if isinstance(conditions, Mapping) else {}
    if any(told.get(name) for name in _NARROWING) or list(told.get("clientAppTypes") or ["all"]) != ["all"]:
        return False
    opened = _part(rule, "applications")
    everything = opened.get("includeApplications") == ["All"] and not opened.get("excludeApplications")
    return everything and _by_factor(rule.get("grantControls"))


def _by_factor(grant: Any) -> bool:
    """Whether what a rule asks for is a second factor: alone, or with whatever else it asks for."""
    controls = grant if isinstance(grant, Mapping) else {}
    asked = [
        str(one)
        for name in ("builtInControls", "customAuthenticationFactors", "termsOfUse")
        for one in controls.get(name) or ()
    ]
    asked += ["mfa"] if controls.get("authenticationStrength") else []
    together = set(asked) == {"mfa"} or str(controls.get("operator")).upper() == "AND"
    return "mfa" in asked and together


def _applies(rule: Rule, user: _User) -> bool:
    told = _part(rule, "users")
    if user.guest and told.get("excludeGuestsOrExternalUsers"):
        return False
    if _any(told, user.names, "excludeUsers", "excludeGroups") or _any(told, user.roles, "excludeRoles"):
        return False
    everybody = frozenset({"all"})
    return _any(told, user.names | everybody, "includeUsers", "includeGroups") or _any(
        told, user.roles, "includeRoles"
    )


def _any(told: Rule, names: frozenset[str], *lists: str) -> bool:
    return any(str(one).lower() in names for name in lists for one in told.get(name) or ())
