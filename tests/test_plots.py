"""The pictures show the values they were given, are told apart without colour, and say the same in words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcore.errors import DataError, ShapeError
from bpcore.plots import (
    describe_digits,
    describe_history,
    describe_mistakes,
    plot_digits,
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
    for text in [*figure.texts, ax.title, ax.xaxis.label, *ax.get_xticklabels()]:
        assert (page + 0.05) / (luminance(text.get_color()) + 0.05) >= 4.5
