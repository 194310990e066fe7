"""An AWS evaluation case: the request and policies of a line of `weightguard evaluate`, decided and explained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from weightguard.errors import InputError
from weightguard.policy.aws.context import ContextValue
from weightguard.policy.aws.decide import decide
from weightguard.policy.aws.document import LONGEST_BUCKET_POLICY, CompiledPolicy, PolicyKind, compile_parsed
from weightguard.policy.aws.explain import explain
from weightguard.policy.aws.kms import parse_grant
from weightguard.policy.aws.model import Layers, PolicySet, Request
from weightguard.policy.aws.principal import Principal, parse_principal
from weightguard.policy.case import CaseProblem, Remembered
from weightguard.policy.decision import Decision

_KINDS = {
    "identity": PolicyKind.IDENTITY,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "scp": PolicyKind.SCP,
    "rcp": PolicyKind.RCP,
    "vpc_endpoint": PolicyKind.VPC_ENDPOINT,
}
_LEVELLED = {"scp", "rcp"}
_LAYERS = {*_KINDS, "resource", "kms_grants"}
_TRUST = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")


@dataclass(frozen=True, slots=True)
class AwsCase:
    """A request with the policies to decide it by.

    Args:
        request: the request.
        layers: the policies.
        told: what is wrong with them.
    """

    request: Request
    layers: Layers
    told: tuple[CaseProblem, ...]

    def decide(self) -> Decision:
        """The decision."""
        return decide(self.request, self.layers)

    def asked(self) -> str:
        """The question in words."""
        return f"{self.request.action} on {self.request.resource} by {self.request.principal.identifier}"

    def explained(self, decision: Decision) -> list[str]:
        """A decision in lines: which layers said what, in order."""
        return explain(decision)

    def problems(self) -> tuple[CaseProblem, ...]:
        """What the provider would refuse of the case's policies, or what does not do what it seems to."""
        return self.told


def parse_case(entry: Mapping[str, object], remembered: Remembered) -> AwsCase:
    """Read a case.

    Args:
        entry: the parsed line: ``request`` and ``policies`` as the case schema has them.
        remembered: policies that were read before.

    Raises:
        InputError: a part is missing or is not what it should be. What is wrong inside a policy is not an
            error: the policy then grants nothing.
    """
    request = _request(_object(entry, "request", required=True), entry, remembered)
    raw, action = _object(entry, "policies", required=False), request.action.lower()
    kind = PolicyKind.TRUST if action.startswith(_TRUST) else PolicyKind.RESOURCE
    longest = LONGEST_BUCKET_POLICY if action.startswith("s3:") else None

    def read() -> tuple[Layers, tuple[CaseProblem, ...]]:
        layers = _layers(raw, kind, longest, remembered)
        return layers, tuple(_problems(layers))

    return AwsCase(request, *remembered.once(raw, read, "aws", kind, longest))


def _problems(layers: Layers) -> Iterator[CaseProblem]:
    for layer, policies in _sets_of(layers):
        for policy in policies:
            for problem in policy.problems:
                yield CaseProblem(
                    layer, policy.name, problem.statement, problem.message, problem.grants_nothing
                )


def _sets_of(layers: Layers) -> Iterator[tuple[str, PolicySet]]:
    """Every set of policies with the name of its layer."""
    for name, policies in (
        ("identity", layers.identity),
        ("boundary", layers.boundary),
        ("session", layers.session),
        *(("scp", level) for level in layers.scp),
        *(("rcp", level) for level in layers.rcp),
        ("resource", layers.resource),
        ("vpc_endpoint", layers.vpc_endpoint),
    ):
        if policies is not None:
            yield name, policies


def _request(raw: Mapping[str, object], entry: Mapping[str, object], remembered: Remembered) -> Request:
    assume = entry.get("assume", raw.get("assume"))
    if assume not in (None, "unknown", "absent"):
        raise InputError(f"assume is {assume!r}", fix='give "unknown" or leave it out')
    account = raw.get("resource_account")
    if account is not None and not isinstance(account, str):
        raise InputError("resource_account is not a text", fix='give the 12 digits as a text: "111111111111"')
    principal = raw.get("principal")
    if not isinstance(principal, str | dict):
        raise InputError("request has no principal", fix='give an ARN, "*" or {"service": "..."}')
    action = _text(raw, "action")
    if ":" not in action:
        raise InputError(f"{action!r} is not an action", fix='give "service:Name"')
    return Request(
        principal=_principal(principal, remembered),
        action=action,
        resource=_text(raw, "resource"),
        resource_account=account or None,
        context=_context(raw.get("context")),
        assume_unknown=assume == "unknown",
    )


def _principal(value: str | Mapping[str, object], remembered: Remembered) -> Principal:
    return remembered.memory.once(_of_text, value) if isinstance(value, str) else parse_principal(value)


def _of_text(text: str) -> Principal:
    return parse_principal(text)


def _object(entry: Mapping[str, object], name: str, *, required: bool) -> Mapping[str, object]:
    value = entry.get(name)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{name} is not an object", fix="see `weightguard schema case`")
    return value


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(f"request has no {name}", fix="see `weightguard schema case`")
    return value


def _context(raw: object) -> dict[str, ContextValue]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InputError("context is not an object", fix="give context keys with their values")
    return {str(key): _context_value(str(key), value) for key, value in raw.items()}


def _context_value(key: str, value: object) -> ContextValue:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return [item for item in value if _is_scalar(key, item)]
    raise InputError(
        f"the context value of {key!r} is an object", fix="give a text, a number, a boolean or a list of them"
    )


def _is_scalar(key: str, item: object) -> bool:
    if isinstance(item, str | bool | int | float):
        return True
    raise InputError(f"the context value of {key!r} holds {item!r}", fix="give texts, numbers or booleans")


def _layers(
    raw: Mapping[str, object], resource_kind: PolicyKind, longest: int | None, remembered: Remembered
) -> Layers:
    if unknown := raw.keys() - _LAYERS:
        raise InputError(f"unknown policy layer {min(unknown)!r}", fix=f"one of {', '.join(sorted(_LAYERS))}")
    layers: dict[str, Any] = {
        name: _layer(remembered, name, value, resource_kind, longest)
        for name, value in raw.items()
        if value is not None
    }
    return Layers(**layers)


def _layer(
    remembered: Remembered, name: str, value: object, resource_kind: PolicyKind, longest: int | None
) -> object:
    if name == "kms_grants":
        return _grants(value)
    if name == "resource":
        return _policies(remembered, value, resource_kind, name, longest)
    kind = _KINDS[name]
    return _levels(remembered, value, kind) if name in _LEVELLED else _policies(remembered, value, kind, name)


def _policies(
    remembered: Remembered, value: object, kind: PolicyKind, layer: str, longest: int | None = None
) -> list[CompiledPolicy]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) == 1:
        return [_policy(remembered, entries[0], kind, layer, longest)]
    return [
        _policy(remembered, entry, kind, f"{layer}[{index}]", longest) for index, entry in enumerate(entries)
    ]


def _policy(
    remembered: Remembered, entry: object, kind: PolicyKind, layer: str, longest: int | None
) -> CompiledPolicy:
    if isinstance(entry, dict) and "policy" in entry and "Statement" not in entry:
        given = entry.get("name")
        name = given if isinstance(given, str) and given else layer
        return compile_parsed(entry["policy"], remembered, kind=kind, name=name, longest=longest)
    if isinstance(entry, dict | str):
        return compile_parsed(entry, remembered, kind=kind, name=layer, longest=longest)
    raise InputError(f"{layer} holds something that is no policy", fix='give {"name": ..., "policy": {...}}')


def _levels(remembered: Remembered, value: object, kind: PolicyKind) -> list[list[CompiledPolicy]]:
    if not isinstance(value, list) or not all(isinstance(level, list) for level in value):
        raise InputError(
            f"{kind.value} is not a list of levels",
            fix="give one list of policies a level, from the root down",
        )
    return [_policies(remembered, level, kind, kind.value) for level in value]


def _grants(value: object) -> list[object]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InputError("kms_grants is not a list of grants", fix="give grants as ListGrants returns them")
    return [parse_grant(entry) for entry in value]
