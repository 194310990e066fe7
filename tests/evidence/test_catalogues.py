"""Catalogues are kept by their digest: what one judged is judged again by it, whatever the catalogue says by then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from audits import Verify, typed

from weightguard.controls import load_catalogue
from weightguard.controls.catalogue import Catalogue, catalogue_directory
from weightguard.controls.kept import SUFFIX, keep, loaded, store
from weightguard.errors import CatalogueError


@pytest.mark.slow
def test_every_kept_catalogue_is_read_and_known_by_its_digest() -> None:
    names = [path.name.removesuffix(SUFFIX) for path in store().glob(f"*{SUFFIX}")]
    assert names, "one at least is kept"
    for name in names:
        with loaded(f"sha256:{name}") as catalogue:
            assert catalogue.digest == f"sha256:{name}"
            assert len(catalogue.controls) > 100


def test_a_digest_that_nobody_kept_is_refused() -> None:
    with pytest.raises(CatalogueError, match="no catalogue of that digest"), loaded("sha256:" + "0" * 64):
        pass


@pytest.mark.slow
def test_the_same_catalogue_is_kept_as_the_same_bytes(tmp_path: Path, shipped: Catalogue) -> None:
    (tmp_path / "a").mkdir()
    first = keep(shipped, tmp_path)
    assert first.read_bytes() == keep(shipped, tmp_path / "a").read_bytes()
    assert first.name == f"{shipped.digest.removeprefix('sha256:')}{SUFFIX}"


@pytest.fixture
def last_years(tmp_path: Path) -> Path:
    """A catalogue in which one control was of another title and severity, and one was not there yet."""
    place = Path(shutil.copytree(catalogue_directory(), tmp_path / "last year"))
    control = place / "WG-IAM-01.yaml"
    before = control.read_text()
    control.write_text(before.replace("\ntitle: ", "\ntitle: Last year, ", 1))
    assert control.read_text() != before
    (place / "WG-INV-05.yaml").unlink()
    (place / "examples" / "WG-INV-05.yaml").unlink(missing_ok=True)
    return place


@pytest.fixture
def judged_last_year(
    last_years: Path, made: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A bundle that was judged by it."""
    audit = tmp_path / "audit"
    shutil.copytree(made / "snapshot", audit / "snapshot")
    with monkeypatch.context() as then:
        then.setattr("weightguard.controls.catalogue.catalogue_directory", lambda: last_years)
        assert typed("assess", audit / "snapshot", "-o", audit, "-q").status in (0, 3, 4)
        assert typed("sign", audit, "--key", f"file:{keys / 'lab.key'}").status == 0
    assert typed("bundle", audit, "-o", tmp_path / "a.wgb").status == 0
    assert b"Last year, " in (audit / "report.json").read_bytes()
    return tmp_path / "a.wgb"


@pytest.mark.slow
def test_what_was_judged_last_year_is_judged_again_by_last_years_catalogue(
    judged_last_year: Path, last_years: Path, tmp_path: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weightguard.controls.kept.store", lambda: tmp_path)
    keep(load_catalogue(directory=last_years), tmp_path)
    typed_, said = verify(judged_last_year, "--replay")
    assert typed_.status == 0, said["steps"]
    assert {one["step"]: one["outcome"] for one in said["steps"]}["replay"] == "ok"


@pytest.mark.slow
def test_without_it_the_bundle_is_checked_and_cannot_be_judged_again(
    judged_last_year: Path, verify: Verify
) -> None:
    typed_, said = verify(judged_last_year)
    assert typed_.status == 0
    assert {one["step"]: one["outcome"] for one in said["steps"]}["catalogue"] == "not_checked"
    typed_, said = verify(judged_last_year, "--replay")
    assert typed_.status == 3
    failed = {one["step"] for one in said["steps"] if one["outcome"] == "failed"}
    assert failed == {"catalogue", "replay"}
