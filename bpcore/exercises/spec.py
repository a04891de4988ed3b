"""What an exercise is: one definition, used by the notebook, the grader and the tests."""

import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from bpcore.exercises import driving, reading

Form = Literal["worked", "faded", "blank", "debug"]
CAUSES = 4


@dataclass(frozen=True)
class Case:
    """One call of the answer: plain arguments, and the names of the sizes that a wrong factor could come from."""

    name: str
    args: tuple
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """How much there is to read in this case; reports show the lightest one that fails."""
        return sum(np.size(a) if isinstance(a, np.ndarray) else 1 for a in _leaves(self.args))


@dataclass(frozen=True)
class Version:
    """Another version of the reference that runs, and what to say to someone who wrote it.

    ``edits`` turn the reference's source into this version, text for text; ``code`` is the version written out.
    Exactly one is given.
    """

    name: str
    message: str
    edits: Mapping[str, str] = field(default_factory=dict)
    code: Callable | None = None

    def __post_init__(self) -> None:
        if bool(self.edits) == (self.code is not None):
            raise ValueError(f"{self.name!r} needs either edits of the reference or code of its own, and not both")


@dataclass(frozen=True)
class Mistake(Version):
    """A wrong version. It is named only to someone whose numbers are exactly those that it produces.

    The message completes the sentence "Your numbers are exactly those you get when …", then explains.
    """


@dataclass(frozen=True)
class Convention(Version):
    """A version that is right as well: it earns everything, and its message becomes a note."""


@dataclass(frozen=True)
class Exercise:
    """An exercise: what is asked, the reference that answers it, the cases that try it and the mistakes that it
    knows by name.

    ``reference`` is written as a student would write it: its source is the solution, its signature and docstring
    are the stub. ``cases(rng)`` gives the calls. ``drive(answer, *args)`` makes one call where the answer lives and
    returns what it saw. ``stages`` name the parts of the result, in the order in which they are computed: the keys
    of a dict or the items of a tuple. With the default drive each stage is also a variable of the reference, and is
    judged by the student's own earlier stages. ``blanks`` are pieces of the reference that a faded exercise leaves
    out; ``bug`` names the mistake that a debugging exercise starts from. ``exact_shape`` is set where the shape
    itself is what is being learnt, ``keep_inputs`` where the statement asks to leave arguments unchanged. ``variant``
    is the name of a variant, see `variants`.
    """

    id: str
    title: str
    points: float
    minutes: int
    objective: str
    form: Form
    statement: str
    reference: Callable
    cases: Callable[[np.random.Generator], list[Case]]
    hints: tuple[str, ...]
    drive: Callable = driving.call
    stages: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    conventions: tuple[Convention, ...] = ()
    rtol: float = 1e-6
    blanks: tuple[str, ...] = ()
    bug: str = ""
    exact_shape: bool = False
    keep_inputs: bool = False
    variant: str = ""

    def __post_init__(self) -> None:
        reading.pin(self.reference)
        reading.pin(self.drive)

    @property
    def key(self) -> str:
        """The id, with the variant's name behind it where this is one: what `check` and the catalogue find it by."""
        return f"{self.id}@{self.variant}" if self.variant else self.id

    @property
    def name(self) -> str:
        """The name that the answer has in the notebook."""
        return self.reference.__name__

    @cached_property
    def source(self) -> str:
        """The reference's source."""
        return reading.source_of(self.reference)

    @property
    def solved(self) -> str:
        """The whole cell, solved, with the markers that nbgrader takes out of a release."""
        return reading.solved(self.source) + (f'\n{self.cause_name} = "{self.cause}"\n' if self.causes else "")

    @property
    def starter(self) -> str:
        """What the student finds in the cell before writing anything."""
        if self.form == "debug":
            letters = ", ".join(self.causes)
            return f'{self.source_of(self.mistake(self.bug))}\n{self.cause_name} = "?"  # one of {letters}\n'
        if self.form == "faded":
            return reading.edited(self.source, dict.fromkeys(self.blanks, "..."))
        return reading.starter(self.source)

    @property
    def replayable(self) -> bool:
        """Whether each stage can be judged by the student's own earlier ones."""
        return bool(self.stages) and self.drive is driving.call

    @property
    def cause_name(self) -> str:
        """The name under which a debugging exercise wants the cause named."""
        return f"{self.name}_cause"

    @cached_property
    def causes(self) -> dict[str, Mistake]:
        """What a debugging exercise offers as the cause of its bug, by letter; nothing for other exercises."""
        if self.form != "debug":
            return {}
        others = [mistake for mistake in self.mistakes if mistake.name != self.bug][: CAUSES - 1]
        place = zlib.crc32(self.id.encode()) % (len(others) + 1)  # some order that no reader can guess, always the same
        return dict(zip("abcd", [*others[:place], self.mistake(self.bug), *others[place:]], strict=False))

    @property
    def cause(self) -> str:
        """The letter of the true cause; "" for an exercise without a bug to find."""
        return next((letter for letter, mistake in self.causes.items() if mistake.name == self.bug), "")

    def mistake(self, name: str) -> Mistake:
        """The mistake of that name; KeyError when this exercise does not know it."""
        for mistake in self.mistakes:
            if mistake.name == name:
                return mistake
        raise KeyError(f"{self.id} knows no mistake {name!r}; it knows {[m.name for m in self.mistakes]}")

    def source_of(self, version: Version) -> str:
        """The source of a wrong version (or of a convention)."""
        if version.code is not None:
            return reading.source_of(version.code).replace(version.code.__name__, self.name, 1)
        return reading.edited(self.source, version.edits)

    def build(self, *versions: Version) -> Callable:
        """A wrong version as something to call; several mistakes that are edits can be made at once."""
        source = self.source_of(versions[0])
        for version in versions[1:]:
            source = reading.edited(source, version.edits)
        return reading.build(source, self.name, vars(sys.modules[self.reference.__module__]))

    def replay(self, version: Version | None = None) -> reading.Replay:
        """The reference (or a version of it) as something that can be run on a student's own stages."""
        source = self.source if version is None else self.source_of(version)
        return reading.Replay(source, self.name, self.stages, vars(sys.modules[self.reference.__module__]))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, dict):
        return _leaves(list(value.values()))
    return [value]
