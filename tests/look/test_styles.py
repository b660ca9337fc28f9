"""The stylesheets: small, ours alone, readable in both schemes. The templates: nothing inline, nothing of others."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC, TEMPLATES = ROOT / "portal" / "static", ROOT / "templates"

SIZES = {"portal.css": 12_600, "staff.css": 12_000, "copy.js": 1_000, "staff.js": 4_000, "favicon.svg": 1_000}
TEXT, UI = 4.5, 3.0
# What stands on what, and how far apart it must be (WCAG 1.4.3, 1.4.11). tint and pressed are mixed by the sheet.
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "soft", "accent", "error") for ground in ("paper", "card")),
    *(("ink", ground, TEXT) for ground in ("tint", "error-tint")),
    *(("soft", ground, TEXT) for ground in ("tint", "error-tint")),
    *(("accent", ground, TEXT) for ground in ("tint",)),
    ("error", "error-tint", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "pressed", TEXT),
    ("edge", "paper", UI),
    ("edge", "card", UI),
]
EVERY_TEMPLATE = sorted(TEMPLATES.rglob("*.html"))
Colour = tuple[float, float, float]


def schemes() -> dict[str, dict[str, str]]:
    """The colours of portal.css by name, for light and for dark."""
    sheet = (STATIC / "portal.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    found = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


def channels(colour: str) -> Colour:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def mix(one: Colour, share: float, other: Colour) -> Colour:
    return tuple(a * share + b * (1 - share) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", SIZES)
def test_file_keeps_its_weight(name: str) -> None:
    assert len((STATIC / name).read_bytes()) <= SIZES[name]


@pytest.mark.parametrize("path", [*STATIC.glob("*.css"), *TEMPLATES.rglob("*.css")], ids=lambda path: path.name)
def test_stylesheet_fetches_nothing(path: Path) -> None:
    sheet = path.read_text("utf-8")
    assert "{" in sheet
    assert not re.search(r"url\(|@import|https?:|@font-face", sheet)


def test_mixed_colours_are_those_of_the_sheet() -> None:
    sheet = (STATIC / "portal.css").read_text("utf-8")
    assert "--tint: color-mix(in srgb, var(--accent) 10%, var(--paper));" in sheet
    assert "color-mix(in srgb, var(--accent) 85%, var(--ink))" in sheet


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("over", "ground", "least"), PAIRS)
def test_contrast(scheme: str, over: str, ground: str, least: float) -> None:
    colours = {name: channels(value) for name, value in schemes()[scheme].items()}
    colours["tint"] = mix(colours["accent"], 0.10, colours["paper"])
    colours["pressed"] = mix(colours["accent"], 0.85, colours["ink"])
    assert contrast(colours[over], colours[ground]) >= least


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast(channels("#000000"), channels("#ffffff")) == pytest.approx(21)
    assert contrast(channels("#777777"), channels("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("path", EVERY_TEMPLATE, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_has_nothing_inline(path: Path) -> None:
    markup = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    if path.name == "email.html" and path.parent.name == "layouts":  # css-inline puts its sheet into the elements
        markup = markup.replace("<style>", "")
    assert not re.search(r"<style|\sstyle=|javascript:", markup)
    assert not re.search(r"<[^>{]*\son[a-z]+=", markup)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", markup))


@pytest.mark.parametrize("path", EVERY_TEMPLATE, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_asks_nobody_else(path: Path) -> None:
    markup = path.read_text("utf-8")
    assert not re.search(r"""(?:src|href|action|srcset)=["'](?:https?:)?//""", markup)


@pytest.mark.parametrize("path", EVERY_TEMPLATE, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_template_says_what_it_needs(path: Path) -> None:
    assert path.read_text("utf-8").startswith("{#")
