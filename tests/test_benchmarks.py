"""The benchmark compares like with like: every peer takes the very steps that bpcore takes."""

import numpy as np
import pytest

from benchmarks import layers, tapes, training
from benchmarks.networks import Hips, Jax, Ours, Textbook, Torch, first_weights
from benchmarks.timing import OURS, Contest, have, measure, table

SIZES = (5, 7, 6, 3)
PEERS = {
    "textbook": ("numpy", Textbook),
    "torch": ("torch", Torch),
    "torch, fused": ("torch", lambda weights: Torch(weights, fused=True)),
    "jax.jit": ("jax", Jax),
    "jax.scan": ("jax", lambda weights: Jax(weights, scan=True)),
    "HIPS": ("autograd", Hips),
}


@pytest.mark.filterwarnings("default")  # the peers' own warnings are theirs
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_takes_the_same_steps(name):
    package, make = PEERS[name]
    if not have(package):
        pytest.skip(f"{package} is not installed (the extra 'peers')")
    rng = np.random.default_rng(3)
    X, y = rng.random((12, 5), dtype=np.float32), rng.integers(0, 3, 12)
    weights = first_weights(SIZES, "float32")
    ours, peer = Ours(weights), make(weights)
    # One batch an epoch: whatever order each draws, the sum over the batch is the same.
    for _ in range(3):
        ours.epoch(X, y, 12)
        peer.epoch(X, y, 12)
    for mine, theirs, start in zip(ours.weights(), peer.weights(), weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)
        assert theirs.dtype == np.float32
        assert np.abs(mine - start).max() > 1e-3  # it did move


def test_the_scalar_graph_has_about_as_many_nodes_as_it_says():
    made = []

    class Counted:
        def __init__(self, data):
            made.append(data)
            self.data = data

        def __add__(self, other):
            return Counted(self.data + other.data)

        def __mul__(self, other):
            return Counted(self.data * other.data)

        def relu(self):
            return Counted(max(self.data, 0))

    tapes.shallow_graph(Counted, 10_000)
    assert len(made) == pytest.approx(10_000, rel=0.05)


def test_every_row_has_a_name_of_its_own():
    rows = (tapes.scalar_contests, training.contests, layers.contests, tapes.contests)
    names = [name for contests in rows for name, _ in contests()]
    assert len(set(names)) == len(names) > 5


def test_the_table_says_who_is_missing_and_what_was_met():
    contest = Contest(
        "nothing at all",
        {OURS: lambda: None, "slow": lambda: sum(range(20_000))},
        {"slow": 1.0},
        missing=["unheard-of"],
        extra={"memory": (2.0, 1.0, "MB")},
    )
    text = "\n".join(table(contest, measure(contest, runs=1, seconds=0.01)))
    assert "goal ≥ 1: met" in text
    assert "goal ≤ 1: missed" in text
    assert "unheard-of" in text
    assert "not installed" in text
