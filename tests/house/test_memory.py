"""What is worked out once is kept where it dies with the run."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from weightguard.estate.model import Estate
from weightguard.memory import Memory


class Held:
    """Something that weak references can be made to."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_a_function_is_asked_once_for_equal_arguments_and_each_function_apart() -> None:
    asked: list[str] = []

    def longer(text: str, times: int) -> str:
        asked.append(text)
        return text * times

    memory = Memory()
    assert memory.once(longer, "ab", 2) is memory.once(longer, "ab", 2)
    assert (memory.once(longer, "ab", 3), memory.once(str.upper, "ab"), asked) == (
        "ababab",
        "AB",
        ["ab", "ab"],
    )
    Memory().once(longer, "ab", 2)
    assert asked == ["ab"] * 3, "another memory knows nothing of it"


def test_an_answer_that_is_none_is_an_answer() -> None:
    asked: list[str] = []
    memory = Memory()
    assert [memory.once(asked.append, "once"), memory.once(asked.append, "once"), asked] == [
        None,
        None,
        ["once"],
    ]


def test_what_fails_is_asked_again() -> None:
    memory = Memory()
    for _ in range(2):
        with pytest.raises(ValueError, match="abc"):
            memory.once(int, "abc")


def test_no_more_than_so_many_answers_of_a_function_are_kept() -> None:
    memory, asked = Memory(most=2), []
    for number in (1, 2, 1, 3, 1):
        memory.once(asked.append, number)
    assert asked == [1, 2, 3, 1]


def test_what_is_shared_lives_as_long_as_somebody_holds_it() -> None:
    memory = Memory()
    held = memory.shared(Held, "one")
    assert memory.shared(Held, "one") is held
    assert memory.shared(Held, "other").name == "other"
    del held
    gc.collect()
    assert not memory._shared


def test_an_estate_has_a_memory_of_its_own_which_is_no_part_of_what_it_says() -> None:
    one, other = Estate("2026-01-01T00:00:00Z"), Estate("2026-01-01T00:00:00Z")
    assert one == other
    assert one.memory is not other.memory
    assert replace(one, collected_at="2026-01-02T00:00:00Z").memory is one.memory
    assert "Memory" not in repr(one)
