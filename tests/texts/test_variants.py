"""Two wordings: a fair split, intervals and sample sizes against published values, nobody wins too early."""

import pytest

from portal.core import installation, signing
from portal.settings import Settings
from portal.texts import rules
from portal.texts.rules import Share


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(hits: int, of: int, low: float, high: float) -> None:
    found = rules.wilson(hits, of)
    assert found == pytest.approx((low, high), abs=0.00006)
    assert rules.wilson(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=0.00006)


@pytest.mark.parametrize(("hits", "of"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_nothing_is_none(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="share"):
        rules.wilson(hits, of)


def test_how_many_are_needed() -> None:
    """0.5 against 0.6 at 5 % and 80 %: 388 each, as the tables of Fleiss have it without a correction."""
    assert rules.needed(0.5) == 388
    assert rules.needed(0.5, 0.2) == 93
    assert rules.needed(0.0) == rules.needed(1.0)
    assert rules.needed(0.05) < rules.needed(0.5)


def test_nobody_wins_too_early_nor_without_a_difference() -> None:
    assert rules.better(Share(0, 0), Share(0, 0)) is None
    assert rules.better(Share(30, 30), Share(0, 30)) is None, "far apart, and too few"
    assert rules.better(Share(260, 400), Share(180, 400)) == rules.A
    assert rules.better(Share(180, 400), Share(260, 400)) == rules.B
    assert rules.better(Share(200, 400), Share(205, 400)) is None


def test_the_split_is_fair_and_stays(house: Settings) -> None:
    keys = installation.keys()
    sides = [rules.side(signing.keyed_hash(keys, "wording", f"7:{person}")) for person in range(2000)]
    assert 900 < sides.count(rules.A) < 1100
    again = [rules.side(signing.keyed_hash(keys, "wording", f"7:{person}")) for person in range(2000)]
    assert sides == again
    assert rules.middle([3, 1, 2]) == 2
    assert rules.middle([]) is None
