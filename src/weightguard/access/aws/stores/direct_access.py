"""Who may do what to a store without becoming anybody else: object and key decided for the same caller.

Reading is the object read *and*, where a KMS key wraps the objects, the use of that key. What copies, destroys or takes over a
store besides (replication, expiry, key deletion, policy changes) is a way of its own, from the technique data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.decisions import Decisions
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import NamedPrincipals
from weightguard.access.aws.identities.sensitivity import BLIND, Sensitivity, sensitivity
from weightguard.access.aws.identities.strangers import Stranger, Strangers
from weightguard.access.aws.keys import KeySurface
from weightguard.access.aws.stores.actions import (
    BUCKET_ACTIONS,
    KEY_ACTIONS,
    KEY_ADMINISTRATION,
    OBJECT_ACTIONS,
    actions_on,
)
from weightguard.access.aws.stores.candidates import (
    PUBLIC,
    Candidate,
    better,
    is_certain,
    is_confined,
    rank,
    together,
)
from weightguard.access.aws.stores.mentioned import mentioned_by, resource_documents
from weightguard.access.aws.stores.policy_index import PolicyIndex
from weightguard.access.aws.stores.replication import Replicator
from weightguard.access.aws.stores.s3_requests import ask_key
from weightguard.access.aws.stores.store_changes import Applied, StoreChanges
from weightguard.access.aws.stores.store_decisions import StoreDecisions, best_of
from weightguard.access.aws.stores.store_likeness import Alike, policies_in
from weightguard.access.aws.stores.store_policies import StoreSurface
from weightguard.access.grant import FREELY, Grant
from weightguard.access.links import Link, Step
from weightguard.access.model import AccessKind
from weightguard.estate.aws.partition import partition_of
from weightguard.policy.aws import Layers, parse_principal


class DirectAccess:
    """Decides direct access to stores.

    Args:
        decisions: puts the questions.
        index: which groups' policies name an action at all.
        named: resolves the names in the store's own policies.
        replicators: the roles that S3 may replicate with.
    """

    def __init__(
        self,
        decisions: Decisions,
        index: PolicyIndex,
        named: NamedPrincipals,
        replicators: Sequence[Replicator],
    ) -> None:
        self._decisions = decisions
        self.store_decisions = StoreDecisions(decisions)
        self._index = index
        self._named = named
        self._strangers = Strangers(decisions.population)
        self.store_changes = StoreChanges(decisions, self.store_decisions, replicators)
        self._told: dict[tuple[object, ...], tuple[Sensitivity, frozenset[str]]] = {}
        self._same: dict[tuple[object, ...], Grant | None] = {}
        self._alike = Alike()
        self._guarding: dict[str | None, Layers] = {}

    def links(self, access: AccessKind, place: StoreSurface, actors: Actors) -> Iterator[Link]:
        """A link from those of some groups who can, to the store, under whichever key some of its objects lie."""
        for one in place.by_key(access):
            yield from self._links_under(access, one, actors)

    def _links_under(self, access: AccessKind, place: StoreSurface, actors: Actors) -> Iterator[Link]:
        for candidate in self._candidates(access, place, actors):
            for steps in self._ways(access, place, candidate):
                for node in candidate.nodes:
                    yield Link(node, place.id, steps)
        if actors.with_others:
            yield from self._of_strangers(access, place)

    def _of_strangers(self, access: AccessKind, place: StoreSurface) -> Iterator[Link]:
        """A link from everybody outside whom the policies of the store and its key may mean."""
        mentioned = mentioned_by(self._decisions.population, access, place)
        if mentioned is None:
            return
        open_to_all = bool(self._ways(access, place, PUBLIC))
        for stranger in self._strangers.of(mentioned, partition_of(place.id), place.account):
            if stranger.is_anybody and open_to_all:
                continue  # Whoever is signed in is let in as the anonymous are.
            candidate = Candidate(stranger.caller, stranger.layers, stranger.names)
            for steps in self._ways(access, place, candidate):
                if (
                    len(steps) == 1 or stranger.unseen is None
                ):  # What nobody has seen is not taken to change anything.
                    yield from _links(stranger, place, steps)
        for stranger in self._strangers.by_own_points(mentioned, partition_of(place.id), place.account):
            candidate = Candidate(stranger.caller, stranger.layers, stranger.names)
            through = self._through_own_point(access, place, candidate)
            if through is not None:
                yield from _links(stranger, place, (through,))

    def _through_own_point(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> Step | None:
        """The object action through an access point that no snapshot holds: its account has it say what it likes."""
        if access not in OBJECT_ACTIONS:
            return None
        key = self._on_key(access, place, candidate)
        found = self.store_decisions.behind_point(
            OBJECT_ACTIONS[access], place, candidate.caller, candidate.layers
        )
        if key is None or found is None:
            return None
        return together(found, key, KEY_ACTIONS.get(access), place)

    def _ways(self, access: AccessKind, place: StoreSurface, candidate: Candidate) -> list[tuple[Step, ...]]:
        """The best way, and where that takes a change first, what is allowed as things are besides; certain ones first."""
        best = self._decide(access, place, candidate)
        if best is None:
            return []
        standing = self._standing(access, place, candidate) if len(best) > 1 else None
        return [best] if standing is None else sorted((standing, best), key=rank)

    def _standing(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> tuple[Step, ...] | None:
        """What is allowed as things are, though only under conditions: nobody has to change anything for it."""
        if access is AccessKind.DECRYPT and place.key is None:
            access = AccessKind.READ
        if access is AccessKind.DECRYPT:
            return self._own_decrypt(place, candidate)
        objects = self._on_objects(access, place, candidate)
        key = None if objects is None else self._on_key(access, place, candidate)
        if objects is None or key is None:
            return self._administer(access, place, candidate) if access is AccessKind.DELETE else None
        steps = (together(objects, key, KEY_ACTIONS.get(access), place),)
        return None if access is AccessKind.COPY and is_confined(steps) else steps

    def _decide(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> tuple[Step, ...] | None:
        if access is AccessKind.DECRYPT and place.key is None:
            access = AccessKind.READ  # S3 decrypts for whoever it lets read.
        if access is AccessKind.DECRYPT:
            return self._decrypt(place, candidate)
        if access is AccessKind.ADMINISTER:
            return self._administer(access, place, candidate)
        best = self._object_way(access, place, candidate)
        if access is AccessKind.DELETE and not is_certain(best):
            best = better(best, self._administer(access, place, candidate))
        if access is AccessKind.COPY and (best is None or is_confined(best)):
            best = self._copying(place, candidate)
        return best

    def _object_way(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> tuple[Step, ...] | None:
        """The object action with the key use, allowed as things are or after granting oneself what lacks."""
        objects = self._on_objects(access, place, candidate)
        key = self._on_key(access, place, candidate)
        before: tuple[Step, ...] = ()
        if objects is None or not objects[1].is_certain:
            gained = self.store_changes.objects(
                access, place, candidate.caller, candidate.layers, OBJECT_ACTIONS[access]
            )
            if gained is not None and (objects is None or gained.is_certain):
                before, objects = (*before, *gained.before), (gained.action, gained.grant)
        if objects is None:
            return None
        if key is None or not key.is_certain:
            gained = self._key_gain(access, place, candidate)
            if gained is not None and (key is None or gained.is_certain):
                before, key = (*before, *gained.before), gained.grant
        if key is None:
            return None
        return (*before, together(objects, key, KEY_ACTIONS.get(access), place))

    def _key_gain(self, access: AccessKind, place: StoreSurface, candidate: Candidate) -> Applied | None:
        if place.key is None or access not in KEY_ACTIONS:
            return None
        return self.store_changes.key(place, candidate.caller, candidate.layers, KEY_ACTIONS[access])

    def _on_objects(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> tuple[str, Grant] | None:
        """The best object action, on the bucket itself or through an access point; certain ones first."""
        actions = OBJECT_ACTIONS[access]
        direct = (
            (action, grant)
            for action in actions
            if (grant := self._on_store(action, place.objects, place, candidate)) is not None
        )
        through = self.store_decisions.through_points(actions, place, candidate.caller, candidate.layers)
        return best_of(chain(direct, through))

    def _on_store(
        self, action: str, resource: str, place: StoreSurface, candidate: Candidate
    ) -> Grant | None:
        key = self._signature(action, resource, place, candidate)
        if key not in self._same:
            self._same[key] = self.store_decisions.on_store(
                action, resource, place, candidate.caller, candidate.layers
            )
        return self._same[key]

    def _signature(
        self, action: str, resource: str, place: StoreSurface, candidate: Candidate
    ) -> tuple[object, ...]:
        """Equal for stores that no policy tells apart for a candidate."""
        who = (candidate.caller, candidate.nodes, action)
        itself = (*who, resource, *place.itself)
        if place.s3.bucket_acl or place.policy_unread:
            return itself
        tags = getattr(place.store.tags, "value", None) if place.store is not None else {}
        if tags is None or (tags and self._decisions.population.tag_keys):
            return itself
        denied = () if place.policy is None else self._alike.denied(place.policy, action, resource)
        own = None if denied is None else self._alike.signature(resource, candidate.layers)
        guarded = None if own is None else self._alike.signature(resource, self._guards(place.account))
        if guarded is None:
            return itself
        where = (place.held, partition_of(place.id), place.account, place.region)
        return (*who, *where, own, guarded, place.policy is None, denied)

    def _guards(self, account: str | None) -> Layers:
        """The resource control policies of an account."""
        found = self._guarding.get(account)
        if found is None:
            rcp = self._decisions.population.realm(account).rcp if account else ()
            found = self._guarding[account] = Layers(rcp=rcp or None)
        return found

    def _on_key(self, access: AccessKind, place: StoreSurface, candidate: Candidate) -> Grant | None:
        if place.key is None or access not in KEY_ACTIONS:
            return FREELY
        return self._key_use(KEY_ACTIONS[access], place, candidate)

    def _key_use(self, action: str, place: StoreSurface, candidate: Candidate) -> Grant | None:
        same = (candidate.caller, candidate.nodes, action, *self._key_seen(place, candidate))
        if same not in self._same:
            self._same[same] = self.store_decisions.on_key(action, place, candidate.caller, candidate.layers)
        return self._same[same]

    def _key_seen(self, place: StoreSurface, candidate: Candidate) -> tuple[object, ...]:
        """Equal for stores that the key is used for alike: which of them it is, the encryption context alone says."""
        key = place.key
        if key is None or self._tells_stores_apart(key, candidate):
            return place.itself
        return key.arn, key.account, key.provider_managed, key.alias, partition_of(place.id), place.region

    def _tells_stores_apart(self, key: KeySurface, candidate: Candidate) -> bool:
        """Whether what bears on the use of a key looks at the encryption context."""
        bound = any(grant.is_bound for grant in key.grants)
        own = () if key.policy is None else (key.policy,)
        looks = self._alike.looks_at_contexts
        return (
            bound
            or looks(own)
            or any(
                looks(policies)
                for layers in (candidate.layers, self._guards(key.account))
                for policies in policies_in(layers)
            )
        )

    def _decrypt(self, place: StoreSurface, candidate: Candidate) -> tuple[Step, ...] | None:
        key = place.key
        assert key is not None  # noqa: S101 - `_decide` answers for stores without a key
        best = self._own_decrypt(place, candidate)
        if not is_certain(best) and not key.provider_managed:
            gained = self.store_changes.key(place, candidate.caller, candidate.layers, "kms:Decrypt")
            if gained is not None:
                last = Step("kms:Decrypt", gained.grant, key.arn or place.id)
                best = better(best, (*gained.before, last))
        return best

    def _own_decrypt(self, place: StoreSurface, candidate: Candidate) -> tuple[Step, ...] | None:
        """The use of the key as it is."""
        key = place.key
        grant = None if key is None else self._key_use("kms:Decrypt", place, candidate)
        if key is None or grant is None:
            return None
        return (Step("kms:Decrypt", grant, key.arn or place.id),)

    def _administer(
        self, access: AccessKind, place: StoreSurface, candidate: Candidate
    ) -> tuple[Step, ...] | None:
        best: tuple[Step, ...] | None = None
        for action in BUCKET_ACTIONS.get(access, ()):
            grant = self._on_store(action, place.id, place, candidate)
            if grant is not None and candidate.caller.account == place.account:
                best = better(best, (Step(action, grant, place.id),))
            if is_certain(best):
                return best
        key = place.key
        if key is None or key.provider_managed:
            return best
        for action in KEY_ADMINISTRATION.get(access, ()):
            grant = ask_key(
                self._decisions, action, place, key, candidate.caller, candidate.layers, through_s3=False
            )
            if grant is not None:
                best = better(best, (Step(action, grant, key.arn),))
            if is_certain(best):
                return best
        return best

    def _copying(self, place: StoreSurface, candidate: Candidate) -> tuple[Step, ...] | None:
        return self.store_changes.copies(place, candidate.caller, candidate.layers)

    def _candidates(self, access: AccessKind, place: StoreSurface, actors: Actors) -> Iterator[Candidate]:
        actions, allowing = _actions(access, place)
        yield from self.candidates(actors, actions, allowing, place)
        if not actors.with_others:
            return
        if place.policy is not None or place.s3.bucket_acl:
            yield PUBLIC
        for grant in place.s3.bucket_acl:
            if not grant.is_public:
                yield Candidate(parse_principal({"canonical": grant.grantee}), Layers(), (grant.grantee,))

    def candidates(
        self, actors: Actors, actions: tuple[str, ...], allowing: tuple[str, ...], place: StoreSurface
    ) -> Iterator[Candidate]:
        """Those of some groups that may be allowed one of some actions on a store or its key.

        Args:
            actions: all actions that will be asked about.
            allowing: those of which a caller's own policies, or the store's or key's for it, must allow one.
        """
        for group in self._index.groups_for(actors, actions, allowing, place):
            yield from self.told_apart(group, place)

    def told_apart(self, group: PrincipalGroup, place: StoreSurface) -> Iterator[Candidate]:
        """A group as somebody to decide for, or those whom the policies of a store and its key tell apart from it."""
        looks, named = self._telling(place)
        for caller, nodes in self._named.apart(group, named, looks):
            yield Candidate(caller, group.layers, nodes)

    def _telling(self, place: StoreSurface) -> tuple[Sensitivity, frozenset[str]]:
        """What the policies of the store and its key look at in a caller, and whom they name."""
        found = self._told.get(place.itself)
        if found is None:
            looks, named = BLIND, frozenset[str]()
            for policy in resource_documents(place):
                looks |= sensitivity(policy, place.memory)
                named |= self._named.named_in(policy)
            named |= {grant.grantee for grant in (place.key.grants if place.key is not None else ())}
            found = self._told[place.itself] = (looks, named)
        return found


def _links(stranger: Stranger, place: StoreSurface, steps: tuple[Step, ...]) -> Iterator[Link]:
    *first, last = steps
    limited = Step(last.how, last.grant.provided(*stranger.conditions), last.target)
    for name in stranger.names:
        yield Link(name, place.id, (*first, limited))


def _actions(access: AccessKind, place: StoreSurface) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All actions that a question may come down to, and those of which a caller's own policies must allow one."""
    return actions_on(access, place.key is not None)
