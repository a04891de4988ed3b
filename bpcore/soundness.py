"""The command `bpcore check-exercise`: does an exercise keep what every exercise of the course promises?"""

import argparse
import importlib.util
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from bpcore.errors import BpcoreError
from bpcore.exercises import Exercise, Mistake, Report, catalogue, driving, evaluate, plan, reading

SEEDS = (0, 1, 2)
SECONDS = 0.3  # a learner waits for the verdict
RUNS = 3


class ExerciseFileError(BpcoreError, ValueError):
    """The file holds no exercises, or cannot be imported."""


def judge(exercise: Exercise, answer: Callable, seed: int = 0) -> Report:
    """The report on an answer of an exercise that need not be in the catalogue. It has no time limit."""
    cases = plan(exercise, seed)
    observed = [driving.observe(answer, exercise.drive, case.args) for case in cases]
    return evaluate(exercise, cases, observed)


def faults(exercise: Exercise) -> Iterator[str]:
    """What an exercise promises and does not keep, each as a sentence; nothing for a sound one.

    The reference earns all and is quick, whoever has written nothing earns nothing, and every mistake loses points and
    is answered by its own name.
    """
    yield from _form(exercise)
    for seed in SEEDS:
        report = judge(exercise, exercise.reference, seed)
        if not report.passed or report.points != exercise.points:
            yield f"the reference does not earn all (seed {seed}): {report.text()}"
            return
        if report.notes:
            yield f"the reference is right with a remark (seed {seed}): {'; '.join(report.notes)}"
    took = min(_seconds(exercise) for _ in range(RUNS))
    if took > SECONDS:
        most = f"at most {1000 * SECONDS:.0f} ms keep a learner going: use smaller or fewer cases"
        yield f"checking the reference takes {1000 * took:.0f} ms, and {most}"
    starter = reading.build(exercise.starter, exercise.name, vars(sys.modules[exercise.reference.__module__]))
    if points := max(judge(exercise, starter, seed).points for seed in SEEDS):
        yield f"who has written nothing earns {points:g} points: add cases in which nothing is no right answer"
    broken = [told for mistake in exercise.mistakes if (told := _unmade(exercise, mistake))]
    yield from broken
    if not broken:  # to name one, all are made
        for mistake in exercise.mistakes:
            yield from _mistake(exercise, mistake)


def _form(exercise: Exercise) -> Iterator[str]:
    if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", exercise.id):
        yield f"its id {exercise.id!r} should be two words in small letters with a point between"
    if not exercise.points > 0 or not exercise.minutes > 0:
        yield f"it is worth {exercise.points:g} points and takes {exercise.minutes} minutes: both must be above 0"
    if exercise.name not in exercise.statement and exercise.form == "blank":
        yield f"its statement does not say what to write: it should name `{exercise.name}`"
    if not exercise.objective.endswith("."):
        yield "its objective should be a sentence, with a full stop"
    if len(exercise.hints) != 3 or not all(hint.strip() for hint in exercise.hints):
        yield f"it has {len(exercise.hints)} hints: three, each giving more away, are what hint() expects"
    names = [mistake.name for mistake in exercise.mistakes]
    if len(set(names)) != len(names) or len(names) < 4:
        yield f"it knows {len(set(names))} different mistakes: four are the least that tells a slip from a riddle"
    cases = [case.name for case in plan(exercise, 0)]
    if len(set(cases)) != len(cases) or len(cases) < 4:
        yield f"it has {len(set(cases))} cases with names of their own: four are the least, of different shapes"


def _unmade(exercise: Exercise, mistake: Mistake) -> str:
    """Why a wrong version cannot be made (a text that is not there once, or no Python after the edit), or ""."""
    try:
        exercise.build(mistake)
    except Exception as error:
        return f"the mistake {mistake.name} cannot be made: {error}"
    return ""


def _mistake(exercise: Exercise, mistake: Mistake) -> Iterator[str]:
    answer = exercise.build(mistake)
    for seed in SEEDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong answer may overflow
            report = judge(exercise, answer, seed)
        if report.points >= exercise.points:
            yield f"the mistake {mistake.name} is not caught (seed {seed}): add a case in which its numbers differ"
            return
        if report.mistake != mistake.name:
            named = f"is taken for {report.mistake}" if report.mistake else "is not named"
            yield f"the mistake {mistake.name} {named} (seed {seed}): {report.message}"
            return


def _seconds(exercise: Exercise) -> float:
    start = time.perf_counter()
    judge(exercise, exercise.reference)
    return time.perf_counter() - start


def load(path: Path) -> ModuleType:
    """Import a file of exercises as Python would from the package. Raises ExerciseFileError."""
    name = f"bpcore.exercises.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ExerciseFileError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ExerciseFileError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    exercises = getattr(module, "EXERCISES", None)
    if not isinstance(exercises, tuple) or not exercises or not all(isinstance(e, Exercise) for e in exercises):
        raise ExerciseFileError(f"{path} needs a last line like EXERCISES = (MINE,), a tuple of its exercises.")
    return module


def page(unit: str, exercises: tuple[Exercise, ...]) -> str:
    """A plain page for a unit, as the text that `bpcore build` makes its notebook from."""
    title = unit.partition("_")[2].replace("_", " ").capitalize()
    lines = ["# %% [markdown]", f"# # {unit[:2]} · {title}", "", '# %% kind="setup"', "import numpy as np", ""]
    lines += ["import bpcore as bp", "from bpcore import check, hint, solution"]
    for exercise in exercises:
        lines += ["", f'# %% exercise="{exercise.id}"']
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Try every exercise of a file; 1 when one is not sound. Raises ExerciseFileError."""
    parser = argparse.ArgumentParser(
        prog="bpcore check-exercise",
        description="Try an exercise of your own: the reference earns all, nothing earns nothing, every mistake is "
        "caught and named, and a check takes at most 300 ms.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="such as bpcore/exercises/unit_20_ours.py")
    parser.add_argument(
        "--page",
        metavar="SOLUTIONS",
        type=Path,
        help="write a plain page of the unit into this folder, where there is none: SOLUTIONS/NN_name/NN_name.py",
    )
    options = parser.parse_args(argv)
    exercises = load(options.file).EXERCISES
    unit, sound = options.file.stem.removeprefix("unit_"), True
    for exercise in exercises:
        found = list(faults(exercise))
        if exercise.id in catalogue and catalogue.unit_of(exercise.id) != unit:
            found.append(f"its id is taken, in {catalogue.unit_of(exercise.id)}")
        sound = sound and not found
        known = f"{len(exercise.mistakes)} mistakes caught and named"
        print("\n  ".join([f"✗ {exercise.id}", *found]) if found else f"✓ {exercise.id}: sound, {known}")
    if sound and options.page:
        if not re.fullmatch(r"unit_\d\d_[a-z_]+", options.file.stem):
            raise ExerciseFileError(f"{options.file.name} must be called unit_NN_name.py to become a unit.")
        target = options.page / unit / f"{unit}.py"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(page(unit, exercises), encoding="utf-8", newline="\n")
            print(f"wrote {target}")
    return 0 if sound else 1
