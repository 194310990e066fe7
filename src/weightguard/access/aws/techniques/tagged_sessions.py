"""Sessions of a role with tags that whoever assumes it chooses.

Source: IAM User Guide, "Pass session tags in AWS STS": the trust policy and the caller's own policies must allow sts:TagSession as
they must sts:AssumeRole; session tags override the role's own; both requests show the tags as aws:RequestTag and aws:TagKeys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from weightguard.access.aws.context import Context
from weightguard.access.aws.identities.actors import Actors
from weightguard.access.aws.identities.groups import PrincipalGroup
from weightguard.access.aws.identities.named_principals import allows_somebody
from weightguard.access.aws.identities.tags import applied, request_context
from weightguard.access.aws.permissions import how_of
from weightguard.access.aws.techniques.assume_role import rewritten_trust
from weightguard.access.aws.techniques.guardrail_removal import actors_of
from weightguard.access.aws.techniques.tag_choices import Choice, TagChoices
from weightguard.access.aws.techniques.trust_policies import ASSUME, TrustPolicies
from weightguard.access.grant import Grant
from weightguard.access.links import Graph, Link, Node, Step
from weightguard.estate.model import Principal, PrincipalKind
from weightguard.policy.aws import CompiledPolicy
from weightguard.policy.aws import Principal as Caller

TAG_SESSION: Final = "sts:TagSession"
_REWRITE: Final = how_of(("iam:UpdateAssumeRolePolicy", ASSUME))


class TaggedSessions:
    """Works out tagged sessions and who has them.

    Args:
        context: what techniques may ask.
        trusts: knows the roles' trust policies.
    """

    def __init__(self, context: Context, trusts: TrustPolicies) -> None:
        self._context = context
        self._trusts = trusts
        self._choices = TagChoices(context.population)
        self._made: dict[tuple[object, ...], PrincipalGroup] = {}
        self._linked: set[tuple[Node, PrincipalGroup]] = set()
        self._of_role: dict[str, list[tuple[Choice, PrincipalGroup]]] = {}

    def prepare(self, actors: Actors) -> None:
        """Make the tagged sessions that anybody may have by a role's trust policy, so that all techniques know them as actors."""
        for name, group in list(self._context.population.group_of.items()):
            role = self._context.population.principals[name]
            trust = self._trusts.of(role) if role.kind is PrincipalKind.ROLE else None
            if trust is None or not (
                allows_somebody(trust, TAG_SESSION.lower()) or self._rewritten(role, actors)
            ):
                continue
            for choice in self._choices.of(group):
                self._of_role.setdefault(name, []).append((choice, self._session(name, group, choice)))

    @staticmethod
    def _rewritten(role: Principal, actors: Actors) -> bool:
        """Whether somebody of its account may rewrite trust policies: that one may let itself tag sessions besides."""
        return bool(actors.able(role.account, "iam:UpdateAssumeRolePolicy").groups)

    def _session(self, name: str, group: PrincipalGroup, choice: Choice) -> PrincipalGroup:
        """A role's session with some tags; one for all roles that nothing tells apart."""
        population, apart = self._context.population, name in self._context.named.kept_apart
        caller = population.callers[name]
        tags = applied(dict(caller.tags or ()), dict(choice))
        looked_at = {tag.lower() for other in self._choices.of(group) for tag, _ in other}
        told = tuple(sorted(item for item in tags.items() if item[0].lower() in looked_at))
        key = (group, told, name if apart else None)
        made = self._made.get(key)
        if made is None:
            tagged = replace(caller, tags=tuple(sorted(tags.items())))
            made = self._made[key] = PrincipalGroup(
                group.account,
                group.kind,
                tagged,
                group.layers,
                group.documents,
                group.patterns,
                population.principals[name],
                change=("tagged",),
                own=group.own,
            )
            population.add_changed(made)
        return made

    def links(self, graph: Graph) -> Iterator[Link]:
        """Links to the sessions from whoever assumes the roles, as `graph` says, and may tag."""
        for name, sessions in self._of_role.items():
            role = self._context.population.principals[name]
            for origin, steps in list(graph.ways_into(name)):
                trust = self._trust_for(role, steps)
                if trust is not None:
                    yield from self._from(origin, steps, role, trust, sessions)

    def _trust_for(self, role: Principal, steps: tuple[Step, ...]) -> CompiledPolicy | None:
        """The trust policy that a way of assuming a role rests on; None for another way of becoming it."""
        return self._trusts.of(role) if len(steps) == 1 and steps[0].how in (ASSUME, _REWRITE) else None

    def _from(
        self,
        origin: Node,
        steps: tuple[Step, ...],
        role: Principal,
        trust: CompiledPolicy,
        sessions: list[tuple[Choice, PrincipalGroup]],
    ) -> Iterator[Link]:
        for actor, node in actors_of(origin, self._context.population):
            caller = self._context.population.callers[node] if isinstance(node, str) else actor.caller
            own = (
                rewritten_trust(role, caller, self._context.population.memory)
                if steps[0].how == _REWRITE
                else trust
            )
            for choice, session in sessions:
                grant = self._tags(actor, caller, role, own, choice)
                if grant is not None and session is not actor and (node, session) not in self._linked:
                    self._linked.add((node, session))
                    step = Step(how_of((steps[0].how, TAG_SESSION)), steps[0].grant.and_also(grant))
                    yield Link(node, session, (step,), named=role.id)

    def _tags(
        self, actor: PrincipalGroup, caller: Caller, role: Principal, trust: CompiledPolicy, choice: Choice
    ) -> Grant | None:
        """Whether a caller may tag a session of a role so, in assuming it."""
        more = request_context(dict(choice))
        found = Grant()
        for action in (ASSUME, TAG_SESSION):
            grant = self._trusts.ask(caller, actor.layers, role, trust, action=action, more=more)
            if grant is None:
                return None
            found = found.and_also(grant)
        return found
