"""A demonstration uses settings of its own, and leaves the machine's as they were."""

import os

import pytest

from weightguard.demo.environment import made_up


def test_what_was_set_is_hidden_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROFILE", "real")
    monkeypatch.setenv("NO_CHECK", "mine")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    monkeypatch.delenv("LAB_KEY", raising=False)
    before = dict(os.environ)
    with made_up({"LAB_KEY": "demo", "NO_CHECK": "true"}, hidden=("LAB_",)):
        assert not {"LAB_PROFILE", "https_proxy"} & os.environ.keys()
        assert (os.environ["LAB_KEY"], os.environ["NO_CHECK"]) == ("demo", "true")
        os.environ["LAB_LATER"] = "set by whoever ran meanwhile"
    assert dict(os.environ) == before


def test_what_was_set_comes_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROFILE", "real")
    with pytest.raises(ZeroDivisionError), made_up({"LAB_PROFILE": "demo"}, hidden=("LAB_",)):
        raise ZeroDivisionError
    assert os.environ["LAB_PROFILE"] == "real"
