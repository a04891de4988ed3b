"""What an exercise promises is tried: sound ones pass, and each way to break one is told in a sentence."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bpcore.exercises import Case, Mistake, catalogue
from bpcore.soundness import ExerciseFileError, faults, load, main, page

TEMPLATE = Path(__file__).parent.parent / "solutions" / "exercise_template.py"
SOUND = load(TEMPLATE).EXERCISES[0]


@pytest.mark.parametrize("name", ["start.row_sums", "start.value", "networks.find_the_bug", "networks.neuron"])
def test_exercises_of_the_course_are_sound(name: str) -> None:
    assert list(faults(catalogue[name])) == []


def test_the_template_is_sound_and_makes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "unit_20_ours.py"
    file.write_bytes(TEMPLATE.read_bytes())
    for _ in range(2):
        assert main([str(file), "--page", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("wrote ") == 1
    made = (tmp_path / "20_ours" / "20_ours.py").read_text(encoding="utf-8")
    assert made == page("20_ours", (SOUND,))
    assert '# %% exercise="ours.leaky_relu"' in made


def slow(z, slope=0.1):
    time.sleep(0.11)
    return np.where(z > 0, z, slope * z)


def same_sizes(rng):
    return [Case(name, (np.ones(3),)) for name in "abcd"]


def zeros(rng):
    return [Case(f"{n} zeros", (np.zeros(n),)) for n in (1, 2, 3, 4)]


TWIN = Mistake("twin", "it is another name for the plain ReLU.", {"slope * z": "np.minimum(0, 0 * z)"})
BAD = {
    "a check is slow": {"reference": slow},
    "an uncaught mistake": {"cases": same_sizes},
    "no case tells anything": {"cases": zeros},
    "an edit that stands nowhere": {"mistakes": (*SOUND.mistakes, Mistake("gone", "it is.", {"nowhere": "x"}))},
    "an edit that is no Python": {"mistakes": (*SOUND.mistakes, Mistake("gone", "it is.", {"slope * z": "("}))},
    "two mistakes of the same numbers": {"mistakes": (*SOUND.mistakes, TWIN)},
    "too few mistakes": {"mistakes": SOUND.mistakes[:2]},
    "two hints": {"hints": SOUND.hints[:2]},
    "no full stop": {"objective": "Write"},
    "no name": {"statement": "Write it."},
    "no points": {"points": 0},
    "an id of one word": {"id": "ours"},
}
TOLD = {
    "a check is slow": "ms keep a learner going",
    "an uncaught mistake": "leak_ignored is not caught",
    "no case tells anything": "leak_ignored is not caught",
    "an edit that stands nowhere": "gone cannot be made: an edit needs its text",
    "an edit that is no Python": "gone cannot be made",
    "two mistakes of the same numbers": "is not named|is taken for",
    "too few mistakes": "knows 2 different mistakes",
    "two hints": "has 2 hints",
    "no full stop": "its objective should be a sentence",
    "no name": "should name `leaky_relu`",
    "no points": "both must be above 0",
    "an id of one word": "two words in small letters",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("broken", BAD)
def test_a_broken_exercise_is_told(broken: str) -> None:
    found = "\n".join(faults(replace(SOUND, **BAD[broken])))
    assert any(part in found for part in TOLD[broken].split("|")), found


@pytest.mark.parametrize(
    ("text", "sentence"), [("x = 1", "needs a last line like EXERCISES"), ("x = (", "cannot be imported: SyntaxError")]
)
def test_a_file_without_exercises_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "unit_21_none.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ExerciseFileError, match=sentence):
        load(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExerciseFileError, match="is no Python file"):
        load(tmp_path / "unit_22_gone.py")


def test_a_taken_id_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "unit_23_taken.py"
    file.write_text(TEMPLATE.read_text(encoding="utf-8").replace("ours.leaky_relu", "start.value"), encoding="utf-8")
    assert main([str(file)]) == 1
    assert "its id is taken, in 00_start" in capsys.readouterr().out
