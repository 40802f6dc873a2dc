"""The colours of the stylesheet can be told apart: WCAG 2.2, 1.4.3 and 1.4.11, by its own formula, in both modes."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

SHEET = (Path(__file__).parents[3] / "web/static/site.css").read_text(encoding="utf-8")
TEXT, PART = 4.5, 3.0
GROUNDS = ("paper", "ground", "calm-ground")
ON_ITS_GROUND = [("late", "late-ground"), ("soon", "soon-ground"), ("good", "good-ground")]
INKS = ("ink", "ink-soft", "blue", "red", "late", "soon", "good")
# Text on a ground that says how something stands.
ALSO = [("ink", f"{tone}-ground") for tone in ("late", "soon", "good")]
ALSO += [("ink-soft", f"{tone}-ground") for tone in ("late", "soon", "good")]


def colours(selector: str) -> dict[str, str]:
    """Return the variables that the first block of a selector sets."""
    block = SHEET[SHEET.index(f"{selector} {{") :].partition("}")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))


LIGHT = colours("\n:root")
DARK = LIGHT | colours('  :root:not([data-theme="light"])')


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2: each channel made linear, then weighed as the eye does."""
    digits = colour.removeprefix("#")
    full = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_what_the_recommendation_says() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), [*product(INKS, GROUNDS), *ON_ITS_GROUND, *ALSO])
def test_text_stands_out_from_every_ground_it_is_on(mode: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(mode[ink], mode[ground]) >= TEXT


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "ground"])
def test_the_frame_of_a_field_and_the_mark_of_the_focus_are_seen(mode: dict[str, str], ground: str) -> None:
    assert contrast(mode["frame"], mode[ground]) >= PART
    assert contrast(mode["blue"], mode[ground]) >= PART


def test_what_is_written_on_a_strong_colour_can_be_read() -> None:
    for strong in ("#14508c", "#9b1c20"):
        assert contrast("#fff", strong) >= TEXT


def test_dark_is_the_same_whether_the_device_or_the_reader_asks_for_it() -> None:
    assert colours(':root[data-theme="dark"]') == colours('  :root:not([data-theme="light"])')
