"""The pages for those who teach agree with the course: its minutes, its units, its numbers."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from bpcore import functional as F
from bpcore.exercises import catalogue
from bpcore.grading import Limits
from bpcore.itinerary import CORE_MINUTES
from bpcore.lab import TEACHERS

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "solutions"
ROW = re.compile(r"^\| [^|]* \| `(\w+)` \| (\d+) \|", re.MULTILINE)


def page(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


def test_the_calendars_use_the_minutes_of_the_itinerary() -> None:
    calendars = re.split(r"^## ", page("CALENDARS.md"), flags=re.MULTILINE)[1:]
    assert len(calendars) == 3
    for calendar in calendars:
        rows = {unit: int(minutes) for unit, minutes in ROW.findall(calendar)}
        assert rows == {unit: CORE_MINUTES[unit] for unit in rows}
        assert f"Together: {sum(rows.values())} minutes" in calendar
        assert list(rows) == sorted(rows)
        assert all((PAGES / unit / f"{unit}.ipynb").exists() for unit in rows)
    for unit, minutes in re.findall(r"`(\w+)` \((\d+) minutes\)", page("CALENDARS.md")):
        assert CORE_MINUTES[unit] == int(minutes)
    weeks = [sorted({int(week) for week in re.findall(r"^\| (\d+) \|", c, re.MULTILINE)}) for c in calendars[:2]]
    assert weeks == [list(range(1, 15)), list(range(1, 8))]


def test_the_sheets_are_those_that_the_exercises_give() -> None:
    code = "import sys; sys.path.insert(0, 'scripts'); import make_sheets; sys.stdout.write(make_sheets.sheets())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert done.stdout == (PAGES / "TA.md").read_bytes(), "solutions/TA.md is stale: run `make sheets`"


def test_every_unit_with_exercises_has_a_sheet_and_the_questions_are_of_all_kinds() -> None:
    units = re.findall(r"^## (\w+)$", page("ORAL.md"), flags=re.MULTILINE)
    assert all((PAGES / unit / f"{unit}.ipynb").exists() for unit in units)
    sheets = re.findall(r"^## (\w+)$", page("TA.md"), flags=re.MULTILINE)
    assert set(sheets) == {unit for unit in catalogue.units if (PAGES / unit / f"{unit}.ipynb").exists()}
    for part in re.split(r"^## \w+$", page("ORAL.md"), flags=re.MULTILINE)[1:]:
        questions = re.findall(r"^\d\. \*(Change|Predict|Defend)\*: .+ — .+$", part, flags=re.MULTILINE)
        assert 3 <= len(questions) <= 5
        assert len(set(questions)) == 3


def test_the_concept_test_has_twelve_questions_and_a_belief_for_every_wrong_option() -> None:
    questions, _, key = page("CONCEPT_TEST.md").partition("## Key")
    asked = re.split(r"^\*\*\d+\.\*\* ", questions, flags=re.MULTILINE)[1:]
    assert len(asked) == 12
    assert all(re.findall(r"^- ([A-D])\. ", text, flags=re.MULTILINE) == list("ABCD") for text in asked)
    rows = re.findall(r"^\| (\d+) \| ([A-D]) \| (.+) \|$", key, flags=re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, 13))
    for _, right, beliefs in rows:
        assert re.findall(r"(?:^|; )([A-D]): ", beliefs) == [letter for letter in "ABCD" if letter != right]
    letters = [right for _, right, _ in rows]
    assert all(letters.count(letter) >= 2 for letter in "ABCD")


def test_the_numbers_of_the_concept_test_are_right() -> None:
    answers = dict(re.findall(r"^\| (\d+) \| ([A-D]) \|", page("CONCEPT_TEST.md"), flags=re.MULTILINE))
    options = {}
    for text in re.split(r"^\*\*(?=\d+\.\*\*)", page("CONCEPT_TEST.md"), flags=re.MULTILINE)[1:]:
        number = re.match(r"\d+", text)[0]
        options[number] = dict(re.findall(r"^- ([A-D])\. (.+)$", text, flags=re.MULTILINE))

    def told(number: int) -> float:
        return float(options[str(number)][answers[str(number)]].replace("−", "-"))

    z = np.log(0.8 / 0.2)
    assert told(3) == 10 * 4
    assert told(4) == 2 * 3 + 1
    assert np.isclose(told(5), F.sigmoid_vjp(np.ones(1), F.sigmoid(np.array([z])))[0])
    assert told(6) == F.relu_vjp(np.array([5.0]), np.array([-2.0]))[0]
    scores = np.log([[0.7, 0.2, 0.1]])
    assert np.isclose(told(7), F.softmax_cross_entropy_grad(scores, np.array([0]))[0, 0])


def test_the_link_of_the_hub_is_what_its_lines_print() -> None:
    text = page("JUPYTERHUB.md")
    (source,) = (s for s in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "urlencode" in s)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(source, {})
    assert f"```\n{said.getvalue()}```" in text


def test_the_hub_switches_off_what_the_lab_switches_off_and_allows_what_the_wall_allows() -> None:
    text = page("JUPYTERHUB.md")
    assert f"parts = {TEACHERS}".replace("'", '"') in text
    assert f"At most {Limits().memory >> 30} GB and {Limits().total:g} seconds" in text
