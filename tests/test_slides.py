"""The slides are made from the marked cells alone, draw their formulas, and need no network."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import make_slides  # noqa: E402
import nbformat  # noqa: E402

UNIT = "03_feedforward"


@pytest.fixture(scope="module")
def deck() -> str:
    return make_slides.deck(UNIT)


def test_there_is_a_slide_for_each_marked_cell(deck: str) -> None:
    prose = (ROOT / "solutions" / UNIT / f"{UNIT}.py").read_text(encoding="utf-8")
    marked = len(re.findall(r"^# %%.* slide=true$", prose, flags=re.MULTILINE))
    assert marked > 5
    assert deck.count("<section>") == marked
    assert f"{marked} of {marked}</footer>" in deck


def test_a_deck_loads_nothing_and_shows_no_solution(deck: str) -> None:
    loaded = re.findall(r'(?:src|href)="([^"]+)"', deck)
    assert any(address.startswith("data:image/png") for address in loaded)
    assert not [a for a in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(\w+)', deck) if a != "data"]
    assert "BEGIN SOLUTION" not in deck
    assert "slope_kept" not in deck


def test_formulas_are_drawn_and_code_is_left_alone() -> None:
    page = make_slides.as_html("*Core.*\n\nThe sum $z_0 = 1$ and `a $b$ c`:\n\n$$\\sum_i x_i$$")
    assert page.count("<math") == 2
    assert 'display="block"' in page
    assert "<code>a $b$ c</code>" in page
    assert "Core" not in page


def test_what_a_student_could_print_is_text_on_the_slide() -> None:
    stream = nbformat.v4.new_output("stream", text="<b>1 < 2</b>")
    assert list(make_slides.shown([stream])) == ["<pre>&lt;b&gt;1 &lt; 2&lt;/b&gt;</pre>"]


def test_a_unit_without_marks_has_no_deck() -> None:
    assert make_slides.deck("00_start") == ""
