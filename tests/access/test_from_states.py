"""Attack paths in Terraform states, written as labs write them: who is among the answers, and who is not when one thing lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attack_labs.answering import START, answers
from attack_labs.catalogue import PASSING, TAKING, Passing, Taking
from attack_labs.lab import ADMINISTRATOR, HOME, SSM_CORE, Lab, Statement, allow, deny, trusting


def statements(needs: dict[str, str] | Any, **names: str) -> list[Statement]:
    """A statement for each action; a key may end in a space, for one more resource of the same action."""
    return [allow(action.strip(), resource.format(**names)) for action, resource in needs.items()]


# Roles passed to something new


def passing(technique: Passing, *more: Statement, role: str | None = None, **changed: Any) -> Lab:
    """The lab of a technique; `changed` may replace the needs, the trust, whose PassRole, the boundary and its condition."""
    lab = Lab()
    target = lab.admin_role(changed.get("trusts", technique.service), profile=technique.profile)
    technique.exists(lab, "")
    passed = allow("iam:PassRole", role or target, **changed.get("passed", {}))
    needs = changed.get("needs", technique.needs)
    granted = [] if changed.get("passes", True) is False else [passed]
    lab.user(
        "starting-user",
        *granted,
        *statements(needs, account=HOME),
        *more,
        boundary=changed.get("boundary", ""),
        keys=1,
    )
    return lab


@pytest.mark.parametrize("technique", PASSING, ids=lambda one: one.id)
def test_whoever_passes_an_administrators_role_to_something_new_reads_the_weights(
    technique: Passing, tmp_path: Path
) -> None:
    assert START in answers(tmp_path, passing(technique))


PASSING_STOPPED: dict[str, Callable[[Passing], Lab]] = {
    "the role trusts another service": lambda one: passing(one, trusts="config.amazonaws.com"),
    "the role to pass is another": lambda one: passing(one, role=f"arn:aws:iam::{HOME}:role/other-role"),
    "it may pass no role": lambda one: passing(one, passes=False),
    "passing is denied": lambda one: passing(one, deny("iam:PassRole")),
    "it may pass it to another service only": lambda one: passing(
        one, passed={"Condition": {"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}}}
    ),
    "the actions are denied": lambda one: passing(one, deny([action.strip() for action in one.needs])),
}


@pytest.mark.parametrize("lack", PASSING_STOPPED)
@pytest.mark.parametrize("technique", PASSING, ids=lambda one: one.id)
def test_no_role_is_passed_where_one_thing_lacks(technique: Passing, lack: str, tmp_path: Path) -> None:
    if technique.id.startswith("codestar") and lack == "it may pass no role":
        pytest.skip("the service takes roles without iam:PassRole")
    assert START not in answers(tmp_path, PASSING_STOPPED[lack](technique))


@pytest.mark.parametrize("technique", PASSING, ids=lambda one: one.id)
def test_every_action_is_needed_to_start_something_new(technique: Passing, tmp_path: Path) -> None:
    for number, left_out in enumerate(set(technique.needs) - technique.spared):
        rest = {action: resource for action, resource in technique.needs.items() if action != left_out}
        folder = tmp_path / str(number)
        folder.mkdir()
        assert START not in answers(folder, passing(technique, needs=rest)), left_out


# Workloads taken over


def taking(technique: Taking, *more: Statement, **changed: Any) -> Lab:
    lab = Lab()
    attached = [*changed.get("attached", [ADMINISTRATOR]), *technique.managed]
    role = lab.role("target-role", trusting(technique.service), attached=attached)
    target = technique.make(lab, changed.get("runs_as", role))
    needs = changed.get("needs", technique.needs)
    named = changed.get("target", target)
    lab.user(
        "starting-user",
        *statements(needs, target=named, role=role, account=HOME),
        *more,
        boundary=changed.get("boundary", ""),
    )
    return lab


@pytest.mark.parametrize("technique", TAKING, ids=lambda one: one.id)
def test_whoever_takes_over_what_runs_as_an_administrator_reads_the_weights(
    technique: Taking, tmp_path: Path
) -> None:
    assert START in answers(tmp_path, taking(technique))


TAKING_STOPPED: dict[str, Callable[[Taking], Lab]] = {
    "another resource": lambda one: taking(one, target=f"arn:aws:s3:::other-{one.id}"),
    "denied": lambda one: taking(one, deny([action.strip() for action in one.needs])),
    "its role reads no weights": lambda one: taking(one, attached=[SSM_CORE]),
    "it runs as no role": lambda one: taking(one, runs_as=""),
}


@pytest.mark.parametrize("lack", TAKING_STOPPED)
@pytest.mark.parametrize("technique", TAKING, ids=lambda one: one.id)
def test_nothing_is_taken_over_where_one_thing_lacks(technique: Taking, lack: str, tmp_path: Path) -> None:
    assert START not in answers(tmp_path, TAKING_STOPPED[lack](technique))


@pytest.mark.parametrize("technique", TAKING, ids=lambda one: one.id)
def test_every_action_is_needed_to_take_a_workload_over(technique: Taking, tmp_path: Path) -> None:
    for number, left_out in enumerate(set(technique.needs) - technique.spared):
        rest = {action: resource for action, resource in technique.needs.items() if action != left_out}
        folder = tmp_path / str(number)
        folder.mkdir()
        assert START not in answers(folder, taking(technique, needs=rest)), left_out
