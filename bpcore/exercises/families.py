"""The kinds of mistakes: which names, in whatever exercise, are the same slip of the mind.

The codes are those of a survey of public questions and bug reports about hand-written backpropagation.
"""

from dataclasses import dataclass

from bpcore.exercises.spec import Exercise


@dataclass(frozen=True)
class Family:
    """A kind of mistake: the survey's code, what it is called to a learner, and how its names begin."""

    code: str
    title: str
    stems: tuple[str, ...]


FAMILIES: tuple[Family, ...] = ()


def family_of(mistake: str) -> str:
    """The title of the family that a mistake belongs to, or "" if it belongs to none."""
    return next((family.title for family in FAMILIES if mistake.startswith(family.stems)), "")


def in_family(exercise: Exercise, title: str) -> bool:
    """Whether a mistake of this family can be made in this exercise."""
    return any(family_of(mistake.name) == title for mistake in exercise.mistakes)
