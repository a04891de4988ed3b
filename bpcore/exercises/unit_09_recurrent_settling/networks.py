"""The networks that this unit's exercises are tried on, and what their sizes are called in reports."""

import numpy as np

BATCH, INPUTS, UNITS = "the batch size N", "the number of inputs D", "the number of units H"

# One unit that overshoots: undamped it jumps between 0.980 and -0.898 for ever, damped by half it settles at 0.1661484359.
ONE_UNIT = (np.array([[-2.0]]), np.array([[1.0]]), np.array([0.0]), np.array([[0.5]]))

# Two units that push each other round: the matrix and its transpose turn in opposite directions.
TURNING = (np.array([[0.0, -1.5], [1.5, 0.0]]), np.eye(2), np.zeros(2), np.array([[0.1, 0.0]]))


def sizes(N, D, H):
    """The sizes of one network and its batch, by name."""
    return {BATCH: N, INPUTS: D, UNITS: H}


def random_network(rng, N, D, H):
    """A network that settles: W, U, b, and a batch x. No matrix is symmetric, and every unit has some slope left."""
    W = rng.uniform(-1, 1, size=(H, H)) / np.sqrt(H)
    return W, rng.normal(size=(D, H)) / np.sqrt(D), rng.uniform(-0.5, 0.5, size=H), rng.normal(size=(N, D))


def settled(W, U, b, x, relaxation=0.3):
    """The state in which the network comes to rest."""
    y = np.zeros((len(x), len(b)))
    for _ in range(2000):
        change = np.tanh(y @ W + x @ U + b) - y
        y = y + relaxation * change
        if np.abs(change).max() < 1e-15:
            break
    return y
