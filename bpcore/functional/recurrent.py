"""Recurrence through time: each state follows from the one before it, and the error goes back along the same chain.

Sequences are (N, T, ...) outside. Inside, time comes first, so that the batch of one step lies together in memory; the
arrays handed out are views of that layout, and handing them back costs no copy.
"""

import numpy as np

from bpcore.functional.activations import sigmoid, sigmoid_vjp, tanh, tanh_vjp
from bpcore.functional.dense import dense_vjp_b, number


def rnn(X: np.ndarray, U: np.ndarray, W: np.ndarray, b: np.ndarray, h0: np.ndarray) -> np.ndarray:
    """h[t] = tanh(x[t] U + h[t−1] W + b), for t = 1 … T.

    Shapes: X (N, T, d), U (d, h), W (h, h), b (h,), h0 (N, h) -> states (N, T + 1, h), of which states[:, 0] is h0.

    Source: Elman, "Finding structure in time" (1990).
    """
    inputs = _inputs(X, U, b)
    states = np.empty((len(inputs) + 1, *inputs.shape[1:]), inputs.dtype)
    states[0], recalled = h0, np.empty_like(states[0])
    for before, z, after in zip(states, inputs, states[1:], strict=False):
        z += np.dot(before, W, out=recalled)
        np.tanh(z, out=after)
    return states.swapaxes(0, 1)


def rnn_vjp(
    grad: np.ndarray,
    X: np.ndarray,
    states: np.ndarray,
    U: np.ndarray,
    W: np.ndarray,
    truncate: int | None = None,
    to_X: bool = True,
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagation through time, taking the states that rnn returned.

    From the last step to the first: dz[t] = (g[t] + dz[t+1] Wᵀ) · (1 − h[t]²). Then dU = Σₜ x[t]ᵀ dz[t],
    dW = Σₜ h[t−1]ᵀ dz[t], db = Σₜ dz[t], dx[t] = dz[t] Uᵀ and dh0 = dz[1] Wᵀ.

    Shapes: grad (N, T, h) -> grad_X (N, T, d), grad_U (d, h), grad_W (h, h), grad_b (h,), grad_h0 (N, h).
    truncate=k carries every g[t] back over at most k links between states; k = 0 is what Elman did, who took h[t−1]
    for one more input. to_X=False leaves grad_X out: it is None then.

    Source: Rumelhart, Hinton & Williams (1986); Werbos, "Backpropagation through time" (1990); truncated: Williams &
    Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories" (1990).
    """
    grad, states = grad.swapaxes(0, 1), _time_first(states)
    if truncate is None:
        # W is turned round once, so that no product has to do it again. The slope of tanh is computed step by step:
        # those of all the steps would not stay in the processor's cache.
        dZ, carried, back = np.empty_like(states[1:]), np.zeros_like(states[0]), np.ascontiguousarray(W.T)
        slope, one = np.empty_like(carried), number(1, states.dtype.char)
        for g, h, dz in zip(grad[::-1], states[:0:-1], dZ[::-1], strict=True):
            carried += g
            np.multiply(h, h, slope)
            np.subtract(one, slope, slope)
            np.multiply(carried, slope, dz)
            np.dot(dz, back, carried)
    else:
        slope = tanh_vjp(np.ones((), states.dtype), states[1:])
        # Every g[t] moves back one link at a time, all of them at once; total[s] gathers what reaches state s.
        reach = np.concatenate([np.zeros_like(grad[:1]), grad])
        total = reach.copy()
        for _ in range(min(truncate, len(grad))):
            reach = (reach[1:] * slope[: len(reach) - 1]) @ W.T
            total[: len(reach)] += reach
        dZ, carried = total[1:] * slope, total[0]
    return *_shared_gradients(dZ, X, states, U, to_X), carried


def lstm(
    X: np.ndarray, U: np.ndarray, W: np.ndarray, b: np.ndarray, h0: np.ndarray, c0: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Long short-term memory: with z = x[t] U + h[t−1] W + b cut into four equal parts, in this order,

    i = σ(zᵢ), f = σ(z_f), u = tanh(z_u), o = σ(zₒ);  c[t] = f · c[t−1] + i · u;  h[t] = o · tanh c[t].

    Shapes: X (N, T, d), U (d, 4h), W (h, 4h), b (4h,), h0 and c0 (N, h) -> states (N, T + 1, h), cells (N, T + 1, h)
    and gates (N, T, 4h), the values of i, f, u, o. states[:, 0] is h0, cells[:, 0] is c0.

    Source: Hochreiter & Schmidhuber, "Long short-term memory" (1997); the gate f that forgets: Gers, Schmidhuber &
    Cummins, "Learning to forget" (2000).
    """
    gates = _inputs(X, U, b)
    states = np.empty((len(gates) + 1, *h0.shape), gates.dtype)
    cells = np.empty_like(states)
    states[0], cells[0] = h0, c0
    for t, z in enumerate(gates):
        z += np.dot(states[t], W)
        i, f, u, o = np.split(z, 4, axis=-1)
        for gate in (i, f, o):
            gate[...] = sigmoid(gate)
        u[...] = tanh(u)
        cells[t + 1] = f * cells[t] + i * u
        states[t + 1] = o * tanh(cells[t + 1])
    return states.swapaxes(0, 1), cells.swapaxes(0, 1), gates.swapaxes(0, 1)


def lstm_vjp(
    grad: np.ndarray,
    X: np.ndarray,
    states: np.ndarray,
    cells: np.ndarray,
    gates: np.ndarray,
    U: np.ndarray,
    W: np.ndarray,
    truncate: int | None = None,
    to_X: bool = True,
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagation through time for the lstm, taking what it returned. Two errors go back: by h and by c.

    At each step, with dh = g[t] + what step t+1 sends: dc += dh · o · (1 − tanh² c[t]); the four parts of dz are
    dc · u · i(1 − i), dc · c[t−1] · f(1 − f), dc · i · (1 − u²) and dh · tanh c[t] · o(1 − o). Step t−1 is sent
    dz Wᵀ by h and dc · f by c: where f is near 1, that second error neither vanishes nor grows.

    Shapes: grad (N, T, h) -> grad_X (N, T, d), grad_U (d, 4h), grad_W (h, 4h), grad_b (4h,), grad_h0 and grad_c0,
    both (N, h).
    truncate=k carries every g[t] back over at most k links between states, by h and by c together. to_X=False leaves
    grad_X out: it is None then.
    """
    grad, states, cells, gates = map(_time_first, (grad, states, cells, gates))

    def back(dh: np.ndarray, dc: np.ndarray, steps: int | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        i, f, u, o = np.split(gates[steps], 4, axis=-1)
        a = tanh(cells[1:][steps])
        dc = dc + tanh_vjp(dh * o, a)
        parts = sigmoid_vjp(dc * u, i), sigmoid_vjp(dc * cells[:-1][steps], f), tanh_vjp(dc * i, u)
        dz = np.concatenate([*parts, sigmoid_vjp(dh * a, o)], axis=-1)
        return dz, dz @ W.T, dc * f

    if truncate is None:
        dZ, dh, dc = np.empty_like(gates), np.zeros_like(states[0]), np.zeros_like(states[0])
        for t in reversed(range(len(grad))):
            dZ[t], dh, dc = back(grad[t] + dh, dc, t)
    else:
        # As in rnn_vjp: every g[t] moves back one link at a time, all of them at once.
        reach_h = np.concatenate([np.zeros_like(grad[:1]), grad])
        reach_c = np.zeros_like(reach_h)
        total_h, total_c = reach_h.copy(), reach_c.copy()
        for _ in range(min(truncate, len(grad))):
            _, reach_h, reach_c = back(reach_h[1:], reach_c[1:], slice(len(reach_h) - 1))
            total_h[: len(reach_h)] += reach_h
            total_c[: len(reach_c)] += reach_c
        dZ, dh, dc = back(total_h[1:], total_c[1:], slice(None))[0], total_h[0], total_c[0]
    return *_shared_gradients(dZ, X, states, U, to_X), dh, dc


def hold(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """From the end of a sequence on, its last real state: held[n, t] = states[n, min(t, Lₙ − 1)], Lₙ = Σₜ mask[n, t].

    Shapes: states (N, T, h), mask (N, T) booleans, in each row first True and then False -> (N, T, h).
    """
    steps = np.minimum(np.arange(mask.shape[1]), mask.sum(axis=1, keepdims=True) - 1)
    return np.take_along_axis(states, steps[..., None], axis=1)


def hold_vjp(grad: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Whatever arrives beyond the end belongs to the last real state, which is what was shown there.

    Shapes: grad (N, T, h), mask (N, T) -> (N, T, h), 0 beyond the end: nothing can then go back from there.
    """
    real = mask[..., None]
    beyond = np.where(real, 0, grad).sum(axis=1)
    grad = np.where(real, grad, 0)
    grad[np.arange(len(mask)), mask.sum(axis=1) - 1] += beyond
    return grad


def _time_first(a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(a.swapaxes(0, 1))


def _inputs(X: np.ndarray, U: np.ndarray, b: np.ndarray) -> np.ndarray:
    # x U + b of all the steps in one product: no step's input waits for a state.
    X = _time_first(X)
    T, N, d = X.shape
    return (np.dot(X.reshape(T * N, d), U) + b).reshape(T, N, -1)


def _shared_gradients(
    dZ: np.ndarray, X: np.ndarray, states: np.ndarray, U: np.ndarray, to_X: bool
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    # U, W and b are shared by all the samples and all the steps: one product over both is the sum over both.
    T, N, _ = dZ.shape
    X, before, dZ = (a.reshape(T * N, -1) for a in (_time_first(X), states[:-1], dZ))
    grad_X = np.dot(dZ, U.T).reshape(T, N, -1).swapaxes(0, 1) if to_X else None
    return grad_X, np.dot(X.T, dZ), np.dot(before.T, dZ), dense_vjp_b(dZ)
