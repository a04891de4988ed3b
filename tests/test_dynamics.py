"""The pictures of what moves show the very numbers they are given, mark by more than colour, and say it in words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcore.dynamics import (
    describe_cobweb,
    describe_sizes,
    describe_spectrum,
    plot_cobweb,
    plot_sizes,
    plot_spectrum,
)
from bpcore.errors import DataError, ShapeError


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def undamped(y):
    return np.tanh(-2 * y + 0.5)


def damped(y):
    return y + 0.5 * (undamped(y) - y)


def way(step, n):
    states = [0.0]
    for _ in range(n):
        states.append(float(step(states[-1])))
    return states


def line(ax, label):
    (found,) = [line for line in ax.get_lines() if line.get_label() == label]
    return np.column_stack(found.get_data())


def test_a_cobweb_alternates_between_the_curve_and_the_diagonal():
    states = way(undamped, 5)
    corners = line(plot_cobweb(undamped, states, title="t"), "the way")
    on_diagonal, on_curve = corners[2::2], corners[1::2]
    np.testing.assert_allclose(on_diagonal[:, 0], on_diagonal[:, 1])
    np.testing.assert_allclose(on_curve[:, 1], undamped(on_curve[:, 0]))
    assert corners[-1] == pytest.approx([states[-1], states[-1]])


@pytest.mark.parametrize(
    ("step", "n", "words"),
    [
        (undamped, 60, "It jumps between these two for ever"),
        (damped, 60, "It is at rest"),
        (damped, 5, "It is still moving"),
    ],
)
def test_the_words_of_a_cobweb_say_how_it_ended(step, n, words):
    assert words in describe_cobweb(step, way(step, n))


def test_the_words_of_a_cobweb_name_the_cycle():
    assert "0.9799 and -0.8976" in describe_cobweb(undamped, way(undamped, 60))


def test_a_constant_factor_is_a_straight_line_with_its_factor_in_words():
    sizes = 3 * 0.5 ** np.arange(8)
    ax = plot_sizes({"halved": sizes, "steady": np.ones(8)}, title="t")
    assert ax.get_yscale() == "log"
    drawn = line(ax, "halved")
    np.testing.assert_allclose(drawn[:, 1], sizes)
    assert "times 0.5 from one to the next" in describe_sizes({"halved": sizes})
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2


def test_sizes_of_zero_or_infinity_leave_a_gap_and_no_factor():
    values = [1.0, 0.0, 4.0, np.inf]
    drawn = line(plot_sizes({"a": values}, title="t"), "a")
    assert np.isfinite(drawn[:, 1]).tolist() == [True, False, True, False]
    assert "times" not in describe_sizes({"a": values})


def test_sizes_stand_where_x_says():
    drawn = line(plot_sizes({"a": [1.0, 2.0]}, title="t", x=[10, 30]), "a")
    assert drawn[:, 0].tolist() == [10, 30]
    assert describe_sizes({"a": [1.0, 2.0]}, x=[10, 30], xlabel="gap").startswith("a: 1 at gap 10, 2 at gap 30")


@pytest.mark.parametrize(
    ("eigenvalues", "relaxation", "shrink", "words"),
    [
        ([-1.9447894], 1.0, 0, "Every relaxation below 0.6792 settles."),
        ([-1.9447894], 0.679, 1, "1 of 1 eigenvalues shrink"),
        ([1.5j, -1.5j], 0.3, 2, "0 ± 1.5i"),
        ([1.2, 0.5], 0.3, 1, "no relaxation above 0 settles it"),
    ],
)
def test_an_eigenvalue_shrinks_inside_the_disc_and_is_a_cross_outside(eigenvalues, relaxation, shrink, words):
    ax = plot_spectrum(eigenvalues, relaxation, title="t")
    marks = {line.get_label(): (line.get_marker(), len(line.get_xdata())) for line in ax.get_lines()}
    assert marks.get("λ that shrinks", ("o", 0)) == ("o", shrink)
    assert marks.get("λ that grows", ("X", 0)) == ("X", len(eigenvalues) - shrink)
    disc = ax.patches[0]
    for value in np.asarray(eigenvalues, dtype=complex):
        inside = abs(value - disc.center[0]) < disc.radius
        assert inside == (abs(1 - relaxation * (1 - value)) < 1)
    assert words in describe_spectrum(eigenvalues, relaxation)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: plot_cobweb(damped, [0.0], title="t"), DataError),
        (lambda: describe_cobweb(damped, [0.0, np.nan]), DataError),
        (lambda: plot_sizes({}, title="t"), DataError),
        (lambda: plot_sizes({"a": [-1.0]}, title="t"), DataError),
        (lambda: describe_sizes({"a": [[1.0]]}), ShapeError),
        (lambda: describe_sizes({"a": [1.0, 2.0]}, x=[1.0]), ShapeError),
        (lambda: plot_spectrum([], title="t"), DataError),
        (lambda: describe_spectrum([0.5], 0.0), DataError),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, error):
    with pytest.raises(error):
        call()


def test_a_given_axes_is_used():
    _, axes = plt.subplots(3)
    assert plot_sizes({"a": [1.0, 2.0]}, title="t", ax=axes[0]) is axes[0]
    assert plot_spectrum([0.5], title="t", ax=axes[1]) is axes[1]
    assert plot_cobweb(damped, way(damped, 3), title="t", ax=axes[2]) is axes[2]
