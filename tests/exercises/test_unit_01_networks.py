"""Other people's answers to the exercises of unit 01, and what can be said of the same networks otherwise."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore import functional as F
from bpcore.exercises import assess, catalogue, plan
from bpcore.layers import Dense, ReLU, Sequential

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- a unit ---------------------------------------------------------------------------


@right("networks.neuron")
def unit_by_loop(x, w, b):
    total = b
    for value, weight in zip(x, w, strict=True):
        total += value * weight
    return total, int(total > 0)


@right("networks.neuron")
def unit_with_heaviside(x, w, b):
    z = np.dot(w, x) + b
    return [z, np.heaviside(z, 0)]


@right("networks.neuron")
def unit_as_truth(x, w, b):
    z = float((x * w).sum()) + b
    return z, z > 0


@wrong("networks.neuron", "bias_subtracted")
def unit_with_a_threshold(x, w, b):
    z = np.dot(x, w) - b
    return z, float(z > 0)


@wrong("networks.neuron", "fires_at_zero")
def unit_that_fires_early(x, w, b):
    z = sum(x * w) + b
    return z, 0.0 if z < 0 else 1.0


@wrong("networks.neuron", NO_NAME)
def unit_of_squares(x, w, b):
    z = (x**2) @ w + b
    return z, float(z > 0)


# -- a layer ---------------------------------------------------------------------------


@right("networks.layer")
def layer_unit_by_unit(x, W, b, f):
    return f(np.array([sum(x * column) + bias for column, bias in zip(W.T, b, strict=True)]))


@right("networks.layer")
def layer_transposed(x, W, b, f):
    return f(W.T.dot(x) + b)


@right("networks.layer")
def layer_with_einsum(x, W, b, f):
    return list(f(np.einsum("i,ij->j", x, W) + b))


@wrong("networks.layer", "bias_after_the_activation")
def layer_in_two_lines(x, W, b, f):
    a = f(np.matmul(x, W))
    return np.add(a, b)


@wrong("networks.layer", "row_for_a_unit")
def layer_by_rows(x, W, b, f):
    return f(np.matmul(W, x) + b)


@wrong("networks.layer", NO_NAME)
def layer_backwards(x, W, b, f):
    return f(x[::-1] @ W + b)


# -- counting ---------------------------------------------------------------------------


@right("networks.count_layers")
def layers_by_slices(sizes):
    return len(sizes), len(sizes[1:-1]), len(list(itertools.pairwise(sizes)))


@right("networks.count_layers")
def layers_by_loop(sizes):
    n = sum(1 for _ in sizes)
    return [n, n - 2, n - 1]


@right("networks.count_layers")
def layers_as_floats(sizes):
    return np.array([0.0, -2.0, -1.0]) + len(sizes)


@wrong("networks.count_layers", "inputs_not_counted")
def layers_as_in_other_books(sizes):
    behind = sizes[1:]
    return len(behind), len(behind) - 1, len(behind)


@wrong("networks.count_layers", "matrix_for_each_layer")
def layers_and_as_many_matrices(sizes):
    return len(sizes), len(sizes[1:-1]), len(sizes)


@wrong("networks.count_layers", NO_NAME)
def layers_doubled(sizes):
    return 2 * len(sizes), len(sizes), len(sizes)


@right("networks.count_parameters")
def parameters_by_index(sizes):
    return sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1))


@right("networks.count_parameters")
def parameters_with_arrays(sizes):
    s = np.array(sizes)
    return (s[:-1] * s[1:]).sum() + s[1:].sum()


@right("networks.count_parameters")
def parameters_that_are_made(sizes):
    return sum(np.zeros((m, n)).size + np.zeros(n).size for m, n in itertools.pairwise(sizes))


@wrong("networks.count_parameters", "biases_left_out")
def parameters_without_biases(sizes):
    return int(np.dot(sizes[:-1], sizes[1:]))


@wrong("networks.count_parameters", "inputs_have_biases")
def parameters_with_all_biases(sizes):
    return sum(sizes) + sum(m * n for m, n in itertools.pairwise(sizes))


@wrong("networks.count_parameters", NO_NAME)
def parameters_of_pairs(sizes):
    return sum(sizes) ** 2


# -- depth ---------------------------------------------------------------------------


@right("networks.collapse")
def collapsed_by_trying(W1, b1, W2, b2):
    def both(x):
        return (x @ W1 + b1) @ W2 + b2

    b = both(np.zeros(len(W1)))
    return both(np.eye(len(W1))) - b, b


@right("networks.collapse")
def collapsed_by_dot(W1, b1, W2, b2):
    return W1.dot(W2), np.add(b2, W2.T.dot(b1))


@right("networks.collapse")
def collapsed_with_a_column_of_ones(W1, b1, W2, b2):
    first = np.block([[W1, np.zeros((len(W1), 1))], [b1[None], np.ones((1, 1))]])
    both = first @ np.vstack([W2, b2])
    return both[:-1], both[-1]


@wrong("networks.collapse", "second_bias_lost")
def collapsed_without_the_end(W1, b1, W2, b2):
    return np.matmul(W1, W2), np.matmul(b1, W2)


@wrong("networks.collapse", "biases_just_added")
def collapsed_with_a_sum(W1, b1, W2, b2):
    return np.matmul(W1, W2), np.add(b2, b1)


@wrong("networks.collapse", NO_NAME)
def collapsed_by_mean(W1, b1, W2, b2):
    return W1 @ W2, (b1 @ W2 + b2) / 2


@right("networks.xor_weights")
def xor_of_two_differences():
    return [[1, -1], [-1, 1]], [-0.5, -0.5], [1, 1], 0


@right("networks.xor_weights")
def xor_with_nand():
    return np.array([[1, -1], [1, -1]]), np.array([0, 1.5]), np.array([[1], [1]]), np.array([-1.5])


@right("networks.xor_weights")
def xor_in_large_numbers():
    return np.array([[20, 20], [20, 20]]), np.array([-30, -10]), (-60, 60), -30


@wrong("networks.xor_weights", "it_is_or")
def xor_that_hears_both():
    return np.ones((2, 2)), np.array([-0.5, -1.5]), np.ones(2), -0.5


@wrong("networks.xor_weights", "never_fires")
def xor_of_zeros():
    return np.zeros((2, 2)), np.zeros(2), np.zeros(2), 0.0


@wrong("networks.xor_weights", NO_NAME)
def xor_of_three_units():
    return np.ones((2, 3)), np.zeros(3), np.ones(3), 0.0


@right("networks.find_the_bug")
def network_by_recursion(x, weights, f):
    if not weights:
        return x
    (W, b), *rest = weights
    return network_by_recursion(f(x @ W + b), rest, f)


@right("networks.find_the_bug")
def network_in_one_line(x, weights, f):
    for W, b in weights:
        x = f(np.dot(x, W) + b)
    return x


@right("networks.find_the_bug")
def network_as_a_batch(x, weights, f):
    a = np.atleast_2d(x)
    for pair in weights:
        a = f(a @ pair[0] + pair[1])
    return a[0]


@wrong("networks.find_the_bug", "activated_at_the_end_only")
def network_bug_still_there(x, weights, f):
    for W, b in weights:
        x = np.dot(x, W) + b
    return f(x)


@wrong("networks.find_the_bug", "output_not_activated")
def network_with_open_end(x, weights, f):
    *hidden, (W, b) = weights
    for V, c in hidden:
        x = f(x @ V + c)
    return x @ W + b


@wrong("networks.find_the_bug", NO_NAME)
def network_halved(x, weights, f):
    for W, b in weights:
        x = f(x @ W + b) / 2
    return x


# -- the tests -----------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("01_networks") == []


def test_a_layer_is_what_the_library_says():
    for case in plan(catalogue["networks.layer"], 3):
        name, x, W, b = case.args
        if name == "tanh":
            mine = catalogue["networks.layer"].reference(x, W, b, np.tanh)
            np.testing.assert_allclose(mine, np.tanh(F.dense(x[None], W, b))[0])


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_parameters_are_those_that_the_library_makes(sizes):
    rng = np.random.default_rng(0)
    layers = [part for m, n in itertools.pairwise(sizes) for part in (Dense(m, n, rng=rng), ReLU())]
    made = sum(p.data.size for p in Sequential(layers).parameters())
    assert catalogue["networks.count_parameters"].reference(sizes) == made


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_two_layers_without_activation_are_one_everywhere(seed, D, H, K):
    rng = np.random.default_rng(seed)
    W1, b1, W2, b2, X = (rng.normal(size=shape) for shape in ((D, H), H, (H, K), K, (7, D)))
    W, b = catalogue["networks.collapse"].reference(W1, b1, W2, b2)
    np.testing.assert_allclose(X @ W + b, (X @ W1 + b1) @ W2 + b2, atol=1e-10)


def test_no_single_unit_computes_xor():
    # If both (1, 0) and (0, 1) fire and (0, 0) does not, then w1 + b > 0, w2 + b > 0 and b <= 0, so w1 + w2 + b > 0.
    for w1, w2, b in itertools.product(np.linspace(-3, 3, 25), repeat=3):
        fires = [catalogue["networks.neuron"].reference(np.array(x), np.array([w1, w2]), b)[1] for x in CORNERS]
        assert fires != [0.0, 1.0, 1.0, 0.0]


CORNERS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]


def test_with_the_planted_bug_the_weights_of_xor_fail_and_mended_they_do_not():
    exercise = catalogue["networks.find_the_bug"]
    W1, b1, w2, b2 = catalogue["networks.xor_weights"].reference()
    weights = [(W1, b1), (w2[:, None], np.array([b2]))]
    step = lambda z: np.where(z > 0, 1.0, 0.0)  # noqa: E731
    told = {}
    for name, run in (("mended", exercise.reference), ("bug", exercise.build(exercise.mistake(exercise.bug)))):
        told[name] = [float(run(np.array(x), weights, step)[0]) for x in CORNERS]
    assert told["mended"] == [0, 1, 1, 0] != told["bug"]


def test_weights_for_xor_may_be_given_in_any_form():
    assert assess("networks.xor_weights", lambda: ([[1, 1], [1, 1]], [-0.5, -1.5], [1, -1], -0.5)).passed
    assert not assess("networks.xor_weights", lambda: None).passed
