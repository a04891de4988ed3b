"""What passed is kept: readable, importable, with all that it needs; and nothing of the learner's is ever lost."""

import importlib.util
import itertools
import linecache
from pathlib import Path
from types import ModuleType

import nbclient
import nbformat
import numpy as np
import pytest

from bpcore import carried as carried_module
from bpcore import diary, notebook
from bpcore.carried import FILE, HEADER, CarriedFileError, Lines, carried, code_lines, whose_lines
from bpcore.exercises import assess, catalogue
from bpcore.written import renamed

ROWS, GRADIENT, SOFTMAX = "start.row_sums", "start.numerical_gradient", "losses.softmax"
CROSS_ENTROPY, ENGINE = "losses.cross_entropy", "chain_rule.engine"
ROW_SUMS = "def row_sums(X):\n    return X.sum(axis=1)\n"
_cells = itertools.count(1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(notebook, "_begun", True)
    monkeypatch.setattr(diary, "_session", [])
    return tmp_path


class Kernel:
    """Runs cells one after the other in one memory, with their lines to be shown, as a notebook's kernel does."""

    def __init__(self) -> None:
        self.names: dict = {"__name__": "__main__", "np": np}

    def run(self, source: str) -> "Kernel":
        filename = f"<cell of a notebook {next(_cells)}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec"), self.names)
        return self

    def check(self, exercise_id: str) -> float:
        return notebook.check(exercise_id, self.names[catalogue[exercise_id].name])


def passed(source: str, exercise_id: str = ROWS) -> None:
    assert Kernel().run(source).check(exercise_id) == catalogue[exercise_id].points


def imported(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("learners_file", folder / FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_reads_like_one_that_somebody_wrote(folder):
    passed("# by columns\n" + ROW_SUMS + "\nprint(row_sums(np.ones((1, 2))))\n")
    assert (folder / FILE).read_text(encoding="utf-8") == (
        HEADER
        + f"\n\n# == start.row_sums · unit 00_start · {catalogue[ROWS].title} ==\n"
        + "# by columns\n"
        + ROW_SUMS
        + "# == end of start.row_sums ==\n"
    )


@pytest.mark.parametrize("id", list(catalogue))
def test_every_exercise_can_be_kept_and_taken_again(id, folder):
    """Solved as the reference solves it, in one notebook for each unit that is passed from top to bottom."""
    kernel = Kernel()
    for other in catalogue(catalogue.unit_of(id)).values():
        kernel.run(other.source)
        if other.id == id:
            break
    exercise = catalogue[id]
    cause = exercise.cause or None
    assert notebook.check(id, kernel.names[exercise.name], cause) == exercise.points
    answer = carried(folder, id)
    assert assess(id, answer).passed
    assert getattr(imported(folder), exercise.name).__name__ == exercise.name


def test_a_whole_course_stands_in_one_file_in_the_order_of_the_course(folder):
    ids = [ENGINE, "start.value", SOFTMAX, CROSS_ENTROPY, ROWS, GRADIENT]
    for id in ids:
        passed(catalogue[id].source, id)
    marks = [line.split()[2] for line in (folder / FILE).read_text(encoding="utf-8").splitlines() if "· unit" in line]
    assert marks == sorted(ids, key=list(catalogue).index)
    for id in ids:  # two of them are a class of the same name
        assert assess(id, carried(folder, id)).passed
    assert hasattr(imported(folder).Value, "tanh")


def test_all_exercises_together_stand_in_one_file_and_each_still_passes(folder):
    for unit in reversed(catalogue.units):
        kernel = Kernel()
        for exercise in catalogue(unit).values():
            kernel.run(exercise.source)
            notebook.check(exercise.id, kernel.names[exercise.name], exercise.cause or None)
    assert [id for id in catalogue if not assess(id, carried(folder, id) or len).passed] == []
    module = imported(folder)
    last = {exercise.name: exercise for exercise in catalogue.values()}
    assert [e.id for e in last.values() if not assess(e.id, getattr(module, e.name)).passed] == []
    counted = whose_lines(folder, catalogue)
    assert sum(counted.values(), Lines()).ours == 0


def test_what_a_function_needs_comes_along(folder):
    kernel = Kernel()
    kernel.run("import math\nfrom functools import reduce\nimport numpy.linalg as la\nFAR = 1e300\nfloor = -FAR\n")
    kernel.run("def unused():\n    return 1\n\ndef add(a, b):\n    return a + b if a > floor else math.nan\n")
    kernel.run(
        "ones = np.ones(2)\ndef row_sums(X):\n    assert la.norm(ones) > 1\n"
        "    return [reduce(add, row) for row in X]\n"
    )
    assert kernel.check(ROWS) == 1.0
    text = (folder / FILE).read_text(encoding="utf-8")
    for line in (
        "import math",
        "from functools import reduce",
        "import numpy.linalg as la",
        "floor = -1e+300",
        "def add",
    ):
        assert f"\n{line}" in text
    assert "unused" not in text
    assert assess(ROWS, carried(folder, ROWS)).passed


def test_helpers_that_call_each_other_decorators_and_classes_come_along():
    kernel = Kernel().run(
        "import functools\n\n\ndef even(n):\n    return n == 0 or odd(n - 1)\n\n\n"
        "def odd(n):\n    return n > 0 and even(n - 1)\n"
    )
    kernel.run(
        "def louder(f):\n    @functools.wraps(f)\n    def inner(X):\n        return f(X)\n    return inner\n\n\n"
        "class Adder:\n    def __call__(self, row):\n        return sum(row) if even(4) else None\n\n\n"
        "@louder\ndef row_sums(X):\n    return [Adder()(row) for row in X]\n"
    )
    assert kernel.check(ROWS) == 1.0
    assert assess(ROWS, notebook.mine_or_ours(ROWS)).passed


def test_only_the_last_of_two_attempts_in_one_cell_is_kept(folder):
    passed("def row_sums(X):\n    return X.sum(axis=0)\n\n\n" + ROW_SUMS)
    assert "axis=0" not in (folder / FILE).read_text(encoding="utf-8")


def test_an_earlier_answer_is_used_where_it_stands_and_not_copied(folder):
    softmax = catalogue[SOFTMAX].source
    cross = (
        "def cross_entropy(logits, labels):\n    P = softmax(logits - logits.max(axis=1, keepdims=True))\n"
        "    z = logits - logits.max(axis=1, keepdims=True)\n    assert np.isfinite(P).all()\n"
        "    return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels]).mean()\n"
    )
    kernel = Kernel().run(softmax)
    kernel.check(SOFTMAX)
    kernel.run(cross)
    assert kernel.check(CROSS_ENTROPY) == catalogue[CROSS_ENTROPY].points
    assert (folder / FILE).read_text(encoding="utf-8").count("def softmax") == 1
    # Not passed, it comes along as a helper; then passed in other words, the two live side by side.
    (folder / FILE).unlink()
    Kernel().run(softmax).run(cross).check(CROSS_ENTROPY)
    passed(softmax.replace("def softmax(logits):", "def softmax(logits, gain=1):"), SOFTMAX)
    text = (folder / FILE).read_text(encoding="utf-8")
    assert text.count("def softmax(") == 1
    assert text.count("softmax_for_cross_entropy(") == 2
    for id in (SOFTMAX, CROSS_ENTROPY):
        assert assess(id, carried(folder, id)).passed
        assert assess(id, getattr(imported(folder), catalogue[id].name)).passed


def test_a_kept_function_can_be_built_upon(folder):
    passed(ROW_SUMS)
    kernel = Kernel()
    kernel.names["my_row_sums"] = notebook.mine_or_ours(ROWS)
    kernel.names["their_gradient"] = notebook.mine_or_ours(GRADIENT)
    kernel.run(
        "def numerical_gradient(f, x, h=1e-5):\n    my_row_sums(np.ones((1, 1)))\n    return their_gradient(f, x, h)\n"
    )
    assert kernel.check(GRADIENT) == catalogue[GRADIENT].points
    text = (folder / FILE).read_text(encoding="utf-8")
    assert "my_row_sums = row_sums" in text
    assert "import numerical_gradient as their_gradient" in text
    assert assess(GRADIENT, carried(folder, GRADIENT)).passed


def test_what_the_learner_writes_outside_the_marks_stays(folder):
    passed(ROW_SUMS)
    path = folder / FILE
    kept = path.read_text(encoding="utf-8")
    own_above, own_below = "# mine\nX = 1\n", "\n\ndef my_own():\n    return 'é'"
    path.write_text(own_above + kept + own_below, encoding="utf-8")
    passed("def row_sums(X):\n    return X @ np.ones(X.shape[1])\n")
    passed(catalogue[GRADIENT].source, GRADIENT)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(own_above + HEADER)
    assert own_below in text
    assert "X.sum" not in text
    assert imported(folder).my_own() == "é"


def test_the_same_answer_again_leaves_the_file_untouched(folder):
    passed(ROW_SUMS)
    before = (folder / FILE).stat().st_mtime_ns, (folder / FILE).stat().st_ino
    passed(ROW_SUMS)
    assert ((folder / FILE).stat().st_mtime_ns, (folder / FILE).stat().st_ino) == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_mark_without_its_other_half_marks_nothing(folder):
    passed(ROW_SUMS)
    path = folder / FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("# == end of start.row_sums ==\n", "mine = 1\n"), encoding="utf-8"
    )
    passed(ROW_SUMS)
    assert "mine = 1" in path.read_text(encoding="utf-8")
    assert assess(ROWS, carried(folder, ROWS)).passed


@pytest.mark.parametrize("broken", [b"def half(:\n", b"\xff\xfe not text", b"x = 1\x00"])
def test_a_broken_file_is_reported_kept_whole_beside_and_what_can_be_read_goes_on(broken, folder, capsys):
    passed(ROW_SUMS)
    content = (folder / FILE).read_bytes() + broken
    (folder / FILE).write_bytes(content)
    with pytest.raises(CarriedFileError, match="no longer Python"):
        carried(folder, ROWS)
    assert notebook.mine_or_ours(ROWS) is catalogue[ROWS].reference
    assert "row_sums: ours, since `my_network.py` is no longer Python" in capsys.readouterr().out
    passed(catalogue[GRADIENT].source, GRADIENT)
    assert "It is kept beside, as `my_network.broken-1.py`" in capsys.readouterr().out
    assert (folder / "my_network.broken-1.py").read_bytes() == content
    for id in (ROWS, GRADIENT):
        assert assess(id, carried(folder, id)).passed


def test_own_lines_that_stop_do_not_stop_the_rest(folder):
    passed(ROW_SUMS)
    path = folder / FILE
    path.write_text(path.read_text(encoding="utf-8") + "\n\nraise SystemExit('enough')\n", encoding="utf-8")
    assert assess(ROWS, carried(folder, ROWS)).passed
    path.write_text(path.read_text(encoding="utf-8").replace("def row_sums(X):", "row_sums = missing\ndef other(X):"))
    with pytest.raises(CarriedFileError, match="NameError: name 'missing' is not defined"):
        carried(folder, ROWS)


def test_mine_or_ours_says_where_it_is_from(folder, capsys):
    assert notebook.mine_or_ours(ROWS) is catalogue[ROWS].reference
    passed(ROW_SUMS)
    capsys.readouterr()
    assert notebook.mine_or_ours(ROWS).__module__ == "my_network"
    path = folder / FILE
    path.write_text(path.read_text(encoding="utf-8").replace("axis=1", "axis=0"), encoding="utf-8")
    assert notebook.mine_or_ours(ROWS) is catalogue[ROWS].reference
    assert capsys.readouterr().out.splitlines() == [
        "row_sums: yours, from unit 00",
        "row_sums: ours, since yours in my_network.py is wrong now",
    ]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("box = object()\ndef row_sums(X):\n    return X.sum(axis=1) if box else 0\n", None),
        ("def row_sums(X):\n    return X.sum(axis=1) if box else 0\n", "uses `box`"),
        (
            "def make():\n    def row_sums(X):\n        return X.sum(axis=1)\n    return row_sums\n"
            "globals()['row_sums'] = make()",
            "at its left edge",
        ),
    ],
)
def test_what_cannot_be_written_down_is_told(source, told, folder, capsys):
    kernel = Kernel()
    kernel.names["box"] = object()
    assert kernel.run(source).check(ROWS) == 1.0
    assert (folder / FILE).exists() == (told is None)
    assert told is None or told in capsys.readouterr().out


def test_what_another_cell_changes_is_found_out(folder, capsys):
    kernel = (
        Kernel()
        .run("state = [0]\ndef row_sums(X):\n    return X.sum(axis=state[0])\n")
        .run("state.append(1)\nstate.reverse()\n")
    )
    kernel.names["state"] = type("Odd", (list,), {"__repr__": lambda self: "?"})([1, 0])
    assert kernel.check(ROWS) == 1.0
    assert not (folder / FILE).exists()
    assert "it no longer passes" in capsys.readouterr().out


def test_nothing_is_kept_of_what_is_wrong_or_an_experiment_or_graded(folder, monkeypatch):
    Kernel().run("def row_sums(X):\n    return X.sum(axis=0)\n").check(ROWS)
    assert notebook.check(ROWS, lambda X: X.sum(axis=1)) == 1.0
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    passed(ROW_SUMS)
    assert notebook.mine_or_ours(ROWS) is catalogue[ROWS].reference
    assert not (folder / FILE).exists()


def test_what_is_saved_while_a_function_is_being_tried_is_not_lost(folder, monkeypatch):
    passed(ROW_SUMS)
    path = folder / FILE
    edited = path.read_text(encoding="utf-8") + "\n\nmine = 1\n"

    def slow(text, exercise, passes=carried_module._passes):
        if "mine = 1" not in path.read_text(encoding="utf-8"):
            path.write_text(edited, encoding="utf-8")
        return passes(text, exercise)

    monkeypatch.setattr(carried_module, "_passes", slow)
    passed(catalogue[GRADIENT].source, GRADIENT)
    assert "mine = 1" in path.read_text(encoding="utf-8")
    for id in (ROWS, GRADIENT):
        assert assess(id, carried(folder, id)).passed


def test_a_folder_that_cannot_be_written_stops_no_lesson(folder, capsys):
    (folder / FILE).mkdir()
    passed(ROW_SUMS)
    assert "was not kept" in capsys.readouterr().out


def test_in_a_real_notebook(folder):
    cells = [
        "import numpy as np\nfrom bpcore import check, mine_or_ours",
        "scale = 1.0",
        "def helper(row):\n    return scale * sum(row)",
        "def row_sums(X):\n    return [helper(row) for row in X]",
        f'check("{ROWS}", row_sums)',
        catalogue["start.value"].source,
        'check("start.value", Value)',
        f'print(np.array(mine_or_ours("{ROWS}")(np.ones((2, 3)))))',
    ]
    unit = folder / "00_start"
    unit.mkdir()
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(unit)}}).execute()
    assert nb.cells[-1].outputs[0].text.splitlines() == ["row_sums: yours, from unit 00", "[3. 3.]"]
    for id in (ROWS, "start.value"):
        assert assess(id, carried(folder, id)).passed


def test_a_helper_is_renamed_where_it_is_used_and_nowhere_else():
    source = "def f(x):\n    'of f'\n    y = a.f + f(x - 1)  # é f\n    return é.b(f)\n\n\ng = f\n"
    assert renamed(source, "f", "f_two") == (
        "def f_two(x):\n    'of f'\n    y = a.f + f_two(x - 1)  # é f\n    return é.b(f_two)\n\n\ng = f_two\n"
    )
    for unsure in ("def g(f):\n    return f\n", "g(f=f)\n", "f'{f}'\n"):
        assert renamed(unsure, "f", "h") == unsure


def test_lines_are_counted_as_yours_given_and_ours(folder, capsys):
    faded = catalogue["losses.mse_grad"]
    Kernel().run(faded.source).check(faded.id)
    counted = whose_lines(folder, [faded.id, ROWS])
    assert counted[ROWS] == Lines(ours=len(code_lines(catalogue[ROWS].source)))
    assert counted[faded.id].yours == sum("..." in line for line in code_lines(faded.starter))
    assert counted[faded.id].given == len(code_lines(faded.source)) - counted[faded.id].yours
    total = notebook.my_lines([faded.id, ROWS])
    assert total == sum(counted.values(), Lines())
    assert f"{total.yours} of {total.yours + total.given + total.ours} lines are yours" in capsys.readouterr().out
    (folder / FILE).write_text("def (", encoding="utf-8")
    assert notebook.my_lines([ROWS]) == Lines(ours=2)


def test_comments_docstrings_and_blank_lines_are_no_code():
    source = '"""A module."""\n\n# a comment\ndef f(x):\n    """Of two\n    lines."""\n'
    source += '    y = """a\n\n    b"""\n\n    return y  # here\n'
    assert code_lines(source) == ["def f(x):", 'y = """a', "", 'b"""', "return y  # here"]
