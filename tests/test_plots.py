"""The pictures show the values they were given, are told apart without colour, and say the same in words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcore.errors import DataError, ShapeError
from bpcore.plots import (
    describe_curves,
    describe_digits,
    describe_error_against_step,
    describe_history,
    describe_mistakes,
    plot_curves,
    plot_digits,
    plot_error_against_step,
    plot_history,
    plot_mistakes,
)
from bpcore.training import History

HISTORY = History((2.0, 1.0, 0.5), (0.3, 0.6, 0.9), (1.5, 1.0, 0.75), (0.4, 0.5, 0.8), (0.1, 0.1, 0.1), 3)
EMPTY = History((), (), (), (), (), 3, interrupted=True)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(figure):
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("what", ["loss", "accuracy"])
def test_history_shows_both_curves_told_apart_without_colour(what):
    ax = plot_history(HISTORY, what=what)
    train, validation = ax.get_lines()
    np.testing.assert_array_equal(train.get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(train.get_ydata(), getattr(HISTORY, f"train_{what}"))
    np.testing.assert_array_equal(validation.get_ydata(), getattr(HISTORY, f"val_{what}"))
    assert train.get_linestyle() != validation.get_linestyle()
    assert train.get_marker() != validation.get_marker()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train", "validation"]


def test_history_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert plot_history(HISTORY, ax) is ax


def test_history_without_what_is_asked():
    with pytest.raises(DataError, match="no accuracy"):
        plot_history(History((1.0,), (), (), (), (0.1,), 1), what="accuracy")
    with pytest.raises(DataError, match="no loss"):
        plot_history(EMPTY)
    with pytest.raises(DataError, match="not known"):
        plot_history(HISTORY, what="error")


def test_history_in_words():
    text = describe_history(HISTORY)
    assert text.splitlines()[-1].split() == ["3", "0.5000", "0.9000", "0.7500", "0.8000"]
    assert len(text.splitlines()) == 2 + 3
    long = History((1.0,) * 500, (), (), (), (0.0,) * 500, 500)
    assert len(describe_history(long).splitlines()) == 2 + 10
    assert describe_history(long).splitlines()[-1].split()[0] == "500"
    assert "Interrupted after 0 of 3" in describe_history(EMPTY)


def test_curves_are_told_apart_without_colour_and_carry_their_names():
    curves = {name: [start, 1.0, 0.5] for start, name in enumerate(["plain", "momentum", "Adam", "four", "five"])}
    ax = plot_curves(curves, title="Loss", ylabel="loss")
    lines = ax.get_lines()
    for line, values in zip(lines, curves.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert len({str(line._dash_pattern) for line in lines}) == len({line.get_marker() for line in lines}) == 5
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(curves)
    assert (ax.get_title("left"), ax.get_xlabel(), ax.get_ylabel()) == ("Loss", "step", "loss")


def test_a_single_curve_names_the_axis_and_thousands_of_points_have_no_marks():
    ax = plot_curves({"loss": np.ones(5000)}, title="Loss")
    assert ax.get_ylabel() == "loss"
    assert ax.get_legend() is None
    assert ax.get_lines()[0].get_marker() == ""


def test_the_target_is_a_line_in_view_with_its_value_written_beside_it():
    ax = plot_curves({"loss": [3.0, 2.0]}, title="Loss", target=0.25)
    assert list(ax.get_lines()[1].get_ydata()) == [0.25, 0.25]
    assert ax.get_ylim()[0] < 0.25
    assert [text.get_text() for text in ax.texts] == ["target\n0.25"]
    assert describe_curves({"loss": [3.0, 2.0]}, target=0.25).splitlines()[-1] == "Target: 0.25."


def test_the_legend_lies_above_the_curves_and_below_the_title():
    ax = plot_curves({str(i): [0.0, 1.0] for i in range(5)}, title="Five")
    ax.figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert ax.get_window_extent().y1 <= legend.y0 < legend.y1 <= ax._left_title.get_window_extent().y0


def test_a_curve_that_grows_beyond_all_bounds():
    curves = {"w": [1.0, -3e300, np.inf, np.nan]}
    ax = plot_curves(curves, title="Too large a step")
    ax.figure.draw_without_rendering()
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), [1, -3e300, np.nan, np.nan])
    assert ax.get_legend().get_texts()[0].get_text() == "w (stops being finite at step 2)"
    assert describe_curves(curves) == (
        "w: first 1, lowest -3e+300 at step 1, highest 1 at step 0, last nan at step 3, stops being finite at step 2."
    )
    assert describe_curves({"w": [np.nan]}) == "w: first nan, last nan at step 0, stops being finite at step 0."


def test_curves_in_words():
    assert describe_curves({"a": [2, 0.5, 4, 1], "b": [1]}, xlabel="epoch").splitlines() == [
        "a: first 2, lowest 0.5 at epoch 1, highest 4 at epoch 2, last 1 at epoch 3.",
        "b: first 1, lowest 1 at epoch 0, highest 1 at epoch 0, last 1 at epoch 0.",
    ]


@pytest.mark.parametrize(
    ("curves", "error", "words"),
    [
        ([1.0, 2.0], DataError, "by name"),
        ({}, DataError, "by name"),
        ({"loss": []}, DataError, "'loss' is empty"),
        ({"loss": ["low"]}, DataError, "numbers alone"),
        ({"loss": np.ones((2, 3))}, ShapeError, r"one row .*\(2, 3\)"),
    ],
)
def test_curves_that_cannot_be_shown(curves, error, words):
    with pytest.raises(error, match=words):
        plot_curves(curves, title="Loss")
    with pytest.raises(error, match=words):
        describe_curves(curves)


def test_curves_over_places_of_their_own():
    x = [-1.0, 0.0, 0.5]
    ax = plot_curves({"square": [1.0, 0.0, 0.25]}, title="Square", xlabel="z", x=x)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), x)
    words = describe_curves({"square": [1.0, 0.0, 0.25], "log": [np.nan, -np.inf, -0.5]}, xlabel="z", x=x)
    assert words.splitlines() == [
        "square: first 1, lowest 0 at z 0, highest 1 at z -1, last 0.25 at z 0.5.",
        "log: first nan, lowest -0.5 at z 0.5, highest -0.5 at z 0.5, last -0.5 at z 0.5, stops being finite at z -1.",
    ]


@pytest.mark.parametrize("show", [lambda *a, **k: plot_curves(*a, title="a", **k), describe_curves])
def test_every_value_needs_its_place(show):
    with pytest.raises(ShapeError, match=r"'b' has 2 values and x \(3,\)"):
        show({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0]}, x=[0.0, 1.0, 2.0])


def test_too_many_curves():
    with pytest.raises(DataError, match="told apart"):
        plot_curves({str(i): [1.0] for i in range(6)}, title="Loss")


def test_a_dark_notebook_does_not_show_through():
    with plt.style.context("dark_background"):
        _, given = plt.subplots()
        for ax in (plot_history(HISTORY), plot_curves({"a": [1.0]}, title="a"), plot_history(HISTORY, given)):
            assert mpl.colors.to_hex(ax.figure.get_facecolor()) == mpl.colors.to_hex(ax.get_facecolor()) == "#ffffff"


@pytest.mark.parametrize("shape", [(7, 64), (7, 8, 8)])
def test_digits_show_each_image_with_its_title_on_a_light_page(shape):
    images = np.random.default_rng(0).random(shape)
    figure = plot_digits(images, range(7), columns=3)
    assert len(figure.axes) == 7
    np.testing.assert_array_equal(figure.axes[5].images[0].get_array(), images[5].reshape(8, 8))
    assert figure.axes[0].images[0].get_clim() == (0, 1)
    assert texts(figure) == list("0123456")
    assert mpl.colors.to_hex(figure.get_facecolor()) == "#ffffff"
    assert describe_digits(images, range(7)) == "7 images of 8 × 8 pixels: 0, 1, 2, 3, 4, 5, 6."


def test_images_do_not_overlap_and_stay_on_the_page():
    figure = plot_digits(np.zeros((7, 64)), range(7), columns=3)
    boxes = [ax.get_position() for ax in figure.axes]
    assert all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_digits_that_cannot_be_shown():
    with pytest.raises(ShapeError, match="side"):
        plot_digits(np.zeros((2, 63)))
    with pytest.raises(ShapeError, match=r"X\[:1\]"):
        plot_digits(np.zeros(64))
    with pytest.raises(ShapeError, match="1 titles for 2"):
        plot_digits(np.zeros((2, 64)), ["one"])
    with pytest.raises(DataError, match="no images"):
        plot_digits(np.zeros((0, 64)))


def test_mistakes_show_only_what_was_misread_and_say_it_in_words():
    images = np.arange(4)[:, None] / 4 * np.ones(64)
    labels, predictions = np.array([1, 2, 8, 8]), np.array([1, 7, 3, 3])
    figure = plot_mistakes(images, labels, predictions)
    assert [ax.images[0].get_array()[0, 0] for ax in figure.axes] == [0.25, 0.5, 0.75]
    assert texts(figure) == ["3 of 4 misread", "is 2", "read as 7", "is 8", "read as 3", "is 8", "read as 3"]
    assert describe_mistakes(labels, predictions).splitlines() == [
        "3 of 4 misread:",
        "  8 read as 3: 2 (rows 2, 3)",
        "  2 read as 7: 1 (row 1)",
    ]
    assert texts(plot_mistakes(images, labels, predictions, limit=1)) == [
        "3 of 4 misread, the first 1 of them",
        "is 2",
        "read as 7",
    ]


def test_no_mistakes():
    labels = np.arange(4)
    assert texts(plot_mistakes(np.zeros((4, 64)), labels, labels)) == ["0 of 4 misread"]
    assert describe_mistakes(labels, labels) == "0 of 4 misread."


def test_mistakes_that_do_not_fit():
    with pytest.raises(ShapeError, match="argmax"):
        plot_mistakes(np.zeros((4, 64)), np.arange(4), np.zeros((4, 10)))
    with pytest.raises(ShapeError, match="3 images and 4 labels"):
        plot_mistakes(np.zeros((3, 64)), np.arange(4), np.zeros(4, int))


def luminance(color):
    channels = np.array(mpl.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_text_has_contrast_enough_to_read():
    # WCAG 2.2, 1.4.3: small text needs 4.5 to 1.
    figure = plot_mistakes(np.zeros((2, 64)), np.arange(2), np.ones(2, int))
    page = luminance(figure.get_facecolor())
    ax = plot_history(HISTORY)
    curves = plot_curves({"a": [1.0], "b": [2.0]}, title="Two", target=1)
    written = [*figure.texts, *curves.texts, *curves.get_legend().get_texts()]
    for text in [*written, ax._left_title, ax.xaxis.label, *ax.get_xticklabels()]:
        assert (page + 0.05) / (luminance(text.get_color()) + 0.05) >= 4.5


STEPS = [1e-1, 1e-3, 1e-5, 1e-7]
ERRORS = {"central": [1e-2, 1e-6, 1e-10, 1e-9], "complex": [1e-2, 1e-6, 0.0, 0.0]}


def test_errors_are_drawn_log_against_log_with_small_steps_on_the_right():
    ax = plot_error_against_step(STEPS, ERRORS, title="T")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xlim()[0] > ax.get_xlim()[1]
    central, complex_step, _ = ax.get_lines()
    np.testing.assert_array_equal(central.get_ydata(), ERRORS["central"])
    assert central.get_linestyle() != complex_step.get_linestyle()
    assert central.get_marker() != complex_step.get_marker()
    # Zero has no logarithm: below everything else, on a line that says what it is.
    assert (complex_step.get_ydata()[2:] < 1e-10).all()
    assert [text.get_text() for text in ax.texts] == ["error 0"]


def test_no_line_for_errors_of_zero_where_there_are_none():
    ax = plot_error_against_step(STEPS, {"central": ERRORS["central"]}, title="T")
    assert len(ax.get_lines()) == 1
    assert not ax.texts


def test_errors_in_words():
    assert describe_error_against_step(STEPS, ERRORS).splitlines() == [
        "central: error 1.0e-02 at the largest step, 1e-01; least at h = 1e-05, 1.0e-10; "
        "1.0e-09 at the smallest step, 1e-07.",
        "complex: error 1.0e-02 at the largest step, 1e-01; least at h = 1e-05, 0.0e+00; "
        "0.0e+00 at the smallest step, 1e-07.",
    ]


@pytest.mark.parametrize(
    ("steps", "errors", "error", "sentence"),
    [
        ([1e-1, 0], {"e": [1, 1]}, DataError, "positive"),
        ([1e-1, 1e-2], {"e": [1]}, ShapeError, "2 steps and 1 errors of 'e'"),
        ([1e-1], {"e": [-1]}, DataError, "absolute values"),
        ([1e-1], {str(k): [1] for k in range(6)}, DataError, "at most 5"),
    ],
)
def test_errors_that_cannot_be_drawn_say_why(steps, errors, error, sentence):
    with pytest.raises(error, match=sentence):
        plot_error_against_step(steps, errors, title="T")
    with pytest.raises(error, match=sentence):
        describe_error_against_step(steps, errors)
