"""Merging a newer release: nothing that the learner wrote is lost, and everything that the course has new arrives."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from bpcore.merging import merge, sources


def text(source: str) -> dict:
    return {"cell_type": "markdown", "id": "x", "metadata": {}, "source": source}


def code(source: str, outputs: list | None = None, **about) -> dict:
    return {
        "cell_type": "code",
        "id": "y",
        "metadata": about,
        "source": source,
        "outputs": outputs or [],
        "execution_count": None,
    }


def answer(grade_id: str, source: str, outputs: list | None = None) -> dict:
    return code(source, outputs, nbgrader={"grade_id": grade_id, "solution": True}, bpcore={"kind": "answer"})


def worked(source: str) -> dict:
    return code(source, bpcore={"kind": "worked"})


def book(*cells: dict) -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [copy.deepcopy(cell) for cell in cells]}


def said(notebook: dict) -> list[str]:
    return [source for _, source in sources(notebook)]


BASE = book(text("one"), worked("run()"), answer("a", "..."), text("two"), answer("b", "..."))


def test_an_answer_follows_its_exercise_wherever_that_has_moved():
    mine = book(text("one"), worked("run()"), answer("a", "mine a"), text("two"), answer("b", "..."))
    released = book(answer("b", "return ..."), text("one"), answer("a", "..."))
    assert said(merge(mine, released, BASE).notebook) == ["return ...", "one", "mine a"]


def test_an_answer_that_was_never_begun_gets_the_new_stub():
    released = book(answer("a", "a better stub"))
    assert said(merge(BASE, released, BASE).notebook) == ["a better stub"]


def test_an_emptied_answer_gets_its_stub_back():
    assert said(merge(book(answer("a", "")), book(answer("a", "stub"))).notebook) == ["stub"]


def test_cells_of_ones_own_follow_the_cell_they_followed():
    mine = book(text("mine first"), text("one"), code("x = 1"), *BASE["cells"][1:], text("my note"))
    released = book(text("zero"), *BASE["cells"], text("three"))
    expected = ["mine first", "zero", "one", "x = 1", "run()", "...", "two", "...", "my note", "three"]
    assert said(merge(mine, released, BASE).notebook) == expected


def test_a_changed_cell_of_the_course_stays_as_the_learner_left_it():
    mine = book(text("one"), worked("run(3)"), *BASE["cells"][2:])
    released = book(*BASE["cells"], text("three"))
    assert said(merge(mine, released, BASE).notebook) == ["one", "run(3)", "...", "two", "...", "three"]


def test_where_both_changed_a_cell_both_are_there():
    mine = book(text("one"), worked("run(3)"), *BASE["cells"][2:])
    released = book(text("one"), worked("run_better()"), *BASE["cells"][2:])
    assert said(merge(mine, released, BASE).notebook) == ["one", "run(3)", "run_better()", "...", "two", "..."]


def test_what_the_learner_deleted_stays_away_but_an_exercise_comes_back():
    mine = book(text("one"), worked("run()"), answer("a", "mine"))
    released = book(*BASE["cells"], text("three"))
    assert said(merge(mine, released, BASE).notebook) == ["one", "run()", "mine", "...", "three"]


def test_outputs_stay_with_what_is_the_same_and_go_with_what_changed():
    shown = [{"output_type": "stream", "name": "stdout", "text": "42"}]
    mine = book(code("same()", shown, bpcore={}), code("old()", shown, bpcore={}), answer("a", "mine", shown))
    base = book(code("same()", bpcore={}), code("old()", bpcore={}), answer("a", "..."))
    released = book(code("same()", bpcore={}), code("new()", bpcore={}), answer("a", "..."))
    assert [cell["outputs"] for cell in merge(mine, released, base).notebook["cells"]] == [shown, [], shown]


def test_a_second_copy_of_an_answer_is_kept_as_a_cell_of_ones_own():
    mine = book(answer("a", "first try"), answer("a", "second try"))
    merged = merge(mine, book(answer("a", "..."), text("end")), book(answer("a", "..."))).notebook
    assert said(merged) == ["first try", "second try", "end"]
    assert "nbgrader" not in merged["cells"][1]["metadata"]


def test_without_the_first_release_the_course_s_old_prose_is_not_taken_for_the_learner_s():
    mine = book(text("an old sentence"), answer("a", "mine"), code("print(1)"))
    assert said(merge(mine, book(text("a new sentence"), answer("a", "..."))).notebook) == [
        "a new sentence",
        "mine",
        "print(1)",
    ]


CELLS = st.one_of(
    st.builds(text, st.sampled_from(["one", "two", "three", "four"])),
    st.builds(worked, st.sampled_from(["run()", "walk()", "plot()"])),
    st.builds(answer, st.sampled_from("abc"), st.just("...")),
)


def _distinct(cells: list[dict]) -> dict:
    kept: dict[str, dict] = {}
    for cell in cells:
        kept.setdefault(str(cell["metadata"].get("nbgrader", cell["source"])), cell)
    return book(*kept.values())


@given(st.lists(CELLS, max_size=8).map(_distinct), st.lists(CELLS, max_size=8).map(_distinct), st.data())
def test_nothing_written_is_lost_and_everything_new_arrives(base, released, data):
    mine = book(*base["cells"])
    written = []
    for number, cell in enumerate(list(mine["cells"])):
        if data.draw(st.booleans()):
            written.append(f"mine {number}")
            cell["source"] = written[-1]
        if data.draw(st.booleans()):
            written.append(f"own {number}")
            mine["cells"].insert(mine["cells"].index(cell), code(written[-1]))

    merged = merge(mine, released, base).notebook

    there = said(merged)
    assert all(there.count(source) == 1 for source in written if source)
    known = {source for _, source in sources(base)}
    assert all(source in there for _, source in sources(released) if source not in known)
    assert len({cell["id"] for cell in merged["cells"]}) == len(merged["cells"])
    assert said(merge(merged, released, released).notebook) == there
