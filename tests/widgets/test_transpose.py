"""Where the transpose comes from: which products fit, which have the shape, and which one is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore import diary
from bpcore.errors import DataError
from bpcore.functional import dense_vjp_W, dense_vjp_X
from bpcore.widgets import TransposePuzzle
from bpcore.widgets.transpose import ALL_TWO, Piece

SIZE = st.integers(1, 6)


@settings(max_examples=30)
@given(SIZE, SIZE, SIZE, st.integers(0, 1000))
def test_the_formulas_of_the_library_are_right_at_every_size(N, D, H, seed):
    puzzle = TransposePuzzle(N=N, D=D, H=H, rng=np.random.default_rng(seed))
    X, W, g = (puzzle.matrix(Piece(name)) for name in "XWg")
    np.testing.assert_allclose(puzzle.target, dense_vjp_W(g, X), atol=1e-6)
    puzzle.choose("X.T @ g")
    assert puzzle.verdict()[0] == "right"
    puzzle.want("dX")
    np.testing.assert_allclose(puzzle.target, dense_vjp_X(g, W), atol=1e-6)
    puzzle.choose("g @ W.T")
    assert puzzle.verdict()[0] == "right"


def test_three_different_sizes_leave_one_product():
    puzzle = TransposePuzzle()
    fit = [f"{a} @ {b}" for a, b in puzzle.pairs() if puzzle.fits((a, b))]
    assert fit == ["X.T @ g", "g.T @ X"]
    assert [puzzle.has_shape(pair) for pair in puzzle.pairs()].count(True) == 1
    assert puzzle.counted().endswith("2 can be computed, 1 has the shape of W, and 1 the right values.")


@pytest.mark.parametrize("wanted", ["dW", "dX"])
def test_when_all_are_two_by_two_only_the_values_can_tell(wanted):
    puzzle = TransposePuzzle(wanted=wanted, N=2, D=2, H=2)
    assert all(map(puzzle.has_shape, puzzle.pairs()))
    assert [puzzle.is_right(pair) for pair in puzzle.pairs()].count(True) == 1
    assert "Shapes cannot tell here" in puzzle.counted()


def test_turning_and_swapping_lead_through_all_four_verdicts():
    puzzle = TransposePuzzle()
    assert puzzle.verdict() == ("open", "They do not click together: X has 3 columns, g has 5 rows.")
    puzzle.ask_turn({"which": 0})
    assert puzzle.verdict()[0] == "right"
    puzzle.ask_turn({"which": 1})
    puzzle.ask_turn({"which": 0})
    puzzle.ask_swap({})
    assert str(puzzle.pair[0]) == "g.T"
    assert puzzle.verdict() == (
        "shape",
        "It can be computed and gives (2, 3). W has the shape (3, 2): turned the wrong way.",
    )
    puzzle.ask_size({"N": 2, "D": 2, "H": 2})
    assert puzzle.verdict()[0] == "values"


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="whole number from 1 to 6"):
        TransposePuzzle(N=7)
    with pytest.raises(DataError, match="dW, dX"):
        TransposePuzzle(wanted="db")
    with pytest.raises(DataError, match="no product"):
        TransposePuzzle().choose("W @ X")
    with pytest.raises(DataError, match="Generator"):
        TransposePuzzle(rng=3)


def test_the_twin_lists_all_eight_products():
    table = TransposePuzzle().table()
    assert len(table.rows) == 8
    assert ("X.T @ g", "(3, 5) @ (5, 2)", "(3, 2)", "yes") in table.rows
    assert ("g.T @ X", "(2, 5) @ (5, 3)", "(2, 3)", "wrong shape") in table.rows


def test_while_it_asks_nothing_gives_the_answer_away():
    puzzle = TransposePuzzle(predict="which_product")
    assert puzzle.frame().words["counted"] == ""
    assert "yes" not in puzzle.table().plain()


def test_after_which_product_comes_all_of_size_two(tmp_path, monkeypatch):
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    puzzle = TransposePuzzle(predict="which_product")

    def ask(name, **given):
        puzzle._received(puzzle, {"ask": name, "n": 1, "who": "me", "given": given}, [])

    ask("predict", value=1, confidence=3)
    ask("carry_out")
    assert puzzle.prediction.right
    ask("leave")
    assert puzzle.prediction.question is ALL_TWO
    ask("predict", value=1, confidence=4)
    ask("carry_out")
    assert puzzle.prediction.actual == 4
    assert [r.question for r in diary.progress_of(diary.read(tmp_path)).reviews] == [ALL_TWO.title]
    ask("leave")
    assert puzzle.prediction is None


def test_every_state_can_be_drawn(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    puzzle = TransposePuzzle()
    for formula in ("X @ g", "X.T @ g", "g.T @ X"):
        puzzle.choose(formula)
        assert "image/png" in puzzle.still()
    puzzle.resize(2, 2, 2)
    assert puzzle.frame().numbers["product"].shape == (2, 2)
    assert "image/png" in puzzle.still()
