"""The rows of the table for single layers, forward and backward: Elman's network, a fixed point, a convolution."""

import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

import bpcore as bp
from benchmarks.timing import OURS, Contest, have


def contests() -> Iterator[tuple[str, Callable[[], Contest]]]:
    """The name of each row, and a function that prepares it."""
    yield "Elman, T=50, hidden 64, batch 32, float32", _elman
    for n in (64, 256, 500):
        yield f"FixedPoint, n={n}, batch 32, float32", lambda n=n: _fixed_point(n)
    yield "Conv2d, batch 32, 28×28, 1 → 8 → 16 of 3×3, float32", _conv


def _elman() -> Contest:
    T, h, n = 50, 64, 32
    rng = np.random.default_rng(0)
    X, g = rng.normal(size=(n, T, h)).astype("float32"), rng.normal(size=(n, T, h)).astype("float32")
    layer = bp.RNN(h, h, rng=rng, returns="all").astype("float32")
    U, W, b = (p.data.copy() for p in layer.parameters())

    def ours() -> None:
        layer.forward(X)
        layer.zero_grad()
        layer.backward_to_parameters(g)

    def textbook() -> None:
        states, xs = [np.zeros((n, h), "float32")], X.swapaxes(0, 1)
        for x in xs:
            states.append(np.tanh(x @ U + states[-1] @ W + b))
        dU, dW, db, carried = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b), 0
        for t in reversed(range(T)):
            dz = (g[:, t] + carried) * (1 - states[t + 1] ** 2)
            dU += xs[t].T @ dz
            dW += states[t].T @ dz
            db += dz.sum(axis=0)
            carried = dz @ W.T

    # All that must be multiplied: the inputs at once, a product a step each way, and U's and W's gradients at once.
    A, step, out = np.ones((n * T, h), "float32"), np.ones((n, h), "float32"), np.ones((n, h), "float32")
    whole, square = np.empty_like(A), np.empty_like(W)

    def floor() -> None:
        np.dot(A, U, out=whole)
        for _ in range(T):
            np.dot(step, W, out=out)
        for _ in range(T):
            np.dot(step, W.T, out=out)
        np.dot(A.T, whole, out=square)
        np.dot(A.T, whole, out=square)

    work: dict[str, Callable[[], object]] = {OURS: ours, "textbook numpy": textbook, "floor": floor}
    if have("torch"):
        work |= {"torch nn.RNN": _torch_elman(X, g, h), "torch, a loop of cells": _torch_elman(X, g, h, cells=True)}
    if have("jax"):
        work["jax.scan"] = _jax_elman(X, g, (U, W, b))
    missing = [name for name, package in [("torch nn.RNN", "torch"), ("jax.scan", "jax")] if not have(package)]
    goals = {"torch nn.RNN": 3, "jax.scan": 1.3, "floor": 1.5}
    return Contest("Elman, T=50, hidden 64, batch 32, float32, forward and backward", work, goals, missing=missing)


def _torch_elman(X: np.ndarray, g: np.ndarray, h: int, cells: bool = False) -> Callable[[], object]:
    import torch

    x, grad = torch.from_numpy(X), torch.from_numpy(g)
    layer = torch.nn.RNNCell(h, h) if cells else torch.nn.RNN(h, h, batch_first=True)

    def run() -> None:
        if cells:
            state, states = torch.zeros(len(X), h), []
            for t in range(x.shape[1]):
                state = layer(x[:, t], state)
                states.append(state)
            out = torch.stack(states, dim=1)
        else:
            out = layer(x)[0]
        layer.zero_grad()
        out.backward(grad)

    return run


def _jax_elman(X: np.ndarray, g: np.ndarray, theta: tuple[np.ndarray, ...]) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    x, grad = jnp.array(X.swapaxes(0, 1)), jnp.array(g.swapaxes(0, 1))

    def weighted(theta, x):
        U, W, b = theta

        def cell(state, driven):
            state = jnp.tanh(driven + state @ W)
            return state, state

        return (jax.lax.scan(cell, jnp.zeros((x.shape[1], len(W))), x @ U + b)[1] * grad).sum()

    both = jax.jit(jax.grad(weighted))
    return lambda: jax.block_until_ready(both(theta, x))


def _fixed_point(n: int) -> Contest:
    rng = np.random.default_rng(0)
    layer = bp.FixedPoint(n, n, rng=rng, tol=1e-6).astype("float32")
    # Symmetric with norm 0.8, and small inputs: that settles in about 40 iterations.
    S = rng.normal(size=(n, n))
    S = (0.8 * (S + S.T) / np.linalg.norm(S + S.T, 2)).astype("float32")
    layer.W.data[...] = S
    X, g = (0.05 * rng.normal(size=(32, n))).astype("float32"), rng.normal(size=(32, n)).astype("float32")

    def ours() -> None:
        layer.forward(X)
        layer.zero_grad()
        layer.backward_to_parameters(g)

    ours()
    iterations = layer.report.iterations
    work: dict[str, Callable[[], object]] = {OURS: ours}
    if have("torch"):
        work["torch, unrolled"] = _torch_unrolled(layer, X, g, iterations)
    there_and_back = f"{iterations} and {layer.adjoint_report.iterations} iterations"
    title = f"FixedPoint, n={n}, batch 32, float32, settled in {there_and_back}"
    contest = Contest(title, work, {"torch, unrolled": 3.5}, missing=[] if have("torch") else ["torch, unrolled"])
    contest.extra["memory, 10 × iterations"] = (_memory_growth(n), 1.2, "× that of few iterations")
    return contest


def _torch_unrolled(layer: bp.FixedPoint, X: np.ndarray, g: np.ndarray, iterations: int) -> Callable[[], object]:
    import torch

    U, W, b = (torch.tensor(p.data, requires_grad=True) for p in layer.parameters())
    x, grad = torch.from_numpy(X), torch.from_numpy(g)

    def run() -> None:
        for p in (U, W, b):
            p.grad = None
        drive, y = x @ U + b, torch.zeros(x.shape[0], W.shape[0])
        for _ in range(iterations):
            y = torch.tanh(y @ W + drive)
        y.backward(grad)

    return run


def _memory_growth(n: int) -> float:
    """The greatest memory in use during a pass of about 400 iterations, over that of one of about 40.

    What may grow is the history of the residuals, one number an iteration.
    """
    peaks = []
    for norm in (0.7, 0.965):
        rng = np.random.default_rng(0)
        layer = bp.FixedPoint(n, n, rng=rng, tol=1e-6, max_iter=2000).astype("float32")
        layer.W.data[...] = norm * np.eye(n)
        X = (1e-3 * rng.normal(size=(32, n))).astype("float32")
        tracemalloc.start()
        layer.forward(X)
        layer.backward_to_parameters(X)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return peaks[1] / peaks[0]


def _conv() -> Contest:
    rng = np.random.default_rng(0)
    model = bp.Sequential([bp.Conv2d(1, 8, 3, rng=rng), bp.ReLU(), bp.Conv2d(8, 16, 3, rng=rng)]).astype("float32")
    X, g = rng.random((32, 1, 28, 28), dtype=np.float32), rng.random((32, 16, 24, 24), dtype=np.float32)

    def ours() -> None:
        model.forward(X)
        model.zero_grad()
        model.backward_to_parameters(g)

    work: dict[str, Callable[[], object]] = {OURS: ours}
    if have("torch"):
        work["torch"] = _torch_conv(X, g)
    # 1.3 × torch's time is a ratio of 1 / 1.3.
    goals, missing = {"torch": 1 / 1.3}, [] if have("torch") else ["torch"]
    title = "Conv2d, batch 32, 28×28, 1 → 8 → 16 of 3×3, float32, forward and backward"
    return Contest(title, work, goals, missing=missing)


def _torch_conv(X: np.ndarray, g: np.ndarray) -> Callable[[], object]:
    import torch

    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3))
    x, grad = torch.from_numpy(X), torch.from_numpy(g)

    def run() -> None:
        model.zero_grad()
        model(x).backward(grad)

    return run
