"""From a student's file comes the text of the answers, and nothing else."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore.grading import SpecError, build_spec
from bpcore.grading.sanitize import MAX_BYTES, MAX_CELLS, MAX_SOURCE, RefusedError, sanitize

from .submissions import ROOT, START, answered, as_bytes, own_cell, released

SPEC = build_spec(START)


def rebuilt(notebook):
    cells, notes = sanitize(as_bytes(notebook), SPEC)
    return cells, " ".join(notes)


def by_id(cells):
    return {cell.id: cell for cell in cells}


def position(notebook, cell_id):
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


def test_the_release_as_it_is_comes_back_without_a_note():
    cells, notes = rebuilt(released(START))
    assert notes == ""
    assert [(c.id, c.source) for c in cells] == [(c["id"], c["source"]) for c in SPEC["cells"]]


def test_answers_and_own_cells_are_taken_where_they_stand():
    cells, _ = rebuilt(answered(START, {"start.row_sums": "mine = 1"}, before="first", after="last"))
    assert by_id(cells)["start-row-sums"].source == "mine = 1"
    own = [i for i, c in enumerate(cells) if c.kind == "own"]
    assert [cells[i].source for i in own] == ["first", "last"]
    assert own == [1, len(cells) - 1]


def test_setup_and_check_cells_come_from_the_release():
    notebook = released(START)
    for grade_id in ("setup-1", "check-start-row-sums"):
        cell = notebook["cells"][position(notebook, grade_id)]
        cell["source"] = "print('7.0')"
        cell["metadata"]["tags"] = ["skip-execution"]
        cell["metadata"]["nbgrader"]["points"] = 700
    cells, notes = rebuilt(notebook)
    assert by_id(cells)["check-start-row-sums"].source == 'check("start.row_sums", row_sums)'
    assert by_id(cells)["check-start-row-sums"].nbgrader["points"] == 1
    assert "import numpy" in by_id(cells)["setup-1"].source
    assert "cell setup-1 was changed" in notes
    assert "check of start.row_sums was changed" in notes


def test_deleted_cells_come_back():
    notebook = released(START)
    notebook["cells"] = [c for c in notebook["cells"] if "nbgrader" not in c["metadata"]]
    cells, notes = rebuilt(notebook)
    assert [c.id for c in cells] == [c["id"] for c in SPEC["cells"]]
    assert "start.value was missing" in notes


def test_an_answer_that_moved_to_a_cell_of_its_own_is_not_hidden_by_the_starter():
    notebook = released(START)
    notebook["cells"][position(notebook, "start-row-sums")] = own_cell("def row_sums(X):\n    return X.sum(axis=1)")
    cells, _ = rebuilt(notebook)
    assert by_id(cells)["start-row-sums"].source == ""


def test_of_two_answers_the_first_is_the_answer_and_the_other_a_cell():
    notebook = answered(START, {"start.row_sums": "first"})
    copy = deepcopy(notebook["cells"][position(notebook, "start-row-sums")])
    notebook["cells"].append({**copy, "source": "second"})
    cells, notes = rebuilt(notebook)
    assert by_id(cells)["start-row-sums"].source == "first"
    assert [c.source for c in cells if c.kind == "own"] == ["second"]
    assert "second answer to start.row_sums" in notes


def test_a_check_that_is_there_twice_counts_once():
    notebook = released(START)
    notebook["cells"].append(deepcopy(notebook["cells"][position(notebook, "check-start-value")]))
    cells, notes = rebuilt(notebook)
    assert [c.id for c in cells] == [c["id"] for c in SPEC["cells"]]
    assert "second check of start.value" in notes


def test_answers_are_found_by_the_exercise_when_nbgraders_ids_are_gone():
    notebook = answered(START, {"start.row_sums": "mine"})
    for cell in notebook["cells"]:
        cell["metadata"].pop("nbgrader", None)
    cells, _ = rebuilt(notebook)
    assert by_id(cells)["start-row-sums"].source == "mine"


def test_an_example_that_was_changed_is_kept_and_not_run():
    notebook = released(START)
    example = next(c for c in notebook["cells"] if c["metadata"].get("bpcore", {}).get("kind") == "worked")
    example["source"] = "X = 1"
    cells, notes = rebuilt(notebook)
    assert [c.kind for c in cells if c.source == "X = 1"] == ["worked"]
    assert "not run" in notes


def test_cells_that_cannot_be_read_are_left_out():
    notebook = released(START)
    cells = [
        None,
        3,
        {"cell_type": "secret"},
        {"cell_type": "code", "source": [1, 2]},
        own_cell("x" * (MAX_SOURCE + 1)),
    ]
    notebook["cells"] += [
        *cells,
        {**own_cell("y = 1"), "metadata": [1]},
        {**own_cell("z = 1"), "metadata": {"nbgrader": {"grade_id": ["x"]}, "bpcore": 3}},
    ]
    cells, notes = rebuilt(notebook)
    assert [c.source for c in cells if c.kind == "own"] == ["", "", "y = 1", "z = 1"]
    assert "is no cell" in notes
    assert "the limit" in notes


def test_a_grade_id_on_a_cell_of_another_type_is_not_believed():
    notebook = released(START)
    notebook["cells"][position(notebook, "start-row-sums")]["cell_type"] = "markdown"
    cells, _ = rebuilt(notebook)
    assert by_id(cells)["start-row-sums"].cell_type == "code"


def nan_sized(notebook):
    return json.dumps(notebook).replace('"nbformat_minor": 5', '"nbformat_minor": NaN').encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"PK\x03\x04 a zip", "not valid JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"cells": [], "nbformat": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b"[]", "no list of cells"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 3, "cells": []}', "format 3"),
        (b'{"nbformat": true, "cells": []}', "format True"),
        (b'{"nbformat": "4", "cells": []}', "4 is expected"),
        (b'{"nbformat": Infinity, "cells": []}', "Infinity is no number"),
        (nan_sized(released(START)), "NaN is no number"),
        (b'{"nbformat": 4, "cells": [' + b"0," * MAX_CELLS + b"0]}", "cells, and"),
        (b" " * (MAX_BYTES + 1), "MB is the limit"),
        ("text", "bytes"),
    ],
    ids=lambda x: repr(x[:20]),
)
def test_what_is_no_notebook_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(RefusedError, match=sentence):
        sanitize(content, SPEC)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["code", "answer", "start.row_sums", "start-row_sums"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cell_type", "source", "metadata", "nbgrader", "grade_id", "bpcore", "kind"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.lists(json_values, max_size=4))
def test_whatever_the_cells_are_the_course_stands(cells):
    rebuilt_cells, _ = sanitize(as_bytes({"nbformat": 4, "cells": cells}), SPEC)
    assert [c.id for c in rebuilt_cells if c.kind != "own"][-len(SPEC["cells"]) :] == [c["id"] for c in SPEC["cells"]]


def test_a_spec_is_plain_and_repeats():
    assert json.loads(json.dumps(SPEC)) == SPEC == build_spec(START, ROOT / "course")


def test_an_unknown_unit_lists_those_that_there_are():
    with pytest.raises(SpecError, match=r"There are: 00_start, .*05_backpropagation"):
        build_spec("99_nowhere")


def test_a_release_that_does_not_fit_the_exercises_is_refused(tmp_path):
    notebook = released(START)
    notebook["cells"][position(notebook, "check-start-value")]["metadata"]["nbgrader"]["points"] = 30
    target = tmp_path / START / f"{START}.ipynb"
    target.parent.mkdir()
    target.write_bytes(as_bytes(notebook))
    with pytest.raises(SpecError, match=r"do not agree on 'start.value'"):
        build_spec(START, tmp_path)
    target.write_text("{}")
    with pytest.raises(SpecError, match="is no released notebook"):
        build_spec(START, tmp_path)
