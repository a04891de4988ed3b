"""A graph's drawing shows every node and edge once, legibly, in the order of the computation, and says it in words."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from bpcore.diagrams import describe_graph, plot_graph
from bpcore.errors import DataError, ShapeError

GRAPH = {"a": ["input"], "b": ["input"], "p": ["multiply", "a", "b"], "c": ["add", "p", "a"]}
VALUES = {"a": 3.0, "b": 2.0, "p": 6.0, "c": 9.0}
GRADIENTS = {"a": 3.0, "b": 3.0, "p": 1.0, "c": 1.0}
SLOPES = {"a": [], "b": [], "p": [2.0, 3.0], "c": [1.0, 1.0]}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


def long_chain(count):
    """Each node is the square of the one before it, and the first is used once more in every second node."""
    graph = {"n0": ["input"]}
    for k in range(1, count):
        graph[f"n{k}"] = ["multiply", f"n{k - 1}", "n0" if k % 2 else f"n{k - 1}"]
    slopes = {name: [-0.000123] * (len(made) - 1) for name, made in graph.items()}
    return graph, dict.fromkeys(graph, -12345.678), dict.fromkeys(graph, 0.000215), slopes


def test_every_node_and_edge_is_drawn_with_its_numbers():
    ax = plot_graph(GRAPH, VALUES, GRADIENTS, SLOPES)
    shown = [text.get_text() for text in ax.texts]
    assert sorted(shown[:4]) == ["1", "1", "2", "3"]
    assert shown[4:] == [
        *("a", "value 3", "gradient 3"),
        *("b", "value 2", "gradient 3"),
        *("p = a · b", "value 6", "gradient 1"),
        *("c = p + a", "value 9", "gradient 1"),
    ]
    assert (len(boxes(ax)), len(arrows(ax))) == (4, 4)


def test_without_gradients_and_slopes_only_the_values_are_shown():
    ax = plot_graph(GRAPH, VALUES)
    assert len(ax.texts) == 8
    assert not any("gradient" in text.get_text() for text in ax.texts)
    assert "gradient" not in describe_graph(GRAPH, VALUES)
    assert "slope" not in describe_graph(GRAPH, VALUES)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (["subtract", "a", "b"], "c = a − b"),
        (["divide", "a", "b"], "c = a / b"),
        (["power", "a", 3], "c = a**3"),
        (["tanh", "a"], "c = tanh(a)"),
        (["relu", "b"], "c = relu(b)"),
        (["", "a", "b"], "c"),
    ],
)
def test_each_operation_is_written_as_one_would(made, words):
    graph = {"a": ["input"], "b": ["input"], "c": made}
    assert words in [text.get_text() for text in plot_graph(graph, VALUES).texts]


def test_a_highlight_is_thick_and_said():
    ax = plot_graph(GRAPH, VALUES, GRADIENTS, SLOPES, highlight="a")
    assert sum(arrow.get_linewidth() > 2 for arrow in arrows(ax)) == 2
    assert [box.get_linewidth() > 2 for box in boxes(ax)] == [True, False, False, False]
    assert describe_graph(GRAPH, VALUES, GRADIENTS, SLOPES, highlight="a").splitlines() == [
        "A graph of 4 nodes and 4 edges.",
        "Highlighted: every edge that leaves a.",
        "a: value 3, gradient 3.",
        "b: value 2, gradient 3.",
        "p = a · b: value 6, gradient 1.",
        "  a to p: local slope 2 (highlighted)",
        "  b to p: local slope 3",
        "c = p + a: value 9, gradient 1.",
        "  p to c: local slope 1",
        "  a to c: local slope 1 (highlighted)",
    ]


def test_arrows_run_from_left_to_right_from_box_to_box():
    ax = plot_graph(GRAPH, VALUES, GRADIENTS, SLOPES)
    sides = [(box.get_x(), box.get_x() + box.get_width()) for box in boxes(ax)]
    for arrow in arrows(ax):
        path = arrow._path_original.vertices
        assert any(path[0, 0] == pytest.approx(right) for _, right in sides)
        assert any(path[-1, 0] == pytest.approx(left) for left, _ in sides)
        assert path[0, 0] < path[-1, 0]


@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_labels_stand_apart_and_inside_the_page(count):
    graph, *numbers = long_chain(count)
    ax = plot_graph(graph, *numbers, highlight="n0")
    ax.figure.draw_without_rendering()
    edges = 2 * (count - 1)
    labels = [text.get_window_extent() for text in ax.texts[:edges]]
    drawn = [box.get_window_extent() for box in boxes(ax)]
    assert not any(a.overlaps(b) for i, a in enumerate(labels) for b in labels[:i])
    assert not any(label.overlaps(box) for label in labels for box in drawn)
    assert not any(a.overlaps(b) for i, a in enumerate(drawn) for b in drawn[:i])
    for k, box in enumerate(drawn):
        for text in ax.texts[edges + 3 * k : edges + 3 * k + 3]:
            inside = text.get_window_extent()
            assert box.x0 <= inside.x0
            assert inside.x1 <= box.x1
    page = ax.figure.bbox
    assert all(page.x0 <= b.x0 and b.x1 <= page.x1 and page.y0 <= b.y0 and b.y1 <= page.y1 for b in drawn + labels)


def test_an_edge_never_runs_through_the_box_of_another_node():
    graph, *numbers = long_chain(8)
    ax = plot_graph(graph, *numbers)
    for arrow in arrows(ax):
        path = mpl.path.Path(arrow._path_original.vertices, arrow._path_original.codes)
        for x, y in path.interpolated(1).to_polygons(closed_only=False)[0][2:-2]:
            for box in boxes(ax):
                within = box.get_x() < x < box.get_x() + box.get_width()
                assert not (within and box.get_y() < y < box.get_y() + box.get_height())


def test_a_graph_on_the_axes_that_are_given_is_drawn_on_a_light_page():
    with plt.style.context("dark_background"):
        figure, ax = plt.subplots()
        assert plot_graph(GRAPH, VALUES, ax=ax) is ax
        assert mpl.colors.to_hex(figure.get_facecolor()) == mpl.colors.to_hex(ax.get_facecolor()) == "#ffffff"


@pytest.mark.parametrize("show", [plot_graph, describe_graph])
@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (({}, {}), DataError, "empty"),
        (({"c": ["add", "a", "a"], "a": ["input"]}, VALUES), DataError, "parents stand first"),
        (({"c": ["tanh", "q"]}, VALUES), DataError, "not in the graph"),
        ((GRAPH, {"a": 1.0}), DataError, "'b' has no value"),
        ((GRAPH, VALUES, {"a": 1.0}), DataError, "'b' has no gradient"),
        ((GRAPH, VALUES, None, {"p": [1.0]}), ShapeError, "'p' has 2 parents and 1 slopes"),
        (({f"n{k}": ["input"] for k in range(17)}, {}), DataError, "at most 16"),
    ],
)
def test_a_graph_that_cannot_be_drawn_says_why(show, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        show(*arguments)


def test_a_highlight_that_is_no_node_says_so():
    with pytest.raises(DataError, match="the nodes are a, b, p, c"):
        plot_graph(GRAPH, VALUES, highlight="z")
