"""The kinds of mistakes cover the survey, and a mistake's family is found in other exercises too."""

import pytest

from bpcore.exercises import catalogue
from bpcore.exercises.families import FAMILIES, family_of, in_family

MISTAKES = [(exercise, mistake) for exercise in catalogue.values() for mistake in exercise.mistakes]
# A4 is no mistake, and I1 (weights that start at zero) cannot be made inside a function that is checked.
ROWS = {"A": 3, "O": 4, "H": 5, "U": 1, "W": 2, "N": 5, "B": 4, "L": 3, "S": 4, "F": 1, "R": 2, "P": 2, "G": 1, "C": 1}
SURVEY = [f"{letter}{number}" for letter, last in {**ROWS, "D": 1, "X": 1}.items() for number in range(1, last + 1)]


def test_every_row_of_the_survey_is_a_family_once() -> None:
    assert sorted(family.code for family in FAMILIES) == sorted(SURVEY)
    assert len({family.title for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.code)
def test_a_family_has_members_that_can_be_made(family) -> None:
    members = [mistake.name for _, mistake in MISTAKES if family_of(mistake.name) == family.title]
    assert len(members) >= 3


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.code)
def test_every_stem_begins_some_mistakes_name(family) -> None:
    names = {mistake.name for _, mistake in MISTAKES}
    unused = [stem for stem in family.stems.split() if not any(name.startswith(stem) for name in names)]
    assert unused == []


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.code not in ("L2", "P1")], ids=lambda family: family.code)
def test_a_mended_mistake_has_a_twin_in_another_exercise(family) -> None:
    homes = [exercise.id for exercise in catalogue.values() if in_family(exercise, family.title)]
    assert len(homes) >= 2, homes
