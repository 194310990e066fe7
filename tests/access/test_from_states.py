"""Attack paths in Terraform states, written as labs write them: who is among the answers, and who is not when one thing lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attack_labs.answering import START, answers, started
from attack_labs.catalogue import PASSING, TAKING, Passing, Taking
from attack_labs.lab import ADMINISTRATOR, HOME, SSM_CORE, Lab, Statement, allow, deny, trusting


def statements(needs: Mapping[str, str], **names: str) -> list[Statement]:
    """A statement for each action; a key may end in a space, for one more resource of the same action."""
    return [allow(action.strip(), resource.format(**names)) for action, resource in needs.items()]


def actions(technique: Passing | Taking) -> list[str]:
    return sorted({action.strip() for action in technique.needs})


def left_out(technique: Passing | Taking) -> list[str]:
    """The actions that it does not work without."""
    return sorted(set(technique.needs) - technique.spared)


def accounts(labs: Mapping[str, Callable[[str], Lab]]) -> dict[str, Lab]:
    """Each lab in an account of its own."""
    return {name: make(str(100_000_000_000 + number)) for number, (name, make) in enumerate(labs.items())}


# Roles passed to something new


def passing(technique: Passing, account: str = HOME, *more: Statement, **changed: Any) -> Lab:
    """The lab of a technique; `changed` may replace the needs, the trust, the role to pass and the conditions of passing it."""
    lab = Lab(account)
    target = lab.admin_role(changed.get("trusts", technique.service), profile=technique.profile)
    technique.exists(lab, "")
    needs = statements(changed.get("needs", technique.needs), account=account)
    passed = changed.get("passed", {})
    if passed is not None:
        needs.append(allow("iam:PassRole", changed.get("role", target), **passed))
    lab.user("starting-user", *needs, *more, keys=1)
    return lab


@pytest.mark.parametrize("technique", PASSING, ids=lambda one: one.id)
def test_whoever_passes_an_administrators_role_to_something_new_reads_the_weights(
    technique: Passing, tmp_path: Path
) -> None:
    lab = passing(
        technique, passed={"Condition": {"StringEquals": {"iam:PassedToService": technique.service}}}
    )
    assert START in answers(tmp_path, lab)


ELSEWHERE = {"Condition": {"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}}}
PASSING_STOPPED: dict[str, Callable[[Passing, str], Lab]] = {
    "the role trusts another service": lambda one, account: passing(
        one, account, trusts="config.amazonaws.com"
    ),
    "the role to pass is another": lambda one, account: passing(
        one, account, role=f"arn:aws:iam::{account}:role/other-role"
    ),
    "it may pass no role": lambda one, account: passing(one, account, passed=None),
    "passing is denied": lambda one, account: passing(one, account, deny("iam:PassRole")),
    "it may pass it to another service only": lambda one, account: passing(one, account, passed=ELSEWHERE),
    "the actions are denied": lambda one, account: passing(one, account, deny(actions(one))),
}


@pytest.mark.slow
@pytest.mark.parametrize("lack", PASSING_STOPPED)
def test_no_role_is_passed_where_one_thing_lacks(lack: str, tmp_path: Path) -> None:
    labs = {one.id: (lambda account, one=one: PASSING_STOPPED[lack](one, account)) for one in PASSING}
    assert started(tmp_path, accounts(labs)) == []


@pytest.mark.slow
def test_every_action_is_needed_to_start_something_new(tmp_path: Path) -> None:
    labs = {
        f"{one.id} without {action}": (
            lambda account, one=one, action=action: passing(
                one, account, needs={name: one.needs[name] for name in one.needs if name != action}
            )
        )
        for one in PASSING
        for action in left_out(one)
    }
    assert started(tmp_path, accounts(labs)) == []


# Workloads taken over


def taking(technique: Taking, account: str = HOME, *more: Statement, **changed: Any) -> Lab:
    """The lab of a technique; `changed` may replace the needs, their target, what the role may do and what the workload runs as."""
    lab = Lab(account)
    role = lab.role(
        "target-role", trusting(technique.service), attached=changed.get("attached", [ADMINISTRATOR])
    )
    target = changed.get("target", technique.make(lab, changed.get("runs_as", role)))
    needs = statements(changed.get("needs", technique.needs), target=target, role=role, account=account)
    lab.user("starting-user", *needs, *more)
    return lab


@pytest.mark.parametrize("technique", TAKING, ids=lambda one: one.id)
def test_whoever_takes_over_what_runs_as_an_administrator_reads_the_weights(
    technique: Taking, tmp_path: Path
) -> None:
    assert START in answers(tmp_path, taking(technique))


TAKING_STOPPED: dict[str, Callable[[Taking, str], Lab]] = {
    "another resource": lambda one, account: taking(one, account, target=f"arn:aws:s3:::other-{one.id}"),
    "denied": lambda one, account: taking(one, account, deny(actions(one))),
    "its role reads no weights": lambda one, account: taking(one, account, attached=[SSM_CORE]),
    "it runs as no role": lambda one, account: taking(one, account, runs_as=""),
}


@pytest.mark.slow
@pytest.mark.parametrize("lack", TAKING_STOPPED)
def test_nothing_is_taken_over_where_one_thing_lacks(lack: str, tmp_path: Path) -> None:
    labs = {one.id: (lambda account, one=one: TAKING_STOPPED[lack](one, account)) for one in TAKING}
    assert started(tmp_path, accounts(labs)) == []


@pytest.mark.slow
def test_every_action_is_needed_to_take_a_workload_over(tmp_path: Path) -> None:
    labs = {
        f"{one.id} without {action}": (
            lambda account, one=one, action=action: taking(
                one, account, needs={name: one.needs[name] for name in one.needs if name != action}
            )
        )
        for one in TAKING
        for action in left_out(one)
    }
    assert started(tmp_path, accounts(labs)) == []
