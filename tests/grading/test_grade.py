"""A submission goes in as bytes; points, reports and notes come out, and never an exception."""

import json

import pytest

from bpcore.exercises import catalogue
from bpcore.grading import Limits, SpecError, build_spec, grade, main

from .submissions import BACKPROP, ROOT, START, STUDENTS, answered, as_bytes, own_cell, released, right

SPEC = build_spec(START)
QUICK = Limits(cell=2, case=0.5, exercise=2, total=30)
EACH = {name: float(exercise.points) for name, exercise in catalogue(START).items()}
ALL = sum(EACH.values())

pytestmark = pytest.mark.usefixtures("bubblewrap")


def graded(answers, *, spec=SPEC, limits=QUICK, seed=1, sandboxed=True, **own):
    return grade(as_bytes(answered(spec["unit"], answers, **own)), spec, seed, limits=limits, sandboxed=sandboxed)


def test_all_right_earns_all_without_a_note():
    result = graded(right(START))
    assert (result.points, result.max_points, result.notes, result.refused) == (ALL, ALL, (), "")
    assert result.cells == EACH
    assert type(result.points) is float


def test_the_release_as_it_is_earns_nothing():
    result = grade(as_bytes(released(START)), SPEC, 1)
    assert result.points == 0.0
    begun = {name for name, report in result.reports.items() if report.attempted}
    assert begun == {e.id for e in catalogue(START).values() if e.form == "debug"}


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
@pytest.mark.parametrize("sandboxed", [True, False], ids=["walled", "plain"])
def test_the_five_students(student, sandboxed):
    result = grade(student.notebook, build_spec(BACKPROP), 3, sandboxed=sandboxed)
    assert result.cells == student.points
    assert {name: r.mistake for name, r in result.reports.items() if r.mistake} == student.mistakes
    assert result.notes == ()


# A unit without checks has nothing to grade.
SOLVED = [
    path for path in sorted((ROOT / "solutions").glob("*/*.ipynb")) if '"kind": "check"' in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_every_unit_as_it_is_solved_earns_all_behind_the_wall(path):
    result = grade(path.read_bytes(), build_spec(path.stem), 1)
    assert result.points == result.max_points
    assert result.notes == ()


def test_the_same_seed_gives_the_same_result_and_none_gives_a_fresh_one():
    answers = {"start.row_sums": "def row_sums(X):\n    return X.sum(axis=0)"}
    assert graded(answers).to_dict() == graded(answers).to_dict()
    assert graded(answers, seed=None).seed != graded(answers, seed=None).seed


def test_a_cell_that_raises_does_not_stop_the_next():
    result = graded(right(START), before="1 / 0", after="print('still here')")
    assert result.points == ALL
    assert result.outputs["own-2"][0]["ename"] == "ZeroDivisionError"
    assert list(result.outputs.values())[-1][0]["text"] == "still here\n"


def test_magics_run():
    result = graded({}, after="%timeit -n1 -r1 1\nimport os\n!echo $((40 + 2))")
    assert "42" in json.dumps(list(result.outputs.values())[-1])


def test_an_answer_that_does_not_compile_says_so_with_its_line():
    result = graded({"start.row_sums": "def row_sums(X):\n    return X.sum(axis=1"})
    assert result.reports["start.row_sums"].mistake == "not_defined"
    assert "SyntaxError" in result.reports["start.row_sums"].message
    assert "line 2" in result.reports["start.row_sums"].message


def test_an_answer_under_another_name_says_so():
    result = graded({"start.row_sums": "def rowsums(X):\n    return X.sum(axis=1)"})
    assert "no function called row_sums" in result.reports["start.row_sums"].message


@pytest.mark.parametrize("source", ["row_sums = 7.0", "row_sums = np.ones(3)", "row_sums = None", "row_sums = 'check'"])
def test_a_value_is_no_answer(source):
    result = graded({"start.row_sums": source})
    assert result.points == 0.0
    assert result.reports["start.row_sums"].mistake == "not_a_function"


def test_a_function_is_no_class():
    result = graded({"start.value": "def Value(x):\n    return x"})
    assert result.reports["start.value"].mistake == "not_a_function"


def test_an_answer_may_use_what_the_student_wrote_in_other_cells():
    answers = {"start.row_sums": "def row_sums(X):\n    return helper(X)"}
    assert (
        graded(answers, before="import numpy as np\ndef helper(X):\n    return np.einsum('ij->i', X)").cells[
            "start.row_sums"
        ]
        == 1.0
    )


def test_check_and_hint_do_nothing_behind_the_wall():
    result = graded(
        right(START), after="print(check('start.row_sums', row_sums), hint('start.row_sums'), bp.plot_digits(1))"
    )
    assert result.points == ALL
    assert list(result.outputs.values())[-1][0]["text"] == "0.0  \n"


def test_the_data_is_there_behind_the_wall():
    result = graded({}, after="X, y = bp.load_digits()\nX.shape, bp.ShapeError.__name__")
    assert list(result.outputs.values())[-1][0]["data"]["text/plain"] == "((1797, 64), 'ShapeError')"


def test_a_loop_that_never_ends_costs_its_own_exercise():
    result = graded(right(START) | {"start.row_sums": "def row_sums(X):\n    while True: pass"})
    assert result.points == ALL - 1
    assert result.reports["start.row_sums"].mistake == "time_limit"


def test_what_an_answer_prints_is_not_shown():
    chatty = "def row_sums(X):\n    print('secret', X)\n    return X.sum(axis=1)"
    result = graded({"start.row_sums": chatty}, after="print('mine')")
    assert result.points == 1.0
    assert "secret" not in json.dumps(
        [
            result.notebook["cells"][i]["outputs"]
            for i in range(len(result.notebook["cells"]))
            if result.notebook["cells"][i].get("outputs")
        ]
    )
    assert any("printed" in note for note in result.reports["start.row_sums"].notes)


def test_what_an_answer_keeps_is_gone_after_its_trial():
    nosy = "kept = []\ndef row_sums(X):\n    kept.append(X)\n    return X.sum(axis=1)"
    result = graded({"start.row_sums": nosy}, after="print(kept)")
    assert list(result.outputs.values())[-1][0]["text"] == "[]\n"


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"[" * 100_000, b'{"nbformat": 4, "cells": 3}'])
def test_a_file_that_cannot_be_read_is_refused_in_the_result(content):
    result = grade(content, SPEC, 1)
    assert result.refused
    assert (result.points, result.max_points) == (0.0, ALL)
    assert set(result.cells.values()) == {0.0}
    assert "Not graded" in json.dumps(result.notebook)


@pytest.mark.parametrize("said", [{"unit": BACKPROP}, {"unit": START}, {}, None])
def test_a_notebook_of_another_unit_is_refused(said):
    notebook = answered(BACKPROP, right(BACKPROP))
    notebook["metadata"]["bpcore"] = said
    result = grade(as_bytes(notebook), SPEC, 1)
    assert result.points == 0.0
    assert result.refused.startswith("This is the notebook of 05_backpropagation, and holds no answer cell of 00_start")


@pytest.mark.parametrize("odd", [["x"], {}, None, 3, "x", "backprop.nothing"])
def test_cells_of_no_unit_are_no_other_unit(odd):
    cell = own_cell("1", "odd") | {"metadata": {"bpcore": {"kind": "answer", "exercise": odd}}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    assert (grade(as_bytes(notebook), SPEC, 1).points, grade(as_bytes(notebook), SPEC, 1).refused) == (0.0, "")


def test_a_notebook_that_only_says_that_it_is_of_another_unit_is_graded_with_a_note():
    notebook = answered(START, right(START))
    notebook["metadata"]["bpcore"]["unit"] = "05_\x1b[2J"
    result = grade(as_bytes(notebook), SPEC, 1)
    assert (result.points, result.refused) == (ALL, "")
    assert "notebook of 05_??2J, and 00_start is being graded" in result.notes[0]


def test_a_cell_that_ends_the_process_is_named_and_the_rest_counts():
    notebook = answered(START, right(START))
    notebook["cells"].insert(3, own_cell("import os; os._exit(0)"))
    result = grade(as_bytes(notebook), SPEC, 1, limits=QUICK)
    assert result.points == ALL
    assert "own-4" in result.notes[0]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("print('before')\nexit()", "ExitCalled: exit() ends this cell"),
        ("quit", "ExitCalled: exit() ends this cell"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        # Set anew, because a program that was started in the background may ignore this signal.
        (
            "import os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "os.kill(os.getpid(), signal.SIGINT)",
            "KeyboardInterrupt.",
        ),
    ],
)
def test_leaving_a_cell_is_named_and_ends_nothing_else(source, name):
    result = graded(right(START), before=source, after="print('still here')")
    assert result.points == ALL
    assert len(result.notes) == 1
    assert name in result.notes[0]
    assert list(result.outputs.values())[-1][0]["text"] == "still here\n"


def test_an_answer_that_leaves_says_so():
    result = graded(right(START) | {"start.row_sums": "def row_sums(X):\n    exit()"})
    assert result.points == ALL - 1
    assert "ExitCalled" in result.reports["start.row_sums"].text()


def test_a_spec_of_another_schema_is_refused():
    with pytest.raises(SpecError, match="schema"):
        grade(b"", {"schema": 99})


def test_the_result_is_plain_data():
    result = graded(right(START))
    told = json.loads(json.dumps(result.to_dict()))
    assert (told["schema"], told["unit"], told["points"], told["seed"], told["spec"]) == (
        1,
        START,
        ALL,
        1,
        SPEC["hash"],
    )
    assert told["reports"]["start.value"]["passed"] is True


def test_the_command_prints_points_and_the_first_mistake(tmp_path, capsys):
    loops = next(s for s in STUDENTS if s.name == "loops")
    (tmp_path / "loops.ipynb").write_bytes(loops.notebook)
    (tmp_path / "broken.ipynb").write_bytes(b"broken")
    assert main([BACKPROP, str(tmp_path / "loops.ipynb"), "--seed", "1"]) == 0
    said = capsys.readouterr().out
    assert "18 of 19 points" in said
    assert "bias_not_summed in db" in said
    assert "(seed 1)" in said
    assert main([BACKPROP, str(tmp_path / "broken.ipynb"), str(tmp_path / "missing.ipynb")]) == 1
    said = capsys.readouterr()
    assert "Not graded" in said.out
    assert "missing.ipynb" in said.err
    assert main([BACKPROP, str(tmp_path / "loops.ipynb"), "--json", "--unsandboxed"]) == 0
    assert json.loads(capsys.readouterr().out)["points"] == 18.0
