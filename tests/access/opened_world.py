"""Who reads a store that somebody may open first, by trying everything forwards: every identity, every change.

An independent reading of the rules over the same engine for single decisions, without surfaces, alterations, cohorts or
searches backwards. An attacker starts as one principal, holds whatever roles it can assume, and then explores states: what the
bucket policy, the access point's policy, the key policy, the grants, the key's tags and its state have become, each by a change
that some held identity was allowed in the state before. The policies that it writes let in everybody whom it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from weightguard.estate.model import Estate, Key, Principal, PrincipalKind
from weightguard.policy.aws import (
    AccessPoint,
    CompiledPolicy,
    KmsGrant,
    Layers,
    PolicyKind,
    Request,
    compile_policy,
    decide,
    decide_through,
    parse_principal,
)

OWN, WRITTEN, NONE = "own", "written", "none"
ACROSS = ("kms:Decrypt", "kms:CreateGrant")
"""What a key takes from another account."""
TAG, VALUE = "team", "mine"


@dataclass(frozen=True)
class State:
    """What has become of the store and its key."""

    bucket: str = OWN
    point: str = OWN
    new_point: bool = False
    key: str = OWN
    granted: bool = False
    enabled: bool = True
    tagged: bool = False


class World:
    """An estate with one store, at most one access point of it, and at most one key."""

    def __init__(self, estate: Estate) -> None:
        self.people = {one.id: one for one in estate.principals if one.kind is not PrincipalKind.GROUP}
        self.store = estate.stores.items[0]
        self.point = next(iter(self.store.access_points), None)
        self.key: Key | None = next(iter(estate.keys), None)
        self._decided: dict[object, bool] = {}

    def readers(self) -> set[str]:
        """Everybody who reads, whatever it takes."""
        return {name for name in self.people if self._reads(name)}

    def _reads(self, start: str) -> bool:
        held = frozenset(self._held(start))
        first = State(enabled=self.key is None or self.key.state.value == "Enabled")  # type: ignore[union-attr]
        seen, waiting = {first}, [first]
        while waiting:
            state = waiting.pop()
            if any(self._reads_in(name, state, held) for name in sorted(held)):
                return True
            for after in self._changes(state, held):
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return False

    def _held(self, start: str) -> set[str]:
        held = {start}
        while True:
            more = {
                role
                for role, one in self.people.items()
                if one.kind is PrincipalKind.ROLE
                and role not in held
                and any(self._assumes(name, one) for name in held)
            }
            if not more:
                return held
            held |= more

    def _assumes(self, name: str, role: Principal) -> bool:
        trust = compile_policy(role.trust.value.document, kind=PolicyKind.TRUST, name="trust")  # type: ignore[union-attr,arg-type]
        layers = self._layers(name).replace(resource=(trust,))
        return self._allowed(name, "sts:AssumeRole", role.id, layers, role.account, {})

    def _layers(self, name: str) -> Layers:
        who = self.people[name]
        own = [
            compile_policy(one.document, kind=PolicyKind.IDENTITY, name=one.id)  # type: ignore[arg-type]
            for one in who.policies.value  # type: ignore[union-attr]
        ]
        limit = who.boundary.value  # type: ignore[union-attr]
        bounds = (
            None
            if limit is None
            else (compile_policy(limit.document, kind=PolicyKind.BOUNDARY, name=limit.id),)
        )
        return Layers(identity=own, boundary=bounds)

    def _allowed(
        self, name: str, action: str, resource: str, layers: Layers, owner: str, context: dict[str, object],
        point: AccessPoint | None = None,
    ) -> bool:  # fmt: skip
        who = self.people[name]
        request = Request(
            parse_principal(name, tags=who.tags.value),  # type: ignore[union-attr]
            action,
            resource,
            resource_account=owner,
            context=context,  # type: ignore[arg-type]
            assume_unknown=False,
        )
        found = decide(request, layers) if point is None else decide_through(request, layers, point)
        return found.outcome.value == "allowed"

    def _changes(self, state: State, held: frozenset[str]) -> Iterator[State]:
        yield from self._store_changes(state, held)
        if self.key is not None:
            yield from self._key_changes(state, held)

    def _store_changes(self, state: State, held: frozenset[str]) -> Iterator[State]:
        if self._some(state, held, "s3:PutBucketPolicy", self.store.id):
            yield replace(state, bucket=WRITTEN)
        if self._some(state, held, "s3:DeleteBucketPolicy", self.store.id):
            yield replace(state, bucket=NONE)
        new = f"{self._point_prefix}/brand-new"
        if self._some(state, held, "s3:CreateAccessPoint", new) and self._some(
            state, held, "s3:PutAccessPointPolicy", new
        ):
            yield replace(state, new_point=True)
        if self.point is not None:
            if self._some(state, held, "s3:PutAccessPointPolicy", self.point.id):
                yield replace(state, point=WRITTEN)
            if self._some(state, held, "s3:DeleteAccessPointPolicy", self.point.id):
                yield replace(state, point=NONE)

    @cached_property
    def _point_prefix(self) -> str:
        partition = self.store.id.split(":")[1]
        return f"arn:{partition}:s3:{self.store.region}:{self.store.account}:accesspoint"

    def _key_changes(self, state: State, held: frozenset[str]) -> Iterator[State]:
        if self._some(state, held, "kms:PutKeyPolicy", ""):
            yield replace(state, key=WRITTEN)
        if self._some(state, held, "kms:CreateGrant", ""):
            yield replace(state, granted=True)
        if not state.enabled and self._some(state, held, "kms:EnableKey", ""):
            yield replace(state, enabled=True)
        if self._some(state, held, "kms:TagResource", ""):
            yield replace(state, tagged=True)

    def _some(self, state: State, held: frozenset[str], action: str, resource: str) -> bool:
        """Whether somebody held may make a change; nobody of another account changes more than grants."""
        return any(self._may(name, state, held, action, resource) for name in held)

    def _may(self, name: str, state: State, held: frozenset[str], action: str, resource: str) -> bool:
        key = (name, state, held, action, resource)
        if key not in self._decided:
            if action.startswith("kms:"):
                self._decided[key] = self._on_key(name, state, held, action)
            else:
                own = self.people[name].account == self.store.account
                self._decided[key] = own and self._on_store(name, state, held, action, resource)
        return self._decided[key]

    def _on_store(self, name: str, state: State, held: frozenset[str], action: str, resource: str) -> bool:
        about_bucket = resource.startswith(self.store.id)
        layers = self._layers(name)
        if about_bucket:
            layers = layers.replace(resource=self._bucket_policy(state, held))
        return self._allowed(name, action, resource, layers, self.store.account, {})

    def _bucket_policy(self, state: State, held: frozenset[str]) -> tuple[CompiledPolicy, ...] | None:
        policy = self.store.policy.value  # type: ignore[union-attr]
        if state.bucket == WRITTEN:
            return (self._written(held),)
        if state.bucket == NONE or policy is None:
            return None
        return (compile_policy(policy.document, kind=PolicyKind.RESOURCE, name="bucket"),)

    @staticmethod
    def _written(held: frozenset[str]) -> CompiledPolicy:
        statement = {"Effect": "Allow", "Principal": {"AWS": sorted(held)}, "Action": "*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return compile_policy(document, kind=PolicyKind.RESOURCE, name="written")

    def _reads_in(self, name: str, state: State, held: frozenset[str]) -> bool:
        if self.key is not None and not (
            state.enabled and self._may(name, state, held, "kms:Decrypt", "through s3")
        ):
            return False
        layers = self._layers(name).replace(resource=self._bucket_policy(state, held))
        objects = f"{self.store.id}/any"
        ways = [None, *self._points(state, held)]
        return any(
            self._allowed(name, action, objects, layers, self.store.account, {}, point)
            for action in ("s3:GetObject", "s3:GetObjectVersion")
            for point in ways
        )

    def _points(self, state: State, held: frozenset[str]) -> Iterator[AccessPoint]:
        if state.new_point:
            yield AccessPoint(f"{self._point_prefix}/brand-new", (self._written(held),))  # type: ignore[arg-type]
        if self.point is None:
            return
        policy = self.point.policy.value  # type: ignore[union-attr]
        if state.point == WRITTEN:
            yield AccessPoint(self.point.id, (self._written(held),))  # type: ignore[arg-type]
        elif state.point == NONE or policy is None:
            yield AccessPoint(self.point.id)
        else:
            own = compile_policy(policy.document, kind=PolicyKind.RESOURCE, name="point")
            yield AccessPoint(self.point.id, (own,))  # type: ignore[arg-type]

    def _on_key(self, name: str, state: State, held: frozenset[str], action: str) -> bool:
        key = self.key
        assert key is not None
        if self.people[name].account != key.account and action not in ACROSS:
            return False
        policy = (
            self._written(held)
            if state.key == WRITTEN
            else compile_policy(key.policy.value.document, kind=PolicyKind.RESOURCE, name="key")  # type: ignore[union-attr,arg-type]
        )
        grants = [
            KmsGrant(one.id, one.grantee, frozenset(one.operations))
            for one in key.grants.value  # type: ignore[union-attr]
        ]
        if state.granted:
            grants += [KmsGrant("new", one, frozenset({"Decrypt"})) for one in sorted(held)]
        context: dict[str, object] = dict(self._key_context(state, action))
        layers = self._layers(name).replace(resource=(policy,), kms_grants=grants)
        return self._allowed(name, action, key.id, layers, key.account, context)

    def _key_context(self, state: State, action: str) -> Iterator[tuple[str, object]]:
        held = dict(self.key.tags.value) if self.key is not None else {}  # type: ignore[union-attr]
        if state.tagged:
            held[TAG] = VALUE
        yield from ((f"aws:ResourceTag/{name}", value) for name, value in held.items())
        if action == "kms:TagResource":
            yield "aws:TagKeys", [TAG]
            yield f"aws:RequestTag/{TAG}", VALUE
        if action == "kms:Decrypt":
            yield "kms:ViaService", f"s3.{self.store.region}.amazonaws.com"
