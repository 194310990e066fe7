"""A question to the AWS policy engine: the request, and the policies that bear on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from weightguard.memory import Memory
from weightguard.policy.aws.context import ContextValue
from weightguard.policy.aws.document import CompiledPolicy
from weightguard.policy.aws.kms import KmsGrant
from weightguard.policy.aws.principal import Principal
from weightguard.policy.aws.s3 import S3Access
from weightguard.policy.aws.verdict import Matched


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this principal do this to that, here?

    Args:
        principal: who asks.
        action: ``service:Name``, in any case.
        resource: an ARN; ``*`` and ``?`` make it a pattern, for which an allow counts when it overlaps and a deny only
            when it covers all of it.
        resource_account: the account that owns the resource; None takes the one in its ARN, else the principal's own.
        context: what is known of the request's context; it wins over what follows from the principal.
        assume_unknown: whether a context key that is not given is unknown rather than absent.
        resource_in_management_account: RCPs do not limit resources of the organization's management account.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    assume_unknown: bool = False
    resource_in_management_account: bool = False


class PolicySet:
    """The policies of one layer. Sets of the same policies are one object and share their work.

    Build one with `policy_set`; `Layers` does it for you. `memory` is that of its policies; None where there are none.
    """

    __slots__ = ("__weakref__", "matched", "memory", "policies")

    def __init__(self, policies: tuple[CompiledPolicy, ...]) -> None:
        self.policies = policies
        self.matched: dict[tuple[str, str, str], Matched] = {}
        self.memory = policies[0].memory if policies else None

    def __iter__(self) -> Iterator[CompiledPolicy]:
        return iter(self.policies)

    def __len__(self) -> int:
        return len(self.policies)


NO_POLICIES = PolicySet(())
"""The one empty set; nothing is ever found in it, so that nothing hangs on it."""


def policy_set(policies: Iterable[CompiledPolicy]) -> PolicySet:
    """The one `PolicySet` of these policies, as long as somebody holds it."""
    if isinstance(policies, PolicySet):
        return policies
    members = tuple(policies)
    return members[0].memory.shared(PolicySet, members) if members else NO_POLICIES


Policies = Iterable[CompiledPolicy]


class Layers:
    """The policies that bear on a request, layer by layer.

    The layers that grant (`identity`, `resource`, `kms_grants`, the ACLs in `s3`) grant nothing when they are absent; the layers
    that limit (`boundary`, `session`, `scp`, `rcp`, `vpc_endpoint`) do not limit when they are absent or empty. Layers do
    not change; `replace` and `with_identity` make new ones that share everything else.

    Args:
        identity: policies of the user or role, and of the user's groups.
        boundary: the permissions boundary.
        session: session policies.
        scp: service control policies of the principal's account: one list a level, from the root down. An empty level
            allows nothing.
        rcp: resource control policies of the resource's account, in the same form.
        resource: the resource's own policy: bucket policy, key policy, trust policy.
        vpc_endpoint: the policy of the VPC endpoint that the request passes.
        kms_grants: the grants on the key.
        s3: Block Public Access, ACLs and access point of a bucket.
    """

    __slots__ = (
        "boundary",
        "identity",
        "kms_grants",
        "rcp",
        "resource",
        "s3",
        "scp",
        "session",
        "vpc_endpoint",
    )

    def __init__(
        self,
        *,
        identity: Policies | None = None,
        boundary: Policies | None = None,
        session: Policies | None = None,
        scp: Iterable[Policies] | None = None,
        rcp: Iterable[Policies] | None = None,
        resource: Policies | None = None,
        vpc_endpoint: Policies | None = None,
        kms_grants: Iterable[KmsGrant] | None = None,
        s3: S3Access | None = None,
    ) -> None:
        self.identity = policy_set(identity or ())
        self.boundary = _limit(boundary)
        self.session = _limit(session)
        self.scp = _levels(scp)
        self.rcp = _levels(rcp)
        self.resource = _own(resource)
        self.vpc_endpoint = _limit(vpc_endpoint)
        self.kms_grants = tuple(kms_grants or ())
        self.s3 = s3

    @property
    def memory(self) -> Memory:
        """Where decisions keep what follows from these policies: where the first of them does."""
        own = self.identity.memory
        if own is not None:
            return own
        others = (self.resource, *self.scp, *self.rcp, self.boundary, self.session, self.vpc_endpoint)
        return next((one.memory for one in others if one is not None and one.memory is not None), Memory())

    def replace(self, **changes: Any) -> Layers:
        """The same layers but for those given (named as in the constructor)."""
        made = object.__new__(Layers)
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        for name, value in changes.items():
            setattr(made, name, _READY[name](value))
        return made

    @property
    def parts(self) -> tuple[object, ...]:
        """Equal for layers that are made of the same policies, grants and lists."""
        own = (self.identity, self.boundary, self.session, self.scp)
        return *own, self.rcp, self.resource, self.vpc_endpoint, self.kms_grants, self.s3

    def with_identity(self, *extra: CompiledPolicy) -> Layers:
        """The same layers with more identity policies: "what if this were attached?"."""
        return self.replace(identity=(*self.identity, *extra))


def _limit(policies: Policies | None) -> PolicySet | None:
    found = None if policies is None else policy_set(policies)
    return found if found else None


def _own(policies: Policies | None) -> PolicySet | None:
    return None if policies is None else policy_set(policies)


def _levels(levels: Iterable[Policies] | None) -> tuple[PolicySet, ...]:
    return tuple([policy_set(level) for level in levels or ()])


_READY: Final[Mapping[str, Callable[[Any], object]]] = {
    "identity": lambda policies: policy_set(policies or ()),
    "boundary": _limit,
    "session": _limit,
    "scp": _levels,
    "rcp": _levels,
    "resource": _own,
    "vpc_endpoint": _limit,
    "kms_grants": lambda grants: tuple(grants or ()),
    "s3": lambda access: access,
}
"""How each layer is kept, made of what `Layers` is given."""
