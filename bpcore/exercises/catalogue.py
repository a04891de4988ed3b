"""All exercises, found by id: one module `unit_NN_name` for each unit of the course."""

import difflib
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from bpcore.errors import BpcoreError
from bpcore.exercises import driving
from bpcore.exercises.evaluate import evaluate, plan
from bpcore.exercises.report import Finding, Report
from bpcore.exercises.spec import Case, Exercise
from bpcore.exercises.variants import MARK, draw, keyed, vary
from bpcore.exercises.watchdog import in_time

SECONDS = 10.0


class UnknownExerciseError(BpcoreError, KeyError):
    """No exercise has this id."""

    def __str__(self) -> str:
        return str(self.args[0])


class Catalogue(Mapping[str, Exercise]):
    """The exercises by id, in the order of the course. ``catalogue("05_backpropagation")`` gives those of one unit.

    A variant is found by its key, such as ``catalogue["backprop.backward@tanh"]``, and is not counted.
    """

    def __getitem__(self, exercise_id: str) -> Exercise:
        plain, mark, name = str(exercise_id).partition(MARK)
        if mark and plain in self._by_id:
            if name in self.variants(plain):
                return self.variants(plain)[name]
            known = ", ".join(self.variants(plain)) or "none"
            raise UnknownExerciseError(f"{plain} has no variant {name!r}. There are: {known}.")
        try:
            return self._by_id[exercise_id]
        except (KeyError, TypeError):
            near = difflib.get_close_matches(str(exercise_id), self._by_id, n=3, cutoff=0.4)
            advice = f"Did you mean {' or '.join(map(repr, near))}?" if near else "progress() lists the units."
            raise UnknownExerciseError(f"No exercise is called {exercise_id!r}. {advice}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __call__(self, unit: str | None = None) -> dict[str, Exercise]:
        """The exercises of one unit, or of the whole course, as a dict."""
        if unit is None:
            return dict(self._by_id)
        if unit not in self._modules:
            raise UnknownExerciseError(f"No unit is called {unit!r}. There are: {', '.join(self._modules)}.")
        return {exercise.id: exercise for exercise in self._modules[unit].EXERCISES}

    @property
    def units(self) -> tuple[str, ...]:
        """The names of the units, in order."""
        return tuple(self._modules)

    def unit_of(self, exercise_id: str) -> str:
        """The unit that an exercise belongs to."""
        plain = self[exercise_id].id
        return next(unit for unit in self.units if plain in self(unit))

    def variants(self, exercise_id: str) -> Mapping[str, Exercise]:
        """The variants of an exercise by name, beside the plain one; most have none. Each is found by its key too."""
        if exercise_id not in self._variants:
            made = getattr(self._modules[self.unit_of(exercise_id)], "VARIANTS", {}).get(exercise_id, ())
            self._variants[exercise_id] = {variant.name: vary(self._by_id[exercise_id], variant) for variant in made}
        return self._variants[exercise_id]

    def posed(self, exercise_id: str, variant: str = "") -> Exercise:
        """The variant of this name; without a name the plain exercise."""
        return self[keyed(exercise_id, variant)]

    def variant(self, exercise_id: str, seed: int, student: str = "") -> Exercise:
        """The exercise with the variation that a seed draws, for a class or, with a name, for one student."""
        variants = self.variants(exercise_id)
        return {"": self._by_id[exercise_id], **variants}[draw(tuple(variants), seed, student)]

    @cached_property
    def _variants(self) -> dict[str, Mapping[str, Exercise]]:
        return {}

    @cached_property
    def _modules(self) -> dict[str, ModuleType]:
        package = importlib.import_module("bpcore.exercises")
        names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("unit_"))
        return {name.removeprefix("unit_"): importlib.import_module(f"bpcore.exercises.{name}") for name in names}

    @cached_property
    def _by_id(self) -> dict[str, Exercise]:
        return {exercise.id: exercise for module in self._modules.values() for exercise in module.EXERCISES}


catalogue = Catalogue()


def assess(
    exercise_id: str, answer: Callable, seed: int = 0, seconds: float = SECONDS, cause: str | None = None
) -> Report:
    """Drive the answer through the exercise's cases in this process, and judge what comes out.

    ``seconds`` is for all the cases together; ``cause`` is what a debugging exercise's bug was named. Raises
    UnknownExerciseError for an unknown id. Everything that the answer does wrong is in the report.
    """
    exercise = catalogue[exercise_id]
    if problem := _not_an_answer(exercise, answer):
        finding = Finding("", "", "not_a_function", problem)
        return Report(exercise.id, exercise.title, 0.0, exercise.points, findings=(finding,))
    cases = plan(exercise, seed)
    return evaluate(exercise, cases, _observe_all(answer, exercise, cases, seconds), cause)


def _observe_all(answer: Callable, exercise: Exercise, cases: list[Case], seconds: float) -> list[dict[str, Any]]:
    observations: list[dict[str, Any]] = []

    def work() -> None:
        for case in cases:
            observations.append(driving.observe(answer, exercise.drive, case.args))
            if (observations[-1]["error"] or {}).get("type") == "TimeLimit":
                return

    streams = sys.stdout, sys.stderr
    try:
        with warnings.catch_warnings(), np.errstate():
            late = in_time(seconds, work)
    finally:
        # A stop can strike while an answer's own streams are being taken away again.
        sys.stdout, sys.stderr = streams
    last = observations[-1:] if not late else [driving.nothing_seen("TimeLimit", late)]
    return observations + last * (len(cases) - len(observations))


def _not_an_answer(exercise: Exercise, answer: Any) -> str:
    kind = "class" if isinstance(exercise.reference, type) else "function"
    if callable(answer):
        return ""
    what = "None" if answer is None else f"a value of type {type(answer).__name__}"
    return (
        f"A {kind} is expected and this is {what}. Hand over the {kind} itself: check({exercise.key!r}, "
        f"{exercise.name}), without brackets behind the name."
    )
