"""The drawings show each weight and each entry once, legibly, mark by more than colour, and say the same in words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from bpcore import Dense
from bpcore.drawings import (
    describe_agreement,
    describe_layer,
    describe_network,
    plot_agreement,
    plot_layer,
    plot_network,
)
from bpcore.errors import DataError, ShapeError

W = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -0.75]])
GRADIENT = np.array([[1.0, -2.0], [0.5, 3.0]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def thick(ax):
    """Which edges are drawn thick, in the order of W."""
    return [line.get_linewidth() > 3 for line in ax.get_lines()]


def contrast(color):
    channels = np.array(mpl.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


def test_a_layer_shows_every_weight_value_and_name():
    ax = plot_layer(W, inputs=[1, -2], outputs=[0, -7, 3.5])
    assert texts(ax)[:6] == ["0.5", "−1", "2", "0.25", "3", "−0.75"]
    assert texts(ax)[6:] == ["1", "x₀", "−2", "x₁", "0", "z₀", "−7", "z₁", "3.5", "z₂"]
    assert len(ax.get_lines()) == 6
    assert len(ax.patches) == 5
    assert not any(thick(ax))


def test_an_edge_runs_from_its_input_to_its_output():
    ax = plot_layer(W)
    centres = [circle.center for circle in ax.patches]
    ends = [tuple(zip(*line.get_data(), strict=True)) for line in ax.get_lines()]
    assert ends == [(centres[i], centres[2 + j]) for i in range(2) for j in range(3)]


@pytest.mark.parametrize(
    ("highlight", "lit", "ringed", "words"),
    [
        (("weight", 0, 2), [2], [0, 4], "the one path through W[0, 2]"),
        (("input", 1), [3, 4, 5], [1], "every path that leaves x₁"),
        (("output", 1), [1, 4], [3], "every path that arrives at z₁"),
        (None, [], [], ""),
    ],
)
def test_a_highlight_is_thick_bold_and_said(highlight, lit, ringed, words):
    ax = plot_layer(W, highlight=highlight)
    assert list(np.flatnonzero(thick(ax))) == lit
    assert [i for i, text in enumerate(ax.texts[:6]) if text.get_fontweight() == "bold"] == lit
    assert [i for i, circle in enumerate(ax.patches) if circle.get_linewidth() > 2] == ringed
    text = describe_layer(W, highlight=highlight)
    edges = [line for line in text.splitlines() if "W[" in line and line.startswith("  ")]
    assert [i for i, line in enumerate(edges) if line.endswith("(highlighted)")] == lit
    assert words in text


def test_a_layer_in_words():
    assert describe_layer(
        W[:, :1], inputs=[1, 2], outputs=[-0.1], highlight=("input", 1), direction="backward", names=("x", "g")
    ).splitlines() == [
        "A dense layer from 2 inputs to 1 output, read backward.",
        "x₀ = 1, x₁ = 2.",
        "g₀ = −0.1.",
        "Highlighted: every path that leaves x₁.",
        "  x₀ to g₀: W[0, 0] = 0.5",
        "  x₁ to g₀: W[1, 0] = 0.25 (highlighted)",
    ]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_arrow_points_the_way(direction):
    ax = plot_layer(W, direction=direction)
    assert direction in texts(ax)
    (arrow,) = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert (arrow.xy[0] > arrow.xyann[0]) == (direction == "forward")


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 6), (6, 1), (3, 5), (6, 6)])
def test_labels_stand_apart_from_each_other_and_from_the_circles(shape):
    weights = np.random.default_rng(0).normal(size=shape) * np.logspace(-5, 0, shape[1])
    ax = plot_layer(weights, inputs=weights[:, 0], outputs=weights[0], highlight=("input", 0), direction="forward")
    ax.figure.draw_without_rendering()
    labels = [text.get_tightbbox() for text in ax.texts[: weights.size]]
    assert not any(a.overlaps(b) for i, a in enumerate(labels) for b in labels[:i])
    circles = [circle.get_tightbbox() for circle in ax.patches]
    assert not any(label.overlaps(circle) for label in labels for circle in circles)
    inside = [text.get_window_extent() for text in ax.texts[weights.size : -2 : 2]]
    assert all(text.width < circle.width for text, circle in zip(inside, circles, strict=True))
    page = ax.figure.bbox
    everything = [*circles, *(text.get_window_extent() for text in ax.texts if text.get_text())]
    assert all(page.x0 <= b.x0 and b.x1 <= page.x1 and page.y0 <= b.y0 and b.y1 <= page.y1 for b in everything)


def test_a_layer_on_the_axes_that_are_given_is_drawn_on_a_light_page():
    with plt.style.context("dark_background"):
        figure, ax = plt.subplots()
        assert plot_layer(W, ax=ax) is ax
        assert mpl.colors.to_hex(figure.get_facecolor()) == mpl.colors.to_hex(ax.get_facecolor()) == "#ffffff"
        assert ax.patch.get_visible()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"W": [1.0, 2.0]}, ShapeError, r"W\[:, None\]"),
        ({"W": np.zeros((0, 2))}, ShapeError, "inputs, outputs"),
        ({"W": np.zeros((64, 10))}, DataError, "640 edges"),
        ({"W": Dense(2, 3, rng=np.random.default_rng(0)).W}, DataError, "W must hold numbers"),
        ({"inputs": [1.0]}, ShapeError, "has 2 inputs"),
        ({"outputs": np.zeros((1, 3))}, ShapeError, r"one sample, as X\[0\]"),
        ({"highlight": "weight"}, DataError, "one path"),
        ({"highlight": ("weight", 1)}, DataError, "one path"),
        ({"highlight": ("edge", 1)}, DataError, "one path"),
        ({"highlight": ("input", 0.5)}, DataError, "one path"),
        ({"highlight": ("input", 2)}, DataError, "inputs are 0 to 1"),
        ({"highlight": ("weight", 0, -1)}, DataError, "outputs 0 to 2"),
        ({"direction": "up"}, DataError, '"backward"'),
    ],
)
def test_a_layer_that_cannot_be_drawn(arguments, error, words):
    for function in (plot_layer, describe_layer):
        with pytest.raises(error, match=words):
            function(**{"W": W, **arguments})


def test_a_network_shows_its_layers_their_names_sizes_and_weights():
    ax = plot_network([2, 3, 1])
    circles = [circle.center for circle in ax.patches]
    assert len({x for x, _ in circles}) == 3
    assert len(circles) == 6
    assert len(ax.get_lines()) == 2 * 3 + 3 * 1
    told = ["inputs", "2 units", "hidden 1", "3 units", "outputs", "1 unit", "2 × 3 weights", "3 × 1 weights"]
    assert texts(ax) == told


def test_a_wide_layer_is_drawn_with_dots_and_told_whole():
    ax = plot_network([64, 64, 32, 10])
    big = [circle for circle in ax.patches if circle.radius > 0.1]
    assert len(big) == 4 * 5
    assert len(ax.patches) - len(big) == 4 * 3
    assert describe_network([64, 64, 32, 10]).splitlines() == [
        "A network of 4 layers, 2 of them hidden. Each unit is joined to all of the next layer.",
        "  inputs: 64 units",
        "    then 64 × 64 = 4096 weights",
        "  hidden 1: 64 units",
        "    then 64 × 32 = 2048 weights",
        "  hidden 2: 32 units",
        "    then 32 × 10 = 320 weights",
        "  outputs: 10 units",
    ]


@pytest.mark.parametrize("sizes", [[1, 1], [64, 64, 32, 10], [6, 7, 1000, 5, 4, 3, 2]])
def test_what_is_written_beside_a_network_stands_apart_and_inside(sizes):
    ax = plot_network(sizes)
    ax.figure.draw_without_rendering()
    boxes = [text.get_tightbbox() for text in ax.texts] + [circle.get_tightbbox() for circle in ax.patches]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    page = ax.figure.bbox
    assert all(page.x0 <= b.x0 and b.x1 <= page.x1 and page.y0 <= b.y0 and b.y1 <= page.y1 for b in boxes)


@pytest.mark.parametrize("sizes", [[], [3], [2, 0, 1], [2, 1.5], "64", 3, [1] * 8])
def test_a_network_that_cannot_be_drawn(sizes):
    for function in (plot_network, describe_network):
        with pytest.raises(DataError, match="inputs first"):
            function(sizes)


def test_agreement_shows_every_entry_and_marks_what_disagrees_by_shape():
    derived = GRADIENT.copy()
    derived[0, 1] *= -1
    derived[1, 0] += 0.1
    ax = plot_agreement(derived, GRADIENT)
    diagonal, right, wrong, ring = ax.get_lines()
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    np.testing.assert_array_equal(right.get_xydata(), [[1, 1], [3, 3]])
    np.testing.assert_array_equal(wrong.get_xydata(), [[-2, 2], [0.5, 0.6]])
    np.testing.assert_array_equal(ring.get_xydata(), [[-2, 2]])
    assert right.get_marker() != wrong.get_marker()
    verdict = "2 of 4 entries disagree.\nWorst, at [0, 1]: derived 2, measured -2."
    assert texts(ax) == [verdict, "equal", "worst"]
    assert ax.get_xlim() == ax.get_ylim()
    assert describe_agreement(derived, GRADIENT) == (
        verdict + "\n  [0, 1]: derived 2, measured -2\n  [1, 0]: derived 0.6, measured 0.5"
    )


@pytest.mark.parametrize("worst", [0, 5, 9])
@pytest.mark.parametrize("shift", [-5, -0.1, 0.1, 5])
def test_the_word_beside_the_ring_covers_no_point_and_stays_inside(worst, shift):
    measured = np.linspace(0, 9, 10)
    derived = measured.copy()
    derived[worst] += shift
    ax = plot_agreement(derived, measured)
    ax.figure.draw_without_rendering()
    word, page = ax.texts[-1].get_window_extent(), ax.get_window_extent()
    points = ax.transData.transform(np.column_stack([measured, derived]))
    assert not any(word.contains(*point) for point in points)
    assert page.x0 <= word.x0 < word.x1 <= page.x1
    assert page.y0 <= word.y0 < word.y1 <= page.y1


def test_agreement_where_all_agree():
    ax = plot_agreement(GRADIENT, GRADIENT + 1e-7)
    assert not ax.get_lines()[2].get_xdata().size
    assert describe_agreement(GRADIENT, GRADIENT + 1e-7).startswith("All 4 entries agree.\nWorst, at [1, 0]")


def test_one_number_and_one_value_can_be_compared():
    for value in (2.0, 0.0):
        ax = plot_agreement(value, value)
        ax.figure.draw_without_rendering()
        assert ax.get_xlim()[0] < value < ax.get_xlim()[1]
    assert describe_agreement(2.0, 2.0) == "All 1 entries agree.\nWorst: derived 2, measured 2."


def test_a_gradient_that_is_not_a_number_is_the_worst():
    derived = GRADIENT.copy()
    derived[1, 1] = np.nan
    ax = plot_agreement(derived, GRADIENT)
    ax.figure.draw_without_rendering()
    assert texts(ax) == ["1 of 4 entries disagree.\nWorst, at [1, 1]: derived nan, measured 3.", "equal"]
    plot_agreement([np.nan], [np.inf]).figure.draw_without_rendering()


def test_a_long_list_of_disagreements_is_cut():
    lines = describe_agreement(np.ones((5, 5)), np.zeros((5, 5))).splitlines()
    assert len(lines) == 2 + 10 + 1
    assert lines[-1] == "  and 15 more"


def test_the_tolerance_is_the_one_that_gradcheck_has():
    assert describe_agreement([0.0, 1000.0], [0.9e-5, 1000.9]).startswith("All 2")
    assert describe_agreement([0.0, 1000.0], [1.1e-5, 1001.1]).startswith("2 of 2")
    assert describe_agreement([0.0], [0.5], atol=1).startswith("All")


@pytest.mark.parametrize("function", [plot_agreement, describe_agreement])
def test_gradients_that_cannot_be_compared(function):
    with pytest.raises(ShapeError, match="transpose"):
        function(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(DataError, match="nothing to compare"):
        function([], [])
    with pytest.raises(DataError, match="derived gradient must hold numbers"):
        function(["steep"], [1.0])


def test_text_has_contrast_enough_to_read():
    # WCAG 2.2, 1.4.3: small text needs 4.5 to 1.
    layer = plot_layer(W, inputs=[1, 2], highlight=("output", 0), direction="forward")
    check = plot_agreement(GRADIENT, -GRADIENT)
    for text in [*layer.texts, *check.texts, check._left_title, check.xaxis.label, *check.get_xticklabels()]:
        assert contrast(text.get_color()) >= 4.5
