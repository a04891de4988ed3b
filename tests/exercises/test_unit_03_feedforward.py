"""Other people's answers to the exercises of unit 03, and what the library says of the same networks."""

import math

import numpy as np
import pytest

from bpcore import functional as F
from bpcore.exercises import catalogue, plan

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- neuron --------------------------------------------------------------------


@right("feedforward.neuron")
def neuron_by_loop(x, w, b):
    z = b
    for i in range(len(x)):
        z += x[i] * w[i]
    return z, 1 / (1 + math.exp(-z))


@right("feedforward.neuron")
def neuron_as_a_layer(x, w, b):
    z = x.reshape(1, -1) @ w.reshape(-1, 1) + b
    return z, 0.5 * (1 + np.tanh(z / 2))


@right("feedforward.neuron")
def neuron_with_bias_as_weight(x, w, b):
    z = np.dot(np.append(x, 1), np.append(w, b))
    a = 1 / (1 + np.exp(-z)) if z > 0 else np.exp(z) / (1 + np.exp(z))
    return [z, a]


@wrong("feedforward.neuron", "bias_for_each_input")
def neuron_loop_adds_the_bias(x, w, b):
    z = 0.0
    for xi, wi in zip(x, w, strict=True):
        z = z + xi * wi + b
    return z, 1 / (1 + np.exp(-z))


@wrong("feedforward.neuron", "inf_by_inf")
def neuron_divides_powers(x, w, b):
    z = np.sum(np.multiply(x, w)) + b
    power = np.exp(z)
    return z, power / (power + 1)


@wrong("feedforward.neuron", NO_NAME)
def neuron_half_the_bias(x, w, b):
    z = x @ w + b
    return z, 1 / (1 + np.exp(-(z - b / 2)))


# -- slopes --------------------------------------------------------------------


@right("feedforward.slopes")
def slopes_from_the_librarys_formulas(z):
    ones = np.ones(z.shape)
    a = F.sigmoid(z)
    result = {"relu": ones * (z > 0), "leaky_relu": ones * (z > 0) + 0.01 * (z < 0)}
    return result | {"tanh": (1 - np.tanh(z)) * (1 + np.tanh(z)), "sigmoid": a - a * a}


@right("feedforward.slopes")
def slopes_with_cosh(z):
    with np.errstate(over="ignore"):
        sigmoid, tanh = 1 / (2 * np.cosh(z / 2)) ** 2, np.cosh(z) ** -2.0
    return {"sigmoid": sigmoid, "tanh": tanh, "relu": z > 0, "leaky_relu": np.where(z < 0, 1e-2, 1)}


@right("feedforward.slopes")
def slopes_in_assigned_arrays(z):
    relu, leaky = np.zeros(z.shape), np.full(z.shape, 0.01)
    relu[z > 0] = 1
    leaky[z > 0] = 1
    s = 1 / (1 + np.exp(-z))
    return {"sigmoid": s * (1 - s), "tanh": 1 - np.tanh(z) ** 2, "relu": relu, "leaky_relu": leaky}


def with_one_wrong(**part):
    def answer(z):
        return catalogue["feedforward.slopes"].reference(z) | {name: f(z) for name, f in part.items()}

    return answer


wrong("feedforward.slopes", "sum_for_activation_sigmoid")(with_one_wrong(sigmoid=lambda x: x - x * x))
wrong("feedforward.slopes", "inf_by_inf")(with_one_wrong(sigmoid=lambda z: 1 / (1 + np.exp(-z)) ** 2 / np.exp(z)))
wrong("feedforward.slopes", "plus_for_minus_tanh")(with_one_wrong(tanh=lambda z: np.square(np.tanh(z)) + 1))
wrong("feedforward.slopes", "value_for_slope_relu")(with_one_wrong(relu=lambda z: z * (z > 0)))
wrong("feedforward.slopes", "branches_exchanged_leaky")(with_one_wrong(leaky_relu=lambda z: 1 - 0.99 * (z > 0)))
wrong("feedforward.slopes", NO_NAME)(with_one_wrong(tanh=lambda z: np.exp(-np.abs(z))))
wrong("feedforward.slopes", NO_NAME)(with_one_wrong(relu=lambda z: 0.5 * (z > 0)))


# -- slopes_from_outputs -------------------------------------------------------


@right("feedforward.slopes_from_outputs")
def outputs_multiplied_out(s, t):
    return {"tanh": (1 + t) * (1 - t), "sigmoid": s - np.square(s)}


@right("feedforward.slopes_from_outputs")
def outputs_through_one_another(s, t):
    def slope(a):
        return a * (1 - a)

    return {"sigmoid": slope(s), "tanh": 4 * slope((t + 1) / 2)}


@right("feedforward.slopes_from_outputs")
def outputs_as_lists(s, t):
    tanh = np.array([1 - v * v for v in t.ravel()]).reshape(t.shape)
    return {
        "sigmoid": [[v * (1 - v) for v in row] for row in s] if s.ndim == 2 else [v * (1 - v) for v in s],
        "tanh": tanh,
    }


@wrong("feedforward.slopes_from_outputs", "activated_again_sigmoid")
def outputs_squashed_again(s, t):
    def slope_of_sigmoid(x):
        return np.exp(-x) / (1 + np.exp(-x)) ** 2

    return {"sigmoid": slope_of_sigmoid(s), "tanh": 1 - t * t}


@wrong("feedforward.slopes_from_outputs", "activated_again_tanh")
def outputs_with_cosh(s, t):
    return {"sigmoid": s * (1 - s), "tanh": 1 / np.cosh(t) ** 2}


@wrong("feedforward.slopes_from_outputs", NO_NAME)
def outputs_back_to_z(s, t):
    z = np.log(s / (1 - s))
    return {"sigmoid": z * (1 - z), "tanh": 1 - t**2}


# -- forward -------------------------------------------------------------------


@right("feedforward.forward")
def forward_with_lists(params, X):
    inputs, sums = [X], []
    layers = list(zip(params[0::2], params[1::2], strict=True))
    for W, b in layers:
        sums.append(np.dot(inputs[-1], W) + b)
        inputs.append(sums[-1] * (sums[-1] > 0))
    return sums[-1], list(zip(inputs[:-1], sums, strict=True))


@right("feedforward.forward")
def forward_by_recursion(params, X):
    W, b, *others = params
    Z = X @ W + b[None, :]
    if not others:
        return Z, [(X, Z)]
    logits, cache = forward_by_recursion(others, np.where(Z > 0, Z, 0))
    return logits, [(X, Z), *cache]


@right("feedforward.forward")
def forward_counting_layers(params, X):
    count, cache, A = len(params) // 2, (), X
    for layer in range(count):
        Z = np.einsum("ni,ij->nj", A, params[2 * layer]) + params[2 * layer + 1]
        cache = (*cache, [A, Z])
        if layer < count - 1:
            A = Z.clip(min=0)
    return [Z, cache]


@wrong("feedforward.forward", "output_activated")
def forward_all_alike(params, X):
    cache, out = [], X
    for W, b in zip(params[::2], params[1::2], strict=True):
        z = out @ W + b
        cache.append([out, z])
        out = z * (z > 0)
    return out, cache


@wrong("feedforward.forward", "spoiled_in_place")
def forward_cuts_in_place(params, X):
    cache, A = [], X
    while params:
        W, b, *params = params
        Z = A @ W + b
        cache += [(A, Z)]
        if params:
            Z[Z < 0] = 0
            A = Z
    return Z, cache


@wrong("feedforward.forward", "sums_passed_on")
def forward_keeps_the_activation_to_itself(params, X):
    cache = [(X, X @ params[0] + params[1])]
    for W, b in zip(params[2::2], params[3::2], strict=True):
        cache.append((cache[-1][1], cache[-1][1] @ W + b))
    return cache[-1][1], cache


@wrong("feedforward.forward", NO_NAME)
def forward_adds_the_bias_twice(params, X):
    cache, A = [], X
    for i in range(0, len(params), 2):
        Z = A @ params[i] + 2 * params[i + 1]
        cache.append((A, Z))
        A = np.maximum(Z, 0)
    return Z, cache


# -- find_the_bug --------------------------------------------------------------


@right("feedforward.find_the_bug")
def layers_in_a_loop(X, W1, b1, W2, b2, W3, b3):
    result, A = {}, X
    for i, (W, b) in enumerate([(W1, b1), (W2, b2)], start=1):
        result[f"Z{i}"] = A @ W + b
        A = result[f"A{i}"] = np.maximum(result[f"Z{i}"], 0)
    return result | {"logits": A @ W3 + b3}


@right("feedforward.find_the_bug")
def layers_as_a_tuple(X, W1, b1, W2, b2, W3, b3):
    Z1 = X.dot(W1) + b1
    A1 = np.where(Z1 > 0, Z1, 0)
    Z2 = A1.dot(W2) + b2
    A2 = np.where(Z2 > 0, Z2, 0)
    return Z1, A1, Z2, A2, A2.dot(W3) + b3


@right("feedforward.find_the_bug")
def layers_with_the_librarys_functions(X, W1, b1, W2, b2, W3, b3):
    Z1 = F.dense(X, W1, b1)
    Z2 = F.dense(F.relu(Z1), W2, b2)
    return {"A1": F.relu(Z1), "Z1": Z1, "A2": F.relu(Z2), "Z2": Z2, "logits": F.dense(F.relu(Z2), W3, b3)}


@wrong("feedforward.find_the_bug", "bias_copied")
def layers_bias_still_there(X, W1, b1, W2, b2, W3, b3):
    Z1 = np.add(np.matmul(X, W1), b1)
    A1 = np.maximum(0, Z1)
    Z2 = np.add(np.matmul(A1, W2), b1)
    A2 = np.maximum(0, Z2)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "logits": A2 @ W3 + b3}


@wrong("feedforward.find_the_bug", NO_NAME)
def layers_biases_exchanged(X, W1, b1, W2, b2, W3, b3):
    Z1 = X @ W1 + b2
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "logits": A2 @ W3 + b3}


# -- the tests -----------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("03_feedforward") == []


def cases(id):
    return [case.args for case in plan(catalogue[id], 3)]


def test_slopes_are_what_the_library_says():
    slopes = catalogue["feedforward.slopes"].reference
    for (z,) in cases("feedforward.slopes"):
        one = np.ones(z.shape)
        mine = slopes(z)
        np.testing.assert_allclose(mine["sigmoid"], F.sigmoid_vjp(one, F.sigmoid(z)))
        np.testing.assert_allclose(mine["tanh"], F.tanh_vjp(one, F.tanh(z)))
        np.testing.assert_allclose(mine["relu"], F.relu_vjp(one, z))
        from_outputs = catalogue["feedforward.slopes_from_outputs"].reference(F.sigmoid(z), F.tanh(z))
        for name, value in from_outputs.items():
            np.testing.assert_allclose(value, mine[name], atol=1e-12)


def test_a_unit_and_a_network_are_what_the_library_says():
    for x, w, b in cases("feedforward.neuron"):
        z, a = catalogue["feedforward.neuron"].reference(x, w, b)
        np.testing.assert_allclose(z, F.dense(x[None, :], w[:, None], b)[0, 0])
        np.testing.assert_allclose(a, F.sigmoid(z))
    for params, X in cases("feedforward.forward"):
        logits, cache = catalogue["feedforward.forward"].reference(params, X)
        A = X
        for W, b, (into, sums) in zip(params[::2], params[1::2], cache, strict=True):
            np.testing.assert_array_equal(into, A)
            np.testing.assert_allclose(sums, F.dense(A, W, b))
            A = F.relu(sums)
        np.testing.assert_array_equal(logits, cache[-1][1])


def test_no_case_stands_at_the_kink():
    for seed in range(20):
        for case in plan(catalogue["feedforward.slopes"], seed):
            assert np.abs(case.args[0]).min() > 0.1
