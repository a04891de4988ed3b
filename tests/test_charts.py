"""Paths, tables and weights are drawn where they belong, and said in words as well."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcore.charts import (
    describe_confusion,
    describe_descent,
    describe_weights,
    plot_confusion,
    plot_descent,
    plot_weights,
)
from bpcore.errors import DataError, ShapeError

TABLE = np.array([[7, 0, 2], [0, 9, 0], [1, 0, 4]])
W = np.zeros((4, 3))
W[:, 1] = [0.5, -2.0, 0.0, 1.0]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def bowl(a, b):
    return a**2 + 10 * b**2


def luminance(color):
    channels = np.asarray(color)
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_path_is_drawn_point_by_point_and_one_that_leaves_says_so():
    inside, outside = [(0.9, 0.5), (0.5, -0.2), (0.1, 0.1)], [(0.9, 0.5), (0.5, -2.0), (0.1, 9.0)]
    ax = plot_descent(bowl, {"slow": inside, "wild": outside}, title="Two paths")
    drawn = [line.get_xydata() for line in ax.get_lines()]
    np.testing.assert_array_equal(drawn[0], inside)
    assert any(len(points) == 2 and (points == outside[:2]).all() for points in drawn)
    assert legend(ax) == ["slow", "wild (leaves the picture at step 1)"]


def test_a_path_in_words_has_its_ends_and_its_turns():
    words = describe_descent(bowl, {"zigzag": [(1, 0.1), (0.5, -0.1), (0.2, 0.1), (0.1, 0)]})
    assert words == (
        "zigzag: from (1, 0.1), loss 1.1, in 3 steps to (0.1, 0), loss 0.01. "
        "The first weight turns back 0 times, the second 2 times."
    )
    assert "leaves the picture at step 1." in describe_descent(bowl, {"gone": [(0, 0), (np.nan, np.nan)]})


def test_the_table_shows_each_count_at_its_truth_and_prediction():
    ax = plot_confusion(TABLE, names=["a", "b", "c"])
    shown = {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts}
    assert shown == {(0, 0): "7", (2, 0): "2", (1, 1): "9", (0, 2): "1", (2, 2): "4"}
    assert ax.get_title(loc="left") == "3 of 23 misread"
    assert ax.yaxis_inverted()


def test_the_count_stands_out_from_the_darkest_field():
    ax = plot_confusion(TABLE)
    field = max(ax.patches, key=lambda patch: patch.get_facecolor()[3] if patch.get_facecolor()[:3] != (1, 1, 1) else 0)
    *color, alpha = field.get_facecolor()
    assert alpha > 0.5
    (count,) = (text for text in ax.texts if text.get_text() == "2")
    paper = luminance(alpha * np.array(color) + (1 - alpha))
    assert (paper + 0.05) / (luminance(mpl.colors.to_rgb(count.get_color())) + 0.05) >= 4.5


def test_the_table_in_words():
    assert describe_confusion(TABLE).splitlines() == [
        "3 of 23 misread.",
        "  0: 7 of 9 read rightly, 2 as 2.",
        "  1: 9 of 9 read rightly.",
        "  2: 4 of 5 read rightly, 1 as 0.",
    ]


def test_weights_are_drawn_with_zero_in_the_middle_of_the_greys():
    figure = plot_weights(W)
    images = [ax.get_images()[0] for ax in figure.axes if ax.get_images()]
    assert [image.get_clim() for image in images] == [(-1, 1), (-2, 2), (-1, 1)]
    np.testing.assert_array_equal(images[1].get_array(), [[0.5, -2], [0, 1]])


def test_weights_in_words():
    lines = describe_weights(W[:, 1:2]).splitlines()
    assert lines == [
        "1 units, each with weights for 2 × 2 pixels.",
        "  unit 0: most raised by row 1, column 1 (1), most lowered by row 0, column 1 (−2); mean size 0.875.",
    ]


@pytest.mark.parametrize("draw", [plot_confusion, describe_confusion])
def test_a_table_that_is_none_is_refused(draw):
    with pytest.raises(ShapeError, match="a row for each truth"):
        draw(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="2 names for 3 classes"):
        draw(TABLE, names=["a", "b"])
    with pytest.raises(DataError, match="0 or more"):
        draw(-TABLE)
    with pytest.raises(DataError, match="at most 20"):
        draw(np.ones((21, 21)))


@pytest.mark.parametrize("draw", [plot_weights, describe_weights])
def test_weights_of_no_square_image_are_refused(draw):
    for shape in ((5, 2), (4,), (0, 3)):
        with pytest.raises(ShapeError, match="side²"):
            draw(np.ones(shape))


def test_paths_that_cannot_be_drawn_are_refused():
    with pytest.raises(DataError, match="by name"):
        describe_descent(bowl, [(0, 0)])
    with pytest.raises(DataError, match="at most 3"):
        plot_descent(bowl, {str(k): [(0, 0)] for k in range(4)}, title="")
    with pytest.raises(ShapeError, match="a point for each step"):
        describe_descent(bowl, {"flat": [0.0, 1.0]})
