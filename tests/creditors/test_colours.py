"""Contrast as WCAG counts it, and colours made readable on light and on dark ground."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.creditors import colours
from portal.settings import ROOT

any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),  # the lightest grey that passes, WCAG's own example
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_known_ratios(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize(("typed", "read"), [("#0F5F59", "#0f5f59"), (" 0f5f59 ", "#0f5f59")])
def test_a_colour_is_read(typed: str, read: str) -> None:
    assert colours.read(typed) == read


@pytest.mark.parametrize("typed", ["", "red", "#fff", "#12345", "#1234567", "#gggggg", "#١٢٣٤٥٦", "#0f5f59;x:y"])
def test_what_is_no_colour_is_none(typed: str) -> None:
    assert colours.read(typed) is None


@given(any_colour)
def test_every_colour_becomes_readable_on_both_grounds(colour: str) -> None:
    light, dark = colours.on_light(colour), colours.on_dark(colour)
    assert all(colours.contrast(light, ground) >= 4.5 for ground in colours.LIGHT_GROUNDS)
    assert all(colours.contrast(dark, ground) >= 4.5 for ground in colours.DARK_GROUNDS)
    assert (light == colour) is colours.is_readable(colour)


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    sheet = (ROOT / "portal" / "static" / "portal.css").read_text()
    light, dark = sheet.split("prefers-color-scheme: dark", 1)
    for half, grounds in ((light, colours.LIGHT_GROUNDS), (dark, colours.DARK_GROUNDS)):
        for name, ground in zip(("--paper", "--card"), grounds, strict=True):
            assert re.search(rf"{name}: (#\w+);", half)[1] == ground  # type: ignore[index]
