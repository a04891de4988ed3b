"""A cell between two answers is run a second time where that changes nothing; else the next answer starts afresh."""

import numpy as np
import pytest

from bpcore.grading.sandbox import Sandbox

CALL = {"name": "call", "source": ""}
BEFORE = "import numpy as np\nscale = 2\ndef answer(x):\n    return scale * x"
pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("scale = 5", 15.0),
        ("print(answer(1.0))", 6.0),
        ("for _ in range(3):\n    scale += 1", 15.0),
        ("scale = np.float64(4)\nanswer(2.0)", 12.0),
    ],
)
def test_an_answer_sees_what_the_cells_before_it_left(cell, value):
    with Sandbox() as box:
        box.run_cell(BEFORE)
        first = box.try_answer("answer", CALL, [(3.0,)])
        box.run_cell(cell)
        then = box.try_answer("answer", CALL, [(3.0,)], fresh=False)
    assert first.observations[0]["value"] == 6.0
    assert then.observations[0]["value"] == value


@pytest.mark.parametrize(
    "cell",
    [
        "draw = np.random.default_rng(0).normal()",
        "import time\ntime.sleep(0.02)",
        "open('/tmp/note', 'w').close()",
        "1 / 0",
        "!true",
        "s = sum(n**2 for n in range(300_000))",
    ],
    ids=["chance", "a clock", "a file", "an error", "a command", "long work"],
)
def test_after_a_cell_that_might_end_otherwise_the_second_time_the_next_answer_starts_afresh(cell):
    with Sandbox() as box:
        box.run_cell(BEFORE)
        assert box.try_answer("answer", CALL, [(3.0,)]).fresh
        assert not box.try_answer("answer", CALL, [(3.0,)], fresh=False).fresh
        box.run_cell(cell)
        assert box.try_answer("answer", CALL, [(3.0,)], fresh=False).fresh


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("x = 7\nx", ["7"]),
        ("def f(a=missing):\n    return a", ["NameError"]),
        ("def f(:\n    pass", ["SyntaxError"]),
        ("def f():\n    return 1", []),
        ("y = [1, 2]\n'text'", ["'text'"]),
    ],
)
def test_a_cell_that_only_defines_shows_what_it_would_in_a_notebook(cell, shown):
    with Sandbox() as box:
        outputs = box.run_cell(cell)
    assert [o["ename"] if o["output_type"] == "error" else o["data"]["text/plain"] for o in outputs] == shown


def test_what_an_answer_does_to_its_arguments_reaches_no_other_trial():
    spoil = "def spoil(X):\n    X *= 0\n    return X.sum()\ndef total(X):\n    return X.sum()"
    case = [(np.ones((2, 3)),)]
    with Sandbox() as box:
        box.run_cell(spoil)
        assert box.try_answer("spoil", CALL, case).observations[0]["value"] == 0.0
        assert box.try_answer("total", CALL, case, fresh=False).observations[0]["value"] == 6.0
