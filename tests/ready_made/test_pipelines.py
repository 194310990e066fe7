"""The steps of the action and of the templates, run as a runner runs them: the same shell, and the variables that it sets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "notify"))

from code_hosts import TOKEN, Host, code_host

ROOT = Path(__file__).parents[2]
PLANS = ROOT / "tests" / "plan" / "plans"
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
"""What GitHub runs `shell: bash` with."""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"pull_request": {"number": 3}}))
    return file


class Runner:
    """A runner of GitHub's with weightguard installed as the action's first step leaves it."""

    def __init__(self, folder: Path, host: Host, event: Path) -> None:
        self.folder, self.outputs, self.summary = folder, folder / "output", folder / "summary.md"
        (folder / "weightguard").symlink_to(Path(sys.prefix))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(self.outputs),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **host.environment(str(event)),
        }
        self.environment.pop("GITHUB_TOKEN")  # a composite action sees no secret that it is not given
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())

    def step(self, name: str, inputs: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """One step, with what its expressions come to."""
        (step,) = [one for one in self.action["runs"]["steps"] if one["name"] == name]
        found = {key: self._expanded(value, inputs) for key, value in step.get("env", {}).items()}
        assert "${{" not in step["run"]  # what a pull request's author wrote is never part of a command
        return subprocess.run(
            [*SHELL, step["run"]],
            env={**self.environment, **found},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def _expanded(self, text: str, inputs: Mapping[str, str]) -> str:
        defaults = {name: one.get("default", "") for name, one in self.action["inputs"].items()}
        told = dict(
            line.split("=", 1)
            for line in (self.outputs.read_text().splitlines() if self.outputs.exists() else ())
        )

        def value(match: re.Match[str]) -> str:
            kind, _, name = match[1].partition(".")
            if kind == "inputs":
                given = inputs.get(name, defaults[name])
                return TOKEN if given == "${{ github.token }}" else given
            if match[1].startswith("steps.judge.outputs."):
                return told.get(match[1].rpartition(".")[2], "")
            return {"github.action_path": str(ROOT)}[match[1]]

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)


@pytest.fixture
def runner(tmp_path: Path, event: Path) -> Iterator[tuple[Runner, Host]]:
    with code_host("github") as host:
        yield Runner(tmp_path, host, event), host


def plan_in(folder: Path, name: str = "aws") -> str:
    """A plan in a folder, by its name there."""
    return Path(shutil.copy(PLANS / f"{name}.json", folder / f"{name}.json")).name


@pytest.mark.slow
def test_a_pull_request_that_opens_a_path(runner: tuple[Runner, Host]) -> None:
    run, host = runner
    inputs = {"plan": plan_in(run.folder)}
    judged = run.step("Judge the plan", inputs)
    assert judged.returncode == 0, judged.stderr  # the verdict falls in the last step, after it was told
    said = run.step("Comment on the pull request", inputs)
    assert said.returncode == 0, said.stderr
    (text,) = host.texts()
    assert "aws_iam_user_policy.dana" in text
    assert run.summary.read_text() in text
    folder = run.folder / "weightguard-plan-weightguard"
    assert {one.name for one in folder.iterdir()} == {"plan.json", "plan.md", "plan.sarif"}
    assert run.step("Pass or fail", inputs).returncode == 3
    assert TOKEN not in judged.stdout + judged.stderr + said.stdout + said.stderr


@pytest.mark.slow
def test_several_plans_and_names_that_are_no_commands(runner: tuple[Runner, Host]) -> None:
    run, _ = runner
    inputs = {
        "plan": f"{plan_in(run.folder)}\n{plan_in(run.folder, 'google')}\n",
        "name": "live",
        "config": "$(touch owned).yaml",
    }
    (run.folder / "$(touch owned).yaml").write_text("version: 1\n")
    judged = run.step("Judge the plan", inputs)
    assert judged.returncode == 0, judged.stderr
    assert not (run.folder / "owned").exists()
    assert len(json.loads((run.folder / "weightguard-plan-live/plan.json").read_text())["plans"]) == 2


@pytest.mark.slow
def test_what_is_no_plan_fails_at_once_with_one_line(runner: tuple[Runner, Host]) -> None:
    run, _ = runner
    (run.folder / "plan.json").write_text("Error: no state\n{")
    judged = run.step("Judge the plan", {"plan": "plan.json"})
    assert judged.returncode == 2
    assert judged.stderr.count("\n") == 1
    assert not run.summary.exists()


@pytest.mark.parametrize(("unknown", "status"), [("fail", 4), ("warn", 0)])
def test_what_an_unknown_value_comes_to(runner: tuple[Runner, Host], unknown: str, status: int) -> None:
    run, _ = runner
    run.outputs.write_text("status=4\nfolder=/nowhere\n")
    done = run.step("Pass or fail", {"unknown": unknown})
    assert done.returncode == status
    assert ("::warning" in done.stdout) == (unknown == "warn")


def script_of(name: str) -> tuple[str, dict[str, str]]:
    """The script of a template, and the variables that it gives it."""
    document = yaml.safe_load((ROOT / "examples/ci" / name).read_text())
    if name.startswith("gitlab"):
        job = document["weightguard"]
        return job["script"][-1], job["variables"]
    (step,) = [one for one in document["steps"] if "bash" in one]
    return step["bash"].replace("python -m pip install --quiet weightguard\n", ""), {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [("gitlab.yml", "gitlab"), ("azure-pipelines.yml", "azure")])
def test_the_templates_judge_and_tell(name: str, kind: str, tmp_path: Path) -> None:
    script, variables = script_of(name)
    plan_in(tmp_path)
    with code_host(kind) as host:
        done = subprocess.run(
            [*SHELL, script],
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "PLAN": "aws.json",
                "FOLDER": "out",
                **host.environment(),
                **variables,
                "WEIGHTGUARD_PLAN": "aws.json",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        (text,) = host.texts()
    assert done.returncode == 3, done.stderr
    assert "aws_iam_user_policy.dana" in text
