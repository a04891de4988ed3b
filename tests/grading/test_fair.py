"""Behind the wall an answer earns what it earns in self-study, and nothing beside its values costs a point."""

# ruff: noqa: E501 -- answers are quoted in one line each

import warnings

import pytest

from bpcore.exercises import assess, catalogue, plan
from bpcore.grading import Limits, SpecError, build_spec, grade
from bpcore.grading.sandbox import Sandbox
from bpcore.grading.submission import _drive, evaluate

from .submissions import START, answered, as_bytes, right

SPEC = build_spec(START)
SEED = 3
FULL = {name: float(exercise.points) for name, exercise in catalogue(START).items()}

pytestmark = pytest.mark.usefixtures("bubblewrap")


def setup_of(unit):
    """The cells that come before any answer, as they are released; units that are not released yet need numpy alone."""
    try:
        cells = build_spec(unit)["cells"]
    except SpecError:
        return ["import numpy as np"]
    return [cell["source"] for cell in cells if cell["kind"] == "setup"]


def versions(exercise):
    """The reference, what is handed out, and the first mistakes, each as a cell and as something to call."""
    yield "solved", exercise.solved, exercise.reference
    for mistake in exercise.mistakes[:3]:
        yield mistake.name, exercise.source_of(mistake), exercise.build(mistake)


@pytest.mark.parametrize("unit", catalogue.units)
def test_points_are_the_same_on_both_sides_of_the_wall(unit):
    exercises = catalogue(unit)
    with Sandbox(Limits(total=600)) as box:
        for cell in [*setup_of(unit), *(exercise.solved for exercise in exercises.values())]:
            assert not any(output["output_type"] == "error" for output in box.run_cell(cell)), cell
        for exercise in exercises.values():
            cases = plan(exercise, SEED)
            for name, cell, answer in versions(exercise):
                box.run_cell(cell)
                trial = box.try_answer(exercise.name, _drive(exercise), [case.args for case in cases], fresh=False)
                walled = evaluate(exercise, cases, trial.observations)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    alone = assess(exercise.id, answer, SEED)
                assert (walled.points, walled.mistake) == (alone.points, alone.mistake), (exercise.id, name)
                assert (walled.points == exercise.points) == (name == "solved"), (exercise.id, name)
            box.run_cell(exercise.solved)


HONEST = {
    "warns": "import warnings\ndef row_sums(X):\n    warnings.warn('slow')\n    np.log(np.zeros(1))\n    return X.sum(axis=1)",
    "prints": "def row_sums(X):\n    for row in X: print('row', row)\n    return X.sum(axis=1)",
    "prints to stderr": "import sys\ndef row_sums(X):\n    sys.stderr.write('working'); sys.stdout.flush()\n    return X.sum(axis=1)",
    "imports slowly": "import time\ntime.sleep(0.7)\ndef row_sums(X):\n    import matplotlib.pyplot, unittest\n    return X.sum(axis=1)",
    "a list": "def row_sums(X):\n    return [float(sum(row)) for row in X]",
    "a tuple of numpy numbers": "def row_sums(X):\n    return tuple(row.sum() for row in X)",
    "a lambda": "row_sums = lambda X: X.sum(axis=1)",
    "a partial": "import functools\nrow_sums = functools.partial(np.sum, axis=1)",
    "an object to call": "class Sums:\n    def __call__(self, X): return X.sum(axis=1)\nrow_sums = Sums()",
    "a decorated function": "import functools\ndef logged(f):\n    @functools.wraps(f)\n    def g(*a): return f(*a)\n    return g\n@logged\ndef row_sums(X): return X.sum(axis=1)",
    "a closure over a global": "cache = {}\ndef row_sums(X):\n    cache['last'] = X.sum(axis=1)\n    return cache['last']",
    "float32 sums": "def row_sums(X):\n    return np.add.reduce(X, axis=1)",
    "a magic in the cell": "%matplotlib inline\ndef row_sums(X):\n    return X.sum(axis=1)\n%timeit -n1 -r1 1 + 1",
    "a plot in the cell": "import matplotlib.pyplot as plt\ndef row_sums(X):\n    return X.sum(axis=1)\nplt.plot([1, 2]); plt.show()",
    "an error after it": "def row_sums(X):\n    return X.sum(axis=1)\nrow_sums(None)",
    "sets the global state of numpy": "np.seterr(all='raise'); np.random.seed(0); np.set_printoptions(precision=2)\ndef row_sums(X):\n    return X.sum(axis=1)",
    "makes warnings errors": "import warnings\nwarnings.simplefilter('error')\ndef row_sums(X):\n    return X.sum(axis=1)",
    "works in a file": "def row_sums(X):\n    np.save('/tmp/x.npy', X)\n    return np.load('/tmp/x.npy').sum(axis=1)",
    "works in a thread": "from concurrent.futures import ThreadPoolExecutor\ndef row_sums(X):\n    with ThreadPoolExecutor(4) as pool: return list(pool.map(np.sum, X))",
    "works in a process": "import subprocess, sys\ndef row_sums(X):\n    subprocess.run(['true'], check=True)\n    return X.sum(axis=1)",
    "is asynchronous within": "import asyncio\nasync def sums(X): return X.sum(axis=1)\ndef row_sums(X): return asyncio.run(sums(X))",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_answer_loses_nothing_and_costs_nobody_else(name):
    answers = right(START) | {"start.row_sums": HONEST[name]}
    assert grade(as_bytes(answered(START, answers)), SPEC, 1).cells == FULL


def test_an_answer_is_tried_with_what_stood_at_its_check():
    """Later cells may give a helper another meaning: the answers before them were right."""
    answers = right(START) | {
        "start.row_sums": "def helper(X):\n    return X.sum(axis=1)\ndef row_sums(X):\n    return helper(X)"
    }
    last = list(answers)[-1]
    answers[last] += "\ndef helper(X):\n    return None\n"
    assert grade(as_bytes(answered(START, answers, after="helper = np = None")), SPEC, 1).cells == FULL
