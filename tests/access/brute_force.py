"""Who reads a store, by trying everything forwards: one attacker at a time, every identity, every change, until nothing is new.

An independent reading of the same rules over the same engine, without groups, classes, cohorts, hubs or backwards search. It
knows the techniques that random small estates use, in one account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from small_estates import HOME, STORE

from weightguard.estate.model import Estate, NamedPolicy, Principal, PrincipalKind
from weightguard.policy.aws import Layers, PolicyKind, Request, compile_policy, decide, parse_principal

EVERYTHING = compile_policy(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    kind=PolicyKind.IDENTITY,
    name="everything",
)
ATTACHED = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Identity:
    """A principal as the attacker holds it."""

    principal: str
    everything: bool = False
    unbounded: bool = False
    dropped: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()


class World:
    """An estate that an attacker acts in."""

    def __init__(self, estate: Estate) -> None:
        self.people = {one.id: one for one in estate.principals if one.kind is not PrincipalKind.GROUP}
        self.groups = {one.id: one for one in estate.principals if one.kind is PrincipalKind.GROUP}
        self.workloads = list(estate.workloads)
        self.store = estate.stores.items[0]
        self._decided: dict[object, bool] = {}

    def readers(self) -> set[str]:
        return {name for name in self.people if self._reaches(name)}

    def direct_readers(self) -> set[str]:
        """Those who may read as they are."""
        return {name for name in self.people if self.may(Identity(name), "s3:GetObject", f"{STORE}/*")}

    def carried(self, who: Principal, identity: Identity) -> Iterator[NamedPolicy]:
        owners = [who, *(self.groups[name] for name in who.known_groups if name in self.groups)]
        for owner in owners:
            yield from (one for one in owner.policies.value if one.id not in identity.dropped)  # type: ignore[union-attr]
        for name in sorted(identity.joined):
            yield from self.groups[name].policies.value  # type: ignore[union-attr]

    def layers(self, identity: Identity) -> Layers:
        who = self.people[identity.principal]
        own = [
            compile_policy(one.document, kind=PolicyKind.IDENTITY, name=one.id)
            for one in self.carried(who, identity)
        ]
        if identity.everything:
            own.append(EVERYTHING)
        limit = None if identity.unbounded else who.boundary.value  # type: ignore[union-attr]
        boundary = (
            None
            if limit is None
            else (compile_policy(limit.document, kind=PolicyKind.BOUNDARY, name=limit.id),)
        )
        return Layers(identity=own, boundary=boundary)

    def may(
        self, identity: Identity, action: str, resource: str, *, trust: object = None, **context: str | None
    ) -> bool:
        key = (identity, action, resource, str(trust), tuple(context.items()))
        found = self._decided.get(key)
        if found is None:
            layers = self.layers(identity)
            if trust is not None:
                layers = layers.replace(
                    resource=(compile_policy(trust, kind=PolicyKind.TRUST, name="trust"),)
                )
            named = {name.replace("_", ":"): value for name, value in context.items()}
            request = Request(
                parse_principal(identity.principal),
                action,
                resource,
                resource_account=HOME,
                context=named,
                assume_unknown=True,
            )
            found = self._decided[key] = decide(request, layers).may_be_allowed
        return found

    def _reaches(self, start: str) -> bool:
        held = {Identity(start)}
        changed: dict[str, Identity] = {}
        while True:
            before = (len(held), dict(changed))
            for actor in list(held):
                if self._creates(actor):
                    return self._new_administrator_reads()
                self._becomes(actor, held)
                self._changes(actor, changed)
            held |= {changed[one.principal] for one in list(held) if one.principal in changed}
            if (len(held), changed) == before:
                break
        return any(self._reads(one) for one in held)

    def _reads(self, identity: Identity) -> bool:
        """Itself, or by granting the objects to an account of the attacker's own once access control lists are on."""
        lists_on = self.may(identity, "s3:PutBucketOwnershipControls", STORE)
        return self.may(identity, "s3:GetObject", f"{STORE}/*") or (
            lists_on and self.may(identity, "s3:PutObjectAcl", f"{STORE}/*")
        )

    def _new_administrator_reads(self) -> bool:
        return True  # Nothing but an SCP limits it, and these worlds have none.

    def _creates(self, actor: Identity) -> bool:
        new_user, new_role = f"arn:aws:iam::{HOME}:user/brand-new", f"arn:aws:iam::{HOME}:role/brand-new"
        attach = {"iam_PermissionsBoundary": None, "iam_PolicyARN": ATTACHED}
        for kind, name, first, last in (
            ("User", new_user, "iam:CreateUser", "iam:CreateAccessKey"),
            ("Role", new_role, "iam:CreateRole", "iam:CreateRole"),
        ):
            given = any(
                self.may(actor, f"iam:{verb}{kind}Policy", name, **attach) for verb in ("Put", "Attach")
            )
            if given and self.may(actor, first, name, **attach) and self.may(actor, last, name, **attach):
                return True
        return False

    def _becomes(self, actor: Identity, held: set[Identity]) -> None:
        for name, target in self.people.items():
            if name == actor.principal:
                continue
            if target.kind is PrincipalKind.USER:
                entered = self._new_credentials(actor, target)
            else:
                entered = self._assumes(actor, target) or self._passes(actor, target)
            if entered:
                held.add(Identity(name))
        for workload in self.workloads:
            if self.may(actor, "lambda:UpdateFunctionCode", workload.id):
                held.update(Identity(role) for role in workload.known_roles)

    def _new_credentials(self, actor: Identity, target: Principal) -> bool:
        full = len(target.credentials.value) >= 2  # type: ignore[union-attr]
        if self.may(actor, "iam:CreateAccessKey", target.id) and (
            not full or self.may(actor, "iam:DeleteAccessKey", target.id)
        ):
            return True
        login = "iam:UpdateLoginProfile" if target.console_password.value else "iam:CreateLoginProfile"  # type: ignore[union-attr]
        return self.may(actor, login, target.id)

    def _assumes(self, actor: Identity, target: Principal) -> bool:
        trust = target.trust.value.document  # type: ignore[union-attr]
        if self.may(actor, "sts:AssumeRole", target.id, trust=trust):
            return True
        own = {"Effect": "Allow", "Principal": {"AWS": actor.principal}, "Action": "sts:AssumeRole"}
        rewritten = {"Version": "2012-10-17", "Statement": [own]}
        return self.may(actor, "iam:UpdateAssumeRolePolicy", target.id) and self.may(
            actor, "sts:AssumeRole", target.id, trust=rewritten
        )

    def _passes(self, actor: Identity, target: Principal) -> bool:
        trusted = any(
            "lambda.amazonaws.com" in str(statement.get("Principal", {}).get("Service", ""))
            for statement in target.trust.value.document["Statement"]  # type: ignore[union-attr]
        )
        function = f"arn:aws:lambda:us-east-1:{HOME}:function:brand-new"
        return (
            trusted
            and self.may(actor, "iam:PassRole", target.id, iam_PassedToService="lambda.amazonaws.com")
            and self.may(actor, "lambda:CreateFunction", function)
            and self.may(actor, "lambda:InvokeFunction", function)
        )

    def _changes(self, actor: Identity, changed: dict[str, Identity]) -> None:
        for name, target in self.people.items():
            now = changed.get(name, Identity(name))
            kind = "User" if target.kind is PrincipalKind.USER else "Role"
            limit = target.boundary.value  # type: ignore[union-attr]
            bound = {"iam_PermissionsBoundary": None if limit is None else limit.id}
            everything = now.everything or self._gives_everything(actor, target, kind, bound)
            unbounded = now.unbounded or (
                limit is not None
                and (
                    self.may(actor, f"iam:Delete{kind}PermissionsBoundary", name, **bound)
                    or self.may(actor, f"iam:Put{kind}PermissionsBoundary", name)
                )
            )
            dropped = now.dropped | frozenset(self._drops(actor, target, kind, bound))
            joined = now.joined
            if kind == "User" and not everything:
                joined = joined | frozenset(
                    group.id
                    for group in self.groups.values()
                    if group.id not in target.known_groups and self.may(actor, "iam:AddUserToGroup", group.id)
                )
            if (everything, unbounded, dropped, joined) != (
                now.everything,
                now.unbounded,
                now.dropped,
                now.joined,
            ):
                changed[name] = Identity(name, everything, unbounded, dropped, joined)

    def _gives_everything(
        self, actor: Identity, target: Principal, kind: str, bound: dict[str, str | None]
    ) -> bool:
        if self.may(actor, f"iam:Put{kind}Policy", target.id, **bound):
            return True
        if self.may(actor, f"iam:Attach{kind}Policy", target.id, iam_PolicyARN=ATTACHED, **bound):
            return True
        return any(
            self.may(actor, "iam:PutGroupPolicy", group)
            or self.may(actor, "iam:AttachGroupPolicy", group, iam_PolicyARN=ATTACHED)
            for group in target.known_groups
        )

    def _drops(
        self, actor: Identity, target: Principal, kind: str, bound: dict[str, str | None]
    ) -> Iterator[str]:
        for policy in target.policies.value:  # type: ignore[union-attr]
            denies = any(one["Effect"] == "Deny" for one in policy.document["Statement"])  # type: ignore[index]
            if denies and self.may(actor, f"iam:Delete{kind}Policy", target.id, **bound):
                yield policy.id
