"""The rows of the table in which a network is trained: two sizes, three batch sizes, and epochs of the digits."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import bpcore as bp
from benchmarks.networks import Floor, Hips, Jax, Ours, Sklearn, Textbook, Torch, first_weights
from benchmarks.timing import OURS, Contest, have

SMALL, BIG = (64, 64, 32, 10), (784, 256, 128, 10)
# Samples in the epoch that is timed: enough steps that what comes before the first one does not count.
ROWS = {1: 256, 32: 2048, 256: 4096}
EPOCHS = 4  # for scikit-learn's fit, which makes a network anew each time, and ours beside it

GOALS = {
    ("digits net", 1): {"torch": 10},
    ("digits net", 32): {"torch": 8, "scikit-learn fit": 5},
    ("digits net", 256): {"torch": 3.5},
    ("784-256-128-10", 1): {"torch": 3},
    ("784-256-128-10", 32): {"torch": 1.7},
    ("784-256-128-10", 256): {"torch": 1.3, "floor": 1.4},
}


def contests() -> Iterator[tuple[str, Callable[[], Contest]]]:
    """The name of each row, and a function that prepares it."""
    for name, sizes in [("digits net", SMALL), ("784-256-128-10", BIG)]:
        for batch_size in (1, 32, 256):
            yield (
                f"train, {name}, float32, Adam, batch {batch_size}",
                lambda name=name, sizes=sizes, batch_size=batch_size: _steps(name, sizes, batch_size),
            )
    yield "digits, an epoch, float32, Adam, batch 32", _digits


def _peers(X: np.ndarray, y: np.ndarray, sizes: tuple[int, ...], batch_size: int) -> tuple[dict, list[str]]:
    weights = first_weights(sizes, "float32")
    makers: dict[str, tuple[str, Callable]] = {
        OURS: ("numpy", lambda: Ours(weights)),
        "torch": ("torch", lambda: Torch(weights)),
        "torch, fused Adam": ("torch", lambda: Torch(weights, fused=True)),
        "jax.jit": ("jax", lambda: Jax(weights)),
        "jax.scan": ("jax", lambda: Jax(weights, scan=True)),
        "HIPS autograd": ("autograd", lambda: Hips(weights)),
        "textbook numpy": ("numpy", lambda: Textbook(weights)),
        "floor": ("numpy", lambda: Floor(weights)),
    }
    nets = {name: make() for name, (package, make) in makers.items() if have(package)}
    work = {name: partial(net.epoch, X, y, batch_size) for name, net in nets.items()}
    missing = [name for name, (package, _) in makers.items() if not have(package)]
    if batch_size > 1:  # scikit-learn takes minutes to go pattern by pattern
        if have("sklearn"):
            work["scikit-learn fit"] = partial(Sklearn(weights).epoch, X, y, batch_size, EPOCHS)
        else:
            missing.append("scikit-learn fit")
    return work, missing


def _steps(name: str, sizes: tuple[int, ...], batch_size: int) -> Contest:
    rng, n = np.random.default_rng(1), ROWS[batch_size]
    X, y = rng.random((n, sizes[0]), dtype=np.float32), rng.integers(0, sizes[-1], n)
    work, missing = _peers(X, y, sizes, batch_size)
    steps = n // batch_size
    per = dict.fromkeys(work, steps) | {"scikit-learn fit": steps * EPOCHS}
    title = f"train, {name}, float32, Adam, batch {batch_size}"
    return Contest(title, work, GOALS[name, batch_size], per, missing=missing)


def _digits() -> Contest:
    X, y, _, _ = bp.load_digits(split=True, rng=np.random.default_rng(0))
    n = len(X) // 32 * 32
    X, y = X[:n].astype(np.float32), y[:n]
    work, missing = _peers(X, y, SMALL, 32)
    per = dict.fromkeys(work, 1) | {"scikit-learn fit": EPOCHS}
    goals = {"torch": 8, "scikit-learn fit": 4}
    return Contest(f"digits, an epoch of {n} images, float32, Adam, batch 32", work, goals, per, "epoch", missing)
