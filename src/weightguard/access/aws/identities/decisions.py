"""Put a question to the policy engine, and keep of its answer what a path needs.

An answer is a `Grant`: the statements that allow, and what the access hangs on. A condition on something that the
caller chooses freely (the name of its session, the tags of what it creates) is no obstacle: it counts as met where it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from weightguard.access.aws.identities.condition_keys import of_formula, of_test, takes_every_network
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.principals import Population
from weightguard.access.condition import Condition, ConditionKind
from weightguard.access.grant import Grant
from weightguard.access.model import Because
from weightguard.estate.fact import Known
from weightguard.estate.model import Principal as EstatePrincipal
from weightguard.memory import Memory
from weightguard.policy.aws import (
    AccessPoint,
    CompiledPolicy,
    ContextValue,
    Decision,
    Formula,
    Layers,
    Outcome,
    Principal,
    PrincipalType,
    Request,
    alternatives,
    decide,
    decide_through,
)
from weightguard.policy.aws import Condition as ContextTest
from weightguard.policy.aws.arn import account_of

_CHOSEN: Final = frozenset(
    {
        "aws:tagkeys",
        "aws:useragent",
        "aws:referer",
        "aws:securetransport",
        "aws:requestedregion",
        "sts:rolesessionname",
        "sts:sourceidentity",
        "sts:transitivetagkeys",
        "sts:durationseconds",
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:versionid",
        "s3:authtype",
        "s3:signatureversion",
        "s3:signatureage",
        "s3:tlsversion",
        "s3:locationconstraint",
        "iam:awsservicename",
        "iam:associatedresourcearn",
        "iam:policyarn",
        "kms:granteeprincipal",
        "kms:grantoperations",
        "kms:grantconstrainttype",
        "kms:retiringprincipal",
        "kms:bypasspolicylockoutsafetycheck",
        "kms:schedulekeydeletionpendingwindowindays",
        "ssm:sessiondocumentaccesscheck",
        "ec2:osuser",
    }
)
_CHOSEN_PREFIXES: Final = ("aws:requesttag/", "s3:x-amz-", "s3:requestobjecttag/")
_OF_THE_TARGET: Final = ("resourcetag/", "resourceaccount", "permissionsboundary", "sourceinstancearn")
_LENT_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {"ec2": ("ssm:resourcetag",)}
"""Under which other service's keys a resource's tags stand: Systems Manager speaks so of the instances that it acts on."""
_CREATES: Final = ("Create", "Run", "Register", "Request", "Start", "Launch", "Put", "Update", "Submit")
_MOST_ALTERNATIVES: Final = 64
_MOST_ANSWERS: Final = 262_144
_Circumstances = tuple[tuple[str, ContextValue], ...]
_ON_BEHALF_OF: Final = (
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
)
"""What requests of services alone have: "present only if the call is made by an AWS service principal"."""


class Decisions:
    """Asks the engine on behalf of an estate.

    Args:
        population: who may ask.
        now: the snapshot's own time, ISO-8601 in UTC; what conditions on the time are decided by.
    """

    def __init__(self, population: Population, now: str) -> None:
        self.population = population
        self.now = now
        self._base: dict[tuple[str, PrincipalType], Mapping[str, ContextValue]] = {}
        self._known: dict[_Circumstances, _Circumstances] = {}
        self._answers: dict[tuple[object, ...], Grant | None] = {}

    def may(
        self,
        group: PrincipalGroup,
        action: str,
        resource: str,
        *,
        caller: Principal | None = None,
        layers: Layers | None = None,
        owner: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Grant | None:
        """Whether the group's principals may do something, at least under conditions; None when they may not.

        Args:
            caller: the principal to ask for, where it is not the group's own example.
            layers: the policies, where they are not the group's own.
            owner: the account that owns the resource, where its ARN does not say.
            context: what is known of the request besides the caller and the time.
        """
        return self.ask(
            caller or group.caller, action, resource, layers or group.layers, owner=owner, context=context
        )

    def ask(
        self,
        caller: Principal,
        action: str,
        resource: str,
        layers: Layers,
        *,
        owner: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
        point: AccessPoint | None = None,
    ) -> Grant | None:
        """As `may`, for any principal that the engine knows.

        Args:
            point: the S3 access point that the request goes through; None where it goes to the bucket itself.
        """
        known = _as_known(context) if context else ()
        known = self._known.setdefault(known, known)
        # Techniques, kinds of access and stores come down to the same questions: each is decided once.
        same = (caller, action, resource, layers.parts, owner, known, point)
        if same not in self._answers:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            decision = self.decision(
                caller, action, resource, layers, owner=owner, context=context, point=point
            )
            bare = self.population.is_long_term(caller.identifier)
            self._answers[same] = grant_of(decision, action, self.population.memory, bare=bare)
        return self._answers[same]

    def decision(
        self,
        caller: Principal,
        action: str,
        resource: str,
        layers: Layers,
        *,
        owner: str | None = None,
        context: Mapping[str, ContextValue] | None = None,
        point: AccessPoint | None = None,
    ) -> Decision:
        """As `ask`, with everything that the engine says."""
        base = self._context(caller)
        realm = self.population.realm(owner) if owner else None
        request = Request(
            caller,
            action,
            resource,
            resource_account=owner,
            context={**base, **context} if context else base,
            assume_unknown=True,
            resource_in_management_account=realm is not None and realm.is_management,
        )
        return decide(request, layers) if point is None else decide_through(request, layers, point)

    def _context(self, caller: Principal) -> Mapping[str, ContextValue]:
        key = (caller.account or "", caller.type)
        found = self._base.get(key)
        if found is None:
            found = self._base[key] = self._facts(caller)
        return found

    def _facts(self, caller: Principal) -> Mapping[str, ContextValue]:
        facts: dict[str, ContextValue] = {
            "aws:CurrentTime": self.now,
            "aws:ViaAWSService": False,
            "aws:CalledVia": None,
            "aws:CalledViaFirst": None,
            "aws:CalledViaLast": None,
        }
        if caller.type is not PrincipalType.SERVICE:
            # A service says for whom it acts; nobody else does.
            facts.update(dict.fromkeys(_ON_BEHALF_OF))
        if caller.type is PrincipalType.USER:
            # Long-lived credentials have no issue time; those of a session are issued after the snapshot.
            facts["aws:TokenIssueTime"] = None
            facts["aws:FederatedProvider"] = None
            facts["aws:SourceIdentity"] = None
        elif caller.type in (PrincipalType.ROLE, PrincipalType.SOMEBODY):
            facts["aws:TokenIssueTime"] = self.now
        if caller.account is not None:
            realm = self.population.realm(caller.account)
            if realm.organisation_known:
                facts["aws:PrincipalOrgID"] = realm.organisation
                facts.update(self._paths(caller.account, realm.organisation))
        return facts

    def _paths(self, account: str, organisation: str | None) -> Mapping[str, ContextValue]:
        """The account's place in its organisation, where that is known or there is none."""
        if organisation is None:
            return {"aws:PrincipalOrgPaths": None}
        path = self.population.membership.path_of(account)
        return {} if path is None else {"aws:PrincipalOrgPaths": (path,)}

    def tags(self, tags: Mapping[str, str] | None, service: str) -> dict[str, ContextValue]:
        """The context keys of a resource's tags, those that some policy looks at and that the resource lacks among them."""
        if tags is None:
            return {}
        held = {key.lower(): value for key, value in tags.items()}
        found: dict[str, ContextValue] = {}
        for name in self.population.tag_keys:
            prefix, _, tag = name.partition("/")
            if prefix in ("aws:resourcetag", f"{service}:resourcetag", *_LENT_PREFIXES.get(service, ())):
                found[name] = held.get(tag)
        return found

    def tags_told(
        self, principal: EstatePrincipal, actions: tuple[str, ...]
    ) -> tuple[tuple[str, ContextValue], ...]:
        """What of a principal's tags some policy looks at where it speaks of some actions."""
        tags = principal.tags.value if isinstance(principal.tags, Known) else None
        keys = self.population.tags_looked_at(actions)
        if not keys:
            return ()
        found = self.tags(tags, "iam")
        return tuple(sorted(((key, value) for key, value in found.items() if key in keys), key=str))


def _as_known(context: Mapping[str, ContextValue]) -> _Circumstances:
    return tuple(
        [(key, tuple(value) if isinstance(value, list) else value) for key, value in context.items()]
    )


def grant_of(decision: Decision, action: str, memory: Memory, *, bare: bool = False) -> Grant | None:
    """A decision as a grant; None when it denies, or hangs on what cannot be.

    Args:
        bare: whether the caller has long-term credentials, whose requests say nothing of a second factor.
    """
    if decision.outcome is Outcome.ALLOWED:
        return Grant(_because(decision), (), (decision.ways,))
    if decision.outcome is not Outcome.UNKNOWN:
        return None
    conditions = memory.once(remaining, decision.conditions, action, bare)
    return None if conditions is None else Grant(_because(decision), conditions, (decision.ways,))


def _because(decision: Decision) -> tuple[Because, ...]:
    return tuple(Because(reason.policy, reason.statement) for reason in decision.by)


def remaining(formula: Formula, action: str, bare: bool = False) -> tuple[Condition, ...] | None:
    """What is left to hold once the caller has chosen all that it may choose; None when nothing can satisfy the formula.

    Args:
        bare: whether the caller may ask with long-term credentials, without a word of a second factor.
    """
    found = alternatives(formula, _MOST_ALTERNATIVES)
    if found is None:
        return (of_formula(formula),)
    if not found:
        return None
    left = [_left(row, action, bare) for row in found]
    if any(not row for row in left):
        return ()
    shortest = min(left, key=len)
    if all(set(shortest) <= set(row) for row in left):
        return tuple(map(of_test, shortest))
    return (of_formula(formula),)


_SECOND_FACTOR: Final = frozenset({"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"})


def _left(row: tuple[ContextTest, ...], action: str, bare: bool) -> tuple[ContextTest, ...]:
    """What of one alternative the caller does not choose."""
    factor = [one for one in row if one.key in _SECOND_FACTOR]
    untold = bare and all(one.is_met_by_absence for one in factor)
    return tuple(one for one in row if not is_chosen(one, action) and not (untold and one in factor))


def is_chosen(condition: ContextTest, action: str) -> bool:
    """Whether the caller of an action decides the value that a condition tests."""
    key = condition.key.lower()
    if any(need.lower() != key for need in condition.needs):
        return False
    if key in _CHOSEN or key.startswith(_CHOSEN_PREFIXES) or _from_anywhere(condition):
        return True
    service, _, name = action.partition(":")
    prefix, _, rest = key.partition(":")
    own = prefix == service.lower() and not rest.startswith(_OF_THE_TARGET)
    return own and service not in ("s3", "kms", "iam", "sts", "organizations") and name.startswith(_CREATES)


def trust_of_service(
    decisions: Decisions, role: EstatePrincipal, trust: CompiledPolicy, service: str
) -> Grant | None:
    """Whether a service may assume a role on behalf of the role's own account."""
    caller = Principal(PrincipalType.SERVICE, service)
    rcp = decisions.population.realm(role.account).rcp
    realm = decisions.population.realm(role.account)
    context: dict[str, ContextValue] = {"aws:SourceAccount": role.account, "sts:ExternalId": None}
    if realm.organisation_known:
        context["aws:SourceOrgID"] = realm.organisation
    layers = Layers(resource=(trust,), rcp=rcp or None)
    request = Request(
        caller,
        "sts:AssumeRole",
        role.id,
        resource_account=role.account,
        context={**context, "aws:CurrentTime": decisions.now},
        assume_unknown=True,
        resource_in_management_account=realm.is_management,
    )
    grant = grant_of(decide(request, layers), "sts:AssumeRole", decisions.population.memory)
    if grant is None:
        return None
    # What the service acts for is made by the actor, who names it: a condition on its ARN in the role's own account can be met.
    own = tuple(one for one in grant.conditions if not _is_for(one, role.account))
    return Grant(grant.because, own, grant.ways)


def _from_anywhere(test: ContextTest) -> bool:
    """Whether a test asks for an address, and any will do: every caller has one."""
    return (
        test.key == "aws:SourceIp"
        and not test.negated
        and takes_every_network(test.key, test.operator, test.values)
    )


def _is_for(condition: Condition, account: str) -> bool:
    """Whether it asks that a service act for something in this account."""
    if condition.kind is not ConditionKind.SERVICE or condition.negated:
        return False
    return account in condition.values or any(account_of(value) == account for value in condition.values)
