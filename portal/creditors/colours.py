"""A creditor's colour made readable: contrast as WCAG 2 counts it, on light and on dark ground (look.md)."""

import re

ENOUGH = 4.5
# The grounds that text in the accent stands on: --paper and --card of portal/static/portal.css, light and dark.
LIGHT_GROUNDS = ("#f8f5f0", "#ffffff")
DARK_GROUNDS = ("#1a1816", "#252220")
_STEPS = 50
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)

Rgb = tuple[int, int, int]


def read(typed: str) -> str | None:
    """`#0f5f59` for `#0F5F59`, `0f5f59` or `#0f5f59`; None for anything else."""
    colour = typed.strip().lower()
    colour = colour if colour.startswith("#") else f"#{colour}"
    return colour if _COLOUR.fullmatch(colour) else None


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def is_readable(colour: str) -> bool:
    """Whether text in this colour can be read on every light ground."""
    return all(contrast(colour, ground) >= ENOUGH for ground in LIGHT_GROUNDS)


def on_light(colour: str) -> str:
    """The nearest colour towards black that can be read on light ground; readable ones stay as they are."""
    return _towards(colour, "#000000", LIGHT_GROUNDS)


def on_dark(colour: str) -> str:
    """The nearest colour towards white that can be read on dark ground."""
    return _towards(colour, "#ffffff", DARK_GROUNDS)


def _towards(colour: str, end: str, grounds: tuple[str, ...]) -> str:
    start, stop = _rgb(colour), _rgb(end)
    for step in range(_STEPS + 1):
        mixed = "#" + "".join(f"{a + (b - a) * step // _STEPS:02x}" for a, b in zip(start, stop, strict=True))
        if all(contrast(mixed, ground) >= ENOUGH for ground in grounds):
            return mixed
    return end


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
