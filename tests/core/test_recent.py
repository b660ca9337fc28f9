"""What may be a few seconds old is asked once, until it is too old or somebody says that it changed."""

from itertools import count

from portal.core.recent import Recent


def test_it_is_asked_once_by_each_key() -> None:
    numbers, recent = count(), Recent[str, int](seconds=600)
    assert [recent.answer(key, lambda: next(numbers)) for key in ("a", "a", "b", "a")] == [0, 0, 1, 0]


def test_what_is_too_old_is_asked_again() -> None:
    numbers, recent = count(), Recent[str, int](seconds=-1)
    assert [recent.answer("a", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_what_is_forgotten_is_asked_again() -> None:
    numbers, recent = count(), Recent[str, int](seconds=600)
    assert recent.answer("a", lambda: next(numbers)) == 0
    recent.forget()
    assert recent.answer("a", lambda: next(numbers)) == 1
