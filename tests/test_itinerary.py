"""The course takes as long as it says, and the short path through it takes eight hours."""

import json
from pathlib import Path

import pytest

from bpcore.exercises import catalogue
from bpcore.itinerary import CORE_MINUTES, SHORT_PATH, WORDS_A_MINUTE, WRITTEN_MINUTES, core_minutes, course_map

ROOT = Path(__file__).parent.parent
BUILT = [unit for unit in CORE_MINUTES if (ROOT / "solutions" / unit / f"{unit}.ipynb").exists()]


def measured(unit: str) -> float:
    text = (ROOT / "solutions" / unit / f"{unit}.ipynb").read_text(encoding="utf-8")
    return core_minutes(json.loads(text)["cells"])


def test_all_of_it_is_about_sixteen_hours_and_the_short_path_about_eight() -> None:
    assert 15.5 <= sum(CORE_MINUTES.values()) / 60 <= 16.5
    short = sum(CORE_MINUTES[unit] + WRITTEN_MINUTES for unit in SHORT_PATH)
    assert 7.5 <= short / 60 <= 8.5
    assert list(SHORT_PATH) == sorted(SHORT_PATH)


def test_every_unit_with_exercises_has_its_minutes() -> None:
    assert set(catalogue.units) <= set(CORE_MINUTES)


@pytest.mark.parametrize("unit", BUILT)
def test_the_core_of_a_unit_takes_about_as_long_as_it_says(unit: str) -> None:
    assert 0.7 <= measured(unit) / CORE_MINUTES[unit] <= 1.25


def test_together_the_units_keep_their_promise() -> None:
    assert sum(map(measured, BUILT)) <= 1.15 * sum(CORE_MINUTES[unit] for unit in BUILT)


def test_what_is_further_and_what_is_written_does_not_count() -> None:
    def text(source: str, kind: str = "") -> dict:
        return {"cell_type": "markdown", "source": source, "metadata": {"bpcore": {"kind": kind}} if kind else {}}

    def answer(exercise: str) -> dict:
        about = {"bpcore": {"kind": "answer", "exercise": exercise}}
        return {"cell_type": "code", "source": "", "metadata": about}

    words = "word " * WORDS_A_MINUTE
    row_sums, value = catalogue["start.row_sums"], catalogue["start.value"]
    cells = [text(words), answer(row_sums.id), text("## Further: more\n" + words), answer(value.id)]
    assert core_minutes(cells) == pytest.approx(1 + row_sums.minutes)
    again = [*cells, text("### In it\n" + words), text("## Back\n\n*Core.*\n" + words), text(words, "written")]
    assert core_minutes(again) == pytest.approx(2 + row_sums.minutes, abs=0.05)
    assert core_minutes([text("## A\n\n*Further.*\n"), answer(value.id)]) == pytest.approx(0, abs=0.05)


def test_the_map_shows_every_unit_and_the_path() -> None:
    lines = course_map().splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(CORE_MINUTES)]] == list(CORE_MINUTES)
    assert {line.split()[0] for line in lines if line.endswith("yes")} == set(SHORT_PATH)
    assert lines[-2:] == [
        "All of it: about 16 hours of Core.",
        "The short path, with its written answers: about 8 hours.",
    ]
