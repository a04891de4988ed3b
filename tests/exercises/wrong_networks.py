"""Wrong answers to the whole backward pass: a network that is written layer by layer, with one or two slips in it."""

from functools import partial

import numpy as np


def network(X, labels, *parameters, slip):
    """The four-layer network in another style; ``slip`` replaces some of its steps."""
    step = {**STEPS, **slip}
    W = dict(enumerate(parameters[::2], start=1))
    b = dict(enumerate(parameters[1::2], start=1))
    N, stages, A, Z = len(X), {}, {0: X}, {}
    for k in (1, 2, 3):
        Z[k] = stages[f"Z{k}"] = step["sum"](k, A, Z, W, b)
        if k < 3:
            A[k] = stages[f"A{k}"] = step["activation"](k, Z[k])
    P = stages["P"] = step["softmax"](Z[3])
    picked = P[np.arange(N), labels]
    stages["loss"] = step["loss"](picked, P)
    delta = {3: step["output"](P, np.eye(P.shape[1])[labels], N)}
    for k in (3, 2, 1):
        if k < 3:
            delta[k] = step["back"](k, delta, W, Z, A)
        stages[f"delta{k}"] = delta[k]
        stages[f"dW{k}"] = step["weights"](k, A, Z, delta, W, N)
        stages[f"db{k}"] = step["bias"](k, delta, N)
    return stages


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


STEPS = {
    "sum": lambda k, A, Z, W, b: A[k - 1].dot(W[k]) + b[k],
    "activation": lambda k, z: z.clip(min=0),
    "softmax": softmax,
    "loss": lambda picked, P: -np.mean(np.log(picked)),
    "output": lambda P, T, N: (P - T) / N,
    "back": lambda k, d, W, Z, A: np.where(A[k] > 0, d[k + 1] @ W[k + 1].T, 0.0),
    "weights": lambda k, A, Z, d, W, N: np.tensordot(A[k - 1], d[k], axes=(0, 0)),
    "bias": lambda k, d, N: d[k].sum(axis=0),
}


def at(layer, step, replacement):
    """The step, replaced in one layer only."""

    def choose(k, *rest):
        return (replacement if k == layer else STEPS[step])(k, *rest)

    return {step: choose}


def slip(**steps):
    return partial(network, slip=steps)


NETWORKS = [
    ("F1", ["bias_forgotten_1"], "Z1", partial(network, slip=at(1, "sum", lambda k, A, Z, W, b: A[0] @ W[1]))),
    ("F1", [""], "Z2", partial(network, slip=at(2, "sum", lambda k, A, Z, W, b: A[1] @ W[2] - b[2]))),
    (
        "F1",
        ["sums_passed_on_2"],
        "Z3",
        partial(network, slip=at(3, "sum", lambda k, A, Z, W, b: np.einsum("ni,ij->nj", Z[2], W[3]) + b[3])),
    ),
    ("A3", [""], "A1", slip(activation=lambda k, z: np.where(z > 0, z, 0.1 * z))),
    ("F1", [""], "A1", slip(activation=lambda k, z: np.tanh(z))),
    (
        "S4",
        ["one_sum"],
        "P",
        slip(softmax=lambda z: np.exp(z - z.max(1)[:, None]) / np.exp(z - z.max(1)[:, None]).sum()),
    ),
    ("S4", [""], "P", slip(softmax=lambda z: softmax(softmax(z)))),
    ("S4", [""], "P", slip(softmax=lambda z: 1 / (1 + np.exp(-z)))),
    ("S1", [""], "P", slip(softmax=lambda z: np.full(z.shape, np.nan))),
    ("L1", ["loss_summed"], "loss", slip(loss=lambda picked, P: -sum(np.log(v) for v in picked))),
    ("L2", [""], "loss", slip(loss=lambda picked, P: -np.log(picked.mean()))),
    ("L2", [""], "loss", slip(loss=lambda picked, P: 1 - picked.mean())),
    ("L1", [""], "loss", slip(loss=lambda picked, P: -np.log(picked))),
    ("O3", ["sign_turned"], "delta3", slip(output=lambda P, T, N: T / N - P / N)),
    ("N2", ["not_averaged"], "delta3", slip(output=lambda P, T, N: P - T)),
    ("O4", [""], "delta3", slip(output=lambda P, T, N: 2 * (P - T) / N)),
    ("O1", [""], "delta3", slip(output=lambda P, T, N: P / N)),
    ("H2", ["slope_left_out_2"], "delta2", partial(network, slip=at(2, "back", lambda k, d, W, Z, A: d[3] @ W[3].T))),
    (
        "A2",
        ["value_for_slope_1"],
        "delta1",
        partial(network, slip=at(1, "back", lambda k, d, W, Z, A: d[2] @ W[2].T * A[1])),
    ),
    ("A1", [""], "delta2", slip(back=lambda k, d, W, Z, A: d[k + 1] @ W[k + 1].T * A[k] * (1 - A[k]))),
    ("A2", [""], "delta1", partial(network, slip=at(1, "back", lambda k, d, W, Z, A: 1.0 * (A[1] > 0)))),
    ("H3", [""], "delta1", partial(network, slip=at(1, "back", lambda k, d, W, Z, A: d[2] @ W[2].T * (Z[1] < 0) * 3))),
    (
        "W1",
        ["sums_for_activations_2"],
        "dW2",
        partial(network, slip=at(2, "weights", lambda k, A, Z, d, W, N: Z[1].T @ d[2])),
    ),
    (
        "N1",
        ["averaged_again_dW3", "averaged_again_dW2", "averaged_again_dW1"],
        "dW3",
        slip(weights=lambda k, A, Z, d, W, N: A[k - 1].T @ d[k] / N),
    ),
    ("P1", [""], "dW3", slip(weights=lambda k, A, Z, d, W, N: A[k - 1].T @ d[k] + 0.1 * W[k])),
    (
        "B2",
        ["bias_one_number_3", "bias_one_number_2", "bias_one_number_1"],
        "db3",
        slip(bias=lambda k, d, N: np.sum(d[k])),
    ),
    ("B1", ["bias_not_summed_1"], "db1", partial(network, slip=at(1, "bias", lambda k, d, N: d[1] + 0))),
    ("B3", [""], "db2", partial(network, slip=at(2, "bias", lambda k, d, N: (d[2] ** 2).sum(0)))),
    # two at once
    (
        "N2+H2",
        ["not_averaged", "slope_left_out_1"],
        "delta3",
        slip(
            output=lambda P, T, N: P - T,
            **at(1, "back", lambda k, d, W, Z, A: np.dot(d[2], W[2].T)),
        ),
    ),
    (
        "F1+B2",
        ["bias_forgotten_1", "bias_averaged_3", "bias_averaged_2", "bias_averaged_1"],
        "Z1",
        slip(bias=lambda k, d, N: d[k].mean(0), **at(1, "sum", lambda k, A, Z, W, b: A[0] @ W[1])),
    ),
    (
        "S4+O3",
        ["sign_turned"],
        "P",
        slip(softmax=lambda z: softmax(z / 2), output=lambda P, T, N: (T - P) / N),
    ),
    # whatever is done after nan is nan: nothing can be said of it
    ("S1+H2", [""], "P", slip(softmax=lambda z: z * np.nan, back=lambda k, d, W, Z, A: d[k + 1] @ W[k + 1].T)),
    # and after zeros, zero
    (
        "O1+N1",
        [""],
        "delta3",
        slip(output=lambda P, T, N: 0 * P, weights=lambda k, A, Z, d, W, N: A[k - 1].T @ d[k] / N),
    ),
]
