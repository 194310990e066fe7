"""Whom the starting points of a red-team protocol stand for in an estate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from weightguard.access.model import Answer
from weightguard.assess.casting import Casting
from weightguard.assess.providers import casting
from weightguard.config import Config
from weightguard.estate.fact import Known, Unknown
from weightguard.estate.model import Account, Estate, Organisation, Principal, PrincipalKind

_BUILD_KINDS = frozenset({"build_project", "pipeline", "stack", "stack_set"})
_BUILD_ISSUERS = (
    "token.actions.githubusercontent.com",
    "gitlab",
    "app.terraform.io",
    "buildkite",
    "circleci",
    "bitbucket",
)
_WILD = frozenset("*?[")

Who = Literal[
    "anonymous", "holders_of_long_lived_keys", "people_by_group", "build_jobs", "serving_workloads", "people_with_read",
    "outside_accounts", "organisation_administrators",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who an attacker may be at a starting point: by name, or by what the graph says of them.

    Attributes:
        names: those who are known to be there. untried: those among them whom the graph knows only where a policy names them, so
            that no answer about them is no answer.
        complete: whether all of them could be seen.
        group: the group, where the starting point is played for each.
    """

    names: frozenset[str]
    test: Callable[[Answer], bool]
    complete: bool
    group: str | None = None
    untried: frozenset[str] = frozenset()

    def plays(self, answer: Answer) -> bool:
        """Whether the principal of an answer is one of them."""
        return answer.principal in self.names or self.test(answer)


def casts(who: Who, estate: Estate, config: Config) -> Iterator[Cast]:
    """The casts of a starting point: one, or one for each group of people. A cast may be empty: there is nobody to try."""
    if who == "people_by_group":
        yield from _groups(estate, config)
    else:
        yield _CASTS[who](estate, config)


def _nobody(_answer: Answer) -> bool:
    return False


def _anonymous(_estate: Estate, _config: Config) -> Cast:
    """Nobody has to be found: everybody on the internet is there."""
    return Cast(frozenset({"*"}), lambda answer: answer.kind == "anonymous", complete=True)


def _long_lived_keys(estate: Estate, _config: Config) -> Cast:
    unread = any(isinstance(one.credentials, Unknown) for one in estate.principals) or any(
        isinstance(one.root_access_keys, Unknown) for one in estate.accounts if one.collected
    )
    keyed = (
        (one.provider, one.id)
        for one in estate.accounts
        if isinstance(one.root_access_keys, Known) and one.root_access_keys.value
    )
    roots = _roots(keyed, estate)
    complete = estate.principals.complete and not unread and _tells(estate.accounts)
    return Cast(frozenset(_with_keys(estate)) | roots, _nobody, complete, untried=roots)


def _build_jobs(estate: Estate, _config: Config) -> Cast:
    """Build projects, and whoever a pipeline's identity provider vouches for."""
    providers = frozenset(
        one.id for one in estate.federated_providers if _speaks_for_builds(one.id, one.issuer)
    )
    jobs = frozenset(one.id for one in estate.workloads if one.kind in _BUILD_KINDS)
    complete = estate.workloads.complete and estate.federated_providers.complete

    def is_pipeline(answer: Answer) -> bool:
        return "#" in answer.principal and answer.principal.split("#", 1)[0] in providers

    return Cast(jobs | providers, is_pipeline, complete)


def _serving_workloads(estate: Estate, _config: Config) -> Cast:
    """Code that runs, and the roles that a provider's service hands to such code, whether or not it runs now."""
    names = {one.id for one in estate.workloads if one.kind not in _BUILD_KINDS}
    names.update(one.id for one in estate.principals if _handed_to_code(one))
    complete = estate.workloads.complete and estate.principals.complete and _tells(estate.principals)
    return Cast(frozenset(names), _nobody, complete)


def _people_with_read(_estate: Estate, _config: Config) -> Cast:
    return Cast(frozenset(), lambda answer: answer.kind == "person" and answer.direct, complete=True)


def _outside_accounts(estate: Estate, config: Config) -> Cast:
    """Whoever a policy names from outside, and the vendors and evaluators that are declared."""
    organisations = {one.organisation for one in estate.accounts if one.collected and one.organisation}
    strangers = (
        (one.provider, one.id)
        for one in estate.accounts
        if not one.collected and one.organisation not in organisations
    )
    named = _roots(strangers, estate)
    declared = {one for one in (*config.vendors, *config.evaluators) if not _WILD.intersection(one)}
    patterns = (*config.vendors, *config.evaluators)

    def is_outside(answer: Answer) -> bool:
        return answer.kind == "external" or any(fnmatchcase(answer.principal, one) for one in patterns)

    complete = estate.accounts.complete and _tells(estate.accounts)
    return Cast(frozenset(named | declared), is_outside, complete)


def _organisation_administrators(estate: Estate, _config: Config) -> Cast:
    """Whoever may do anything in a management account, and the root users of it and of the accounts that it governs: a management
    account closes, opens and takes over the others.
    """
    listed = estate.principals.complete and estate.organisations.complete
    complete = listed and _tells((*estate.principals, *estate.organisations))
    governing = {one.id for one in estate.organisations}
    governed = [(one.provider, one.id) for one in estate.accounts if one.organisation in governing]
    managing = [(one.provider, one.management_account) for one in estate.organisations]
    roots = _roots([*governed, *managing], estate)
    return Cast(frozenset(_administrators(estate)) | roots, _nobody, complete, untried=roots)


_CASTS: Mapping[str, Callable[[Estate, Config], Cast]] = {
    "anonymous": _anonymous,
    "holders_of_long_lived_keys": _long_lived_keys,
    "build_jobs": _build_jobs,
    "serving_workloads": _serving_workloads,
    "people_with_read": _people_with_read,
    "outside_accounts": _outside_accounts,
    "organisation_administrators": _organisation_administrators,
}


def _groups(estate: Estate, config: Config) -> Iterator[Cast]:
    """People by group. A role that people take up, through single sign-on or by what is declared, is a group of its own."""
    members: dict[str, set[str]] = defaultdict(set)
    for one in estate.principals:
        declared = _declared_person(one, config)
        if one.kind is PrincipalKind.USER and (_is_person(one) if declared is None else declared):
            for group in one.known_groups or ("(no group)",):
                members[group].add(one.id)
        elif one.kind is PrincipalKind.ROLE and (_signs_in(one) if declared is None else declared):
            members[one.name].add(one.id)
    seen = estate.principals.complete and all(isinstance(one.groups, Known) for one in estate.principals)
    complete = seen and _tells(estate.principals)
    if not members:
        yield Cast(frozenset(), _nobody, complete)
    for group in sorted(members):
        yield Cast(frozenset(members[group]), _nobody, complete, group)


def _declared_person(principal: Principal, config: Config) -> bool | None:
    if any(fnmatchcase(principal.id, one) for one in config.people):
        return True
    return False if any(fnmatchcase(principal.id, one) for one in config.workloads) else None


def _is_person(user: Principal) -> bool:
    """A user that has neither a password nor a second factor, and a key in use, is a machine's."""
    machine = (
        isinstance(user.console_password, Known)
        and not user.console_password.value
        and not (isinstance(user.mfa_active, Known) and user.mfa_active.value)
        and isinstance(user.credentials, Known)
        and any(key.active for key in user.credentials.value)
    )
    return not machine


def _with_keys(estate: Estate) -> Iterator[str]:
    for one in estate.principals:
        if isinstance(one.credentials, Known) and any(key.active for key in one.credentials.value):
            yield one.id


def _speaks_for_builds(provider: str, issuer: Any) -> bool:
    told = f"{provider} {issuer.value if isinstance(issuer, Known) else ''}"
    return any(name in told for name in _BUILD_ISSUERS)


def _roots(accounts: Iterable[tuple[str, str]], estate: Estate) -> frozenset[str]:
    """The root users of accounts, given by provider and id."""
    by_provider: dict[str, list[str]] = defaultdict(list)
    for provider, account in accounts:
        by_provider[provider].append(account)
    names = ((found.roots(estate), ids) for one, ids in by_provider.items() if (found := casting(one)))
    return frozenset(name(account) for name, ids in names for account in ids)


def _tells(things: Iterable[Principal | Account | Organisation]) -> bool:
    """Whether whom one may start as is known of every provider that things are of."""
    return all(casting(provider) is not None for provider in {one.provider for one in things})


def _asked(question: Callable[[Casting], Callable[[Principal], bool]], one: Principal) -> bool:
    """What a provider says of its principal; no where nothing tells."""
    found = casting(one.provider)
    return found is not None and question(found)(one)


def _handed_to_code(one: Principal) -> bool:
    return _asked(lambda told: told.handed_to_code, one)


def _signs_in(one: Principal) -> bool:
    return _asked(lambda told: told.signs_in, one)


def _may_do_anything(one: Principal) -> bool:
    return _asked(lambda told: told.may_do_anything, one)


def _administrators(estate: Estate) -> Iterator[str]:
    managing = {organisation.management_account for organisation in estate.organisations}
    groups = {one.id: one for one in estate.principals if one.kind is PrincipalKind.GROUP}
    for one in estate.principals:
        own = [one, *(groups[name] for name in one.known_groups if name in groups)]
        if (
            one.account in managing
            and one.kind is not PrincipalKind.GROUP
            and any(map(_may_do_anything, own))
        ):
            yield one.id
