"""IAM: who reaches weights and how, how many, with which credentials, and what the organisation holds above them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from weightguard.access.model import RUNS_AS, AccessKind, Answer, WhoCan
from weightguard.checks.relations import counted, is_outside, missing
from weightguard.controls.judge import Context, Verdict
from weightguard.controls.said import Ref, Value, refs, said, some
from weightguard.estate.fact import Known
from weightguard.estate.model import (
    Account,
    Principal,
    PrincipalKind,
    Store,
    Workload,
)
from weightguard.estate.providers import assumed, vocabulary, whole_accounts
from weightguard.weights import WeightSet


def readers_within_cap(weight_set: WeightSet, context: Context) -> Verdict:
    """How many people can read."""
    return _within_cap(weight_set, AccessKind.READ, "maximum_readers", "read", context)


def copiers_within_cap(weight_set: WeightSet, context: Context) -> Verdict:
    """How many people can make another copy."""
    return _within_cap(weight_set, AccessKind.COPY, "maximum_copiers", "copy", context)


def _within_cap(weight_set: WeightSet, access: AccessKind, cap: str, verb: str, context: Context) -> Verdict:
    owner = context.declarations.of(weight_set)
    declared = getattr(owner.config, cap) if owner is not None else None
    most = context.parameters["maximum_people"] if declared is None else declared
    answer = context.access.who_can(access, weight_set.store, weight_set.prefix)
    people = [
        one.principal for one in answer.answers if one.kind in ("person", "unknown") and not is_root(one)
    ]
    if len(people) > most:
        return Verdict.failed(
            "{count} can {verb} these weights, at most {most} should: {people}",
            count=counted(len(people), "person", "people"),
            verb=verb,
            most=most,
            people=refs(people),
        )
    context.require(answer.gaps)
    require_seen(answer.answers, context)
    return Verdict.passed(
        "{count} can {verb} these weights, at most {most} should",
        count=counted(len(people), "person", "people"),
        verb=verb,
        most=most,
    )


def only_declared_readers(weight_set: WeightSet, context: Context) -> Verdict:
    """Nobody reads whom nobody declared."""
    owner = context.declarations.of(weight_set)
    if owner is None:
        return Verdict.not_applicable("no declared model claims these weights")
    if owner.config.released:
        return Verdict.not_applicable("{owner} is released: anybody may read it", owner=Ref(owner.name))
    if not owner.config.readers:
        return Verdict.not_applicable("nobody is declared to be a reader of {owner}", owner=Ref(owner.name))
    declared = (*owner.config.readers, *context.declarations.outside_parties)
    answer = context.access.who_can(AccessKind.READ, weight_set.store, weight_set.prefix or None)
    others = [one for one in answer.answers if not is_root(one) and not _is_declared(one, declared)]
    if others:
        named = some((_reader(one) for one in others), most=5)
        verb = counted(
            len(others), "principal that nobody declared can read", "principals that nobody declared can read"
        )
        return Verdict.failed("{verb} {owner}: {named}", verb=verb, owner=Ref(owner.name), named=named)
    context.require(answer.gaps)
    return Verdict.passed("only declared readers read {owner}", owner=Ref(owner.name))


def _is_declared(answer: Answer, patterns: Sequence[str]) -> bool:
    """Whether a pattern names the principal, or the identity that it runs as."""
    names = [answer.principal]
    if answer.path and answer.path[0].how.startswith(RUNS_AS):
        names.append(answer.path[0].target)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _reader(answer: Answer) -> Value:
    """A principal, with whether a condition has to hold."""
    who = Ref(answer.principal)
    return who if answer.certainty == "certain" else said("{who} (on a condition)", who=who)


def no_escalation_to_weights(store: Store, context: Context) -> Verdict:
    """Nobody reaches these weights by a privilege escalation."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    others = [one for one in answer.answers if not is_root(one)]
    climbing = [(one, how) for one in others if (how := _escalation(one, context)) is not None]
    if climbing:
        told = some(_climber(one, how) for one, how in climbing)
        return Verdict.failed(
            "{count} these weights by privilege escalation: {told}",
            count=counted(len(climbing), "principal reaches", "principals reach"),
            told=told,
        )
    context.require(answer.gaps)
    return Verdict.passed("nobody reaches these weights by privilege escalation")


def is_root(answer: Answer) -> bool:
    """A whole account of ours: its root user may do anything in it, which is what WG-IAM-18 is about."""
    return answer.kind == "unknown" and any(whole_accounts(answer.principal))


def require_seen(answers: Iterable[Answer], context: Context) -> None:
    """Stops a check that counts principals where a whole account of ours gets in and nobody knows who is in it.

    Raises:
        UnknownFact: the account's principals are not known.
    """
    seen: frozenset[str] = context.once(
        "accounts with principals", lambda: frozenset(one.account for one in context.estate.principals)
    )
    for one in answers:
        for account, told in whole_accounts(one.principal) if is_root(one) else ():
            if account not in seen:
                missing(told)


def _climber(answer: Answer, how: str) -> Value:
    template = "{who} by {how}" if answer.certainty == "certain" else "{who} by {how} (conditional)"
    return said(template, who=Ref(answer.principal), how=how)


def _escalation(answer: Answer, context: Context) -> str | None:
    """The first hop by which somebody takes what was not given."""
    if (answer.direct and not answer.goes_around) or len(answer.path) > context.parameters["max_hops"]:
        return None
    intended = (RUNS_AS, *assumed())
    return next((hop.how for hop in answer.path[:-1] if not hop.how.startswith(intended)), None)


def no_third_party(store: Store, context: Context) -> Verdict:
    """Nobody of another organisation can read, by whatever path."""
    answer = context.access.who_can(AccessKind.READ, store.id)
    outside: list[Value] = [
        "everybody" if one.principal == "*" else Ref(one.principal)
        for one in answer.answers
        if one.kind in ("external", "anonymous")
    ]
    outside += [
        said("{account} through {who}", account=Ref(account), who=Ref(one.principal))
        for one in answer.answers
        for account in _acted_for(one)
        if is_outside(account, context)
    ]
    if outside:
        return Verdict.failed("outsiders can read these weights: {outside}", outside=some(outside))
    context.require(answer.gaps)
    return Verdict.passed("nobody outside the organisation can read these weights")


def _acted_for(answer: Answer) -> set[str]:
    """The accounts on whose behalf a service reads, where that is what its access hangs on."""
    found: set[str] = set()
    for one in answer.conditions if answer.kind == "service" else ():
        named = vocabulary(one.provider)
        found.update(named.acted_for(one.key, one.values) if named and not one.negated else ())
    return found


def no_standing_human_access(principal: Principal, context: Context) -> Verdict:
    """No user holds a permanent right to read weights."""
    if principal.kind is not PrincipalKind.USER:
        return Verdict.not_applicable("not a user: access through it begins with a session")
    reached = set(context.weights_of(principal.id))
    stores = sorted({one.store for one in context.estate.weight_sets if one.id in reached})
    answers = {store: context.access.who_can(AccessKind.READ, store) for store in stores}
    held = [store for store, answer in answers.items() if _reads_directly(principal, answer)]
    if held:
        return Verdict.failed("the user holds a permanent right to read {held}", held=refs(held))
    context.require(gap for answer in answers.values() for gap in answer.gaps)
    return Verdict.passed("the user reads no weights without assuming a role")


def _reads_directly(principal: Principal, answer: WhoCan) -> bool:
    return any(one.direct and one.principal == principal.id for one in answer.answers)


def people_have_second_factor(principal: Principal, context: Context) -> Verdict:
    """Whoever signs in with a password shows a second factor."""
    if principal.kind is not PrincipalKind.USER:
        return Verdict.not_applicable("only users sign in with a password")
    if not context.read(principal.console_password):
        return Verdict.passed("the user has no password")
    if not context.read(principal.mfa_active):
        return Verdict.failed("a password alone opens the console: the user has no second factor")
    return Verdict.passed("the user signs in with a second factor")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _is_older(text: str | None, days: float, context: Context) -> bool:
    moment = _moment(text)
    return moment is not None and context.as_of - moment > timedelta(days=days)


def no_long_lived_credentials(principal: Principal, context: Context) -> Verdict:
    """No access key leads to weights."""
    if principal.kind is not PrincipalKind.USER:
        return Verdict.not_applicable("only users have long-lived keys")
    active = [key for key in context.read(principal.credentials) if key.active]
    if not active:
        return Verdict.passed("the user has no active access key")
    if not context.weights_of(principal.id):
        return Verdict.passed("none of the user's access keys leads to weights")
    oldest = min(key.created or "an unknown day" for key in active)[:10]
    return Verdict.failed(
        "{count} long-lived access keys lead to weights, the oldest made on {oldest}",
        count=len(active),
        oldest=oldest,
    )


def not_dormant(principal: Principal, context: Context) -> Verdict:
    """It has been used lately."""
    if principal.kind not in (PrincipalKind.USER, PrincipalKind.ROLE) or principal.service_linked:
        return Verdict.not_applicable("its use is not told")
    limit = context.parameters["max_idle_days"]
    if not _is_older(principal.created, limit, context):
        return Verdict.not_applicable("it is younger than {limit} days", limit=limit)
    used = context.read(principal.last_used)
    if used is None:
        return Verdict.failed(
            "it can reach weights and has not been used in the time that the provider remembers"
        )
    if _is_older(used, limit, context):
        return Verdict.failed("it can reach weights and was last used on {used}", used=used[:10])
    return Verdict.passed("it was last used on {used}", used=used[:10])


def metadata_hardened(workload: Workload, context: Context) -> Verdict:
    """The machine gives its role's credentials to session-bound requests of its own alone."""
    if workload.kind != "instance":
        return Verdict.not_applicable("not a virtual machine")
    service = context.read(workload.metadata)
    if not service.on:
        return Verdict.passed("the metadata service is off")
    if not service.session_tokens:
        return Verdict.failed(
            "a forged request of a web application yields the role's credentials: session tokens are optional"
        )
    if service.hops > context.parameters["max_hops"]:
        return Verdict.failed("credentials can be fetched from {hops} network hops away", hops=service.hops)
    return Verdict.passed("credentials are given to session-bound requests on the machine alone")


def root_user_closed(account: Account, context: Context) -> Verdict:
    """The root user has no key, and a second factor."""
    keys = context.peek(account.root_access_keys)
    if isinstance(keys, Known) and keys.value:
        return Verdict.failed(
            "the root user has {keys} access keys, which no policy of the account binds", keys=keys.value
        )
    if not context.read(account.root_mfa) and not _has_no_password(account, context):
        return Verdict.failed("the root user has no second factor")
    context.read(account.root_access_keys)
    return Verdict.passed("the root user has no access key and cannot sign in without a second factor")


def _has_no_password(account: Account, context: Context) -> bool:
    """Whether the provider says that nobody can sign in as the root user: its credentials were removed centrally."""
    found = context.peek(account.root_password)
    return isinstance(found, Known) and not found.value


def password_policy_strong(account: Account, context: Context) -> Verdict:
    """Passwords are long and do not return."""
    policy = context.read(account.password_policy)
    users = [
        one
        for one in context.glance(context.estate.principals)
        if one.account == account.id and one.kind is PrincipalKind.USER
    ]
    if not users and not context.estate.principals.gaps:
        return Verdict.passed("the account has no users")
    length = policy.minimum_length if policy is not None else 0
    reuse = policy.remembered if policy is not None else 0
    if length < context.parameters["min_length"] or reuse < context.parameters["reuse_prevention"]:
        return Verdict.failed(
            "passwords may have {length} characters, and {reuse} earlier ones are refused",
            length=length or 8,
            reuse=reuse,
        )
    return Verdict.passed(
        "passwords have at least {length} characters, and {reuse} earlier ones are refused",
        length=length,
        reuse=reuse,
    )
