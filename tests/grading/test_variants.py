"""A release with variants is graded by the variants that were handed out, whichever way, whatever a file says."""

import json
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy

import nbformat
import pytest
from nbgrader.utils import compute_checksum, determine_grade

from bpcore.authoring import AuthoringError, main
from bpcore.exercises import assess, catalogue, plan
from bpcore.grading import SpecError, build_spec, command, grade
from bpcore.grading.gradebook import course_directory
from bpcore.grading.runner import run
from bpcore.grading.sandbox import Limits, Sandbox
from bpcore.grading.spec import spec_for
from bpcore.grading.submission import _drive, evaluate
from bpcore.handouts import build_variants, names_in

from .conftest import nbgrader
from .submissions import BACKPROP, ROOT, as_bytes

SEED = 11
STUDENTS = ("anna", "bob", "Zoë, the second", "dora")
EXERCISE = "backprop.hidden_delta"
FULL = {name: float(exercise.points) for name, exercise in catalogue(BACKPROP).items()}


@pytest.fixture(scope="module")
def prose(tmp_path_factory):
    """The prose of one unit, which builds in a moment."""
    folder = tmp_path_factory.mktemp("prose") / "solutions"
    target = folder / BACKPROP / f"{BACKPROP}.py"
    target.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / "solutions" / BACKPROP / f"{BACKPROP}.py", target)
    return folder


@pytest.fixture(scope="module")
def each(prose, tmp_path_factory):
    """A course in which each student has variants of their own."""
    out = tmp_path_factory.mktemp("each")
    build_variants(prose, out, SEED, STUDENTS)
    return out


def handout(course, student):
    return json.loads((course / "handouts" / student / BACKPROP / f"{BACKPROP}.ipynb").read_text(encoding="utf-8"))


def posed(notebook):
    """By exercise, the variant that a notebook carries in its answer cells."""
    cells = [cell["metadata"].get("bpcore", {}) for cell in notebook["cells"]]
    return {a["exercise"]: a.get("variant", "") for a in cells if a.get("kind") == "answer"}


def solution(exercise):
    return "\n".join(line for line in exercise.solved.splitlines() if "SOLUTION" not in line)


def solved(notebook, variants=None):
    """The notebook with right answers to the variants that it carries, or to others."""
    notebook, variants = deepcopy(notebook), posed(notebook) if variants is None else variants
    for cell in notebook["cells"]:
        about = cell["metadata"].get("bpcore", {})
        if about.get("kind") == "answer":
            cell["source"] = solution(catalogue.posed(about["exercise"], variants[about["exercise"]]))
    return notebook


def hand_in(course, student, content):
    path = course / "submitted" / student / BACKPROP / f"{BACKPROP}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# -- what is handed out ------------------------------------------------------------------------------------------------


def test_each_student_gets_the_drawn_variants_in_statement_stub_and_check(each):
    varied = 0
    for student in STUDENTS:
        notebook = handout(each, student)
        assert posed(notebook) == {name: catalogue.variant(name, SEED, student).variant for name in FULL}
        cells = ["".join(cell["source"]) for cell in notebook["cells"]]
        for name in FULL:
            exercise = catalogue.variant(name, SEED, student)
            varied += bool(exercise.variant)
            assert exercise.starter.rstrip("\n") in cells
            assert any(exercise.statement in source for source in cells)
            assert any(source.startswith(f'check("{exercise.key}", ') for source in cells)
        assert notebook["metadata"]["bpcore"]["variant"] == {"seed": SEED, "each": "student", "student": student}
        assert notebook["metadata"]["bpcore"]["spec"] == build_spec(BACKPROP, each / "course")["hash"]
    assert varied >= 4
    assert len({tuple(posed(handout(each, student)).values()) for student in STUDENTS}) > 1


def test_nbgraders_checksums_fit_what_is_handed_out(each):
    notebook = nbformat.reads(json.dumps(handout(each, "anna")), as_version=4)
    nbformat.validate(notebook)
    signed = [cell for cell in notebook.cells if "checksum" in cell.metadata.get("nbgrader", {})]
    assert len(signed) > len(FULL)
    assert all(cell.metadata.nbgrader.checksum == compute_checksum(cell) for cell in signed)


def test_no_handout_shows_a_solution_or_a_varied_reference(each):
    for student in STUDENTS:
        text = json.dumps(handout(each, student))
        assert "BEGIN SOLUTION" not in text
        assert "delta_next @ W_next.T\\n" not in text


def test_building_twice_gives_the_same_and_another_seed_something_else(prose, each, tmp_path):
    build_variants(prose, tmp_path / "again", SEED, STUDENTS)
    build_variants(prose, tmp_path / "other", SEED + 1, STUDENTS)
    for student in STUDENTS:
        assert handout(tmp_path / "again", student) == handout(each, student)
    assert any(posed(handout(tmp_path / "other", s)) != posed(handout(each, s)) for s in STUDENTS)


def test_the_release_of_a_class_carries_its_variants_and_nbgrader_makes_the_same(prose, tmp_path):
    build_variants(prose, tmp_path, SEED)
    released = json.loads((tmp_path / "course" / BACKPROP / f"{BACKPROP}.ipynb").read_text(encoding="utf-8"))
    assert posed(released) == {name: catalogue.variant(name, SEED).variant for name in FULL}
    assert any(posed(released).values())
    spec = build_spec(BACKPROP, tmp_path / "course")
    assert released["metadata"]["bpcore"]["spec"] == spec["hash"]
    assert released["metadata"]["bpcore"]["variant"] == {"seed": SEED, "each": "class"}
    made = nbgrader(tmp_path, "generate_assignment", BACKPROP, "--force")
    assert made.returncode == 0, made.stderr
    assert build_spec(BACKPROP, tmp_path / "course") == spec


def test_the_command_says_what_to_do_next(prose, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.csv").write_text('id,first_name\n"Zoë, the second",Zoë\nbob,\n', encoding="utf-8")
    arguments = ["--root", str(prose.parent), "--variant", "4", "--students", "names.csv"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "4 notebooks in variant-4" in out
    assert "to each of the 2 students" in out
    assert (tmp_path / "variant-4" / "nbgrader_config.py").is_file()
    with pytest.raises(SystemExit):
        main(["--students", "names.csv"])


def test_names_that_cannot_be_folders_are_refused(prose, tmp_path):
    (tmp_path / "plain.csv").write_text("anna\nbob\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    assert names_in(tmp_path / "plain.csv") == ["anna", "bob"]
    with pytest.raises(AuthoringError, match="names no student"):
        names_in(tmp_path / "empty.csv")
    for names in (["../up"], [""], [".hidden"], ["twice", "twice"], ["Zo\u00eb", "Zoe\u0308"], ["bell\x07"]):
        with pytest.raises(AuthoringError, match="cannot name a student"):
            build_variants(prose, tmp_path / "out", SEED, names)
    with pytest.raises(AuthoringError, match="is the course itself"):
        build_variants(prose, prose.parent, SEED)


# -- grading -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(each, bubblewrap):
    """The same class, graded by `bpcore grade` and by nbgrader's autograde; whoever swaps takes another's problems."""
    spec = build_spec(BACKPROP, each / "course")
    plain = json.loads((each / "course" / BACKPROP / f"{BACKPROP}.ipynb").read_text(encoding="utf-8"))
    other = next(
        s for s in STUDENTS if posed(handout(each, s))[EXERCISE] != posed(handout(each, STUDENTS[0]))[EXERCISE]
    )
    for student in STUDENTS:
        hand_in(each, student, as_bytes(solved(handout(each, student))))
    swaps = {
        STUDENTS[0] + " swaps": solved(handout(each, other)),
        STUDENTS[1] + " goes plain": solved(plain),
    }
    for student, notebook in swaps.items():
        hand_in(each, student, as_bytes(notebook))
    forged = solved(handout(each, STUDENTS[0]), dict.fromkeys(FULL, ""))
    for cell in forged["cells"]:
        cell["metadata"].get("bpcore", {}).pop("variant", None)
    forged["metadata"]["bpcore"] = {"unit": BACKPROP, "variant": {"seed": 0, "each": "class"}}
    hand_in(each, "forger", as_bytes(forged))
    ours = each / "ours"
    shutil.copytree(each / "submitted", ours / "submitted")
    batch = run(spec, course_directory(ours), workers=2, seed=5)
    for step in (("generate_assignment", BACKPROP, "--force"), ("autograde", BACKPROP)):
        done = nbgrader(each, *step)
        assert done.returncode == 0, done.stderr
    return each, ours, batch


def expected(student, variants):
    """What answers to these variants earn, tried here against those that this student should have."""
    earned = {}
    for name, variant in variants.items():
        exercise = catalogue.variant(name, SEED, student)
        answer = catalogue.posed(name, variant)
        cause = answer.cause if answer.causes else None
        earned[name] = assess(exercise.key, answer.reference, 5, cause=cause).points
    return earned


def scores(folder):
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        rows = book.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "group by submitted_assignment.student_id"
        )
        return dict(rows.fetchall())


def test_right_answers_to_ones_own_variants_earn_all_and_leave_no_note(both):
    _, _, batch = both
    lines = {line.student: line for line in batch.overview.lines}
    for student in STUDENTS:
        assert lines[student].cells == FULL
        assert lines[student].notes == ()


def test_whoever_takes_the_problems_of_another_gains_nothing_and_it_is_said(both):
    each, _, batch = both
    lines = {line.student: line for line in batch.overview.lines}
    for student in lines.keys() - set(STUDENTS):
        notebook = json.loads((each / "submitted" / student / BACKPROP / f"{BACKPROP}.ipynb").read_text("utf-8"))
        taken = dict.fromkeys(FULL, "") if student == "forger" else posed(notebook)
        assert lines[student].cells == expected(student, taken)
        assert lines[student].points < sum(FULL.values())
        assert any("written for another variant" in note for note in lines[student].notes)


def test_both_ways_of_grading_give_the_same_points(both):
    each, ours, batch = both
    spec = build_spec(BACKPROP, each / "course")
    assert scores(ours) == {line.student: line.points for line in batch.overview.lines}
    theirs = scores(each)
    for line in batch.overview.lines:
        path = each / "autograded" / line.student / BACKPROP / f"{BACKPROP}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        checks = [c for c in notebook.cells if c.metadata.get("bpcore", {}).get("kind") == "check"]
        points = {c.metadata.bpcore.exercise: determine_grade(c)[0] for c in checks}
        handed_in = (each / "submitted" / line.student / BACKPROP / f"{BACKPROP}.ipynb").read_bytes()
        # What a wrong answer earns in part may depend on the hidden cases, which nbgrader's door draws anew.
        assert points == grade(handed_in, spec_for(spec, line.student), notebook.metadata.bpcore.seed).cells
        assert theirs[line.student] == pytest.approx(sum(points.values()))
        if line.student in STUDENTS:
            assert points == line.cells
            assert "Notes on the grading" not in notebook.cells[0].source


def test_the_same_file_of_two_students_is_graded_for_each(both):
    _, _, batch = both
    assert len(set(batch.keys.values())) == len(batch.keys)


def test_a_single_notebook_needs_its_students_name(each, tmp_path, capsys, bubblewrap):
    content = as_bytes(solved(handout(each, STUDENTS[0])))
    stray, placed = tmp_path / "stray.ipynb", hand_in(tmp_path, STUDENTS[0], content)
    stray.write_bytes(content)
    course = ["--course", str(each / "course"), "--json", "--seed", "1"]
    with pytest.raises(SpecError, match="say whose notebook this is"):
        command.main([BACKPROP, str(stray), *course])
    for arguments in ([str(stray), "--student", STUDENTS[0]], [str(placed)]):
        assert command.main([BACKPROP, *arguments, *course]) == 0
        assert json.loads(capsys.readouterr().out)["cells"] == FULL
    with pytest.raises(SpecError, match="say whose notebook this is"):
        grade(content, build_spec(BACKPROP, each / "course"), 1)


def test_a_release_with_another_text_cannot_be_varied(each):
    spec = build_spec(BACKPROP, each / "course")
    spec["cells"] = [dict(cell, source=cell["source"].replace("hidden_delta", "delta")) for cell in spec["cells"]]
    student = next(s for s in STUDENTS if catalogue.variant(EXERCISE, SEED, s).variant)
    with pytest.raises(SpecError, match="build it again"):
        spec_for(spec, student)


# -- fair --------------------------------------------------------------------------------------------------------------


VARIED = [exercise for name in catalogue for exercise in catalogue.variants(name).values()]


def test_points_in_self_study_and_behind_the_wall_are_the_same_for_every_variant(bubblewrap):
    with Sandbox(Limits(total=600)) as box:
        box.run_cell("import numpy as np")
        for exercise in VARIED:
            cases = plan(exercise, 3)
            answers = [("solved", exercise.solved, exercise.reference)]
            answers += [(m.name, exercise.source_of(m), exercise.build(m)) for m in exercise.mistakes[-2:]]
            answers += [("plain", catalogue[exercise.id].source, catalogue[exercise.id].reference)]
            for name, cell, answer in answers:
                box.run_cell(cell)
                trial = box.try_answer(exercise.name, _drive(exercise), [case.args for case in cases], fresh=False)
                walled = evaluate(exercise, cases, trial.observations)
                alone = assess(exercise.key, answer, 3)
                assert (walled.points, walled.mistake) == (alone.points, alone.mistake), (exercise.key, name)
                assert walled.passed == (name == "solved"), (exercise.key, name)
