"""Wrong answers in their authors' own styles: each loses points, shows where, and is named only if it is known.

The codes are those of a survey of public questions and bug reports about hand-written backpropagation.
"""

import numpy as np
import pytest

from bpcore.exercises import assess, catalogue

from .helpers import quantity_names
from .wrong_networks import NETWORKS

NONE = ""  # no known mistake gives these numbers
WRONG = []


def wrong(exercise_id, name, quantity, code):
    """Mark a function as a wrong answer: the name that it deserves, and the first quantity that is wrong in it."""

    def keep(answer):
        WRONG.append(pytest.param(exercise_id, [name], quantity, answer, id=f"{code}-{len(WRONG)}"))
        return answer

    return keep


def softmax(z, axis=1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def onehot(y, K):
    return np.eye(K)[y]


# -- start -----------------------------------------------------------------------------------------------------------

wrong("start.row_sums", "wrong_axis", "the result", "B2")(lambda X: [sum(c) for c in X.T])
wrong("start.row_sums", "kept_axis", "the result", "N4")(lambda X: np.array([[sum(row)] for row in X]))
wrong("start.row_sums", NONE, "the result", "B2")(lambda X: np.cumsum(X, axis=1)[:, -2])
wrong("start.row_sums", NONE, "the result", "S4")(lambda X: np.array([int(r.sum()) for r in X]))


@wrong("start.row_sums", NONE, "the result", "R1")
def keeps_the_last_only(X):
    out = np.zeros(len(X))
    for i, row in enumerate(X):
        for v in row:
            out[i] = v
    return out


@wrong("start.numerical_gradient", "one_sided", "gradient", "G1")
def forward_difference(f, x, h=1e-5):
    here = f(x.astype(float))
    return [(f(x + h * e) - here) / h for e in np.eye(len(x))]


@wrong("start.numerical_gradient", NONE, "gradient", "G1")
def backward_difference_doubled(f, x, h=1e-5):
    return np.array([(f(x * 1.0) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@wrong("start.numerical_gradient", NONE, "gradient", "G1")
def first_entry_only(f, x, h=1e-5):
    e = np.eye(len(x))[0]
    return np.full(len(x), (f(x + h * e) - f(x - h * e)) / (2 * h))


@wrong("start.refuse_nan", "never_refused", "raised", "L3")
def asks_whether_nan_is_in_it(X):
    for v in np.asarray(X, dtype=float).flat:
        if v == float("nan"):
            raise ValueError
    return np.array(X, dtype=float)


@wrong("start.refuse_nan", NONE, "value", "L3")
def cleans_and_returns(X):
    X = np.array(X, dtype=float)
    if not np.isfinite(X).all():
        raise ValueError
    return X / X.max()


class Engine:
    """A Value with closures, in which each rule can be spoiled."""

    add = staticmethod(lambda a, b: (1.0, 1.0))
    mul = staticmethod(lambda a, b: (b.data, a.data))
    collect = staticmethod(lambda old, new: old + new)

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.parents, self.slopes, self.grad = data, parents, slopes, 0.0

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), self.add(self, other))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other), self.mul(self, other))

    def order(self):
        found = []

        def visit(v):
            if v not in found:
                for p in v.parents:
                    visit(p)
                found.append(v)

        visit(self)
        return found[::-1]

    def backward(self):
        self.grad = 1.0
        for v in self.order():
            for p, s in zip(v.parents, v.slopes, strict=True):
                p.grad = self.collect(p.grad, s * v.grad)


@wrong("start.value", "overwritten", "da", "D1")
class Overwrites(Engine):
    collect = staticmethod(lambda old, new: new)


@wrong("start.value", "own_slope", "da", "D1")
class OwnSlope(Engine):
    mul = staticmethod(lambda a, b: (a.data, b.data))


@wrong("start.value", "sum_slope", "da", "D1")
class SumOfAProduct(Engine):
    add = staticmethod(lambda a, b: (b.data, a.data))


@wrong("start.value", NONE, "da", "D1")
class HalfAProduct(Engine):
    mul = staticmethod(lambda a, b: (b.data / 2, a.data / 2))


@wrong("start.value", NONE, "da", "D1")
class TwoMistakes(Engine):
    mul = staticmethod(lambda a, b: (a.data, b.data))
    collect = staticmethod(lambda old, new: new)


# -- one layer -------------------------------------------------------------------------------------------------------

wrong("backprop.dense_forward", "bias_forgotten", "the result", "F1")(lambda X, W, b: np.einsum("nd,dh->nh", X, W))
wrong("backprop.dense_forward", "weights_transposed", "the result", "H5")(lambda X, W, b: (W @ X.T).T + b)
wrong("backprop.dense_forward", NONE, "the result", "F1")(lambda X, W, b: 1 / (1 + np.exp(-(X @ W + b))))
wrong("backprop.dense_forward", NONE, "the result", "F1")(lambda X, W, b: X @ (W + b))
wrong("backprop.dense_forward", NONE, "the result", "F1")(lambda X, W, b: X @ W + b.mean())
wrong("backprop.weight_gradient", "transposed", "the result", "W2")(lambda x, g: np.outer(g, x))
wrong("backprop.weight_gradient", "upstream_dropped", "the result", "W1")(lambda x, g: np.tile(x, (len(g), 1)).T)
wrong("backprop.weight_gradient", NONE, "the result", "W2")(lambda x, g: np.outer(x, g).sum(axis=0))
wrong("backprop.input_gradient", "overwritten", "the result", "R1")(lambda W, g: W[:, -1] * g[-1])
wrong("backprop.input_gradient", "averaged", "the result", "B2")(lambda W, g: (W * g).mean(axis=1))
wrong("backprop.input_gradient", NONE, "the result", "H4")(lambda W, g: W * g)
wrong("backprop.input_gradient", NONE, "the result", "N2")(lambda W, g: (W * g).sum(axis=1) / len(W))

VJP = "backprop.dense_backward"
wrong(VJP, "averaged_again_dW", "dW", "N1")(lambda X, W, g: (g.dot(W.T), np.einsum("nd,nh->dh", X, g) / len(g), sum(g)))
wrong(VJP, "gradient_transposed", "dW", "W2")(lambda X, W, g: (g @ W.T, sum(map(np.outer, g, X)), g.sum(0)))
wrong(VJP, "bias_not_summed", "db", "B1")(lambda X, W, g: (np.dot(g, W.T), np.dot(X.T, g), 1 * g))
wrong(VJP, "bias_averaged", "db", "B2")(lambda X, W, g: (g @ W.T, X.T @ g, np.average(g, axis=0)))
wrong(VJP, "weights_left_out", "dX", "H3")(lambda X, W, g: (g if g.shape == X.shape else X * 0 + g, X.T @ g, g.sum(0)))
wrong(VJP, NONE, "db", "B3")(lambda X, W, g: (g @ W.T, X.T @ g, g.sum(0) * W.sum(0)))
wrong(VJP, NONE, "dX", "W2")(lambda X, W, g: (X.T @ g, g @ W.T, g.sum(0)))
wrong(VJP, NONE, "dW", "W1")(lambda X, W, g: (g @ W.T, (X @ W).T @ g, g.sum(0)))


@wrong(VJP, "bias_last_sample", "db", "B1")
def last_sample_stays(X, W, g):
    dX, dW = np.zeros(X.shape), np.zeros(W.shape)
    for n, row in enumerate(g):
        dX[n] = W.dot(row)
        dW += X[n][:, None] * row
        db = row
    return dX, dW, db


# -- the output and a hidden layer -----------------------------------------------------------------------------------

CE, HIDDEN = "backprop.softmax_ce_delta", "backprop.hidden_delta"
wrong(CE, "no_maximum", "the result", "S1")(
    lambda z, y: ((np.exp(z).T / np.exp(z).sum(1)).T - onehot(y, z.shape[1])) / len(y)
)
wrong(CE, "sign_turned", "the result", "O3")(lambda z, y: -(softmax(z) - onehot(y, z.shape[1])) / len(z))
wrong(CE, "slope_kept", "the result", "O2")(
    lambda z, y: (softmax(z) - onehot(y, z.shape[1])) / len(z) * (softmax(z) - softmax(z) ** 2)
)
wrong(CE, NONE, "the result", "O4")(lambda z, y: 2 * (softmax(z) - onehot(y, z.shape[1])) / len(z))
wrong(CE, NONE, "the result", "S1")(lambda z, y: (softmax(np.clip(z, -5, 5)) - onehot(y, z.shape[1])) / len(z))
wrong(CE, NONE, "the result", "L1")(lambda z, y: ((softmax(z) - onehot(y, z.shape[1])) ** 2).mean())
wrong(CE, "softmax_wrong_axis", "the result", "S4")(lambda z, y: (softmax(z, 0) - onehot(y, z.shape[1])) / len(z))
wrong(HIDDEN, "sum_for_slope", "the result", "A2")(lambda d, W, Z: np.einsum("nk,hk,nh->nh", d, W, Z))
wrong(HIDDEN, "slope_left_out", "the result", "H2")(lambda d, W, Z: [W.dot(row) for row in d])
wrong(HIDDEN, NONE, "the result", "A1")(lambda d, W, Z: d @ W.T * (np.tanh(Z) > 0.5))
wrong(HIDDEN, "leaky_slope", "the result", "A3")(lambda d, W, Z: d @ W.T * np.where(Z > 0, 1, 0.01))
wrong(HIDDEN, NONE, "the result", "A2")(lambda d, W, Z: np.maximum(d @ W.T, 0) * (Z > 0))
wrong(HIDDEN, NONE, "the result", "H3")(lambda d, W, Z: d @ W.T * (Z > 0) * Z.shape[1])

# -- the update ------------------------------------------------------------------------------------------------------


@wrong("backprop.sgd_step", "rebound", "params[0]", "B4")
def makes_new_arrays(params, grads, lr):
    for i in range(len(params)):
        params[i] = params[i] - lr * grads[i]


@wrong("backprop.sgd_step", NONE, "params[1]", "B4")
def scales_by_the_position(params, grads, lr):
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        p -= lr * g / (i + 1)


@wrong("backprop.sgd_step", "gradients_scaled", "grads[0]", "N3")
def scales_the_gradients_too(params, grads, lr):
    for p, g in zip(params, grads, strict=True):
        g *= lr
        p -= g


@pytest.mark.parametrize(
    ("id", "names", "quantity", "answer"),
    WRONG
    + [
        pytest.param("backprop.backward", names, quantity, answer, id=f"{code}-network-{i}")
        for i, (code, names, quantity, answer) in enumerate(NETWORKS)
    ],
)
def test_it_loses_points_and_is_named_only_if_its_numbers_are_known(id, names, quantity, answer):
    for seed in (0, 1, 2):
        report = assess(id, answer, seed)
        assert report.points < catalogue[id].points
        assert report.quantity == quantity, report.text()
        known = quantity_names(id)
        named = [f.mistake for f in report.findings if f.mistake in known]
        assert named == [name for name in names if name], report.text()
        first = report.first
        assert first.case
        assert first.shape is not None or first.yours or first.message
        if first.yours:
            assert first.yours != first.expected
        else:
            assert "expected" in first.message or first.mistake in known, report.text()


def test_there_are_enough():
    assert len(WRONG) + len(NETWORKS) >= 70
