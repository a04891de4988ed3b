"""Other people's slopes of a table, and their repairs of two gradients that a check shows to be wrong."""

import numpy as np

from bpcore import functional as F

from .answers import NO_NAME, Answers

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- slopes of a table, and two hunts ------------------------------------------


@right("gradient_checking.numerical_gradient")
def slopes_put_back(f, W, h=1e-5):
    V, out = W.copy(), np.empty(W.shape)
    for k in range(V.size):
        old = V.flat[k]
        V.flat[k] = old + h
        above = f(V)
        V.flat[k] = old - h
        out.flat[k] = (above - f(V)) / h / 2
        V.flat[k] = old
    return out


@right("gradient_checking.numerical_gradient")
def slopes_with_steps(f, W, h=1e-5):
    steps = h * np.eye(W.size).reshape(-1, *W.shape)
    return np.array([(f(W + step) - f(W - step)) / (2 * h) for step in steps]).reshape(W.shape)


@right("gradient_checking.numerical_gradient")
def slopes_as_rows(f, W, h=1e-5):
    found = {}
    for index, _ in np.ndenumerate(W):
        step = np.zeros(W.shape)
        step[index] = h
        found[index] = (f(W + step) - f(W - step)) * 0.5 / h
    return np.array([found[index] for index in np.ndindex(W.shape)]).reshape(W.shape)


@wrong("gradient_checking.numerical_gradient", "one_sided")
def slopes_upwards(f, W, h=1e-5):
    steps = h * np.eye(W.size).reshape(-1, *W.shape)
    return np.array([(f(W + step) - f(W)) / h for step in steps]).reshape(W.shape)


@wrong("gradient_checking.numerical_gradient", NO_NAME)
def slopes_of_one_entry(f, W, h=1e-5):
    step = np.zeros(W.shape)
    step.flat[0] = h
    return np.full(W.shape, (f(W + step) - f(W - step)) / (2 * h))


@right("gradient_checking.find_the_slope")
def tanh_by_the_library(X, Y, W, b):
    Z = F.dense(X, W, b)
    g = F.tanh_vjp(2 * (np.tanh(Z) - Y) / Y.size, np.tanh(Z))
    _, dW, db = F.dense_vjp(g, X, W)
    return {"loss": np.mean((np.tanh(Z) - Y) ** 2), "g": g, "dW": dW, "db": db}


@right("gradient_checking.find_the_slope")
def tanh_with_cosh(X, Y, W, b):
    Z = X.dot(W) + b
    g = 2 / Y.size * (np.tanh(Z) - Y) / np.cosh(Z) ** 2
    return np.square(np.tanh(Z) - Y).sum() / Y.size, g, (g.T @ X).T, np.ones(len(X)) @ g


@right("gradient_checking.find_the_slope")
def tanh_sample_by_sample(X, Y, W, b):
    A = np.tanh(X @ W + b)
    g = 2 * (A - Y) * (1 - A) * (1 + A) / A.size
    dW = sum(np.outer(x, row) for x, row in zip(X, g, strict=True))
    return {"db": sum(g), "dW": dW, "g": g, "loss": float(((Y - A) ** 2).mean())}


@wrong("gradient_checking.find_the_slope", "slope_of_sums")
def tanh_not_mended(X, Y, W, b):
    Z = X.dot(W) + b
    g = (np.tanh(Z) - Y) * 2 * (1 - Z * Z) / Y.size
    return {"loss": ((np.tanh(Z) - Y) ** 2).mean(), "g": g, "dW": X.T @ g, "db": g.sum(axis=0)}


@wrong("gradient_checking.find_the_slope", NO_NAME)
def tanh_half_as_steep(X, Y, W, b):
    A = np.tanh(X @ W + b)
    g = (A - Y) * (1 - A**2) * 3 / Y.size
    return {"loss": ((A - Y) ** 2).mean(), "g": g, "dW": X.T @ g, "db": g.sum(axis=0)}


@right("gradient_checking.find_the_transpose")
def back_by_einsum(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    delta2 = 2 * (A @ W2 - Y) / Y.size
    delta1 = np.einsum("nk,hk->nh", delta2, W2) * (1 - A * A)
    return {"delta2": delta2, "dW2": np.einsum("nh,nk->hk", A, delta2), "delta1": delta1, "dW1": X.T @ delta1}


@right("gradient_checking.find_the_transpose")
def back_transposed(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    delta2 = (A @ W2 - Y) * (2 / Y.size)
    delta1 = (W2 @ delta2.T).T * (1 - A**2)
    return delta2, (delta2.T @ A).T, delta1, (delta1.T @ X).T


@right("gradient_checking.find_the_transpose")
def back_by_the_library(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    delta2 = 2 * (A @ W2 - Y) / Y.size
    dA, dW2, _ = F.dense_vjp(delta2, A, W2)
    delta1 = F.tanh_vjp(dA, A)
    return {"delta2": delta2, "dW2": dW2, "delta1": delta1, "dW1": F.dense_vjp(delta1, X, W1)[1]}


@wrong("gradient_checking.find_the_transpose", "weights_not_transposed")
def back_the_same_way(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    delta2 = 2 * (A @ W2 - Y) / Y.size
    delta1 = np.dot(delta2, W2) * (1 - A**2)
    return {"delta2": delta2, "dW2": A.T @ delta2, "delta1": delta1, "dW1": X.T @ delta1}


@wrong("gradient_checking.find_the_transpose", NO_NAME)
def back_padded(X, Y, W1, W2):
    A = np.tanh(X @ W1)
    delta2 = 2 * (A @ W2 - Y) / Y.size
    delta1 = np.resize(delta2, A.shape) * (1 - A**2)
    return {"delta2": delta2, "dW2": A.T @ delta2, "delta1": delta1, "dW1": X.T @ delta1}
