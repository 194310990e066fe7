"""Files that are used as they are: hooks, manifests, units. Each is valid by what reads it, and runs as far as a machine allows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NOBODY = "10001"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "github-actions"),
        ("examples/ci/github-pull-request.yaml", "github-workflows"),
        ("examples/ci/gitlab.yml", "gitlab-ci"),
        ("examples/ci/azure-pipelines.yml", "azure-pipelines"),
        ("examples/scheduled/github-workflow.yaml", "github-workflows"),
    ],
)
def test_valid_by_its_published_schema(name: str, schema: str) -> None:
    done = _run([BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", ROOT / name])
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_cluster_takes_the_manifest() -> None:
    done = subprocess.run(
        [BIN / "kubernetes-validate", "--strict", ROOT / "examples/scheduled/kubernetes.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("passed") == 4


def test_the_manifest_runs_what_there_is() -> None:
    """The arguments are ones that the command has, and what is mounted is what they name."""
    *_, cron = yaml.safe_load_all((ROOT / "examples/scheduled/kubernetes.yaml").read_text())
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounted = [one["mountPath"] for one in container["volumeMounts"]]
    paths = [one for one in container["args"] if one.startswith("/")]
    assert all(any(path.startswith(f"{mount}/") for mount in mounted) for path in paths)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    done = _run([BIN / "weightguard", *container["args"][:2], "--help"])
    assert all(one in done.stdout for one in container["args"] if one.startswith("--"))


def test_the_hooks_are_valid() -> None:
    done = _run([BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"])
    assert done.returncode == 0, done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Somebody's repository, with a configuration and a control of its own."""
    (tmp_path / "weightguard.yaml").write_text("version: 1\norganisation: Aurora\nwaivers: [waivers.yaml]\n")
    (tmp_path / "waivers.yaml").write_text("waivers: []\n")
    return tmp_path


def hook(name: str) -> list[str]:
    (one,) = [one for one in read(".pre-commit-hooks.yaml") if one["id"] == name]
    program, *arguments = one["entry"].split()
    return [str(BIN / program), *arguments]


def test_the_hook_for_configurations(repository: Path) -> None:
    (one,) = [one for one in read(".pre-commit-hooks.yaml") if one["id"] == "weightguard-config"]
    assert re.search(one["files"], "infra/weightguard.yaml")
    assert not re.search(one["files"], "not-weightguard.yaml.j2")
    good = _run([*hook("weightguard-config"), "weightguard.yaml"], cwd=repository)
    assert (good.returncode, good.stdout) == (0, "")
    (repository / "weightguard.yaml").write_text("version: 1\norganization: Aurora\n")
    bad = _run([*hook("weightguard-config"), "weightguard.yaml"], cwd=repository)
    assert bad.returncode == 2
    assert "weightguard.yaml:2" in bad.stderr
    assert "organisation" in bad.stderr


def test_the_hook_says_what_counts_for_nothing(repository: Path) -> None:
    (repository / "waivers.yaml").write_text(
        "waivers:\n"
        "- control: WG-STO-04\n  subject: '*'\n  owner: jo\n  reason: moving\n  ticket: S-1\n"
        "  granted: 2020-01-01\n  expires: 2020-03-01\n  compensating_control: none\n"
    )
    done = _run([*hook("weightguard-config"), "weightguard.yaml"], cwd=repository)
    assert done.returncode == 0
    assert "WG-STO-04" in done.stdout
    assert "2020-03-01" in done.stdout


def test_the_hook_for_controls(repository: Path) -> None:
    (repository / "controls").mkdir()
    (repository / "controls" / "LAB-STO-01.yaml").write_text("id: LAB-STO-01\ntitel: x\n")
    done = _run([*hook("weightguard-controls"), "controls/LAB-STO-01.yaml"], cwd=repository)
    assert done.returncode == 2
    assert "LAB-STO-01.yaml" in done.stdout


@pytest.mark.slow
def test_what_is_installed_for_the_image_runs_as_nobody() -> None:
    """The image's build, but for the image: read by another user, who may write nowhere."""
    with TemporaryDirectory() as above:
        Path(above).chmod(0o755)  # pytest's own folders are closed to other users
        folder = Path(above) / "image"
        subprocess.run([ROOT / "scripts/install_into", folder], check=True, capture_output=True, timeout=900)
        bill = json.loads((folder / "sbom.cdx.json").read_text())
        assert bill["bomFormat"] == "CycloneDX"
        named = {one["name"] for one in bill["components"]}
        assert {"boto3", "google-auth", "azure-identity", "pydantic"} <= named
        assert len(named) <= 60
        command = [folder / "bin/weightguard", "controls", "list"]
        if os.geteuid() == 0 and shutil.which("setpriv"):
            command = [
                "setpriv",
                "--reuid",
                NOBODY,
                "--regid",
                NOBODY,
                "--clear-groups",
                "--no-new-privs",
                *command,
            ]
        done = _run(command, cwd=Path("/"), env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr
        assert "controls, aligned with" in done.stdout


def test_the_image_is_made_of_what_is_there() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == [f"USER {NOBODY}:{NOBODY}"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored  # a list of what may enter, so that no audit and no configuration does
    for name in (line.removeprefix("!") for line in ignored if line.startswith("!")):
        assert (ROOT / name).exists(), name


@pytest.mark.slow
def test_the_packages_are_whole(tmp_path: Path) -> None:
    """A wheel made from the sdist, checked by PyPI's own tool, installed where the sources are not, judges."""
    subprocess.run(
        [BIN / "python", "-m", "build", "--installer", "uv", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )
    sdist, wheel = sorted(tmp_path.iterdir(), key=lambda path: path.suffix)
    checked = _run([BIN / "twine", "check", "--strict", sdist, wheel])
    assert checked.returncode == 0, checked.stdout
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    python = tmp_path / "v/bin/python"
    subprocess.run(
        [BIN / "uv", "pip", "install", "-q", "--python", python, wheel], check=True, capture_output=True
    )
    done = _run([python, "-m", "weightguard", "controls", "lint"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with_data = _run([python, "-m", "weightguard", "schema", "report"], cwd=tmp_path)
    assert json.loads(with_data.stdout)["$schema"]


def _run(
    command: list[Any], cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
